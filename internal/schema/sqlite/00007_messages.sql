-- +goose Up

-- How far each consumer of the journal has come: the id of the last act it has
-- taken.
CREATE TABLE bookmark (
    consumer TEXT NOT NULL PRIMARY KEY,
    act      TEXT NOT NULL
) STRICT;

-- A message to a person. What it says is written when it is sent, from what it
-- is about; only opaque ids are kept here.
CREATE TABLE message (
    id      TEXT NOT NULL PRIMARY KEY,
    person  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    about   TEXT NOT NULL,
    data    TEXT NOT NULL,
    state   TEXT NOT NULL, -- waiting, sent, moot, failed, bounced
    reason  TEXT NOT NULL DEFAULT '', -- code of a failure, such as 5.1.1
    created INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
CREATE INDEX message_person ON message (person, id);
CREATE INDEX message_about ON message (about, id);

-- +goose Down
DROP TABLE message;
DROP TABLE bookmark;
