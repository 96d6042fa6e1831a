-- +goose Up

-- A problem that somebody reports, of a site or one of its places, or of the
-- service itself (both ''). body and answer are encrypted with the key of the
-- person who wrote the report. due is the end of the day by which the answer is
-- due. request tells the same form, sent twice, from two.
CREATE TABLE report (
    id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number   TEXT COLLATE "C" NOT NULL UNIQUE,
    kind     TEXT COLLATE "C" NOT NULL,
    site     TEXT COLLATE "C" NOT NULL,
    resource TEXT COLLATE "C" NOT NULL,
    person   TEXT COLLATE "C" NOT NULL,
    body     BYTEA NOT NULL,
    owner    TEXT COLLATE "C" NOT NULL, -- who is to answer: site, network
    state    TEXT COLLATE "C" NOT NULL, -- open, answered
    due      BIGINT NOT NULL,
    answer   BYTEA,
    answered BIGINT,
    answerer TEXT COLLATE "C" NOT NULL DEFAULT '',
    request  TEXT COLLATE "C" NOT NULL UNIQUE,
    created  BIGINT NOT NULL,
    rev      BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX report_due ON report (state, due, id);
CREATE INDEX report_site_due ON report (site, state, due, id);
CREATE INDEX report_answered ON report (state, answered, id);
CREATE INDEX report_site_answered ON report (site, state, answered, id);
CREATE INDEX report_person ON report (person, id);

-- The last number given in a year.
CREATE TABLE report_number (
    year BIGINT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);

-- +goose Down
DROP TABLE report_number;
DROP TABLE report;
