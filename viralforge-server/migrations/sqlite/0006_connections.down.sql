DROP TABLE connections;
DROP TABLE oauth_attempts;
DROP TABLE identities;
