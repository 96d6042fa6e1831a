-- +goose Up

-- To what of its role a token was narrowed (permissions between spaces, '' = all
-- of them), and when it was last used, to the minute.
ALTER TABLE token ADD COLUMN permissions TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN used INTEGER;

-- A token has never more rights than its person: who has a token in a role has the
-- role, until the token ends.
INSERT INTO role_grant (person, role, scope_kind, scope, starts, ends, given_by)
SELECT person, role, scope_kind, scope, MIN(created), CASE WHEN COUNT(*) = COUNT(expires) THEN MAX(expires) END, '' FROM token
WHERE revoked IS NULL AND role <> 'citizen'
GROUP BY person, role, scope_kind, scope
ON CONFLICT (person, role, scope_kind, scope) DO NOTHING;

-- +goose Down
ALTER TABLE token DROP COLUMN used;
ALTER TABLE token DROP COLUMN permissions;
