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
	// Houses tells how the works of each house stand. Its version is another whenever
	// it tells something else.
	Houses    func(ctx context.Context) (house func(*site.Site) House, version uint64, err error)
	Clock     clock.Clock
	Words     *i18n.Bundle
	URL       string // of the installation
	Publisher Publisher
}

// Service has the files, made once for each state of what they say.
type Service struct {
	Options
	mu     sync.Mutex
	last   *book
	looked time.Time // when the works were last asked for
}

// New makes a Service.
func New(o Options) *Service { return &Service{Options: o} }

// worksHold is how long what is known of the works is not asked for anew while
// nothing else changes: people come to houses all the time.
const worksHold = time.Minute

// book is the files as things are now. Who asks while they are made waits.
func (s *Service) book(ctx context.Context) (*book, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.Clock.Now()
	now := moment{s.Account.Account(), s.Account.Updated(), s.Network(), 0, agenda.DateOf(at.In(i18n.Rome))}
	if s.last != nil {
		now.works = s.last.made.works
		if s.last.made == now && at.Sub(s.looked) < worksHold {
			return s.last, nil
		}
	}
	house, version, err := s.Houses(ctx)
	if err != nil {
		return nil, err
	}
	s.looked, now.works = at, version
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
