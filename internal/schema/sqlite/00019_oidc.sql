-- +goose Up

-- When somebody who vouches for names, birth and fiscal number last did; NULL =
-- nobody did.
ALTER TABLE person ADD COLUMN proved INTEGER;

-- What a provider calls a person: issuer, and the blind index of the subject.
CREATE TABLE oidc_link (
    issuer   TEXT NOT NULL,
    subject  BLOB NOT NULL,
    person   TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    provider TEXT NOT NULL, -- by which name it was known
    created  INTEGER NOT NULL,
    used     INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT;
CREATE INDEX oidc_link_person ON oidc_link (person);

-- What is used up once: a sign-in under way, an answer that waits for a code, a
-- token to give back at the end. Of the secret that names it a hash is kept;
-- data is sealed with the installation's key.
CREATE TABLE oidc_ticket (
    id      BLOB NOT NULL PRIMARY KEY,
    kind    TEXT NOT NULL,
    data    BLOB NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX oidc_ticket_expires ON oidc_ticket (expires);

-- Assertions that were taken, so that none is taken twice: a hash.
CREATE TABLE oidc_seen (
    id      BLOB NOT NULL PRIMARY KEY,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX oidc_seen_expires ON oidc_seen (expires);

-- What was asked of providers and what they answered, as the law wants it kept;
-- data is sealed with the installation's key. flow joins question and answers.
CREATE TABLE oidc_log (
    id       TEXT NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL,
    provider TEXT NOT NULL,
    flow     TEXT NOT NULL,
    kind     TEXT NOT NULL, -- request, refused, token, userinfo, revocation
    data     BLOB NOT NULL
) STRICT;
CREATE INDEX oidc_log_at ON oidc_log (at);

-- +goose Down
DROP TABLE oidc_log;
DROP TABLE oidc_seen;
DROP TABLE oidc_ticket;
DROP TABLE oidc_link;
ALTER TABLE person DROP COLUMN proved;
