package site_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"polis/internal/agenda"
	"polis/internal/platform/i18n"
	"polis/internal/site"
	"polis/internal/territory"
)

func TestHoursInWords(t *testing.T) {
	t.Parallel()
	words := i18n.NewBundle()
	if err := words.Add(site.Words); err != nil {
		t.Fatal(err)
	}
	it, en := words.Printer(i18n.IT, nil), words.Printer(i18n.EN, nil)
	for _, c := range []struct {
		p     *i18n.Printer
		hours string
		want  []site.DayHours
	}{
		{it, "Mo-Su 00:00-24:00", []site.DayHours{{"ogni giorno", "tutto il giorno"}}},
		{it, "Mo-Fr 08:00-13:00,14:00-20:00; PH off", []site.DayHours{
			{"da lunedì a venerdì", "08:00–13:00, 14:00–20:00"},
			{"da sabato a domenica", "chiuso"},
			{"festivi", "chiuso"},
		}},
		{en, "Mo-Fr 08:00-20:00; Sa 09:00-13:00", []site.DayHours{
			{"Monday to Friday", "08:00–20:00"},
			{"Saturday", "09:00–13:00"},
			{"Sunday", "closed"},
		}},
	} {
		if diff := cmp.Diff(c.want, site.WeekInWords(c.p, agenda.MustHours(c.hours))); diff != "" {
			t.Errorf("%s\n%s", c.hours, diff)
		}
	}
}

func TestClosedInWords(t *testing.T) {
	t.Parallel()
	words := i18n.NewBundle()
	if err := words.Add(site.Words); err != nil {
		t.Fatal(err)
	}
	st := site.Site{
		ID: "a", Code: "a", Hours: agenda.MustHours("Mo-Fr 08:00-20:00; PH off"), Patron: agenda.MonthDay{Month: 12, Day: 7},
		Exceptions: map[agenda.Date][]agenda.Span{{Year: 2026, Month: 12, Day: 24}: nil},
	}
	net, err := site.NewNetwork(site.Data{Territory: territory.Embedded(), Sites: []site.Site{st}})
	if err != nil {
		t.Fatal(err)
	}
	first, last := agenda.Date{Year: 2026, Month: 11, Day: 23}, agenda.Date{Year: 2027, Month: 1, Day: 10}
	list := net.ClosedInWords(words.Printer(i18n.EN, nil), &st, first, last, 10)
	want := []string{
		"Monday 7 December 2026: the town’s patron saint",
		"Tuesday 8 December 2026: Immaculate Conception",
		"Thursday 24 December 2026",
		"Friday 25 December 2026: Christmas Day",
		"Friday 1 January 2027: New Year’s Day",
		"Wednesday 6 January 2027: Epiphany",
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
	if short := net.ClosedInWords(words.Printer(i18n.IT, nil), &st, first, last, 2); len(short) != 2 {
		t.Error(fmt.Sprint(short))
	}
}
