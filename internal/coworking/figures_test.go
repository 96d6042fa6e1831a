package coworking_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"polis/internal/agenda"
	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

var (
	clearBookings    = db.Q("coworking.test-clear-bookings", `DELETE FROM booking`)
	clearAllocations = db.Q("coworking.test-clear-allocations", `DELETE FROM allocation`)
	clearOccupancy   = db.Q("coworking.test-clear-occupancy", `DELETE FROM occupancy`)
	clearRatings     = db.Q("coworking.test-clear-ratings", `DELETE FROM rating`)
	addRating        = db.Q("coworking.test-rating", `INSERT INTO rating (booking, site, score, at) VALUES ($1, $2, $3, $4)`)
)

// testingT is a test, or one try of a property.
type testingT interface {
	Context() context.Context
	Fatal(...any)
}

// past is a world whose bookings are written as they are, whenever they were.
type past struct {
	*coworkingtest.World
	made    []reserve.Booking
	ratings []scored
}

type scored struct {
	booking reserve.Booking
	score   int
	at      time.Time
}

func (w *past) turnover(b reserve.Booking) time.Duration {
	return time.Duration(w.Live.Network().Rules(b.Parts[0].Site, site.ResourceKind(b.Parts[0].Kind)).Turnover) * time.Minute
}

// write puts bookings and ratings in the place of all there are.
func (w *past) write(t testingT) {
	fill := reserve.NewFiller(w.DB, w.Live.Network())
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		for _, q := range []db.Query{clearBookings, clearAllocations, clearOccupancy, clearRatings} {
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
// booking by booking, in every zone and on the days of 23 and 25 hours.
func TestFiguresCountAsTheNaiveModel(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := &past{World: coworkingtest.New(t, d)}
		rapid.Check(t, func(rt *rapid.T) {
			w.made, w.ratings = nil, nil
			day, err := agenda.ParseDate(rapid.SampledFrom([]string{"2026-03-29", "2026-10-25", "2027-03-28", "2026-06-10", "2026-12-31"}).Draw(rt, "day"))
			if err != nil {
				rt.Fatal(err)
			}
			base := time.Date(day.Year, day.Month, day.Day, 0, 0, 0, 0, agenda.Rome)
			for range rapid.IntRange(0, 12).Draw(rt, "bookings") {
				house := rapid.SampledFrom([]string{"aurora", "molo", "faro", "cantiere"}).Draw(rt, "house")
				code := "D-01"
				if house != "cantiere" {
					code = rapid.SampledFrom([]string{"D-01", "D-02", "D-03", "M-1"}).Draw(rt, "place")
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
			q := coworking.FigureQuery{
				Site: rapid.SampledFrom([]string{"", coworkingtest.SiteID("molo"), coworkingtest.SiteID("faro"), coworkingtest.SiteID("aurora")}).Draw(rt, "site"),
				Kind: rapid.SampledFrom([]site.ResourceKind{"", site.Desk, site.Meeting}).Draw(rt, "kind"),
				From: day.AddDays(rapid.IntRange(-6, 2).Draw(rt, "first")),
			}
			q.To = q.From.AddDays(rapid.IntRange(0, 9).Draw(rt, "days"))
			got, err := w.Service.Figures(rt.Context(), w.Luca.Actor, q)
			if err != nil {
				rt.Fatal(err)
			}
			want := w.naive(q)
			if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b *site.Site) bool { return a.ID == b.ID })); diff != "" {
				rt.Fatalf("%+v: -want +got\n%s", q, diff)
			}
		})
	})
}

// naive counts the same from the lists.
func (w *past) naive(q coworking.FigureQuery) coworking.Figures {
	net, zone := w.Live.Network(), agenda.Rome
	if st, err := net.Site(q.Site); err == nil {
		zone = net.Zone(st)
	}
	f := coworking.Figures{FigureQuery: q, Since: q.From}
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
	houses := map[string]*coworking.HouseFigures{}
	house := func(id string) *coworking.HouseFigures {
		if houses[id] == nil {
			st, _ := net.Site(id)
			houses[id] = &coworking.HouseFigures{Site: st}
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
			f.Weeks = append(f.Weeks, coworking.WeekFigures{Monday: m, Part: m.Before(f.Since) || f.To.Before(m.AddDays(6))})
		}
	}
	fits := func(b reserve.Booking) bool {
		return (q.Site == "" || b.Parts[0].Site == q.Site) && (q.Kind == "" || b.Parts[0].Kind == string(q.Kind))
	}
	inside := func(t time.Time) bool {
		d := agenda.DateOf(t.In(zone))
		return !d.Before(f.Since) && !f.To.Before(d)
	}
	for _, b := range w.made {
		if !fits(b) || !inside(b.Starts) || b.Status == reserve.Held || b.Status == reserve.Expired {
			continue
		}
		f.Bookings++
		date := agenda.DateOf(b.Starts.In(zone))
		_, offset := b.Starts.In(zone).Zone()
		made := agenda.DateOf(b.Created.In(time.FixedZone("", offset)))
		days := 0
		for d := made; d.Before(date); d = d.AddDays(1) {
			days++
		}
		f.Lead[slices.IndexFunc(coworking.LeadDays[:], func(most int) bool { return days <= most })]++
		f.Length[slices.IndexFunc(coworking.LengthHours[:], func(most int) bool { return b.Ends.Sub(b.Starts) <= time.Duration(min(most, 1<<20))*time.Hour })]++
		h := &coworking.HouseFigures{}
		if q.Site == "" {
			h = house(b.Parts[0].Site)
		}
		h.Bookings++
		week := &f.Weeks[slices.IndexFunc(f.Weeks, func(w coworking.WeekFigures) bool { return w.Monday == monday(date) })]
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
		if fits(r.booking) && inside(r.at) {
			scores[""] = append(scores[""], r.score)
			scores[r.booking.Parts[0].Site] = append(scores[r.booking.Parts[0].Site], r.score)
		}
	}
	for id, list := range scores {
		var mean coworking.RatingFigures
		if len(list) >= 5 {
			sum := 0
			for _, n := range list {
				sum += n
			}
			mean = coworking.RatingFigures{Average: float64(sum) / float64(len(list)), Count: len(list)}
		}
		if id == "" {
			f.Rating = mean
		} else if q.Site == "" {
			house(id).Rating = mean
		}
	}
	if q.Site == "" {
		for _, h := range houses {
			f.ByHouse = append(f.ByHouse, *h)
		}
		share := func(h coworking.HouseFigures) float64 {
			if h.Load.Open == 0 {
				return -1
			}
			return float64(h.Load.Taken) / float64(h.Load.Open)
		}
		slices.SortFunc(f.ByHouse, func(a, b coworking.HouseFigures) int {
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

// naiveLoad looks at every place in every quarter-hour of the period.
func (w *past) naiveLoad(f *coworking.Figures, taken map[int64]map[int64]bool, house func(string) *coworking.HouseFigures) {
	net := w.Live.Network()
	for _, hit := range net.Sites(site.Filter{State: site.Open}) {
		st := hit.Site
		var atoms []int64
		for _, r := range net.Resources(st.ID) {
			if r.Active && !r.Composite() && (r.Kind == f.Kind || f.Kind == "" && slices.Contains(site.Bookable, r.Kind)) {
				atoms = append(atoms, r.Ordinal)
			}
		}
		if f.Site != "" && f.Site != st.ID || len(atoms) == 0 {
			continue
		}
		f.Houses++
		f.Places += len(atoms)
		h, zone := house(st.ID), net.Zone(st)
		for t := time.Date(f.Since.Year, f.Since.Month, f.Since.Day, 0, 0, 0, 0, zone); !f.To.Before(agenda.DateOf(t.In(zone))); t = t.Add(agenda.Quarter) {
			cells, err := agenda.Cells(t, t.Add(agenda.Quarter))
			if err != nil || !net.Opening(st.ID).Contains(cells) {
				continue
			}
			local := t.In(zone)
			cell := &f.Heat[(int(local.Weekday())+6)%7][local.Hour()]
			for _, a := range atoms {
				for _, load := range []*coworking.Load{cell, &f.Load, &h.Load} {
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
		w := coworkingtest.New(t, d)
		book(t, w, w.Load, places(w, "molo", 2, 4, "D-01"))
		day := agenda.DateOf(at(0))
		q := coworking.FigureQuery{Site: coworkingtest.SiteID("molo"), Kind: site.Desk, From: day, To: day}
		before, err := w.Service.Figures(t.Context(), w.Luca.Actor, q)
		if err != nil || before.Load != (coworking.Load{Taken: 8, Open: 5 * 96}) {
			t.Fatalf("%+v, %v", before.Load, err)
		}
		if _, _, err := w.Service.Close(t.Context(), w.Luca.Actor, coworking.ClosureRequest{Site: q.Site, Reason: "Lavori", From: at(3), To: at(8)}); err != nil {
			t.Fatal(err)
		}
		after, err := w.Service.Figures(t.Context(), w.Luca.Actor, q)
		want := coworking.Load{Taken: 4, Open: 5*96 - 5*20} // the booking in the way stays, on what is closed
		if err != nil || after.Load != want {
			t.Errorf("with five hours closed %+v, want %+v, %v", after.Load, want, err)
		}
	})
}

func TestFiguresRights(t *testing.T) {
	t.Parallel()
	w := coworkingtest.New(t, dbtest.SQLite(t))
	day := agenda.DateOf(at(0))
	for _, c := range []struct {
		who  identity.Actor
		q    coworking.FigureQuery
		kind errs.Kind
	}{
		{w.Luca.Actor, coworking.FigureQuery{From: day, To: day}, ""},
		{w.Anna.Actor, coworking.FigureQuery{Site: coworkingtest.SiteID("aurora"), From: day, To: day}, ""},
		{w.Anna.Actor, coworking.FigureQuery{From: day, To: day}, errs.Forbidden},
		{w.Anna.Actor, coworking.FigureQuery{Site: coworkingtest.SiteID("molo"), From: day, To: day}, errs.Forbidden},
		{w.Maria.Actor, coworking.FigureQuery{Site: coworkingtest.SiteID("aurora"), From: day, To: day}, errs.Forbidden},
		{identity.Anonymous, coworking.FigureQuery{From: day, To: day}, errs.Unauthenticated},
		{w.Luca.Actor, coworking.FigureQuery{Site: "nonesuch", From: day, To: day}, errs.NotFound},
		{w.Luca.Actor, coworking.FigureQuery{Kind: site.Counter, From: day, To: day}, errs.Invalid},
		{w.Luca.Actor, coworking.FigureQuery{From: day, To: day.AddDays(-1)}, errs.Invalid},
		{w.Luca.Actor, coworking.FigureQuery{From: day, To: day.AddDays(366)}, errs.Invalid},
		{w.Luca.Actor, coworking.FigureQuery{From: agenda.Date{Year: 1999, Month: 12, Day: 31}, To: agenda.Date{Year: 2000, Month: 1, Day: 1}}, errs.Invalid},
	} {
		_, err := w.Service.Figures(t.Context(), c.who, c.q)
		rows := w.Service.FigureRows(t.Context(), c.who, c.q, func(coworking.FigureRow) {})
		for _, err := range []error{err, rows} {
			if c.kind == "" && err != nil || c.kind != "" && !errs.Is(err, c.kind) {
				t.Errorf("%s asks %+v: %v, want %q", c.who.Name, c.q, err, c.kind)
			}
		}
	}
}

// Whatever a booking is of, the statements find its house and kind.
func TestFiguresFindHouseAndKind(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := coworkingtest.New(t, d)
		for _, code := range []string{"D-01", "M-1", "T-1", "H-AB"} {
			book(t, w, w.Load, places(w, "aurora", 3, 5, code))
		}
		book(t, w, w.Load, places(w, "molo", 2, 4, "M-1"), places(w, "aurora", 6, 8, "D-02")) // counts at molo
		day := agenda.DateOf(at(0))
		var got []string
		err := w.Service.FigureRows(t.Context(), w.Luca.Actor, coworking.FigureQuery{From: day, To: day}, func(r coworking.FigureRow) {
			got = append(got, fmt.Sprintf("%s %s %s %v", r.Site.Code, r.Kind, r.Ends.Sub(r.Starts), len(r.Reference)))
		})
		slices.Sort(got)
		want := []string{"aurora desk 2h0m0s 9", "aurora hall 2h0m0s 9", "aurora meeting 2h0m0s 9", "aurora training 2h0m0s 9", "molo meeting 6h0m0s 9"}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, want %q, %v", got, want, err)
		}
	})
}
