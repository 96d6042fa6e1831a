package coworking_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
)

// Reception takes somebody in at its own house, and can undo just that for a
// quarter of an hour.
func TestAWalkInIsUndone(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		take := func(key string) string {
			t.Helper()
			b, err := w.Service.WalkIn(ctx, w.Anna.Actor, aWalkIn(key))
			if err != nil {
				t.Fatal(err)
			}
			return b.ID
		}
		id := take("k1")
		if v, err := w.Service.Visit(ctx, w.Anna.Actor, id); err != nil || !v.Undo || v.Change {
			t.Errorf("just taken in: %+v, %v", v, err)
		}
		if _, err := w.Service.UndoWalkIn(ctx, w.Maria.Actor, id); !errs.Is(err, errs.NotFound) {
			t.Errorf("by somebody else: %v", err)
		}
		for range 2 { // a second tap
			if b, err := w.Service.UndoWalkIn(ctx, w.Anna.Actor, id); err != nil || b.Places[0].Site.Code != "aurora" {
				t.Errorf("undone: %+v, %v", b, err)
			}
		}
		if b, err := w.Service.Get(ctx, w.Luca.Actor, id); err != nil || b.Status != reserve.Cancelled {
			t.Errorf("afterwards %s, %v", b.Status, err)
		}
		late := take("k2")
		w.Clock.Advance(15 * time.Minute)
		if _, err := w.Service.UndoWalkIn(ctx, w.Anna.Actor, late); !errs.HasKey(err, "day.not-undoable") {
			t.Errorf("a quarter of an hour later: %v", err)
		}
		w.Clock.Set(at(1))
		came := book(t, w, w.Maria, places(w, "aurora", 1, 3, "D-02")) // booked and came: not a walk-in
		if _, err := w.Service.CheckIn(ctx, w.Anna.Actor, came.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Service.UndoWalkIn(ctx, w.Anna.Actor, came.ID); !errs.HasKey(err, "day.not-undoable") {
			t.Errorf("a booking: %v", err)
		}
		w.Check(t)
	})
}

func TestUndoOnThePage(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	anna := w.as("anna", "it")
	anna.open(http.MethodPost, "/gestione/giorno/accogli", url.Values{"sede": {"aurora"}, "tipo": {"desk"}, "posti": {"1"}, "nome": {"Nonna"}}).want(200, "l’arrivo è registrato")
	undo := ""
	for _, f := range anna.page.All("form") {
		if strings.HasSuffix(f.Attr["action"], "/ripensa") {
			undo = f.Attr["action"]
		}
	}
	anna.open(http.MethodPost, undo, nil).want(200, "i posti sono di nuovo liberi")
	if !strings.HasPrefix(anna.at, "/gestione/giorno?") {
		t.Errorf("led to %s", anna.at)
	}
}
