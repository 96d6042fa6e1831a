-- +goose Up

-- A problem that somebody reports, of a site or one of its places, or of the
-- service itself (both ''). body and answer are encrypted with the key of the
-- person who wrote the report. due is when the answer is due.
CREATE TABLE report (
    id       TEXT NOT NULL PRIMARY KEY,
    number   TEXT NOT NULL UNIQUE,
    kind     TEXT NOT NULL,
    site     TEXT NOT NULL,
    resource TEXT NOT NULL,
    person   TEXT NOT NULL,
    body     BLOB NOT NULL,
    owner    TEXT NOT NULL, -- who is to answer: a role
    state    TEXT NOT NULL, -- open, answered
    due      INTEGER NOT NULL,
    answer   BLOB,
    answered INTEGER,
    by       TEXT NOT NULL DEFAULT '',
    created  INTEGER NOT NULL,
    rev      INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX report_state ON report (state, due, id);
CREATE INDEX report_site ON report (site, id);
CREATE INDEX report_person ON report (person, id);

-- The last number given in a year.
CREATE TABLE report_number (
    year INTEGER NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE report_number;
DROP TABLE report;
