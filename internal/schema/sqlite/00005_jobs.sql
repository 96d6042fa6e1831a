-- +goose Up

-- Work to do later, enqueued in the transaction that wants it done. While a
-- worker has a job, lease is the worker's mark and run_at the end of its lease:
-- a job whose worker was killed becomes due again by itself.
CREATE TABLE job (
    id       TEXT NOT NULL PRIMARY KEY,
    kind     TEXT NOT NULL,
    args     TEXT NOT NULL,
    state    TEXT NOT NULL, -- ready, dead
    run_at   INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    lease    TEXT NOT NULL DEFAULT '',
    error    TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX job_due ON job (state, run_at, id);

-- Work done again and again, once per turn for all replicas together.
CREATE TABLE job_turn (
    name TEXT NOT NULL PRIMARY KEY,
    next INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE job_turn;
DROP TABLE job;
