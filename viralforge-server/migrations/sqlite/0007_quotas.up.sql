-- How much media jobs were asked for, by user and 30 days.
CREATE TABLE processed (
    user_id TEXT NOT NULL,
    period BIGINT NOT NULL,                 -- of 30 days since 1970
    processed_ms BIGINT NOT NULL,
    PRIMARY KEY (user_id, period)
);
