-- +goose Up

-- Who has seen the record of a person (subject): one row for each person and
-- booking or case on a page that was shown, all with the id of its one act. about
-- is "booking:" or "report:" with an id, or ''.
CREATE TABLE record_read (
    subject    TEXT NOT NULL,
    act        TEXT NOT NULL,
    about      TEXT NOT NULL,
    at         INTEGER NOT NULL,
    reader     TEXT NOT NULL,
    role       TEXT NOT NULL,
    scope_kind TEXT NOT NULL,
    scope      TEXT NOT NULL,
    page       TEXT NOT NULL,
    PRIMARY KEY (subject, act, about)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_read_act ON record_read (act);
CREATE INDEX record_read_reader ON record_read (reader, act);

-- What is held about somebody, put together for them: data is a ZIP, encrypted
-- with their key; empty until it is done. done of total rooms have given their
-- part.
CREATE TABLE personal_export (
    person  TEXT NOT NULL PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    done    INTEGER NOT NULL DEFAULT 0,
    total   INTEGER NOT NULL,
    data    BLOB NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX personal_export_expires ON personal_export (expires);

-- When records of a kind were last looked through for those whose time is over,
-- and how many went, then and ever.
CREATE TABLE retention_run (
    kind    TEXT NOT NULL PRIMARY KEY,
    at      INTEGER NOT NULL,
    ended   INTEGER NOT NULL,
    total   INTEGER NOT NULL,
    failed  TEXT NOT NULL DEFAULT ''
) STRICT;

-- Bookings that are over, and whose person is still known.
CREATE INDEX booking_past ON booking (ends) WHERE due IS NULL AND person <> '';

-- +goose Down
DROP INDEX booking_past;
DROP TABLE retention_run;
DROP TABLE personal_export;
DROP TABLE record_read;
