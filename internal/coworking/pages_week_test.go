package coworking_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/web/webtest"
)

func TestWeekOfAPlace(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	maria := w.as("maria", "it")
	maria.kept("D-01").send("/conferma")
	const week = "/spazi/aurora/posti/D-01"
	maria.get(week).want(200, "D-01, Spazio Aurora", "Scrivania", "Da lunedì 23 novembre 2026 a domenica 29 novembre 2026", "09:00–13:00 prenotata da me",
		"13:00–20:00 libera", "08:00–08:15 passato", "lunedì 23 oggi")
	w.as("giuseppe", "en").get(week).want(200, "09:00–13:00 taken")
	for path, want := range map[string]int{
		"/spazi/aurora/posti/D-08": 404, "/spazi/aurora/posti/X": 404, "/spazi/molo/posti/A-1": 404, "/spazi/ufficio/posti/S-1": 404,
		"/spazi/cantiere/posti/D-01": 200, "/spazi/nowhere/posti/D-01": 404, week + "?settimana=x": 200, week + "?settimana=0001-01-01": 200,
		week + "?settimana=9999-12-31": 200,
	} {
		if maria.get(path); maria.status != want {
			t.Errorf("%s: %d, want %d", path, maria.status, want)
		}
	}
	// from this week to that of the last day that can be booked, and back
	weeks := 1
	for maria.get(week); len(maria.page.All("[rel=next]")) > 0; weeks++ {
		maria.get(maria.page.One(t, "[rel=next]").Attr["href"]).want(200)
	}
	if !strings.Contains(maria.at, "settimana=2027-02-15") {
		t.Errorf("the last week is %s, 90 days from today are the 21st of February", maria.at)
	}
	for ; len(maria.page.All("[rel=prev]")) > 0; weeks-- {
		maria.get(maria.page.One(t, "[rel=prev]").Attr["href"]).want(200)
	}
	if weeks != 1 {
		t.Errorf("the way back is %d weeks shorter", weeks-1)
	}
}

// TestWeekOpensWhereSomethingIsLeft: a week with nothing left to book is not
// where one begins; it is still one step back.
func TestWeekOpensWhereSomethingIsLeft(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := w.as("giuseppe", "it")
	w.Clock.Set(time.Date(2026, 11, 29, 22, 0, 0, 0, time.UTC)) // late on a Sunday
	b.get("/spazi/aurora/posti/D-01").want(200, "Da lunedì 30 novembre 2026 a domenica 6 dicembre 2026")
	b.get(b.page.One(t, "[rel=prev]").Attr["href"]).want(200, "Da lunedì 23 novembre 2026 a domenica 29 novembre 2026")
	b.get("/spazi/aurora/posti/D-01?settimana=2026-11-23").want(200, "Da lunedì 23 novembre 2026")
}

// TestWeekLinksBook: where a week says free, the page of the house offers the
// place.
func TestWeekLinksBook(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := w.as("giuseppe", "it")
	w.as("maria", "it").kept("D-02").send("/conferma")
	for _, place := range []string{"aurora/posti/D-02", "aurora/posti/M-1", "aurora/posti/H-AB", "faro/posti/D-01", "molo/posti/M-1"} {
		b.get("/spazi/" + place + "?settimana=2026-11-23").want(200)
		links := b.page.One(t, ".polis-week-list").All("a")
		if len(links) < 3 {
			t.Errorf("%s: %d free times", place, len(links))
		}
		if table := b.page.One(t, ".polis-week").All("a"); len(table) != len(links) {
			t.Errorf("%s: %d free times in the table, %d in the lists", place, len(table), len(links))
		}
		for _, a := range links {
			b.get(a.Attr["href"]).want(200)
			if len(b.page.All("input[checked]")) != 1 {
				t.Errorf("%s leads to a page without the place", a.Attr["href"])
			}
		}
	}
}

// TestWeekWhenTheClocksChange: a day of 23 or 25 hours has its own quarters, and
// the table says which of two hours is meant.
func TestWeekWhenTheClocksChange(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := w.as("giuseppe", "it")
	for _, c := range []struct {
		now  time.Time
		week string
		rows int
		text []string
	}{
		{time.Date(2027, 3, 20, 8, 0, 0, 0, time.UTC), "2027-03-22", 96, nil},
		{time.Date(2027, 10, 20, 8, 0, 0, 0, time.UTC), "2027-10-25", 100, []string{"02:00 (+01:00)"}},
		{coworkingtest.Now, "2026-11-23", 96, nil},
	} {
		w.Clock.Set(c.now)
		b.get("/spazi/borgo/posti/D-01?settimana="+c.week).want(200, c.text...)
		table := b.page.One(t, ".polis-week")
		rows := table.One(t, "tbody").All("tr")
		if len(rows) != c.rows {
			t.Errorf("%s: %d quarter-hours, want %d", c.week, len(rows), c.rows)
		}
		// every column is covered, no cell reaches over the end
		for i, left := range spans(t, rows) {
			if left != len(rows) {
				t.Errorf("%s: column %d covers %d of %d rows", c.week, i, left, len(rows))
			}
		}
	}
}

// spans are how many rows the cells of each column cover, as a browser lays
// them out.
func spans(t *testing.T, rows []*webtest.Node) []int {
	t.Helper()
	var covered []int
	for i, tr := range rows {
		cells := tr.Kids
		for col := 0; len(cells) > 0; col++ {
			if col == len(covered) {
				covered = append(covered, 0)
			}
			if covered[col] > i {
				continue
			}
			n, err := strconv.Atoi(cells[0].Attr["rowspan"])
			if err != nil || covered[col] != i {
				t.Fatalf("row %d, column %d: rowspan %q", i, col, cells[0].Attr["rowspan"])
			}
			covered[col], cells = i+n, cells[1:]
		}
	}
	return covered
}
