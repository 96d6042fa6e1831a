-- +goose Up

-- The missed visits of a day.
CREATE INDEX booking_missed ON booking (starts) WHERE status = 'no-show';

-- Who was entered at the desk of a house, without an account of their own.
CREATE TABLE desk_guest (
    person  TEXT NOT NULL PRIMARY KEY,
    site    TEXT NOT NULL,
    made_by TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;

-- Why a house changed a booking, and the parts that it had: for the mail.
CREATE TABLE house_change (
    id      TEXT NOT NULL,
    booking TEXT NOT NULL,
    reason  TEXT NOT NULL,
    was     TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (id, booking)
) STRICT;
CREATE INDEX house_change_booking ON house_change (booking);

-- A closure, of the same id, that moves what is in its way. done is NULL until
-- each booking has had its turn.
CREATE TABLE clearing (
    id      TEXT NOT NULL PRIMARY KEY,
    site    TEXT NOT NULL,
    person  TEXT NOT NULL,
    units   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    starts  INTEGER NOT NULL,
    ends    INTEGER NOT NULL,
    created INTEGER NOT NULL,
    done    INTEGER
) STRICT;
CREATE INDEX clearing_site ON clearing (site, created);

-- A booking in the way: what was chosen for it ('' = the nearest that is free),
-- and what became of it ('' = its turn is to come).
CREATE TABLE clearing_booking (
    clearing TEXT NOT NULL,
    booking  TEXT NOT NULL,
    choice   TEXT NOT NULL,
    outcome  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (clearing, booking)
) STRICT;

-- +goose Down
DROP TABLE clearing_booking;
DROP TABLE clearing;
DROP TABLE house_change;
DROP TABLE desk_guest;
DROP INDEX booking_missed;
