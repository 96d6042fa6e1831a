package identity

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Grant gives a person a role for a scope, from Starts until before Ends (zero
// = no end). Belonging to a group is the role Member for the scope Group(id).
type Grant struct {
	Person  string
	Role    Role
	Scope   Scope
	Starts  time.Time // zero = now
	Ends    time.Time
	GivenBy string // id of the person who gave it, "" for the program itself
}

// Grants keeps who has which role.
type Grants struct {
	db  *db.DB
	clk clock.Clock
}

// NewGrants returns the grants of a database.
func NewGrants(d *db.DB, clk clock.Clock) *Grants { return &Grants{db: d, clk: clk} }

var (
	putGrant = db.Rows("identity.grant.put", `
		INSERT INTO role_grant (person, role, scope_kind, scope, starts, ends, given_by)
		SELECT column1, column2, column3, column4, column5, column6, column7 FROM {rows}
		WHERE column1 IS NOT NULL
		ON CONFLICT (person, role, scope_kind, scope) DO UPDATE
		SET starts = excluded.starts, ends = excluded.ends, given_by = excluded.given_by`,
		"TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT", "TEXT")
	endGrant = db.Q("identity.grant.end", `
		DELETE FROM role_grant WHERE person = $1 AND role = $2 AND scope_kind = $3 AND scope = $4`)
	grantsOf = db.Q("identity.grant.of", `
		SELECT person, role, scope_kind, scope, starts, ends, given_by FROM role_grant
		WHERE person = $1 AND starts <= $2 AND (ends IS NULL OR ends > $2)
		ORDER BY role, scope_kind, scope`)
	grantsHeld = db.Q("identity.grant.held", `
		SELECT COUNT(*) FROM role_grant WHERE role = $1 AND (ends IS NULL OR ends > $2)`)
)

// Give gives roles, all or none; one that the person has for the scope already
// gets the new times. A role or scope that does not exist is Invalid.
func (s *Grants) Give(ctx context.Context, grants ...Grant) (err error) {
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.GiveIn(ctx, tx, grants...) })
}

// GiveIn is Give inside a transaction of the caller.
func (s *Grants) GiveIn(ctx context.Context, tx *db.Tx, grants ...Grant) (err error) {
	defer errs.Wrap(&err, "identity.Give(%d grants)", len(grants))
	var args []any
	for _, g := range grants {
		if err := checkRole(g.Role, g.Scope); err != nil {
			return err
		}
		if g.Starts.IsZero() {
			g.Starts = s.clk.Now()
		}
		args = append(args, g.Person, string(g.Role), g.Scope.Kind, g.Scope.ID, clock.Micros(g.Starts), microsOrNull(g.Ends), g.GivenBy)
	}
	return putGrant.Exec(ctx, tx, args)
}

// HandIn gives roles inside a transaction of the caller, each with its act in the
// journal. by is who gives them, "" for who has the program in their hands.
// Forbidden "identity.own-role" where somebody gives one to themselves.
func (s *Grants) HandIn(ctx context.Context, tx *db.Tx, by string, grants ...Grant) error {
	acts := make([]journal.Act, len(grants))
	for i := range grants {
		g := &grants[i]
		if by != "" && g.Person == by {
			return errOwnRole()
		}
		g.GivenBy = by
		acts[i] = journal.Act{At: s.clk.Now(), Kind: "role.given", Subject: g.Person, Person: by, Data: grantFacts(g.Role, g.Scope)}
	}
	if err := s.GiveIn(ctx, tx, grants...); err != nil {
		return err
	}
	return journal.Append(ctx, tx, acts...)
}

// Held tells whether anybody has a role now.
func (s *Grants) Held(ctx context.Context, r Role) (held bool, err error) {
	defer errs.Wrap(&err, "identity.Held(%q)", r)
	var n int
	err = db.One(ctx, s.db, grantsHeld, []any{string(r), clock.Micros(s.clk.Now())}, &n)
	return n > 0, err
}

// Take takes a role away; NotFound "identity.grant" where it was not given.
// Actors in memory may keep it for up to 5 seconds.
func (s *Grants) Take(ctx context.Context, person string, r Role, at Scope) (err error) {
	defer errs.Wrap(&err, "identity.Take(%q, %q, %v)", person, r, at)
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.takeIn(ctx, tx, person, r, at) })
}

// TakeIn is Take inside a transaction of the caller.
func (s *Grants) TakeIn(ctx context.Context, tx *db.Tx, person string, r Role, at Scope) error {
	return s.takeIn(ctx, tx, person, r, at)
}

func (s *Grants) takeIn(ctx context.Context, tx *db.Tx, person string, r Role, at Scope) error {
	n, err := tx.Exec(ctx, endGrant, person, string(r), at.Kind, at.ID)
	if err == nil && n == 0 {
		return errs.New(errs.NotFound, "identity.grant", nil)
	}
	return err
}

// Of returns the grants of a person that hold now.
func (s *Grants) Of(ctx context.Context, person string) (_ []Grant, err error) {
	defer errs.Wrap(&err, "identity.GrantsOf(%q)", person)
	return s.ofIn(ctx, s.db, person)
}

func (s *Grants) ofIn(ctx context.Context, r db.Reader, person string) ([]Grant, error) {
	return db.All(ctx, r, grantsOf, scanGrant, person, clock.Micros(s.clk.Now()))
}

func scanGrant(rows *sql.Rows) (g Grant, err error) {
	var starts int64
	var ends sql.NullInt64
	err = rows.Scan(&g.Person, &g.Role, &g.Scope.Kind, &g.Scope.ID, &starts, &ends, &g.GivenBy)
	g.Starts, g.Ends = clock.FromMicros(starts), timeOrZero(ends)
	return g, err
}

// groupsIn are the groups among grants, sorted.
func groupsIn(grants []Grant) []string {
	var groups []string
	for _, g := range grants {
		if g.Role == Member && g.Scope.Kind == "group" {
			groups = append(groups, g.Scope.ID)
		}
	}
	slices.Sort(groups)
	return groups
}

// roleIn is the role of highest standing among grants, with its scope; of
// several scopes the whole network, then the first. Without a grant a person
// is a citizen.
func roleIn(grants []Grant) (Role, Scope) {
	role, scope := Citizen, Scope{}
	for _, g := range grants {
		higher := slices.Index(standing, g.Role) - slices.Index(standing, role)
		if g.Role != Member && (higher > 0 || higher == 0 && g.Scope == Network) {
			role, scope = g.Role, g.Scope
		}
	}
	return role, scope
}

// heldIn are the roles among grants in which somebody acts, and the organisations
// to which they belong.
func heldIn(grants []Grant) (held []Held) {
	for _, g := range grants {
		if g.Role != Member || g.Scope.Kind == "organisation" {
			held = append(held, Held{g.Role, g.Scope})
		}
	}
	return held
}

// HighestRole is the role of highest standing among grants.
func HighestRole(grants []Grant) Role {
	role, _ := roleIn(grants)
	return role
}

func microsOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return clock.Micros(t)
}

func timeOrZero(us sql.NullInt64) time.Time {
	if !us.Valid {
		return time.Time{}
	}
	return clock.FromMicros(us.Int64)
}

// Groups are the groups that a person is a member of now, sorted: for what is
// done on their behalf while they are away.
func (s *Grants) Groups(ctx context.Context, person string) ([]string, error) {
	grants, err := s.Of(ctx, person)
	return groupsIn(grants), err
}
