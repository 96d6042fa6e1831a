-- +goose Up

-- Machines in the houses. One is awaited until it comes with its code and with
-- the public half of a key of its own (PKIX); by is who made the last code.
CREATE TABLE device (
    id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind     TEXT COLLATE "C" NOT NULL,
    site     TEXT COLLATE "C" NOT NULL,
    name     TEXT NOT NULL,
    key      BYTEA,
    by       TEXT COLLATE "C" NOT NULL,
    made     BIGINT NOT NULL,
    enrolled BIGINT,
    seen     BIGINT,
    revoked  BIGINT
);
CREATE INDEX device_site ON device (site, id);

-- The code with which a device is enrolled, once. Its first half finds it, of the
-- second a keyed hash is kept; tries counts who came with it.
CREATE TABLE device_code (
    selector TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    device   TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES device (id) ON DELETE CASCADE,
    hash     BYTEA NOT NULL,
    tries    BIGINT NOT NULL DEFAULT 0,
    expires  BIGINT NOT NULL
);

-- Proofs that were used, by the hash of device and jti.
CREATE TABLE device_proof (
    hash    BYTEA NOT NULL PRIMARY KEY,
    expires BIGINT NOT NULL
);
CREATE INDEX device_proof_expires ON device_proof (expires);

-- What a device proves itself with after that; only a hash is kept.
CREATE TABLE device_session (
    hash    BYTEA NOT NULL PRIMARY KEY,
    device  TEXT COLLATE "C" NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    expires BIGINT NOT NULL
);
CREATE INDEX device_session_device ON device_session (device);
CREATE INDEX device_session_expires ON device_session (expires);

-- How long a session lasts without use (µs); 0 is as long as sessions last that
-- were begun before.
ALTER TABLE session ADD COLUMN idle BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE session DROP COLUMN idle;
DROP TABLE device_session;
DROP TABLE device_proof;
DROP TABLE device_code;
DROP TABLE device;
