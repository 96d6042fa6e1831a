package manage

import (
	"context"
	"slices"
	"time"

	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// Standing are the coming bookings that a change of places would let down.
type Standing struct {
	Site string   `json:"site"`
	List []Coming `json:"-"`
}

// Coming is when somebody has one of these places.
type Coming struct {
	Booking  string
	Place    string // its name
	From, To time.Time
}

// strain is a place of which a change takes something that bookings rely on.
type strain struct {
	place *site.Resource // as it is
	input string
}

// strained lists the places that a change takes out of use, turns into another
// kind, makes smaller or composes of other parts. More seats let nobody down.
func strained(now *site.Layout, c site.Refit) (list []strain) {
	for i := range c.Places {
		p := &c.Places[i]
		old, input := now.Place(p.ID), ""
		switch {
		case old == nil:
		case old.Active && !p.Active:
			input = onUse
		case old.Kind != p.Kind:
			input = onKind
		case p.Seats < old.Seats:
			input = onSeats
		case !slices.Equal(old.Atoms, p.Atoms):
			input = onParts
		}
		if input != "" {
			list = append(list, strain{old, input})
		}
	}
	return list
}

// standing adds a fault for each place of which coming bookings rely on what
// would change, and lists them; nil where there are none.
func (s *Service) standing(ctx context.Context, siteID string, now *site.Layout, c site.Refit, f *faults) (*Standing, error) {
	places := strained(now, c)
	if len(places) == 0 {
		return nil, nil
	}
	var units []int64
	for _, p := range places {
		units = append(units, p.place.Ordinal)
	}
	ahead, err := s.Engine.Ahead(ctx, units)
	if err != nil {
		return nil, err
	}
	var way *Standing
	for _, p := range places {
		n := 0
		for _, b := range ahead {
			for _, part := range b.Parts {
				if !part.To.After(s.Clock.Now()) || !uses(now, part, p.place) {
					continue
				}
				if way == nil {
					way = &Standing{Site: siteID}
				}
				way.List = append(way.List, Coming{b.ID, p.place.Name, part.From, part.To})
				n++
			}
		}
		if n > 0 {
			f.add(p.place.ID, p.input, "manage.rooms.booked", errs.Args{"place": p.place.Name, "count": n})
		}
	}
	if way != nil {
		slices.SortStableFunc(way.List, func(a, b Coming) int { return a.From.Compare(b.From) })
	}
	return way, nil
}

// uses tells whether a part of a booking has a place, or something made of it.
func uses(now *site.Layout, part reserve.Part, place *site.Resource) bool {
	return slices.ContainsFunc(slices.Concat(part.Units, part.Hidden), func(u int64) bool {
		if u == place.Ordinal {
			return true
		}
		whole := now.ByOrdinal(u)
		return whole != nil && slices.Contains(whole.Atoms, place.Ordinal)
	})
}
