-- A file that was sent whole twice under one key is one upload.
ALTER TABLE uploads ADD COLUMN idempotency_key TEXT;
CREATE UNIQUE INDEX uploads_by_key ON uploads (idempotency_key);
-- An upload whose parts go straight to S3: its name there, the size of a part, and what S3 answered to each (JSON).
ALTER TABLE uploads ADD COLUMN multipart_id TEXT;
ALTER TABLE uploads ADD COLUMN part_bytes BIGINT;
ALTER TABLE uploads ADD COLUMN part_tags TEXT;
