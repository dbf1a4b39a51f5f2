DROP INDEX jobs_of_owner_by_kind;
DROP INDEX jobs_of_owner_by_state;
DROP INDEX jobs_of_owner;
DROP INDEX uploads_of_owner_by_state;
DROP INDEX uploads_of_owner;
DROP INDEX assets_of_owner_by_state;
DROP INDEX assets_of_owner;
CREATE INDEX assets_of_state ON assets (state, id);
CREATE INDEX uploads_of_state ON uploads (state, id);
CREATE INDEX jobs_of_kind ON jobs (kind, id);
UPDATE jobs SET idempotency_key = substr(idempotency_key, 34)
WHERE idempotency_key IS NOT NULL AND owner = '00000000000000000000000000000000';
UPDATE uploads SET idempotency_key = substr(idempotency_key, 34)
WHERE idempotency_key IS NOT NULL AND owner = '00000000000000000000000000000000';
ALTER TABLE jobs DROP COLUMN owner;
ALTER TABLE uploads DROP COLUMN owner;
ALTER TABLE assets DROP COLUMN owner;
DROP TABLE audit;
DROP TABLE token_keys;
DROP TABLE api_keys;
DROP TABLE refresh_tokens;
DROP TABLE sessions;
DROP TABLE users;
