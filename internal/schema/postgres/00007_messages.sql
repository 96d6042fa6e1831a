-- +goose Up

-- How far each consumer of the journal has come: the id of the last act it has
-- taken.
CREATE TABLE bookmark (
    consumer TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    act      TEXT COLLATE "C" NOT NULL
);

-- A message to a person. What it says is written when it is sent, from what it
-- is about; only opaque ids are kept here.
CREATE TABLE message (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person  TEXT COLLATE "C" NOT NULL,
    kind    TEXT COLLATE "C" NOT NULL,
    about   TEXT COLLATE "C" NOT NULL,
    data    TEXT NOT NULL,
    state   TEXT COLLATE "C" NOT NULL, -- waiting, sent, moot, failed, bounced
    reason  TEXT NOT NULL DEFAULT '', -- code of a failure, such as 5.1.1
    created BIGINT NOT NULL,
    changed BIGINT NOT NULL
);
CREATE INDEX message_person ON message (person, id);
CREATE INDEX message_about ON message (about, id);

-- +goose Down
DROP TABLE message;
DROP TABLE bookmark;
