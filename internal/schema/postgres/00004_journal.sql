-- +goose Up

-- Every act, appended in the transaction of its change. Only opaque ids here:
-- who did it and what it said lie in columns that may be emptied when a person
-- is forgotten.
CREATE TABLE act (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    kind    TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    person  TEXT COLLATE "C" NOT NULL,
    data    TEXT NOT NULL
);

-- +goose Down
DROP TABLE act;
