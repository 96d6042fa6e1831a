package privacy

import (
	"context"
	"time"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

var (
	rolesHeld = db.Q("privacy.roles", `
		SELECT role, scope_kind, scope, starts, ends, given_by FROM role_grant WHERE person = $1 ORDER BY starts`)
	sessionsHeld = db.Q("privacy.sessions", `SELECT created, seen, ends FROM session WHERE person = $1 ORDER BY created`)
	actsHeld     = db.Q("privacy.acts", `
		SELECT at, kind, subject, data FROM act WHERE person = $1 OR subject = $1 ORDER BY id`)
	passkeysHeld = db.Q("privacy.passkeys", `SELECT domain, created, used FROM passkey WHERE person = $1 ORDER BY created`)
	lastAdmin    = db.Q("privacy.last-admin", `
		SELECT COUNT(*) FROM role_grant g JOIN organisation o ON o.id = g.scope AND o.state = 'active'
		WHERE g.person = $1 AND g.role = 'organisation-admin' AND g.scope_kind = 'organisation' AND g.starts <= $2 AND g.ends IS NULL
			AND NOT EXISTS (SELECT 1 FROM role_grant other WHERE other.role = g.role AND other.scope_kind = g.scope_kind AND other.scope = g.scope
				AND other.person <> g.person AND other.starts <= $2 AND other.ends IS NULL)`)
	deleteReads = db.Q("privacy.reads-delete", `DELETE FROM record_read WHERE subject = $1`)
	sweepReads  = db.Q("privacy.reads-sweep", `
		DELETE FROM record_read WHERE act IN (SELECT act FROM record_read WHERE act < $1 ORDER BY act LIMIT $2)`)
	invitationsSweep = db.Q("privacy.invitations-sweep", `
		DELETE FROM invitation WHERE id IN (SELECT id FROM invitation WHERE id < $1 AND state <> 'open' ORDER BY id LIMIT $2)`)
)

// actsPart is what the journal says, which stays without a name.
const actsPart = "acts"

// self is what identity itself holds, and the journal, which carries no words.
func (s *Service) self() Holder {
	return Holder{
		Name: "identity",
		Tables: []string{
			"person", "role_grant", "token", "session", "signin_code", "signin_limit", "signin_link", "invitation",
			"record_read", "personal_export", "act", "passkey", "device",
		},
		Parts: []Part{
			{Name: "roles", Columns: []string{"role", "scope", "scope-id", "starts@", "ends@", "given-by"}, Rows: rolesHeld},
			{Name: "sessions", Columns: []string{"created@", "seen@", "ends@"}, Rows: sessionsHeld},
			{Name: "passkeys", Columns: []string{"domain", "created@", "used@"}, Rows: passkeysHeld},
			{Name: actsPart, Columns: []string{"at@", "act", "about", "facts"}, Rows: actsHeld},
		},
		Export: s.exportSelf,
		Refuse: s.mayForget,
		Forget: s.forgetSelf,
		Keeps: []Retention{
			{Kind: "codes", Term: Term{Days: 1}, Fate: Deleted},
			{Kind: "sessions", Term: Term{Days: 1}, Fate: Deleted},
			{Kind: "exports", Term: Term{Days: 1}, Fate: Deleted},
			{Kind: "invitations", Term: Term{Months: 6}, Fate: Deleted, Sweep: s.Sweeper(invitationsSweep)},
			{Kind: "strangers", Term: Term{Months: 24}, Fate: Deleted, Sweep: s.sweepStrangers},
			{Kind: "accesses", Term: Term{Months: 24}, Fate: Deleted, Sweep: s.Sweeper(sweepReads)},
			{Kind: "journal", Term: Term{Years: 10}, Fate: Nameless, Stays: true, Sweep: s.sweepActs},
		},
	}
}

// Sweeper makes a sweep of a statement that takes the smallest id of an instant
// and a number.
func (s *Service) Sweeper(q db.Query) Sweep { return SweepIDs(s.DB, q) }

// sweepActs empties old acts: what they said of whom goes, their place in the log
// stays.
func (s *Service) sweepActs(ctx context.Context, before time.Time, most int) (int, error) {
	return journal.Retain(ctx, s.DB, before, most)
}

// mayForget refuses who is the last to look after the installation, or after an
// organisation.
func (s *Service) mayForget(ctx context.Context, person string) error {
	if err := s.Access.MayForget(ctx, person); err != nil {
		return err
	}
	last := 0
	if err := db.One(ctx, s.DB, lastAdmin, []any{person, clock.Micros(s.Clock.Now())}, &last); err != nil || last == 0 {
		return err
	}
	return errs.New(errs.Rule, "privacy.last-admin", nil)
}

// SweepIDs is a sweep by a statement over ids that sort by time: it takes the id
// below which they are too old, and how many at most.
func SweepIDs(d *db.DB, q db.Query) Sweep {
	return func(ctx context.Context, before time.Time, most int) (ended int, err error) {
		return ended, d.Write(ctx, func(tx *db.Tx) error {
			n, err := tx.Exec(ctx, q, clock.FirstID(before), most)
			ended = int(n)
			return err
		})
	}
}

// exportSelf is what lies encrypted, and who looked.
func (s *Service) exportSelf(ctx context.Context, person string) ([]Sheet, error) {
	p, err := s.People.Get(ctx, person)
	if err != nil {
		return nil, err
	}
	who := Sheet{Name: "person", Columns: []string{"id", "fiscal-number", "given-name", "family-name", "birth-date", "email", "verified", "language", "created"}}
	who.Rows = [][]any{{p.ID, p.FiscalNumber, p.GivenName, p.FamilyName, p.BirthDate, p.Email, instant(p.Verified), p.Language, p.Created}}
	tokens := Sheet{Name: "tokens", Columns: []string{"name", "role", "created", "ends", "revoked"}}
	list, err := s.Access.Tokens.List(ctx, person)
	if err != nil {
		return nil, err
	}
	for _, t := range list {
		tokens.Rows = append(tokens.Rows, []any{t.Name, string(t.Role), t.Created, instant(t.Expires), instant(t.Revoked)})
	}
	reads := Sheet{Name: "accesses", Columns: []string{"at", "page", "reader", "role", "scope", "scope-id", "about"}}
	for after := (Position{}); ; {
		some, err := s.accesses(ctx, person, after, 500)
		if err != nil {
			return nil, err
		}
		for _, a := range some {
			reads.Rows = append(reads.Rows, []any{a.At, a.Page, a.Reader, string(a.Role), a.Scope.Kind, a.Scope.ID, a.About})
			after = a.Position
		}
		if len(some) < 500 {
			return []Sheet{who, tokens, reads}, nil
		}
	}
}

// instant is nil where there is none.
func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// forgetSelf takes the person away. That they were forgotten is an act about an
// id that says nothing any more.
func (s *Service) forgetSelf(ctx context.Context, tx *db.Tx, person string) error {
	for _, q := range []db.Query{deleteReads, deleteExport} {
		if _, err := tx.Exec(ctx, q, person); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, countForgotten); err != nil {
		return err
	}
	if err := identity.Erase(ctx, tx, person); err != nil {
		return err
	}
	if _, err := journal.Forget(ctx, tx, person); err != nil {
		return err
	}
	if s.Sessions != nil { // not where a copy is restored, in which nobody is signed in
		tx.After(func() {
			s.Sessions.Fresh(person)
			s.Access.Forgotten(person)
		})
	}
	return journal.Append(ctx, tx, journal.Act{At: s.Clock.Now(), Kind: "person.forgotten", Subject: person, Person: identity.ActorFrom(ctx).Person})
}
