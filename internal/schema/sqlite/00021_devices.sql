-- +goose Up

-- Machines in the houses. One is awaited until it comes with its code and with
-- the public half of a key of its own (PKIX); by is who made the last code.
CREATE TABLE device (
    id       TEXT NOT NULL PRIMARY KEY,
    kind     TEXT NOT NULL,
    site     TEXT NOT NULL,
    name     TEXT NOT NULL,
    key      BLOB,
    by       TEXT NOT NULL,
    made     INTEGER NOT NULL,
    enrolled INTEGER,
    seen     INTEGER,
    revoked  INTEGER
) STRICT;
CREATE INDEX device_site ON device (site, id);

-- The code with which a device is enrolled, once. Its first half finds it, of the
-- second a keyed hash is kept; tries counts who came with it.
CREATE TABLE device_code (
    selector TEXT NOT NULL PRIMARY KEY,
    device   TEXT NOT NULL UNIQUE REFERENCES device (id) ON DELETE CASCADE,
    hash     BLOB NOT NULL,
    tries    INTEGER NOT NULL DEFAULT 0,
    expires  INTEGER NOT NULL
) STRICT;

-- Proofs that were used, by the hash of device and jti.
CREATE TABLE device_proof (
    hash    BLOB NOT NULL PRIMARY KEY,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX device_proof_expires ON device_proof (expires);

-- What a device proves itself with after that; only a hash is kept.
CREATE TABLE device_session (
    hash    BLOB NOT NULL PRIMARY KEY,
    device  TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX device_session_device ON device_session (device);
CREATE INDEX device_session_expires ON device_session (expires);

-- How long a session lasts without use (µs); 0 is as long as sessions last that
-- were begun before.
ALTER TABLE session ADD COLUMN idle INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE session DROP COLUMN idle;
DROP TABLE device_session;
DROP TABLE device_proof;
DROP TABLE device_code;
DROP TABLE device;
