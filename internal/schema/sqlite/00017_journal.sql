-- +goose Up

-- In what context an act was done.
ALTER TABLE act ADD COLUMN role TEXT NOT NULL DEFAULT '';
ALTER TABLE act ADD COLUMN desk TEXT NOT NULL DEFAULT '';
ALTER TABLE act ADD COLUMN channel TEXT NOT NULL DEFAULT '';
ALTER TABLE act ADD COLUMN level INTEGER NOT NULL DEFAULT 0;
ALTER TABLE act ADD COLUMN for_whom TEXT NOT NULL DEFAULT '';
CREATE INDEX act_subject ON act (subject);
CREATE INDEX act_person ON act (person);
CREATE INDEX act_for ON act (for_whom) WHERE for_whom <> '';

-- The sealed logs of this installation: each begins at a place of leaf and goes
-- on to where the next begins. A restored backup opens a new one.
CREATE TABLE journal_log (
    first   INTEGER NOT NULL PRIMARY KEY,
    origin  TEXT NOT NULL,
    public  TEXT NOT NULL,
    began   INTEGER NOT NULL,
    opening TEXT NOT NULL
) STRICT;

-- The place of an act in a log. A salt of 16 bytes hides what it covers in the
-- hash; one of 32 is the hash itself, and what it covered is forgotten.
CREATE TABLE leaf (
    seq          INTEGER NOT NULL PRIMARY KEY,
    entry        TEXT NOT NULL UNIQUE,
    hash         BLOB NOT NULL,
    subject_salt BLOB NOT NULL,
    who_salt     BLOB NOT NULL
) STRICT;

-- Hashes of whole subtrees of 256, 65,536, … leaves.
CREATE TABLE leaf_tree (
    log   INTEGER NOT NULL,
    level INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    hash  BLOB NOT NULL,
    PRIMARY KEY (log, level, n)
) STRICT, WITHOUT ROWID;

-- What is published of a log: its size, the root of its tree, signed.
CREATE TABLE checkpoint (
    log  INTEGER NOT NULL,
    size INTEGER NOT NULL,
    at   INTEGER NOT NULL,
    root BLOB NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (log, size)
) STRICT, WITHOUT ROWID;

-- Which program seals; each that takes over counts fence up.
CREATE TABLE sealer (
    name   TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    fence  INTEGER NOT NULL,
    until  INTEGER NOT NULL
) STRICT;

-- Consumers read in sealed order. act is still the newest id that was taken.
ALTER TABLE bookmark ADD COLUMN seq INTEGER;
ALTER TABLE bookmark ADD COLUMN since TEXT NOT NULL DEFAULT '';
ALTER TABLE bookmark ADD COLUMN seen TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE bookmark DROP COLUMN seen;
ALTER TABLE bookmark DROP COLUMN since;
ALTER TABLE bookmark DROP COLUMN seq;
DROP TABLE sealer;
DROP TABLE checkpoint;
DROP TABLE leaf_tree;
DROP TABLE leaf;
DROP TABLE journal_log;
DROP INDEX act_for;
DROP INDEX act_person;
DROP INDEX act_subject;
ALTER TABLE act DROP COLUMN for_whom;
ALTER TABLE act DROP COLUMN level;
ALTER TABLE act DROP COLUMN channel;
ALTER TABLE act DROP COLUMN desk;
ALTER TABLE act DROP COLUMN role;
