-- Lists are read by identifier, newest first, among the rows of one state, kind, asset or job.

CREATE INDEX assets_of_state ON assets (state, id);
CREATE INDEX uploads_of_state ON uploads (state, id);
CREATE INDEX jobs_of_state ON jobs (state, id);
CREATE INDEX jobs_of_kind ON jobs (kind, id);
DROP INDEX jobs_of_asset;
CREATE INDEX jobs_of_asset ON jobs (asset_id, id);
DROP INDEX files_of_asset;
CREATE INDEX files_of_asset ON files (asset_id, id);
DROP INDEX files_of_job;
CREATE INDEX files_of_job ON files (job_id, id);
