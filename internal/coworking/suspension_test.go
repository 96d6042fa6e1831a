package coworking_test

import (
	"testing"
	"time"

	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// Who does not come three times cannot book for a week; the places are free
// again each time.
func TestThreeMissedVisitsSuspend(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := coworkingtest.New(t, d)
		ctx, maria := t.Context(), w.Maria.Actor
		desk := func(day int, from, to int) coworking.Request {
			at := time.Date(2026, 11, 23+day, from, 0, 0, 0, coworkingtest.Now.Location())
			return coworking.Request{Parts: []coworking.PartRequest{{
				Site: coworkingtest.SiteID("aurora"), Kind: site.Desk, From: at, To: at.Add(time.Duration(to-from) * time.Hour),
			}}}
		}
		w.Clock.Set(time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC))
		for day := range 3 {
			b, err := w.Service.Book(ctx, maria, desk(day, 10, 12))
			if err != nil {
				t.Fatal(err)
			}
			w.Clock.Set(b.Starts.Add(15 * time.Minute))
			w.Sweep(t)
			if b, err = w.Service.Get(ctx, maria, b.ID); err != nil || b.Status != reserve.NoShow {
				t.Fatalf("on day %d the visit is %s, %v", day, b.Status, err)
			}
		}
		if _, err := w.Service.Book(ctx, maria, desk(3, 10, 12)); !errs.HasKey(err, "fair-use.suspended") {
			t.Fatalf("after three missed visits: %v", err)
		}
		if _, err := w.Service.Book(ctx, w.Giuseppe.Actor, desk(3, 10, 12)); err != nil {
			t.Errorf("somebody else: %v", err)
		}
		w.Clock.Advance(7 * 24 * time.Hour)
		if _, err := w.Service.Book(ctx, maria, desk(10, 10, 12)); err != nil {
			t.Errorf("a week later: %v", err)
		}
		w.Check(t)
	})
}
