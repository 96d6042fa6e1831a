// Package demo lays out the network of the demonstration: the houses of the
// whole country, made up from a seed around the few facts that are public. All
// that it makes is marked as generated; the same seed gives the same network.
package demo

import (
	"context"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/site"
	"polis/internal/territory"
)

// Seed is that of the one demonstration network.
const Seed = 6910

// What the network has; the numbers are those the programme speaks of.
const (
	Spaces      = 250    // shared work spaces
	SmallTowns  = 80     // of them in municipalities under 15,000
	OpenSpaces  = 160    // of them open
	SpaceWorks  = 40     // of them in works, with an announced opening
	WorkPlaces  = 10_000 // desks and meeting seats in them
	Outdoors    = 1_000  // outdoor spaces, at spaces and offices
	Offices     = 6_910  // post offices in municipalities under 15,000
	smallTown   = 15_000 // inhabitants
	largeSpaces = 30
	mediumSpace = 110 // the rest is small
)

// Summary says what was laid out.
type Summary struct {
	Sites, Rooms, Resources int
	Spaces, Offices         int
	WorkPlaces              int // desks and meeting seats
}

// LayOut writes the network into the database. It may run again on a database
// that has it already. progress hears of each step before and after it.
func LayOut(ctx context.Context, store *site.Store, terr *territory.Table, now time.Time,
	progress func(step string, done, total int),
) (sum Summary, err error) {
	defer errs.Wrap(&err, "demo.LayOut")
	d := Network(terr, Seed, agenda.DateOf(now.In(agenda.Rome)))
	steps := []struct {
		name  string
		total int
		save  func() error
	}{
		{"sites", len(d.Sites), func() error { return store.SaveSites(ctx, d.Sites) }},
		{"rooms", len(d.Rooms), func() error { return store.SaveRooms(ctx, d.Rooms) }},
		{"resources", len(d.Resources), func() error { return store.SaveResources(ctx, d.Resources) }},
		{"rules", len(d.Rules) + 1, func() error { return saveRules(ctx, store, d) }},
		{"pictures", picturesEach * summary(d).Spaces, func() error {
			photos, files := pictures(d, Seed)
			return store.SavePhotos(ctx, photos, files)
		}},
	}
	for _, s := range steps {
		progress(s.name, 0, s.total)
		if err := s.save(); err != nil {
			return Summary{}, err
		}
		progress(s.name, s.total, s.total)
	}
	return summary(d), nil
}

// saveRules saves the rules of the places, and the house rules where there are
// none yet.
func saveRules(ctx context.Context, store *site.Store, d site.Data) error {
	for _, s := range d.Sites {
		for _, kind := range site.Kinds {
			if r, ok := d.Rules[site.RuleKey{Kind: kind, Site: s.ID}]; ok {
				if err := store.SaveRules(ctx, s.ID, kind, r, ""); err != nil {
					return err
				}
			}
		}
	}
	net, err := store.LoadNetwork(ctx)
	if err != nil {
		return err
	}
	if _, ok := net.HouseRules(""); ok {
		return nil
	}
	_, err = store.PublishHouseRules(ctx, "", houseRules, "")
	return err
}

func summary(d site.Data) Summary {
	s := Summary{Sites: len(d.Sites), Rooms: len(d.Rooms), Resources: len(d.Resources)}
	for _, h := range d.Sites {
		if h.Kind == site.Space {
			s.Spaces++
		} else {
			s.Offices++
		}
	}
	for _, r := range d.Resources {
		if r.Kind == site.Desk || r.Kind == site.Meeting {
			s.WorkPlaces += r.Seats
		}
	}
	return s
}

// Network makes the network up. It needs the municipalities of the country:
// with fewer than the numbers above ask for, it has as many as there are.
func Network(terr *territory.Table, seed uint64, today agenda.Date) site.Data {
	m := newMaker(terr, seed, today)
	spaces := m.chooseSpaces()
	m.capacities(spaces)
	for i := range spaces {
		m.space(&spaces[i])
	}
	m.offices()
	return m.data
}

// sorted returns the municipalities for which keep holds, largest first.
func sorted(terr *territory.Table, keep func(territory.Municipality) bool) []territory.Municipality {
	ms := slices.DeleteFunc(terr.All(), func(m territory.Municipality) bool { return !keep(m) })
	slices.SortStableFunc(ms, func(a, b territory.Municipality) int { return b.Population - a.Population })
	return ms
}
