package installation

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/blob"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/mail"
)

// Options are what a Service stands on.
type Options struct {
	DB     *db.DB
	Keys   *identity.Keys
	People *identity.People
	Grants *identity.Grants
	Live   *Live
	Clock  clock.Clock
	IDs    clock.IDs
	Log    *slog.Logger
	// Demo: anybody may be the administrator, so what reaches out of the
	// installation, or speaks in somebody's name, is not changed.
	Demo bool
}

// Service changes the settings; it checks the actor itself.
type Service struct {
	Options
	store  *Store
	limits *identity.Limits
}

// New returns the service.
func New(o Options) *Service {
	return &Service{Options: o, store: o.Live.store, limits: identity.NewLimits(o.DB, o.Keys, o.Clock)}
}

// Change is a part of the settings as it is to be.
type Change struct {
	Part  Part
	Next  Settings // of which the part counts
	Rev   int64    // of the part that the caller saw
	Files []blob.File
}

// May tells whether somebody may see and change the settings: nil, or the error
// for them.
func (s *Service) May(a identity.Actor) error {
	return a.Check(identity.Installation, identity.Network)
}

// Save saves a part of the settings; on every replica it then holds. The errors
// are Invalid, naming each field, and Conflict "installation.changed-meanwhile".
func (s *Service) Save(ctx context.Context, a identity.Actor, c Change) error {
	if err := s.May(a); err != nil {
		return err
	}
	if !tryable(c.Part) { // a name and a colour hurt nobody
		if err := a.CheckDanger(identity.DangerSettings, s.Clock.Now()); err != nil {
			return err
		}
	}
	return s.save(ctx, a.Person, c)
}

func (s *Service) save(ctx context.Context, person string, c Change) error {
	if s.Demo && !(tryable(c.Part) && c.Next.Look.Logo.ID == s.Live.Now().Look.Logo.ID) {
		return errs.New(errs.Rule, "installation.demo", nil)
	}
	if err := s.Live.flags.checkOver(c.Part, c.Next); err != nil {
		return err
	}
	if err := s.store.save(ctx, c.Part, c.Next, c.Rev, person, c.Files...); err != nil {
		return err
	}
	return s.Live.Reload(ctx)
}

// tryable tells whether anybody may try a part in a demonstration: name, colour
// without a picture, languages.
func tryable(part Part) bool { return part == PartName || part == PartLook || part == PartLanguages }

// Seen is what is saved, without the flags, and the rev of a part.
func (s *Service) Seen(part Part) (Settings, int64) {
	now := s.Live.current.Load()
	return now.Settings, now.revs[part]
}

// trial is how long a mail server may take to answer for a test.
const trial = 15 * time.Second

// TryMail sends a test message by the server that is set, in the words of p. The
// error is Rule, in words that say what to do, or TooMany.
func (s *Service) TryMail(ctx context.Context, a identity.Actor, p *i18n.Printer, to string) error {
	if err := s.May(a); err != nil {
		return err
	}
	return s.tryMail(ctx, a.Person, p, to)
}

func (s *Service) tryMail(ctx context.Context, who string, p *i18n.Printer, to string) (err error) {
	if s.Demo {
		return errs.New(errs.Rule, "installation.demo", nil)
	}
	now := s.Live.Now()
	if !mail.IsAddress(to) {
		return errs.New(errs.Invalid, "installation.invalid.email", nil).On("a")
	}
	if now.Mail.Host == "" {
		return errs.New(errs.Rule, "installation.trial.none", nil)
	}
	server, err := mail.NewSMTP(now.Mail.Address())
	if err != nil {
		return err
	}
	wait, err := s.limits.Count(ctx, trials, who)
	if err == nil {
		err = tooMany("installation.trial.too-many", wait)
	}
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, trial)
	defer stop()
	name := now.Called()
	err = server.Send(ctx, mail.Message{
		ID: s.IDs(), Date: s.Clock.Now(), From: now.Sender(), To: to, Lang: string(p.Lang),
		Subject: p.T("installation.trial.subject", "name", name), Text: p.T("installation.trial.text", "name", name) + "\n",
	})
	if err == nil {
		return nil
	}
	reason := mail.Why(err)
	var rejected *mail.Rejected
	args := errs.Args{"server": now.Mail.Host}
	if errors.As(err, &rejected) {
		args["code"] = rejected.Status
	}
	s.Log.Info("a test message was not taken", "reason", string(reason), "err", err)
	return errs.New(errs.Rule, "installation.trial."+string(reason), args)
}
