DROP TABLE recovery_codes;
DROP TABLE second_factors;
DROP TABLE password_resets;
DROP INDEX audit_of_user_by_event;
ALTER TABLE oauth_attempts DROP COLUMN fresh;
ALTER TABLE oauth_attempts DROP COLUMN session_id;
ALTER TABLE sessions DROP COLUMN proved_at;
