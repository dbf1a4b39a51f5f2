-- Accounts elsewhere: to sign in with, and to publish to.

-- Who signs in by a provider.
CREATE TABLE identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,                  -- the identifier of the account there
    user_id TEXT NOT NULL REFERENCES users (id),
    connection_id TEXT,                     -- goes with this connection; null: stays
    created_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_of_user ON identities (user_id);
CREATE INDEX identities_of_connection ON identities (connection_id);

-- Sign-ins and connections that go on at a provider.
CREATE TABLE oauth_attempts (
    hash TEXT PRIMARY KEY,                  -- SHA-256 of `state`
    browser TEXT NOT NULL,                  -- SHA-256 of the cookie
    provider TEXT NOT NULL,
    user_id TEXT REFERENCES users (id),     -- who connects; null: somebody signs in
    return_to TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX oauth_attempts_of_user ON oauth_attempts (user_id);
CREATE INDEX oauth_attempts_by_end ON oauth_attempts (expires_at);

CREATE TABLE connections (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    provider TEXT NOT NULL,
    subject TEXT NOT NULL,                  -- the identifier of the account there
    account_name TEXT NOT NULL,
    scopes TEXT NOT NULL,                   -- with spaces between them
    state TEXT NOT NULL,                    -- active, lost
    access_token TEXT NOT NULL,             -- encrypted
    refresh_token TEXT,                     -- encrypted
    created_at BIGINT NOT NULL,
    expires_at BIGINT,                      -- when the access token ends
    renew_at BIGINT,                        -- when to renew it, or to try again
    UNIQUE (user_id, provider, subject)
);
CREATE INDEX connections_of_user ON connections (user_id, id);
CREATE INDEX connections_to_renew ON connections (renew_at);
