-- +goose Up

-- A list of municipalities loaded by the operator; empty = the built-in one.
CREATE TABLE municipality (
    istat         TEXT NOT NULL PRIMARY KEY,
    belfiore      TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    alt_name      TEXT NOT NULL,
    province      TEXT NOT NULL,
    province_name TEXT NOT NULL,
    region        TEXT NOT NULL,
    population    INTEGER NOT NULL,
    population_year INTEGER NOT NULL,
    cap           TEXT NOT NULL,
    lat           REAL NOT NULL,
    lon           REAL NOT NULL,
    approximate   INTEGER NOT NULL CHECK (approximate IN (0, 1)),
    patron        TEXT NOT NULL
) STRICT;

-- The houses. code is the key of imports and of addresses of pages.
CREATE TABLE site (
    id           TEXT NOT NULL PRIMARY KEY,
    code         TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL,
    name         TEXT NOT NULL,
    municipality TEXT NOT NULL,
    address      TEXT NOT NULL,
    lat          REAL NOT NULL,
    lon          REAL NOT NULL,
    zone         TEXT NOT NULL,
    size         TEXT NOT NULL,
    state        TEXT NOT NULL,
    state_since  TEXT NOT NULL,
    opens_on     TEXT NOT NULL,
    hours        TEXT NOT NULL,
    patron       TEXT NOT NULL,
    groups       TEXT NOT NULL,
    generated    INTEGER NOT NULL CHECK (generated IN (0, 1)),
    rev          INTEGER NOT NULL
) STRICT;
CREATE INDEX site_municipality ON site (municipality);

-- Days on which a site keeps other hours than usual ('' = closed).
CREATE TABLE site_exception (
    site  TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    date  TEXT NOT NULL,
    hours TEXT NOT NULL,
    PRIMARY KEY (site, date)
) STRICT;

CREATE TABLE room (
    id    TEXT NOT NULL PRIMARY KEY,
    site  TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    code  TEXT NOT NULL,
    name  TEXT NOT NULL,
    floor INTEGER NOT NULL,
    UNIQUE (site, code)
) STRICT;

-- What can be booked. Only atoms have occupancy; a composite is its atoms.
CREATE TABLE resource (
    ordinal  INTEGER NOT NULL PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    site     TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    room     TEXT NOT NULL REFERENCES room (id) ON DELETE CASCADE,
    kind     TEXT NOT NULL,
    code     TEXT NOT NULL,
    name     TEXT NOT NULL,
    seats    INTEGER NOT NULL,
    features TEXT NOT NULL,
    groups   TEXT NOT NULL,
    active   INTEGER NOT NULL CHECK (active IN (0, 1)),
    UNIQUE (site, code)
) STRICT;

CREATE TABLE composite_part (
    composite INTEGER NOT NULL REFERENCES resource (ordinal) ON DELETE CASCADE,
    atom      INTEGER NOT NULL REFERENCES resource (ordinal) ON DELETE CASCADE,
    PRIMARY KEY (composite, atom)
) STRICT;

-- The rules of a kind of place: of the network (site = '') or of one site.
CREATE TABLE rule (
    kind    TEXT NOT NULL,
    site    TEXT NOT NULL,
    rules   TEXT NOT NULL,
    PRIMARY KEY (kind, site)
) STRICT;

-- +goose Down
DROP TABLE rule;
DROP TABLE composite_part;
DROP TABLE resource;
DROP TABLE room;
DROP TABLE site_exception;
DROP TABLE site;
DROP TABLE municipality;
