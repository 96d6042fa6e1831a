// Package oidc lets people in by the word of somebody else: any provider that
// speaks OpenID Connect, several at once, SPID and CIE among them.
//
// What makes providers differ is data: a Profile says how claims and levels are
// called, what is signed and encrypted, and who the person is. The way is the
// same for all: the authorization code flow with PKCE, of which everything that
// comes back is believed only if it fits what this browser asked of this
// provider a moment ago, and only once (finish.go).
//
// Providers are asked when somebody needs them, never at the start: the program
// runs while they are down.
package oidc

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
)

// Words are the texts of the package, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// Path is the address below which the pages of the providers lie.
const Path = identity.SignInPath + "/oidc"

// Options are what a Service works with.
type Options struct {
	DB     *db.DB
	Keys   *identity.Keys
	People *identity.People
	Access *identity.Access
	Clock  clock.Clock
	IDs    clock.IDs
	Log    *slog.Logger
	URL    string // by which the world reaches the pages: "https://…"
	Config Config // as Config.Check has left it
}

// Service signs people in by providers.
type Service struct {
	Options

	providers []*provider
}

// New returns the service of some providers. It asks nothing of them yet.
func New(o Options) (*Service, error) {
	s := &Service{Options: o}
	for _, settings := range o.Config.Providers {
		p, err := newProvider(settings, o.Clock, o.URL)
		if err != nil {
			return nil, err
		}
		s.providers = append(s.providers, p)
	}
	return s, nil
}

// Enabled tells whether there is any provider.
func (s *Service) Enabled() bool { return len(s.providers) > 0 }

// provider is the one with a name; NotFound "oidc.unknown".
func (s *Service) provider(name string) (*provider, error) {
	i := slices.IndexFunc(s.providers, func(p *provider) bool { return p.Name == name })
	if i < 0 {
		return nil, errs.New(errs.NotFound, "oidc.unknown", nil)
	}
	return s.providers[i], nil
}

// signs tells whether any provider wants our own keys.
func (s *Service) signs() bool {
	return slices.ContainsFunc(s.providers, func(p *provider) bool { return p.keyed() })
}

// Register lets a worker do what follows later: give tokens back, and remove what
// is over.
func (s *Service) Register(w *jobs.Worker) {
	jobs.Register(w, s.revoke)
	w.Every("identity.oidc", 10*time.Minute, s.Sweep)
}

var (
	sweepTickets = db.Q("oidc.ticket.sweep", `DELETE FROM oidc_ticket WHERE expires <= $1`)
	sweepSeen    = db.Q("oidc.seen.sweep", `DELETE FROM oidc_seen WHERE expires <= $1`)
	sweepLog     = db.Q("oidc.log.sweep", `DELETE FROM oidc_log WHERE at <= $1`)
)

// Sweep removes what is over; to be run now and then.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Clock.Now()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		for _, x := range []struct {
			q     db.Query
			until time.Time
		}{{sweepTickets, now}, {sweepSeen, now}, {sweepLog, now.AddDate(0, -logMonths, 0)}} {
			if _, err := tx.Exec(ctx, x.q, clock.Micros(x.until)); err != nil {
				return err
			}
		}
		return nil
	})
}

// method is how a session says that a provider vouched for its person.
func (p *provider) method() string { return "oidc:" + p.Name }

// place is where something sealed of this package lies.
func place(kind string) string { return fmt.Sprintf("oidc.%s", kind) }
