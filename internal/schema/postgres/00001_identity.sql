-- +goose Up

-- People. What names a person is encrypted with a key of their own (key, itself
-- wrapped by the installation's key); fiscal, name_birth and contact are blind
-- indexes.
CREATE TABLE person (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    key        BYTEA NOT NULL,
    fiscal     BYTEA UNIQUE,
    name_birth BYTEA,
    contact    BYTEA,
    data       BYTEA NOT NULL,
    language   TEXT NOT NULL DEFAULT 'it',
    created    BIGINT NOT NULL
);
CREATE INDEX person_name_birth ON person (name_birth);
CREATE INDEX person_contact ON person (contact);

-- Who may do what, for which scope, from when to when (NULL = no end).
CREATE TABLE role_grant (
    person     TEXT COLLATE "C" NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    role       TEXT COLLATE "C" NOT NULL,
    scope_kind TEXT COLLATE "C" NOT NULL,
    scope      TEXT COLLATE "C" NOT NULL,
    starts     BIGINT NOT NULL,
    ends       BIGINT,
    given_by   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (person, role, scope_kind, scope)
);

-- Tokens of programs; only a hash is kept. The name is the person's own word,
-- encrypted with their key.
CREATE TABLE token (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    hash       BYTEA NOT NULL UNIQUE,
    person     TEXT COLLATE "C" NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    name       BYTEA NOT NULL,
    role       TEXT COLLATE "C" NOT NULL,
    scope_kind TEXT COLLATE "C" NOT NULL,
    scope      TEXT COLLATE "C" NOT NULL,
    unlimited  BOOLEAN NOT NULL DEFAULT FALSE,
    created    BIGINT NOT NULL,
    expires    BIGINT,
    revoked    BIGINT
);
CREATE INDEX token_person ON token (person);

-- Sessions of browsers; the token is kept as a hash. expires moves with use (0 =
-- ended before its time), ends does not. An ended one stays until then, so that
-- a late request cannot bring it back.
CREATE TABLE session (
    hash    BYTEA NOT NULL PRIMARY KEY,
    id      TEXT COLLATE "C" NOT NULL,
    person  TEXT COLLATE "C" NOT NULL DEFAULT '',
    data    BYTEA NOT NULL,
    created BIGINT NOT NULL,
    seen    BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    ends    BIGINT NOT NULL
);
CREATE INDEX session_person ON session (person);
CREATE INDEX session_ends ON session (ends);

-- The installation's own keys (signing passes, blind indexes, …), wrapped.
CREATE TABLE secret (
    name    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    wrapped BYTEA NOT NULL,
    created BIGINT NOT NULL
);

-- +goose Down
DROP TABLE secret;
DROP TABLE session;
DROP TABLE token;
DROP TABLE role_grant;
DROP TABLE person;
