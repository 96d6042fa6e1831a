package follow

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/i18n"
	"polis/internal/programme/account"
)

func day(t *testing.T, text string) agenda.Date {
	t.Helper()
	d, err := agenda.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// seen are sources of a day, of rows that nobody published.
func seen(today agenda.Date) sources {
	return sources{
		today: today,
		known: func(string, string) time.Time { return time.Time{} },
		place: func(code string) (Where, string, bool) {
			return Where{"Lombardia", "VA"}, "Spazio " + code, code != "gone"
		},
		page: func(code string) string { return "/programma/case/" + code },
	}
}

// The news of a milestone are the changes of its state, as somebody sees them who
// looks every day.
func TestMilestonesAsSeenEveryDay(t *testing.T) {
	t.Parallel()
	a := account.FactsDraft().Account()
	last := day(t, "2027-02-01")
	for _, m := range account.All[account.Milestone](a) {
		var want []string
		was := account.ToStart
		for d := day(t, "2021-01-01"); !last.Before(d); d = d.AddDays(1) {
			if now := a.StandingOf(m, d).State; now != was {
				was = now
				want = append(want, d.String()+" "+string(now))
			}
		}
		list := seen(last).ofMilestone(a, m)
		slices.SortStableFunc(list, func(x, y Event) int { return x.Day.End().Compare(y.Day.End()) })
		var got []string
		for _, e := range list {
			got = append(got, e.Day.End().String()+" "+strings.Split(e.ID, "/")[2])
			if e.Href != "/programma/scadenze" || e.House != "" || agenda.DateOf(e.Known.In(agenda.Rome)) != e.Day.End() {
				t.Errorf("%+v", e)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, by the day %v", m.ID, got, want)
		}
	}
}

// News of before stay as they are, with their ids, whatever comes; nothing is told
// before its day.
func TestNewsOnlyGrow(t *testing.T) {
	t.Parallel()
	d := account.FactsDraft()
	works := func(k int, planned, actual string) (w account.Works) {
		w = account.Works{Site: "gavirate", Dates: make([]account.Dates, len(account.Phases))}
		for i := range k {
			w.Dates[i] = account.Dates{Planned: account.Date{Date: day(t, planned)}, Actual: account.Date{Date: day(t, actual)}}
		}
		w.Dates[k].Planned = account.Date{Date: day(t, "2025-05-01")}
		w.Dates[k+1].Planned = account.Date{Date: day(t, "2025-05-02")} // which waits for the one before
		return w
	}
	worksKind, _ := account.KindOf("works")
	documents, _ := account.KindOf("documents")
	d.Put(worksKind, works(2, "2024-03-01", "2024-04-01"))
	gone := works(1, "2024-03-01", "2024-04-01")
	gone.Site = "gone"
	d.Put(worksKind, gone)
	d.Put(documents, account.Document{Site: "gavirate", ID: "v", Type: account.Acceptance, Date: account.Date{Date: day(t, "2025-08-01")}, Title: "Verbale"})
	d.Put(documents, account.Document{Site: "gavirate", ID: "f", Type: "photo", Date: account.Date{Date: day(t, "2025-08-01")}, Title: "Foto"})
	a := d.Account()
	before := map[string]account.When{}
	houses := []string{}
	for on := day(t, "2021-06-30"); on.Year < 2027; on = on.AddDays(31) {
		now := map[string]account.When{}
		houses = houses[:0]
		for _, e := range newsOf(a, seen(on)) {
			if _, twice := now[e.ID]; twice || on.Before(e.Day.End()) || e.Known.After(time.Date(on.Year, on.Month, on.Day, 23, 59, 0, 0, agenda.Rome)) {
				t.Errorf("on %s: %+v", on, e)
			}
			if now[e.ID] = e.Day; e.House != "" {
				houses = append(houses, e.ID)
				if e.Href != "/programma/case/gavirate" || e.Where.Province != "VA" {
					t.Errorf("%+v", e)
				}
			}
		}
		for id, day := range before {
			if now[id] != day {
				t.Errorf("on %s %s is gone or of another day", on, id)
			}
		}
		before = now
	}
	slices.SortFunc(houses, cmp.Compare[string])
	want := []string{"house/gavirate/document/" + short("v"), "house/gavirate/late/permits/2025-05-01", "house/gavirate/phase/design", "house/gavirate/phase/survey"}
	if !slices.Equal(houses, want) {
		t.Errorf("of houses %v", houses)
	}
}

// A day is said as exactly as its source has it.
func TestDaysAreSaidAsTheSourceHasThem(t *testing.T) {
	t.Parallel()
	words := i18n.NewBundle()
	if err := words.Add(Words); err != nil {
		t.Fatal(err)
	}
	for when, want := range map[account.When][2]string{
		"2024-11-30": {"30 novembre 2024", "30 November 2024"}, "2024-11": {"novembre 2024", "November 2024"},
		"2024-T4": {"T4 2024", "Q4 2024"}, "2024": {"2024", "2024"},
	} {
		for i, lang := range []i18n.Lang{i18n.IT, i18n.EN} {
			if got := (Event{Day: when}).SayDay(words.Printer(lang, nil)); got != want[i] {
				t.Errorf("%s in %s: %q", when, lang, got)
			}
		}
	}
}
