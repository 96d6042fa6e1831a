package coworking

import (
	"context"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/site"
)

// Now is what somebody who walks in finds free.
type Now struct {
	From, To time.Time
	Places   int            // desks
	At       map[string]int // of them, by site id
}

// Href is the search that finds the same places.
func (n Now) Href() string {
	q := timeQuery(n.From, n.To, i18n.Rome)
	q.Set(fieldKind, string(site.Desk))
	return "/spazi?" + q.Encode()
}

// nowSpell is how long a desk must be free to count as free now.
const nowSpell = time.Hour

// FreeNow counts the desks that somebody could book from this quarter-hour on,
// for an hour.
func (s *Service) FreeNow(ctx context.Context, actor identity.Actor) (Now, error) {
	from := s.clock.Now().Truncate(agenda.Quarter)
	now := Now{From: from, To: from.Add(nowSpell), At: map[string]int{}}
	found, err := s.Search(ctx, actor, Query{Kind: site.Desk, From: now.From, To: now.To, Limit: s.live.Network().Len()})
	if err != nil && !errs.Is(err, errs.Rule) { // where no rule allows it, nothing is free
		return Now{}, err
	}
	for _, hit := range found.Hits {
		now.At[hit.Site.ID] = hit.Free
		now.Places += hit.Free
	}
	return now, nil
}
