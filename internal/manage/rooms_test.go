package manage_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"polis/internal/coworking/coworkingtest"
	"polis/internal/identity"
	"polis/internal/manage"
	"polis/internal/manage/guard"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// A row of desks that is added while the house is open can be booked at once,
// and stands where nothing else does.
func TestARowIsAddedAndBookedAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		luca, room := w.Luca.Actor, aurora+"-0"
		row := manage.Row{Room: room, Kind: site.Desk, First: "E-08", Count: 4, Seats: 1, Features: []string{"monitor"}, Draw: true, Lines: 2, W: 160, H: 80}
		last := w.Live.Network().LastOrdinal()
		if err := w.desk.AddRow(t.Context(), luca, aurora, row); err != nil {
			t.Fatal(err)
		}
		layout := w.Live.Network().Layout(aurora)
		if faults := layout.Misfits(); len(faults) > 0 {
			t.Errorf("misfits: %v", faults)
		}
		for i, code := range []string{"E-08", "E-09", "E-10", "E-11"} {
			p := w.place(code)
			if p.Ordinal != last+int64(i)+1 || !p.Area.Drawn() || !p.Active || !slices.Equal(p.Features, row.Features) {
				t.Errorf("%s is %+v", code, p)
			}
		}
		w.bookIn(24, w.place("E-11"))
		if got := keys(w.desk.AddRow(t.Context(), luca, aurora, row)); got != "layout.code-taken" {
			t.Errorf("once more: %s", got)
		}
		row.First, row.Count, row.Lines = "F-1", 100, 10
		if got := keys(w.desk.AddRow(t.Context(), luca, aurora, row)); got != "manage.rooms.no-space" {
			t.Errorf("more than fit: %s", got)
		}
		row.First = "desk"
		if got := keys(w.desk.AddRow(t.Context(), luca, aurora, row)); got != "manage.rooms.no-number" {
			t.Errorf("without a number: %s", got)
		}
		row.First, row.Draw = "F-001", false
		if err := w.desk.AddRow(t.Context(), luca, aurora, row); err != nil || w.place("F-100").Area.Drawn() {
			t.Errorf("without drawing: %v", err)
		}
		w.Check(t)
	})
}

// What coming bookings rely on stays as it is, until they are gone.
func TestAffectedPlaces(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		desk, hall := w.bookIn(24, w.place("D-01")), w.bookIn(48, w.place("H-ABC"))
		w.bookIn(1, w.place("D-03"))
		w.Clock.Advance(3 * time.Hour) // which is over
		save := func(code string, change func(*site.Resource)) func() error {
			p := *w.place(code)
			change(&p)
			return func() error { _, err := w.desk.SavePlace(t.Context(), w.Luca.Actor, aurora, p); return err }
		}
		out := func(p *site.Resource) { p.Active = false }
		fewer := func(p *site.Resource) { p.Seats-- }
		parts := func(p *site.Resource) { p.Atoms = p.Atoms[:len(p.Atoms)-1] }
		kept := func(p *site.Resource) { p.Groups = []string{coworkingtest.Soci} }
		w.bookAs(w.Giuseppe, 24, w.place("D-02")) // who is a member
		const booked = "manage.rooms.refused manage.rooms.booked"
		for _, c := range []struct {
			name   string
			save   func() error
			want   string
			inside int // bookings that are listed
		}{
			{"a booked desk goes out of use", save("D-01", out), booked, 1},
			{"a booked desk becomes a counter", save("D-01", func(p *site.Resource) { p.Kind = site.Counter }), booked, 1},
			{"a booked hall has fewer seats", save("H-ABC", fewer), booked, 1},
			{"a booked hall is of other parts", save("H-ABC", parts), booked, 1},
			{"a part of a booked hall has fewer seats", save("H-A", fewer), booked, 1},
			{"a part of a booked hall goes out of use", save("H-A", out), "manage.rooms.refused layout.whole-in-use manage.rooms.booked", 1},
			{"a booked desk is kept for others", save("D-01", kept), booked, 1},
			{"a booked hall is kept for others", save("H-ABC", kept), booked, 1},
			{"a part of a booked hall is kept for others", save("H-A", kept), "", 0},
			{"a desk that a member booked is kept for members", save("D-02", kept), "", 0},
			{"a desk of members becomes one of others", save("D-02", func(p *site.Resource) { p.Groups = []string{"x"} }), booked, 1},
			{"a desk of earlier", save("D-03", out), "", 0},
			{"a desk that nobody booked", save("D-04", out), "", 0},
			{"a booked desk is called otherwise", save("D-01", func(p *site.Resource) { p.Name = "Al sole" }), "", 0},
			{"a booked desk has more seats", save("D-01", func(p *site.Resource) { p.Seats = 2 }), "", 0},
			{"a hall that shares parts with the booked one", save("H-AB", out), "", 0},
		} {
			err := c.save()
			standing, _ := errs.As(err).Details.(manage.AffectedPlaces)
			if keys(err) != c.want || len(standing.List) != c.inside {
				t.Errorf("%s: %s with %+v", c.name, keys(err), standing)
			}
		}
		w.cancel(desk)
		w.cancel(hall)
		for _, again := range []func() error{save("D-01", out), save("H-ABC", parts), save("H-ABC", out), save("H-A", out)} {
			if err := again(); err != nil {
				t.Errorf("with nobody affected: %v", err)
			}
		}
		if got := keys(save("H-AB", func(p *site.Resource) { p.Active = true })()); got != "manage.rooms.refused layout.part-out" {
			t.Errorf("a hall with a part out of use comes back: %s", got)
		}
		w.Check(t)
	})
}

// Who booked in the very moment in which a place was taken out of use is seen at
// the desk until somebody moves them.
func TestABookingOfTheSameMomentIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	desk, hall := *w.place("D-01"), *w.place("H-AB")
	if err := w.desk.UsePlace(t.Context(), w.Luca.Actor, aurora, desk.ID, false); err != nil {
		t.Fatal(err)
	}
	late := w.bookIn(24, &desk) // another server has not heard of it yet
	w.bookIn(48, &hall)
	list, err := w.desk.Unsettled(t.Context(), aurora)
	if err != nil || len(list) != 1 || list[0].ID != late.ID || list[0].Why != guard.Places {
		t.Errorf("%+v, %v", list, err)
	}
	res, page := w.ask("luca", "it", "GET", houseOfAurora+"/posti", nil)
	want(t, "the list", res, page, 200)
	if len(page.All(".polis-alert")) != 1 {
		t.Error("the list of places does not tell of it")
	}
}

// A booking of somebody for whom a place or a house is not kept is seen as well.
func TestABookingThatIsKeptForOthersIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.bookAs(w.Giuseppe, 24, w.place("D-07")) // kept for members, of whom he is one
	late := w.bookIn(24, w.place("D-02"))
	p := *w.place("D-02")
	p.Groups = []string{coworkingtest.Soci}
	if err := w.Store.SaveResources(t.Context(), []site.Resource{p}); err != nil { // past the desk
		t.Fatal(err)
	}
	w.Reload(t)
	list, err := w.desk.Unsettled(t.Context(), aurora)
	if err != nil || len(list) != 1 || list[0].ID != late.ID || list[0].Why != guard.Groups {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestWhatCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	ctx, luca, room := t.Context(), w.Luca.Actor, aurora+"-0"
	place := func(p site.Resource) func() error {
		return func() error { _, err := w.desk.SavePlace(ctx, luca, aurora, p); return err }
	}
	saveRoom := func(r site.Room) func() error {
		return func() error { _, err := w.desk.SaveRoom(ctx, luca, aurora, r); return err }
	}
	change := func(code string, fn func(*site.Resource)) func() error {
		p := *w.place(code)
		fn(&p)
		return place(p)
	}
	hall := []int64{w.place("H-A").Ordinal, w.place("H-B").Ordinal}
	for _, c := range []struct {
		name string
		do   func() error
		want string
	}{
		{"two places of one code", place(site.Resource{Room: room, Kind: site.Desk, Code: "D-01", Name: "x", Seats: 1}), "manage.rooms.refused layout.code-taken"},
		{"two rooms of one code", saveRoom(site.Room{Code: "R0", Name: "x"}), "manage.rooms.refused layout.code-taken"},
		{"a room of places becomes a kitchen", saveRoom(site.Room{ID: room, Code: "R0", Name: "x", Purpose: "kitchen"}), "manage.rooms.refused layout.has-places plan.room-not-drawn"},
		{"a place in another house's room", place(site.Resource{Room: coworkingtest.SiteID("borgo") + "-0", Kind: site.Desk, Code: "X", Name: "x", Seats: 1}), "manage.rooms.refused layout.no-room"},
		{"a whole of one", place(site.Resource{Room: room, Kind: site.Hall, Code: "X", Name: "x", Seats: 1, Atoms: hall[:1]}), "manage.rooms.refused layout.few-parts"},
		{"a whole of wholes", place(site.Resource{Room: room, Kind: site.Hall, Code: "X", Name: "x", Seats: 1, Atoms: []int64{hall[0], w.place("H-AB").Ordinal}}), "manage.rooms.refused layout.no-part"},
		{"a place becomes a whole", change("D-01", func(p *site.Resource) { p.Atoms = hall }), "manage.rooms.refused layout.stays-place"},
		{"a whole becomes a place", change("H-AB", func(p *site.Resource) { p.Atoms = nil }), "manage.rooms.refused layout.few-parts"},
		{"a code that cannot stand in an address", change("D-01", func(p *site.Resource) { p.Code = "a b" }), "site.invalid"},
		{"a place that is not there", place(site.Resource{ID: "x"}), "resource.unknown"},
		{"a room that is not there", saveRoom(site.Room{ID: "x"}), "room.unknown"},
		{"a room with places goes", func() error { return w.desk.DropRoom(ctx, luca, aurora, room) }, "manage.rooms.refused room.has-places"},
		{"a room that is not there goes", func() error { return w.desk.DropRoom(ctx, luca, aurora, "x") }, "room.unknown"},
		{"use of what is not there", func() error { return w.desk.UsePlace(ctx, luca, aurora, "x", true) }, "resource.unknown"},
	} {
		before := w.Live.Network().Layout(aurora)
		if got := keys(c.do()); got != c.want && c.name != "a room of places becomes a kitchen" || got == "" {
			t.Errorf("%s: %s", c.name, got)
		}
		now := w.Live.Network().Layout(aurora)
		if before.Version() != now.Version() {
			t.Errorf("%s: something changed", c.name)
		}
	}
}

func TestWhoMayChangeRooms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	ctx, id := t.Context(), w.place("D-01").ID
	elsewhere := identity.Actor{Person: w.Luca.Person, Role: identity.SiteManager, Scope: identity.Site(coworkingtest.SiteID("borgo"))}
	here := identity.Actor{Person: w.Luca.Person, Role: identity.SiteManager, Scope: identity.Site(aurora)}
	for name, do := range map[string]func(identity.Actor) error{
		"room": func(a identity.Actor) error {
			_, err := w.desk.SaveRoom(ctx, a, aurora, site.Room{Code: "Z", Name: "Z"})
			return err
		},
		"place": func(a identity.Actor) error {
			_, err := w.desk.SavePlace(ctx, a, aurora, site.Resource{ID: id})
			return err
		},
		"use":  func(a identity.Actor) error { return w.desk.UsePlace(ctx, a, aurora, id, true) },
		"drop": func(a identity.Actor) error { return w.desk.DropRoom(ctx, a, aurora, "x") },
		"row":  func(a identity.Actor) error { return w.desk.AddRow(ctx, a, aurora, manage.Row{First: "Z-1", Count: 1}) },
		"plan": func(a identity.Actor) error { return w.desk.SavePlan(ctx, a, aurora, manage.Plan{}) },
	} {
		for who, a := range map[string]identity.Actor{"maria": w.Maria.Actor, "anna": w.Anna.Actor, "a manager of another house": elsewhere} {
			if err := do(a); !errs.Is(err, errs.Forbidden) {
				t.Errorf("%s by %s: %v", name, who, err)
			}
		}
		if err := do(identity.Anonymous); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("%s by nobody: %v", name, err)
		}
		if err := do(here); errs.Is(err, errs.Forbidden) {
			t.Errorf("%s by its manager: %v", name, err)
		}
	}
}

// A floor that somebody else changed meanwhile is not written over.
func TestAPlanIsSavedOverWhatWasSeen(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		l := w.Live.Network().Layout(aurora)
		floor := l.Floor(0)
		moved := *w.place("D-01")
		moved.Area.X += 25
		plan := manage.Plan{Version: floor.Version(), Refit: site.Refit{Places: []site.Resource{moved}}}
		if err := w.desk.SavePlan(t.Context(), w.Luca.Actor, aurora, plan); err != nil {
			t.Fatal(err)
		}
		if got := w.place("D-01").Area; got != moved.Area {
			t.Errorf("it lies at %v", got)
		}
		if got := keys(w.desk.SavePlan(t.Context(), w.Luca.Actor, aurora, plan)); got != "" {
			t.Errorf("a second tap: %s", got)
		}
		other := *w.place("D-02")
		other.Area.X += 25
		plan.Places = []site.Resource{other}
		if got := keys(w.desk.SavePlan(t.Context(), w.Luca.Actor, aurora, plan)); got != "manage.plan.changed" {
			t.Errorf("over another's: %s", got)
		}
	})
}

// On another program on the same database a new place is there, can be booked,
// and is seen taken here.
func TestAnotherReplicaHasANewPlaceAtOnce(t *testing.T) {
	t.Parallel()
	url := dbtest.PostgresURL(t)
	first, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { first.Close() })
	w := newWorld(t, first)
	second, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { second.Close() })
	live, err := site.NewLive(t.Context(), site.NewStore(second, w.Clock, clock.NewID))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go live.Run(ctx)
	engine := reserve.New(second, live, w.Clock, clock.NewID)
	if err := engine.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer engine.Stop()

	id, err := w.desk.SavePlace(t.Context(), w.Luca.Actor, aurora, site.Resource{Room: aurora + "-0", Kind: site.Desk, Code: "Z-1", Name: "Z-1", Seats: 1, Active: true})
	if err != nil {
		t.Fatal(err)
	}
	var place *site.Resource
	until(t, func() bool { place, err = live.Network().Resource(id); return err == nil })
	from := w.Clock.Now().Truncate(time.Hour).Add(24 * time.Hour)
	demand := reserve.Demand{Site: aurora, Kind: "desk", From: from, To: from.Add(time.Hour), Pool: []int64{place.Ordinal}, Count: 1}
	if _, err := engine.Do(t.Context(), reserve.Plan{Person: w.Maria.Person, To: reserve.Confirmed, Due: from.Add(time.Hour), Demands: []reserve.Demand{demand}}); err != nil {
		t.Fatal(err)
	}
	if got := keys(w.desk.UsePlace(t.Context(), w.Luca.Actor, aurora, id, false)); got != "manage.rooms.refused manage.rooms.booked" {
		t.Errorf("what was booked there is not seen here: %s", got)
	}
	w.Check(t)
}

// until waits for what another goroutine does.
func until(t *testing.T, done func() bool) {
	t.Helper()
	tick, late := time.NewTicker(5*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("it never happened")
		}
	}
}

// Whatever is changed in whatever order, everything lies where it may, and what
// somebody has booked is in use, of its kind, and made of what they took.
func TestNoEditLetsABookingDown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t, dbtest.SQLite(t))
		var booked []reserve.Booking
		kinds := map[string]site.ResourceKind{}
		for step := range rapid.IntRange(5, 25).Draw(r, "steps") {
			l := w.Live.Network().Layout(aurora)
			p := rapid.SampledFrom(l.Places).Draw(r, "place")
			cm := func(name string, least, most int) int { return 25 * rapid.IntRange(least, most).Draw(r, name) }
			var err error
			switch rapid.IntRange(0, 8).Draw(r, "act") {
			case 0, 1:
				if site.CheckSite(&site.Site{State: site.Open}, &p) == nil {
					b, err := w.Engine.Do(t.Context(), anHour(w, p, rapid.IntRange(1, 60).Draw(r, "hours")))
					if err == nil {
						booked = append(booked, b)
						kinds[b.ID] = p.Kind
					} else if !reserve.IsRefusal(err) {
						r.Fatal(err)
					}
				}
			case 2:
				err = w.desk.UsePlace(t.Context(), w.Luca.Actor, aurora, p.ID, !p.Active)
			case 3:
				p.Kind, p.Seats = rapid.SampledFrom(site.Bookable).Draw(r, "kind"), max(1, p.Seats+rapid.IntRange(-1, 1).Draw(r, "seats"))
				_, err = w.desk.SavePlace(t.Context(), w.Luca.Actor, aurora, p)
			case 4:
				if p.Composite() {
					p.Atoms = p.Atoms[rapid.IntRange(0, 1).Draw(r, "from"):]
				}
				_, err = w.desk.SavePlace(t.Context(), w.Luca.Actor, aurora, p)
			case 5:
				floor := l.Floor(0)
				if !p.Composite() {
					p.Area = site.Rect{X: cm("x", -1, 40), Y: cm("y", 0, 32), W: cm("w", 1, 8), H: cm("h", 1, 4)}
				}
				p.Active = rapid.Bool().Draw(r, "active")
				err = w.desk.SavePlan(t.Context(), w.Luca.Actor, aurora, manage.Plan{Version: floor.Version(), Refit: site.Refit{Places: []site.Resource{p}}})
			case 6:
				room := l.Rooms[0]
				room.Area = site.Rect{X: cm("rx", 0, 2), Y: cm("ry", 0, 2), W: cm("rw", 30, 60), H: cm("rh", 28, 60)}
				_, err = w.desk.SaveRoom(t.Context(), w.Luca.Actor, aurora, room)
			case 7:
				row := manage.Row{
					Room: l.Rooms[0].ID, Kind: site.Desk, First: fmt.Sprintf("N%d-1", step), Count: rapid.IntRange(1, 4).Draw(r, "count"), Seats: 1,
					Draw: rapid.Bool().Draw(r, "draw"), Lines: 1, W: 100, H: 50,
				}
				err = w.desk.AddRow(t.Context(), w.Luca.Actor, aurora, row)
			case 8:
				w.Clock.Advance(2 * time.Hour)
				if _, err := w.Engine.Sweep(t.Context()); err != nil {
					r.Fatal(err)
				}
			}
			if err != nil && !errs.Is(err, errs.Rule) && !errs.Is(err, errs.Invalid) {
				r.Fatalf("an edit failed: %v", err)
			}
		}
		w.Check(t)
		now := w.Live.Network().Layout(aurora)
		if faults := now.Misfits(); len(faults) > 0 {
			r.Fatalf("misfits: %+v", faults)
		}
		for _, b := range booked {
			b, err := w.Engine.Get(t.Context(), b.ID)
			if err != nil || !b.Status.Alive() {
				continue
			}
			for _, unit := range b.Parts[0].Units {
				p := now.ByOrdinal(unit)
				if !p.Active || p.Kind != kinds[b.ID] {
					r.Fatalf("%s is booked, and is now %+v", p.Code, p)
				}
				for _, atom := range p.Atoms {
					if !now.ByOrdinal(atom).Active {
						r.Fatalf("%s is booked with a part out of use", p.Code)
					}
				}
			}
		}
	})
}

func anHour(w *world, p site.Resource, hours int) reserve.Plan {
	from := w.Clock.Now().Truncate(time.Hour).Add(time.Duration(hours) * time.Hour)
	return reserve.Plan{
		Person: w.Maria.Person, To: reserve.Confirmed, Due: from.Add(time.Hour),
		Demands: []reserve.Demand{{Site: p.Site, Kind: string(p.Kind), From: from, To: from.Add(time.Hour), Units: []int64{p.Ordinal}}},
	}
}
