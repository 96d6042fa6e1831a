package coworking_test

import (
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/platform/web/webtest/browser"
)

// A search is kept once however it is written, is its person's alone, and ends
// with its time.
func TestSavedSearches(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := coworkingtest.New(t, d)
		s, ctx := w.Service, t.Context()
		for _, query := range []string{
			"q=gavirate&" + onTuesday, "q=Gavirate+%28VA%29&tipo=desk&raggio=50&posti=1&pagina=3&" + onTuesday,
		} {
			if err := s.SaveSearch(ctx, w.Maria.Actor, query); err != nil {
				t.Fatal(err)
			}
		}
		list, err := s.SavedSearches(ctx, w.Maria.Actor)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d searches, %v; want one", len(list), err)
		}
		saved := list[0]
		if want := "alle=13%3A00&dalle=09%3A00&giorno=2026-11-24&q=Gavirate+%28VA%29&raggio=50&tipo=desk"; saved.Query != want || saved.Alert {
			t.Errorf("kept %+v, want %s", saved, want)
		}
		if err := s.AlertSearch(ctx, w.Giuseppe.Actor, saved.ID, true); !errs.Is(err, errs.NotFound) {
			t.Errorf("another's search: %v", err)
		}
		if err := s.RemoveSearch(ctx, w.Giuseppe.Actor, saved.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("another's search: %v", err)
		}
		for query, kind := range map[string]errs.Kind{
			"q=Xyzzy":           errs.Invalid,
			"q=%zz":             errs.Invalid,
			"tipo=boat":         errs.Invalid,
			"giorno=2026-11-20": errs.Rule,
			"q=Gavirate&" + strings.Repeat("x=1&", 600): errs.Invalid,
		} {
			if err := s.SaveSearch(ctx, w.Maria.Actor, query); !errs.Is(err, kind) {
				t.Errorf("%.30s: %v, want %s", query, err, kind)
			}
		}
		for i := range 25 {
			err := s.SaveSearch(ctx, w.Maria.Actor, fmt.Sprintf("q=Gavirate&posti=%d&%s", i+2, onTuesday))
			if full := i >= 19; full != errs.Is(err, errs.Rule) || !full && err != nil {
				t.Fatalf("search %d: %v", i+2, err)
			}
		}
		if err := s.SaveSearch(ctx, w.Maria.Actor, saved.Query); err != nil {
			t.Errorf("one that is kept already: %v", err)
		}
		if err := s.SaveSearch(ctx, w.Giuseppe.Actor, saved.Query); err != nil {
			t.Errorf("the same of somebody else: %v", err)
		}
		if err := s.RemoveSearch(ctx, w.Maria.Actor, saved.ID); err != nil {
			t.Error(err)
		}
		w.Clock.Set(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)) // 13:00, when it ends
		if list, err := s.SavedSearches(ctx, w.Maria.Actor); err != nil || len(list) != 0 {
			t.Errorf("%d searches whose time is over, %v", len(list), err)
		}
		if err := s.TellFreed(ctx); err != nil {
			t.Fatal(err)
		}
		if list, err := s.SavedSearches(ctx, w.Giuseppe.Actor); err != nil || len(list) != 0 {
			t.Errorf("%d searches are left, %v", len(list), err)
		}
	})
}

// Who asks for it is told once when something fits, and not of what is gone
// again.
func TestAlertsTellOnce(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := coworkingtest.New(t, d)
		s, ctx := w.Service, t.Context()
		tell := func() int {
			t.Helper()
			if err := s.TellFreed(ctx); err != nil {
				t.Fatal(err)
			}
			return len(w.Deliver(t))
		}
		from, to := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC), time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
		takeRoom := func() coworking.Booking {
			t.Helper()
			b, err := s.Book(ctx, w.Load.Actor, coworking.Request{Parts: []coworking.PartRequest{{Resources: []string{w.ID("aurora", "M-1")}, From: from, To: to}}})
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		release := func(b coworking.Booking) {
			t.Helper()
			if _, err := s.Cancel(ctx, w.Load.Actor, b.ID, 0); err != nil {
				t.Fatal(err)
			}
			w.Deliver(t)
		}
		taken := takeRoom()
		for _, who := range []coworkingtest.Who{w.Maria, w.Giuseppe} {
			if err := s.SaveSearch(ctx, who.Actor, "q=Gavirate&raggio=10&tipo=meeting&"+onTuesday); err != nil {
				t.Fatal(err)
			}
		}
		list, err := s.SavedSearches(ctx, w.Maria.Actor)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.AlertSearch(ctx, w.Maria.Actor, list[0].ID, true); err != nil {
			t.Fatal(err)
		}
		if n := tell(); n != 0 {
			t.Fatalf("%d mails while all is taken", n)
		}
		release(taken)
		if err := s.TellFreed(ctx); err != nil {
			t.Fatal(err)
		}
		taken = takeRoom() // before the mail is written
		if got := w.Deliver(t); len(got) != 0 {
			t.Fatalf("told of what is gone again: %v", subjects(got))
		}
		release(taken)
		if err := s.TellFreed(ctx); err != nil {
			t.Fatal(err)
		}
		got := w.Deliver(t)
		wantMails(t, got, "maria@example.org Posti liberi: Gavirate (VA), martedì 24 novembre 2026, dalle 09:00 alle 13:00")
		for _, text := range []string{
			"Spazio Aurora", "1 sala riunioni libera", coworkingtest.Issuer + "/spazi?" + list[0].Query, coworkingtest.Issuer + "/prenotazioni/ricerche",
		} {
			if !strings.Contains(got[0].Text, text) {
				t.Errorf("the mail does not say %q:\n%s", text, got[0].Text)
			}
			if !strings.Contains(html.UnescapeString(got[0].HTML), text) {
				t.Errorf("the page of the mail does not say %q:\n%s", text, got[0].HTML)
			}
		}
		for range 3 {
			if n := tell(); n != 0 {
				t.Fatalf("told again: %d", n)
			}
		}
		if err := s.AlertSearch(ctx, w.Maria.Actor, list[0].ID, true); err != nil {
			t.Fatal(err)
		}
		if n := tell(); n != 1 {
			t.Errorf("%d mails to who asked anew", n)
		}
	})
}

// A house kept for a group is told of to its members.
func TestAlertsHeedGroups(t *testing.T) {
	t.Parallel()
	w := coworkingtest.New(t, dbtest.SQLite(t))
	s, ctx := w.Service, t.Context()
	for _, who := range []coworkingtest.Who{w.Maria, w.Giuseppe} {
		if err := s.SaveSearch(ctx, who.Actor, "q=L%27Aquila&raggio=10&"+onTuesday); err != nil {
			t.Fatal(err)
		}
		list, err := s.SavedSearches(ctx, who.Actor)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.AlertSearch(ctx, who.Actor, list[0].ID, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.TellFreed(ctx); err != nil {
		t.Fatal(err)
	}
	got := w.Deliver(t)
	if len(got) != 1 || got[0].To != "giuseppe@example.org" || !strings.HasPrefix(got[0].Subject, "Places free: L'Aquila (AQ)") {
		t.Errorf("mails: %v", subjects(got))
	}
}

func TestPagesOfSavedSearches(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := w.as("maria", "it")
	b.get("/prenotazioni/ricerche").want(200, "Nessuna ricerca salvata")
	b.get("/spazi?q=Gavirate&posti=2&senza-gradini=1&"+onTuesday).want(200, "Salva questa ricerca")
	b.send("/prenotazioni/ricerche").want(200, "La ricerca è salvata.", "Gavirate (VA)", "martedì 24 novembre", "2 posti", "Senza gradini", "Avvisami per mail")
	row := b.page.One(t, ".polis-saved")
	again := row.All("a")[0].Attr["href"]
	b.send("/avviso").want(200, "avviso attivo", "Non avvisarmi più")
	b.send("/avviso").want(200, "L’avviso è tolto.", "Avvisami per mail")
	_, body := b.form("/rimuovi")
	path, _ := b.form("/rimuovi")
	w.as("giuseppe", "it").open("POST", path, body).want(404)
	b.send("/rimuovi").want(200, "Nessuna ricerca salvata")
	b.get(again).want(200, "Trova un posto")
	b.open("POST", "/prenotazioni/ricerche", url.Values{"ricerca": {"q=Xyzzy"}}).want(400, "Questa ricerca non si capisce")
	b.get(path).want(200, "Ricerche salvate")

	anyone := w.as("", "it")
	for method, path := range map[string]string{"GET": "/prenotazioni/ricerche", "POST": path} {
		if res := anyone.do(method, path, url.Values{}); !strings.Contains(res.Request.URL.RequestURI(), "/accedi?next=%2Fprenotazioni%2Fricerche") {
			t.Errorf("%s %s leads to %s", method, path, res.Request.URL)
		}
	}
	res := anyone.do("POST", "/prenotazioni/ricerche", url.Values{"ricerca": {"q=Gavirate"}})
	if got := res.Request.URL.Query().Get("next"); got != "/spazi?q=Gavirate" {
		t.Errorf("afterwards comes %q", got)
	}
}

// What is free instead, at the nearest times and houses.
// The page of saved searches in a browser: empty, with one, with its alert on.
func TestSavedSearchesInABrowser(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	w.always = "maria"
	if !w.built {
		t.Skip("SKIPPED: the front end is not built")
	}
	tab := browser.Open(t)
	looks := func() {
		t.Helper()
		for _, view := range browser.Views {
			tab.Width(view.Width)
			tab.Go(w.srv.URL + "/prenotazioni/ricerche?lang=" + view.Lang)
			tab.Check()
		}
	}
	looks()
	if err := w.Service.SaveSearch(t.Context(), w.Maria.Actor, "q=Gavirate&posti=2&senza-gradini=1&"+onTuesday); err != nil {
		t.Fatal(err)
	}
	looks()
	tab.Do(chromedp.Click("form[action$=avviso] button"))
	tab.WaitFor(`document.querySelector("form[action$=avviso] input[value='0']") !== null`)
	tab.Check()
	looks()
	tab.Do(chromedp.Click("form[action$=rimuovi] button"))
	tab.WaitFor(`document.querySelector(".polis-saved") === null && document.readyState === "complete"`)
	tab.Check()
}
