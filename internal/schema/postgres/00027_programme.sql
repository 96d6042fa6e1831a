-- +goose Up

-- Rows of the public account of the programme that somebody proposes together,
-- and somebody else publishes.
CREATE TABLE programme_batch (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind       TEXT COLLATE "C" NOT NULL,
    title      TEXT COLLATE "C" NOT NULL,
    source     TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL,
    lines      BIGINT NOT NULL,
    channel    TEXT COLLATE "C" NOT NULL,
    entered_by TEXT COLLATE "C" NOT NULL,
    entered    BIGINT NOT NULL,
    decided_by TEXT COLLATE "C" NOT NULL DEFAULT '',
    decided    BIGINT NOT NULL DEFAULT 0,
    reason     TEXT COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX programme_batch_state ON programme_batch (state, entered);

-- The rows of a batch: body is its cells, each a line with the name of its column, a tab
-- and its text; '' where the row is taken away.
CREATE TABLE programme_row (
    batch TEXT COLLATE "C" NOT NULL,
    line  BIGINT NOT NULL,
    kind  TEXT COLLATE "C" NOT NULL,
    key   TEXT COLLATE "C" NOT NULL,
    body  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (batch, line)
);
CREATE INDEX programme_row_history ON programme_row (kind, key);

-- Which row of a key is published last, and in which revision of the account.
CREATE TABLE programme_current (
    kind  TEXT COLLATE "C" NOT NULL,
    key   TEXT COLLATE "C" NOT NULL,
    batch TEXT COLLATE "C" NOT NULL,
    line  BIGINT NOT NULL,
    rev   BIGINT NOT NULL,
    at    BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
);

-- +goose Down
DROP TABLE programme_current;
DROP TABLE programme_row;
DROP TABLE programme_batch;
