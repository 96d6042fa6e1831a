package guard_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"polis/internal/agenda"
	"polis/internal/manage/guard"
	"polis/internal/reserve"
	"polis/internal/site"
)

// now is Monday 23 November 2026, 8 in the morning in Rome.
var now = time.Date(2026, time.November, 23, 8, 0, 0, 0, agenda.Rome)

func terms(t testing.TB, hours string, change func(*site.Site)) guard.Terms {
	t.Helper()
	st := site.Site{State: site.Open, Hours: agenda.MustHours(hours)}
	if change != nil {
		change(&st)
	}
	terms, err := guard.TermsOf(&st)
	if err != nil {
		t.Fatal(err)
	}
	return terms
}

func TestLost(t *testing.T) {
	t.Parallel()
	at := func(from, to int) reserve.Part {
		return reserve.Part{From: now.Add(time.Duration(from) * time.Hour), To: now.Add(time.Duration(to) * time.Hour)}
	}
	suspended := func(st *site.Site) { st.State = site.Suspended }
	for _, c := range []struct {
		name          string
		before, after guard.Terms
		part          reserve.Part
		want          guard.Why
	}{
		{"nothing changes", terms(t, "24/7", nil), terms(t, "24/7", nil), at(1, 2), ""},
		{"it closes for good", terms(t, "24/7", nil), terms(t, "24/7", suspended), at(1, 2), guard.Closed},
		{"it was closed already", terms(t, "24/7", suspended), terms(t, "24/7", suspended), at(1, 2), ""},
		{"shorter hours", terms(t, "Mo 08:00-20:00", nil), terms(t, "Mo 08:00-09:30", nil), at(1, 2), guard.Hours},
		{"it lay outside before", terms(t, "Mo 10:00-20:00", nil), terms(t, "Mo 11:00-20:00", nil), at(1, 2), ""},
		{"what is over does not matter", terms(t, "Mo 06:00-20:00", nil), terms(t, "Mo 08:00-20:00", nil), at(-2, 1), ""},
		{"a holiday", terms(t, "Mo 08:00-20:00; PH off", nil), terms(t, "Mo 08:00-20:00; PH off", func(st *site.Site) {
			st.Patron = agenda.MonthDay{Month: time.November, Day: 23}
		}), at(1, 2), guard.Hours},
		{"another zone", terms(t, "Mo 08:00-20:00", nil), terms(t, "Mo 08:00-20:00", func(st *site.Site) { st.Zone = "Pacific/Auckland" }), at(4, 5), guard.Hours},
	} {
		if got := guard.Lost(c.before, c.after, &c.part, now); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if c.want != "" && !guard.Worse(c.before, c.after) {
			t.Errorf("%s: nobody would look", c.name)
		}
	}
}

// Where nobody could be shut out, nobody is.
func TestNarrower(t *testing.T) {
	t.Parallel()
	groups := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3)
	rapid.Check(t, func(t *rapid.T) {
		before, after, has := groups.Draw(t, "before"), groups.Draw(t, "after"), groups.Draw(t, "has")
		if guard.ShutOut(before, after, has) && !guard.Narrower(before, after) {
			t.Fatalf("%v, then %v, shuts out %v", before, after, has)
		}
	})
}

func TestStrains(t *testing.T) {
	t.Parallel()
	was := site.Resource{Ordinal: 1, Kind: site.Hall, Seats: 10, Active: true}
	atoms := func(unit int64) []int64 { // 9 is made of 1 and 2
		if unit == 9 {
			return []int64{1, 2}
		}
		return []int64{unit}
	}
	itself, whole, hidden, other := reserve.Part{Units: []int64{5, 1}}, reserve.Part{Units: []int64{9}}, reserve.Part{Units: []int64{2}, Hidden: []int64{1}}, reserve.Part{Units: []int64{2}}
	for _, c := range []struct {
		name   string
		change func(*site.Resource)
		on     string
		whole  bool // who has something made of it is in the way too
	}{
		{"another name", func(p *site.Resource) { p.Name = "x" }, "", false},
		{"more seats", func(p *site.Resource) { p.Seats = 11 }, "", false},
		{"fewer seats", func(p *site.Resource) { p.Seats = 9 }, site.OnSeats, true},
		{"out of use", func(p *site.Resource) { p.Active = false }, site.OnUse, true},
		{"another kind", func(p *site.Resource) { p.Kind = site.Desk }, site.OnKind, true},
		{"other parts", func(p *site.Resource) { p.Atoms = []int64{3, 4} }, site.OnParts, true},
		{"for a group", func(p *site.Resource) { p.Groups = []string{"soci"} }, site.OnGroups, false},
	} {
		p := was
		c.change(&p)
		s, ok := guard.Strained(&was, &p)
		if s.On != c.on || ok != (c.on != "") {
			t.Errorf("%s: on %q", c.name, s.On)
		}
		if !ok {
			continue
		}
		if !s.Meets(&itself, atoms) || s.Meets(&other, atoms) || s.Meets(&whole, atoms) != c.whole || s.Meets(&hidden, atoms) != c.whole {
			t.Errorf("%s meets others than it should", c.name)
		}
		shuts := s.ShutsOut()
		if (shuts != nil) != (c.on == site.OnGroups) || shuts != nil && (shuts([]string{"soci"}) || !shuts(nil)) {
			t.Errorf("%s lets down others than it should", c.name)
		}
	}
}
