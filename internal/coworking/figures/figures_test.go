package figures_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"polis/internal/agenda"
	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/coworking/figures"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

var (
	clearBookings    = db.Q("figures.test-clear-bookings", `DELETE FROM booking`)
	clearAllocations = db.Q("figures.test-clear-allocations", `DELETE FROM allocation`)
	clearOccupancy   = db.Q("figures.test-clear-occupancy", `DELETE FROM occupancy`)
	clearRatings     = db.Q("figures.test-clear-ratings", `DELETE FROM rating`)
	clearDays        = db.Q("figures.test-clear-days", `DELETE FROM figure_day`)
	clearSums        = db.Q("figures.test-clear-sums", `DELETE FROM figure_sum`)
	addRating        = db.Q("figures.test-rating", `INSERT INTO rating (booking, site, score, at) VALUES ($1, $2, $3, $4)`)
)

// testingT is a test, or one try of a property.
type testingT interface {
	Context() context.Context
	Fatal(...any)
}

// past is a world whose bookings are written as they are, whenever they were.
type past struct {
	*coworkingtest.World
	figures *figures.Service
	made    []reserve.Booking
	ratings []scored
}

type scored struct {
	booking reserve.Booking
	score   int
	at      time.Time
}

// network is the one of coworkingtest with all kinds: at molo an office of the
// desks D-01 and D-02, and a terrace.
func network() site.Data {
	d := coworkingtest.Network()
	molo := coworkingtest.SiteID("molo")
	add := func(code string, kind site.ResourceKind, seats int, atoms ...int64) {
		n := int64(len(d.Resources) + 1)
		d.Resources = append(d.Resources, site.Resource{
			Ordinal: n, ID: fmt.Sprintf("01900000-0000-7000-b000-%012d", n), Site: molo, Room: molo + "-0", Kind: kind, Code: code, Name: code, Seats: seats, Active: true, Atoms: atoms,
		})
	}
	var desks []int64
	for _, r := range d.Resources {
		if r.Site == molo && (r.Code == "D-01" || r.Code == "D-02") {
			desks = append(desks, r.Ordinal)
		}
	}
	add("U-1", site.Private, 2, desks...)
	add("O-1", site.Outdoor, 1)
	return d
}

func newPast(t testing.TB, d *db.DB, network site.Data) *past {
	w := &past{World: coworkingtest.NewWith(t, d, network)}
	w.begin()
	return w
}

// begin makes the figures, as a program that starts does.
func (w *past) begin() {
	w.figures = figures.New(figures.Options{DB: w.DB, Live: w.Live, Engine: w.Engine, Clock: w.Clock})
}

func at(hours float64) time.Time {
	return coworkingtest.Now.Truncate(time.Hour).Add(time.Duration(hours * float64(time.Hour)))
}

// places asks for places of a site from and to hours after the beginning.
func (w *past) places(site string, from, to float64, codes ...string) coworking.PartRequest {
	p := coworking.PartRequest{From: at(from), To: at(to)}
	for _, code := range codes {
		p.Resources = append(p.Resources, w.ID(site, code))
	}
	return p
}

func (w *past) book(t testing.TB, parts ...coworking.PartRequest) coworking.Booking {
	t.Helper()
	b, err := w.Service.Book(t.Context(), w.Load.Actor, coworking.Request{Parts: parts})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (w *past) turnover(b reserve.Booking) time.Duration {
	return time.Duration(w.Live.Network().Rules(b.Parts[0].Site, site.ResourceKind(b.Parts[0].Kind)).Turnover) * time.Minute
}

// write puts bookings and ratings in the place of all there are.
func (w *past) write(t testingT) {
	w.begin()
	fill := reserve.NewFiller(w.DB, w.Live.Network())
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		for _, q := range []db.Query{clearBookings, clearAllocations, clearOccupancy, clearRatings, clearDays, clearSums} {
			if _, err := tx.Exec(t.Context(), q); err != nil {
				return err
			}
		}
		for _, r := range w.ratings {
			if _, err := tx.Exec(t.Context(), addRating, r.booking.ID, r.booking.Parts[0].Site, int64(r.score), clock.Micros(r.at)); err != nil {
				return err
			}
		}
		return nil
	})
	for i := 0; err == nil && i < len(w.made); i++ {
		err = fill.Add(w.made[i], w.turnover(w.made[i]))
	}
	if err == nil {
		err = fill.Flush(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// visit is a booking of a place.
func (w *past) visit(house, code string, status reserve.Status, from, to, made time.Time) reserve.Booking {
	net := w.Live.Network()
	r, err := net.Resource(w.ID(house, code))
	if err != nil {
		panic(err)
	}
	b := reserve.Booking{
		ID: clock.NewID(), Person: w.Maria.Person, Status: status, Starts: from, Ends: to, Created: made, Changed: made, Rev: 1,
		Parts: []reserve.Part{{Site: r.Site, Kind: string(r.Kind), Units: []int64{r.Ordinal}, From: from, To: to}},
	}
	w.made = append(w.made, b)
	return b
}

var statuses = []reserve.Status{
	reserve.Completed, reserve.Completed, reserve.Confirmed, reserve.CheckedIn, reserve.Cancelled, reserve.NoShow, reserve.Held, reserve.Expired,
}

// Figures are what a naive count comes to, quarter-hour by quarter-hour and
// booking by booking, in every zone and on the days of 23 and 25 hours, whether no
// day is kept, one or all.
func TestFiguresCountAsTheNaiveModel(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newPast(t, d, network())
		if err := w.figures.CatchUp(t.Context(), 0); err != nil { // cantiere never was open
			t.Fatal(err)
		}
		rapid.Check(t, func(rt *rapid.T) {
			w.made, w.ratings = nil, nil
			day, err := agenda.ParseDate(rapid.SampledFrom([]string{"2026-03-29", "2026-10-25", "2027-03-28", "2026-06-10", "2026-12-31"}).Draw(rt, "day"))
			if err != nil {
				rt.Fatal(err)
			}
			w.Clock.Set(time.Date(day.Year, day.Month, day.Day+rapid.IntRange(-4, 6).Draw(rt, "today"), 10, 0, 0, 0, agenda.Rome))
			base := time.Date(day.Year, day.Month, day.Day, 0, 0, 0, 0, agenda.Rome)
			for range rapid.IntRange(0, 12).Draw(rt, "bookings") {
				house := rapid.SampledFrom([]string{"aurora", "molo", "faro", "cantiere"}).Draw(rt, "house")
				code := "D-01"
				if house != "cantiere" {
					code = rapid.SampledFrom(map[string][]string{
						"aurora": {"D-01", "D-02", "M-1", "T-1", "H-A", "H-AB", "H-ABC"}, "molo": {"D-01", "D-03", "M-1", "U-1", "O-1"}, "faro": {"D-01", "D-02", "M-1"},
					}[house]).Draw(rt, "place")
				}
				from := base.Add(time.Duration(rapid.IntRange(-5*96, 5*96).Draw(rt, "from")) * agenda.Quarter)
				to := from.Add(time.Duration(rapid.SampledFrom([]int{1, 3, 4, 5, 8, 16, 32, 40, 96, 120}).Draw(rt, "length")) * agenda.Quarter)
				made := from.Add(-time.Duration(rapid.IntRange(0, 20*24*60).Draw(rt, "ahead")) * time.Minute)
				b := w.visit(house, code, rapid.SampledFrom(statuses).Draw(rt, "status"), from, to, made)
				if rapid.IntRange(0, 3).Draw(rt, "rated") > 0 {
					w.ratings = append(w.ratings, scored{b, rapid.IntRange(1, 5).Draw(rt, "score"), to})
				}
			}
			w.write(rt)
			q := figures.Query{
				Site: rapid.SampledFrom([]string{"", coworkingtest.SiteID("molo"), coworkingtest.SiteID("faro"), coworkingtest.SiteID("aurora")}).Draw(rt, "site"),
				Kind: rapid.SampledFrom(append([]site.ResourceKind{""}, site.Bookable...)).Draw(rt, "kind"),
				From: day.AddDays(rapid.IntRange(-6, 2).Draw(rt, "first")),
			}
			q.To = q.From.AddDays(rapid.IntRange(0, 9).Draw(rt, "days"))
			want := w.naive(q)
			for _, keep := range []time.Duration{-1, 0, time.Hour} {
				if keep >= 0 {
					if err := w.figures.CatchUp(rt.Context(), keep); err != nil {
						rt.Fatal(err)
					}
				}
				got, err := w.figures.Figures(rt.Context(), w.Luca.Actor, q)
				if err != nil {
					rt.Fatal(err)
				}
				if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b *site.Site) bool { return a.ID == b.ID })); diff != "" {
					rt.Fatalf("%+v, kept for %v: -want +got\n%s", q, keep, diff)
				}
			}
		})
	})
}

// naive counts the same from the lists.
func (w *past) naive(q figures.Query) figures.Figures {
	net, zone := w.Live.Network(), agenda.Rome
	if st, err := net.Site(q.Site); err == nil {
		zone = net.Zone(st)
	}
	f := figures.Figures{Query: q, Since: q.From}
	w.naivePlaces(&f)
	taken := map[int64]map[int64]bool{} // atom → quarter-hour
	first := int64(1 << 40)
	for _, b := range w.made {
		if !b.Status.Holds() {
			continue
		}
		for _, u := range b.Parts[0].Units {
			for t := b.Starts; t.Before(b.Ends.Add(w.turnover(b))); t = t.Add(agenda.Quarter) {
				for _, a := range net.Atoms(u) {
					if taken[a] == nil {
						taken[a] = map[int64]bool{}
					}
					taken[a][t.Unix()] = true
					first = min(first, int64(agenda.DayOf(t)))
				}
			}
		}
	}
	if first == 1<<40 {
		return f
	}
	if known := agenda.DateOf(agenda.Day(first).Start().In(zone)); f.Since.Before(known) {
		f.Since = known
	}
	if f.To.Before(f.Since) {
		return f
	}
	houses := map[string]*figures.House{}
	house := func(id string) *figures.House {
		if houses[id] == nil {
			st, _ := net.Site(id)
			houses[id] = &figures.House{Site: st}
		}
		return houses[id]
	}
	w.naiveLoad(&f, taken, house)
	monday := func(d agenda.Date) agenda.Date {
		for d.Weekday() != time.Monday {
			d = d.AddDays(-1)
		}
		return d
	}
	for d := f.Since; !f.To.Before(d); d = d.AddDays(1) {
		if n := len(f.Weeks); n == 0 || f.Weeks[n-1].Monday != monday(d) {
			m := monday(d)
			f.Weeks = append(f.Weeks, figures.Week{Monday: m, Part: m.Before(f.Since) || f.To.Before(m.AddDays(6))})
		}
	}
	fits := func(b reserve.Booking) bool {
		return (q.Site == "" || b.Parts[0].Site == q.Site) && (q.Kind == "" || b.Parts[0].Kind == string(q.Kind))
	}
	date := func(b reserve.Booking, t time.Time) agenda.Date {
		st, err := net.Site(b.Parts[0].Site)
		if err != nil {
			panic(err)
		}
		return agenda.DateOf(t.In(net.Zone(st)))
	}
	inside := func(b reserve.Booking) bool {
		d := date(b, b.Starts)
		return !d.Before(f.Since) && !f.To.Before(d) && b.Status != reserve.Held && b.Status != reserve.Expired
	}
	for _, b := range w.made {
		if !fits(b) || !inside(b) {
			continue
		}
		f.Bookings++
		starts, days := date(b, b.Starts), 0
		for d := date(b, b.Created); d.Before(starts); d = d.AddDays(1) {
			days++
		}
		f.Lead[slices.IndexFunc(figures.LeadDays[:], func(most int) bool { return days <= most })]++
		f.Length[slices.IndexFunc(figures.LengthHours[:], func(most int) bool { return b.Ends.Sub(b.Starts) <= time.Duration(most)*time.Hour })]++
		h := &figures.House{}
		if q.Site == "" {
			h = house(b.Parts[0].Site)
		}
		h.Bookings++
		week := &f.Weeks[slices.IndexFunc(f.Weeks, func(w figures.Week) bool { return w.Monday == monday(starts) })]
		switch b.Status {
		case reserve.Cancelled:
			f.Cancelled, h.Cancelled, week.Cancelled = f.Cancelled+1, h.Cancelled+1, week.Cancelled+1
		case reserve.NoShow:
			f.NoShows, h.NoShows, week.NoShows = f.NoShows+1, h.NoShows+1, week.NoShows+1
			f.Visits, h.Visits = f.Visits+1, h.Visits+1
		case reserve.CheckedIn, reserve.Completed:
			f.Visits, h.Visits, week.Kept = f.Visits+1, h.Visits+1, week.Kept+1
		default:
			week.Kept++
		}
	}
	scores := map[string][]int{}
	for _, r := range w.ratings {
		if fits(r.booking) && inside(r.booking) {
			scores[""] = append(scores[""], r.score)
			scores[r.booking.Parts[0].Site] = append(scores[r.booking.Parts[0].Site], r.score)
		}
	}
	for id, list := range scores {
		var mean figures.Rating
		if len(list) >= 5 {
			sum := 0
			for _, n := range list {
				sum += n
			}
			mean = figures.Rating{Average: float64(sum) / float64(len(list)), Count: len(list)}
		}
		if id == "" {
			f.Rating = mean
		} else if q.Site == "" {
			house(id).Rating = mean
		}
	}
	if q.Site == "" {
		for _, h := range houses {
			if *h != (figures.House{Site: h.Site}) {
				f.ByHouse = append(f.ByHouse, *h)
			}
		}
		share := func(h figures.House) float64 {
			if h.Load.Open == 0 {
				return -1
			}
			return float64(h.Load.Taken) / float64(h.Load.Open)
		}
		slices.SortFunc(f.ByHouse, func(a, b figures.House) int {
			switch x, y := share(a), share(b); {
			case x > y:
				return -1
			case x < y:
				return 1
			case a.Site.Name < b.Site.Name:
				return -1
			}
			return 1
		})
	}
	return f
}

// naivePlaces counts what is open now.
func (w *past) naivePlaces(f *figures.Figures) {
	for _, hit := range w.Live.Network().Sites(site.Filter{State: site.Open}) {
		if n := len(w.atoms(hit.Site.ID, f.Kind)); n > 0 && (f.Site == "" || f.Site == hit.Site.ID) {
			f.Houses++
			f.Places += n
		}
	}
}

// atoms are those of the places of a kind.
func (w *past) atoms(house string, kind site.ResourceKind) (atoms []int64) {
	net := w.Live.Network()
	for _, r := range net.Resources(house) {
		if r.Active && (r.Kind == kind || kind == "" && slices.Contains(site.Bookable, r.Kind)) {
			for _, a := range net.Atoms(r.Ordinal) {
				if !slices.Contains(atoms, a) {
					atoms = append(atoms, a)
				}
			}
		}
	}
	return atoms
}

// naiveLoad looks at every place in every quarter-hour of the period.
func (w *past) naiveLoad(f *figures.Figures, taken map[int64]map[int64]bool, house func(string) *figures.House) {
	net := w.Live.Network()
	for _, hit := range net.Sites(site.Filter{State: site.Open}) {
		st := hit.Site
		atoms := w.atoms(st.ID, f.Kind)
		if f.Site != "" && f.Site != st.ID || len(atoms) == 0 {
			continue
		}
		h, zone := house(st.ID), net.Zone(st)
		for t := time.Date(f.Since.Year, f.Since.Month, f.Since.Day, 0, 0, 0, 0, zone); !f.To.Before(agenda.DateOf(t.In(zone))); t = t.Add(agenda.Quarter) {
			cells, err := agenda.Cells(t, t.Add(agenda.Quarter))
			if err != nil || !net.Opening(st.ID).Contains(cells) {
				continue
			}
			local := t.In(zone)
			cell := &f.Heat[(int(local.Weekday())+6)%7][local.Hour()]
			for _, a := range atoms {
				for _, load := range []*figures.Load{cell, &f.Load, &h.Load} {
					if load.Open++; taken[a][t.Unix()] {
						load.Taken++
					}
				}
			}
		}
	}
}

// What a closure shuts was not open.
func TestFiguresLeaveOutWhatIsClosed(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newPast(t, d, network())
		w.book(t, w.places("molo", 2, 4, "D-01"))
		day := agenda.DateOf(at(0))
		q := figures.Query{Site: coworkingtest.SiteID("molo"), Kind: site.Desk, From: day, To: day}
		before, err := w.figures.Figures(t.Context(), w.Luca.Actor, q)
		if err != nil || before.Load != (figures.Load{Taken: 8, Open: 5 * 96}) {
			t.Fatalf("%+v, %v", before.Load, err)
		}
		if _, _, err := w.Service.Close(t.Context(), w.Luca.Actor, coworking.ClosureRequest{Site: q.Site, Reason: "Lavori", From: at(3), To: at(8)}); err != nil {
			t.Fatal(err)
		}
		after, err := w.figures.Figures(t.Context(), w.Luca.Actor, q)
		want := figures.Load{Taken: 4, Open: 5*96 - 5*20} // the booking in the way stays, on what is closed
		if err != nil || after.Load != want {
			t.Errorf("with five hours closed %+v, want %+v, %v", after.Load, want, err)
		}
	})
}

// The places of a kind are its atoms: an office is its desks, whoever booked
// them, and has its heat map as all kinds have.
func TestFiguresOfEveryKind(t *testing.T) {
	t.Parallel()
	w := newPast(t, dbtest.SQLite(t), network())
	w.book(t, w.places("molo", 1, 3, "U-1"), w.places("molo", 1, 3, "D-03"))
	w.book(t, w.places("molo", 4, 5, "D-01"))
	w.book(t, w.places("molo", 4, 5, "O-1"))
	w.book(t, w.places("molo", 6, 7, "M-1"))
	w.book(t, w.places("aurora", 4, 5, "T-1"))
	w.book(t, w.places("aurora", 4, 5, "H-AB"))
	day := agenda.DateOf(at(0))
	for kind, want := range map[site.ResourceKind]figures.Load{
		site.Private: {Taken: 2*8 + 4, Open: 2 * 96}, site.Desk: {Taken: 3*8 + 4, Open: (5 + 7 + 4) * 96}, site.Outdoor: {Taken: 6, Open: 96}, // and half an hour of turnover
	} {
		f, err := w.figures.Figures(t.Context(), w.Luca.Actor, figures.Query{Kind: kind, From: day, To: day})
		if kind == site.Desk { // aurora is open for twelve hours, and borgo has three
			want.Open += 3*96 - 7*48
		}
		heat := 0
		for _, l := range f.Heat[0] {
			heat += l.Taken
		}
		if err != nil || f.Load != want || heat != want.Taken {
			t.Errorf("%s: %+v, %d in the map, want %+v, %v", kind, f.Load, heat, want, err)
		}
	}
	for _, kind := range site.Bookable {
		f, err := w.figures.Figures(t.Context(), w.Luca.Actor, figures.Query{Kind: kind, From: day, To: day})
		if err != nil || f.Load.Taken == 0 || f.Bookings == 0 || f.Places == 0 {
			t.Errorf("%s: %+v of %d places, %d bookings, %v", kind, f.Load, f.Places, f.Bookings, err)
		}
	}
}

// A house that is closed keeps its past, and its new hours do not change what
// was: neither before nor after the days are kept, nor when all is counted anew.
func TestFiguresOfAHouseThatChanges(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newPast(t, d, network())
		w.book(t, w.places("molo", 2, 4, "D-01"))
		w.book(t, w.places("faro", 2, 4, "D-01"))
		if err := w.figures.CatchUp(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(26 * time.Hour) // Tuesday
		w.Sweep(t)
		day := agenda.DateOf(at(0))
		faro, err := w.Live.Network().ByCode("faro")
		if err != nil {
			t.Fatal(err)
		}
		now := *faro
		now.Hours = agenda.MustHours("Mo-Su 08:00-09:00")
		if err := w.Store.SaveSites(t.Context(), []site.Site{now}); err != nil {
			t.Fatal(err)
		}
		if err := w.Store.SetState(t.Context(), coworkingtest.SiteID("molo"), site.Suspended, day.AddDays(1), "", ""); err != nil {
			t.Fatal(err)
		}
		w.Reload(t)
		look := func(when string) {
			t.Helper()
			for code, want := range map[string][2]figures.Load{
				"molo": {{Open: 5 * 96}, {}},
				"faro": {{Open: 4 * 96}, {Open: 4 * 4}},
			} {
				for i, want := range want {
					q := figures.Query{Site: coworkingtest.SiteID(code), Kind: site.Desk, From: day.AddDays(i), To: day.AddDays(i)}
					f, err := w.figures.Figures(t.Context(), w.Luca.Actor, q)
					f.Load.Taken = 0 // nobody came: the places were given back
					if err != nil || f.Load != want || i == 0 && f.Bookings != 1 {
						t.Errorf("%s: %s on %v: %+v, %d bookings, want %+v, %v", when, code, q.From, f.Load, f.Bookings, want, err)
					}
				}
			}
			f, err := w.figures.Figures(t.Context(), w.Luca.Actor, figures.Query{From: day, To: day.AddDays(1)})
			if err != nil || !slices.ContainsFunc(f.ByHouse, func(h figures.House) bool { return h.Site.Code == "molo" && h.Bookings == 1 && h.Load.Open > 0 }) {
				t.Errorf("%s: molo is not among %+v, %v", when, f.ByHouse, err)
			}
		}
		look("as it is")
		if err := w.figures.CatchUp(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		look("kept")
		w.Clock.Advance(48 * time.Hour)
		if n, err := figures.Recount(t.Context(), w.DB); err != nil || n == 0 {
			t.Fatal(n, err)
		}
		look("to be counted anew")
		if err := w.figures.CatchUp(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		look("counted anew")
		if err := w.DB.Write(t.Context(), func(tx *db.Tx) error { // a copy that is restored has none
			for _, table := range figures.Kept {
				if err := tx.Clear(t.Context(), table); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		look("restored")
		w.begin()
		if err := w.figures.CatchUp(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		look("restored and kept")
	})
}

// Who says late since when a house is closed changes what is kept.
func TestFiguresOfAHouseClosedSince(t *testing.T) {
	t.Parallel()
	w := newPast(t, dbtest.SQLite(t), network())
	w.book(t, w.places("faro", 2, 4, "D-01"))
	w.Clock.Advance(10 * 24 * time.Hour)
	if err := w.figures.CatchUp(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	day := agenda.DateOf(at(0))
	if err := w.Store.SetState(t.Context(), coworkingtest.SiteID("molo"), site.Suspended, day.AddDays(4), "", ""); err != nil {
		t.Fatal(err)
	}
	w.Reload(t)
	if err := w.figures.CatchUp(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	q := figures.Query{Site: coworkingtest.SiteID("molo"), Kind: site.Outdoor, From: day, To: day.AddDays(9)}
	if f, err := w.figures.Figures(t.Context(), w.Luca.Actor, q); err != nil || f.Load.Open != 4*96 {
		t.Errorf("%+v, %v", f.Load, err)
	}
}

// A store of before has a house that was closed: it was open since its first
// booking.
func TestFiguresOfAHouseClosedBefore(t *testing.T) {
	t.Parallel()
	net := network()
	for i := range net.Sites {
		if net.Sites[i].Code == "molo" {
			net.Sites[i].State, net.Sites[i].StateSince = site.Suspended, "2026-11-20"
		}
	}
	w := newPast(t, dbtest.SQLite(t), net)
	from := time.Date(2026, 11, 18, 9, 0, 0, 0, agenda.Rome)
	w.visit("molo", "D-01", reserve.Completed, from, from.Add(2*time.Hour), from)
	w.write(t)
	q := figures.Query{Site: coworkingtest.SiteID("molo"), Kind: site.Desk, From: agenda.DateOf(from).AddDays(-2), To: agenda.DateOf(from).AddDays(3)}
	for range 2 {
		f, err := w.figures.Figures(t.Context(), w.Luca.Actor, q)
		if want := (figures.Load{Taken: 8, Open: 2 * 5 * 96}); err != nil || f.Load != want || f.Bookings != 1 {
			t.Errorf("%+v, %d bookings, want %+v, %v", f.Load, f.Bookings, want, err)
		}
		if err := w.figures.CatchUp(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFiguresRights(t *testing.T) {
	t.Parallel()
	w := newPast(t, dbtest.SQLite(t), network())
	day := agenda.DateOf(at(0))
	for _, c := range []struct {
		who  identity.Actor
		q    figures.Query
		kind errs.Kind
	}{
		{w.Luca.Actor, figures.Query{From: day, To: day}, ""},
		{w.Anna.Actor, figures.Query{Site: coworkingtest.SiteID("aurora"), From: day, To: day}, ""},
		{w.Anna.Actor, figures.Query{From: day, To: day}, errs.Forbidden},
		{w.Anna.Actor, figures.Query{Site: coworkingtest.SiteID("molo"), From: day, To: day}, errs.Forbidden},
		{w.Maria.Actor, figures.Query{Site: coworkingtest.SiteID("aurora"), From: day, To: day}, errs.Forbidden},
		{identity.Anonymous, figures.Query{From: day, To: day}, errs.Unauthenticated},
		{w.Luca.Actor, figures.Query{Site: "nonesuch", From: day, To: day}, errs.NotFound},
		{w.Luca.Actor, figures.Query{Kind: site.Counter, From: day, To: day}, errs.Invalid},
		{w.Luca.Actor, figures.Query{From: day, To: day.AddDays(-1)}, errs.Invalid},
		{w.Luca.Actor, figures.Query{From: day, To: day.AddDays(366)}, errs.Invalid},
		{w.Luca.Actor, figures.Query{From: agenda.Date{Year: 1999, Month: 12, Day: 31}, To: agenda.Date{Year: 2000, Month: 1, Day: 1}}, errs.Invalid},
	} {
		_, err := w.figures.Figures(t.Context(), c.who, c.q)
		rows := w.figures.Rows(t.Context(), c.who, c.q, func(figures.Row) {})
		for _, err := range []error{err, rows} {
			if c.kind == "" && err != nil || c.kind != "" && !errs.Is(err, c.kind) {
				t.Errorf("%s asks %+v: %v, want %q", c.who.Name, c.q, err, c.kind)
			}
		}
	}
}

// Whatever a booking is of, its house and kind are found, and the rows are those
// that are counted.
func TestFigureRows(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newPast(t, d, network())
		for _, code := range []string{"D-01", "M-1", "T-1", "H-AB"} {
			w.book(t, w.places("aurora", 3, 5, code))
		}
		w.book(t, w.places("molo", 2, 4, "M-1"), w.places("aurora", 6, 8, "D-02")) // counts at molo
		w.book(t, w.places("faro", 16.5, 17.5, "D-01"))                            // still Monday there
		day := agenda.DateOf(at(0))
		for _, c := range []struct {
			q    figures.Query
			want string
		}{
			{figures.Query{}, "aurora desk 2h0m0s, aurora hall 2h0m0s, aurora meeting 2h0m0s, aurora training 2h0m0s, faro desk 1h0m0s, molo meeting 6h0m0s"},
			{figures.Query{Kind: site.Meeting}, "aurora meeting 2h0m0s, molo meeting 6h0m0s"},
			{figures.Query{Site: coworkingtest.SiteID("molo")}, "molo meeting 6h0m0s"},
			{figures.Query{Site: coworkingtest.SiteID("faro")}, "faro desk 1h0m0s"},
		} {
			c.q.From, c.q.To = day, day
			var got []string
			err := w.figures.Rows(t.Context(), w.Luca.Actor, c.q, func(r figures.Row) {
				got = append(got, fmt.Sprintf("%s %s %s", r.Site.Code, r.Kind, r.Ends.Sub(r.Starts)))
			})
			slices.Sort(got)
			if err != nil || strings.Join(got, ", ") != c.want {
				t.Errorf("%+v: %q, want %q, %v", c.q, got, c.want, err)
			}
			f, err := w.figures.Figures(t.Context(), w.Luca.Actor, c.q)
			if err != nil || f.Bookings != len(got) {
				t.Errorf("%+v: %d bookings behind %d, %v", c.q, len(got), f.Bookings, err)
			}
		}
	})
}
