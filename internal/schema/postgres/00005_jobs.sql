-- +goose Up

-- Work to do later, enqueued in the transaction that wants it done. While a
-- worker has a job, lease is the worker's mark and run_at the end of its lease:
-- a job whose worker was killed becomes due again by itself.
CREATE TABLE job (
    id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind     TEXT COLLATE "C" NOT NULL,
    args     TEXT NOT NULL,
    state    TEXT COLLATE "C" NOT NULL, -- ready, dead
    run_at   BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    lease    TEXT COLLATE "C" NOT NULL DEFAULT '',
    error    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX job_due ON job (state, run_at, id);

-- Work done again and again, once per turn for all replicas together.
CREATE TABLE job_turn (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    next BIGINT NOT NULL
);

-- +goose Down
DROP TABLE job_turn;
DROP TABLE job;
