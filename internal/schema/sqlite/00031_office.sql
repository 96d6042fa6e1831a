-- +goose Up

-- Files with rows of the account of the programme that somebody brought by page
-- and has not proposed yet; kept for a day.
CREATE TABLE programme_upload (
    id      TEXT NOT NULL PRIMARY KEY,
    kind    TEXT NOT NULL,
    person  TEXT NOT NULL,
    name    TEXT NOT NULL,
    data    BLOB NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE INDEX programme_upload_created ON programme_upload (created);

-- +goose Down
DROP TABLE programme_upload;
