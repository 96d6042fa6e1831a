-- +goose Up

-- The missed visits of a day.
CREATE INDEX booking_missed ON booking (starts) WHERE status = 'no-show';

-- Who was entered at the desk of a house, without an account of their own.
CREATE TABLE desk_guest (
    person  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    site    TEXT COLLATE "C" NOT NULL,
    made_by TEXT COLLATE "C" NOT NULL,
    created BIGINT NOT NULL
);

-- Why a house changed a booking, and the parts that it had: for the mail.
CREATE TABLE house_change (
    id      TEXT COLLATE "C" NOT NULL,
    booking TEXT COLLATE "C" NOT NULL,
    reason  TEXT NOT NULL,
    was     TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (id, booking)
);
CREATE INDEX house_change_booking ON house_change (booking);

-- A closure, of the same id, that moves what is in its way. done is NULL until
-- each booking has had its turn.
CREATE TABLE clearing (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    site    TEXT COLLATE "C" NOT NULL,
    person  TEXT COLLATE "C" NOT NULL,
    units   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    starts  BIGINT NOT NULL,
    ends    BIGINT NOT NULL,
    created BIGINT NOT NULL,
    done    BIGINT
);
CREATE INDEX clearing_site ON clearing (site, created);

-- A booking in the way: what was chosen for it ('' = the nearest that is free),
-- and what became of it ('' = its turn is to come).
CREATE TABLE clearing_booking (
    clearing TEXT COLLATE "C" NOT NULL,
    booking  TEXT COLLATE "C" NOT NULL,
    choice   TEXT NOT NULL,
    outcome  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (clearing, booking)
);

-- +goose Down
DROP TABLE clearing_booking;
DROP TABLE clearing;
DROP TABLE house_change;
DROP TABLE desk_guest;
DROP INDEX booking_missed;
