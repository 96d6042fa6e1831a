-- +goose Up

-- What people want to know of a house before they go: contacts, the way there,
-- amenities, access, building, territory. One JSON object, written and read as
-- one (site.Profile).
ALTER TABLE site ADD COLUMN profile TEXT NOT NULL DEFAULT '{}';

-- The floor plan, in centimetres from the upper left corner of the floor. A
-- place or room without an area (w = 0) is not drawn. purpose says what a room
-- without places is for: entrance, toilet, …
ALTER TABLE room ADD COLUMN purpose TEXT NOT NULL DEFAULT '';
ALTER TABLE room ADD COLUMN x INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN y INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN w INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN h INTEGER NOT NULL DEFAULT 0;
ALTER TABLE resource ADD COLUMN x INTEGER NOT NULL DEFAULT 0;
ALTER TABLE resource ADD COLUMN y INTEGER NOT NULL DEFAULT 0;
ALTER TABLE resource ADD COLUMN w INTEGER NOT NULL DEFAULT 0;
ALTER TABLE resource ADD COLUMN h INTEGER NOT NULL DEFAULT 0;

-- Files by the SHA-256 of their content.
CREATE TABLE blob (
    id      TEXT NOT NULL PRIMARY KEY,
    type    TEXT NOT NULL,
    data    BLOB NOT NULL,
    created INTEGER NOT NULL
) STRICT;

-- Pictures of a house, in the order of position. picture and thumb are blobs;
-- width and height are those of the picture.
CREATE TABLE site_photo (
    id       TEXT NOT NULL PRIMARY KEY,
    site     TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    alt_it   TEXT NOT NULL,
    alt_en   TEXT NOT NULL,
    picture  TEXT NOT NULL,
    thumb    TEXT NOT NULL,
    width    INTEGER NOT NULL,
    height   INTEGER NOT NULL,
    created  INTEGER NOT NULL
) STRICT;
CREATE INDEX site_photo_site ON site_photo (site, position);

-- What one agrees to when booking: of the network (site = '') or of one site.
-- A version never changes; the highest one holds.
CREATE TABLE house_rules (
    site    TEXT NOT NULL,
    version INTEGER NOT NULL,
    text_it TEXT NOT NULL,
    text_en TEXT NOT NULL,
    since   INTEGER NOT NULL,
    PRIMARY KEY (site, version)
) STRICT;

-- +goose Down
DROP TABLE house_rules;
DROP TABLE site_photo;
DROP TABLE blob;
ALTER TABLE resource DROP COLUMN h;
ALTER TABLE resource DROP COLUMN w;
ALTER TABLE resource DROP COLUMN y;
ALTER TABLE resource DROP COLUMN x;
ALTER TABLE room DROP COLUMN h;
ALTER TABLE room DROP COLUMN w;
ALTER TABLE room DROP COLUMN y;
ALTER TABLE room DROP COLUMN x;
ALTER TABLE room DROP COLUMN purpose;
ALTER TABLE site DROP COLUMN profile;
