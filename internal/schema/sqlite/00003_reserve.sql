-- +goose Up

-- One row per atom and UTC day: two masks of 48 quarter-hours. am and pm are
-- the disjoint sum of the allocations, shut_am and shut_pm the union of the
-- closures. rev grows with every change.
CREATE TABLE occupancy (
    day      INTEGER NOT NULL,
    resource INTEGER NOT NULL,
    am       INTEGER NOT NULL DEFAULT 0,
    pm       INTEGER NOT NULL DEFAULT 0,
    shut_am  INTEGER NOT NULL DEFAULT 0,
    shut_pm  INTEGER NOT NULL DEFAULT 0,
    rev      INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (day, resource)
) STRICT;

-- due is when the next step happens by itself: a hold expires, a person who
-- did not come loses the place, a visit ends. NULL once nothing more happens.
CREATE TABLE booking (
    id      TEXT NOT NULL PRIMARY KEY,
    person  TEXT NOT NULL,
    status  TEXT NOT NULL,
    starts  INTEGER NOT NULL,
    ends    INTEGER NOT NULL,
    due     INTEGER,
    parts   TEXT NOT NULL,
    uses    TEXT NOT NULL,
    created INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    rev     INTEGER NOT NULL
) STRICT;
CREATE INDEX booking_person ON booking (person, starts);
CREATE INDEX booking_due ON booking (due) WHERE due IS NOT NULL;

-- Exactly what each booking took, turnover included.
CREATE TABLE allocation (
    booking  TEXT NOT NULL,
    resource INTEGER NOT NULL,
    day      INTEGER NOT NULL,
    am       INTEGER NOT NULL,
    pm       INTEGER NOT NULL,
    PRIMARY KEY (day, resource, booking)
) STRICT;
CREATE INDEX allocation_booking ON allocation (booking);

-- Quotas and fair-use limits, counted in the transaction of the booking.
CREATE TABLE counter (
    key   TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL DEFAULT 0,
    rev   INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Who waits for a counter to fall, in the order of their bookings' ids.
CREATE TABLE waiting (
    counter TEXT NOT NULL,
    booking TEXT NOT NULL,
    PRIMARY KEY (counter, booking)
) STRICT;

-- Requests that may be sent again: the same key with the same body has one
-- effect. booking is '' while the request was never granted.
CREATE TABLE request_key (
    person  TEXT NOT NULL,
    key     TEXT NOT NULL,
    hash    TEXT NOT NULL,
    booking TEXT NOT NULL DEFAULT '',
    created INTEGER NOT NULL,
    PRIMARY KEY (person, key)
) STRICT;
CREATE INDEX request_key_created ON request_key (created);

CREATE TABLE closure (
    id      TEXT NOT NULL PRIMARY KEY,
    site    TEXT NOT NULL,
    reason  TEXT NOT NULL,
    starts  INTEGER NOT NULL,
    ends    INTEGER NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE INDEX closure_site ON closure (site, ends);

CREATE TABLE closure_cell (
    closure  TEXT NOT NULL,
    resource INTEGER NOT NULL,
    day      INTEGER NOT NULL,
    am       INTEGER NOT NULL,
    pm       INTEGER NOT NULL,
    PRIMARY KEY (day, resource, closure)
) STRICT;
CREATE INDEX closure_cell_closure ON closure_cell (closure);

-- +goose Down
DROP TABLE closure_cell;
DROP TABLE closure;
DROP TABLE request_key;
DROP TABLE waiting;
DROP TABLE counter;
DROP TABLE allocation;
DROP TABLE booking;
DROP TABLE occupancy;
