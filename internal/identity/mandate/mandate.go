package mandate

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
)

// Options are what a Service works with.
type Options struct {
	DB     *db.DB
	People *identity.People
	Grants *identity.Grants
	Access *identity.Access
	Clock  clock.Clock
	IDs    clock.IDs
	// ByPass is whose pass a text is, as it was read at a site or typed.
	ByPass func(ctx context.Context, actor identity.Actor, site, text string) (person string, err error)
}

// Service keeps the mandates.
type Service struct {
	Options
	wake func()
}

// New returns the mandates of a database.
func New(o Options) *Service { return &Service{Options: o, wake: func() {}} }

// Register lets a worker send the letters.
func (s *Service) Register(w *jobs.Worker) {
	jobs.Register(w, s.sendOffer)
	jobs.Register(w, s.sendBegun)
	s.wake = w.Wake
}

// zone is where days begin and end.
var zone = agenda.Rome

const columns = `id, kind, principal, agent, site, state, target, data, given_by, created, starts, ends, ended, ended_by, begun, used`

var (
	insertMandate = db.Q("mandate.insert", `
		INSERT INTO mandate (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULL, '', NULL, NULL)`)
	getMandate = db.Q("mandate.get", `SELECT `+columns+` FROM mandate WHERE id = $1`)
	givenNow   = db.Q("mandate.given-now", `
		SELECT `+columns+` FROM mandate WHERE principal = $1 AND state IN ('offered', 'active') AND ends > $2 AND id < $3 ORDER BY id DESC LIMIT $4`)
	givenOnce = db.Q("mandate.given-once", `
		SELECT `+columns+` FROM mandate WHERE principal = $1 AND NOT (state IN ('offered', 'active') AND ends > $2) AND id < $3 ORDER BY id DESC LIMIT $4`)
	ofAgent = db.Q("mandate.of-agent", `
		SELECT `+columns+` FROM mandate WHERE agent = $1 AND state = 'active' AND ends > $2 AND kind <> 'counter' AND id < $3 ORDER BY id DESC LIMIT $4`)
	toTarget = db.Q("mandate.to-target", `
		SELECT `+columns+` FROM mandate WHERE target = $1 AND state = 'offered' AND ends > $2 AND principal <> $3 ORDER BY id DESC LIMIT 50`)
	countOffers   = db.Q("mandate.count-offers", `SELECT COUNT(*) FROM mandate WHERE principal = $1 AND state = 'offered' AND ends > $2 AND kind = 'delegate'`)
	acceptMandate = db.Q("mandate.accept", `
		UPDATE mandate SET state = 'active', agent = $2, starts = $3, target = NULL WHERE id = $1 AND state = 'offered' AND ends > $3`)
	declineMandate = db.Q("mandate.decline", `UPDATE mandate SET state = 'declined', target = NULL WHERE id = $1 AND state = 'offered'`)
	endMandate     = db.Q("mandate.end", `
		UPDATE mandate SET state = 'ended', ended = $2, ended_by = $3, target = NULL WHERE id = $1 AND state IN ('offered', 'active') AND ends > $2`)
	firstUse = db.Q("mandate.first-use", `UPDATE mandate SET begun = $2 WHERE id = $1 AND begun IS NULL`)
	noteUse  = db.Q("mandate.note-use", `UPDATE mandate SET used = $2 WHERE id = $1`)
)

func errUnknown() error { return errs.New(errs.NotFound, "mandate.unknown", nil) }

func errOver() error { return errs.New(errs.NotFound, "identity.acting.over", nil) }

func placeOf(id string) string { return "mandate:" + id }

// sealed is what lies sealed of a mandate, with the key of its principal.
type sealed struct {
	To       string   `json:"to,omitempty"`
	Document Document `json:"document"`
}

// insert writes a mandate down, with its act.
func (s *Service) insert(ctx context.Context, tx *db.Tx, m Mandate, kind string) error {
	plain, err := json.Marshal(sealed{m.To, m.Document})
	if err != nil {
		return err
	}
	data, err := s.People.SealIn(ctx, tx, m.Principal, placeOf(m.ID), plain)
	if err != nil {
		return err
	}
	var target any
	if m.target != nil {
		target = m.target
	}
	_, err = tx.Exec(ctx, insertMandate, m.ID, string(m.Kind), m.Principal, m.Agent, m.Site, string(m.State), target, data,
		m.GivenBy, clock.Micros(m.Created), clock.Micros(m.Starts), clock.Micros(m.Ends))
	if err != nil {
		return err
	}
	return s.note(ctx, tx, kind, m, m.GivenBy)
}

// note writes an act about a mandate into the journal.
func (s *Service) note(ctx context.Context, tx *db.Tx, kind string, m Mandate, by string) error {
	data, err := json.Marshal(map[string]string{"kind": string(m.Kind), "principal": m.Principal, "agent": m.Agent, "site": m.Site})
	if err != nil {
		return err
	}
	return journal.Append(ctx, tx, journal.Act{At: s.Clock.Now(), Kind: kind, Subject: m.ID, Person: by, Data: string(data)})
}

func (s *Service) scan(rows *sql.Rows) (m Mandate, data []byte, err error) {
	var created, starts, ends int64
	var ended, begun, used sql.NullInt64
	err = rows.Scan(&m.ID, &m.Kind, &m.Principal, &m.Agent, &m.Site, &m.State, &m.target, &data, &m.GivenBy,
		&created, &starts, &ends, &ended, &m.EndedBy, &begun, &used)
	m.Created, m.Starts, m.Ends = clock.FromMicros(created), clock.FromMicros(starts), clock.FromMicros(ends)
	m.Ended, m.Begun, m.Used = orZero(ended), orZero(begun), orZero(used)
	return m, data, err
}

func orZero(us sql.NullInt64) (t time.Time) {
	if us.Valid {
		t = clock.FromMicros(us.Int64)
	}
	return t
}

// list reads mandates without what is sealed.
func (s *Service) list(ctx context.Context, r db.Reader, q db.Query, args ...any) ([]Mandate, error) {
	return db.All(ctx, r, q, func(rows *sql.Rows) (Mandate, error) {
		m, _, err := s.scan(rows)
		return m, err
	}, args...)
}

// get reads a mandate; NotFound "mandate.unknown".
func (s *Service) get(ctx context.Context, r db.Reader, id string) (Mandate, error) {
	found, err := s.list(ctx, r, getMandate, id)
	if err == nil && len(found) == 0 {
		err = errUnknown()
	}
	if err != nil {
		return Mandate{}, err
	}
	return found[0], nil
}

// last is after every id.
const last = "~"

// Given are the mandates by which others act for the actor, or wait to: the last
// first, at most so many, after the one with an id ("" = from the beginning).
func (s *Service) Given(ctx context.Context, actor identity.Actor, after string, most int) (_ []Mandate, err error) {
	defer errs.Wrap(&err, "mandate.Given(%q)", actor.Person)
	return s.given(ctx, actor, givenNow, after, most)
}

// Past are those that are over, or were declined, as Given lists.
func (s *Service) Past(ctx context.Context, actor identity.Actor, after string, most int) (_ []Mandate, err error) {
	defer errs.Wrap(&err, "mandate.Past(%q)", actor.Person)
	return s.given(ctx, actor, givenOnce, after, most)
}

func (s *Service) given(ctx context.Context, actor identity.Actor, q db.Query, after string, most int) (list []Mandate, err error) {
	if err := actor.Check(identity.MandateOwn, identity.Of(actor.Person)); err != nil {
		return nil, err
	}
	var opened [][]byte
	list, err = db.All(ctx, s.DB, q, func(rows *sql.Rows) (Mandate, error) {
		m, data, err := s.scan(rows)
		opened = append(opened, data)
		return m, err
	}, actor.Person, clock.Micros(s.Clock.Now()), cmp.Or(after, last), most)
	for i := range list {
		if err != nil {
			return nil, err
		}
		var plain []byte
		var x sealed
		if plain, err = s.People.Open(ctx, actor.Person, placeOf(list[i].ID), opened[i]); err == nil {
			err = json.Unmarshal(plain, &x)
		}
		list[i].To, list[i].Document = x.To, x.Document
	}
	return list, err
}

// Held are the mandates by which the actor may act for others, but those of a
// counter, as Given lists.
func (s *Service) Held(ctx context.Context, actor identity.Actor, after string, most int) (_ []Mandate, err error) {
	defer errs.Wrap(&err, "mandate.Held(%q)", actor.Person)
	if err := actor.Check(identity.MandateOwn, identity.Of(actor.Person)); err != nil {
		return nil, err
	}
	return s.list(ctx, s.DB, ofAgent, actor.Person, clock.Micros(s.Clock.Now()), cmp.Or(after, last), most)
}

// Offers are the mandates that wait for the actor: those to an address that they
// have proved, or to their fiscal number.
func (s *Service) Offers(ctx context.Context, actor identity.Actor) (list []Mandate, err error) {
	defer errs.Wrap(&err, "mandate.Offers(%q)", actor.Person)
	if err := actor.Check(identity.MandateOwn, identity.Of(actor.Person)); err != nil {
		return nil, err
	}
	targets, err := s.People.Targets(ctx, s.DB, actor.Person)
	if err != nil {
		return nil, err
	}
	for _, t := range targets {
		some, err := s.list(ctx, s.DB, toTarget, t, clock.Micros(s.Clock.Now()), actor.Person)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

// Act is who somebody is under a mandate, from what is true now; NotFound
// "identity.acting.over". It is identity.Acting.
func (s *Service) Act(ctx context.Context, self identity.Actor, id string) (_ identity.Actor, err error) {
	defer errs.Wrap(&err, "mandate.Act(%q, %q)", self.Person, id)
	m, err := s.get(ctx, s.DB, id)
	if errs.Is(err, errs.NotFound) {
		return identity.Actor{}, errOver()
	}
	if err != nil {
		return identity.Actor{}, err
	}
	p, err := s.People.Get(ctx, m.Principal)
	if errs.Is(err, errs.NotFound) { // forgotten since
		return identity.Actor{}, errOver()
	}
	if err != nil {
		return identity.Actor{}, err
	}
	groups, err := s.Grants.Groups(ctx, m.Principal)
	if err != nil {
		return identity.Actor{}, err
	}
	principal := identity.Actor{Person: p.ID, Name: p.DisplayName(), Role: identity.Citizen, Groups: groups}
	a, ok := Admit(self, principal, m, s.Clock.Now())
	if !ok {
		return identity.Actor{}, errOver()
	}
	return a, nil
}

// Begin is asked before a session acts under a mandate: it notes that the agent
// begins, and tells the principal the first time. NotFound
// "identity.acting.over".
func (s *Service) Begin(ctx context.Context, actor identity.Actor, id string) (under identity.Actor, err error) {
	defer errs.Wrap(&err, "mandate.Begin(%q, %q)", actor.Person, id)
	if under, err = s.Act(ctx, actor, id); err != nil {
		return under, err
	}
	return under, s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		m, err := s.get(ctx, tx, id)
		if err != nil {
			return err
		}
		first, err := tx.Exec(ctx, firstUse, id, clock.Micros(now))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, noteUse, id, clock.Micros(now)); err != nil {
			return err
		}
		if first > 0 && s.Access.Mails() {
			tx.After(s.wake)
			if err := jobs.Enqueue(ctx, tx, begunMail{ID: s.IDs(), Mandate: id}, now); err != nil {
				return err
			}
		}
		return s.note(ctx, tx, "mandate.begun", m, actor.Person)
	})
}

// End ends a mandate, at once and on every replica. The principal and the agent
// may, and who writes such mandates down at a desk. NotFound "mandate.unknown";
// a second time changes nothing.
func (s *Service) End(ctx context.Context, actor identity.Actor, id string) (err error) {
	defer errs.Wrap(&err, "mandate.End(%q)", id)
	m, err := s.get(ctx, s.DB, id)
	if err != nil {
		return err
	}
	party := actor.Person == m.Principal || actor.Person == m.Agent
	if own := actor.May(identity.MandateOwn, identity.Of(actor.Person)); !(own && party) && !actor.May(identity.MandateWrite, identity.Network) {
		return errUnknown()
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, endMandate, id, clock.Micros(s.Clock.Now()), actor.Person)
		if err != nil || n == 0 {
			return err
		}
		return s.note(ctx, tx, "mandate.ended", m, actor.Person)
	})
}
