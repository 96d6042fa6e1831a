package works

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"polis/internal/agenda"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/programme/account"
	"polis/internal/site"
	"polis/internal/territory"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var today = agenda.Date{Year: 2026, Month: time.November, Day: 23}

// dates are those of the phases, as days from today: planned and actual by
// turns; none stands for no date.
func dates(days ...int) (out []account.Dates) {
	on := func(n int) account.Date {
		if n == none {
			return account.Date{}
		}
		return account.Date{Date: today.AddDays(n)}
	}
	for i := 0; i+1 < len(days); i += 2 {
		out = append(out, account.Dates{Planned: on(days[i]), Actual: on(days[i+1])})
	}
	for len(out) < len(account.Phases) {
		out = append(out, account.Dates{})
	}
	return out
}

const none = 1 << 20

func TestStateAt(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		dates []account.Dates
		want  State
	}{
		"no dates":                   {nil, State{Stage: Planned}},
		"planned":                    {dates(10, none), State{Stage: Planned}},
		"planned, late":              {dates(-10, none, 20, none), State{Stage: Planned, Late: true, Delay: 10, Known: true}},
		"due today":                  {dates(0, none), State{Stage: Planned}},
		"surveyed":                   {dates(-30, -20, 40, none), State{Stage: Design, Delay: 10, Known: true}},
		"designed early":             {dates(-30, -30, -20, -25, 40, none), State{Stage: Design, Delay: -5, Known: true}},
		"permitted":                  {dates(none, -30, none, -20, none, -10, 40, none), State{Stage: Building}},
		"in works, late":             {dates(-90, -80, -70, -60, -50, -40, -7, none, 30, none), State{Stage: Building, Late: true, Delay: 7, Known: true}},
		"built":                      {dates(none, none, none, none, none, none, -5, -2, 9, none), State{Stage: Testing, Delay: 3, Known: true}},
		"accepted":                   {dates(none, none, none, none, none, none, none, -9, none, -2), State{Stage: Testing}},
		"open, the rest not said":    {dates(-40, none, none, none, none, none, none, none, none, none, -3, -1), State{Stage: Open, Delay: 2, Known: true}},
		"opens tomorrow":             {dates(-9, -9, -9, -9, -9, -9, -9, -9, -9, -9, 1, 1), State{Stage: Testing, Known: true}},
		"late in what is not dated":  {dates(none, -9, none, none, -3, none), State{Stage: Design, Late: true, Delay: 3, Known: true}},
		"next is not late, later is": {dates(none, -9, 5, none, -3, none), State{Stage: Design}},
	} {
		if got := StateAt(account.Works{Dates: tt.dates}, today); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

// However dates lie: what is open is never late, who waits a day is not less
// late, and phases that end bring a house forward only.
func TestStatesGoForward(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		date := rapid.Custom(func(t *rapid.T) int {
			if rapid.IntRange(0, 3).Draw(t, "none") == 0 {
				return none
			}
			return rapid.IntRange(-400, 400).Draw(t, "day")
		})
		w := account.Works{Dates: dates(rapid.SliceOfN(date, 12, 12).Draw(rt, "dates")...)}
		before := State{Stage: Planned}
		for n := -420; n < 420; n += 7 {
			s := StateAt(w, today.AddDays(n))
			switch {
			case s.Stage.number() > before.Stage.number():
				rt.Fatalf("on day %d it falls back from %s to %s", n, before.Stage, s.Stage)
			case s.Stage == Open && s.Late:
				rt.Fatalf("open and late on day %d", n)
			case s.Late && (!s.Known || s.Delay <= 0):
				rt.Fatalf("late by %+v", s)
			}
			before = s
		}
	})
}

// world is a network of some houses in real municipalities, with an account.
func world(rt *rapid.T) *roll {
	terr := territory.Embedded()
	all := terr.All()
	data := site.Data{Territory: terr}
	var draft []account.Works
	d := account.NewDraft(nil)
	kind := func(name string) *account.Kind { k, _ := account.KindOf(name); return k }
	for i := range rapid.IntRange(0, 40).Draw(rt, "houses") {
		town := all[rapid.IntRange(0, len(all)-1).Draw(rt, "town")]
		st := site.Site{
			ID: "s" + itoa(i), Code: "casa-" + itoa(i), Name: "Casa " + itoa(i), Municipality: town.ISTAT, Lat: town.Lat, Lon: town.Lon,
			Kind:  rapid.SampledFrom([]site.Kind{site.Space, site.Office}).Draw(rt, "kind"),
			State: rapid.SampledFrom([]site.State{site.Open, site.Works, site.Planned, site.Testing, site.Suspended}).Draw(rt, "state"),
		}
		if st.Kind == site.Space {
			st.Size = rapid.SampledFrom([]site.Size{site.Small, site.Medium, site.Large}).Draw(rt, "size")
		}
		data.Sites = append(data.Sites, st)
		if rapid.Bool().Draw(rt, "filed") {
			days := rapid.SliceOfN(rapid.IntRange(-300, 300), 12, 12).Draw(rt, "dates")
			draft = append(draft, account.Works{Site: st.Code, Dates: dates(days...)})
			d.Put(kind("works"), draft[len(draft)-1])
		}
		if rapid.Bool().Draw(rt, "accepted") {
			on := account.Date{Date: today.AddDays(rapid.IntRange(-9, 9).Draw(rt, "paper"))}
			d.Put(kind("documents"), account.Document{Site: st.Code, ID: "1", Type: rapid.SampledFrom([]string{account.Acceptance, "permit"}).Draw(rt, "type"), Date: on, Title: "x"})
		}
		if rapid.Bool().Draw(rt, "classed") {
			d.Put(kind("areas"), account.Area{ISTAT: town.ISTAT, Class: rapid.SampledFrom(Areas[:6]).Draw(rt, "class")})
		}
	}
	net, err := site.NewNetwork(data)
	if err != nil {
		rt.Fatal(err)
	}
	return newRoll(net, d.Account(), today)
}

// Every table sums up to the whole, each of its numbers is the length of the list
// to which it leads, and both are what one counts naively.
func TestTablesSumToTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := world(rt)
		all := r.find(Wanted{})
		whole := count(all)
		if len(all) != r.net.Len() || whole.Houses != len(all) {
			rt.Fatalf("%d of %d houses", len(all), r.net.Len())
		}
		late, proven := 0, 0
		for _, h := range all {
			w, filed := account.Find[account.Works](r.acc, h.Code)
			if filed && h.State != StateAt(w, today) || !filed && h.Late {
				rt.Fatalf("%s is %+v", h.Code, h.State)
			}
			if filed && StateAt(w, today).Late {
				late++
			}
			paper, ok := account.Find[account.Document](r.acc, h.Code, "1")
			if ok && paper.Type == account.Acceptance && !today.Before(paper.Date.Date) && (h.Site.State == site.Open || h.Site.State == site.Testing) {
				proven++
			}
		}
		if whole.Late != late || whole.Verified != proven {
			rt.Fatalf("%d late and %d verified, want %d and %d", whole.Late, whole.Verified, late, proven)
		}
		for _, c := range r.cuts(asked{}) {
			var sum Tally
			for _, p := range split(all, c.key) {
				sum.Houses, sum.Late, sum.Verified = sum.Houses+p.Houses, sum.Late+p.Late, sum.Verified+p.Verified
				stages := 0
				for s, n := range p.Stages {
					stages += n
					if got := len(r.find(c.only(p.Key, s))); got != n {
						rt.Fatalf("%s %s: %d houses are %s, the list has %d", c.id, p.Key, n, s, got)
					}
				}
				if stages != p.Houses {
					rt.Fatalf("%s %s: stages of %d houses of %d", c.id, p.Key, stages, p.Houses)
				}
			}
			if sum.Houses != whole.Houses || sum.Late != whole.Late || sum.Verified != whole.Verified {
				rt.Fatalf("%s: %+v of %+v", c.id, sum, whole)
			}
		}
	})
}

// only is the houses of a part at a stage.
func (c cut) only(key string, s Stage) Wanted {
	w := Wanted{Stage: s}
	switch c.field {
	case "regione":
		w.Region = key
	case "area":
		w.Area = key
	case "dimensione":
		w.Size = key
	}
	return w
}

// What is used counts, first and last day and visits, page after page.
func TestOperation(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		note := func(seen map[string]Operation) {
			t.Helper()
			if err := d.Write(t.Context(), func(tx *db.Tx) error { return NoteOperation(t.Context(), tx, seen) }); err != nil {
				t.Fatal(err)
			}
		}
		note(map[string]Operation{})
		note(map[string]Operation{"a": Operation{}.Add(today).Add(today.AddDays(-2)), "b": Operation{}.Add(today)})
		note(map[string]Operation{"a": Operation{}.Add(today.AddDays(-1))})
		note(map[string]Operation{"a": Operation{}.Add(today.AddDays(5)), "b": Operation{}.Add(today.AddDays(-9))})
		got, err := Operations(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]Operation{
			"a": {Visits: 4, First: today.AddDays(-2), Last: today.AddDays(5)}, "b": {Visits: 2, First: today.AddDays(-9), Last: today},
		}
		if len(got) != 2 || got["a"] != want["a"] || got["b"] != want["b"] {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}
