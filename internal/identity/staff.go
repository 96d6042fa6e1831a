package identity

import (
	"cmp"
	"context"
	"database/sql"

	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
)

// StaffMember is somebody with the roles that they have or will have.
type StaffMember struct {
	Person
	Grants []Grant
}

var (
	// Of a role ($1, $5 as an earlier version stored it for a house and $6 for the
	// network) or of all ('').
	staffPage = db.Q("identity.staff.page", `
		SELECT DISTINCT person FROM role_grant
		WHERE role <> 'member' AND role <> 'citizen' AND ($1 = '' OR role = $1 OR role = $5 AND scope_kind <> 'network' OR role = $6 AND scope_kind = 'network')
			AND (ends IS NULL OR ends > $2) AND person < $3
		ORDER BY person DESC LIMIT $4`)
	staffCount = db.Q("identity.staff.count", `
		SELECT COUNT(DISTINCT person) FROM role_grant
		WHERE role <> 'member' AND role <> 'citizen' AND ($1 = '' OR role = $1 OR role = $3 AND scope_kind <> 'network' OR role = $4 AND scope_kind = 'network')
			AND (ends IS NULL OR ends > $2)`)
	staffOfHouse = db.Q("identity.staff.of-house", `
		SELECT DISTINCT person FROM role_grant
		WHERE scope_kind = 'site' AND scope = $1 AND person < $2 AND role <> 'member' AND role <> 'citizen' AND ($3 = '' OR role = $3 OR role = $4)
			AND (ends IS NULL OR ends > $5)
		ORDER BY person DESC LIMIT $6`)
	staffCountOfHouse = db.Q("identity.staff.count-of-house", `
		SELECT COUNT(DISTINCT person) FROM role_grant
		WHERE scope_kind = 'site' AND scope = $1 AND role <> 'member' AND role <> 'citizen' AND ($2 = '' OR role = $2 OR role = $3) AND (ends IS NULL OR ends > $4)`)
	staffAll = db.Q("identity.staff.all", `
		SELECT person, role, scope_kind, scope, starts, ends, given_by FROM role_grant
		WHERE role <> 'member' AND role <> 'citizen' AND (ends IS NULL OR ends > $1) ORDER BY person DESC`)
	grantsOfMany = db.Rows("identity.grant.of-many", `
		SELECT g.person, g.role, g.scope_kind, g.scope, g.starts, g.ends, g.given_by FROM {rows} JOIN role_grant g ON g.person = given.column1
		WHERE given.column1 IS NOT NULL AND g.role <> 'member' AND g.role <> 'citizen' AND (g.ends IS NULL OR g.ends > {1})
		ORDER BY g.starts, g.role, g.scope_kind, g.scope`, "TEXT")
	otherAdministrators = db.Q("identity.grant.other-administrators", `
		SELECT COUNT(*) FROM role_grant WHERE role = 'administrator' AND person <> $1 AND starts <= $2 AND ends IS NULL`)
	countSessions = db.Q("identity.session.count", `SELECT COUNT(*) FROM session WHERE person = $1 AND expires > $2`)
	endSessions   = db.Q("identity.session.end-all", `
		UPDATE session SET expires = 0, person = '', data = $2 WHERE person = $1 AND expires > 0`)
)

// Staff are the people who have a role or will have one, the last known first:
// at most so many, after the person with an id ("" = from the beginning), of
// one role or of all (""), at one house or anywhere (""); and how many there are.
// Who gives roles for a part of the network sees who has them there.
// Showing them is an act.
func (a *Access) Staff(ctx context.Context, actor Actor, role Role, house, after string, most int) (list []StaffMember, total int, err error) {
	defer errs.Wrap(&err, "identity.Staff")
	if err := actor.CheckSomewhere(GrantWrite); err != nil {
		return nil, 0, err
	}
	ids, total, err := a.staffIDs(ctx, actor, role, house, after, most)
	if err != nil {
		return nil, 0, err
	}
	people, err := a.People.Many(ctx, ids)
	if err != nil {
		return nil, 0, err
	}
	for _, id := range ids {
		if p, ok := people[id]; ok { // not forgotten between the two statements
			list = append(list, StaffMember{Person: p})
		}
	}
	if err := a.addGrants(ctx, actor, list); err != nil {
		return nil, 0, err
	}
	return list, total, a.noteRead(ctx, actor, "staff", list...)
}

func (a *Access) staffIDs(ctx context.Context, actor Actor, role Role, house, after string, most int) (ids []string, total int, err error) {
	now := clock.Micros(a.clk.Now())
	ofSite, ofNetwork := role.former(Scope{Kind: KindSite}), role.former(Network)
	if only, ok := actor.OnlySite(GrantWrite); ok && house == "" {
		house = only
	}
	switch {
	case house != "" && actor.May(GrantWrite, Site(house)):
		if err := db.One(ctx, a.db, staffCountOfHouse, []any{house, string(role), ofSite, now}, &total); err != nil {
			return nil, 0, err
		}
		ids, err = db.All(ctx, a.db, staffOfHouse, scanText, house, cmp.Or(after, "~"), string(role), ofSite, now, most)
		return ids, total, err
	case house != "":
		return nil, 0, nil
	case !seesAllStaff(actor):
		return a.staffWithin(ctx, actor, role, after, most)
	}
	if err := db.One(ctx, a.db, staffCount, []any{string(role), now, ofSite, ofNetwork}, &total); err != nil {
		return nil, 0, err
	}
	ids, err = db.All(ctx, a.db, staffPage, scanText, string(role), now, cmp.Or(after, "~"), most, ofSite, ofNetwork)
	return ids, total, err
}

// staffWithin are those with a role where the actor gives roles. Which houses lie
// there the database does not know, so all roles are looked through.
func (a *Access) staffWithin(ctx context.Context, actor Actor, role Role, after string, most int) (ids []string, total int, err error) {
	last := ""
	err = db.Each(ctx, a.db, staffAll, func(rows *sql.Rows) error {
		g, err := scanGrant(rows)
		if err != nil || g.Person == last || role != "" && g.Role != role || !actor.May(GrantWrite, g.Scope) {
			return err
		}
		last = g.Person
		if total++; len(ids) < most && (after == "" || g.Person < after) {
			ids = append(ids, g.Person)
		}
		return nil
	}, clock.Micros(a.clk.Now()))
	return ids, total, err
}

// seesAllStaff tells whether the actor gives roles in the whole network, and so
// sees who has any.
func seesAllStaff(actor Actor) bool { return actor.May(GrantWrite, Network) }

// addGrants reads the roles of people, those that concern the actor.
func (a *Access) addGrants(ctx context.Context, actor Actor, list []StaffMember) error {
	ids, place := make([]any, len(list)), make(map[string]int, len(list))
	for i, m := range list {
		ids[i], place[m.ID] = m.ID, i
	}
	return grantsOfMany.Each(ctx, a.db, ids, func(rows *sql.Rows) error {
		g, err := scanGrant(rows)
		if i := place[g.Person]; err == nil && (seesAllStaff(actor) || actor.May(GrantWrite, g.Scope)) {
			list[i].Grants = append(list[i].Grants, g)
		}
		return err
	}, clock.Micros(a.clk.Now()))
}

// Record is what the desk shows of somebody.
type Record struct {
	StaffMember
	Sessions int // browsers in which they are signed in
	Passkeys int
	Tokens   []Token // of programs, those that work
}

// Member is the record of somebody; NotFound "identity.unknown". Reading it is an
// act.
func (a *Access) Member(ctx context.Context, actor Actor, person string) (r Record, err error) {
	defer errs.Wrap(&err, "identity.Member(%q)", person)
	if r.StaffMember, err = a.staffMember(ctx, actor, person); err != nil {
		return r, err
	}
	if !actor.May(AccountWrite, Network) {
		return r, a.noteRead(ctx, actor, "member", r.StaffMember)
	}
	now := a.clk.Now()
	if err := db.One(ctx, a.db, countSessions, []any{person, clock.Micros(now)}, &r.Sessions); err != nil {
		return r, err
	}
	if err := db.One(ctx, a.db, countPasskeys, []any{person, ""}, &r.Passkeys); err != nil {
		return r, err
	}
	tokens, err := a.Tokens.List(ctx, person)
	if err != nil {
		return r, err
	}
	for _, t := range tokens {
		if t.Alive(now) {
			r.Tokens = append(r.Tokens, t)
		}
	}
	return r, a.noteRead(ctx, actor, "member", r.StaffMember)
}

// staffMember is somebody with the roles that concern the actor. Whom they have
// no business with does not exist for them.
func (a *Access) staffMember(ctx context.Context, actor Actor, person string) (StaffMember, error) {
	if err := actor.CheckSomewhere(GrantWrite); err != nil {
		return StaffMember{}, err
	}
	list := make([]StaffMember, 1)
	var err error
	if list[0].Person, err = a.People.Get(ctx, person); err != nil {
		return StaffMember{}, err
	}
	if err := a.addGrants(ctx, actor, list); err != nil {
		return StaffMember{}, err
	}
	if len(list[0].Grants) == 0 && !actor.May(PersonRead, Network) {
		return StaffMember{}, errs.New(errs.NotFound, "identity.unknown", nil)
	}
	return list[0], nil
}

// noteRead notes that somebody has seen the records of people at the desk.
func (a *Access) noteRead(ctx context.Context, actor Actor, page string, list ...StaffMember) error {
	r := Reading{Page: page}
	for _, m := range list {
		r.Of = append(r.Of, Seen{Person: m.ID})
	}
	return a.People.NoteRead(ctx, actor, r)
}

// Give gives a role. The errors are those of Actor.Check, Forbidden
// "identity.own-role" and "identity.give.not-yours", NotFound "identity.unknown",
// and Invalid on "role", "scope" or "ends".
func (a *Access) Give(ctx context.Context, actor Actor, g Grant) (err error) {
	defer errs.Wrap(&err, "identity.Access.Give(%q, %q, %v)", g.Person, g.Role, g.Scope)
	if err := actor.CheckSomewhere(GrantWrite); err != nil {
		return err
	}
	if g.Person == actor.Person || g.Person == actor.By {
		return errOwnRole()
	}
	if err := a.mayGive(actor, g.Role, g.Scope); err != nil {
		return err
	}
	if err := a.MayHold(g); err != nil {
		return err
	}
	if _, err := a.staffMember(ctx, actor, g.Person); err != nil {
		return err
	}
	return a.give(ctx, actor.Person, g)
}

// GiveByProgram is Give for who has the program in their hands.
func (a *Access) GiveByProgram(ctx context.Context, g Grant) (err error) {
	defer errs.Wrap(&err, "identity.GiveByProgram(%q, %q, %v)", g.Person, g.Role, g.Scope)
	if err := a.MayHold(g); err != nil {
		return err
	}
	return a.give(ctx, "", g)
}

// MayHold tells whether a role can be given for a scope that exists, and for
// those times; the errors are Invalid on "role", "scope" or "ends".
func (a *Access) MayHold(g Grant) error {
	if g.Role == Citizen || g.Role == Member {
		return errs.New(errs.Invalid, "identity.role", nil).On("role")
	}
	if err := a.checkGrant(g.Role, g.Scope); err != nil {
		return err
	}
	if now := a.clk.Now(); !g.Ends.IsZero() && (!g.Ends.After(g.Starts) || !g.Ends.After(now)) {
		return errs.New(errs.Invalid, "identity.ends", nil).On("ends")
	}
	return nil
}

func (a *Access) give(ctx context.Context, by string, g Grant) error {
	now := a.clk.Now()
	if g.Starts.IsZero() {
		g.Starts = now
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := a.People.getIn(ctx, tx, g.Person); err != nil {
			return err
		}
		return a.Grants.HandIn(ctx, tx, by, g)
	})
}

// End takes a role away, and with it the tokens of programs that have it and all
// sessions of the person; those in memory may work for 5 seconds more. The errors are those of Actor.Check, NotFound
// "identity.grant", and Rule "identity.last-administrator" and
// "identity.last-admin".
func (a *Access) End(ctx context.Context, actor Actor, person string, r Role, at Scope) (err error) {
	defer errs.Wrap(&err, "identity.Access.End(%q, %q, %v)", person, r, at)
	if !actor.MayGive(r, at) { // of what does not exist too
		return cmp.Or(actor.Check(GrantWrite, at), error(errs.New(errs.Forbidden, "identity.give.not-yours", nil)))
	}
	if err := a.danger(actor, DangerRoles); err != nil {
		return err
	}
	return a.end(ctx, actor.Person, person, r, at)
}

// EndByProgram is End for who has the program in their hands.
func (a *Access) EndByProgram(ctx context.Context, person string, r Role, at Scope) (err error) {
	defer errs.Wrap(&err, "identity.EndByProgram(%q, %q, %v)", person, r, at)
	return a.end(ctx, "", person, r, at)
}

func (a *Access) end(ctx context.Context, by, person string, r Role, at Scope) error {
	return a.db.Write(ctx, func(tx *db.Tx) error {
		if err := a.Grants.keep(ctx, tx, person, r, at); err != nil {
			return err
		}
		if err := a.Grants.takeIn(ctx, tx, person, r, at); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, endTokensOf, person, string(r), at.Kind, at.ID, clock.Micros(a.clk.Now()), r.former(at)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, endSessions, person, []byte{}); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: a.clk.Now(), Kind: "role.taken", Subject: person, Person: by, Data: grantFacts(r, at)})
	})
}

// mayGive tells whether the actor may give a role for a scope that exists, and has
// proved who they are.
func (a *Access) mayGive(actor Actor, r Role, at Scope) error {
	if r == Citizen || r == Member {
		return errs.New(errs.Invalid, "identity.role", nil).On("role")
	}
	if err := a.checkGrant(r, at); err != nil {
		return err
	}
	if !actor.MayGive(r, at) {
		return cmp.Or(actor.Check(GrantWrite, at), error(errs.New(errs.Forbidden, "identity.give.not-yours", nil).On("role")))
	}
	return a.danger(actor, DangerRoles)
}

// EndSessions signs somebody out in all their browsers, at once and on every
// replica.
func (a *Access) EndSessions(ctx context.Context, actor Actor, person string) (err error) {
	defer errs.Wrap(&err, "identity.EndSessions(%q)", person)
	if err := actor.Check(AccountWrite, Network); err != nil {
		return err
	}
	if err := a.danger(actor, DangerOthers); err != nil {
		return err
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := a.People.getIn(ctx, tx, person); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, endSessions, person, []byte{}); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: a.clk.Now(), Kind: "person.sessions-ended", Subject: person, Person: actor.Person})
	})
}

// scopeText says what a role is for: a house, a territory, or the whole network.
func (a *Access) scopeText(p *i18n.Printer, s Scope) string {
	switch {
	case s.Kind == KindNetwork:
		return p.T("identity.scope.network")
	case a.Scopes.ScopeName(s) != "":
		return a.Scopes.ScopeName(s)
	}
	return p.T("identity.scope.gone")
}
