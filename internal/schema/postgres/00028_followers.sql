-- +goose Up

-- Who follows the programme by mail. contact is the blind index of the address,
-- as people are found by theirs; address lies sealed with the key file. rhythm is
-- 'once' (at once) or 'weekly'. All news up to upto (programme_news.seq) were told,
-- or are older than the follower.
CREATE TABLE programme_follower (
    id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    contact  BYTEA NOT NULL UNIQUE,
    address  BYTEA NOT NULL,
    language TEXT COLLATE "C" NOT NULL,
    rhythm   TEXT COLLATE "C" NOT NULL,
    upto     BIGINT NOT NULL,
    created  BIGINT NOT NULL
);
CREATE INDEX programme_follower_rhythm ON programme_follower (rhythm, id);

-- What a follower follows: 'measure', 'region', 'province' or 'house', with its
-- name or code.
CREATE TABLE programme_follow (
    follower TEXT COLLATE "C" NOT NULL REFERENCES programme_follower (id) ON DELETE CASCADE,
    kind     TEXT COLLATE "C" NOT NULL,
    place    TEXT COLLATE "C" NOT NULL,
    created  BIGINT NOT NULL,
    PRIMARY KEY (follower, kind, place)
);
CREATE INDEX programme_follow_place ON programme_follow (kind, place);

-- Who was mailed whether they really want to follow, and has not said yes; data
-- lies sealed with the key file.
CREATE TABLE programme_follow_request (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    contact BYTEA NOT NULL,
    data    BYTEA NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX programme_follow_request_contact ON programme_follow_request (contact);
CREATE INDEX programme_follow_request_expires ON programme_follow_request (expires);

-- Every event of the account that is known, in the order in which it became known:
-- what was known before is told to nobody twice.
CREATE TABLE programme_news (
    seq   BIGINT NOT NULL PRIMARY KEY,
    id    TEXT COLLATE "C" NOT NULL UNIQUE,
    known BIGINT NOT NULL
);

-- +goose Down
DROP TABLE programme_news;
DROP TABLE programme_follow_request;
DROP TABLE programme_follow;
DROP TABLE programme_follower;
