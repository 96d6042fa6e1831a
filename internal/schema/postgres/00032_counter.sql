-- +goose Up

-- The queue of an office. seq counts what happened there: whoever changes something
-- locks the row first, so an office has one order.
CREATE TABLE queue_office (
    office TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    seq    BIGINT NOT NULL
);

-- The numbers of an office's day: given at the counter and by telephone from 1
-- upwards (last), and beforehand to kiosks from 999 downwards (block, the lowest given).
CREATE TABLE queue_day (
    office TEXT COLLATE "C" NOT NULL,
    day    TEXT COLLATE "C" NOT NULL,
    last   BIGINT NOT NULL,
    block  BIGINT NOT NULL,
    PRIMARY KEY (office, day)
);

-- Numbers given to a kiosk beforehand, for when its link is down.
CREATE TABLE number_block (
    id     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    office TEXT COLLATE "C" NOT NULL,
    day    TEXT COLLATE "C" NOT NULL,
    device TEXT COLLATE "C" NOT NULL,
    low    BIGINT NOT NULL,
    high   BIGINT NOT NULL,
    made   BIGINT NOT NULL
);
CREATE INDEX number_block_day ON number_block (day, office);

-- What happened in an office, in its order: what boards and consoles are told.
CREATE TABLE queue_event (
    office TEXT COLLATE "C" NOT NULL,
    seq    BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    kind   TEXT COLLATE "C" NOT NULL,
    body   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (office, seq)
);
CREATE INDEX queue_event_at ON queue_event (at);

-- Somebody in the line. state: waiting, called, serving, parked, missed; at the end
-- finished, left, lapsed (still there when the day ended). since is when the state
-- began. returning: they went for a paper and need not queue again. low and high are
-- the range of the wait that was told, in seconds; -1 where none was.
CREATE TABLE ticket (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    office      TEXT COLLATE "C" NOT NULL,
    day         TEXT COLLATE "C" NOT NULL,
    letter      TEXT COLLATE "C" NOT NULL,
    number      BIGINT NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    priority    TEXT COLLATE "C" NOT NULL,
    origin      TEXT COLLATE "C" NOT NULL,
    language    TEXT COLLATE "C" NOT NULL,
    person      TEXT COLLATE "C" NOT NULL,
    appointment TEXT COLLATE "C" NOT NULL,
    due         BIGINT NOT NULL,
    taken       BIGINT NOT NULL,
    since       BIGINT NOT NULL,
    first_call  BIGINT NOT NULL,
    closed      BIGINT NOT NULL,
    desk        TEXT COLLATE "C" NOT NULL,
    operator    TEXT COLLATE "C" NOT NULL,
    only_desk   TEXT COLLATE "C" NOT NULL,
    calls       BIGINT NOT NULL,
    low         BIGINT NOT NULL,
    high        BIGINT NOT NULL,
    request     TEXT COLLATE "C" UNIQUE,
    rev         BIGINT NOT NULL,
    UNIQUE (office, day, number)
);
CREATE INDEX ticket_alive ON ticket (office) WHERE state IN ('waiting', 'called', 'serving', 'parked', 'missed');
CREATE UNIQUE INDEX ticket_at_desk ON ticket (desk) WHERE state IN ('called', 'serving');
CREATE INDEX ticket_person ON ticket (person) WHERE person <> '';
CREATE UNIQUE INDEX ticket_appointment ON ticket (appointment) WHERE appointment <> '';

-- What somebody came for; steps are the indexes of those that are done, ascending.
-- state: open, done, dropped.
CREATE TABLE ticket_item (
    ticket  TEXT COLLATE "C" NOT NULL REFERENCES ticket (id) ON DELETE CASCADE,
    n       BIGINT NOT NULL,
    service TEXT COLLATE "C" NOT NULL,
    state   TEXT COLLATE "C" NOT NULL,
    steps   TEXT COLLATE "C" NOT NULL,
    started BIGINT NOT NULL,
    ended   BIGINT NOT NULL,
    PRIMARY KEY (ticket, n)
);

-- How the time of a ticket was spent, without gaps: waiting, invited, served,
-- on-hold, missed. ends is 0 while a period lasts.
CREATE TABLE ticket_period (
    ticket   TEXT COLLATE "C" NOT NULL REFERENCES ticket (id) ON DELETE CASCADE,
    n        BIGINT NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL,
    desk     TEXT COLLATE "C" NOT NULL,
    operator TEXT COLLATE "C" NOT NULL,
    service  TEXT COLLATE "C" NOT NULL,
    starts   BIGINT NOT NULL,
    ends     BIGINT NOT NULL,
    PRIMARY KEY (ticket, n)
);

-- What an office offers otherwise than its desks say: state active, not-yet or
-- ended, from a day, for a reason.
CREATE TABLE office_service (
    office  TEXT COLLATE "C" NOT NULL,
    service TEXT COLLATE "C" NOT NULL,
    state   TEXT COLLATE "C" NOT NULL,
    since   TEXT COLLATE "C" NOT NULL,
    reason  TEXT COLLATE "C" NOT NULL,
    rev     BIGINT NOT NULL,
    PRIMARY KEY (office, service)
);

-- Who works at a desk now.
CREATE TABLE desk_session (
    desk   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    office TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    opened BIGINT NOT NULL,
    seen   BIGINT NOT NULL
);
CREATE INDEX desk_session_office ON desk_session (office);

-- What an operator can do in an office, and is permitted to: lists of words. Who has
-- no row can do all that needs no permission of their own.
CREATE TABLE desk_staff (
    office      TEXT COLLATE "C" NOT NULL,
    person      TEXT COLLATE "C" NOT NULL,
    skills      TEXT COLLATE "C" NOT NULL,
    permissions TEXT COLLATE "C" NOT NULL,
    rev         BIGINT NOT NULL,
    PRIMARY KEY (office, person)
);

-- Who works at a desk on a day of the week (0 Sunday), from and to in minutes of the
-- day; person is '' for anybody. An office without shifts has all its desks staffed
-- while it is open.
CREATE TABLE desk_shift (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    office  TEXT COLLATE "C" NOT NULL,
    desk    TEXT COLLATE "C" NOT NULL,
    weekday BIGINT NOT NULL,
    person  TEXT COLLATE "C" NOT NULL,
    starts  BIGINT NOT NULL,
    ends    BIGINT NOT NULL
);
CREATE INDEX desk_shift_office ON desk_shift (office);

-- When a desk is closed although its office is open.
CREATE TABLE desk_closure (
    id     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    office TEXT COLLATE "C" NOT NULL,
    desk   TEXT COLLATE "C" NOT NULL,
    starts BIGINT NOT NULL,
    ends   BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    made   BIGINT NOT NULL,
    author TEXT COLLATE "C" NOT NULL
);
CREATE INDEX desk_closure_office ON desk_closure (office, ends);

-- +goose Down
DROP TABLE desk_closure;
DROP TABLE desk_shift;
DROP TABLE desk_staff;
DROP TABLE desk_session;
DROP TABLE office_service;
DROP TABLE ticket_period;
DROP TABLE ticket_item;
DROP TABLE ticket;
DROP TABLE queue_event;
DROP TABLE number_block;
DROP TABLE queue_day;
DROP TABLE queue_office;
