package opendata

import (
	"context"
	"sync"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
	"polis/internal/platform/i18n"
	"polis/internal/programme/account"
	"polis/internal/site"
)

// Account is what is published, as it is now.
type Account interface {
	Account() *account.Account
	Updated() time.Time // when something was published last; zero where nothing was
}

// Publisher is who answers for the data; what is empty is not known.
type Publisher struct {
	Name  string
	ID    string // code in the index of public bodies, or number of value added tax, or name on the net
	Email string
}

// Options are what the Service stands on.
type Options struct {
	Account Account
	Network func() *site.Network
	// Works tells how the works of a house stand on a day. Its version is another
	// whenever it would tell something else of the same account and network.
	Works     func(ctx context.Context, day agenda.Date) (house func(*site.Site) House, version any, err error)
	Clock     clock.Clock
	Words     *i18n.Bundle
	URL       string // of the installation
	Publisher Publisher
}

// Service has the files, made once for each state of what they say.
type Service struct {
	Options
	mu   sync.Mutex
	last *book
}

// New makes a Service.
func New(o Options) *Service { return &Service{Options: o} }

// book is the files as things are now. Who asks while they are made waits.
func (s *Service) book(ctx context.Context) (*book, error) {
	day := agenda.DateOf(s.Clock.Now().In(i18n.Rome))
	house, version, err := s.Works(ctx, day)
	if err != nil {
		return nil, err
	}
	now := moment{s.Account.Account(), s.Account.Updated(), s.Network(), version, day}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last != nil && s.last.made == now {
		return s.last, nil
	}
	b, err := s.newBook(now, house, s.last)
	if err != nil {
		return nil, err
	}
	s.last = b
	return b, nil
}
