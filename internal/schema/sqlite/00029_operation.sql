-- +goose Up

-- That houses are used, as the journal tells: visits, the first and the last day.
CREATE TABLE programme_operation (
    site      TEXT NOT NULL PRIMARY KEY,
    first_day TEXT NOT NULL,
    last_day  TEXT NOT NULL,
    visits    INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE programme_operation;
