package coworking_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

var (
	everybody = db.Q("coworking.test-people", `SELECT id FROM person ORDER BY id`)
	allGuests = db.Q("coworking.test-guests", `SELECT person FROM desk_guest ORDER BY person`)
	looks     = db.Q("coworking.test-looks", `SELECT subject FROM act WHERE kind = 'walk-in.unknown'`)
)

func count(t *testing.T, w *coworkingtest.World, q db.Query) int {
	t.Helper()
	list, err := db.All(t.Context(), w.DB, q, func(rows *sql.Rows) (s string, err error) { return s, rows.Scan(&s) })
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func aWalkIn(key string) coworking.WalkIn {
	return coworking.WalkIn{Site: "aurora", Kind: site.Desk, Count: 1, Key: key}
}

// What is refused leaves nobody behind.
func TestARefusedWalkInLeavesNobody(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		people := count(t, w, everybody)
		book(t, w, w.Load, places(w, "aurora", 0.25, 4, "D-01", "D-02", "D-03", "D-04", "D-05", "D-06"))
		w.Engine.Index.Forget(agenda.DayOf(at(48))) // it believes that all is free
		req := aWalkIn("k")
		req.Given, req.To = "Nonna", at(2)
		if _, err := w.Service.WalkIn(ctx, w.Luca.Actor, req); !errs.Is(err, errs.Conflict) { // the other engine tells the index again
			t.Fatalf("in a full house: %v", err)
		}
		if n := count(t, w, everybody); n != people || count(t, w, allGuests) != 0 {
			t.Errorf("%d people are left of what was refused", n-people)
		}
	})
}

// Where there is nothing to give, nobody is told who has an account.
func TestAFullHouseTellsNothingOfAnybody(t *testing.T) {
	t.Parallel()
	w, ctx := coworkingtest.New(t, dbtest.SQLite(t)), t.Context()
	ask := func(known string, count int) error {
		req := aWalkIn("k" + known)
		req.Known, req.Count = known, count
		_, err := w.Service.WalkIn(ctx, w.Luca.Actor, req)
		return err
	}
	for _, known := range []string{"maria@example.org", "nobody@example.org", "x"} {
		if err := ask(known, 9); !errs.HasKey(err, "day.none-free") {
			t.Errorf("a full house says of %s: %v", known, err)
		}
	}
	for _, known := range []string{"maria@example.org", "nobody@example.org"} { // the seventh desk is for soci
		if err := ask(known, 7); !errs.HasKey(err, "day.none-free") {
			t.Errorf("a house that is full for them says of %s: %v", known, err)
		}
	}
	if err := ask("giuseppe@example.org", 7); err != nil {
		t.Errorf("who is of a group gets its places: %v", err)
	}
	w.Clock.Set(at(13))
	if err := ask("nobody@example.org", 1); !errs.HasKey(err, "booking.closed") {
		t.Errorf("a closed house: %v", err)
	}
}

// Who looks for people without end is stopped, and every look that finds nobody
// is noted.
func TestLookingForPeopleIsBounded(t *testing.T) {
	t.Parallel()
	w := coworkingtest.New(t, dbtest.SQLite(t))
	stopped := 0
	for i := range 70 {
		req := aWalkIn(fmt.Sprint("k", i))
		req.Known = fmt.Sprintf("nobody-%d@example.org", i)
		switch _, err := w.Service.WalkIn(t.Context(), w.Luca.Actor, req); {
		case errs.Is(err, errs.TooMany):
			stopped++
		case !errs.HasKey(err, "day.unknown-person"):
			t.Fatal(err)
		}
		w.Clock.Advance(time.Second)
	}
	if noted := count(t, w, looks); stopped < 5 || noted != 70-stopped {
		t.Errorf("%d of 70 were stopped, %d noted", stopped, noted)
	}
}

// Requests without a key are requests of their own, and so is a form that is
// filled in anew for the next person.
func TestTwoGuestsAreTwo(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		seen := map[string]bool{}
		take := func(key, given string) string {
			req := aWalkIn(key)
			req.Given = given
			b, err := w.Service.WalkIn(ctx, w.Luca.Actor, req)
			if err != nil {
				t.Fatal(err)
			}
			seen[b.ID] = true
			v, err := w.Service.Visit(ctx, w.Luca.Actor, b.ID)
			if err != nil || !v.Guest {
				t.Errorf("%+v, %v", v, err)
			}
			return v.Name
		}
		if a, b := take("", "Ada"), take("", "Bea"); a != "Ada" || b != "Bea" {
			t.Errorf("without a key: %s and %s", a, b)
		}
		if a, b, again := take("same", "Ada"), take("same", "Bea"), take("same", "Bea"); a != "Ada" || b != "Bea" || again != "Bea" {
			t.Errorf("with one key: %s, %s and %s", a, b, again)
		}
		if len(seen) != 4 {
			t.Errorf("%d visits of four people, one of whom was sent twice", len(seen))
		}
	})
}

// A guest is forgotten when their time is over; the visit stays.
func TestGuestsAreForgotten(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		people := count(t, w, everybody)
		req := aWalkIn("k")
		req.Given = "Nonna"
		early, err := w.Service.WalkIn(ctx, w.Luca.Actor, req)
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Set(at(24))
		req.Key = "later"
		if _, err := w.Service.WalkIn(ctx, w.Luca.Actor, req); err != nil {
			t.Fatal(err)
		}
		w.Clock.Set(coworkingtest.Now.Add(coworking.GuestTerm - time.Minute))
		for _, want := range []int{2, 1} {
			if err := w.Service.ForgetGuests(ctx); err != nil {
				t.Fatal(err)
			}
			if n := count(t, w, everybody) - people; n != want || count(t, w, allGuests) != want {
				t.Errorf("%d guests are kept, want %d", n, want)
			}
			w.Clock.Advance(2 * time.Minute)
		}
		v, err := w.Service.Visit(ctx, w.Luca.Actor, early.ID)
		if err != nil || v.Name != "" || len(v.Places) != 1 {
			t.Errorf("%+v, %v", v, err)
		}
	})
}
