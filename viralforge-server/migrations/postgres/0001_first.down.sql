DROP TABLE job_events;
DROP TABLE files;
DROP TABLE jobs;
DROP TABLE uploads;
DROP TABLE assets;
