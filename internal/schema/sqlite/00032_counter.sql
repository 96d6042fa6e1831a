-- +goose Up

-- The queue of an office. seq counts what happened there: whoever changes something
-- locks the row first, so an office has one order.
CREATE TABLE queue_office (
    office TEXT NOT NULL PRIMARY KEY,
    seq    INTEGER NOT NULL
) STRICT;

-- The numbers of an office's day: given at the counter and by telephone from 1
-- upwards (last), and beforehand to kiosks from 999 downwards (block, the lowest given).
CREATE TABLE queue_day (
    office TEXT NOT NULL,
    day    TEXT NOT NULL,
    last   INTEGER NOT NULL,
    block  INTEGER NOT NULL,
    PRIMARY KEY (office, day)
) STRICT, WITHOUT ROWID;

-- Numbers given to a kiosk beforehand, for when its link is down.
CREATE TABLE number_block (
    id     TEXT NOT NULL PRIMARY KEY,
    office TEXT NOT NULL,
    day    TEXT NOT NULL,
    device TEXT NOT NULL,
    low    INTEGER NOT NULL,
    high   INTEGER NOT NULL,
    made   INTEGER NOT NULL
) STRICT;
CREATE INDEX number_block_day ON number_block (day, office);

-- What happened in an office, in its order: what boards and consoles are told.
CREATE TABLE queue_event (
    office TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    body   TEXT NOT NULL,
    PRIMARY KEY (office, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_event_at ON queue_event (at);

-- Somebody in the line. state: waiting, called, serving, parked, missed; at the end
-- finished, left, lapsed (still there when the day ended). since is when the state
-- began. returning: they went for a paper and need not queue again. low and high are
-- the range of the wait that was told, in seconds; -1 where none was.
CREATE TABLE ticket (
    id          TEXT NOT NULL PRIMARY KEY,
    office      TEXT NOT NULL,
    day         TEXT NOT NULL,
    letter      TEXT NOT NULL,
    number      INTEGER NOT NULL,
    state       TEXT NOT NULL,
    priority    TEXT NOT NULL,
    origin      TEXT NOT NULL,
    language    TEXT NOT NULL,
    person      TEXT NOT NULL,
    appointment TEXT NOT NULL,
    due         INTEGER NOT NULL,
    taken       INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    first_call  INTEGER NOT NULL,
    closed      INTEGER NOT NULL,
    desk        TEXT NOT NULL,
    operator    TEXT NOT NULL,
    only_desk   TEXT NOT NULL,
    calls       INTEGER NOT NULL,
    low         INTEGER NOT NULL,
    high        INTEGER NOT NULL,
    request     TEXT UNIQUE,
    rev         INTEGER NOT NULL,
    UNIQUE (office, day, number)
) STRICT;
CREATE INDEX ticket_alive ON ticket (office) WHERE state IN ('waiting', 'called', 'serving', 'parked', 'missed');
CREATE UNIQUE INDEX ticket_at_desk ON ticket (desk) WHERE state IN ('called', 'serving');
CREATE INDEX ticket_person ON ticket (person) WHERE person <> '';
CREATE UNIQUE INDEX ticket_appointment ON ticket (appointment) WHERE appointment <> '';

-- What somebody came for; steps are the indexes of those that are done, ascending.
-- state: open, done, dropped.
CREATE TABLE ticket_item (
    ticket  TEXT NOT NULL REFERENCES ticket (id) ON DELETE CASCADE,
    n       INTEGER NOT NULL,
    service TEXT NOT NULL,
    state   TEXT NOT NULL,
    steps   TEXT NOT NULL,
    started INTEGER NOT NULL,
    ended   INTEGER NOT NULL,
    PRIMARY KEY (ticket, n)
) STRICT, WITHOUT ROWID;

-- How the time of a ticket was spent, without gaps: waiting, invited, served,
-- on-hold, missed. ends is 0 while a period lasts.
CREATE TABLE ticket_period (
    ticket   TEXT NOT NULL REFERENCES ticket (id) ON DELETE CASCADE,
    n        INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    desk     TEXT NOT NULL,
    operator TEXT NOT NULL,
    service  TEXT NOT NULL,
    starts   INTEGER NOT NULL,
    ends     INTEGER NOT NULL,
    PRIMARY KEY (ticket, n)
) STRICT, WITHOUT ROWID;

-- What an office offers otherwise than its desks say: state active, not-yet or
-- ended, from a day, for a reason.
CREATE TABLE office_service (
    office  TEXT NOT NULL,
    service TEXT NOT NULL,
    state   TEXT NOT NULL,
    since   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    rev     INTEGER NOT NULL,
    PRIMARY KEY (office, service)
) STRICT, WITHOUT ROWID;

-- Who works at a desk now.
CREATE TABLE desk_session (
    desk   TEXT NOT NULL PRIMARY KEY,
    office TEXT NOT NULL,
    person TEXT NOT NULL,
    opened INTEGER NOT NULL,
    seen   INTEGER NOT NULL
) STRICT;
CREATE INDEX desk_session_office ON desk_session (office);

-- What an operator can do in an office, and is permitted to: lists of words. Who has
-- no row can do all that needs no permission of their own.
CREATE TABLE desk_staff (
    office      TEXT NOT NULL,
    person      TEXT NOT NULL,
    skills      TEXT NOT NULL,
    permissions TEXT NOT NULL,
    rev         INTEGER NOT NULL,
    PRIMARY KEY (office, person)
) STRICT, WITHOUT ROWID;

-- Who works at a desk on a day of the week (0 Sunday), from and to in minutes of the
-- day; person is '' for anybody. An office without shifts has all its desks staffed
-- while it is open.
CREATE TABLE desk_shift (
    id      TEXT NOT NULL PRIMARY KEY,
    office  TEXT NOT NULL,
    desk    TEXT NOT NULL,
    weekday INTEGER NOT NULL,
    person  TEXT NOT NULL,
    starts  INTEGER NOT NULL,
    ends    INTEGER NOT NULL
) STRICT;
CREATE INDEX desk_shift_office ON desk_shift (office);

-- When a desk is closed although its office is open.
CREATE TABLE desk_closure (
    id     TEXT NOT NULL PRIMARY KEY,
    office TEXT NOT NULL,
    desk   TEXT NOT NULL,
    starts INTEGER NOT NULL,
    ends   INTEGER NOT NULL,
    reason TEXT NOT NULL,
    made   INTEGER NOT NULL,
    author TEXT NOT NULL
) STRICT;
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
