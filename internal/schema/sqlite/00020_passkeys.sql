-- +goose Up

-- Passkeys: what an authenticator showed when it made one. name (what its owner
-- calls it) is encrypted with their key. counter is the last that it counted; 0 =
-- it does not count. eligible and saved say whether it may be copied to other
-- devices of its owner, and is. It works at its domain alone.
CREATE TABLE passkey (
    id         TEXT NOT NULL PRIMARY KEY,
    person     TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    domain     TEXT NOT NULL,
    credential BLOB NOT NULL UNIQUE,
    public_key BLOB NOT NULL,
    counter    INTEGER NOT NULL,
    eligible   INTEGER NOT NULL CHECK (eligible IN (0, 1)),
    saved      INTEGER NOT NULL CHECK (saved IN (0, 1)),
    transports TEXT NOT NULL, -- separated by spaces
    name       BLOB NOT NULL,
    created    INTEGER NOT NULL,
    used       INTEGER
) STRICT;
CREATE INDEX passkey_person ON passkey (person, id);

-- What an authenticator was asked to sign, once; hash is of what the session of
-- the browser that asked keeps.
CREATE TABLE passkey_challenge (
    hash    BLOB NOT NULL PRIMARY KEY,
    data    BLOB NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX passkey_challenge_expires ON passkey_challenge (expires);

-- A form that waits until who sent it has proved who they are; data (where it
-- goes, and what was typed) is sealed with the installation's key.
CREATE TABLE kept_form (
    hash    BLOB NOT NULL PRIMARY KEY,
    data    BLOB NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX kept_form_expires ON kept_form (expires);

-- +goose Down
DROP TABLE kept_form;
DROP TABLE passkey_challenge;
DROP TABLE passkey;
