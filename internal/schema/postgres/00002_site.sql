-- +goose Up

-- A list of municipalities loaded by the operator; empty = the built-in one.
CREATE TABLE municipality (
    istat         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    belfiore      TEXT COLLATE "C" NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    alt_name      TEXT NOT NULL,
    province      TEXT COLLATE "C" NOT NULL,
    province_name TEXT NOT NULL,
    region        TEXT NOT NULL,
    population    BIGINT NOT NULL,
    population_year BIGINT NOT NULL,
    cap           TEXT NOT NULL,
    lat           DOUBLE PRECISION NOT NULL,
    lon           DOUBLE PRECISION NOT NULL,
    approximate   BOOLEAN NOT NULL,
    patron        TEXT COLLATE "C" NOT NULL
);

-- The houses. code is the key of imports and of addresses of pages.
CREATE TABLE site (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    code         TEXT COLLATE "C" NOT NULL UNIQUE,
    kind         TEXT COLLATE "C" NOT NULL,
    name         TEXT NOT NULL,
    municipality TEXT COLLATE "C" NOT NULL,
    address      TEXT NOT NULL,
    lat          DOUBLE PRECISION NOT NULL,
    lon          DOUBLE PRECISION NOT NULL,
    zone         TEXT COLLATE "C" NOT NULL,
    size         TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL,
    state_since  TEXT COLLATE "C" NOT NULL,
    opens_on     TEXT COLLATE "C" NOT NULL,
    hours        TEXT NOT NULL,
    patron       TEXT COLLATE "C" NOT NULL,
    groups       TEXT NOT NULL,
    generated    BOOLEAN NOT NULL,
    rev          BIGINT NOT NULL
);
CREATE INDEX site_municipality ON site (municipality);

-- Days on which a site keeps other hours than usual ('' = closed).
CREATE TABLE site_exception (
    site  TEXT COLLATE "C" NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    date  TEXT COLLATE "C" NOT NULL,
    hours TEXT NOT NULL,
    PRIMARY KEY (site, date)
);

CREATE TABLE room (
    id    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    site  TEXT COLLATE "C" NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    code  TEXT COLLATE "C" NOT NULL,
    name  TEXT NOT NULL,
    floor BIGINT NOT NULL,
    UNIQUE (site, code)
);

-- What can be booked. Only atoms have occupancy; a composite is its atoms.
CREATE TABLE resource (
    ordinal  BIGINT NOT NULL PRIMARY KEY,
    id       TEXT COLLATE "C" NOT NULL UNIQUE,
    site     TEXT COLLATE "C" NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    room     TEXT COLLATE "C" NOT NULL REFERENCES room (id) ON DELETE CASCADE,
    kind     TEXT COLLATE "C" NOT NULL,
    code     TEXT COLLATE "C" NOT NULL,
    name     TEXT NOT NULL,
    seats    BIGINT NOT NULL,
    features TEXT NOT NULL,
    groups   TEXT NOT NULL,
    active   BOOLEAN NOT NULL,
    UNIQUE (site, code)
);

CREATE TABLE composite_part (
    composite BIGINT NOT NULL REFERENCES resource (ordinal) ON DELETE CASCADE,
    atom      BIGINT NOT NULL REFERENCES resource (ordinal) ON DELETE CASCADE,
    PRIMARY KEY (composite, atom)
);

-- The rules of a kind of place: of the network (site = '') or of one site.
CREATE TABLE rule (
    kind    TEXT COLLATE "C" NOT NULL,
    site    TEXT COLLATE "C" NOT NULL,
    rules   TEXT NOT NULL,
    PRIMARY KEY (kind, site)
);

-- +goose Down
DROP TABLE rule;
DROP TABLE composite_part;
DROP TABLE resource;
DROP TABLE room;
DROP TABLE site_exception;
DROP TABLE site;
DROP TABLE municipality;
