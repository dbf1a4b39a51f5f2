DROP INDEX uploads_by_key;
ALTER TABLE uploads DROP COLUMN idempotency_key;
ALTER TABLE uploads DROP COLUMN multipart_id;
ALTER TABLE uploads DROP COLUMN part_bytes;
ALTER TABLE uploads DROP COLUMN part_tags;
