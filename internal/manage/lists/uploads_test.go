package lists_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/manage/lists"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

// Who may no longer bring a list in when its turn comes has it wait.
func TestARoleThatEndedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.someNetwork()
	id, err := w.Keep(t.Context(), w.luca, lists.Sites, []byte("code,name\naurora,Un altro nome\n"))
	if err != nil {
		t.Fatal(err)
	}
	u, err := w.Upload(t.Context(), w.luca, lists.Sites, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Confirm(t.Context(), w.luca, u, w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := w.grants.Take(t.Context(), w.luca.Person, identity.NetworkManager, identity.Network); err != nil {
		t.Fatal(err)
	}
	w.done()
	if u, err = w.Upload(t.Context(), w.luca, lists.Sites, id); err != nil || u.State != lists.Waiting || w.site("aurora").Name != "Spazio Aurora" {
		t.Errorf("%+v, %v: %s", u, err, w.site("aurora").Name)
	}
	if err := w.Confirm(t.Context(), identity.Actor{Person: w.luca.Person, Role: identity.Citizen}, u, w.clock.Now()); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
}

// Bookings that come after somebody looked at a file are theirs to see first.
func TestBookingsThatComeWhileAFileWaits(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.someNetwork()
		w.book("aurora", "D-1")
		id, err := w.Keep(t.Context(), w.luca, lists.Hours, []byte("site,hours\naurora,off\n"))
		if err != nil {
			t.Fatal(err)
		}
		upload := func() lists.Upload {
			u, err := w.Upload(t.Context(), w.luca, lists.Hours, id)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		confirm := func() lists.Upload {
			seen := w.clock.Now()
			w.clock.Advance(time.Minute)
			if err := w.Confirm(t.Context(), w.luca, upload(), seen); err != nil {
				t.Fatal(err)
			}
			return upload()
		}
		seen := w.clock.Now()
		w.clock.Advance(time.Minute)
		w.book("aurora", "D-2")
		if err := w.Confirm(t.Context(), w.luca, upload(), seen); err != nil {
			t.Fatal(err)
		}
		w.done()
		if u := upload(); u.State != lists.Waiting || !u.Outcome.Fresh || w.site("aurora").Hours.String() == "off" {
			t.Fatalf("taken over a booking that nobody saw: %+v", u)
		}
		confirm()
		w.done()
		if u := upload(); u.State != lists.Done || len(u.Outcome.Affected) != 1 || u.Outcome.Affected[0].Bookings != 2 || w.site("aurora").Hours.String() != "off" {
			t.Errorf("not taken: %+v", u)
		}
	})
}

// A person has few files that wait, and none for longer than a day.
func TestFilesThatWait(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.someNetwork()
		keep := func(a identity.Actor) string {
			w.clock.Advance(time.Second)
			id, err := w.Keep(t.Context(), a, lists.Sites, []byte("code,name\naurora,Un altro nome\n"))
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		there := func(a identity.Actor, id string) bool {
			_, err := w.Upload(t.Context(), a, lists.Sites, id)
			if err != nil && !errs.Is(err, errs.NotFound) {
				t.Fatal(err)
			}
			return err == nil
		}
		others := keep(w.ada)
		var ids []string
		for range 7 {
			ids = append(ids, keep(w.luca))
		}
		for i, id := range ids {
			if there(w.luca, id) != (i >= 2) {
				t.Errorf("file %d of %d: %v", i+1, len(ids), there(w.luca, id))
			}
		}
		if !there(w.ada, others) {
			t.Error("another person's file is gone")
		}
		w.clock.Advance(25 * time.Hour)
		w.done()
		if there(w.luca, ids[6]) || there(w.ada, others) {
			t.Error("a file of yesterday waits")
		}
	})
}

// Of many lines with affected bookings the first are listed, and how many more
// there are.
func TestManyLinesWithBookings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	const n = lists.MaxAffected + 40
	w.load(lists.Sites, manySites(n))
	w.load(lists.Resources, manyResources(n, n))
	for i := range n {
		w.book(fmt.Sprintf("%05d", i), "S-0")
	}
	out := w.load(lists.Sites, strings.ReplaceAll(manySites(n), "Lun-Ven 08:20-13:35", "Lun-Ven 12:00-13:00"))
	if len(out.Affected) != lists.MaxAffected || out.AffectedMore != 40 || out.Affected[0].Line != 2 {
		t.Errorf("%d and %d more", len(out.Affected), out.AffectedMore)
	}
}
