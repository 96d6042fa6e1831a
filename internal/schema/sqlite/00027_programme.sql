-- +goose Up

-- Rows of the public account of the programme that somebody proposes together,
-- and somebody else publishes.
CREATE TABLE programme_batch (
    id         TEXT NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL,
    title      TEXT NOT NULL,
    source     TEXT NOT NULL,
    state      TEXT NOT NULL,
    lines      INTEGER NOT NULL,
    channel    TEXT NOT NULL,
    entered_by TEXT NOT NULL,
    entered    INTEGER NOT NULL,
    decided_by TEXT NOT NULL DEFAULT '',
    decided    INTEGER NOT NULL DEFAULT 0,
    reason     TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX programme_batch_state ON programme_batch (state, entered);

-- The rows of a batch: body is its cells, each a line with the name of its column, a tab
-- and its text; '' where the row is taken away.
CREATE TABLE programme_row (
    batch TEXT NOT NULL,
    line  INTEGER NOT NULL,
    kind  TEXT NOT NULL,
    key   TEXT NOT NULL,
    body  TEXT NOT NULL,
    PRIMARY KEY (batch, line)
) STRICT;
CREATE INDEX programme_row_history ON programme_row (kind, key);

-- Which row of a key is published last, and in which revision of the account.
CREATE TABLE programme_current (
    kind  TEXT NOT NULL,
    key   TEXT NOT NULL,
    batch TEXT NOT NULL,
    line  INTEGER NOT NULL,
    rev   INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT;

-- +goose Down
DROP TABLE programme_current;
DROP TABLE programme_row;
DROP TABLE programme_batch;
