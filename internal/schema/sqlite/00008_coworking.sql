-- +goose Up

-- The address of a person's calendar: id is a part of it and changes when the
-- person asks for a new one.
CREATE TABLE calendar_feed (
    person  TEXT NOT NULL PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL
) STRICT;

-- Who accepted which version of the house rules of a site ('' = the network).
CREATE TABLE rules_acceptance (
    person  TEXT NOT NULL,
    site    TEXT NOT NULL,
    version INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (person, site, version)
) STRICT;

-- How a visit was, from 1 to 5.
CREATE TABLE rating (
    booking TEXT NOT NULL PRIMARY KEY,
    site    TEXT NOT NULL,
    score   INTEGER NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX rating_site ON rating (site);

-- A search that somebody wants to make again: its query as in the address. With
-- alert they are told once when something is free; told is when they were.
CREATE TABLE saved_search (
    id      TEXT NOT NULL PRIMARY KEY,
    person  TEXT NOT NULL,
    query   TEXT NOT NULL,
    alert   INTEGER NOT NULL DEFAULT 0 CHECK (alert IN (0, 1)),
    ends    INTEGER NOT NULL, -- end of the time searched
    told    INTEGER,
    created INTEGER NOT NULL,
    UNIQUE (person, query)
) STRICT;
CREATE INDEX saved_search_alert ON saved_search (ends) WHERE alert = 1 AND told IS NULL;

-- +goose Down
DROP TABLE saved_search;
DROP TABLE rating;
DROP TABLE rules_acceptance;
DROP TABLE calendar_feed;
