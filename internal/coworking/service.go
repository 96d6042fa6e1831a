// Package coworking is shared work spaces for people: find a free place
// anywhere in the network, book it, walk in. Pages and the API call the same
// Service.
package coworking

import (
	"context"
	"crypto/ed25519"
	"sync"
	"sync/atomic"

	"polis/internal/identity"
	"polis/internal/notify"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/i18n"
	"polis/internal/reserve"
	"polis/internal/site"
)

// Service is what people can do with places. Its methods check who acts.
type Service struct {
	db      *db.DB
	live    *site.Live
	sites   *site.Store
	engine  *reserve.Engine
	people  *identity.People
	grants  *identity.Grants
	parties func(ctx context.Context, ids []string) (names map[string]string, err error)
	notes   *notify.Service
	clock   clock.Clock
	words   *i18n.Bundle
	feedKey []byte
	lookups *lookups
	passKey ed25519.PrivateKey
	issuer  string // public address of the installation, in passes and calendars
	shelves atomic.Pointer[catalog]
	scores  sync.Map // site → siteScore
	wake    func()   // the worker, for what is to be done soon; nil without one
}

// Options are what a Service stands on.
type Options struct {
	DB      *db.DB
	Live    *site.Live
	Sites   *site.Store
	Engine  *reserve.Engine
	People  *identity.People
	Grants  *identity.Grants
	Parties func(ctx context.Context, ids []string) (names map[string]string, err error) // of organisations
	Notes   *notify.Service
	Clock   clock.Clock
	Words   *i18n.Bundle // of the program: for mails and calendars
	PassKey ed25519.PrivateKey
	FeedKey []byte // proves the addresses of calendars
	Issuer  string
}

// New makes the service.
func New(o Options) *Service {
	return &Service{
		db: o.DB, live: o.Live, sites: o.Sites, engine: o.Engine, people: o.People, grants: o.Grants, parties: o.Parties, notes: o.Notes, clock: o.Clock, words: o.Words,
		passKey: o.PassKey, feedKey: o.FeedKey, lookups: newLookups(o.Clock), issuer: o.Issuer,
	}
}
