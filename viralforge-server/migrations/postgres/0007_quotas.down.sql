DROP TABLE processed;
