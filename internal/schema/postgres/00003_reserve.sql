-- +goose Up

-- One row per atom and UTC day: two masks of 48 quarter-hours. am and pm are
-- the disjoint sum of the allocations, shut_am and shut_pm the union of the
-- closures. rev grows with every change.
CREATE TABLE occupancy (
    day      BIGINT NOT NULL,
    resource BIGINT NOT NULL,
    am       BIGINT NOT NULL DEFAULT 0,
    pm       BIGINT NOT NULL DEFAULT 0,
    shut_am  BIGINT NOT NULL DEFAULT 0,
    shut_pm  BIGINT NOT NULL DEFAULT 0,
    rev      BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (day, resource)
) WITH (fillfactor = 70);

-- due is when the next step happens by itself: a hold expires, a person who
-- did not come loses the place, a visit ends. NULL once nothing more happens.
CREATE TABLE booking (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person  TEXT COLLATE "C" NOT NULL,
    status  TEXT COLLATE "C" NOT NULL,
    starts  BIGINT NOT NULL,
    ends    BIGINT NOT NULL,
    due     BIGINT,
    parts   TEXT NOT NULL,
    uses    TEXT NOT NULL,
    created BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    rev     BIGINT NOT NULL
);
CREATE INDEX booking_person ON booking (person, starts);
CREATE INDEX booking_due ON booking (due) WHERE due IS NOT NULL;

-- Exactly what each booking took, turnover included.
CREATE TABLE allocation (
    booking  TEXT COLLATE "C" NOT NULL,
    resource BIGINT NOT NULL,
    day      BIGINT NOT NULL,
    am       BIGINT NOT NULL,
    pm       BIGINT NOT NULL,
    PRIMARY KEY (day, resource, booking)
);
CREATE INDEX allocation_booking ON allocation (booking);

-- Quotas and fair-use limits, counted in the transaction of the booking.
CREATE TABLE counter (
    key   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL DEFAULT 0,
    rev   BIGINT NOT NULL DEFAULT 1
) WITH (fillfactor = 70);

-- Who waits for a counter to fall, in the order of their bookings' ids.
CREATE TABLE waiting (
    counter TEXT COLLATE "C" NOT NULL,
    booking TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (counter, booking)
);

-- Requests that may be sent again: the same key with the same body has one
-- effect. booking is '' while the request was never granted.
CREATE TABLE request_key (
    person  TEXT COLLATE "C" NOT NULL,
    key     TEXT COLLATE "C" NOT NULL,
    hash    TEXT NOT NULL,
    booking TEXT COLLATE "C" NOT NULL DEFAULT '',
    created BIGINT NOT NULL,
    PRIMARY KEY (person, key)
);
CREATE INDEX request_key_created ON request_key (created);

CREATE TABLE closure (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    site    TEXT COLLATE "C" NOT NULL,
    reason  TEXT NOT NULL,
    starts  BIGINT NOT NULL,
    ends    BIGINT NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX closure_site ON closure (site, ends);

CREATE TABLE closure_cell (
    closure  TEXT COLLATE "C" NOT NULL,
    resource BIGINT NOT NULL,
    day      BIGINT NOT NULL,
    am       BIGINT NOT NULL,
    pm       BIGINT NOT NULL,
    PRIMARY KEY (day, resource, closure)
);
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
