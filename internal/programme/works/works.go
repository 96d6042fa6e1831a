// Package works is the works of the programme, house by house: how far each is,
// on a map, in tables and in a file of its own, and what of it is verified.
package works

import (
	"context"
	"embed"
	"slices"
	"sync/atomic"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/programme"
	"polis/internal/site"
)

// Pages are the templates, Words the texts in Italian and English.
var (
	//go:embed pages/*.gohtml
	Pages embed.FS
	//go:embed words/*.json
	Words embed.FS
)

// Options are what the works stand on.
type Options struct {
	DB        *db.DB
	Live      *site.Live
	Programme *programme.Service
	Clock     clock.Clock
}

// Service knows the works of all houses. What it tells is public.
type Service struct {
	Options
	made atomic.Pointer[roll]
}

// New makes a Service.
func New(o Options) *Service { return &Service{Options: o} }

// roll is all houses as they stand now. It is made anew when the network, the
// account or the day is another; how houses are used is read each time.
func (s *Service) roll(ctx context.Context) (*roll, error) {
	net, acc, day := s.Live.Network(), s.Programme.Account(), agenda.DateOf(s.Clock.Now().In(agenda.Rome))
	base := s.made.Load()
	if base == nil || base.net != net || base.acc != acc || base.day != day {
		base = newRoll(net, acc, day)
		s.made.Store(base)
	}
	ran, err := Operations(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	return base.with(ran), nil
}

// with is the roll with how houses are used.
func (r *roll) with(ran map[string]Operation) *roll {
	if len(ran) == 0 {
		return r
	}
	out := *r
	out.houses, out.byCode = slices.Clone(r.houses), map[string]*House{}
	for i, h := range out.houses {
		if o, ok := ran[h.ID]; ok {
			used := *h
			used.Ran = o
			h = &used
			out.houses[i] = h
		}
		out.byCode[h.Code] = h
	}
	return &out
}

// house finds a house by its code; NotFound if there is none.
func (r *roll) house(code string) (*House, error) {
	if h := r.byCode[code]; h != nil {
		return h, nil
	}
	return nil, errs.New(errs.NotFound, "site.unknown", nil)
}

// Houses finds each house as it stands now, by its code.
func (s *Service) Houses(ctx context.Context) (find func(code string) (*House, bool), err error) {
	r, err := s.roll(ctx)
	if err != nil {
		return nil, err
	}
	return func(code string) (*House, bool) { h, ok := r.byCode[code]; return h, ok }, nil
}

// Verified counts the houses that are done by more than a word.
type Verified struct{ Offices, Spaces int }

// Addresses of the houses that are counted.
const (
	VerifiedOffices = Root + "?tipo=office&verificate=1"
	VerifiedSpaces  = Root + "?tipo=space&verificate=1"
)

// Verified counts them.
func (s *Service) Verified(ctx context.Context) (v Verified, err error) {
	r, err := s.roll(ctx)
	if err != nil {
		return v, err
	}
	for _, h := range r.houses {
		switch {
		case !h.Verified():
		case h.Kind == site.Office:
			v.Offices++
		default:
			v.Spaces++
		}
	}
	return v, nil
}
