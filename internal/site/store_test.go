package site

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/territory"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// Reading what the store does not give back.
var (
	testActs  = db.Q("site.testActs", "SELECT kind, subject, person, data, at FROM act ORDER BY id")
	testTowns = db.Q("site.testTowns", "SELECT COUNT(*) FROM municipality")
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newStore(d *db.DB) *Store { return NewStore(d, clock.NewManual(noon), clock.NewID) }

// aHouse is a site with all that a site may have.
func aHouse(id, code string) Site {
	return Site{
		ID: id, Code: code, Kind: Space, Name: "Spazio “Città” d’Ampezzo", Municipality: "058091", Address: "Via Roma 1",
		Lat: 41.9, Lon: 12.5, Zone: "Europe/Rome", Size: Medium, State: Works, StateSince: "2026-01-02", OpensOn: "2027-01-02",
		Hours: agenda.MustHours("Mo-Fr 08:00-20:00; PH off"), Patron: agenda.MonthDay{Month: 6, Day: 29},
		Groups: []string{"org:1", "org:2"}, Generated: true, Profile: aProfile(),
	}
}

// aProfile says all that a house can say of itself.
func aProfile() Profile {
	return Profile{
		Phone: "+39 000 000001", Email: "uno@example.org", Directions: Text{IT: "Accanto alla stazione.\n\nBinario 1.", EN: "Beside the station."},
		Amenities: []Amenity{"wifi", "kitchen"}, StepFree: Yes, AccessibleToilet: No, Parking: ParkingOwn, AccessibleBays: 2,
		Building: "palace", Territory: []Territory{"cultural", "inner-area"}, Area: 450,
	}
}

// somePlaces are the rooms and resources of a house: two atoms and what they make together.
func somePlaces(siteID string, from int64) ([]Room, []Resource) {
	room := Room{ID: siteID + "-room", Site: siteID, Code: "H", Name: "Sala", Floor: -1, Area: Rect{100, 200, 600, 400}}
	toilet := Room{ID: siteID + "-wc", Site: siteID, Code: "wc", Name: "Bagno", Purpose: "accessible-toilet", Area: Rect{700, 200, 200, 400}}
	atom := func(n int64, code string) Resource {
		return Resource{
			Ordinal: n, ID: siteID + code, Site: siteID, Room: room.ID, Kind: Hall, Code: code, Name: "Sala " + code,
			Seats: 30, Features: []string{"screen", "step-free"}, Active: true, Area: Rect{100 + 300*int((n-1)%3), 200, 300, 400},
		}
	}
	both := atom(from+2, "H-AB")
	both.Area = Rect{}
	both.Atoms, both.Seats, both.Groups = []int64{from, from + 1}, 60, []string{"staff"}
	return []Room{room, toilet}, []Resource{atom(from, "H-A"), atom(from+1, "H-B"), both}
}

func save(t *testing.T, s *Store, sites []Site, rooms []Room, resources []Resource) {
	t.Helper()
	for _, err := range []error{s.SaveSites(t.Context(), sites), s.SaveRooms(t.Context(), rooms), s.SaveResources(t.Context(), resources)} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func load(t *testing.T, s *Store) *Network {
	t.Helper()
	n, err := s.LoadNetwork(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func equal(t *testing.T, got, want any, opts ...gocmp.Option) {
	t.Helper()
	opts = append(opts, cmpopts.EquateEmpty(), gocmp.AllowUnexported(agenda.Hours{}))
	if diff := gocmp.Diff(want, got, opts...); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWhatIsSavedComesBack(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newStore(d)
		if n := load(t, s); n.Len() != 0 || n.LastOrdinal() != 0 || n.Territory() != territory.Embedded() {
			t.Errorf("a new database has %d sites", n.Len())
		}
		a, b := aHouse("a", "uno"), aHouse("b", "due")
		b.Profile = Profile{}
		b.Groups, b.Zone, b.Size, b.Patron, b.OpensOn, b.Hours = nil, "", "", agenda.MonthDay{}, "", agenda.Hours{}
		roomsA, placesA := somePlaces("a", 1)
		roomsB, placesB := somePlaces("b", 4)
		save(t, s, []Site{a, b}, slices.Concat(roomsA, roomsB), slices.Concat(placesA, placesB))

		n := load(t, s)
		for _, want := range []Site{a, b} {
			want.Rev = 1
			got, err := n.ByCode(want.Code)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, *got, want)
		}
		for _, want := range slices.Concat(placesA, placesB) {
			got, err := n.ByOrdinal(want.Ordinal)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, *got, want)
		}
		for _, want := range roomsB {
			room, err := n.Room(want.ID)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, *room, want)
		}
	})
}

func TestSavingAgainChanges(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newStore(d)
		h := aHouse("a", "uno")
		rooms, places := somePlaces("a", 1)
		save(t, s, []Site{h}, rooms, places)
		save(t, s, []Site{h}, rooms, places)
		if got, _ := load(t, s).Site("a"); got.Rev != 1 {
			t.Errorf("revision %d though nothing changed", got.Rev)
		}

		h.Name, h.State, h.StateSince = "Altro nome", Open, "2026-11-01"
		places[0].Seats, places[0].Active = 20, false
		places[2].Atoms = []int64{2}
		save(t, s, []Site{h}, rooms, places)
		n := load(t, s)
		h.State, h.StateSince, h.Rev = Works, "2026-01-02", 2 // the state has its own way
		got, _ := n.Site("a")
		equal(t, *got, h)
		for _, want := range places {
			got, _ := n.ByOrdinal(want.Ordinal)
			equal(t, *got, want)
		}
	})
}

func TestAllOrNothing(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newStore(d)
		rooms, places := somePlaces("a", 1)
		save(t, s, []Site{aHouse("a", "uno")}, rooms, places)

		if err := s.SaveSites(t.Context(), []Site{aHouse("b", "due"), aHouse("c", "uno")}); !errs.Is(err, errs.Conflict) {
			t.Errorf("a code twice: %v", err)
		}
		bad := aHouse("b", "due")
		bad.Name = "a\x00b"
		if err := s.SaveSites(t.Context(), []Site{aHouse("c", "tre"), bad}); !errs.Is(err, errs.Invalid) || errs.As(err).Field != "name" {
			t.Errorf("a NUL: %v", err)
		}
		other := places[0]
		other.ID, other.Code = "other", "X"
		if err := s.SaveResources(t.Context(), []Resource{other}); !errs.Is(err, errs.Conflict) {
			t.Errorf("an ordinal twice: %v", err)
		}
		triple := places[2]
		triple.ID, triple.Code, triple.Ordinal, triple.Atoms = "triple", "X", 4, []int64{1, 3}
		if err := s.SaveResources(t.Context(), []Resource{triple}); !errs.Is(err, errs.Invalid) || errs.As(err).Field != "atoms" {
			t.Errorf("a composite of a composite: %v", err)
		}
		if n := load(t, s); n.Len() != 1 || n.LastOrdinal() != 3 {
			t.Errorf("%d sites, ordinals to %d", n.Len(), n.LastOrdinal())
		}
	})
}

type loggedAct struct {
	Kind, Subject, Person, Data string
	At                          int64
}

func acts(t *testing.T, d *db.DB) []loggedAct {
	t.Helper()
	list, err := db.All(t.Context(), d, testActs, func(rows *sql.Rows) (a loggedAct, err error) {
		err = rows.Scan(&a.Kind, &a.Subject, &a.Person, &a.Data, &a.At)
		return a, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestChangesAreActs(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newStore(d)
		if err := s.SaveSites(t.Context(), []Site{aHouse("a", "uno")}); err != nil {
			t.Fatal(err)
		}
		eve := agenda.Date{Year: 2026, Month: 12, Day: 24}
		fair := agenda.Date{Year: 2026, Month: 12, Day: 6}
		desk := DefaultRules(Desk)
		desk.MinLength = 60
		for _, err := range []error{
			s.SetState(t.Context(), "a", Open, agenda.Date{Year: 2026, Month: 11, Day: 20}, "", "anna"),
			s.SaveExceptions(t.Context(), "a", eve, eve, nil, "anna"),
			s.SaveExceptions(t.Context(), "a", fair, fair, []agenda.Span{{From: 600, To: 1440}}, "anna"),
			s.SaveRules(t.Context(), "a", Desk, desk, "anna"),
			s.SaveRules(t.Context(), "", Desk, DefaultRules(Desk), "anna"),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		n := load(t, s)
		got, _ := n.Site("a")
		if got.State != Open || got.StateSince != "2026-11-20" || got.Rev != 5 {
			t.Errorf("%s since %s, revision %d", got.State, got.StateSince, got.Rev)
		}
		equal(t, got.Exceptions, map[agenda.Date][]agenda.Span{eve: nil, fair: {{From: 600, To: 1440}}})
		if open := n.Opening("a").On(fair); len(open) != 1 || len(n.Opening("a").On(eve)) != 0 {
			t.Errorf("open %v", open)
		}
		if n.Rules("a", Desk) != desk || n.Rules("b", Desk) != DefaultRules(Desk) {
			t.Error("the rules did not come back")
		}
		if err := s.DropException(t.Context(), "a", eve, "anna"); err != nil {
			t.Fatal(err)
		}
		if got, _ := load(t, s).Site("a"); len(got.Exceptions) != 1 {
			t.Errorf("exceptions %v", got.Exceptions)
		}

		log := acts(t, d)
		want := map[string]string{
			"site.saved":             `{"count":1}`,
			"site.state":             `{"state":"open","since":"2026-11-20","opens_on":""}`,
			"site.exception":         `{"date":"2026-12-06","hours":"10:00-24:00"}`,
			"site.exception-dropped": `{"date":"2026-12-24","hours":""}`,
			"site.rules":             "",
		}
		last := map[string]string{}
		for _, a := range log {
			last[a.Kind] = a.Data
			if a.At != clock.Micros(noon) || a.Kind != "site.saved" && a.Person != "anna" {
				t.Errorf("%+v", a)
			}
		}
		last["site.rules"] = ""
		if len(log) != 7 || !maps.Equal(last, want) {
			t.Errorf("%d acts: %v", len(log), last)
		}
	})
}

func TestChangesOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newStore(d)
		today := agenda.Date{Year: 2026, Month: 11, Day: 21}
		for name, c := range map[string]struct {
			err  error
			kind errs.Kind
		}{
			"state of no site":      {s.SetState(t.Context(), "x", Open, today, "", ""), errs.NotFound},
			"no such state":         {s.SetState(t.Context(), "x", "gone", today, "", ""), errs.Invalid},
			"no such date":          {s.SetState(t.Context(), "x", Open, agenda.Date{Year: 2026, Month: 13}, "", ""), errs.Invalid},
			"exception of no site":  {s.SaveExceptions(t.Context(), "x", today, today, nil, ""), errs.NotFound},
			"hours that cannot be":  {s.SaveExceptions(t.Context(), "x", today, today, []agenda.Span{{From: 900, To: 900}}, ""), errs.Invalid},
			"no exception to drop":  {s.DropException(t.Context(), "x", today, ""), errs.NotFound},
			"rules of no site":      {s.SaveRules(t.Context(), "x", Desk, DefaultRules(Desk), ""), errs.NotFound},
			"rules of no kind":      {s.SaveRules(t.Context(), "", "sofa", DefaultRules(Desk), ""), errs.Invalid},
			"rules without numbers": {s.SaveRules(t.Context(), "", Desk, Rules{}, ""), errs.Invalid},
		} {
			if !errs.Is(c.err, c.kind) {
				t.Errorf("%s: %v", name, c.err)
			}
		}
		if log := acts(t, d); len(log) != 0 {
			t.Errorf("acts of nothing: %v", log)
		}
	})
}

func TestRulesOfAnOlderVersionKeepTheDefaults(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), saveRules, Desk, "", `{"min_length":60,"of_a_newer_version":1}`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		want := DefaultRules(Desk)
		want.MinLength = 60
		if got := load(t, newStore(d)).Rules("any", Desk); got != want {
			t.Errorf("got %+v", got)
		}
	})
}

func TestTerritoryIsReplacedWhollyOrNotAtAll(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newStore(d)
		towns := someTowns.All()
		if err := s.SaveTerritory(t.Context(), towns, "anna"); err != nil {
			t.Fatal(err)
		}
		twice := append(slices.Clone(towns), towns[0])
		if err := s.SaveTerritory(t.Context(), twice, "anna"); !errs.Is(err, errs.Invalid) {
			t.Errorf("one twice: %v", err)
		}
		if d.Engine == db.Postgres { // fails in the middle of the writing
			bad := slices.Clone(towns)
			bad[5].Name = "a\x00b"
			if err := s.SaveTerritory(t.Context(), bad, "anna"); err == nil {
				t.Error("a NUL was taken")
			}
		}
		equal(t, load(t, s).Territory().All(), towns)
		if err := s.SaveTerritory(t.Context(), nil, "anna"); err != nil {
			t.Fatal(err)
		}
		if load(t, s).Territory() != territory.Embedded() {
			t.Error("not back to the built-in list")
		}
		var n int64
		if err := db.One(t.Context(), d, testTowns, nil, &n); err != nil || n != 0 {
			t.Errorf("%d rows left: %v", n, err)
		}
	})
}

func TestAnEndedContextChangesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s := newStore(d)
		if err := s.SaveSites(ctx, []Site{aHouse("a", "uno")}); !errs.Is(err, errs.Unavailable) {
			t.Errorf("got %v", err)
		}
		if _, err := s.LoadNetwork(ctx); !errs.Is(err, errs.Unavailable) {
			t.Errorf("got %v", err)
		}
	})
}

func TestLiveShowsOwnChangesAfterReload(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newStore(d)
		live, err := NewLive(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		before := live.Network()
		save(t, s, []Site{aHouse("a", "uno")}, nil, nil)
		if err := live.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		if before.Len() != 0 || live.Network().Len() != 1 {
			t.Errorf("%d, then %d sites", before.Len(), live.Network().Len())
		}
	})
}

func TestLiveShowsChangesOfOtherPrograms(t *testing.T) {
	t.Parallel()
	url := dbtest.PostgresURL(t)
	open := func() *Store {
		d, err := db.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		return newStore(d)
	}
	here, there := open(), open()
	live, err := NewLive(t.Context(), here)
	if err != nil {
		t.Fatal(err)
	}
	reloaded := make(chan struct{}, 100)
	live.reloaded = func() { reloaded <- struct{}{} }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { live.Run(ctx); close(ended) }()

	for i, code := range strings.Fields("uno due tre") {
		save(t, there, []Site{aHouse(code, code)}, nil, nil)
		for live.Network().Len() != i+1 {
			<-reloaded
		}
	}
	cancel()
	<-ended
}
