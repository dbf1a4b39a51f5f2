-- Times are milliseconds since 1970. Documents are JSON text under the names of the library.

CREATE TABLE assets (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,                    -- quarantined, accepted, rejected
    file_name TEXT NOT NULL,                -- what the uploader called it; never part of a path
    storage_key TEXT NOT NULL,
    byte_len BIGINT NOT NULL,
    report TEXT,                            -- what validate_upload said
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX assets_by_age ON assets (created_at, id);

CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,                    -- open, complete, refused
    length BIGINT,                          -- null until the client says it
    received BIGINT NOT NULL,               -- bytes that are durable
    metadata TEXT NOT NULL,                 -- the client's Upload-Metadata, as it came
    concat TEXT,                            -- partial, or final;/… as it came
    asset_id TEXT REFERENCES assets (id),
    problem TEXT,                           -- why it was refused
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX uploads_by_expiry ON uploads (state, expires_at);

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    asset_id TEXT NOT NULL REFERENCES assets (id),
    options TEXT NOT NULL,
    state TEXT NOT NULL,                    -- queued, running, succeeded, failed, dead, cancelled
    priority BIGINT NOT NULL,
    run_at BIGINT NOT NULL,                 -- not before
    starts BIGINT NOT NULL,                 -- how often it was begun, crashes included
    fence BIGINT NOT NULL,                  -- grows with each start; only its holder may publish
    lease_until BIGINT,                     -- a running job whose lease is over may be taken by another worker
    cancel_requested BIGINT NOT NULL,
    progress TEXT,
    error TEXT,
    idempotency_key TEXT UNIQUE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX jobs_to_run ON jobs (state, run_at);
CREATE INDEX jobs_by_age ON jobs (created_at, id);
CREATE INDEX jobs_of_asset ON jobs (asset_id);

CREATE TABLE files (
    id TEXT PRIMARY KEY,
    asset_id TEXT NOT NULL REFERENCES assets (id),
    job_id TEXT REFERENCES jobs (id),
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    storage_key TEXT NOT NULL,
    byte_len BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX files_of_asset ON files (asset_id);
CREATE INDEX files_of_job ON files (job_id);

-- What happened to a job, for whoever listens and for whoever comes back with Last-Event-ID.
CREATE TABLE job_events (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id TEXT NOT NULL REFERENCES jobs (id),
    event TEXT NOT NULL,                    -- state, progress
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX job_events_of_job ON job_events (job_id, seq);
