-- +goose Up

-- Who follows the programme by mail. contact is the blind index of the address,
-- as people are found by theirs; address lies sealed with the key file. rhythm is
-- 'once' (at once) or 'weekly'. All news up to upto (programme_news.seq) were told,
-- or are older than the follower.
CREATE TABLE programme_follower (
    id       TEXT NOT NULL PRIMARY KEY,
    contact  BLOB NOT NULL UNIQUE,
    address  BLOB NOT NULL,
    language TEXT NOT NULL,
    rhythm   TEXT NOT NULL,
    upto     INTEGER NOT NULL,
    created  INTEGER NOT NULL
) STRICT;
CREATE INDEX programme_follower_rhythm ON programme_follower (rhythm, id);

-- What a follower follows: 'measure', 'region', 'province' or 'house', with its
-- name or code.
CREATE TABLE programme_follow (
    follower TEXT NOT NULL REFERENCES programme_follower (id) ON DELETE CASCADE,
    kind     TEXT NOT NULL,
    place    TEXT NOT NULL,
    created  INTEGER NOT NULL,
    PRIMARY KEY (follower, kind, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX programme_follow_place ON programme_follow (kind, place);

-- Who was mailed whether they really want to follow, and has not said yes; data
-- lies sealed with the key file.
CREATE TABLE programme_follow_request (
    id      TEXT NOT NULL PRIMARY KEY,
    contact BLOB NOT NULL,
    data    BLOB NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX programme_follow_request_contact ON programme_follow_request (contact);
CREATE INDEX programme_follow_request_expires ON programme_follow_request (expires);

-- Every event of the account that is known, in the order in which it became known:
-- what was known before is told to nobody twice.
CREATE TABLE programme_news (
    seq   INTEGER NOT NULL PRIMARY KEY,
    id    TEXT NOT NULL UNIQUE,
    known INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE programme_news;
DROP TABLE programme_follow_request;
DROP TABLE programme_follow;
DROP TABLE programme_follower;
