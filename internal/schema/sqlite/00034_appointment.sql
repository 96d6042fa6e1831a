-- +goose Up

-- What an office sets for its appointments instead of what holds elsewhere; percents
-- of the staffed time of a day, days, and minutes.
CREATE TABLE appointment_rule (
    office   TEXT NOT NULL PRIMARY KEY,
    public   INTEGER NOT NULL,
    internal INTEGER NOT NULL,
    lead     INTEGER NOT NULL,
    days     INTEGER NOT NULL,
    margin   INTEGER NOT NULL,
    hold     INTEGER NOT NULL,
    delay    INTEGER NOT NULL,
    rev      INTEGER NOT NULL
) STRICT;

-- The lock of an office's day: who gives away time of that day changes its row first.
CREATE TABLE appointment_day (
    office TEXT NOT NULL,
    day    TEXT NOT NULL,
    rev    INTEGER NOT NULL,
    PRIMARY KEY (office, day)
) STRICT, WITHOUT ROWID;

-- Time at a counter for a service and some people. state: held (until hold), booked,
-- displaced (its desk is closed and nobody else can), arrived, cancelled. person is ''
-- while a hold is nobody's yet. code is a keyed hash of what is shown to arrive;
-- request tells the same request, sent twice, from two, and asked what it asked for.
CREATE TABLE appointment (
    id       TEXT NOT NULL PRIMARY KEY,
    office   TEXT NOT NULL,
    day      TEXT NOT NULL,
    service  TEXT NOT NULL,
    people   INTEGER NOT NULL,
    minutes  INTEGER NOT NULL,
    person   TEXT NOT NULL,
    desk     TEXT NOT NULL,
    starts   INTEGER NOT NULL,
    public   INTEGER NOT NULL CHECK (public IN (0, 1)),
    state    TEXT NOT NULL,
    hold     INTEGER NOT NULL,
    origin   TEXT NOT NULL,
    language TEXT NOT NULL,
    code     TEXT NOT NULL UNIQUE,
    request  TEXT NOT NULL UNIQUE,
    asked    TEXT NOT NULL,
    ticket   TEXT NOT NULL,
    created  INTEGER NOT NULL,
    changed  INTEGER NOT NULL,
    rev      INTEGER NOT NULL
) STRICT;
CREATE INDEX appointment_office ON appointment (office, day, starts, id);
CREATE INDEX appointment_person ON appointment (person, starts, id) WHERE person <> '';
CREATE INDEX appointment_starts ON appointment (starts);

-- What was given back, and is offered again only from an instant on (until).
CREATE TABLE appointment_freed (
    id          TEXT NOT NULL PRIMARY KEY,
    appointment TEXT NOT NULL,
    office      TEXT NOT NULL,
    day         TEXT NOT NULL,
    desk        TEXT NOT NULL,
    starts      INTEGER NOT NULL,
    minutes     INTEGER NOT NULL,
    public      INTEGER NOT NULL CHECK (public IN (0, 1)),
    until       INTEGER NOT NULL
) STRICT;
CREATE INDEX appointment_freed_day ON appointment_freed (office, day);
CREATE INDEX appointment_freed_until ON appointment_freed (until);

-- +goose Down
DROP TABLE appointment_freed;
DROP TABLE appointment;
DROP TABLE appointment_day;
DROP TABLE appointment_rule;
