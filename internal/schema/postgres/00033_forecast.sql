-- +goose Up

-- How long services take in an office, by the hour of the day: how many were seen,
-- the sum of the logarithms of their seconds and that of the squares of these. Older
-- ones fade. '*calling' is how soon a free desk calls who waits.
CREATE TABLE forecast_time (
    office  TEXT COLLATE "C" NOT NULL,
    service TEXT COLLATE "C" NOT NULL,
    hour    BIGINT NOT NULL,
    n       DOUBLE PRECISION NOT NULL,
    total   DOUBLE PRECISION NOT NULL,
    squares DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (office, service, hour)
);

-- By how much ranges of short, middling and long waits (band 0, 1, 2) are widened in
-- an office, on a logarithm; seen is how many waits say so.
CREATE TABLE forecast_margin (
    office TEXT COLLATE "C" NOT NULL,
    band   BIGINT NOT NULL,
    low    DOUBLE PRECISION NOT NULL,
    high   DOUBLE PRECISION NOT NULL,
    seen   DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (office, band)
);

-- Ranges that were told to who still waits, in seconds; guess is the range before it
-- was widened. A row goes when its ticket is called.
CREATE TABLE forecast_told (
    ticket     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    office     TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    low        DOUBLE PRECISION NOT NULL,
    high       DOUBLE PRECISION NOT NULL,
    guess_low  DOUBLE PRECISION NOT NULL,
    guess_high DOUBLE PRECISION NOT NULL
);
CREATE INDEX forecast_told_office ON forecast_told (office, at);

-- How often ranges held, by office and civil day (days since 1970-01-01): waits that
-- ended, those that ended before and after what was told, and the seconds that all
-- ranges together were wide.
CREATE TABLE forecast_held (
    office TEXT COLLATE "C" NOT NULL,
    day    BIGINT NOT NULL,
    told   BIGINT NOT NULL,
    sooner BIGINT NOT NULL,
    later  BIGINT NOT NULL,
    width  BIGINT NOT NULL,
    PRIMARY KEY (office, day)
);

-- +goose Down
DROP TABLE forecast_held;
DROP TABLE forecast_told;
DROP TABLE forecast_margin;
DROP TABLE forecast_time;
