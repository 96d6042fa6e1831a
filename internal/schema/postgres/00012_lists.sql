-- +goose Up

-- How often something was changed, by what. Who changes the network of houses,
-- or closes places, locks its row first, so that changes follow one another; a
-- program on the same file sees by it that another one made a change.
CREATE TABLE revision (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

-- Lists that wait to be confirmed, encrypted with the key of who brought them;
-- data is empty once it was taken. result is what came of it, as JSON.
CREATE TABLE list_upload (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    list    TEXT COLLATE "C" NOT NULL,
    person  TEXT COLLATE "C" NOT NULL,
    state   TEXT COLLATE "C" NOT NULL,
    data    BYTEA NOT NULL,
    result  TEXT NOT NULL DEFAULT '',
    created BIGINT NOT NULL
);
CREATE INDEX list_upload_created ON list_upload (created);

-- +goose Down
DROP TABLE list_upload;
DROP TABLE revision;
