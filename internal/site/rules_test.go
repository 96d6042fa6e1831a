package site

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func instant(t testing.TB, rfc3339 string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// The numbers are those of the edge cases that a booking engine must pass.
func TestRulesCheck(t *testing.T) {
	t.Parallel()
	rome, tokyo := agenda.Rome, zone(t, "Asia/Tokyo")
	desk := DefaultRules(Desk)
	with := func(change func(*Rules)) Rules {
		r := desk
		change(&r)
		return r
	}
	const now = "2026-11-21T10:07:00+01:00" // a Saturday
	for _, c := range []struct {
		name     string
		rules    Rules
		now      string
		from, to string
		loc      *time.Location
		want     string
	}{
		{"usual", desk, now, "2026-11-23T09:00:00+01:00", "2026-11-23T18:00:00+01:00", rome, ""},

		{"7 shorter than the minimum", desk, now, "2026-11-23T09:00:00+01:00", "2026-11-23T09:15:00+01:00", rome, "rule.too-short"},
		{"7 the minimum", desk, now, "2026-11-23T09:00:00+01:00", "2026-11-23T09:30:00+01:00", rome, ""},
		{"7 the maximum", desk, now, "2026-11-23T08:00:00+01:00", "2026-11-23T20:00:00+01:00", rome, ""},
		{"7 one unit above", desk, now, "2026-11-23T08:00:00+01:00", "2026-11-23T20:15:00+01:00", rome, "rule.too-long"},
		{"3 no length", desk, now, "2026-11-23T09:00:00+01:00", "2026-11-23T09:00:00+01:00", rome, "rule.too-short"},
		{"3 reversed", desk, now, "2026-11-23T09:00:00+01:00", "2026-11-23T08:00:00+01:00", rome, "rule.too-short"},
		{"12 the day of 25 hours", with(func(r *Rules) { r.MaxLength = day }), now, "2027-10-31T00:00:00+02:00", "2027-11-01T00:00:00+01:00", rome, "rule.horizon"},
		{"12 the day of 25 hours, in reach", with(func(r *Rules) { r.MaxLength = day }), "2027-10-20T09:00:00+02:00", "2027-10-31T00:00:00+02:00", "2027-11-01T00:00:00+01:00", rome, ""},
		{"11 the day of 23 hours", with(func(r *Rules) { r.MinLength, r.MaxLength = day, day }), "2027-03-20T09:00:00+01:00", "2027-03-28T00:00:00+01:00", "2027-03-29T00:00:00+02:00", rome, ""},

		{"8 starts this morning, now running", desk, now, "2026-11-21T08:00:00+01:00", "2026-11-21T13:00:00+01:00", rome, ""},
		{"8 not by rule", with(func(r *Rules) { r.LateStart = 0 }), now, "2026-11-21T10:00:00+01:00", "2026-11-21T13:00:00+01:00", rome, "rule.past"},
		{"8 just late enough", with(func(r *Rules) { r.LateStart = 15 }), now, "2026-11-21T10:00:00+01:00", "2026-11-21T13:00:00+01:00", rome, ""},
		{"8 too late", with(func(r *Rules) { r.LateStart = 15 }), now, "2026-11-21T09:45:00+01:00", "2026-11-21T13:00:00+01:00", rome, "rule.past"},
		{"8 over already", desk, now, "2026-11-21T08:00:00+01:00", "2026-11-21T10:00:00+01:00", rome, "rule.past"},
		{"8 yesterday evening is not this morning", desk, "2026-11-21T00:10:00+01:00", "2026-11-20T23:45:00+01:00", "2026-11-21T01:00:00+01:00", rome, "rule.past"},

		{"10 not on the grain", desk, now, "2026-11-23T09:10:00+01:00", "2026-11-23T10:10:00+01:00", rome, "rule.grain"},
		{"10 seconds", desk, now, "2026-11-23T09:00:01+01:00", "2026-11-23T10:00:00+01:00", rome, "rule.grain"},
		{"10 the grain of another kind", with(func(r *Rules) { r.Grain = 60 }), now, "2026-11-23T09:30:00+01:00", "2026-11-23T11:00:00+01:00", rome, "rule.grain"},
		{"10 counted from the site's midnight", with(func(r *Rules) { r.Grain = 120 }), now, "2026-11-23T10:00:00+01:00", "2026-11-23T12:00:00+01:00", rome, ""},
		{"10 whole days in Nepal", with(func(r *Rules) { r.Grain, r.MaxLength = day, day }), now, "2026-11-23T18:15:00Z", "2026-11-24T18:15:00Z", zone(t, "Asia/Kathmandu"), ""},

		{"lead", with(func(r *Rules) { r.Lead, r.LateStart = 120, 0 }), now, "2026-11-21T12:00:00+01:00", "2026-11-21T13:00:00+01:00", rome, "rule.lead"},
		{"lead just kept", with(func(r *Rules) { r.Lead, r.LateStart = 113, 0 }), now, "2026-11-21T12:00:00+01:00", "2026-11-21T13:00:00+01:00", rome, ""},

		{"16 today in Tokyo is tomorrow in Rome", desk, "2026-11-21T16:30:00+01:00", "2026-11-21T16:00:00+01:00", "2026-11-21T18:00:00+01:00", tokyo, ""},
		{"17 the past is the site's", desk, "2026-11-21T16:10:00+01:00", "2026-11-21T15:45:00+01:00", "2026-11-21T18:00:00+01:00", tokyo, "rule.past"},
		{"17 the same in Rome is this afternoon", desk, "2026-11-21T16:10:00+01:00", "2026-11-21T15:45:00+01:00", "2026-11-21T18:00:00+01:00", rome, ""},

		{"last day of the horizon", desk, now, "2027-02-19T20:00:00+01:00", "2027-02-20T00:00:00+01:00", rome, ""},
		{"the day after", desk, now, "2027-02-19T23:00:00+01:00", "2027-02-20T00:30:00+01:00", rome, "rule.horizon"},
		{"16 the horizon is counted in the site's days", desk, "2026-11-21T23:30:00+01:00", "2027-02-20T02:00:00+01:00", "2027-02-20T03:00:00+01:00", tokyo, ""},
		{"the year 9999", desk, now, "9999-12-31T09:00:00+01:00", "9999-12-31T10:00:00+01:00", rome, "rule.horizon"},
		{"the year 1", desk, now, "0001-01-01T09:00:00Z", "0001-01-01T10:00:00Z", time.UTC, "rule.past"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.rules.Check(instant(t, c.now), instant(t, c.from), instant(t, c.to), c.loc)
			if (err != nil) != (c.want != "") || err != nil && (!errs.Is(err, errs.Rule) || !errs.HasKey(err, c.want)) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			// 16: in which zone the caller wrote the times does not matter.
			again := c.rules.Check(instant(t, c.now).In(tokyo), instant(t, c.from).UTC(), instant(t, c.to).In(tokyo), c.loc)
			if (err == nil) != (again == nil) {
				t.Errorf("in other zones %v", again)
			}
		})
	}
}

func TestRefusalsNameTheLimit(t *testing.T) {
	t.Parallel()
	now := instant(t, "2026-11-21T10:00:00+01:00")
	err := errs.As(DefaultRules(Desk).Check(now, now.Add(time.Hour), now.Add(14*time.Hour), agenda.Rome))
	if want := (Refusal{"max_length", 720, "minutes"}); err.Details != want || err.Args["limit"] != 12*time.Hour {
		t.Errorf("got %+v, %v", err.Details, err.Args)
	}
	err = errs.As(DefaultRules(Desk).Check(now, now.AddDate(1, 0, 0), now.AddDate(1, 0, 0).Add(time.Hour), agenda.Rome))
	if want := (Refusal{"horizon_days", 90, "days"}); err.Details != want || err.Args["count"] != 90 {
		t.Errorf("got %+v, %v", err.Details, err.Args)
	}
}

func TestNoRulesAllowNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "now"), 0)
		from := now.Add(time.Duration(rapid.Int64Range(-1e6, 1e6).Draw(t, "from")) * time.Second)
		to := from.Add(time.Duration(rapid.Int64Range(-1e6, 1e6).Draw(t, "length")) * time.Second)
		if err := (Rules{}).Check(now, from, to, agenda.Rome); err == nil {
			t.Fatalf("%v to %v was allowed", from, to)
		}
	})
}

func TestDefaultRulesAreValid(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds {
		if err := DefaultRules(kind).Validate(); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if d := DefaultRules(Desk); d.HorizonDays != 90 || DefaultRules(Hall).HorizonDays != 400 || d.Coming != 5 || d.WeekHours != 40 {
		t.Errorf("not the numbers agreed on: %+v", d)
	}
}

func TestRulesValidate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change func(*Rules)
		field  string
	}{
		{func(r *Rules) { r.Turnover = 10 }, "turnover"},
		{func(r *Rules) { r.Turnover = -15 }, "turnover"},
		{func(r *Rules) { r.MinLength = 0 }, "min_length"},
		{func(r *Rules) { r.MaxLength = 0 }, "max_length"},
		{func(r *Rules) { r.MaxLength = r.MinLength - 15 }, "max_length"},
		{func(r *Rules) { r.Lead = 30 }, "late_start"},
		{func(r *Rules) { r.Grain = 0 }, "grain"},
		{func(r *Rules) { r.Grain = 20 }, "grain"},
		{func(r *Rules) { r.Release = -1 }, "release"},
		{func(r *Rules) { r.HorizonDays = 0 }, "horizon_days"},
		{func(r *Rules) { r.NoShows = 0 }, "no_shows"},
	} {
		r := DefaultRules(Desk)
		c.change(&r)
		err := r.Validate()
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", c.field, err)
			continue
		}
		if fields := errs.As(err).Fields; len(fields) != 1 || fields[0].Field != c.field {
			t.Errorf("%s: %v", c.field, err)
		}
	}
}

func TestRulesKeepTheirNamesInJSON(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(Rules{Turnover: 15})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"turnover":15,"min_length":0,"max_length":0,"lead":0,"late_start":0,"grain":0,"check_in_early":0,"release":0,` +
		`"no_check_in_from":0,"horizon_days":0,"coming":0,"week_hours":0,"holds":0,"no_shows":0,"no_show_days":0,"suspend_days":0}`
	if string(b) != want {
		t.Errorf("got %s", b)
	}
}

func TestEdge58ClosedSiteOrPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		state  State
		active bool
		want   string
	}{
		{Open, true, ""},
		{Open, false, "resource.out-of-use"},
		{Planned, true, "site.not-open-yet"},
		{Works, true, "site.not-open-yet"},
		{Testing, true, "site.not-open-yet"},
		{Suspended, true, "site.suspended"},
		{"", true, "site.suspended"},
	} {
		err := CheckSite(&Site{State: c.state}, &Resource{Active: c.active})
		if (err != nil) != (c.want != "") || err != nil && !errs.HasKey(err, c.want) {
			t.Errorf("%s, %v: %v", c.state, c.active, err)
		}
	}
}

func TestEdge59GroupsOfSiteAndPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		site, place, mine []string
		ok                bool
	}{
		{nil, nil, nil, true},
		{[]string{"a"}, nil, nil, false},
		{[]string{"a"}, nil, []string{"a"}, true},
		{[]string{"a", "b"}, nil, []string{"b"}, true},
		{[]string{"a"}, []string{"b"}, []string{"a"}, false},
		{[]string{"a"}, []string{"b"}, []string{"b"}, false},
		{[]string{"a"}, []string{"b"}, []string{"b", "a"}, true},
	} {
		err := CheckGroups(&Site{Groups: c.site}, &Resource{Groups: c.place}, c.mine)
		if (err == nil) != c.ok || err != nil && !errs.Is(err, errs.Forbidden) {
			t.Errorf("%v: %v", c, err)
		}
	}
}
