-- What proves a user, and when it did.

-- When the user of a session last proved who they are; null: it is not known.
ALTER TABLE sessions ADD COLUMN proved_at BIGINT;

-- The session that the browser had where a sign-in began, and whether it has to be a fresh one.
ALTER TABLE oauth_attempts ADD COLUMN session_id TEXT;
ALTER TABLE oauth_attempts ADD COLUMN fresh BIGINT NOT NULL DEFAULT 0;

-- Which addresses a user signed in from.
CREATE INDEX audit_of_user_by_event ON audit (user_id, event, ip);

-- Links by which users who forgot their password choose another.
CREATE TABLE password_resets (
    user_id TEXT PRIMARY KEY REFERENCES users (id),
    hash TEXT NOT NULL UNIQUE,              -- SHA-256 of the token
    expires_at BIGINT NOT NULL
);

-- One-time codes beside the password (RFC 6238).
CREATE TABLE second_factors (
    user_id TEXT PRIMARY KEY REFERENCES users (id),
    sealed TEXT NOT NULL,                   -- the secret, encrypted
    confirmed_at BIGINT,                    -- null: not asked for yet
    last_step BIGINT NOT NULL               -- of the last code that was taken: each is good once
);
CREATE TABLE recovery_codes (
    user_id TEXT NOT NULL REFERENCES users (id),
    hash TEXT NOT NULL,                     -- SHA-256 of the code
    PRIMARY KEY (user_id, hash)
);
