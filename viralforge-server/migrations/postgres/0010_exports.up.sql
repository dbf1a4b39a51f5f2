-- Archives of all that a user has here, made for them to take along.
CREATE TABLE exports (
    id TEXT PRIMARY KEY,
    user_id TEXT REFERENCES users (id),     -- null: ended, and to be removed
    state TEXT NOT NULL,                    -- queued, running, ready, failed, ended
    run_at BIGINT NOT NULL,                 -- not before
    starts BIGINT NOT NULL,                 -- how often it was begun, crashes included
    fence BIGINT NOT NULL,                  -- grows with each start; only its holder may publish
    lease_until BIGINT,                     -- a running one whose lease is over may be taken by another maker
    files_done BIGINT NOT NULL,
    files_total BIGINT NOT NULL,
    byte_len BIGINT NOT NULL,               -- of the archive, as far as it is made
    storage_key TEXT,                       -- where it is, once it is ready
    error TEXT,                             -- why it did not become ready, the last time
    swept BIGINT NOT NULL,                  -- 1: nothing is left of the starts that do not count
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT                       -- of what is ready or failed
);
-- A user has one under way at a time.
CREATE UNIQUE INDEX exports_under_way ON exports (user_id) WHERE state IN ('queued', 'running');
CREATE INDEX exports_of_user ON exports (user_id, id);
CREATE INDEX exports_to_make ON exports (state, run_at);
