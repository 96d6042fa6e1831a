package reserve

import (
	"database/sql"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"polis/internal/journal"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

var actsOfSubject = db.Q("reserve.test-acts", `SELECT kind, person, data FROM act WHERE subject = $1 ORDER BY id`)

type told struct {
	Kind, By string
	Facts    Facts
}

func (b *bench) told(id string) []told {
	b.t.Helper()
	list, err := db.All(b.t.Context(), b.db, actsOfSubject, func(rows *sql.Rows) (a told, err error) {
		var data string
		if err := rows.Scan(&a.Kind, &a.By, &data); err != nil {
			return a, err
		}
		return a, json.Unmarshal([]byte(data), &a.Facts)
	}, id)
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

// An act says where the booking stood before and, of a change, when it was.
func TestActsSayWhatChanged(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		held := want("anna", 0, 2, 1)
		held.To, held.Due = Held, at(-0.9)
		held.Demands = append(held.Demands,
			Demand{Site: "s", Kind: "admission", From: at(0), To: at(2), Units: []int64{9}, Hidden: true},
			Demand{Site: "s", Kind: "desk", From: at(4), To: at(5), Units: []int64{2}})
		first := b.ok(held)
		longer := want("anna", 0, 3, 1)
		longer.Booking, longer.When, longer.To, longer.Due = first.ID, []Status{Held}, Held, at(-0.9)
		longer.Demands = append(longer.Demands, held.Demands[1:]...)
		b.ok(longer)
		b.ok(Plan{Booking: first.ID, Person: "anna", By: "anna", When: []Status{Held}, To: Confirmed, Due: at(0.5)})
		moved := want("anna", 1, 2, 1)
		moved.Booking, moved.When, moved.Due = first.ID, []Status{Confirmed}, at(1.5)
		b.ok(moved)
		b.ok(Plan{Booking: first.ID, By: "house", When: []Status{Confirmed}, To: Cancelled})
		want1 := []told{
			{"booking.held", "anna", Facts{Rev: 1}},
			{"booking.held", "anna", Facts{Rev: 2, From: Held}},
			{"booking.confirmed", "anna", Facts{Rev: 3, From: Held}},
			{"booking.confirmed", "anna", Facts{Rev: 4, From: Confirmed, Was: []Was{
				{0, at(0).Unix(), at(3).Unix()},
				{2, at(4).Unix(), at(5).Unix()},
			}}},
			{"booking.cancelled", "house", Facts{Rev: 5, From: Confirmed}},
		}
		if diff := cmp.Diff(want1, b.told(first.ID)); diff != "" {
			t.Error(diff)
		}

		late := want("bruno", 0, 2, 3)
		late.Due = at(0.25)
		missed := b.ok(late)
		b.clock.Set(at(0.25))
		if _, err := b.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]told{{"booking.confirmed", "bruno", Facts{Rev: 1}}, {"booking.no-show", "", Facts{Rev: 2, From: Confirmed}}}, b.told(missed.ID)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestGetManySinceAndClosuresOver(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		first, second := b.ok(want("anna", 0, 1, 1)), b.ok(want("anna", 2, 3, 1))
		b.ok(want("bruno", 4, 5, 1))
		found, err := b.GetMany(t.Context(), d, []string{second.ID, "none", first.ID, first.ID})
		if err != nil || len(found) != 2 || found[first.ID].Rev != 1 || !found[second.ID].Starts.Equal(at(2)) {
			t.Errorf("%v %v", found, err)
		}
		for _, tt := range []struct {
			since time.Time
			limit int
			want  []string
		}{
			{at(0), 10, []string{second.ID, first.ID}},
			{at(0), 1, []string{second.ID}},
			{at(1), 10, []string{second.ID}},
			{at(3), 10, nil},
		} {
			list, err := b.Since(t.Context(), "anna", tt.since, tt.limit)
			var ids []string
			for _, x := range list {
				ids = append(ids, x.ID)
			}
			if err != nil || !cmp.Equal(tt.want, ids) {
				t.Errorf("since %v: %v %v, want %v", tt.since, ids, err, tt.want)
			}
		}

		works, _, err := b.Close(t.Context(), Closure{Site: "s", Reason: "works", Starts: at(0), Ends: at(30), Units: []int64{5, 6}}, "m")
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			units    []int64
			from, to time.Time
			want     int
		}{
			{[]int64{5}, at(29), at(31), 1}, {[]int64{5, 6}, at(0), at(60), 1}, {[]int64{1}, at(0), at(5), 0}, {[]int64{5}, at(30), at(31), 0},
		} {
			list, err := b.ClosuresOver(t.Context(), tt.units, tt.from, tt.to)
			if err != nil || len(list) != tt.want || tt.want == 1 && list[0].ID+list[0].Reason != works.ID+"works" {
				t.Errorf("%v: %v %v", tt, list, err)
			}
		}
	})
}

var contextsOfSubject = db.Q("reserve.test-contexts", `SELECT person, role, channel, for_whom FROM act WHERE subject = $1 ORDER BY id`)

// Who asks for a plan is recorded in its act, though the writer carries it out.
func TestActsRecordWhoAsked(t *testing.T) {
	t.Parallel()
	b := start(t, dbtest.SQLite(t))
	plan := want("anna", 0, 2, 1)
	plan.By = "anna"
	ctx := journal.WithBy(t.Context(), journal.By{Person: "daughter", Role: "citizen", Channel: "web", Level: 2, For: "anna"})
	made, err := b.Do(ctx, plan)
	if err != nil {
		t.Fatal(err)
	}
	var person, role, channel, forWhom string
	if err := db.One(t.Context(), b.db, contextsOfSubject, []any{made.ID}, &person, &role, &channel, &forWhom); err != nil {
		t.Fatal(err)
	}
	if person != "daughter" || role != "citizen" || channel != "web" || forWhom != "anna" {
		t.Errorf("%q as %q by %q for %q", person, role, channel, forWhom)
	}
}
