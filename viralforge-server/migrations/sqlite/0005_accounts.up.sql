-- Who uses the server, and what is whose. The first user is whoever holds the key of the configuration.

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    email TEXT UNIQUE,                      -- in lower case
    password TEXT,                          -- argon2id in PHC form; null: signs in elsewhere
    state TEXT NOT NULL,                    -- active, leaving
    created_at BIGINT NOT NULL
);
INSERT INTO users (id, state, created_at) VALUES ('00000000000000000000000000000000', 'active', 0);

-- A sign-in and everything that followed from it.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    client TEXT NOT NULL,                   -- what the client calls itself, for the user to recognize
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,                -- last refreshed
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX sessions_of_user ON sessions (user_id, id);

CREATE TABLE refresh_tokens (
    hash TEXT PRIMARY KEY,                  -- SHA-256 of the token
    session_id TEXT NOT NULL REFERENCES sessions (id),
    created_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,              -- SHA-256 of the key
    scopes TEXT NOT NULL,                   -- with spaces between them
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    ended_at BIGINT
);
CREATE INDEX api_keys_of_user ON api_keys (user_id, id);

-- What access tokens are signed with.
CREATE TABLE token_keys (
    id TEXT PRIMARY KEY,
    sealed TEXT NOT NULL,                   -- the private key, encrypted
    created_at BIGINT NOT NULL
);

-- What happened that matters for safety.
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    user_id TEXT REFERENCES users (id),     -- null: nobody that is known
    event TEXT NOT NULL,
    ip TEXT NOT NULL,
    request_id TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX audit_of_user ON audit (user_id, id);
CREATE INDEX audit_by_age ON audit (created_at);

ALTER TABLE assets ADD COLUMN owner TEXT NOT NULL DEFAULT '00000000000000000000000000000000';
ALTER TABLE uploads ADD COLUMN owner TEXT NOT NULL DEFAULT '00000000000000000000000000000000';
ALTER TABLE jobs ADD COLUMN owner TEXT NOT NULL DEFAULT '00000000000000000000000000000000';

-- Keys against doing something twice are each user's own.
UPDATE jobs SET idempotency_key = owner || ' ' || idempotency_key WHERE idempotency_key IS NOT NULL;
UPDATE uploads SET idempotency_key = owner || ' ' || idempotency_key WHERE idempotency_key IS NOT NULL;

-- Lists are read among the rows of one user.
DROP INDEX assets_of_state;
DROP INDEX uploads_of_state;
DROP INDEX jobs_of_kind;
CREATE INDEX assets_of_owner ON assets (owner, id);
CREATE INDEX assets_of_owner_by_state ON assets (owner, state, id);
CREATE INDEX uploads_of_owner ON uploads (owner, id);
CREATE INDEX uploads_of_owner_by_state ON uploads (owner, state, id);
CREATE INDEX jobs_of_owner ON jobs (owner, id);
CREATE INDEX jobs_of_owner_by_state ON jobs (owner, state, id);
CREATE INDEX jobs_of_owner_by_kind ON jobs (owner, kind, id);
