package feedback_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"polis/internal/feedback"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/platform/mail"
)

// A report has a number, an owner and a day; its person and who looks after the
// house read it, nobody else.
func TestReportIsReadByWhoMay(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ctx := t.Context()
		aurora := w.make(w.maria, feedback.Request{Kind: feedback.Cleaning, Site: "aurora", Resource: "D-1"})
		borgo := w.make(w.maria, feedback.Request{Kind: feedback.Noise, Site: siteID("borgo"), Resource: "desk-borgo"})
		barrier := w.make(w.maria, feedback.Request{Kind: feedback.Accessibility, Site: "aurora"})
		service := w.make(identity.Anonymous, feedback.Request{Kind: feedback.Other, Email: "nessuno@example.org"})
		if aurora.Number != "2026-000001" || service.Number != "2026-000004" {
			t.Errorf("numbers %s, %s", aurora.Number, service.Number)
		}
		if aurora.Owner != feedback.OfSite || barrier.Owner != feedback.OfNetwork || service.Owner != feedback.OfNetwork {
			t.Errorf("owners %s, %s, %s", aurora.Owner, barrier.Owner, service.Owner)
		}
		if aurora.Resource != "desk-aurora" || borgo.Site != siteID("borgo") {
			t.Errorf("about %+v, %+v", aurora, borgo)
		}
		for _, c := range []struct {
			who    string
			actor  identity.Actor
			link   bool
			report feedback.Report
			reads  bool
			answer errs.Kind // "" may
		}{
			{"maria", w.maria, false, aurora, true, errs.Forbidden},
			{"maria", w.maria, false, service, false, errs.NotFound},
			{"nobody", identity.Anonymous, false, aurora, false, errs.NotFound},
			{"nobody with the link", identity.Anonymous, true, service, true, errs.NotFound},
			{"anna", w.anna, false, aurora, true, errs.Forbidden},
			{"anna", w.anna, false, borgo, false, errs.NotFound},
			{"anna", w.anna, false, barrier, false, errs.NotFound},
			{"bruno", w.bruno, false, borgo, false, errs.NotFound},
			{"bruno", w.bruno, false, barrier, false, errs.NotFound},
			{"bruno", w.bruno, false, service, false, errs.NotFound},
			{"bruno", w.bruno, false, aurora, true, ""},
			{"luca", w.luca, false, borgo, true, ""},
			{"luca", w.luca, false, barrier, true, ""},
			{"luca", w.luca, false, service, true, ""},
		} {
			link := "x"
			if c.link {
				link = w.LinkKey(c.report.Number)
			}
			r, err := w.Read(ctx, c.actor, c.report.Number, link)
			if c.reads && (err != nil || r.Text != "La porta del bagno non si chiude") {
				t.Errorf("%s, %s: %q, %v", c.who, c.report.Number, r.Text, err)
			}
			if !c.reads && !errs.Is(err, errs.NotFound) {
				t.Errorf("%s reads %s: %v", c.who, c.report.Number, err)
			}
			_, err = w.Answer(ctx, c.actor, c.report.Number, 1, "Domani viene il fabbro.")
			if c.answer == "" && err != nil || c.answer != "" && !errs.Is(err, c.answer) {
				t.Errorf("%s answers %s: %v", c.who, c.report.Number, err)
			}
		}
		r, err := w.Read(ctx, w.maria, aurora.Number, "")
		if err != nil || r.Answer != "Domani viene il fabbro." || r.Open() || r.Answerer != w.bruno.Person || r.Rev != 2 {
			t.Errorf("after the answer %+v, %v", r, err)
		}
		if _, err := w.Answer(ctx, w.bruno, aurora.Number, 2, "Un'altra risposta."); !errs.Is(err, errs.Conflict) {
			t.Errorf("answered twice: %v", err)
		}
		if _, err := w.Read(ctx, w.luca, "2026-999999", ""); !errs.Is(err, errs.NotFound) {
			t.Errorf("a report that does not exist: %v", err)
		}
	})
}

// The day of the answer: working days without weekends, holidays and the patron
// of the house; for accessibility thirty days of the calendar.
func TestDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	at := func(text string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		made, site string
		kind       feedback.Kind
		want       string
	}{
		{"2026-11-23 07:07", "aurora", feedback.Safety, "2026-11-24"},
		{"2026-11-23 07:07", "aurora", feedback.Cleaning, "2026-11-30"},
		{"2026-11-23 07:07", "", feedback.Accessibility, "2026-12-23"},
		{"2026-12-04 10:00", "aurora", feedback.Safety, "2026-12-09"}, // patron, Immaculate Conception
		{"2026-12-04 10:00", "borgo", feedback.Safety, "2026-12-07"},
		{"2026-12-04 10:00", "", feedback.Other, "2026-12-14"},
		{"2026-12-23 10:00", "borgo", feedback.Equipment, "2026-12-31"},
		{"2026-12-31 23:30", "borgo", feedback.Safety, "2027-01-04"}, // in Rome it is next year
		{"2027-03-26 10:00", "borgo", feedback.Noise, "2027-04-05"},  // Easter
	} {
		w.clock.Set(at(c.made))
		r := w.make(w.maria, feedback.Request{Kind: c.kind, Site: c.site, Text: "Qualcosa non va: " + c.made})
		rome := w.live.Network()
		st, _ := rome.ByCode("aurora")
		if got := r.DueDay(rome.Zone(st)).String(); got != c.want {
			t.Errorf("%s made %s at %q: due %s, want %s", c.kind, c.made, c.site, got, c.want)
		}
		if r.Overdue(r.Due.Add(-time.Second)) || !r.Overdue(r.Due) {
			t.Errorf("%s: overdue at the wrong time", c.made)
		}
		if c.made == "2026-12-31 23:30" && !strings.HasPrefix(r.Number, "2027-") {
			t.Errorf("the number %s is of the wrong year", r.Number)
		}
	}
}

// Many at once have numbers of their own; one form sent many times is one
// report, and leaves no person behind.
func TestNumbersUnderConcurrency(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		const n = 24
		numbers := make([]string, n)
		var group sync.WaitGroup
		for i := range n {
			group.Go(func() {
				req := feedback.Request{Kind: feedback.Other, Text: "Troppo rumore in sala", Once: fmt.Sprint("form ", i/3)} // each sent three times
				r, err := w.Make(t.Context(), identity.Anonymous, req)
				if err != nil {
					t.Error(err)
				}
				numbers[i] = r.Number
			})
		}
		group.Wait()
		distinct := slices.Compact(slices.Sorted(slices.Values(numbers)))
		if len(distinct) != n/3 || distinct[0] != "2026-000001" || distinct[n/3-1] != fmt.Sprintf("2026-%06d", n/3) {
			t.Errorf("numbers %v", distinct)
		}
		if got := count(t, d, peopleOfReports); got != 4+n/3 {
			t.Errorf("%d people, want the four of the world and one per report", got)
		}
	})
}

var (
	peopleOfReports = db.Q("feedbacktest.people", `SELECT COUNT(*) FROM person`)
	rawReports      = db.Q("feedbacktest.raw", `SELECT body, answer FROM report`)
	rawActs         = db.Q("feedbacktest.acts", `SELECT kind, data FROM act WHERE kind IN ('report.made', 'report.answered') ORDER BY id`)
	forgetPerson    = db.Q("feedbacktest.forget", `DELETE FROM person WHERE id = $1`)
)

func count(t testing.TB, d *db.DB, q db.Query) (n int) {
	t.Helper()
	if err := db.One(t.Context(), d, q, nil, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOnceIsOfWhatWasAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	req := feedback.Request{Kind: feedback.Other, Text: "Troppo rumore in sala", Once: "k"}
	first, again := w.make(w.maria, req), w.make(w.maria, req)
	if first.Number != again.Number || again.Text != req.Text {
		t.Errorf("sent twice: %s and %s", first.Number, again.Number)
	}
	req.Text = "Troppo rumore in cortile"
	if other := w.make(w.maria, req); other.Number == first.Number {
		t.Error("another text under the same key is lost")
	}
	if other := w.make(w.anna, req); other.Person != w.anna.Person {
		t.Error("the same key of somebody else gives away a report")
	}
}

// Neither the tables nor journal nor log have a word of what was written, or of
// the address; and what a forgotten person wrote is gone.
func TestTextsAreEncrypted(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ctx := t.Context()
		r := w.make(identity.Anonymous, feedback.Request{Kind: feedback.Safety, Site: "aurora", Text: "Il cancello cade", Email: "ada@example.org"})
		if _, err := w.Answer(ctx, w.luca, r.Number, 1, "Il cancello è riparato."); err != nil {
			t.Fatal(err)
		}
		w.mails()
		secret := func(where string, text []byte) {
			for _, word := range []string{"cancello", "cade", "riparato", "ada@"} {
				if bytes.Contains(text, []byte(word)) {
					t.Errorf("%s has %q", where, word)
				}
			}
		}
		if err := db.Each(ctx, d, rawReports, func(rows *sql.Rows) error {
			var body, answer []byte
			err := rows.Scan(&body, &answer)
			secret("report", body)
			secret("report", answer)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var kinds []string
		if err := db.Each(ctx, d, rawActs, func(rows *sql.Rows) error {
			var kind, data string
			err := rows.Scan(&kind, &data)
			secret("journal", []byte(data))
			kinds = append(kinds, kind)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(kinds, " "); got != "report.made report.answered" {
			t.Errorf("acts %s", got)
		}
		secret("log", w.log.Bytes())

		if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, forgetPerson, r.Person); return err }); err != nil {
			t.Fatal(err)
		}
		if got, err := w.Read(ctx, w.luca, r.Number, ""); err != nil || got.Text != "" || got.Answer != "" || got.Open() {
			t.Errorf("after forgetting %+v, %v", got, err)
		}
	})
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	long := strings.Repeat("è", feedback.MaxText)
	for _, c := range []struct {
		req   feedback.Request
		field string
		kind  errs.Kind
	}{
		{feedback.Request{Kind: "x", Text: "Qualcosa non va"}, "kind", errs.Invalid},
		{feedback.Request{Kind: feedback.Other, Text: "  corto \r\n\r\n  "}, "text", errs.Invalid},
		{feedback.Request{Kind: feedback.Other, Text: long + "è"}, "text", errs.Invalid},
		{feedback.Request{Kind: feedback.Other, Text: long, Site: "nessuna"}, "site", errs.NotFound},
		{feedback.Request{Kind: feedback.Other, Text: long, Site: "aurora", Resource: "desk-borgo"}, "resource", errs.NotFound},
		{feedback.Request{Kind: feedback.Other, Text: long, Email: "non è un indirizzo"}, "email", errs.Invalid},
	} {
		_, err := w.Make(t.Context(), identity.Anonymous, c.req)
		e := errs.As(err)
		field := e.Field
		if len(e.Fields) > 0 {
			field = e.Fields[0].Field
		}
		if e.Kind != c.kind || field != c.field {
			t.Errorf("%+.40v: %v", c.req, err)
		}
	}
	if r := w.make(identity.Anonymous, feedback.Request{Kind: feedback.Other, Text: "una riga\r\ne \x07un’altra\u0085"}); r.Text != "una riga\ne un’altra" {
		t.Errorf("kept as %q", r.Text)
	}
	if got := count(t, w.db, peopleOfReports); got != 5 {
		t.Errorf("what was refused left people behind: %d", got)
	}
}

// The receipt and the answer come by mail, in the language of who reported.
func TestMails(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ctx := t.Context()
		r := w.make(identity.Anonymous, feedback.Request{Kind: feedback.Accessibility, Email: "ada@example.org", Language: "en", Text: "The plan cannot be read aloud"})
		mute := w.make(identity.Anonymous, feedback.Request{Kind: feedback.Other})
		mine := w.make(w.maria, feedback.Request{Kind: feedback.Safety, Site: "aurora"})
		got := w.mails()
		if len(got) != 2 {
			t.Fatalf("%d mails, want those to ada and maria", len(got))
		}
		link := publicURL + "/segnalazioni/" + r.Number + "?chiave=" + w.LinkKey(r.Number)
		wants := func(text string, wants ...string) {
			t.Helper()
			for _, want := range wants {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in:\n%s", want, text)
				}
			}
		}
		slices.SortFunc(got, func(a, b mail.Message) int { return strings.Compare(a.To, b.To) })
		if got[0].To != "ada@example.org" || got[0].Lang != "en" || got[1].To != "maria@example.org" {
			t.Errorf("to %s in %s, to %s", got[0].To, got[0].Lang, got[1].To)
		}
		wants(got[0].Subject+"\n"+got[0].Text, r.Number, "the managers of the network", "Wednesday 23 December 2026", link, "The plan cannot be read aloud")
		wants(got[1].Subject+"\n"+got[1].Text, mine.Number, "chi gestisce la sede", "martedì 24 novembre 2026")
		wants(got[1].HTML, mine.Number, "chi gestisce la sede", "martedì 24 novembre 2026", "La porta del bagno non si chiude", "Buongiorno Maria Bianchi,")
		for _, number := range []string{r.Number, mute.Number} {
			if _, err := w.Answer(ctx, w.luca, number, 1, "From today it can."); err != nil {
				t.Fatal(err)
			}
		}
		got = w.mails()
		if len(got) != 1 {
			t.Fatalf("%d mails, want the answer to ada", len(got))
		}
		wants(got[0].Subject+"\n"+got[0].Text, r.Number, "From today it can.", link, "/accessibilita#difensore", "The plan cannot be read aloud")
		wants(got[0].HTML, `<html lang="en">`, "From today it can.", link, "/accessibilita#difensore", "The plan cannot be read aloud")
	})
}

// Who looks after houses sees what waits by due day and what is answered, page
// after page, each once.
func TestLists(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ctx := t.Context()
		var all []feedback.Report
		kinds := []feedback.Kind{feedback.Other, feedback.Safety, feedback.Accessibility, feedback.Noise}
		for i := range 24 {
			w.clock.Advance(7 * time.Hour)
			all = append(all, w.make(w.maria, feedback.Request{Kind: kinds[i%4], Site: []string{"aurora", "borgo", ""}[i%3], Once: fmt.Sprint(i)}))
		}
		for _, c := range []struct {
			who   string
			actor identity.Actor
			site  string
			sees  func(feedback.Report) bool
		}{
			{"luca", w.luca, "", func(feedback.Report) bool { return true }},
			{"luca at aurora", w.luca, siteID("aurora"), func(r feedback.Report) bool { return r.Site == siteID("aurora") }},
			{"bruno", w.bruno, "", func(r feedback.Report) bool { return r.Site == siteID("aurora") && r.Owner == feedback.OfSite }},
			{"anna", w.anna, siteID("aurora"), func(r feedback.Report) bool { return r.Site == siteID("aurora") && r.Owner == feedback.OfSite }},
		} {
			var want []string
			for _, r := range all {
				if c.sees(r) {
					want = append(want, r.Number)
				}
			}
			list := func(f feedback.Filter) (got []feedback.Report) {
				var at feedback.Position
				for {
					page, err := w.List(ctx, c.actor, f, at, 3)
					if err != nil {
						t.Fatal(err)
					}
					if got = append(got, page...); len(page) < 3 {
						return got
					}
					at = f.After(page[2])
				}
			}
			got := list(feedback.Filter{Site: c.site})
			if !slices.IsSortedFunc(got, func(a, b feedback.Report) int { return a.Due.Compare(b.Due) }) {
				t.Errorf("%s: not by due day", c.who)
			}
			var numbers []string
			overdue := 0
			for _, r := range got {
				numbers = append(numbers, r.Number)
				if r.Overdue(w.clock.Now()) {
					overdue++
				}
			}
			slices.Sort(numbers)
			if !slices.Equal(numbers, want) {
				t.Errorf("%s sees %v, want %v", c.who, numbers, want)
			}
			open, late, err := w.Count(ctx, c.actor, c.site)
			if err != nil || open != len(want) || late != overdue {
				t.Errorf("%s counts %d, %d overdue, %v; want %d, %d", c.who, open, late, err, len(want), overdue)
			}
		}
		for _, actor := range []identity.Actor{w.maria, identity.Anonymous} {
			if _, err := w.List(ctx, actor, feedback.Filter{}, feedback.Position{}, 10); !errs.Is(err, errs.Forbidden) && !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("listed: %v", err)
			}
		}
		if _, err := w.List(ctx, w.anna, feedback.Filter{Site: siteID("borgo")}, feedback.Position{}, 10); !errs.Is(err, errs.Forbidden) {
			t.Errorf("anna lists borgo: %v", err)
		}
		for _, r := range all[:5] {
			w.clock.Advance(time.Minute)
			if _, err := w.Answer(ctx, w.luca, r.Number, 1, "È stato riparato."); err != nil {
				t.Fatal(err)
			}
		}
		f := feedback.Filter{Answered: true}
		first, err := w.List(ctx, w.luca, f, feedback.Position{}, 3)
		if err != nil || len(first) != 3 || first[0].Number != all[4].Number {
			t.Fatalf("answered %v, %v", first, err)
		}
		rest, err := w.List(ctx, w.luca, f, f.After(first[2]), 3)
		if err != nil || len(rest) != 2 || rest[1].Number != all[0].Number {
			t.Errorf("then %v, %v", rest, err)
		}
		mine, err := w.Mine(ctx, w.maria, "", 100)
		if err != nil || len(mine) != len(all) || mine[0].Number != all[23].Number {
			t.Errorf("mine: %d, %v", len(mine), err)
		}
		if next, err := w.Mine(ctx, w.maria, mine[9].ID, 2); err != nil || len(next) != 2 || next[0].ID != mine[10].ID {
			t.Errorf("mine goes on with %v, %v", next, err)
		}
	})
}
