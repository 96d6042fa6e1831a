package site

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

// saying makes a change that does not look at what is there.
func saying(c Refit) func(*db.Tx, Layout) (Refit, error) {
	return func(*db.Tx, Layout) (Refit, error) { return c, nil }
}

func TestALayoutIsChangedAsAWhole(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newStore(d)
		rooms, places := somePlaces("a", 1)
		save(t, s, []Site{aHouse("a", "uno")}, rooms, places)
		before := load(t, s).Layout("a")
		var seen Layout
		desk := Resource{ID: "new", Room: rooms[0].ID, Kind: Desk, Code: "D-1", Name: "D-1", Seats: 1, Active: true}
		err := s.Refit(t.Context(), "a", "luca", func(_ *db.Tx, now Layout) (Refit, error) {
			seen = now
			return Refit{Places: []Resource{desk}, Drop: []string{rooms[1].ID}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, seen, before)
		if seen.Version() != before.Version() {
			t.Error("one layout has two versions")
		}
		now := load(t, s).Layout("a")
		got := now.Place("new")
		if got == nil || got.Ordinal != 4 || got.Site != "a" || now.Room(rooms[1].ID) != nil || now.Version() == before.Version() {
			t.Fatalf("the new place is %+v", got)
		}
		if floor := now.Floor(-1); len(floor.Places) != 4 || len(floor.Rooms) != 1 {
			t.Errorf("the floor has %d places", len(floor.Places))
		}
		if nothing := now.Floor(2); len(nothing.Places)+len(nothing.Rooms) != 0 {
			t.Errorf("a floor that is not there has %+v", nothing)
		}

		wall := rooms[0]
		wall.Area.W = 500 // through a part of the hall
		twice := desk
		twice.ID = "other"
		for name, c := range map[string]Refit{
			"a room with places goes":        {Drop: []string{rooms[0].ID}},
			"a room cuts its places":         {Rooms: []Room{wall}},
			"a code is taken":                {Places: []Resource{twice}},
			"a part that is made of parts":   {Places: []Resource{{ID: "c", Room: rooms[0].ID, Kind: Hall, Code: "C", Seats: 1, Atoms: []int64{1, 3}}}},
			"one that has no room to be in":  {Places: []Resource{{ID: "c", Room: rooms[0].ID, Kind: Hall, Code: "?", Seats: 1}}},
			"a room for which there is none": {Rooms: []Room{{ID: "r", Code: "X"}}},
		} {
			if err := s.Refit(t.Context(), "a", "luca", saying(c)); !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.Rule) && !errs.Is(err, errs.Conflict) {
				t.Errorf("%s: %v", name, err)
			}
		}
		refused := errors.New("no")
		if err := s.Refit(t.Context(), "a", "", func(*db.Tx, Layout) (Refit, error) { return Refit{}, refused }); !errors.Is(err, refused) {
			t.Errorf("refused by the caller: %v", err)
		}
		if err := s.Refit(t.Context(), "z", "", saying(Refit{})); !errs.Is(err, errs.NotFound) {
			t.Errorf("a house that is not there: %v", err)
		}
		equal(t, load(t, s).Layout("a"), now)
	})
}

// Numbers follow one another without a gap, however many ask at once and
// whatever is refused.
func TestOrdinalsAreDense(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newStore(d)
		var rooms []Room
		for _, id := range []string{"a", "b", "c"} {
			rooms = append(rooms, Room{ID: id + "r", Site: id, Code: "R", Name: "R"})
		}
		save(t, s, []Site{aHouse("a", "uno"), aHouse("b", "due"), aHouse("c", "tre")}, rooms, nil)
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				site := string(rune('a' + i%3))
				var c Refit
				for k := range 1 + i%4 {
					code := fmt.Sprintf("D-%d-%d", i, k)
					c.Places = append(c.Places, Resource{ID: code, Room: site + "r", Kind: Desk, Code: code, Seats: 1, Active: true})
				}
				if i%5 == 0 { // in the middle of it something is wrong
					c.Rooms = []Room{{ID: "x", Code: "R", Name: "R"}}
				}
				if err := s.Refit(context.WithoutCancel(t.Context()), site, "", saying(c)); (err != nil) != (i%5 == 0) {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		all.Wait()
		var got []int64
		n := load(t, s)
		for _, id := range []string{"a", "b", "c"} {
			for _, r := range n.Resources(id) {
				got = append(got, r.Ordinal)
			}
		}
		slices.Sort(got)
		for i, o := range got {
			if o != int64(i+1) {
				t.Fatalf("ordinals %v", got)
			}
		}
		if len(got) < 15 {
			t.Errorf("only %d places", len(got))
		}
	})
}

func TestMisfits(t *testing.T) {
	t.Parallel()
	base := func() Layout {
		return Layout{
			Rooms: []Room{
				{ID: "r", Name: "Sala", Area: Rect{0, 0, 600, 400}},
				{ID: "s", Name: "Atrio", Area: Rect{600, 0, 300, 400}},
				{ID: "up", Name: "Sopra", Floor: 1, Area: Rect{0, 0, 600, 400}},
				{ID: "n", Name: "Nuova"},
			},
			Places: []Resource{
				{ID: "a", Room: "r", Name: "A", Active: true, Area: Rect{0, 0, 150, 80}},
				{ID: "b", Room: "r", Name: "B", Active: true, Area: Rect{150, 0, 150, 80}},
				{ID: "c", Room: "up", Name: "C", Active: true, Area: Rect{0, 0, 150, 80}},
				{ID: "d", Room: "n", Name: "D", Active: true},
			},
		}
	}
	for name, c := range map[string]struct {
		change func(*Layout)
		want   string
	}{
		"as it should be":                {func(*Layout) {}, ""},
		"two rooms":                      {func(l *Layout) { l.Rooms[1].Area.X = 599 }, "r plan.room-overlaps s plan.room-overlaps"},
		"a room left of the floor":       {func(l *Layout) { l.Rooms[2].Area.X = -10 }, "up plan.off-floor"},
		"a room of nothing":              {func(l *Layout) { l.Rooms[1].Area.W = 5 }, "s plan.off-floor"},
		"a room too far":                 {func(l *Layout) { l.Rooms[1].Area.X = longest - 299 }, "s plan.off-floor"},
		"two places":                     {func(l *Layout) { l.Places[1].Area.X = 149 }, "a plan.place-overlaps b plan.place-overlaps"},
		"two places, one of them unused": {func(l *Layout) { l.Places[1].Area.X, l.Places[0].Active = 149, false }, ""},
		"a place through a wall":         {func(l *Layout) { l.Places[1].Area.X = 451 }, "b plan.place-outside"},
		"a place like a line":            {func(l *Layout) { l.Places[1].Area.H = 19 }, "b plan.too-small"},
		"a place without walls":          {func(l *Layout) { l.Places[3].Area = Rect{0, 0, 50, 50} }, "d plan.room-not-drawn"},
	} {
		l := base()
		c.change(&l)
		got := ""
		for i, m := range l.Misfits() {
			if i > 0 {
				got += " "
			}
			got += m.ID + " " + m.Err.Key
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
