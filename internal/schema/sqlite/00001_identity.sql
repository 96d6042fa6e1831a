-- +goose Up

-- People. What names a person is encrypted with a key of their own (key, itself
-- wrapped by the installation's key); fiscal, name_birth and contact are blind
-- indexes.
CREATE TABLE person (
    id         TEXT NOT NULL PRIMARY KEY,
    key        BLOB NOT NULL,
    fiscal     BLOB UNIQUE,
    name_birth BLOB,
    contact    BLOB,
    data       BLOB NOT NULL,
    language   TEXT NOT NULL DEFAULT 'it',
    created    INTEGER NOT NULL
) STRICT;
CREATE INDEX person_name_birth ON person (name_birth);
CREATE INDEX person_contact ON person (contact);

-- Who may do what, for which scope, from when to when (NULL = no end).
CREATE TABLE role_grant (
    person     TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    role       TEXT NOT NULL,
    scope_kind TEXT NOT NULL,
    scope      TEXT NOT NULL,
    starts     INTEGER NOT NULL,
    ends       INTEGER,
    given_by   TEXT NOT NULL,
    PRIMARY KEY (person, role, scope_kind, scope)
) STRICT;

-- Tokens of programs; only a hash is kept. The name is the person's own word,
-- encrypted with their key.
CREATE TABLE token (
    id         TEXT NOT NULL PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,
    person     TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    name       BLOB NOT NULL,
    role       TEXT NOT NULL,
    scope_kind TEXT NOT NULL,
    scope      TEXT NOT NULL,
    unlimited  INTEGER NOT NULL DEFAULT 0 CHECK (unlimited IN (0, 1)),
    created    INTEGER NOT NULL,
    expires    INTEGER,
    revoked    INTEGER
) STRICT;
CREATE INDEX token_person ON token (person);

-- Sessions of browsers; the token is kept as a hash. expires moves with use (0 =
-- ended before its time), ends does not. An ended one stays until then, so that
-- a late request cannot bring it back.
CREATE TABLE session (
    hash    BLOB NOT NULL PRIMARY KEY,
    id      TEXT NOT NULL,
    person  TEXT NOT NULL DEFAULT '',
    data    BLOB NOT NULL,
    created INTEGER NOT NULL,
    seen    INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    ends    INTEGER NOT NULL
) STRICT;
CREATE INDEX session_person ON session (person);
CREATE INDEX session_ends ON session (ends);

-- The installation's own keys (signing passes, blind indexes, …), wrapped.
CREATE TABLE secret (
    name    TEXT NOT NULL PRIMARY KEY,
    wrapped BLOB NOT NULL,
    created INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE secret;
DROP TABLE session;
DROP TABLE token;
DROP TABLE role_grant;
DROP TABLE person;
