-- +goose Up

-- A closure of a whole house also shuts what is added to it later.
ALTER TABLE closure ADD COLUMN whole INTEGER NOT NULL DEFAULT 0 CHECK (whole IN (0, 1));
ALTER TABLE clearing ADD COLUMN whole INTEGER NOT NULL DEFAULT 0 CHECK (whole IN (0, 1));
UPDATE closure SET whole = 1 WHERE NOT EXISTS (
    SELECT 1 FROM resource r
    WHERE r.site = closure.site AND NOT EXISTS (SELECT 1 FROM composite_part p WHERE p.composite = r.ordinal)
        AND NOT EXISTS (SELECT 1 FROM closure_cell c WHERE c.closure = closure.id AND c.resource = r.ordinal));
UPDATE clearing SET whole = 1 WHERE id IN (SELECT id FROM closure WHERE whole = 1);

-- Guests leave the books some time after they came.
CREATE INDEX desk_guest_created ON desk_guest (created);

-- +goose Down
DROP INDEX desk_guest_created;
ALTER TABLE clearing DROP COLUMN whole;
ALTER TABLE closure DROP COLUMN whole;
