-- +goose Up

-- In what context an act was done.
ALTER TABLE act ADD COLUMN role TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE act ADD COLUMN desk TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE act ADD COLUMN channel TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE act ADD COLUMN level BIGINT NOT NULL DEFAULT 0;
ALTER TABLE act ADD COLUMN for_whom TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX act_subject ON act (subject);
CREATE INDEX act_person ON act (person);
CREATE INDEX act_for ON act (for_whom) WHERE for_whom <> '';

-- The sealed logs of this installation: each begins at a place of leaf and goes
-- on to where the next begins. A restored backup opens a new one.
CREATE TABLE journal_log (
    first   BIGINT NOT NULL PRIMARY KEY,
    origin  TEXT COLLATE "C" NOT NULL,
    public  TEXT NOT NULL,
    began   BIGINT NOT NULL,
    opening TEXT COLLATE "C" NOT NULL
);

-- The place of an act in a log. A salt of 16 bytes hides what it covers in the
-- hash; one of 32 is the hash itself, and what it covered is forgotten.
CREATE TABLE leaf (
    seq          BIGINT NOT NULL PRIMARY KEY,
    entry        TEXT COLLATE "C" NOT NULL UNIQUE,
    hash         BYTEA NOT NULL,
    subject_salt BYTEA NOT NULL,
    who_salt     BYTEA NOT NULL
);

-- Hashes of whole subtrees of 256, 65,536, … leaves.
CREATE TABLE leaf_tree (
    log   BIGINT NOT NULL,
    level BIGINT NOT NULL,
    n     BIGINT NOT NULL,
    hash  BYTEA NOT NULL,
    PRIMARY KEY (log, level, n)
);

-- What is published of a log: its size, the root of its tree, signed.
CREATE TABLE checkpoint (
    log  BIGINT NOT NULL,
    size BIGINT NOT NULL,
    at   BIGINT NOT NULL,
    root BYTEA NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (log, size)
);

-- Which program seals; each that takes over counts fence up.
CREATE TABLE sealer (
    name   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    fence  BIGINT NOT NULL,
    until  BIGINT NOT NULL
);

-- Consumers read in sealed order. act is still the newest id that was taken.
ALTER TABLE bookmark ADD COLUMN seq BIGINT;
ALTER TABLE bookmark ADD COLUMN since TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE bookmark ADD COLUMN seen TEXT COLLATE "C" NOT NULL DEFAULT '';

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
