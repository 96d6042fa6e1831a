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
	db     *db.DB
	clk    clock.Clock
	inside Inside
}

// NewGrants returns the grants of a database.
func NewGrants(d *db.DB, clk clock.Clock) *Grants { return &Grants{db: d, clk: clk} }

// Know gives the grants what tells them what lies inside scopes, before they are
// first asked who somebody is. Without it a scope has nothing inside but itself,
// and the network all.
func (s *Grants) Know(inside Inside) { s.inside = inside }

var (
	putGrant = db.Rows("identity.grant.put", `
		INSERT INTO role_grant (person, role, scope_kind, scope, starts, ends, given_by)
		SELECT column1, column2, column3, column4, column5, column6, column7 FROM {rows}
		WHERE column1 IS NOT NULL
		ON CONFLICT (person, role, scope_kind, scope) DO UPDATE
		SET starts = excluded.starts, ends = excluded.ends, given_by = excluded.given_by`,
		"TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT", "TEXT")
	// An earlier version may have stored the role by another name ($5).
	endGrant = db.Q("identity.grant.end", `
		DELETE FROM role_grant WHERE person = $1 AND role IN ($2, $5) AND scope_kind = $3 AND scope = $4`)
	endFormer = db.Rows("identity.grant.end-former", `
		DELETE FROM role_grant WHERE (person, role, scope_kind, scope) IN (SELECT column1, column2, column3, column4 FROM {rows} WHERE column1 IS NOT NULL)`,
		"TEXT", "TEXT", "TEXT", "TEXT")
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
	var args, former []any
	for _, g := range grants {
		if err := checkRole(g.Role, g.Scope); err != nil {
			return err
		}
		if text := g.Role.former(g.Scope); text != "" {
			former = append(former, g.Person, text, g.Scope.Kind, g.Scope.ID)
		}
		if g.Starts.IsZero() {
			g.Starts = s.clk.Now()
		}
		args = append(args, g.Person, string(g.Role), g.Scope.Kind, g.Scope.ID, clock.Micros(g.Starts), microsOrNull(g.Ends), g.GivenBy)
	}
	if err := endFormer.Exec(ctx, tx, former); err != nil {
		return err
	}
	return putGrant.Exec(ctx, tx, args)
}

// HandIn gives roles inside a transaction of the caller, each with its act in the
// journal. by is who gives them, "" for who has the program in their hands.
// Forbidden "identity.own-role" where somebody gives one to themselves; Rule
// "identity.last-administrator" and "identity.last-admin" where it would narrow what
// the last one has.
func (s *Grants) HandIn(ctx context.Context, tx *db.Tx, by string, grants ...Grant) error {
	acts := make([]journal.Act, len(grants))
	for i := range grants {
		g := &grants[i]
		if by != "" && g.Person == by {
			return errOwnRole()
		}
		if g.Starts.After(s.clk.Now()) || !g.Ends.IsZero() { // it may narrow what they have
			if err := s.keep(ctx, tx, g.Person, g.Role, g.Scope); err != nil {
				return err
			}
		}
		g.GivenBy = by
		acts[i] = journal.Act{At: s.clk.Now(), Kind: "role.given", Subject: g.Person, Person: by, Data: grantFacts(g.Role, g.Scope)}
	}
	if err := s.GiveIn(ctx, tx, grants...); err != nil {
		return err
	}
	return journal.Append(ctx, tx, acts...)
}

// HandOver is HandIn for who has the program in their hands.
func (s *Grants) HandOver(ctx context.Context, grants ...Grant) (err error) {
	defer errs.Wrap(&err, "identity.HandOver(%d grants)", len(grants))
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.HandIn(ctx, tx, "", grants...) })
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
	n, err := tx.Exec(ctx, endGrant, person, string(r), at.Kind, at.ID, r.former(at))
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
	var role string
	err = rows.Scan(&g.Person, &role, &g.Scope.Kind, &g.Scope.ID, &starts, &ends, &g.GivenBy)
	g.Role = ReadRole(role, g.Scope)
	g.Starts, g.Ends = clock.FromMicros(starts), timeOrZero(ends)
	return g, err
}

// groupsIn are the groups among grants, sorted.
func groupsIn(grants []Grant) []string {
	var groups []string
	for _, g := range grants {
		if g.Role == Member && g.Scope.Kind == KindGroup {
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
		higher := slices.Index(Roles, g.Role) - slices.Index(Roles, role)
		if g.Role != Member && (higher > 0 || higher == 0 && g.Scope == Network) {
			role, scope = g.Role, g.Scope
		}
	}
	return role, scope
}

// Acting is who somebody is by what they were given and have now, without how
// they came: for what is done on their behalf while they are away.
func (s *Grants) Acting(ctx context.Context, person string) (_ Actor, err error) {
	defer errs.Wrap(&err, "identity.Acting(%q)", person)
	return s.actingIn(ctx, s.db, person)
}

func (s *Grants) actingIn(ctx context.Context, r db.Reader, person string) (a Actor, err error) {
	grants, err := s.ofIn(ctx, r, person)
	if err != nil {
		return Anonymous, err
	}
	a = Actor{Person: person, Groups: groupsIn(grants)}
	a.Role, a.Scope = roleIn(grants)
	for _, g := range grants {
		if g.Role != Member || g.Scope.Kind == KindOrganisation {
			a.Held = append(a.Held, Held{g.Role, g.Scope})
		}
	}
	a.inside, err = s.insides(ctx, a.Held)
	return a, err
}

// insides are what lies inside the scopes of roles; nil where all of them tell by
// themselves.
func (s *Grants) insides(ctx context.Context, held []Held) ([]func(Scope) bool, error) {
	out, some := make([]func(Scope) bool, len(held)), false
	for i, h := range held {
		if s.inside == nil || h.Scope.Kind == KindNetwork || h.Scope.Kind == KindSite {
			continue
		}
		var err error
		if out[i], err = s.inside(ctx, h.Scope); err != nil {
			return nil, err
		}
		some = true
	}
	if !some {
		return nil, nil
	}
	return out, nil
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
