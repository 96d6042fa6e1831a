package manage_test

import (
	"net/http"
	"strings"
	"testing"

	"polis/internal/coworking/coworkingtest"
	"polis/internal/manage"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/platform/web/webtest"
	"polis/internal/site"
)

// addLots makes a lot of Sicily and one of the site in works.
func addLots(t testing.TB, k *world) {
	t.Helper()
	for _, l := range []manage.Lot{
		{Code: "L-1", Name: "Sicilia", Contractor: "Edile Sud", From: "2026-01-01", To: "2026-12-31"},
		{Code: "L-2", Name: "=Centro", Contractor: "+39 Costruzioni"},
	} {
		if err := k.desk.SaveLot(t.Context(), k.Luca.Actor, l); err != nil {
			t.Fatal(err)
		}
	}
	for lot, houses := range map[string][]string{"L-1": {"faro", "molo"}, "L-2": {"cantiere"}} {
		var ids []string
		for _, code := range houses {
			ids = append(ids, coworkingtest.SiteID(code))
		}
		if n, err := k.desk.Assign(t.Context(), k.Luca.Actor, lot, ids, false); err != nil || n != len(ids) {
			t.Fatal(n, err)
		}
	}
}

func TestLots(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		k, ctx := newWorld(t, d), t.Context()
		addLots(t, k)
		list, none, err := k.desk.Lots(ctx, k.Luca.Actor)
		if err != nil || len(list) != 2 || list[0].Houses != 2 || list[1].States[site.Works] != 1 || none.Houses != 3 {
			t.Fatalf("%+v, %+v, %v", list, none, err)
		}
		// A house is in one lot at a time; again is no harm.
		for range 2 {
			if _, err := k.desk.Assign(ctx, k.Luca.Actor, "L-2", []string{coworkingtest.SiteID("molo"), coworkingtest.SiteID("molo")}, false); err != nil {
				t.Fatal(err)
			}
		}
		if list, _, _ = k.desk.Lots(ctx, k.Luca.Actor); list[0].Houses != 1 || list[1].Houses != 2 {
			t.Errorf("after the move: %d and %d", list[0].Houses, list[1].Houses)
		}
		// Taken out of a lot in which it is not, it stays where it is.
		for range 2 {
			if _, err := k.desk.Assign(ctx, k.Luca.Actor, "L-1", []string{coworkingtest.SiteID("molo"), coworkingtest.SiteID("faro")}, true); err != nil {
				t.Fatal(err)
			}
		}
		if list, none, _ = k.desk.Lots(ctx, k.Luca.Actor); list[0].Houses != 0 || list[1].Houses != 2 || none.Houses != 4 {
			t.Errorf("after taking out: %d, %d, %d", list[0].Houses, list[1].Houses, none.Houses)
		}
		lot, err := k.desk.Lot(ctx, k.Luca.Actor, "L-2")
		if err != nil {
			t.Fatal(err)
		}
		lot.Name = "Centro"
		if err := k.desk.SaveLot(ctx, k.Luca.Actor, lot); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			lot  manage.Lot
			kind errs.Kind
			key  string
		}{
			{lot, errs.Stale, "manage.lot.stale"}, // at the old revision
			{manage.Lot{Code: "L-2", Name: "x"}, errs.Conflict, "manage.lot.code-taken"},
			{manage.Lot{Code: "nuovo", Name: "x"}, errs.Invalid, "form.invalid"},
			{manage.Lot{Code: "a/b", Name: "x"}, errs.Invalid, "form.invalid"},
			{manage.Lot{Code: "L-3"}, errs.Invalid, "form.invalid"},
			{manage.Lot{Code: "L-3", Name: "x", From: "2026-02-30"}, errs.Invalid, "form.invalid"},
			{manage.Lot{Code: "L-3", Name: "x", From: "2026-02-02", To: "2026-02-01"}, errs.Invalid, "form.invalid"},
			{manage.Lot{Code: "L-3", Name: strings.Repeat("x", 200)}, errs.Invalid, "form.invalid"},
		} {
			if err := k.desk.SaveLot(ctx, k.Luca.Actor, c.lot); !errs.Is(err, c.kind) || errs.As(err).Key != c.key {
				t.Errorf("%+v: %v", c.lot, err)
			}
		}
		for range 2 {
			if err := k.desk.RemoveLot(ctx, k.Luca.Actor, "L-2"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := k.desk.Lot(ctx, k.Luca.Actor, "L-2"); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		if _, none, _ = k.desk.Lots(ctx, k.Luca.Actor); none.Houses != 6 {
			t.Errorf("%d houses in none", none.Houses)
		}
		if _, err := k.desk.Assign(ctx, k.Luca.Actor, "L-1", []string{"nonesuch"}, false); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		for _, who := range []string{"maria", "anna", "bruno"} {
			a := k.people[who]
			_, _, e1 := k.desk.Lots(ctx, a)
			_, e2 := k.desk.Lot(ctx, a, "L-1")
			e3 := k.desk.SaveLot(ctx, a, manage.Lot{Code: "L-9", Name: "x"})
			e4 := k.desk.RemoveLot(ctx, a, "L-1")
			_, e5 := k.desk.Assign(ctx, a, "L-1", nil, false)
			for i, err := range []error{e1, e2, e3, e4, e5} {
				if !errs.Is(err, errs.Forbidden) {
					t.Errorf("%s, %d: %v", who, i, err)
				}
			}
		}
	})
}

func TestLotPages(t *testing.T) {
	t.Parallel()
	k := newWorld(t, dbtest.SQLite(t))
	if _, page := k.look("luca", "/gestione/lotti", "en"); len(page.All(".polis-empty")) != 1 {
		t.Error("no picture of no lots")
	}
	add := []string{"codice", "L-1", "nome", "Sicilia", "ditta", "Edile Sud", "dal", "2026-01-01", "al", ""}
	for range 2 { // a second tap does no harm
		if w := k.send("luca", "POST", "/gestione/lotti/nuovo", add...); w.Code != 303 || w.Header().Get("Location") != "/gestione/lotti/L-1" {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	w := k.send("luca", "POST", "/gestione/lotti/nuovo", "codice", "L-1", "nome", "", "dal", "tomorrow")
	if page := webtest.Page(t, w.Body.String()); w.Code != 400 && w.Code != 422 || len(page.One(t, "#error-summary").All("a")) != 1 {
		t.Errorf("%d %s", w.Code, page.One(t, "main").Text())
	}
	w = k.send("luca", "POST", "/gestione/lotti/nuovo", "codice", "L-1", "nome", "Altro")
	if page := webtest.Page(t, w.Body.String()); w.Code != 409 || !strings.Contains(page.One(t, "#error-summary").Text(), "un altro lotto") {
		t.Errorf("%d %s", w.Code, page.One(t, "main").Text())
	}
	// All houses of Sicily: shown first, then given.
	w = k.send("luca", "POST", "/gestione/lotti/L-1/sedi", "regione", "Sicilia")
	page := webtest.Page(t, w.Body.String())
	if w.Code != 200 || len(page.One(t, ".polis-lot-preview").All("li")) != 2 {
		t.Fatalf("%d %s", w.Code, page.One(t, "main").Text())
	}
	body := webtest.Fields(page.One(t, ".polis-lot-preview").One(t, "form"), "conferma", "1")
	var pairs []string
	for name, list := range body {
		pairs = append(pairs, name, list[0])
	}
	for range 2 {
		if w := k.send("luca", "POST", "/gestione/lotti/L-1/sedi", pairs...); w.Code != 303 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	_, page = k.look("luca", "/gestione/lotti/L-1", "it")
	if len(page.One(t, ".polis-lot-houses").All("li")) != 2 {
		t.Error(page.One(t, "main").Text())
	}
	if w := k.send("luca", "POST", "/gestione/lotti/L-1/sedi", "togli", coworkingtest.SiteID("faro")); w.Code != 303 {
		t.Error(w.Code)
	}
	for _, wrong := range [][]string{{"regione", "Nonesuch"}, {"q", "nulla"}, {}} {
		if w := k.send("luca", "POST", "/gestione/lotti/L-1/sedi", wrong...); w.Code != 400 && w.Code != 422 {
			t.Errorf("%v: %d", wrong, w.Code)
		}
	}
	if w := k.send("luca", "POST", "/gestione/lotti/L-1/cambia", "nome", "Isole", "rev", "1"); w.Code != 303 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := k.send("luca", "POST", "/gestione/lotti/L-1/cambia", "nome", "Isola", "rev", "1"); w.Code != http.StatusConflict && w.Code != http.StatusPreconditionFailed {
		t.Errorf("an old form: %d", w.Code)
	}
	for _, path := range []string{"/gestione/lotti/none", "/gestione/lotti/none/cambia"} {
		if w := k.send("luca", "GET", path); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	addFormula := k.send("luca", "POST", "/gestione/lotti/nuovo", "codice", "L-2", "nome", "=1+1", "ditta", "@SUM(A1)")
	if addFormula.Code != 303 {
		t.Fatal(addFormula.Code)
	}
	rows, err := list(t, k.send("luca", "GET", "/gestione/lotti.csv")).ReadAll()
	if err != nil || len(rows) != 3 || rows[2][1] != "'=1+1" || rows[2][2] != "'@SUM(A1)" || rows[1][6] != "1" {
		t.Errorf("%v, %v", rows, err)
	}
	if w := k.send("luca", "POST", "/gestione/lotti/L-1/elimina"); w.Code != 303 || w.Header().Get("Location") != "/gestione/lotti" {
		t.Error(w.Code)
	}
}
