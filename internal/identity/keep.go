package identity

import (
	"context"
	"database/sql"
	"slices"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Somebody always looks after the installation, and after each organisation: who is
// the last whose role has no end keeps it. Who takes such a role away locks all rows
// that give it first, so that of two who leave at once, or take it from each other,
// the second finds what the first has left.
var (
	lockAdministrators = db.Q("identity.grant.lock-administrators", `
		UPDATE role_grant SET given_by = given_by WHERE role = 'administrator'`)
	administrators = db.Q("identity.grant.administrators", `
		SELECT person FROM role_grant WHERE role = 'administrator' AND starts <= $1 AND ends IS NULL`)
	lockAdmins = db.Q("identity.grant.lock-admins", `
		UPDATE role_grant SET given_by = given_by WHERE scope_kind = 'organisation' AND scope = $1 AND role = 'organisation-admin'`)
	admins = db.Q("identity.grant.admins", `
		SELECT person FROM role_grant
		WHERE scope_kind = 'organisation' AND scope = $1 AND role = 'organisation-admin' AND starts <= $2 AND ends IS NULL`)
	administered = db.Q("identity.grant.administered", `
		SELECT scope FROM role_grant WHERE person = $1 AND scope_kind = 'organisation' AND role = 'organisation-admin' ORDER BY scope`)
)

// keep refuses to take a role from somebody who is the last that has it and must
// not be missing: Rule "identity.last-administrator" and "identity.last-admin".
func (s *Grants) keep(ctx context.Context, tx *db.Tx, person string, r Role, at Scope) error {
	switch {
	case r == Administrator:
		return s.keepAdministrator(ctx, tx, person)
	case r == OrganisationAdmin && at.Kind == KindOrganisation:
		return s.KeepAdmin(ctx, tx, person, at.ID)
	}
	return nil
}

// keepAdministrator refuses to leave the installation without an administrator.
func (s *Grants) keepAdministrator(ctx context.Context, tx *db.Tx, person string) error {
	if _, err := tx.Exec(ctx, lockAdministrators); err != nil {
		return err
	}
	have, err := db.All(ctx, tx, administrators, scanText, clock.Micros(s.clk.Now()))
	if err == nil && isLast(have, person) {
		err = errs.New(errs.Rule, "identity.last-administrator", nil)
	}
	return err
}

// KeepAdmin refuses to leave an organisation without an administrator: Rule
// "identity.last-admin".
func (s *Grants) KeepAdmin(ctx context.Context, tx *db.Tx, person, organisation string) error {
	if _, err := tx.Exec(ctx, lockAdmins, organisation); err != nil {
		return err
	}
	have, err := db.All(ctx, tx, admins, scanText, organisation, clock.Micros(s.clk.Now()))
	if err == nil && isLast(have, person) {
		err = errs.New(errs.Rule, "identity.last-admin", nil)
	}
	return err
}

// isLast tells whether a person is the only one of a list. Who is not in it takes
// nothing with them.
func isLast(list []string, person string) bool {
	return slices.Contains(list, person) && !slices.ContainsFunc(list, func(x string) bool { return x != person })
}

// keepAll is keep for all that somebody has.
func (s *Grants) keepAll(ctx context.Context, tx *db.Tx, person string) error {
	if err := s.keepAdministrator(ctx, tx, person); err != nil {
		return err
	}
	organisations, err := db.All(ctx, tx, administered, scanText, person)
	for _, id := range organisations {
		if err = s.KeepAdmin(ctx, tx, person, id); err != nil {
			break
		}
	}
	return err
}

func scanText(rows *sql.Rows) (text string, err error) {
	err = rows.Scan(&text)
	return text, err
}
