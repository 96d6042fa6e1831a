package lists_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"polis/internal/agenda"
	"polis/internal/manage"
	"polis/internal/manage/lists"
	"polis/internal/platform/clock"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// What a page refuses a list refuses, and what it takes a list takes, with the
// same effect.
func TestListsAreGuardedAsPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.someNetwork()
	desk := manage.New(manage.Options{DB: w.db, Live: w.live, Sites: w.Sites, Engine: w.engine, Clock: w.clock, IDs: clock.NewID, Groups: w.grants.Groups, Read: w.people.NoteRead})
	w.book("aurora", "D-1")
	w.book("aurora", "H-AB")
	at := w.site("aurora").ID
	started := w.live.Network().Layout(at)
	refused, taken := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		if err := w.Sites.SaveResources(t.Context(), started.Places); err != nil { // past every guard
			rt.Fatal(err)
		}
		if err := w.live.Reload(t.Context()); err != nil {
			rt.Fatal(err)
		}
		for range rapid.IntRange(1, 6).Draw(rt, "steps") {
			l := w.live.Network().Layout(at)
			p := rapid.SampledFrom(l.Places).Draw(rt, "place")
			switch rapid.IntRange(0, 5).Draw(rt, "what") {
			case 0:
				p.Seats += rapid.IntRange(-1, 2).Draw(rt, "seats")
			case 1:
				p.Kind = rapid.SampledFrom([]site.ResourceKind{site.Desk, site.Hall, site.Meeting}).Draw(rt, "kind")
			case 2:
				p.Groups = rapid.SampledFrom([][]string{nil, {"soci"}, {"soci", "amici"}}).Draw(rt, "groups")
			case 3:
				p.Active = !p.Active
			case 4:
				if !p.Composite() {
					cm := func(name string, most int) int { return 50 * rapid.IntRange(0, most).Draw(rt, name) }
					p.Area = site.Rect{X: cm("x", 20), Y: cm("y", 12), W: 10 + cm("w", 3), H: 10 + cm("h", 3)}
				}
			case 5:
				if p.Composite() {
					p.Atoms = p.Atoms[rapid.IntRange(0, 1).Draw(rt, "parts"):]
				}
				p.Room = rapid.SampledFrom(l.Rooms).Draw(rt, "room").ID
			}
			file := fileOf(&l, &p)
			seen, err := w.Preview(t.Context(), w.luca, lists.Resources, []byte(file))
			if err != nil {
				rt.Fatal(err)
			}
			floor := l.Floor(0)
			err = desk.SavePlan(t.Context(), w.luca, at, manage.Plan{Version: floor.Version(), Refit: site.Refit{Places: []site.Resource{p}}})
			if err != nil && !errs.Is(err, errs.Rule) && !errs.Is(err, errs.Invalid) {
				rt.Fatal(err)
			}
			if (err != nil) != (len(seen.Faults) > 0) {
				rt.Fatalf("%s: the page says %v, the list %v", file, err, seen.Faults)
			}
			if err != nil {
				refused++
				continue
			}
			taken++
			if again := w.load(lists.Resources, file); again.New+again.Changed > 0 {
				rt.Fatalf("%s: the list makes it otherwise: %+v", file, again.Changes)
			}
		}
	})
	t.Logf("%d refused, %d taken", refused, taken)
}

// The bookings that a page finds affected by other hours, dates, zones or groups
// of a house are those that a list counts.
func TestListsFindTheBookingsThatPagesFind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.someNetwork()
	desk := manage.New(manage.Options{DB: w.db, Live: w.live, Sites: w.Sites, Engine: w.engine, Clock: w.clock, IDs: clock.NewID, Groups: w.grants.Groups, Read: w.people.NoteRead})
	for _, code := range []string{"D-1", "D-2", "H-AB"} {
		w.book("aurora", code) // on Wednesday 25 November from 10 to 12
	}
	found := 0
	rapid.Check(t, func(rt *rapid.T) {
		w.load(lists.Sites, "code,hours,patron,groups,zone\naurora,Mo-Fr 08:00-20:00; PH off,12-07,,\n")
		for range rapid.IntRange(1, 4).Draw(rt, "steps") {
			want := *w.site("aurora")
			want.Hours = hours(rapid.SampledFrom([]string{"24/7", "Mo-Fr 08:00-20:00; PH off", "We 10:30-20:00", "Th 08:00-20:00", "off"}).Draw(rt, "hours"))
			want.Patron = rapid.SampledFrom([]agenda.MonthDay{{}, {Month: 11, Day: 25}, {Month: 12, Day: 7}}).Draw(rt, "patron")
			want.Groups = rapid.SampledFrom([][]string{nil, {"soci"}, {"amici", "soci"}}).Draw(rt, "groups")
			want.Zone = rapid.SampledFrom([]string{"", "Europe/London", "Pacific/Auckland"}).Draw(rt, "zone")
			patron := want.Patron.String()
			if want.Patron.IsZero() {
				patron = "none"
			}
			file := fmt.Sprintf("code;hours;patron;groups;zone\naurora;\"%s\";%s;%s;%s\n", want.Hours, patron, strings.Join(want.Groups, " "), want.Zone)
			seen, err := w.Preview(t.Context(), w.luca, lists.Sites, []byte(file))
			if err != nil || len(seen.Faults) > 0 {
				rt.Fatal(err, seen.Faults)
			}
			listed := 0
			for _, x := range seen.Affected {
				listed += x.Bookings
			}
			err = desk.SaveHouse(t.Context(), w.luca, want, time.Time{}, "x")
			way, refused := manage.AffectedOf(err)
			if err != nil && !refused {
				rt.Fatal(err)
			}
			if len(way.Bookings) != listed {
				rt.Fatalf("%s: the page finds %d bookings, the list %d", file, len(way.Bookings), listed)
			}
			found += listed
		}
	})
	t.Logf("%d bookings", found)
}

// fileOf is a place as a list has it.
func fileOf(l *site.Layout, p *site.Resource) string {
	var parts []string
	for _, o := range p.Atoms {
		parts = append(parts, l.ByOrdinal(o).Code)
	}
	side := func(n int) string {
		if !p.Area.Drawn() {
			return ""
		}
		return strconv.Itoa(n)
	}
	active := map[bool]string{true: "yes", false: "no"}[p.Active]
	return "site,code,room,kind,seats,groups,active,parts,x,y,w,h\n" + strings.Join([]string{
		"aurora", p.Code, l.Room(p.Room).Code, string(p.Kind), fmt.Sprint(p.Seats), strings.Join(p.Groups, " "), active, strings.Join(parts, " "),
		side(p.Area.X), side(p.Area.Y), side(p.Area.W), side(p.Area.H),
	}, ",") + "\n"
}
