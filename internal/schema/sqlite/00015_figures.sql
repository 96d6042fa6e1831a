-- +goose Up

-- Who gave a place back, by when it would have been: as with the missed visits,
-- only those few are in the index.
CREATE INDEX booking_cancelled ON booking (starts) WHERE status = 'cancelled';

-- What a house offered from a civil day on (days since 1970): its hours and its
-- places by kind, or nothing. Kept, since nobody else knows how the house was.
CREATE TABLE figure_offer (
    site  TEXT NOT NULL,
    day   INTEGER NOT NULL,
    offer TEXT NOT NULL,
    PRIMARY KEY (site, day)
) STRICT;

-- The days that are over. rev grows when something of a day changes; figure_sum
-- has the day while counted is the same.
CREATE TABLE figure_day (
    day     INTEGER NOT NULL PRIMARY KEY,
    rev     INTEGER NOT NULL DEFAULT 1,
    counted INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What a day of a house comes to, by kind of place: '' is all kinds, and all
-- houses. Made of occupancy, bookings, ratings and offers, whenever it is missing.
CREATE TABLE figure_sum (
    kind      TEXT NOT NULL,
    site      TEXT NOT NULL,
    day       INTEGER NOT NULL,
    taken     INTEGER NOT NULL,
    open      INTEGER NOT NULL,
    bookings  INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    visits    INTEGER NOT NULL,
    missed    INTEGER NOT NULL,
    ratings   INTEGER NOT NULL,
    score     INTEGER NOT NULL,
    parts     TEXT NOT NULL,
    PRIMARY KEY (kind, site, day)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE figure_sum;
DROP TABLE figure_day;
DROP TABLE figure_offer;
DROP INDEX booking_cancelled;
