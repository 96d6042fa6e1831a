package manage_test

import (
	"strings"
	"testing"
	"time"

	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/platform/web/webtest"
	"polis/internal/reserve"
)

func bookAt(t testing.TB, k *world, house, place string) coworking.Booking {
	t.Helper()
	from := coworkingtest.Now.Truncate(time.Hour).Add(3 * time.Hour)
	b, err := k.Service.Book(t.Context(), k.Maria.Actor, coworking.Request{Parts: []coworking.PartRequest{{From: from, To: from.Add(2 * time.Hour), Resources: []string{k.ID(house, place)}}}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFind(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		k := newWorld(t, d)
		aurora, molo := bookAt(t, k, "aurora", "D-01"), bookAt(t, k, "molo", "D-01")
		k.reports["2026-000012"] = k.Luca.Name
		k.Clock.Set(time.Now()) // ids are of the machine's clock
		for _, c := range []struct {
			who, text               string
			bookings, houses, seats int
			report                  bool
		}{
			{"luca", reserve.Reference(aurora.ID), 1, 0, 0, false},
			{"luca", strings.ToLower(strings.ReplaceAll(reserve.Reference(molo.ID), "-", " ")), 1, 0, 0, false},
			{"anna", reserve.Reference(aurora.ID), 1, 0, 0, false},
			{"anna", reserve.Reference(molo.ID), 0, 0, 0, false}, // of another house
			{"luca", "2026-12", 0, 0, 0, true},
			{"luca", "2026-000012", 0, 0, 0, true},
			{"bruno", "2026-000012", 0, 0, 0, false},
			{"luca", "molo", 0, 1, 0, false},
			{"anna", "molo", 0, 0, 0, false},
			{"luca", "gavirate", 0, 2, 0, false},
			{"luca", "d-01", 0, 0, 5, false},
			{"luca", "D-01 molo", 0, 0, 1, false},
			{"anna", "D-01", 0, 0, 1, false},
			{"luca", "Maria Bianchi", 0, 0, 0, false},
			{"luca", "  ", 0, 0, 0, false},
		} {
			f, err := k.desk.Find(t.Context(), k.people[c.who], c.text)
			if err != nil || len(f.Bookings) != c.bookings || len(f.Houses) != c.houses || len(f.Places) != c.seats || (f.Report.Href != "") != c.report {
				t.Errorf("%s looks for %q: %+v, %v", c.who, c.text, f, err)
			}
		}
		if _, err := k.desk.Find(t.Context(), k.Maria.Actor, "molo"); !errs.Is(err, errs.Forbidden) {
			t.Error(err)
		}
	})
}

func TestFindPages(t *testing.T) {
	t.Parallel()
	k := newWorld(t, dbtest.SQLite(t))
	b := bookAt(t, k, "aurora", "D-01")
	k.Clock.Set(time.Now())
	if w := k.send("luca", "POST", "/gestione/cerca", "cerca", reserve.Reference(b.ID)); w.Code != 303 || w.Header().Get("Location") != "/gestione/giorno/prenotazioni/"+b.ID {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
	for text, want := range map[string]int{"D-01": 5, "gavirate": 2, "nulla di simile": 0} {
		w := k.send("luca", "POST", "/gestione/cerca", "cerca", text)
		page := webtest.Page(t, w.Body.String())
		rows := 0
		for _, list := range page.All(".polis-find-rows") {
			rows += len(list.All("li"))
		}
		if w.Code != 200 || rows != want || (want == 0) != (len(page.All(".polis-empty")) == 1) {
			t.Errorf("%q: %d, %d rows", text, w.Code, rows)
		}
	}
	if w := k.send("luca", "POST", "/gestione/cerca", "cerca", ""); w.Code != 400 && w.Code != 422 {
		t.Error(w.Code)
	}
	_, page := k.look("luca", "/gestione/lotti", "it") // every page of the desk has the box
	if box := page.One(t, ".polis-desk-find"); box.Attr["method"] != "post" || box.Attr["action"] != "/gestione/cerca" {
		t.Error(box.Attr)
	}
	for who, code := range map[string]int{"maria": 403, "anna": 200, "": 303} {
		if w := k.send(who, "GET", "/gestione/cerca"); w.Code != code {
			t.Errorf("%q: %d", who, w.Code)
		}
	}
}
