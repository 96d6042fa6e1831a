-- +goose Up

-- Every act, appended in the transaction of its change. Only opaque ids here:
-- who did it and what it said lie in columns that may be emptied when a person
-- is forgotten.
CREATE TABLE act (
    id      TEXT NOT NULL PRIMARY KEY,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    person  TEXT NOT NULL,
    data    TEXT NOT NULL
) STRICT;

-- +goose Down
DROP TABLE act;
