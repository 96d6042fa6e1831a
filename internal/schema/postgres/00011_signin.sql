-- +goose Up

-- When the person's address was last proved by a code; NULL = never.
ALTER TABLE person ADD COLUMN contact_verified BIGINT;

-- The live code of an address; purpose and address are in the blind index. data
-- (address, code) is sealed with the installation's key. tries counts the
-- answers; proved is when the right one came.
CREATE TABLE signin_code (
    contact BYTEA NOT NULL PRIMARY KEY,
    id      TEXT COLLATE "C" NOT NULL UNIQUE,
    data    BYTEA NOT NULL,
    tries   BIGINT NOT NULL DEFAULT 0,
    proved  BIGINT,
    expires BIGINT NOT NULL
);
CREATE INDEX signin_code_expires ON signin_code (expires);

-- How much of a limit an address or a client has used: it is all free again at
-- that instant.
CREATE TABLE signin_limit (
    id   BYTEA NOT NULL PRIMARY KEY,
    free BIGINT NOT NULL
);
CREATE INDEX signin_limit_free ON signin_limit (free);

-- Links with which a known person signs in once; only a hash is kept.
CREATE TABLE signin_link (
    hash    BYTEA NOT NULL PRIMARY KEY,
    person  TEXT COLLATE "C" NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    expires BIGINT NOT NULL
);

-- Invitations to a role. contact is the blind index of the address; data
-- (address, names) is sealed with the installation's key and emptied at the
-- end. Of the link a hash is kept; version counts the links.
CREATE TABLE invitation (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    hash       BYTEA NOT NULL UNIQUE,
    version    BIGINT NOT NULL DEFAULT 1,
    contact    BYTEA NOT NULL,
    data       BYTEA NOT NULL,
    role       TEXT COLLATE "C" NOT NULL,
    scope_kind TEXT COLLATE "C" NOT NULL,
    scope      TEXT COLLATE "C" NOT NULL,
    language   TEXT COLLATE "C" NOT NULL,
    given_by   TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL, -- open, accepted, revoked
    person     TEXT COLLATE "C" NOT NULL DEFAULT '', -- who accepted
    created    BIGINT NOT NULL,
    expires    BIGINT NOT NULL
);
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
