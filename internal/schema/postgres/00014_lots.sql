-- +goose Up

-- What is given to one contractor: the houses that one contract builds or
-- renovates, from a civil date to another ('' where not said).
CREATE TABLE lot (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    code       TEXT COLLATE "C" NOT NULL UNIQUE,
    name       TEXT COLLATE "C" NOT NULL,
    contractor TEXT COLLATE "C" NOT NULL,
    contact    TEXT COLLATE "C" NOT NULL,
    starts     TEXT COLLATE "C" NOT NULL,
    ends       TEXT COLLATE "C" NOT NULL,
    rev        BIGINT NOT NULL DEFAULT 1
);

-- A house is in one lot at a time, or in none.
CREATE TABLE lot_site (
    site TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES site (id) ON DELETE CASCADE,
    lot  TEXT COLLATE "C" NOT NULL REFERENCES lot (id) ON DELETE CASCADE
);
CREATE INDEX lot_site_lot ON lot_site (lot);

-- +goose Down
DROP TABLE lot_site;
DROP TABLE lot;
