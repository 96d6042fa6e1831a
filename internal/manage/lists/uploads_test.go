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
	if err := w.Confirm(t.Context(), w.luca, u); err != nil {
		t.Fatal(err)
	}
	if err := w.grants.Take(t.Context(), w.luca.Person, identity.Manager, identity.Network); err != nil {
		t.Fatal(err)
	}
	w.done()
	if u, err = w.Upload(t.Context(), w.luca, lists.Sites, id); err != nil || u.State != lists.Waiting || w.site("aurora").Name != "Spazio Aurora" {
		t.Errorf("%+v, %v: %s", u, err, w.site("aurora").Name)
	}
	if err := w.Confirm(t.Context(), identity.Actor{Person: w.luca.Person, Role: identity.Citizen}, u); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
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

// Of many lines with bookings in the way the first are listed, and how many more
// there are.
func TestManyLinesWithBookings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	const n = lists.MaxWay + 40
	w.load(lists.Sites, manySites(n))
	w.load(lists.Resources, manyResources(n, n))
	for i := range n {
		w.book(fmt.Sprintf("%05d", i), "S-0")
	}
	out := w.load(lists.Sites, strings.ReplaceAll(manySites(n), "Lun-Ven 08:20-13:35", "Lun-Ven 12:00-13:00"))
	if len(out.Way) != lists.MaxWay || out.WayMore != 40 || out.Way[0].Line != 2 {
		t.Errorf("%d and %d more", len(out.Way), out.WayMore)
	}
}
