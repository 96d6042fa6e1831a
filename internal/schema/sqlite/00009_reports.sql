-- +goose Up

-- A problem that somebody reports, of a site or one of its places, or of the
-- service itself (both ''). body and answer are encrypted with the key of the
-- person who wrote the report. due is the end of the day by which the answer is
-- due. request tells the same form, sent twice, from two.
CREATE TABLE report (
    id       TEXT NOT NULL PRIMARY KEY,
    number   TEXT NOT NULL UNIQUE,
    kind     TEXT NOT NULL,
    site     TEXT NOT NULL,
    resource TEXT NOT NULL,
    person   TEXT NOT NULL,
    body     BLOB NOT NULL,
    owner    TEXT NOT NULL, -- who is to answer: site, network
    state    TEXT NOT NULL, -- open, answered
    due      INTEGER NOT NULL,
    answer   BLOB,
    answered INTEGER,
    answerer TEXT NOT NULL DEFAULT '',
    request  TEXT NOT NULL UNIQUE,
    created  INTEGER NOT NULL,
    rev      INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX report_due ON report (state, due, id);
CREATE INDEX report_site_due ON report (site, state, due, id);
CREATE INDEX report_answered ON report (state, answered, id);
CREATE INDEX report_site_answered ON report (site, state, answered, id);
CREATE INDEX report_person ON report (person, id);

-- The last number given in a year.
CREATE TABLE report_number (
    year INTEGER NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE report_number;
DROP TABLE report;
