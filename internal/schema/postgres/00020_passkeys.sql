-- +goose Up

-- Passkeys: what an authenticator showed when it made one. name (what its owner
-- calls it) is encrypted with their key. counter is the last that it counted; 0 =
-- it does not count. eligible and saved say whether it may be copied to other
-- devices of its owner, and is. It works at its domain alone.
CREATE TABLE passkey (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person     TEXT COLLATE "C" NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    domain     TEXT COLLATE "C" NOT NULL,
    credential BYTEA NOT NULL UNIQUE,
    public_key BYTEA NOT NULL,
    counter    BIGINT NOT NULL,
    eligible   BOOLEAN NOT NULL,
    saved      BOOLEAN NOT NULL,
    transports TEXT COLLATE "C" NOT NULL, -- separated by spaces
    name       BYTEA NOT NULL,
    created    BIGINT NOT NULL,
    used       BIGINT
);
CREATE INDEX passkey_person ON passkey (person, id);

-- What an authenticator was asked to sign, once; hash is of what the session of
-- the browser that asked keeps.
CREATE TABLE passkey_challenge (
    hash    BYTEA NOT NULL PRIMARY KEY,
    data    BYTEA NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX passkey_challenge_expires ON passkey_challenge (expires);

-- A form that waits until who sent it has proved who they are; data (where it
-- goes, and what was typed) is sealed with the installation's key.
CREATE TABLE kept_form (
    hash    BYTEA NOT NULL PRIMARY KEY,
    data    BYTEA NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX kept_form_expires ON kept_form (expires);

-- +goose Down
DROP TABLE kept_form;
DROP TABLE passkey_challenge;
DROP TABLE passkey;
