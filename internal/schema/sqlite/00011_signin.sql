-- +goose Up

-- When the person's address was last proved by a code; NULL = never.
ALTER TABLE person ADD COLUMN contact_verified INTEGER;

-- The live code of an address; purpose and address are in the blind index. data
-- (address, code) is sealed with the installation's key. tries counts the
-- answers; proved is when the right one came.
CREATE TABLE signin_code (
    contact BLOB NOT NULL PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    data    BLOB NOT NULL,
    tries   INTEGER NOT NULL DEFAULT 0,
    proved  INTEGER,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX signin_code_expires ON signin_code (expires);

-- How much of a limit an address or a client has used: it is all free again at
-- that instant.
CREATE TABLE signin_limit (
    id   BLOB NOT NULL PRIMARY KEY,
    free INTEGER NOT NULL
) STRICT;
CREATE INDEX signin_limit_free ON signin_limit (free);

-- Links with which a known person signs in once; only a hash is kept.
CREATE TABLE signin_link (
    hash    BLOB NOT NULL PRIMARY KEY,
    person  TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    expires INTEGER NOT NULL
) STRICT;

-- Invitations to a role. contact is the blind index of the address; data
-- (address, names) is sealed with the installation's key and emptied at the
-- end. Of the link a hash is kept; version counts the links.
CREATE TABLE invitation (
    id         TEXT NOT NULL PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,
    version    INTEGER NOT NULL DEFAULT 1,
    contact    BLOB NOT NULL,
    data       BLOB NOT NULL,
    role       TEXT NOT NULL,
    scope_kind TEXT NOT NULL,
    scope      TEXT NOT NULL,
    language   TEXT NOT NULL,
    given_by   TEXT NOT NULL,
    state      TEXT NOT NULL, -- open, accepted, revoked
    person     TEXT NOT NULL DEFAULT '', -- who accepted
    created    INTEGER NOT NULL,
    expires    INTEGER NOT NULL
) STRICT;
CREATE INDEX invitation_open ON invitation (state, id);

-- Lists of who has a role.
CREATE INDEX role_grant_role ON role_grant (role, person);

-- +goose Down
DROP INDEX role_grant_role;
DROP TABLE invitation;
DROP TABLE signin_link;
DROP TABLE signin_limit;
DROP TABLE signin_code;
ALTER TABLE person DROP COLUMN contact_verified;
