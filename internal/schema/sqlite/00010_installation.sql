-- +goose Up

-- What the installation is, one row for each part that is changed as a whole:
-- value is JSON, in which what is secret is encrypted. rev grows with each
-- change.
CREATE TABLE setting (
    name    TEXT NOT NULL PRIMARY KEY,
    value   TEXT NOT NULL,
    rev     INTEGER NOT NULL DEFAULT 1,
    changed INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE setting;
