// Package coworking is shared work spaces for people: find a free place
// anywhere in the network, book it, walk in. Pages and the API call the same
// Service.
package coworking

import (
	"crypto/ed25519"
	"sync/atomic"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/reserve"
	"polis/internal/site"
)

// Service is what people can do with places. Its methods check who acts.
type Service struct {
	live    *site.Live
	engine  *reserve.Engine
	people  *identity.People
	clock   clock.Clock
	passKey ed25519.PrivateKey
	issuer  string // public address of the installation, in passes and calendars
	shelves atomic.Pointer[catalog]
}

// Options are what a Service stands on.
type Options struct {
	Live    *site.Live
	Engine  *reserve.Engine
	People  *identity.People
	Clock   clock.Clock
	PassKey ed25519.PrivateKey
	Issuer  string
}

// New makes the service.
func New(o Options) *Service {
	return &Service{live: o.Live, engine: o.Engine, people: o.People, clock: o.Clock, passKey: o.PassKey, issuer: o.Issuer}
}

// Live is the network that the service works on.
func (s *Service) Live() *site.Live { return s.live }
