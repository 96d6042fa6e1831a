-- +goose Up

-- What the installation is, one row for each part that is changed as a whole:
-- value is JSON, in which what is secret is encrypted. rev grows with each
-- change.
CREATE TABLE setting (
    name    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value   TEXT NOT NULL,
    rev     BIGINT NOT NULL DEFAULT 1,
    changed BIGINT NOT NULL
);

-- +goose Down
DROP TABLE setting;
