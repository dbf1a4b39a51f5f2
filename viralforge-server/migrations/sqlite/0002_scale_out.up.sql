-- The fence under which a waiting job was last given to Redis; another one than its own: it has to be given.
ALTER TABLE jobs ADD COLUMN dispatched BIGINT NOT NULL DEFAULT -1;
CREATE INDEX jobs_to_dispatch ON jobs (id) WHERE state = 'queued' AND dispatched <> fence;

-- Whether what its starts left in the storage was looked for, once it was over.
ALTER TABLE jobs ADD COLUMN swept BIGINT NOT NULL DEFAULT 0;
CREATE INDEX jobs_to_sweep ON jobs (updated_at) WHERE swept = 0;

-- What outside workers have stored and not published yet.
CREATE TABLE outputs (
    job_id TEXT NOT NULL REFERENCES jobs (id),
    fence BIGINT NOT NULL,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    storage_key TEXT NOT NULL,
    byte_len BIGINT NOT NULL,
    PRIMARY KEY (job_id, fence, name)
);
