DROP TABLE outputs;
DROP INDEX jobs_to_sweep;
DROP INDEX jobs_to_dispatch;
ALTER TABLE jobs DROP COLUMN swept;
ALTER TABLE jobs DROP COLUMN dispatched;
