-- +goose Up

-- Files with rows of the account of the programme that somebody brought by page
-- and has not proposed yet; kept for a day.
CREATE TABLE programme_upload (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind    TEXT COLLATE "C" NOT NULL,
    person  TEXT COLLATE "C" NOT NULL,
    name    TEXT COLLATE "C" NOT NULL,
    data    BYTEA NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX programme_upload_created ON programme_upload (created);

-- +goose Down
DROP TABLE programme_upload;
