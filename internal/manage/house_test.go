package manage_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"polis/internal/agenda"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

var tomorrow = agenda.Date{Year: 2026, Month: time.November, Day: 24} // a Tuesday

func spans(text string) []agenda.Span { return agenda.MustHours(text).On(time.Monday, false) }

// A change that would let a coming booking down is refused and names it, until
// somebody says that it may stay; one that does not is taken.
func TestChangesThatLetBookingsDown(t *testing.T) {
	t.Parallel()
	never := time.Time{}
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		save := func(change func(*site.Site), keep time.Time) error {
			st := w.aurora()
			change(&st)
			return w.desk.SaveHouse(t.Context(), w.bruno, st, keep, "test")
		}
		state := func(to site.State, keep time.Time) error {
			st := w.aurora()
			return w.desk.SetState(t.Context(), w.bruno, st.ID, st.Rev, to, tomorrow, "", keep)
		}
		exception := func(on agenda.Date, hours []agenda.Span, keep time.Time) error {
			st := w.aurora()
			return w.desk.SetException(t.Context(), w.bruno, st.ID, st.Rev, on, on, hours, keep)
		}
		hours := func(text string) func(*site.Site) {
			return func(st *site.Site) { st.Hours = agenda.MustHours(text) }
		}
		usual := w.aurora()
		for _, c := range []struct {
			name   string
			change func(keep time.Time) error
			why    string // "" where nothing is affected
		}{
			{"another name", func(k time.Time) error { return save(func(st *site.Site) { st.Name = "Spazio Alba" }, k) }, ""},
			{"a state that closes", func(k time.Time) error { return state(site.Suspended, k) }, "closed"},
			{"other works", func(k time.Time) error { return state(site.Works, k) }, "closed"},
			{"the same state", func(k time.Time) error { return state(site.Open, k) }, ""},
			{"longer hours", func(k time.Time) error { return save(hours("24/7"), k) }, ""},
			{"hours that leave it", func(k time.Time) error { return save(hours("Tu 10:00-12:00"), k) }, ""},
			{"hours that begin later", func(k time.Time) error { return save(hours("Mo-Su 10:15-20:00"), k) }, "hours"},
			{"hours that end earlier", func(k time.Time) error { return save(hours("Mo-Su 08:00-11:45"), k) }, "hours"},
			{"a break", func(k time.Time) error { return save(hours("Mo-Su 08:00-10:30,10:45-20:00"), k) }, "hours"},
			{"another day", func(k time.Time) error { return save(hours("We 08:00-20:00"), k) }, "hours"},
			{"never", func(k time.Time) error { return save(hours("off"), k) }, "hours"},
			{"the day of the patron", func(k time.Time) error {
				return save(func(st *site.Site) { st.Patron = agenda.MonthDay{Month: time.November, Day: 24} }, k)
			}, "hours"},
			{"another zone", func(k time.Time) error { return save(func(st *site.Site) { st.Zone = "America/New_York" }, k) }, "hours"},
			{"closed on that day", func(k time.Time) error { return exception(tomorrow, nil, k) }, "hours"},
			{"shorter on that day", func(k time.Time) error { return exception(tomorrow, spans("10:00-11:00"), k) }, "hours"},
			{"enough on that day", func(k time.Time) error { return exception(tomorrow, spans("09:00-12:00"), k) }, ""},
			{"closed the day after", func(k time.Time) error { return exception(tomorrow.AddDays(1), nil, k) }, ""},
			{"for others", func(k time.Time) error {
				return save(func(st *site.Site) { st.Groups = []string{coworkingtest.Soci} }, k)
			}, "groups"},
		} {
			b := w.book(w.Maria, "D-01", tuesday(10, 0), tuesday(12, 0))
			err := c.change(never)
			if (err != nil) != (c.why != "") {
				t.Errorf("%s: %v", c.name, err)
			}
			if c.why != "" {
				if affected := w.affected(err); len(affected) != 1 || affected[0].ID != b.ID || string(affected[0].Why) != c.why {
					t.Errorf("%s: affected %v", c.name, affected)
				}
				if now := w.aurora(); now.Rev != usual.Rev {
					t.Errorf("%s: refused, and yet changed", c.name)
				}
				if w.affected(c.change(b.Changed.Add(-time.Second))); w.aurora().Rev != usual.Rev {
					t.Errorf("%s: taken for who saw other bookings", c.name)
				}
				if err := c.change(w.Clock.Now()); err != nil {
					t.Errorf("%s, the booking may stay: %v", c.name, err)
				}
				if got, err := w.Engine.Get(t.Context(), b.ID); err != nil || got.Rev != b.Rev {
					t.Errorf("%s: the booking was touched: %v %v", c.name, got, err)
				}
			}
			w.cancel(b)
			w.reset(usual)
			usual = w.aurora()
		}
		w.Check(t)
	})
}

// reset makes Aurora what it was.
func (w *world) reset(was site.Site) {
	w.t.Helper()
	for d := range w.aurora().Exceptions {
		if err := w.Store.DropException(w.t.Context(), was.ID, d, ""); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := w.Store.SetState(w.t.Context(), was.ID, was.State, tomorrow, was.OpensOn, ""); err != nil {
		w.t.Fatal(err)
	}
	if err := w.Store.SaveSites(w.t.Context(), []site.Site{was}); err != nil {
		w.t.Fatal(err)
	}
	w.Reload(w.t)
}

// So many dates at once can have other hours, and no more.
func TestHowManyDatesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	st := w.aurora()
	err := w.desk.SetException(t.Context(), w.luca, st.ID, st.Rev, tomorrow, tomorrow.AddDays(site.MaxException), nil, time.Time{})
	if !errs.HasKey(err, "manage.exceptions.to") {
		t.Errorf("one too many: %v", err)
	}
	err = w.desk.SetException(t.Context(), w.luca, st.ID, st.Rev, tomorrow, tomorrow.AddDays(site.MaxException-1), nil, time.Time{})
	if n := len(w.aurora().Exceptions); err != nil || n != site.MaxException {
		t.Errorf("%d dates, %v", n, err)
	}
}

// Only what is still to come of a booking matters, and only to whom it belongs.
func TestWhatIsAffected(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		maria := w.book(w.Maria, "D-01", tuesday(8, 0), tuesday(12, 0))
		giuseppe := w.book(w.Giuseppe, "H-ABC", tuesday(9, 0), tuesday(10, 0))
		w.cancel(w.book(w.Maria, "D-02", tuesday(8, 0), tuesday(12, 0)))
		far := w.book(w.Maria, "D-03", tuesday(8, 50), tuesday(9, 50))
		shrink := func(text string, groups ...string) []string {
			st := w.aurora()
			st.Hours, st.Groups = agenda.MustHours(text), groups
			err := w.desk.SaveHouse(t.Context(), w.luca, st, time.Time{}, "hours")
			if err == nil {
				return nil
			}
			var got []string
			for _, x := range w.affected(err) {
				got = append(got, fmt.Sprintf("%s %s", map[string]string{maria.ID: "maria", giuseppe.ID: "giuseppe", far.ID: "far"}[x.ID], x.Why))
			}
			return got
		}
		const usual = "Mo-Fr 08:00-20:00; Sa 09:00-13:00; PH off"
		for _, c := range []struct {
			name, hours string
			groups      []string
			want        []string
		}{
			{"closed", "off", nil, []string{"maria hours", "giuseppe hours", "far hours"}},
			{"from nine", "Mo-Su 09:00-20:00", nil, []string{"maria hours", "far hours"}},
			{"for soci", usual, []string{coworkingtest.Soci}, []string{"maria groups", "far groups"}},
			{"for all and nobody else", usual, []string{coworkingtest.Soci, "x"}, []string{"maria groups", "far groups"}},
		} {
			if got := shrink(c.hours, c.groups...); !slices.Equal(got, c.want) {
				t.Errorf("%s: affected %v, want %v", c.name, got, c.want)
			}
		}
		w.Clock.Set(tuesday(9, 0).Add(time.Minute))
		if got := shrink("Mo-Su 09:00-20:00"); !slices.Equal(got, []string{"far hours"}) {
			t.Errorf("what is over is affected: %v", got)
		}
		w.Check(t)
	})
}

// A visit of which the part in a house is over is in no way of that house, though
// it goes on elsewhere.
func TestAPartThatIsOverIsInNoWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	demand := func(house, code string, from, to time.Time) reserve.Demand {
		r, err := w.Live.Network().Resource(w.ID(house, code))
		if err != nil {
			t.Fatal(err)
		}
		return reserve.Demand{Site: r.Site, Kind: string(r.Kind), From: from, To: to, Units: []int64{r.Ordinal}}
	}
	if _, err := w.Engine.Do(t.Context(), reserve.Plan{
		Person: w.Maria.Person, To: reserve.Confirmed, Due: tuesday(18, 0),
		Demands: []reserve.Demand{demand("aurora", "D-01", tuesday(9, 0), tuesday(10, 0)), demand("molo", "D-01", tuesday(16, 0), tuesday(18, 0))},
	}); err != nil {
		t.Fatal(err)
	}
	w.Clock.Set(tuesday(11, 0))
	st := w.aurora()
	if err := w.desk.SetState(t.Context(), w.luca, st.ID, st.Rev, site.Suspended, tomorrow, "", time.Time{}); err != nil {
		t.Errorf("it is affected: %v", err)
	}
	if list, err := w.desk.Unsettled(t.Context(), st.ID); err != nil || len(list) > 0 {
		t.Errorf("%d to settle, %v", len(list), err)
	}
}

// Who may change a house is who runs it, or the network.
func TestWhoMayChangeAHouse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	aurora, borgo := coworkingtest.SiteID("aurora"), coworkingtest.SiteID("borgo")
	rev := func(id string) int64 {
		st, err := w.Live.Network().Site(id)
		if err != nil {
			t.Fatal(err)
		}
		return st.Rev
	}
	acts := map[string]func(a identity.Actor, id string) error{
		"save": func(a identity.Actor, id string) error {
			st, _ := w.Live.Network().Site(id)
			return w.desk.SaveHouse(t.Context(), a, *st, time.Time{}, "x")
		},
		"state": func(a identity.Actor, id string) error {
			return w.desk.SetState(t.Context(), a, id, rev(id), site.Open, tomorrow, "", time.Time{})
		},
		"exception": func(a identity.Actor, id string) error {
			return w.desk.SetException(t.Context(), a, id, rev(id), tomorrow, tomorrow, spans("08:00-20:00"), time.Time{})
		},
		"end of exception": func(a identity.Actor, id string) error {
			if err := w.Store.SaveExceptions(t.Context(), id, tomorrow, tomorrow, spans("08:00-20:00"), ""); err != nil {
				t.Fatal(err)
			}
			w.Reload(t)
			return w.desk.EndException(t.Context(), a, id, rev(id), tomorrow, time.Time{})
		},
		"rules": func(a identity.Actor, id string) error {
			return w.desk.SetRules(t.Context(), a, id, rev(id), site.Desk, site.DefaultRules(site.Desk))
		},
		"rules dropped": func(a identity.Actor, id string) error { return w.desk.DropRules(t.Context(), a, id, site.Desk) },
		"house rules": func(a identity.Actor, id string) error {
			own, _ := w.Live.Network().HouseRules(id)
			if own.Site != id {
				own.Version = 0
			}
			_, err := w.desk.PublishHouseRules(t.Context(), a, id, own.Version, site.Text{IT: "Silenzio."})
			return err
		},
	}
	network := map[string]func(a identity.Actor) error{
		"new house": func(a identity.Actor) error {
			_, err := w.desk.AddHouse(t.Context(), a, site.Site{
				Code: fmt.Sprintf("casa-%d", w.Live.Network().Len()), Kind: site.Office, Name: "Casa", Municipality: "012072", Address: "Via 1",
			})
			return err
		},
		"rules": func(a identity.Actor) error {
			return w.desk.SetRules(t.Context(), a, "", 0, site.Hall, site.DefaultRules(site.Hall))
		},
	}
	kind := func(err error) errs.Kind {
		if err == nil {
			return ""
		}
		return errs.As(err).Kind
	}
	for _, who := range []struct {
		name                   string
		actor                  identity.Actor
		aurora, borgo, network errs.Kind
	}{
		{"manager of the network", w.luca, "", "", ""},
		{"manager of Aurora", w.bruno, "", errs.Forbidden, errs.Forbidden},
		{"receptionist of Aurora", w.anna, errs.Forbidden, errs.Forbidden, errs.Forbidden},
		{"citizen", w.maria, errs.Forbidden, errs.Forbidden, errs.Forbidden},
		{"visitor", identity.Anonymous, errs.Unauthenticated, errs.Unauthenticated, errs.Unauthenticated},
	} {
		for name, act := range acts {
			if got := kind(act(who.actor, aurora)); got != who.aurora {
				t.Errorf("%s, %s of Aurora: %q, want %q", who.name, name, got, who.aurora)
			}
			if got := kind(act(who.actor, borgo)); got != who.borgo {
				t.Errorf("%s, %s of Borgo: %q, want %q", who.name, name, got, who.borgo)
			}
		}
		for name, act := range network {
			if got := kind(act(who.actor)); got != who.network {
				t.Errorf("%s, %s of the network: %q, want %q", who.name, name, got, who.network)
			}
		}
	}
	if err := w.desk.SaveHouse(t.Context(), w.luca, site.Site{ID: "none"}, time.Time{}, "x"); !errs.Is(err, errs.NotFound) {
		t.Errorf("a house that does not exist: %v", err)
	}
}

// Who has seen an older revision changes nothing.
func TestOlderRevisionsAreRefused(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		old := w.aurora()
		first := old
		first.Name = "Primo"
		if err := w.desk.SaveHouse(t.Context(), w.luca, first, time.Time{}, "name"); err != nil {
			t.Fatal(err)
		}
		stale := func(name string, err error) {
			t.Helper()
			if !errs.HasKey(err, "site.changed-since") || !errs.Is(err, errs.Conflict) {
				t.Errorf("%s: %v", name, err)
			}
		}
		second := old
		second.Name = "Secondo"
		stale("save", w.desk.SaveHouse(t.Context(), w.luca, second, time.Time{}, "name"))
		stale("state", w.desk.SetState(t.Context(), w.luca, old.ID, old.Rev, site.Works, tomorrow, "", time.Time{}))
		stale("exception", w.desk.SetException(t.Context(), w.luca, old.ID, old.Rev, tomorrow, tomorrow, nil, time.Time{}))
		stale("rules", w.desk.SetRules(t.Context(), w.luca, old.ID, old.Rev, site.Desk, site.DefaultRules(site.Desk)))
		// Another program was faster, and this one has not heard of it yet.
		now := w.aurora()
		if err := w.Store.SaveExceptions(t.Context(), old.ID, tomorrow, tomorrow, nil, "else"); err != nil {
			t.Fatal(err)
		}
		now.Name = "Terzo"
		stale("unheard", w.desk.SaveHouse(t.Context(), w.luca, now, time.Time{}, "name"))
		if got := w.aurora(); got.Name != "Primo" || len(got.Exceptions) != 1 {
			t.Errorf("Aurora is %q with %d exceptions", got.Name, len(got.Exceptions))
		}
	})
}

// Whatever is changed without saying that bookings may stay, each coming booking
// lies inside the hours of an open house.
func TestComingBookingsStand(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		usual := w.aurora()
		var made []reserve.Booking
		rapid.Check(t, func(rt *rapid.T) {
			for _, b := range made {
				w.cancel(b)
			}
			made = nil
			w.reset(usual)
			day := func() agenda.Date { return tomorrow.AddDays(rapid.IntRange(0, 9).Draw(rt, "day")) }
			week := func() agenda.Hours {
				return agenda.MustHours(rapid.SampledFrom([]string{
					"24/7", "Mo-Fr 08:00-20:00; PH off", "Mo-Su 09:00-13:00,14:00-18:00", "Tu-Sa 07:00-22:00", "Mo-Sa 20:00-02:00", "off",
				}).Draw(rt, "week"))
			}
			refused, taken := 0, 0
			for range rapid.IntRange(1, 12).Draw(rt, "steps") {
				st := w.aurora()
				var err error
				switch rapid.IntRange(0, 6).Draw(rt, "step") {
				case 0, 1, 2:
					d := day()
					from := time.Date(d.Year, d.Month, d.Day, rapid.IntRange(0, 23).Draw(rt, "hour"), 0, 0, 0, agenda.Rome)
					to := from.Add(time.Duration(rapid.IntRange(1, 5).Draw(rt, "hours")) * time.Hour)
					if st.State != site.Open || !naivelyOpen(w.Live.Network().Opening(st.ID), from, to) {
						continue
					}
					code := rapid.SampledFrom([]string{"D-01", "D-02", "H-AB", "M-1"}).Draw(rt, "place")
					if b, err := w.tryBook(w.Maria, code, from, to); err == nil {
						made = append(made, b)
					}
					continue
				case 3:
					st.Hours = week()
					err = w.desk.SaveHouse(t.Context(), w.luca, st, time.Time{}, "hours")
				case 4:
					to := rapid.SampledFrom(site.States).Draw(rt, "state")
					err = w.desk.SetState(t.Context(), w.luca, st.ID, st.Rev, to, tomorrow, "", time.Time{})
				case 5:
					first := day()
					last := first.AddDays(rapid.IntRange(0, 3).Draw(rt, "days"))
					err = w.desk.SetException(t.Context(), w.luca, st.ID, st.Rev, first, last, week().On(time.Tuesday, false), time.Time{})
				case 6:
					if len(st.Exceptions) == 0 {
						continue
					}
					days := make([]agenda.Date, 0, len(st.Exceptions))
					for d := range st.Exceptions {
						days = append(days, d)
					}
					slices.SortFunc(days, agenda.Date.Compare)
					err = w.desk.EndException(t.Context(), w.luca, st.ID, st.Rev, rapid.SampledFrom(days).Draw(rt, "end"), time.Time{})
				}
				if err != nil {
					w.affected(err)
					refused++
				} else {
					taken++
				}
				now := w.aurora()
				for _, b := range made {
					if now.State != site.Open || !naivelyOpen(w.Live.Network().Opening(now.ID), b.Starts, b.Ends) {
						rt.Fatalf("the booking %s–%s does not stand: %s %s %v", b.Starts, b.Ends, now.State, now.Hours, now.Exceptions)
					}
				}
				if list, err := w.desk.Unsettled(t.Context(), now.ID); err != nil || len(list) > 0 {
					rt.Fatalf("%d bookings to settle, %v", len(list), err)
				}
			}
		})
		w.Check(t)
	})
}

// naivelyOpen looks at each quarter-hour alone.
func naivelyOpen(o *agenda.Opening, from, to time.Time) bool {
	for at := from; at.Before(to); at = at.Add(agenda.Quarter) {
		d := agenda.DateOf(at.In(o.Zone))
		open := false
		for _, span := range slices.Concat(o.On(d.AddDays(-1)), o.On(d)) {
			open = open || !at.Before(span.From) && !at.Add(agenda.Quarter).After(span.To)
		}
		if !open {
			return false
		}
	}
	return true
}
