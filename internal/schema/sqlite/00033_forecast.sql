-- +goose Up

-- How long services take in an office, by the hour of the day: how many were seen,
-- the sum of the logarithms of their seconds and that of the squares of these. Older
-- ones fade. '*calling' is how soon a free desk calls who waits.
CREATE TABLE forecast_time (
    office  TEXT NOT NULL,
    service TEXT NOT NULL,
    hour    INTEGER NOT NULL,
    n       REAL NOT NULL,
    total   REAL NOT NULL,
    squares REAL NOT NULL,
    PRIMARY KEY (office, service, hour)
) STRICT, WITHOUT ROWID;

-- By how much ranges of short, middling and long waits (band 0, 1, 2) are widened in
-- an office, on a logarithm; seen is how many waits say so.
CREATE TABLE forecast_margin (
    office TEXT NOT NULL,
    band   INTEGER NOT NULL,
    low    REAL NOT NULL,
    high   REAL NOT NULL,
    seen   REAL NOT NULL,
    PRIMARY KEY (office, band)
) STRICT, WITHOUT ROWID;

-- Ranges that were told to who still waits, in seconds; guess is the range before it
-- was widened. A row goes when its ticket is called.
CREATE TABLE forecast_told (
    ticket     TEXT NOT NULL PRIMARY KEY,
    office     TEXT NOT NULL,
    at         INTEGER NOT NULL,
    low        REAL NOT NULL,
    high       REAL NOT NULL,
    guess_low  REAL NOT NULL,
    guess_high REAL NOT NULL
) STRICT;
CREATE INDEX forecast_told_office ON forecast_told (office, at);

-- How often ranges held, by office and civil day (days since 1970-01-01): waits that
-- ended, those that ended before and after what was told, and the seconds that all
-- ranges together were wide.
CREATE TABLE forecast_held (
    office TEXT NOT NULL,
    day    INTEGER NOT NULL,
    told   INTEGER NOT NULL,
    sooner INTEGER NOT NULL,
    later  INTEGER NOT NULL,
    width  INTEGER NOT NULL,
    PRIMARY KEY (office, day)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE forecast_held;
DROP TABLE forecast_told;
DROP TABLE forecast_margin;
DROP TABLE forecast_time;
