package manage

import (
	"context"
	"slices"
	"time"

	"polis/internal/manage/guard"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// AffectedPlaces are the coming bookings that a change of places would let down.
type AffectedPlaces struct {
	Site string   `json:"site"`
	List []Coming `json:"-"`
}

// Coming is when somebody has one of these places.
type Coming struct {
	Booking  string
	Place    string // its name
	From, To time.Time
}

// strained lists what a change takes from places that are there.
func strained(now *site.Layout, c site.Refit) (list []guard.Strain) {
	for i := range c.Places {
		if old := now.Place(c.Places[i].ID); old != nil {
			if s, ok := guard.Strained(old, &c.Places[i]); ok {
				list = append(list, s)
			}
		}
	}
	return list
}

// affectedPlaces adds a fault for each place of which coming bookings rely on what
// would change, and lists them; nil where there are none.
func (s *Service) affectedPlaces(ctx context.Context, siteID string, now *site.Layout, c site.Refit, f *faults) (*AffectedPlaces, error) {
	places := strained(now, c)
	if len(places) == 0 {
		return nil, nil //nolint:nilnil // as it says
	}
	var units []int64
	for _, p := range places {
		units = append(units, p.Before.Ordinal)
	}
	ahead, err := s.Engine.Ahead(ctx, units)
	if err != nil {
		return nil, err
	}
	var affected *AffectedPlaces
	groups := s.groupsOnce(ctx)
	for _, p := range places {
		n := 0
		for _, b := range ahead {
			parts, err := s.met(&b, &p, now, groups)
			if err != nil {
				return nil, err
			}
			for _, part := range parts {
				if affected == nil {
					affected = &AffectedPlaces{Site: siteID}
				}
				affected.List = append(affected.List, Coming{b.ID, p.Before.Name, part.From, part.To})
				n++
			}
		}
		if n > 0 {
			f.add(p.Before.ID, p.On, "manage.rooms.booked", errs.Args{"place": p.Before.Name, "count": n})
		}
	}
	if affected != nil {
		slices.SortStableFunc(affected.List, func(a, b Coming) int { return a.From.Compare(b.From) })
	}
	return affected, nil
}

// met are the parts of a booking, still to come, that a strain lets down.
func (s *Service) met(b *reserve.Booking, p *guard.Strain, now *site.Layout, groups func(person string) ([]string, error)) (list []reserve.Part, err error) {
	atoms := func(unit int64) []int64 {
		if whole := now.ByOrdinal(unit); whole != nil {
			return whole.Atoms
		}
		return nil
	}
	for _, part := range b.Parts {
		if part.To.After(s.Clock.Now()) && p.Meets(&part, atoms) {
			list = append(list, part)
		}
	}
	shuts := p.ShutsOut()
	if shuts == nil || len(list) == 0 {
		return list, nil
	}
	if has, err := groups(b.Person); err != nil || !shuts(has) {
		return nil, err
	}
	return list, nil
}
