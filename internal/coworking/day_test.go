package coworking_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"polis/internal/agenda"
	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

var today = agenda.Date{Year: 2026, Month: 11, Day: 23}

// line is what is on a place on a day: "expected 09:00-10:00, shut 12:00-14:00".
func line(t *testing.T, w *coworkingtest.World, code, place string, day agenda.Date) string {
	t.Helper()
	d, err := w.Service.DaySheet(t.Context(), w.Luca.Actor, code, day)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(d.Rows, func(row coworking.DayRow) bool { return row.Place.Code == place })
	if i < 0 {
		t.Fatalf("no row for %s", place)
	}
	var out []string
	for _, x := range d.Rows[i].Spans {
		out = append(out, fmt.Sprintf("%s %s-%s", x.State, x.From.Format("15:04"), x.To.Format("15:04")))
	}
	if d.Rows[i].Free {
		out = append(out, "free")
	}
	return strings.Join(out, ", ")
}

func hold(t *testing.T, w *coworkingtest.World, who coworkingtest.Who, parts ...coworking.PartRequest) coworking.Booking {
	t.Helper()
	b, err := w.Service.Hold(t.Context(), who.Actor, coworking.Request{Parts: parts})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The day of a house: every place with what is on it, by how it stands.
func TestDaySheet(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := coworkingtest.New(t, d)
		came := book(t, w, w.Maria, places(w, "aurora", 0.25, 2, "D-01"))
		book(t, w, w.Giuseppe, places(w, "aurora", 0.5, 3, "D-02"))
		book(t, w, w.Maria, places(w, "aurora", 0.25, 1, "D-03"))
		book(t, w, w.Giuseppe, places(w, "aurora", 5, 6, "H-AB"))
		book(t, w, w.Giuseppe, places(w, "aurora", 24, 26, "D-01"), places(w, "molo", 2, 4, "D-01"))
		if _, _, err := w.Service.Close(t.Context(), w.Luca.Actor, coworking.ClosureRequest{
			Site: coworkingtest.SiteID("aurora"), Resources: []string{w.ID("aurora", "D-04")}, Reason: "x", From: at(4), To: at(60),
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Service.CheckIn(t.Context(), w.Anna.Actor, came.ID); err != nil {
			t.Fatal(err)
		}
		w.Clock.Set(at(0.6)) // 08:36: D-03 was released, D-02 is late
		w.Sweep(t)
		hold(t, w, w.Maria, places(w, "aurora", 6, 7, "D-05"))
		for place, want := range map[string]string{
			"D-01": "in 08:15-10:00", "D-02": "late 08:30-11:00", "D-03": "missed 08:15-08:45, free", "D-04": "shut 12:00-20:00, free",
			"D-05": "expected 14:00-15:00, free", "D-06": "free", "H-A": "expected 13:00-14:30, free", "H-C": "free", "H-ABC": "expected 13:00-14:30, free",
		} {
			want = strings.ReplaceAll(want, "13:00-14:30", "13:00-14:00")
			if place == "D-05" {
				want = strings.ReplaceAll(want, "expected", "held")
			}
			if got := line(t, w, "aurora", place, today); got != want {
				t.Errorf("%s: %s, want %s", place, got, want)
			}
		}
		if got := line(t, w, "aurora", "D-01", today.AddDays(1)); got != "expected 08:00-10:00" {
			t.Errorf("tomorrow: %s", got)
		}
		if got := line(t, w, "aurora", "D-04", today.AddDays(1)); got != "shut 08:00-20:00" {
			t.Errorf("tomorrow: %s", got)
		}
		sheet, err := w.Service.DaySheet(t.Context(), w.Anna.Actor, "aurora", today)
		if err != nil || sheet.Expected != 2 || sheet.Present != 1 || len(sheet.Missed) != 1 || len(sheet.Arrivals) != 2 || sheet.Missed[0].Units[0].Code != "D-03" {
			t.Errorf("%+v, %v", sheet, err)
		}
		if from, to := sheet.From.Format("15:04"), sheet.To.Format("15:04"); from != "08:00" || to != "20:00" || sheet.Rows[0].Room == nil {
			t.Errorf("drawn from %s to %s", from, to)
		}
		if slices.ContainsFunc(sheet.Rows, func(r coworking.DayRow) bool { return r.Place.Code == "D-08" }) {
			t.Error("a place out of use has a row")
		}
		sunday, err := w.Service.DaySheet(t.Context(), w.Luca.Actor, "aurora", today.AddDays(6))
		if err != nil || len(sunday.Open) > 0 || sunday.From.Hour() != 8 || sunday.To.Hour() != 20 || sunday.Rows[0].Free {
			t.Errorf("closed: %+v, %v", sunday, err)
		}
		if got := line(t, w, "molo", "D-01", today); got != "expected 10:00-12:00, free" {
			t.Errorf("another house: %s", got)
		}
		for _, c := range []struct {
			who  identity.Actor
			code string
			want errs.Kind
		}{
			{identity.Anonymous, "aurora", errs.Unauthenticated},
			{w.Maria.Actor, "aurora", errs.Forbidden},
			{w.Anna.Actor, "molo", errs.Forbidden},
			{w.Luca.Actor, "nowhere", errs.NotFound},
		} {
			if _, err := w.Service.DaySheet(t.Context(), c.who, c.code, today); !errs.Is(err, c.want) {
				t.Errorf("%s at %s: %v, want %s", c.who.Name, c.code, err, c.want)
			}
		}
	})
}

// Somebody is noted as missed before their place is released by itself, and let
// in when they come after all.
func TestMissedAndBack(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		b := book(t, w, w.Maria, places(w, "aurora", 1, 4, "D-01"))
		miss := func(who identity.Actor) error { return w.Service.NoteMissed(ctx, who, b.ID) }
		if err := miss(w.Luca.Actor); !errs.HasKey(err, "day.not-missable") {
			t.Errorf("before the start: %v", err)
		}
		w.Clock.Set(at(1.1))
		if err := miss(w.Anna.Actor); !errs.Is(err, errs.Forbidden) {
			t.Errorf("reception: %v", err)
		}
		if err := miss(w.Giuseppe.Actor); !errs.Is(err, errs.NotFound) {
			t.Errorf("somebody: %v", err)
		}
		if err := miss(w.Luca.Actor); err != nil {
			t.Fatal(err)
		}
		if err := miss(w.Luca.Actor); err != nil { // a second tap
			t.Fatal(err)
		}
		if got := line(t, w, "aurora", "D-01", today); got != "missed 09:00-09:15, free" {
			t.Error(got)
		}
		v, err := w.Service.Visit(ctx, w.Luca.Actor, b.ID)
		if err != nil || !v.Return || v.Miss || v.Arrive || v.Change || v.Name != "Maria B." || !v.Reachable {
			t.Errorf("%+v, %v", v, err)
		}
		book(t, w, w.Giuseppe, places(w, "aurora", 1.25, 2, "D-01")) // somebody takes it meanwhile
		w.Clock.Set(at(1.4))
		back, err := w.Service.ComeAfterAll(ctx, w.Luca.Actor, b.ID)
		if err != nil || back.Status != reserve.CheckedIn || back.Places[0].Units[0].Code == "D-01" || !back.Ends.Equal(at(4)) {
			t.Fatalf("%+v, %v", back, err)
		}
		again, err := w.Service.ComeAfterAll(ctx, w.Luca.Actor, b.ID)
		if err != nil || again.Rev != back.Rev {
			t.Errorf("a second tap: %+v, %v", again, err)
		}
		other := book(t, w, w.Maria, places(w, "molo", 1.5, 3, "D-01"))
		w.Clock.Set(at(2)) // due, and not swept yet
		same, err := w.Service.ComeAfterAll(ctx, w.Luca.Actor, other.ID)
		if err != nil || same.Places[0].Units[0].Code != "D-01" {
			t.Errorf("nobody took it: %+v, %v", same, err)
		}
		w.Clock.Set(at(5))
		w.Sweep(t)
		if _, err := w.Service.ComeAfterAll(ctx, w.Luca.Actor, other.ID); !errs.HasKey(err, "booking.completed") {
			t.Errorf("the visit is over: %v", err)
		}
		w.Check(t)
	})
}

// Of a booking with days still to come nobody notes that all was missed.
func TestSeveralDaysAreNotMissedAtOnce(t *testing.T) {
	t.Parallel()
	w := coworkingtest.New(t, dbtest.SQLite(t))
	b := book(t, w, w.Maria, places(w, "aurora", 1, 4, "D-01"), places(w, "aurora", 25, 28, "D-01"))
	w.Clock.Set(at(1.1))
	if err := w.Service.NoteMissed(t.Context(), w.Luca.Actor, b.ID); !errs.HasKey(err, "day.not-missable") {
		t.Error(err)
	}
}

// Who stands at the desk gets the place that fits tightest, at once; with an
// account or without.
func TestWalkIn(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		book(t, w, w.Maria, places(w, "aurora", 2.5, 4, "D-03")) // so that D-03 is the tightest until 10
		req := coworking.WalkIn{Site: "aurora", Kind: site.Desk, Count: 1, Given: "Nonna", Family: "Abelarda", Key: "k1"}
		offer, err := w.Service.WalkInOffer(w.Luca.Actor, req, nil)
		if err != nil || !offer.From.Equal(at(0)) || !offer.To.Equal(at(2)) || !offer.Closes.Equal(at(12)) || offer.Units[0].Code != "D-03" {
			t.Fatalf("%+v, %v", offer, err)
		}
		b, err := w.Service.WalkIn(ctx, w.Luca.Actor, req)
		if err != nil || b.Status != reserve.CheckedIn || b.Places[0].Units[0].Code != "D-03" || !b.Due.Equal(at(2)) {
			t.Fatalf("%+v, %v", b, err)
		}
		again, err := w.Service.WalkIn(ctx, w.Luca.Actor, req)
		if err != nil || again.ID != b.ID {
			t.Errorf("a second tap: %+v, %v", again, err)
		}
		v, err := w.Service.Visit(ctx, w.Anna.Actor, b.ID)
		if err != nil || !v.Guest || v.Name != "Nonna A." || v.Reachable || v.Change {
			t.Errorf("%+v, %v", v, err)
		}
		if got := line(t, w, "aurora", "D-03", today); got != "in 08:00-10:00, expected 10:30-12:00" {
			t.Error(got)
		}
		nobody, err := w.Service.WalkIn(ctx, w.Luca.Actor, coworking.WalkIn{Site: "aurora", Kind: site.Meeting, Count: 1, To: at(30), Key: "k2"})
		if err != nil || !nobody.Ends.Equal(at(12)) { // until closing at most
			t.Errorf("%+v, %v", nobody, err)
		}
		known, err := w.Service.WalkIn(ctx, w.Luca.Actor, coworking.WalkIn{Site: "aurora", Kind: site.Desk, Count: 1, Known: " GIUSEPPE@example.org ", Key: "k3"})
		if err != nil || known.Person != w.Giuseppe.Person || known.Status != reserve.CheckedIn {
			t.Errorf("%+v, %v", known, err)
		}
		for name, c := range map[string]struct {
			who  identity.Actor
			req  coworking.WalkIn
			want string
		}{
			"reception":      {w.Anna.Actor, coworking.WalkIn{Site: "molo", Kind: site.Desk, Count: 1, Key: "k0"}, "identity.forbidden"},
			"nobody":         {identity.Anonymous, req, "identity.sign-in"},
			"unknown person": {w.Luca.Actor, coworking.WalkIn{Site: "aurora", Kind: site.Desk, Count: 1, Known: "x@y.example", Key: "k4"}, "day.unknown-person"},
			"too many":       {w.Luca.Actor, coworking.WalkIn{Site: "aurora", Kind: site.Desk, Count: 7, Key: "k5"}, "day.none-free"},
			"no such kind":   {w.Luca.Actor, coworking.WalkIn{Site: "aurora", Kind: site.Outdoor, Count: 1, Key: "k6"}, "booking.no-such-kind"},
			"in works":       {w.Luca.Actor, coworking.WalkIn{Site: "cantiere", Kind: site.Desk, Count: 1, Key: "k7"}, "site.not-open-yet"},
			"bad name":       {w.Luca.Actor, coworking.WalkIn{Site: "aurora", Kind: site.Desk, Count: 1, Given: strings.Repeat("x", 200), Key: "k8"}, "identity.invalid.given_name"},
		} {
			if _, err := w.Service.WalkIn(ctx, c.who, c.req); !errs.HasKey(err, c.want) {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
		w.Clock.Set(at(13))
		if _, err := w.Service.WalkIn(ctx, w.Luca.Actor, coworking.WalkIn{Site: "aurora", Kind: site.Desk, Count: 1, Key: "k9"}); !errs.HasKey(err, "booking.closed") {
			t.Errorf("after closing: %v", err)
		}
		if _, err := w.Service.WalkIn(ctx, w.Luca.Actor, coworking.WalkIn{Site: "molo", Kind: site.Desk, Count: 1, Key: "k10"}); err != nil {
			t.Errorf("always open: %v", err)
		}
		w.Check(t)
	})
}

func TestWalkInByAPI(t *testing.T) {
	key := map[string]string{"Idempotency-Key": "walk-1"}
	play(t,
		step{name: "reception at its own house", as: "anna", do: "POST /sites/aurora/walk-ins", body: `{"kind":"desk","to":"2026-11-23T08:30:00+01:00"}`, want: 201},
		step{name: "reception at another", as: "anna", do: "POST /sites/molo/walk-ins", body: `{"kind":"desk"}`, want: 403},
		step{name: "nobody may not", do: "POST /sites/aurora/walk-ins", body: `{"kind":"desk"}`, want: 401},
		step{
			name: "a guest", as: "luca", do: "POST /sites/aurora/walk-ins", head: key, body: `{"kind":"desk","given_name":"Nonna"}`, want: 201,
			has: `{"status":"checked-in","from":"2026-11-23T08:00:00+01:00","to":"2026-11-23T10:00:00+01:00"}`, keep: "b",
		},
		step{name: "sent again", as: "luca", do: "POST /sites/aurora/walk-ins", head: key, body: `{"kind":"desk","given_name":"Nonna"}`, want: 201, has: `{"id":"<b>"}`},
		step{name: "another with the same key", as: "luca", do: "POST /sites/aurora/walk-ins", head: key, body: `{"kind":"meeting"}`, want: 422},
		step{
			name: "somebody with an account", as: "luca", do: "POST /sites/aurora/walk-ins",
			body: `{"kind":"meeting","known":"maria@example.org","to":"2026-11-23T09:30:00+01:00"}`, want: 201, has: `{"to":"2026-11-23T09:30:00+01:00"}`,
		},
		step{name: "unknown", as: "luca", do: "POST /sites/aurora/walk-ins", body: `{"kind":"desk","known":"nobody@example.org"}`, want: 400},
		step{name: "no such house", as: "luca", do: "POST /sites/nowhere/walk-ins", body: `{"kind":"desk"}`, want: 404},
		step{name: "nothing free", as: "luca", do: "POST /sites/aurora/walk-ins", body: `{"kind":"desk","count":9}`, want: 409},
	)
}
