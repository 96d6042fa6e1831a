-- +goose Up

-- Acts up to here were all sealed when the sealer last said so: what is older and
-- has no place was not left over, but slipped in.
ALTER TABLE sealer ADD COLUMN floor TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE sealer DROP COLUMN floor;
