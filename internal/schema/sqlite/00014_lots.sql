-- +goose Up

-- What is given to one contractor: the houses that one contract builds or
-- renovates, from a civil date to another ('' where not said).
CREATE TABLE lot (
    id         TEXT NOT NULL PRIMARY KEY,
    code       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    contractor TEXT NOT NULL,
    contact    TEXT NOT NULL,
    starts     TEXT NOT NULL,
    ends       TEXT NOT NULL,
    rev        INTEGER NOT NULL DEFAULT 1
) STRICT;

-- A house is in one lot at a time, or in none.
CREATE TABLE lot_site (
    site TEXT NOT NULL PRIMARY KEY REFERENCES site (id) ON DELETE CASCADE,
    lot  TEXT NOT NULL REFERENCES lot (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX lot_site_lot ON lot_site (lot);

-- +goose Down
DROP TABLE lot_site;
DROP TABLE lot;
