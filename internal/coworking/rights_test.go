package coworking_test

import (
	"slices"
	"strings"
	"testing"

	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
)

// of is somebody with a role at one house.
func of(w *coworkingtest.World, role identity.Role, code string) identity.Actor {
	a := w.Luca.Actor
	a.Role, a.Scope, a.Held = role, identity.Site(coworkingtest.SiteID(code)), nil
	return a
}

func codesOf(parts []coworking.PlacePart) string {
	var out []string
	for _, p := range parts {
		for _, u := range p.Units {
			out = append(out, p.Site.Code+" "+u.Code)
		}
	}
	return strings.Join(out, ", ")
}

// Who has a right at one house sees of a booking in two what lies there.
func TestAHouseSeesItsPartsOnly(t *testing.T) {
	t.Parallel()
	w, ctx := coworkingtest.New(t, dbtest.SQLite(t)), t.Context()
	b := book(t, w, w.Maria, places(w, "aurora", 1, 3, "D-01"), places(w, "molo", 5, 7, "D-02"))
	for _, role := range []identity.Role{identity.CounterOperator, identity.SiteManager} {
		for code, want := range map[string]string{"aurora": "aurora D-01", "molo": "molo D-02"} {
			v, err := w.Service.Visit(ctx, of(w, role, code), b.ID)
			if got := codesOf(v.Places); err != nil || got != want {
				t.Errorf("%s of %s sees %s, %v", role, code, got, err)
			}
			if part := v.Places[0]; !v.Starts.Equal(part.From) || !v.Ends.Equal(part.To) {
				t.Errorf("%s of %s sees it from %s to %s", role, code, v.Starts, v.Ends)
			}
			got, err := w.Service.Get(ctx, of(w, role, code), b.ID)
			if codesOf(got.Places) != want || err != nil {
				t.Errorf("%s of %s gets %s, %v", role, code, codesOf(got.Places), err)
			}
		}
		if _, err := w.Service.Visit(ctx, of(w, role, "faro"), b.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("%s of a third house: %v", role, err)
		}
	}
	_, affected, err := w.Service.Close(ctx, of(w, identity.SiteManager, "molo"), coworking.ClosureRequest{
		Site: coworkingtest.SiteID("molo"), Reason: "x", From: at(4), To: at(8),
	})
	if err != nil || len(affected) != 1 || codesOf(affected[0].Places) != "molo D-02" {
		t.Errorf("in the way: %+v, %v", affected, err)
	}
	mine, err := w.Service.Get(ctx, w.Maria.Actor, b.ID)
	if err != nil || len(mine.Places) != 2 {
		t.Errorf("the person sees %s, %v", codesOf(mine.Places), err)
	}
}

// Reception of one house does not check somebody in for another.
func TestAHouseChecksInForItself(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		b := book(t, w, w.Maria, places(w, "aurora", 1, 3, "D-01"), places(w, "molo", 5, 7, "D-02"))
		aurora, molo := of(w, identity.CounterOperator, "aurora"), of(w, identity.CounterOperator, "molo")
		w.Clock.Set(at(1))
		_, err := w.Service.CheckIn(ctx, molo, b.ID)
		if e := errs.As(err); !errs.HasKey(err, "check-in.early") || !e.Details.(coworking.Early).From.Equal(at(4.5)) {
			t.Fatalf("four hours before: %v", err)
		}
		if v, err := w.Service.Visit(ctx, molo, b.ID); err != nil || v.Arrive {
			t.Errorf("offered to a house that does not expect them yet: %+v, %v", v, err)
		}
		if v, err := w.Service.Visit(ctx, aurora, b.ID); err != nil || !v.Arrive {
			t.Errorf("not offered where they are expected: %+v, %v", v, err)
		}
		w.Clock.Set(at(2)) // Aurora missed them
		w.Sweep(t)
		if _, err := w.Service.CheckIn(ctx, aurora, b.ID); !errs.HasKey(err, "check-in.elsewhere") {
			t.Errorf("where nothing is left: %v", err)
		}
		if v, err := w.Service.Visit(ctx, aurora, b.ID); err != nil || v.Arrive || codesOf(v.Missed) != "aurora D-01" || len(v.Places) > 0 {
			t.Errorf("%+v, %v", v, err)
		}
		w.Clock.Set(at(5))
		got, err := w.Service.CheckIn(ctx, molo, b.ID)
		if err != nil || got.Status != reserve.CheckedIn || codesOf(got.Places) != "molo D-02" || len(got.Missed) > 0 {
			t.Errorf("%+v, %v", got, err)
		}
		w.Check(t)
	})
}

// A house notes as missed what it waited for; another waits on.
func TestAHouseMissesForItself(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		b := book(t, w, w.Maria, places(w, "aurora", 1, 3, "D-01"), places(w, "molo", 1, 3, "D-02"), places(w, "molo", 25, 26, "D-03"))
		aurora, molo := of(w, identity.SiteManager, "aurora"), of(w, identity.SiteManager, "molo")
		w.Clock.Set(at(1.1))
		if err := w.Service.NoteMissed(ctx, molo, b.ID); !errs.HasKey(err, "day.not-missable") {
			t.Errorf("another day is to come: %v", err)
		}
		for range 2 { // a second tap
			if err := w.Service.NoteMissed(ctx, aurora, b.ID); err != nil {
				t.Fatal(err)
			}
		}
		got, err := w.Service.Get(ctx, w.Maria.Actor, b.ID)
		if err != nil || got.Status != reserve.Confirmed || codesOf(got.Missed) != "aurora D-01" || codesOf(got.Places) != "molo D-02, molo D-03" {
			t.Fatalf("%s of %s without %s, %v", got.Status, codesOf(got.Places), codesOf(got.Missed), err)
		}
		if got := line(t, w, "molo", "D-02", today); got != "late 09:00-11:00" {
			t.Errorf("at the other house: %s", got)
		}
		book(t, w, w.Giuseppe, places(w, "aurora", 1.25, 3, "D-01")) // it is given back
		book(t, w, w.Giuseppe, places(w, "molo", 3, 4, "D-05"))      // and so is whom the house lets in
		if err := w.Service.CancelForHouse(ctx, aurora, b.ID, "x", 0); !errs.Is(err, errs.NotFound) {
			t.Errorf("nothing is left to cancel: %v", err)
		}
		if _, err := w.Service.CheckIn(ctx, molo, b.ID); err != nil {
			t.Error(err)
		}
		w.Check(t)
	})
}

// Who was missed everywhere is let in where they come.
func TestAHouseLetsInForItself(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		b := book(t, w, w.Maria, places(w, "aurora", 1, 3, "D-01"), places(w, "molo", 1, 4, "D-02"))
		w.Clock.Set(at(1.6))
		w.Sweep(t)
		aurora := of(w, identity.SiteManager, "aurora")
		v, err := w.Service.Visit(ctx, aurora, b.ID)
		if err != nil || v.Status != reserve.NoShow || !v.Return {
			t.Fatalf("%+v, %v", v, err)
		}
		got, err := w.Service.ComeAfterAll(ctx, aurora, b.ID)
		if err != nil || got.Status != reserve.CheckedIn || codesOf(got.Places) != "aurora D-01" || !got.Ends.Equal(at(3)) {
			t.Fatalf("%+v, %v", got, err)
		}
		all, err := w.Service.Get(ctx, w.Maria.Actor, b.ID)
		if err != nil || codesOf(all.Places) != "aurora D-01" || codesOf(all.Missed) != "molo D-02" || !all.Due.Equal(at(3)) {
			t.Errorf("%+v, %v", all, err)
		}
		if got := line(t, w, "molo", "D-02", today); got != "free" {
			t.Errorf("the other house kept: %s", got)
		}
		w.Check(t)
	})
}

// A closure ends a visit for its own house only.
func TestAClosureEndsItsPartsOnly(t *testing.T) {
	t.Parallel()
	w, ctx := coworkingtest.New(t, dbtest.SQLite(t)), t.Context()
	b := book(t, w, w.Maria, places(w, "aurora", 1, 3, "D-01"), places(w, "molo", 5, 7, "D-02"))
	w.Clock.Set(at(1))
	if _, err := w.Service.CheckIn(ctx, w.Maria.Actor, b.ID); err != nil {
		t.Fatal(err)
	}
	id, err := w.Service.CloseAndTell(ctx, of(w, identity.SiteManager, "aurora"), coworking.ClosureRequest{
		Site: coworkingtest.SiteID("aurora"), Reason: "Guasto", From: at(2), To: at(12),
	}, map[string]string{b.ID: coworking.ChoiceCancel}, "k")
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.Service.Get(ctx, w.Maria.Actor, b.ID)
	if err != nil || got.Status != reserve.CheckedIn || codesOf(got.Places) != "molo D-02" {
		t.Errorf("%s of %s, %v", got.Status, codesOf(got.Places), err)
	}
	c, err := w.Service.Clearing(ctx, of(w, identity.SiteManager, "aurora"), id)
	if err != nil || len(c.Call) != 1 || slices.ContainsFunc(c.Call[0].Places, func(p coworking.PlacePart) bool { return p.Site.Code == "molo" }) {
		t.Errorf("%+v, %v", c, err)
	}
	w.Check(t)
}
