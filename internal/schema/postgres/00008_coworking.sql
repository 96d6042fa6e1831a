-- +goose Up

-- The address of a person's calendar: id is a part of it and changes when the
-- person asks for a new one.
CREATE TABLE calendar_feed (
    person  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    id      TEXT COLLATE "C" NOT NULL UNIQUE,
    created BIGINT NOT NULL
);

-- Who accepted which version of the house rules of a site ('' = the network).
CREATE TABLE rules_acceptance (
    person  TEXT COLLATE "C" NOT NULL,
    site    TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (person, site, version)
);

-- How a visit was, from 1 to 5.
CREATE TABLE rating (
    booking TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    site    TEXT COLLATE "C" NOT NULL,
    score   BIGINT NOT NULL,
    at      BIGINT NOT NULL
);
CREATE INDEX rating_site ON rating (site);

-- A search that somebody wants to make again: its query as in the address. With
-- alert they are told once when something is free; told is when they were.
CREATE TABLE saved_search (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person  TEXT COLLATE "C" NOT NULL,
    query   TEXT NOT NULL,
    alert   BOOLEAN NOT NULL DEFAULT FALSE,
    ends    BIGINT NOT NULL, -- end of the time searched
    told    BIGINT,
    created BIGINT NOT NULL,
    UNIQUE (person, query)
);
CREATE INDEX saved_search_alert ON saved_search (ends) WHERE alert AND told IS NULL;

-- +goose Down
DROP TABLE saved_search;
DROP TABLE rating;
DROP TABLE rules_acceptance;
DROP TABLE calendar_feed;
