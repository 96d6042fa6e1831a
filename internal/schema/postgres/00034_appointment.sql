-- +goose Up

-- What an office sets for its appointments instead of what holds elsewhere; percents
-- of the staffed time of a day, days, and minutes.
CREATE TABLE appointment_rule (
    office   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    public   BIGINT NOT NULL,
    internal BIGINT NOT NULL,
    lead     BIGINT NOT NULL,
    days     BIGINT NOT NULL,
    margin   BIGINT NOT NULL,
    hold     BIGINT NOT NULL,
    delay    BIGINT NOT NULL,
    rev      BIGINT NOT NULL
);

-- The lock of an office's day: who gives away time of that day changes its row first.
CREATE TABLE appointment_day (
    office TEXT COLLATE "C" NOT NULL,
    day    TEXT COLLATE "C" NOT NULL,
    rev    BIGINT NOT NULL,
    PRIMARY KEY (office, day)
);

-- Time at a counter for a service and some people. state: held (until hold), booked,
-- displaced (its desk is closed and nobody else can), arrived, cancelled. person is ''
-- while a hold is nobody's yet. code is a keyed hash of what is shown to arrive;
-- request tells the same request, sent twice, from two, and asked what it asked for.
CREATE TABLE appointment (
    id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    office   TEXT COLLATE "C" NOT NULL,
    day      TEXT COLLATE "C" NOT NULL,
    service  TEXT COLLATE "C" NOT NULL,
    people   BIGINT NOT NULL,
    minutes  BIGINT NOT NULL,
    person   TEXT COLLATE "C" NOT NULL,
    desk     TEXT COLLATE "C" NOT NULL,
    starts   BIGINT NOT NULL,
    public   BOOLEAN NOT NULL,
    state    TEXT COLLATE "C" NOT NULL,
    hold     BIGINT NOT NULL,
    origin   TEXT COLLATE "C" NOT NULL,
    language TEXT COLLATE "C" NOT NULL,
    code     TEXT COLLATE "C" NOT NULL UNIQUE,
    request  TEXT COLLATE "C" NOT NULL UNIQUE,
    asked    TEXT COLLATE "C" NOT NULL,
    ticket   TEXT COLLATE "C" NOT NULL,
    created  BIGINT NOT NULL,
    changed  BIGINT NOT NULL,
    rev      BIGINT NOT NULL
);
CREATE INDEX appointment_office ON appointment (office, day, starts, id);
CREATE INDEX appointment_person ON appointment (person, starts, id) WHERE person <> '';
CREATE INDEX appointment_starts ON appointment (starts);

-- What was given back, and is offered again only from an instant on (until).
CREATE TABLE appointment_freed (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    appointment TEXT COLLATE "C" NOT NULL,
    office      TEXT COLLATE "C" NOT NULL,
    day         TEXT COLLATE "C" NOT NULL,
    desk        TEXT COLLATE "C" NOT NULL,
    starts      BIGINT NOT NULL,
    minutes     BIGINT NOT NULL,
    public      BOOLEAN NOT NULL,
    until       BIGINT NOT NULL
);
CREATE INDEX appointment_freed_day ON appointment_freed (office, day);
CREATE INDEX appointment_freed_until ON appointment_freed (until);

-- +goose Down
DROP TABLE appointment_freed;
DROP TABLE appointment;
DROP TABLE appointment_day;
DROP TABLE appointment_rule;
