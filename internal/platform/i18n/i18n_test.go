package i18n

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
)

func words(it, en string) fstest.MapFS {
	return fstest.MapFS{"words/it.json": {Data: []byte(it)}, "words/en.json": {Data: []byte(en)}}
}

func printers(t *testing.T) (it, en *Printer) {
	t.Helper()
	b := NewBundle()
	err := b.Add(words(
		`{"hello": "Ciao {{.name}}", "plain": "L’ora", "found": {"one": "{{.count}} posto", "other": "{{.count}} posti"}}`,
		`{"hello": "Hello {{.name}}", "plain": "The hour", "found": {"one": "{{.count}} seat", "other": "{{.count}} seats"}}`))
	if err != nil {
		t.Fatal(err)
	}
	return b.Printer(IT, nil), b.Printer(EN, nil)
}

func TestT(t *testing.T) {
	t.Parallel()
	it, en := printers(t)
	for _, c := range []struct {
		key    string
		vars   []any
		it, en string
	}{
		{"plain", nil, "L’ora", "The hour"},
		{"hello", []any{"name", "<b>"}, "Ciao <b>", "Hello <b>"},
		{"hello", []any{errs.Args{"name": 12345}}, "Ciao 12.345", "Hello 12,345"},
		{"hello", []any{"name", 90 * time.Minute}, "Ciao 1 ora e 30 minuti", "Hello 1 hour 30 minutes"},
		{"hello", []any{"name", time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}, "Ciao lunedì 23 novembre 2026, ore 09:00", "Hello Monday 23 November 2026, 09:00"},
		{"found", []any{"count", 0}, "0 posti", "0 seats"},
		{"found", []any{"count", 1}, "1 posto", "1 seat"},
		{"found", []any{"count", int64(2)}, "2 posti", "2 seats"},
		{"found", []any{"count", 1_000_000}, "1.000.000 posti", "1,000,000 seats"}, // Italian has a form of its own for millions
	} {
		if got := it.T(c.key, c.vars...); got != c.it {
			t.Errorf("it %s %v = %q, want %q", c.key, c.vars, got, c.it)
		}
		if got := en.T(c.key, c.vars...); got != c.en {
			t.Errorf("en %s %v = %q, want %q", c.key, c.vars, got, c.en)
		}
	}
}

func TestMissingKeyIsVisibleAndLoggedOnce(t *testing.T) { // not parallel: it borrows the default log
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	it, _ := printers(t)
	for range 3 {
		if got := it.T("not.there", "n", 1); got != "not.there" {
			t.Errorf("got %q", got)
		}
	}
	if n := strings.Count(log.String(), "not.there"); n != 1 {
		t.Errorf("logged %d times: %s", n, &log)
	}
}

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fstest.MapFS{
		"not JSON":     words(`{`, `{}`),
		"no text":      words(`{"a": ""}`, `{"a": "x"}`),
		"unknown form": words(`{"a": {"other": "x", "pair": "y"}}`, `{"a": "x"}`),
		"no English":   {"it.json": {Data: []byte(`{}`)}},
	} {
		if err := NewBundle().Add(files); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	b := NewBundle()
	if err := b.Add(words(`{"a": "x"}`, `{"a": "x"}`)); err != nil {
		t.Fatal(err)
	}
	if err := b.Add(words(`{"a": "x"}`, `{"a": "x"}`)); err == nil {
		t.Error("the same key twice: no error")
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	it, en := printers(t)
	at := time.Date(2026, 11, 21, 8, 30, 0, 0, time.UTC)
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	twice := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC) // 02:30, the first of two
	for _, c := range []struct{ name, got, want string }{
		{"Date", it.Date(at), "sabato 21 novembre 2026"},
		{"Date", en.Date(at), "Saturday 21 November 2026"},
		{"late evening is tomorrow in Rome", it.Date(time.Date(2026, 11, 30, 23, 30, 0, 0, time.UTC)), "martedì 1º dicembre 2026"},
		{"own zone", it.DateTime(at.In(newYork)), "sabato 21 novembre 2026, ore 03:30"},
		{"other zone", en.In(newYork).Time(at), "03:30"},
		{"Day", it.Day(agenda.Date{Year: 2026, Month: 3, Day: 29}), "domenica 29 marzo 2026"},
		{"DateShort", en.DateShort(at), "21 November 2026"},
		{"Month", it.Month(at), "novembre 2026"},
		{"Weekday", it.Weekday(time.Monday), "lunedì"},
		{"DateTime", it.DateTime(at), "sabato 21 novembre 2026, ore 09:30"},
		{"DateTime", en.DateTime(at), "Saturday 21 November 2026, 09:30"},
		{"Span", it.Span(at, at.Add(time.Hour)), "sabato 21 novembre 2026, dalle 09:30 alle 10:30"},
		{"Span", en.Span(at, at.Add(24*time.Hour)), "Saturday 21 November 2026, 09:30 – Sunday 22 November 2026, 09:30"},
		{"Hours", it.Hours(at, at.Add(time.Hour)), "09:30–10:30"},
		{"twice", it.Time(twice), "02:30 (+02:00)"},
		{"twice", it.Time(twice.Add(time.Hour)), "02:30 (+01:00)"},
		{"once", it.Time(twice.Add(2 * time.Hour)), "03:30"},
		{"ISO", it.ISO(at), "2026-11-21T09:30:00+01:00"},
		{"Duration", it.Duration(90 * time.Minute), "1 ora e 30 minuti"},
		{"Duration", en.Duration(90 * time.Minute), "1 hour 30 minutes"},
		{"Duration", it.Duration(0), "0 minuti"},
		{"Duration", it.Duration(25 * time.Hour), "1 giorno e 1 ora"},
		{"Duration", en.Duration(48 * time.Hour), "2 days"},
		{"Number", it.Number(10000), "10.000"},
		{"Number", it.Number(1.5), "1,5"},
		{"Number", en.Number(1234.567), "1,234.57"},
		{"Distance", it.Distance(0.354), "350 m"},
		{"Distance", it.Distance(1.24), "1,2 km"},
		{"Distance", en.Distance(9.96), "10 km"},
		{"Distance", it.Distance(1200), "1.200 km"},
		{"Distance", it.Distance(0.996), "1 km"},
	} {
		if c.got != c.want {
			t.Errorf("%s = %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestNegotiate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query, cookie, accept string
		want                  Lang
	}{
		{"", "", "", IT},
		{"en", "it", "it", EN},
		{"it", "en", "en", IT},
		{"xx", "en", "it", EN},
		{"", "en", "it-IT,it;q=0.9", EN},
		{"", "xx", "en-GB,en;q=0.9,it;q=0.1", EN},
		{"", "", "de-DE,de;q=0.9,en;q=0.5", EN},
		{"", "", "it-CH", IT},
		{"", "", "fr,ja", IT},
		{"", "", "en;q=0.1,it;q=0.9", IT},
		{"", "", "*", IT},
		{"", "", ";;;=,\x00", IT},
		{"", "", strings.Repeat("en,", 200), IT},
	} {
		if got := Negotiate(c.query, c.cookie, c.accept); got != c.want {
			t.Errorf("Negotiate(%q, %q, %.40q) = %s, want %s", c.query, c.cookie, c.accept, got, c.want)
		}
	}
}

func BenchmarkT(b *testing.B) {
	bundle := NewBundle()
	if err := bundle.Add(words(`{"a": "x", "n": {"one": "{{.count}} y", "other": "{{.count}} z"}}`, `{"a": "x", "n": "z"}`)); err != nil {
		b.Fatal(err)
	}
	p := bundle.Printer(IT, nil)
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			p.T("a")
		}
	})
	b.Run("plural", func(b *testing.B) {
		for b.Loop() {
			p.T("n", "count", 12)
		}
	})
}
