package identity

import (
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
	staffPage = db.Q("identity.staff.page", `
		SELECT DISTINCT person FROM role_grant
		WHERE role <> 'member' AND role <> 'citizen' AND ($1 = '' OR role = $1) AND (ends IS NULL OR ends > $2) AND ($3 = '' OR person < $3)
			AND ($5 = '' OR scope_kind = 'site' AND scope = $5)
		ORDER BY person DESC LIMIT $4`)
	staffCount = db.Q("identity.staff.count", `
		SELECT COUNT(DISTINCT person) FROM role_grant
		WHERE role <> 'member' AND role <> 'citizen' AND ($1 = '' OR role = $1) AND (ends IS NULL OR ends > $2)
			AND ($3 = '' OR scope_kind = 'site' AND scope = $3)`)
	grantsOfMany = db.Rows("identity.grant.of-many", `
		SELECT g.person, g.role, g.scope_kind, g.scope, g.starts, g.ends, g.given_by FROM {rows} JOIN role_grant g ON g.person = given.column1
		WHERE given.column1 IS NOT NULL AND g.role <> 'member' AND g.role <> 'citizen' AND (g.ends IS NULL OR g.ends > {1})
		ORDER BY g.starts, g.role, g.scope_kind, g.scope`, "TEXT")
	lockAdministrators = db.Q("identity.grant.lock-administrators", `
		UPDATE role_grant SET given_by = given_by WHERE role = 'administrator'`)
	otherAdministrators = db.Q("identity.grant.other-administrators", `
		SELECT COUNT(*) FROM role_grant WHERE role = 'administrator' AND person <> $1 AND starts <= $2 AND ends IS NULL`)
	countSessions = db.Q("identity.session.count", `SELECT COUNT(*) FROM session WHERE person = $1 AND expires > $2`)
	endSessions   = db.Q("identity.session.end-all", `
		UPDATE session SET expires = 0, person = '', data = $2 WHERE person = $1 AND expires > 0`)
)

// Staff are the people who have a role or will have one, the last known first:
// at most so many, after the person with an id ("" = from the beginning), of
// one role or of all (""), at one house or anywhere (""); and how many there are.
// Showing them is an act.
func (a *Access) Staff(ctx context.Context, actor Actor, role Role, house, after string, most int) (list []StaffMember, total int, err error) {
	defer errs.Wrap(&err, "identity.Staff")
	if err := actor.Check(GrantWrite, Network); err != nil {
		return nil, 0, err
	}
	now := clock.Micros(a.clk.Now())
	if err := db.One(ctx, a.db, staffCount, []any{string(role), now, house}, &total); err != nil {
		return nil, 0, err
	}
	ids, err := db.All(ctx, a.db, staffPage, func(rows *sql.Rows) (id string, err error) {
		err = rows.Scan(&id)
		return id, err
	}, string(role), now, after, most, house)
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
	if err := a.addGrants(ctx, list); err != nil {
		return nil, 0, err
	}
	return list, total, a.noteRead(ctx, actor, "staff", list...)
}

// addGrants reads the roles of people.
func (a *Access) addGrants(ctx context.Context, list []StaffMember) error {
	ids, place := make([]any, len(list)), make(map[string]int, len(list))
	for i, m := range list {
		ids[i], place[m.ID] = m.ID, i
	}
	return grantsOfMany.Each(ctx, a.db, ids, func(rows *sql.Rows) error {
		g, err := scanGrant(rows)
		i := place[g.Person]
		list[i].Grants = append(list[i].Grants, g)
		return err
	}, clock.Micros(a.clk.Now()))
}

// Record is what the desk shows of somebody.
type Record struct {
	StaffMember
	Sessions int     // browsers in which they are signed in
	Tokens   []Token // of programs, those that work
}

// Member is the record of somebody; NotFound "identity.unknown". Reading it is an
// act.
func (a *Access) Member(ctx context.Context, actor Actor, person string) (r Record, err error) {
	defer errs.Wrap(&err, "identity.Member(%q)", person)
	if err := actor.Check(GrantWrite, Network); err != nil {
		return r, err
	}
	list := make([]StaffMember, 1)
	if list[0].Person, err = a.People.Get(ctx, person); err != nil {
		return r, err
	}
	if err := a.addGrants(ctx, list); err != nil {
		return r, err
	}
	now := a.clk.Now()
	r.StaffMember = list[0]
	if err := db.One(ctx, a.db, countSessions, []any{person, clock.Micros(now)}, &r.Sessions); err != nil {
		return r, err
	}
	tokens, err := a.Tokens.List(ctx, person)
	if err != nil {
		return r, err
	}
	for _, t := range tokens {
		if t.Revoked.IsZero() && (t.Expires.IsZero() || t.Expires.After(now)) {
			r.Tokens = append(r.Tokens, t)
		}
	}
	return r, a.noteRead(ctx, actor, "member", list...)
}

// noteRead notes that somebody has seen the records of people at the desk.
func (a *Access) noteRead(ctx context.Context, actor Actor, page string, list ...StaffMember) error {
	r := Reading{Page: page}
	for _, m := range list {
		r.Of = append(r.Of, Seen{Person: m.ID})
	}
	return a.People.NoteRead(ctx, actor, r)
}

// EndToken ends a token of somebody's programs: here at once, on other replicas
// within 5 seconds. NotFound "identity.token-unknown".
func (a *Access) EndToken(ctx context.Context, actor Actor, person, id string) (err error) {
	defer errs.Wrap(&err, "identity.EndToken(%q, %q)", person, id)
	if err := actor.Check(GrantWrite, Network); err != nil {
		return err
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		if err := a.Tokens.revokeIn(ctx, tx, person, id); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: a.clk.Now(), Kind: "token.revoked", Subject: id, Person: actor.Person})
	})
}

// Give gives a role. The errors are those of Actor.Check, Forbidden
// "identity.own-role", NotFound "identity.unknown", and Invalid on "role",
// "scope" or "ends".
func (a *Access) Give(ctx context.Context, actor Actor, g Grant) (err error) {
	defer errs.Wrap(&err, "identity.Access.Give(%q, %q, %v)", g.Person, g.Role, g.Scope)
	if err := actor.Check(GrantWrite, g.Scope); err != nil {
		return err
	}
	if g.Person == actor.Person {
		return errOwnRole()
	}
	if g.Role == Citizen || g.Role == Member {
		return errs.New(errs.Invalid, "identity.role", nil).On("role")
	}
	if err := a.checkGrant(g.Role, g.Scope); err != nil {
		return err
	}
	now := a.clk.Now()
	if g.Starts.IsZero() {
		g.Starts = now
	}
	if !g.Ends.IsZero() && (!g.Ends.After(g.Starts) || !g.Ends.After(now)) {
		return errs.New(errs.Invalid, "identity.ends", nil).On("ends")
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := a.People.getIn(ctx, tx, g.Person); err != nil {
			return err
		}
		if g.Role == Administrator && (g.Starts.After(now) || !g.Ends.IsZero()) { // it may narrow what they have
			if err := a.keepAdministrator(ctx, tx, g.Person); err != nil {
				return err
			}
		}
		return a.Grants.HandIn(ctx, tx, actor.Person, g)
	})
}

// End takes a role away, and with it the tokens of programs that have it and all
// sessions of the person; those in memory may work for 5 seconds more. The errors are those of Actor.Check, NotFound
// "identity.grant", and Rule "identity.last-administrator".
func (a *Access) End(ctx context.Context, actor Actor, person string, r Role, at Scope) (err error) {
	defer errs.Wrap(&err, "identity.Access.End(%q, %q, %v)", person, r, at)
	if err := actor.Check(GrantWrite, at); err != nil {
		return err
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		if r == Administrator {
			if err := a.keepAdministrator(ctx, tx, person); err != nil {
				return err
			}
		}
		if err := a.Grants.takeIn(ctx, tx, person, r, at); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, endTokensOf, person, string(r), at.Kind, at.ID, clock.Micros(a.clk.Now())); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, endSessions, person, []byte{}); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: a.clk.Now(), Kind: "role.ended", Subject: person, Person: actor.Person, Data: grantFacts(r, at)})
	})
}

// keepAdministrator refuses to leave the installation without an administrator
// whose role has no end. Who asks at the same time waits.
func (a *Access) keepAdministrator(ctx context.Context, tx *db.Tx, person string) error {
	if _, err := tx.Exec(ctx, lockAdministrators); err != nil {
		return err
	}
	others := 0
	if err := db.One(ctx, tx, otherAdministrators, []any{person, clock.Micros(a.clk.Now())}, &others); err != nil {
		return err
	}
	if others == 0 {
		return errs.New(errs.Rule, "identity.last-administrator", nil)
	}
	return nil
}

// EndSessions signs somebody out in all their browsers, at once and on every
// replica.
func (a *Access) EndSessions(ctx context.Context, actor Actor, person string) (err error) {
	defer errs.Wrap(&err, "identity.EndSessions(%q)", person)
	if err := actor.Check(GrantWrite, Network); err != nil {
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

// scopeText says what a role is for: a house, or the whole network.
func (a *Access) scopeText(p *i18n.Printer, s Scope) string {
	if s.Kind != "site" {
		return p.T("identity.scope.network")
	}
	if name := a.Houses.HouseName(s.ID); name != "" {
		return name
	}
	return p.T("identity.scope.gone")
}
