-- +goose Up

-- Who has seen the record of a person (subject): one row for each person and
-- booking or case on a page that was shown, all with the id of its one act. about
-- is "booking:" or "report:" with an id, or ''.
CREATE TABLE record_read (
    subject    TEXT COLLATE "C" NOT NULL,
    act        TEXT COLLATE "C" NOT NULL,
    about      TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    reader     TEXT COLLATE "C" NOT NULL,
    role       TEXT COLLATE "C" NOT NULL,
    scope_kind TEXT COLLATE "C" NOT NULL,
    scope      TEXT COLLATE "C" NOT NULL,
    page       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (subject, act, about)
);
CREATE INDEX record_read_act ON record_read (act);
CREATE INDEX record_read_reader ON record_read (reader, act);

-- What is held about somebody, put together for them: data is a ZIP, encrypted
-- with their key; empty until it is done. done of total rooms have given their
-- part.
CREATE TABLE personal_export (
    person  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    id      TEXT COLLATE "C" NOT NULL UNIQUE,
    done    BIGINT NOT NULL DEFAULT 0,
    total   BIGINT NOT NULL,
    data    BYTEA NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX personal_export_expires ON personal_export (expires);

-- When records of a kind were last looked through for those whose time is over,
-- and how many went, then and ever.
CREATE TABLE retention_run (
    kind    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    ended   BIGINT NOT NULL,
    total   BIGINT NOT NULL,
    failed  TEXT COLLATE "C" NOT NULL DEFAULT ''
);

-- Bookings that are over, and whose person is still known.
CREATE INDEX booking_past ON booking (ends) WHERE due IS NULL AND person <> '';

-- +goose Down
DROP INDEX booking_past;
DROP TABLE retention_run;
DROP TABLE personal_export;
DROP TABLE record_read;
