-- Where users want to hear of jobs that are over.
CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    url TEXT NOT NULL,
    sealed TEXT NOT NULL,                   -- what messages are signed with, encrypted
    state TEXT NOT NULL,                    -- active, disabled
    failures BIGINT NOT NULL,               -- tries in a row that failed
    created_at BIGINT NOT NULL
);
CREATE INDEX webhooks_of_user ON webhooks (user_id, id);

-- Messages to them: what happened, once for each that is to hear of it.
CREATE TABLE deliveries (
    event_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL REFERENCES webhooks (id),
    type TEXT NOT NULL,                     -- job.succeeded, job.failed, job.cancelled
    job_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    asset_id TEXT NOT NULL,
    state TEXT NOT NULL,                    -- waiting, delivered, failed
    tries BIGINT NOT NULL,
    run_at BIGINT NOT NULL,                 -- not before
    answer TEXT,                            -- what came of the last try
    created_at BIGINT NOT NULL,
    PRIMARY KEY (webhook_id, event_id)
);
CREATE INDEX deliveries_to_send ON deliveries (state, run_at);
