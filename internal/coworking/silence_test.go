package coworking_test

import (
	"testing"
	"time"

	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/reserve"
)

var (
	halfMade      = db.Q("silence-test.clearing", `UPDATE clearing SET done = NULL WHERE id = $1`)
	halfMadeItems = db.Q("silence-test.items", `UPDATE clearing_booking SET outcome = '', choice = '' WHERE clearing = $1`)
)

// A copy that goes on a day after the backup misses nobody who was expected in
// between, tells nobody what its origin has told, and moves nobody again; all
// that is later goes on as ever.
func TestCopyKeepsQuiet(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		over := book(t, w, w.Maria, places(w, "aurora", 2, 4, "D-01"))
		goesOn := book(t, w, w.Maria, places(w, "aurora", 4, 8, "D-01"))
		days := book(t, w, w.Giuseppe, places(w, "molo", 2, 3, "D-01"), places(w, "molo", 25, 26, "D-01"))
		later := book(t, w, w.Maria, places(w, "aurora", 26, 28, "D-01"))
		affected := book(t, w, w.Giuseppe, places(w, "aurora", 26, 28, "D-02"))
		w.Mails(t)
		req := closing(w, "aurora", 24, 30, "D-02")
		id, err := w.Service.CloseAndTell(ctx, w.Luca.Actor, req, map[string]string{affected.ID: coworking.ChoiceLeave}, "key")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Service.SaveSearch(ctx, w.Maria.Actor, "q=Gavirate&raggio=10&tipo=desk&"+onTuesday); err != nil {
			t.Fatal(err)
		}
		list, err := w.Service.SavedSearches(ctx, w.Maria.Actor)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Service.AlertSearch(ctx, w.Maria.Actor, list[0].ID, true); err != nil {
			t.Fatal(err)
		}

		w.Clock.Set(at(6)) // the copy
		var pardoned int64
		if err := d.Write(ctx, func(tx *db.Tx) (err error) {
			for _, q := range []db.Query{halfMade, halfMadeItems} {
				if _, err := tx.Exec(ctx, q, id); err != nil {
					return err
				}
			}
			if pardoned, err = reserve.Pardon(ctx, tx, w.Clock.Now(), w.Clock.Now().Add(time.Hour)); err != nil {
				return err
			}
			return coworking.Silence(ctx, tx, w.Clock.Now())
		}); err != nil {
			t.Fatal(err)
		}
		if pardoned != 3 {
			t.Errorf("%d visits are taken as made, want 3", pardoned)
		}
		stand := func(want map[string]reserve.Status) {
			t.Helper()
			w.Sweep(t)
			for b, status := range want {
				if got, err := w.Engine.Get(ctx, b); err != nil || got.Status != status {
					t.Errorf("%s stands at %s, want %s; %v", b, got.Status, status, err)
				}
			}
		}
		stand(map[string]reserve.Status{over.ID: reserve.Completed, goesOn.ID: reserve.Confirmed, days.ID: reserve.Confirmed, later.ID: reserve.Confirmed})
		if _, err := w.Service.CheckIn(ctx, w.Maria.Actor, goesOn.ID); err != nil {
			t.Errorf("who is here cannot be noted: %v", err)
		}
		if err := w.Service.Carry(ctx, id); err != nil {
			t.Fatal(err)
		}
		if err := w.Service.TellFreed(ctx); err != nil {
			t.Fatal(err)
		}
		if mails := w.Mails(t); len(mails) != 0 {
			t.Errorf("the copy tells %v", subjects(mails))
		}
		c, err := w.Service.Clearing(ctx, w.Luca.Actor, id)
		if got := has(t, w, affected.ID); err != nil || c.Done.IsZero() || c.Items[0].Outcome != coworking.OutcomeLeft || got != "aurora D-02 24 10:00-12:00, confirmed" {
			t.Errorf("in the way: %s, %+v, %v", got, c.Clearing, err)
		}

		w.Clock.Set(at(30))
		stand(map[string]reserve.Status{goesOn.ID: reserve.Completed, days.ID: reserve.Completed, later.ID: reserve.NoShow})
		missed, err := w.Engine.NoShows(ctx, w.Maria.Person, clock.FromMicros(0))
		if err != nil || len(missed) != 1 {
			t.Errorf("missed visits: %v, %v", missed, err)
		}
		w.Check(t)
	})
}
