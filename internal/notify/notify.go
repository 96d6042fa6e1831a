// Package notify sends messages to people.
//
// Who has something to tell asks for it in the transaction of the change, with
// opaque facts only; what the message says is written when it is sent, by the
// Composer of its kind, from what then is true:
//
//	notes.Compose("coworking.confirmed", func(ctx context.Context, n notify.Note, to identity.Person) (mail.Message, error) {
//		…
//		return mail.Message{Subject: "…", Text: "…", Calendars: …}, nil // or notify.ErrMoot
//	})
//
//	err := notes.Send(ctx, tx, at, notify.Note{Person: b.Person, Kind: "coworking.confirmed", About: b.ID})
//
// A message waits, and then is sent, moot (there was nothing to say any more, or
// nowhere to say it), failed (the server could not be spoken to for hours) or
// bounced (its address does not take it). Sending is a job: it is tried again
// after a failure, and not done again once it is done. One gap remains: a
// program that dies after the server took a message and before that is written
// down sends it again, under the same Message-ID, by which mail programs know
// it.
package notify

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
	"polis/internal/platform/letter"
	"polis/internal/platform/mail"
)

// Words are the texts of notify, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// Note asks for a message.
type Note struct {
	Person string // id of who gets it
	Kind   string // constant, "room.what": chooses the Composer
	About  string // id of the thing it is about
	Data   string // JSON of opaque facts, "" if none; never personal data
}

// Composer writes a message of one kind: Subject, Text, HTML, Calendars and,
// where it is not the person's, Lang. The error is ErrMoot where there is
// nothing to say any more; any other means to try again later.
type Composer func(ctx context.Context, n Note, to identity.Person) (mail.Message, error)

// ErrMoot says that a message has lost its sense.
var ErrMoot = errors.New("there is nothing to say any more")

// State of a message.
type State string

// The states. A message that has failed may be tried again (jobs.Revive).
const (
	StateWaiting State = "waiting"
	StateSent    State = "sent"
	StateMoot    State = "moot"
	StateFailed  State = "failed"
	StateBounced State = "bounced"
)

// Sent is what became of a Note.
type Sent struct {
	ID string
	Note
	State   State
	Reason  string // code of a failure, such as 5.1.1
	Created time.Time
	Changed time.Time
}

// People finds people; identity.People is one.
type People interface {
	Get(ctx context.Context, id string) (identity.Person, error)
	// Wants tells whether somebody wants messages of a kind.
	Wants(ctx context.Context, id, kind string) (bool, error)
}

// Choice is a kind of message that people may do without, with the key of what it
// is. All others are always sent.
type Choice struct{ Kind, Key string }

// Options are what a Service works with.
type Options struct {
	DB        *db.DB
	People    People
	Transport mail.Transport // nil: no messages
	From      mail.Sender
	Look      letter.Look
	Clock     clock.Clock
	IDs       clock.IDs
	Log       *slog.Logger
}

// Service sends messages.
type Service struct {
	Options
	composers map[string]Composer
	wake      func()
}

// New returns a service without composers.
func New(o Options) *Service {
	return &Service{Options: o, composers: map[string]Composer{}, wake: func() {}}
}

// Enabled tells whether messages are sent at all; pages promise none where not.
func (s *Service) Enabled() bool { return s.Transport != nil }

// Compose says how messages of a kind are written; before the worker starts.
func (s *Service) Compose(kind string, c Composer) {
	if _, twice := s.composers[kind]; twice {
		panic("notify: two ways to write " + kind)
	}
	s.composers[kind] = c
}

// Register lets a worker do the sending.
func (s *Service) Register(w *jobs.Worker) {
	jobs.Register(w, s.deliver)
	s.wake = w.Wake
}

// delivery is the job that sends a message.
type delivery struct{ ID string }

func (delivery) Kind() string { return "notify.send" }

const columns = `id, person, kind, about, data, state, reason, created, changed`

var (
	insertMessage = db.Q("notify.insert", `
		INSERT INTO message (id, person, kind, about, data, state, created, changed) VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $6)`)
	getMessage  = db.Q("notify.get", `SELECT `+columns+` FROM message WHERE id = $1`)
	listAbout   = db.Q("notify.about", `SELECT `+columns+` FROM message WHERE about = $1 ORDER BY id`)
	lastOutcome = db.Q("notify.outcome", `
		SELECT state, changed FROM message WHERE person = $1 AND state IN ('sent', 'bounced') ORDER BY changed DESC, id DESC LIMIT 1`)
	endMessage = db.Q("notify.end", `
		UPDATE message SET state = $2, reason = $3, changed = $4 WHERE id = $1 AND state IN ('waiting', 'failed')`)
	bounceMessage = db.Q("notify.bounce", `
		UPDATE message SET state = 'bounced', reason = $2, changed = $3 WHERE id = $1 AND state IN ('waiting', 'sent', 'failed')`)
)

// Send asks for a message, not before at, when the transaction commits. It does
// nothing where messages are not sent at all.
func (s *Service) Send(ctx context.Context, tx *db.Tx, at time.Time, n Note) error {
	if !s.Enabled() {
		return nil
	}
	if n.Data == "" {
		n.Data = "{}"
	}
	id, now := s.IDs(), s.Clock.Now()
	if _, err := tx.Exec(ctx, insertMessage, id, n.Person, n.Kind, n.About, n.Data, clock.Micros(now)); err != nil {
		return err
	}
	if !at.After(now) {
		tx.After(s.wake)
	}
	return jobs.Enqueue(ctx, tx, delivery{id}, at)
}

// deliver sends a message that waits. What is moot or bounced is an end like
// any other, so the job is done; an error brings it back.
func (s *Service) deliver(ctx context.Context, d delivery) error {
	m, err := s.get(ctx, d.ID)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil || m.State != StateWaiting && m.State != StateFailed {
		return err
	}
	err = s.send(ctx, m)
	var rejected *mail.Rejected
	switch {
	case err == nil:
		return s.end(ctx, m, StateSent, "")
	case errors.Is(err, ErrMoot):
		return s.end(ctx, m, StateMoot, "")
	case errors.As(err, &rejected):
		s.Log.Info("a message was rejected", "message", m.ID, "code", rejected.Code, "status", rejected.Status)
		return s.end(ctx, m, StateBounced, rejected.Status)
	case jobs.Last(ctx):
		return errors.Join(err, s.end(context.WithoutCancel(ctx), m, StateFailed, "4.4.7")) // RFC 3463: delivery time expired
	}
	return err
}

// send writes a message from what is true now and hands it over.
func (s *Service) send(ctx context.Context, m Sent) error {
	compose, known := s.composers[m.Kind]
	if !known || !s.Enabled() {
		return fmt.Errorf("this program does not send messages of kind %s", m.Kind)
	}
	to, err := s.People.Get(ctx, m.Person)
	if errs.Is(err, errs.NotFound) || err == nil && to.Email == "" {
		return ErrMoot
	}
	if err != nil {
		return err
	}
	if wanted, err := s.People.Wants(ctx, m.Person, m.Kind); err != nil || !wanted {
		return cmp.Or(err, ErrMoot)
	}
	out, err := compose(ctx, m.Note, to)
	if err != nil {
		return err
	}
	out.ID, out.Date, out.From = m.ID, s.Clock.Now(), s.From
	out.To, out.ToName = to.Email, ""
	if to.GivenName+to.FamilyName != "" {
		out.ToName = to.FullName()
	}
	if out.Lang == "" {
		out.Lang = to.Language
	}
	return s.Transport.Send(ctx, out)
}

func (s *Service) end(ctx context.Context, m Sent, state State, reason string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, endMessage, m.ID, state, reason, clock.Micros(s.Clock.Now()))
		return err
	})
}

var status = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}$`)

// Bounced notes that a message did not arrive, with the status code that a
// server gave; NotFound "notify.unknown" where there is no such message.
func (s *Service) Bounced(ctx context.Context, id, code string) error {
	if !status.MatchString(code) {
		code = "5.0.0"
	}
	if _, err := s.get(ctx, id); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, bounceMessage, id, code, clock.Micros(s.Clock.Now()))
		return err
	})
}

// About lists what was sent about a thing, oldest first.
func (s *Service) About(ctx context.Context, about string) ([]Sent, error) {
	return db.All(ctx, s.DB, listAbout, scan, about)
}

// Reachable tells whether messages to a person arrive, as far as is known: the
// last one did not come back. Where it did, since says when.
func (s *Service) Reachable(ctx context.Context, person string) (ok bool, since time.Time, err error) {
	var state State
	var changed int64
	err = db.One(ctx, s.DB, lastOutcome, []any{person}, &state, &changed)
	if errors.Is(err, db.ErrNoRow) {
		return true, since, nil
	}
	if err != nil || state == StateSent {
		return err == nil, since, err
	}
	return false, clock.FromMicros(changed), nil
}

func (s *Service) get(ctx context.Context, id string) (Sent, error) {
	found, err := db.All(ctx, s.DB, getMessage, scan, id)
	if err == nil && len(found) == 0 {
		err = errs.New(errs.NotFound, "notify.unknown", nil)
	}
	if err != nil {
		return Sent{}, err
	}
	return found[0], nil
}

func scan(rows *sql.Rows) (m Sent, err error) {
	var created, changed int64
	err = rows.Scan(&m.ID, &m.Person, &m.Kind, &m.About, &m.Data, &m.State, &m.Reason, &created, &changed)
	m.Created, m.Changed = clock.FromMicros(created), clock.FromMicros(changed)
	return m, err
}
