-- +goose Up

-- That houses are used, as the journal tells: visits, the first and the last day.
CREATE TABLE programme_operation (
    site      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    first_day TEXT COLLATE "C" NOT NULL,
    last_day  TEXT COLLATE "C" NOT NULL,
    visits    BIGINT NOT NULL
);

-- +goose Down
DROP TABLE programme_operation;
