package site

import (
	"database/sql"
	"slices"
	"testing"

	"polis/internal/agenda"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

// Who has seen a house at one revision changes it at no other.
func TestChangeFromARevision(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, ctx := newStore(d), t.Context()
		house := aHouse("a", "a")
		save(t, s, []Site{house, aHouse("b", "b")}, nil, nil)
		on := agenda.Date{Year: 2026, Month: 12, Day: 24}
		rev := func() int64 {
			st, err := load(t, s).Site("a")
			if err != nil {
				t.Fatal(err)
			}
			return st.Rev
		}
		house.Name = "Altro nome"
		for name, change := range map[string]func(*Store) error{
			"save":           func(s *Store) error { house.Name += "."; return s.SaveSite(ctx, &house, []string{"name"}, "luca") },
			"state":          func(s *Store) error { return s.SetState(ctx, "a", Testing, on, "2027-03-01", "luca") },
			"exception":      func(s *Store) error { return s.SaveExceptions(ctx, "a", on, on, nil, "luca") },
			"several":        func(s *Store) error { return s.SaveExceptions(ctx, "a", on, on.AddDays(2), nil, "luca") },
			"rules":          func(s *Store) error { return s.SaveRules(ctx, "a", Desk, DefaultRules(Desk), "luca") },
			"no more so":     func(s *Store) error { return s.DropException(ctx, "a", on, "luca") },
			"no more rules":  func(s *Store) error { return s.DropRules(ctx, "a", Desk, "luca") },
			"of another one": func(s *Store) error { return s.SaveExceptions(ctx, "b", on, on, nil, "luca") },
		} {
			if name == "no more so" || name == "no more rules" {
				for _, err := range []error{s.SaveExceptions(ctx, "a", on, on, nil, ""), s.SaveRules(ctx, "a", Desk, DefaultRules(Desk), "")} {
					if err != nil {
						t.Fatal(err)
					}
				}
			}
			was := rev()
			if err := change(s.From(was + 1)); !errs.Is(err, errs.Conflict) || rev() != was {
				t.Errorf("%s from another revision: %v", name, err)
			}
			if name == "of another one" {
				continue
			}
			if err := change(s.From(was)); err != nil || rev() != was+1 {
				t.Errorf("%s: %v, revision %d after %d", name, err, rev(), was)
			}
		}
	})
}

// The act of a change says of which house, what and by whom.
func TestActsOfAChange(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, ctx := newStore(d), t.Context()
		house := aHouse("a", "a")
		save(t, s, []Site{house}, nil, nil)
		on := agenda.Date{Year: 2026, Month: 12, Day: 24}
		for _, err := range []error{
			s.SaveSite(ctx, &house, []string{"hours"}, "luca"), s.SetState(ctx, "a", Testing, on, "", "luca"), s.SaveExceptions(ctx, "a", on, on.AddDays(1), nil, "luca"),
			s.SaveRules(ctx, "a", Desk, DefaultRules(Desk), ""), s.DropRules(ctx, "a", Desk, "luca"),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		if err := db.Each(ctx, d, testActs, func(rows *sql.Rows) error {
			var kind, subject, person, data string
			var at int64
			err := rows.Scan(&kind, &subject, &person, &data, &at)
			if person == "luca" {
				got = append(got, kind+" "+subject+" "+data)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if want := []string{
			`site.changed a {"what":["hours"]}`, `site.state a {"state":"testing","since":"2026-12-24","opens_on":""}`,
			`site.exception a {"date":"2026-12-24","to":"2026-12-25","hours":""}`, `site.rules-dropped a {"kind":"desk"}`,
		}; !slices.Equal(got, want) {
			t.Errorf("acts %q", got)
		}
	})
}

func TestStateWithItsOpening(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, ctx := newStore(d), t.Context()
		save(t, s, []Site{aHouse("a", "a")}, nil, nil)
		since := agenda.Date{Year: 2026, Month: 11, Day: 1}
		if err := s.SetState(ctx, "a", Testing, since, "", "luca"); err != nil {
			t.Fatal(err)
		}
		if st, _ := load(t, s).Site("a"); st.State != Testing || st.StateSince != "2026-11-01" || st.OpensOn != "" {
			t.Errorf("%s since %q, opens %q", st.State, st.StateSince, st.OpensOn)
		}
		for _, err := range []error{
			s.SetState(ctx, "a", "ready", since, "", ""), s.SetState(ctx, "a", Open, agenda.Date{}, "", ""), s.SetState(ctx, "a", Open, since, "soon", ""),
		} {
			if !errs.Is(err, errs.Invalid) {
				t.Error(err)
			}
		}
		if err := s.SetState(ctx, "none", Open, since, "", ""); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
	})
}

func TestExceptionsOfSeveralDays(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, ctx := newStore(d), t.Context()
		save(t, s, []Site{aHouse("a", "a")}, nil, nil)
		first := agenda.Date{Year: 2026, Month: 12, Day: 30}
		if err := s.SaveExceptions(ctx, "a", first, first.AddDays(3), agenda.MustHours("10:00-12:00").On(1, false), "luca"); err != nil {
			t.Fatal(err)
		}
		st, _ := load(t, s).Site("a")
		for i := range 4 {
			if len(st.Exceptions[first.AddDays(i)]) != 1 {
				t.Errorf("day %d: %v", i, st.Exceptions)
			}
		}
		if len(st.Exceptions) != 4 {
			t.Errorf("%d exceptions", len(st.Exceptions))
		}
		for _, last := range []agenda.Date{first.AddDays(-1), first.AddDays(MaxException), {}} {
			if err := s.SaveExceptions(ctx, "a", first, last, nil, ""); !errs.Is(err, errs.Invalid) {
				t.Errorf("until %s: %v", last, err)
			}
		}
	})
}

// A kind of place whose own rules are dropped has those of the network, which
// may be dropped too.
func TestDropRules(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, ctx := newStore(d), t.Context()
		save(t, s, []Site{aHouse("a", "a")}, nil, nil)
		own, network := DefaultRules(Desk), DefaultRules(Desk)
		own.Coming, network.Coming = 1, 2
		for _, err := range []error{s.SaveRules(ctx, "a", Desk, own, ""), s.SaveRules(ctx, "", Desk, network, "")} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, step := range []struct {
			site   string
			coming int
			own    bool
		}{{"", 1, true}, {"a", 5, false}} {
			if err := s.DropRules(ctx, step.site, Desk, "luca"); err != nil {
				t.Fatal(err)
			}
			n := load(t, s)
			if _, ok := n.OwnRules("a", Desk); n.Rules("a", Desk).Coming != step.coming || ok != step.own {
				t.Errorf("after %q: %d, own %t", step.site, n.Rules("a", Desk).Coming, ok)
			}
			if err := s.DropRules(ctx, step.site, Desk, "luca"); !errs.HasKey(err, "rules.no-own") {
				t.Errorf("twice: %v", err)
			}
		}
	})
}

func TestVersionsOfHouseRules(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, ctx := newStore(d), t.Context()
		save(t, s, []Site{aHouse("a", "a")}, nil, nil)
		for i, text := range []string{"uno", "due", "tre"} {
			if _, err := s.PublishNext(ctx, "a", i, Text{IT: text}, "luca"); err != nil {
				t.Fatal(err)
			}
		}
		for _, after := range []int{0, 2, 4} {
			if _, err := s.PublishNext(ctx, "a", after, Text{IT: "x"}, "luca"); !errs.HasKey(err, "site.house-rules-newer") {
				t.Errorf("after %d: %v", after, err)
			}
		}
		list := func(before, limit int) (got []string) {
			versions, err := s.HouseRulesOf(ctx, "a", before, limit)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range versions {
				got = append(got, v.Text.IT)
			}
			return got
		}
		if got := list(99, 9); !slices.Equal(got, []string{"tre", "due", "uno"}) {
			t.Errorf("all: %v", got)
		}
		if got := list(3, 1); !slices.Equal(got, []string{"due"}) {
			t.Errorf("the one before the third: %v", got)
		}
	})
}
