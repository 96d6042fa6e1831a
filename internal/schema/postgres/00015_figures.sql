-- +goose Up

-- Who gave a place back, by when it would have been: as with the missed visits,
-- only those few are in the index.
CREATE INDEX booking_cancelled ON booking (starts) WHERE status = 'cancelled';

-- What a house offered from a civil day on (days since 1970): its hours and its
-- places by kind, or nothing. Kept, since nobody else knows how the house was.
CREATE TABLE figure_offer (
    site  TEXT COLLATE "C" NOT NULL,
    day   BIGINT NOT NULL,
    offer TEXT NOT NULL,
    PRIMARY KEY (site, day)
);

-- The days that are over. rev grows when something of a day changes; figure_sum
-- has the day while counted is the same.
CREATE TABLE figure_day (
    day     BIGINT NOT NULL PRIMARY KEY,
    rev     BIGINT NOT NULL DEFAULT 1,
    counted BIGINT NOT NULL DEFAULT 0
);

-- What a day of a house comes to, by kind of place: '' is all kinds, and all
-- houses. Made of occupancy, bookings, ratings and offers, whenever it is missing.
CREATE TABLE figure_sum (
    kind      TEXT COLLATE "C" NOT NULL,
    site      TEXT COLLATE "C" NOT NULL,
    day       BIGINT NOT NULL,
    taken     BIGINT NOT NULL,
    open      BIGINT NOT NULL,
    bookings  BIGINT NOT NULL,
    cancelled BIGINT NOT NULL,
    visits    BIGINT NOT NULL,
    missed    BIGINT NOT NULL,
    ratings   BIGINT NOT NULL,
    score     BIGINT NOT NULL,
    parts     TEXT NOT NULL,
    PRIMARY KEY (kind, site, day)
);

-- +goose Down
DROP TABLE figure_sum;
DROP TABLE figure_day;
DROP TABLE figure_offer;
DROP INDEX booking_cancelled;
