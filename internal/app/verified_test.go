package app

import (
	"database/sql"
	"slices"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/programme"
	"polis/internal/programme/works"
	"polis/internal/reserve"
	"polis/internal/site"
	"polis/internal/territory"
)

var actsOfVisits = db.Q("app.test-acts-of-visits", `SELECT id, at, kind, subject, data FROM act ORDER BY id`)

// The flow understands the acts that the engine writes when somebody comes and
// goes, and counts each visit once.
func TestActsOfVisits(t *testing.T) {
	t.Parallel()
	d, ctx := dbtest.SQLite(t), t.Context()
	clk := clock.NewManual(time.Date(2026, time.November, 23, 22, 50, 0, 0, time.UTC)) // ten to midnight in Rome
	net, err := site.NewNetwork(site.Data{
		Territory: territory.Embedded(),
		Sites: []site.Site{
			{ID: "s-1", Code: "gavirate", Kind: site.Space, Municipality: "012072", State: site.Works},
			{ID: "s-2", Code: "orvieto", Kind: site.Space, Municipality: "055023", State: site.Works},
		},
		Rooms: []site.Room{{ID: "r-1", Site: "s-1", Code: "R"}, {ID: "r-2", Site: "s-2", Code: "R"}},
		Resources: []site.Resource{
			{Ordinal: 1, ID: "d-1", Site: "s-1", Room: "r-1", Kind: site.Desk, Code: "D1", Seats: 1, Active: true},
			{Ordinal: 2, ID: "d-2", Site: "s-2", Room: "r-2", Kind: site.Desk, Code: "D1", Seats: 1, Active: true},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	live := site.Still(net)
	engine := reserve.New(d, live, clk, clock.NewID)
	if err := engine.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Stop)
	do := func(p reserve.Plan) reserve.Booking {
		t.Helper()
		b, err := engine.Do(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	book := func(house string, unit int64, from time.Duration) reserve.Booking {
		at := clk.Now().Truncate(time.Hour).Add(time.Hour + from)
		return do(reserve.Plan{Person: "anna", By: "anna", To: reserve.Confirmed, Due: at.Add(time.Hour), Demands: []reserve.Demand{
			{Site: house, Kind: "desk", From: at, To: at.Add(time.Hour), Units: []int64{unit}},
		}})
	}
	came, silent := book("s-1", 1, 0), book("s-1", 1, 2*time.Hour)
	book("s-2", 2, 0) // to which nobody comes
	came = do(reserve.Plan{Booking: came.ID, When: []reserve.Status{reserve.Confirmed}, To: reserve.CheckedIn, Due: came.Ends})
	clk.Set(came.Ends.Add(2 * time.Hour)) // after midnight
	do(reserve.Plan{Booking: came.ID, When: []reserve.Status{reserve.CheckedIn}, To: reserve.Completed})
	do(reserve.Plan{Booking: silent.ID, When: []reserve.Status{reserve.Confirmed}, To: reserve.Completed})

	consumer, heard := verified(engine, live), 0
	var acts []journal.Act
	if err := db.Each(ctx, d, actsOfVisits, func(rows *sql.Rows) error {
		var a journal.Act
		var at int64
		err := rows.Scan(&a.ID, &at, &a.Kind, &a.Subject, &a.Data)
		if a.At = clock.FromMicros(at); slices.Contains(consumer.Kinds, a.Kind) {
			acts = append(acts, a)
			heard++
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if heard != 3 {
		t.Fatalf("hears %d acts, want the arrival and two ends: %v", heard, acts)
	}
	for _, piece := range [][]journal.Act{acts[:1], acts[1:]} { // as they come, page by page
		if err := d.Write(ctx, func(tx *db.Tx) error { return consumer.Do(ctx, tx, piece) }); err != nil {
			t.Fatal(err)
		}
	}
	s := works.New(works.Options{DB: d, Live: live, Programme: programme.New(programme.Options{DB: d, Sites: live, Clock: clk, IDs: clock.NewID}), Clock: clk})
	if v, err := s.Verified(ctx); err != nil || v != (works.Verified{Spaces: 1}) {
		t.Errorf("%+v, %v: one space is used", v, err)
	}
	got, err := works.Operations(ctx, d)
	want := works.Operation{Visits: 2, First: agenda.Date{Year: 2026, Month: time.November, Day: 23}, Last: agenda.Date{Year: 2026, Month: time.November, Day: 24}}
	if err != nil || len(got) != 1 || got["s-1"] != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}
