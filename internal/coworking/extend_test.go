package coworking_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
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

// eachWorld runs a test in a world of each engine.
func eachWorld(t *testing.T, test func(t *testing.T, w *coworkingtest.World)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := coworkingtest.New(t, d)
		test(t, w)
		w.Check(t)
	})
}

// on is a part of a Tuesday two weeks or so ahead: named places of Aurora.
func on(w *coworkingtest.World, day, from, to int, places ...string) coworking.PartRequest {
	p := coworking.PartRequest{
		From: time.Date(2026, 11, 24+day, from-1, 0, 0, 0, time.UTC), // in Rome, in winter
		To:   time.Date(2026, 11, 24+day, to-1, 0, 0, 0, time.UTC),
	}
	for _, code := range places {
		p.Resources = append(p.Resources, w.ID("aurora", code))
	}
	return p
}

func someDesk(p coworking.PartRequest, count int) coworking.PartRequest {
	p.Site, p.Kind, p.Count = coworkingtest.SiteID("aurora"), site.Desk, count
	return p
}

func ask(parts ...coworking.PartRequest) coworking.Request { return coworking.Request{Parts: parts} }

// taken is what a booking has: place and time.
func taken(b coworking.Booking) []string {
	var list []string
	for _, p := range b.Places {
		for _, u := range p.Units {
			list = append(list, fmt.Sprintf("%s.%s %s–%s", p.Site.Code, u.Code, p.From.UTC().Format("02T15:04"), p.To.UTC().Format("15:04")))
		}
	}
	slices.Sort(list)
	return list
}

func TestExtendAddsOrLeavesAsItWas(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *coworkingtest.World) {
		ctx, s, maria := t.Context(), w.Service, w.Maria.Actor
		other, err := s.Book(ctx, w.Giuseppe.Actor, ask(on(w, 1, 9, 13, "D-01")))
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Hold(ctx, maria, ask(on(w, 0, 9, 13, "D-01")))
		if err != nil {
			t.Fatal(err)
		}
		due := b.Due
		w.Clock.Advance(6 * time.Minute)
		before := taken(b)
		if _, err := s.Extend(ctx, maria, b.ID, 0, ask(on(w, 2, 9, 13, "D-01"), on(w, 1, 9, 13, "D-01"))); !errs.Is(err, errs.Conflict) {
			t.Fatalf("a day of somebody else's: %v", err)
		}
		if b, err = s.Get(ctx, maria, b.ID); err != nil || !slices.Equal(taken(b), before) || !b.Due.Equal(due) {
			t.Fatalf("after a refusal: %v until %v, %v", taken(b), b.Due, err)
		}
		// another day, another place at the same time, another house
		faro := on(w, 0, 9, 13)
		faro.Resources = []string{w.ID("faro", "D-01")}
		b, err = s.Extend(ctx, maria, b.ID, b.Rev, ask(someDesk(on(w, 1, 9, 13), 1), on(w, 0, 9, 13, "D-02"), faro))
		if err != nil || len(b.Places) != 4 || !b.Due.Equal(w.Clock.Now().Add(10*time.Minute)) {
			t.Fatalf("%v until %v: %v", taken(b), b.Due, err)
		}
		if _, err := s.Extend(ctx, maria, b.ID, b.Rev-1, ask(on(w, 3, 9, 13, "D-01"))); !errs.Is(err, errs.Stale) {
			t.Fatalf("an old revision: %v", err)
		}
		if _, err := s.Extend(ctx, w.Giuseppe.Actor, b.ID, 0, ask(on(w, 3, 9, 13, "D-01"))); !errs.Is(err, errs.NotFound) {
			t.Fatalf("somebody else's hold: %v", err)
		}
		// the limit of parts
		var many []coworking.PartRequest
		for i := range 17 {
			many = append(many, on(w, 0, 14, 15, []string{"D-01", "D-02", "D-03", "D-04", "D-05", "D-06"}[i%6]))
		}
		if _, err := s.Extend(ctx, maria, b.ID, 0, ask(many...)); !errs.Is(err, errs.Invalid) {
			t.Fatalf("21 parts: %v", err)
		}
		// half an hour in all
		w.Clock.Advance(9 * time.Minute)
		if b, err = s.Extend(ctx, maria, b.ID, 0, ask(on(w, 2, 9, 13, "D-01"))); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(9 * time.Minute)
		if b, err = s.Extend(ctx, maria, b.ID, 0, ask(on(w, 3, 9, 13, "D-01"))); err != nil || !b.Due.Equal(b.Created.Add(30*time.Minute)) {
			t.Fatalf("kept until %v, %v", b.Due, err)
		}
		w.Clock.Set(b.Due)
		if _, err := s.Extend(ctx, maria, b.ID, 0, ask(on(w, 6, 9, 13, "D-01"))); !errs.Is(err, errs.Conflict) || errs.As(err).Key != "booking.expired" {
			t.Fatalf("too late: %v", err)
		}
		again, err := s.HoldAgain(ctx, maria, b.ID, "k")
		if err != nil || !slices.Equal(taken(again), taken(b)) || again.ID == b.ID {
			t.Fatalf("again: %v, %v", taken(again), err)
		}
		if b, err = s.Confirm(ctx, maria, again.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Extend(ctx, maria, b.ID, 0, ask(on(w, 6, 9, 13, "D-01"))); errs.As(err).Key != "booking.confirmed" {
			t.Fatalf("what is confirmed: %v", err)
		}
		if b, err = s.MovePart(ctx, maria, b.ID, b.Places[0].N, on(w, 0, 14, 18).From, on(w, 0, 14, 18).To, b.Rev); err != nil || len(b.Places) != 6 ||
			!slices.Contains(taken(b), "aurora.D-01 24T13:00–17:00") && !slices.Contains(taken(b), "aurora.D-02 24T13:00–17:00") && !slices.Contains(taken(b), "faro.D-01 24T13:00–17:00") {
			t.Fatalf("one part moved: %v, %v", taken(b), err)
		}
		if _, err := s.Cancel(ctx, w.Giuseppe.Actor, other.ID, 0); err != nil {
			t.Fatal(err)
		}
	})
}

// All parts count for fair use, and none counts once it was dropped.
func TestExtendCountsForFairUse(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *coworkingtest.World) {
		ctx, s, maria := t.Context(), w.Service, w.Maria.Actor
		b, err := s.Hold(ctx, maria, ask(on(w, 0, 8, 20, "D-01"))) // 12 of 40 hours
		for day := 1; day < 3 && err == nil; day++ {
			b, err = s.Extend(ctx, maria, b.ID, 0, ask(on(w, day, 8, 20, "D-01")))
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err = s.Extend(ctx, maria, b.ID, 0, ask(on(w, 3, 8, 13, "D-01"))); errs.As(err).Key != "fair-use.week-hours" {
			t.Fatalf("41 hours in a week: %v", err)
		}
		if b, err = s.Extend(ctx, maria, b.ID, 0, ask(on(w, 6, 8, 20, "D-01"))); err != nil {
			t.Fatalf("the week after: %v", err)
		}
		rev := b.Rev
		if b, err = s.Drop(ctx, maria, b.ID, b.Places[1].N, rev); err != nil || len(b.Places) != 3 {
			t.Fatalf("%v, %v", taken(b), err)
		}
		if again, err := s.Drop(ctx, maria, b.ID, 1, rev); err != nil || again.Rev != b.Rev {
			t.Fatalf("a second tap: %v, %v", taken(again), err)
		}
		if _, err := s.Drop(ctx, maria, b.ID, 0, rev); !errs.Is(err, errs.Stale) {
			t.Fatalf("an old page: %v", err)
		}
		if _, err = s.Extend(ctx, maria, b.ID, 0, ask(on(w, 3, 8, 13, "D-01"))); err != nil {
			t.Fatalf("29 hours in a week: %v", err)
		}
		for b, _ = s.Get(ctx, maria, b.ID); len(b.Places) > 1; {
			if b, err = s.Drop(ctx, maria, b.ID, b.Places[0].N, b.Rev); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Drop(ctx, maria, b.ID, b.Places[0].N, b.Rev); errs.As(err).Key != "booking.last-part" {
			t.Fatalf("the last part: %v", err)
		}
	})
}

// TestExtendAgainstAModel holds, extends, drops and gives up at random: what a
// plan may take is free in a plain list of who has what, and what it was
// refused leaves everything as it was.
func TestExtendAgainstAModel(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *coworkingtest.World) {
		ctx, s, who := t.Context(), w.Service, w.Load.Actor
		r := rand.New(rand.NewPCG(23, 7))
		holds := map[string][]string{} // booking → what it has
		free := func(p coworking.PartRequest) bool {
			for _, list := range holds {
				for _, at := range list {
					for _, id := range p.Resources {
						if at == id+p.From.String() {
							return false
						}
					}
				}
			}
			return true
		}
		part := func() coworking.PartRequest {
			return on(w, r.IntN(3), 9, 13, []string{"D-01", "D-02", "D-03"}[r.IntN(3)])
		}
		have := func(b coworking.Booking) (list []string) {
			for _, p := range b.Places {
				for _, u := range p.Units {
					list = append(list, u.ID+p.From.String())
				}
			}
			slices.Sort(list)
			return list
		}
		done := map[string]int{}
		for range 400 {
			ids := slices.Sorted(maps.Keys(holds))
			if len(ids) == 0 || r.IntN(8) == 0 {
				p := part()
				b, err := s.Hold(ctx, who, ask(p))
				if (err == nil) != free(p) {
					t.Fatalf("hold: free %v, %v", free(p), err)
				}
				if err == nil {
					holds[b.ID] = have(b)
				}
				continue
			}
			id := ids[r.IntN(len(ids))]
			before, err := s.Get(ctx, who, id)
			if err != nil || before.Status != reserve.Held || !slices.Equal(have(before), holds[id]) {
				t.Fatalf("it has %v, the list says %v: %v", have(before), holds[id], err)
			}
			switch r.IntN(5) {
			case 0:
				b, err := s.Drop(ctx, who, id, before.Places[0].N, before.Rev)
				if (err == nil) != (len(before.Places) > 1) {
					t.Fatalf("drop one of %d: %v", len(before.Places), err)
				}
				if err == nil {
					holds[id] = have(b)
					done["dropped"]++
				}
			case 1:
				if _, err := s.Cancel(ctx, who, id, 0); err != nil {
					t.Fatal(err)
				}
				delete(holds, id)
			default:
				p, q := part(), part()
				can := free(p) && free(q) && (p.Resources[0] != q.Resources[0] || !p.From.Equal(q.From))
				b, err := s.Extend(ctx, who, id, 0, ask(p, q))
				if (err == nil) != can {
					t.Fatalf("extend: free %v, %v", can, err)
				}
				if err == nil {
					want := append(slices.Clone(holds[id]), p.Resources[0]+p.From.String(), q.Resources[0]+q.From.String())
					slices.Sort(want)
					if holds[id] = have(b); !slices.Equal(holds[id], want) {
						t.Fatalf("extended to %v, want %v", holds[id], want)
					}
					done["extended"]++
				} else {
					done["refused"]++
				}
			}
		}
		if done["extended"] < 20 || done["refused"] < 20 || done["dropped"] < 10 {
			t.Errorf("too little happened: %v", done)
		}
	})
}

// Many extend one hold at once while others want the same places: nothing that
// was granted is lost, and nothing is there twice.
func TestExtendAtOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *coworkingtest.World) {
		ctx, s, who := t.Context(), w.Service, w.Load.Actor
		var holds [2]coworking.Booking
		for i := range holds {
			b, err := s.Hold(ctx, who, ask(on(w, 6, 9, 13, fmt.Sprintf("D-0%d", i+1))))
			if err != nil {
				t.Fatal(err)
			}
			holds[i] = b
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		granted := map[string][]string{}
		for i := range 24 {
			wg.Go(func() {
				id := holds[i%2].ID
				p := on(w, i/2%4, 9, 13, []string{"D-01", "D-02", "D-03"}[i/8])
				if i%3 == 0 {
					p.Resources = nil
					p = someDesk(p, 1)
				}
				_, err := s.Extend(ctx, who, id, 0, ask(p))
				if err != nil && !errs.Is(err, errs.Conflict) {
					t.Error(err)
				}
				if err == nil {
					mu.Lock()
					granted[id] = append(granted[id], p.From.String())
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		seen := map[string]bool{}
		for _, h := range holds {
			b, err := s.Get(ctx, who, h.ID)
			if err != nil || len(b.Places) != 1+len(granted[h.ID]) {
				t.Errorf("%d parts, %d were granted: %v", len(b.Places), len(granted[h.ID]), err)
			}
			for _, at := range taken(b) {
				if seen[at] {
					t.Errorf("%s was given twice", at)
				}
				seen[at] = true
			}
		}
	})
}

// A hold is extended while the sweep ends it: one of the two happens, wholly.
func TestExtendAgainstTheSweep(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *coworkingtest.World) {
		ctx, s, who := t.Context(), w.Service, w.Load.Actor
		for round := range 8 {
			b, err := s.Hold(ctx, who, ask(on(w, 0, 9, 13, "D-01")))
			if err != nil {
				t.Fatal(err)
			}
			late := round%2 == 1
			w.Clock.Set(b.Due)
			if !late {
				w.Clock.Set(b.Due.Add(-time.Second))
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				if _, err := w.Engine.Sweep(ctx); err != nil {
					t.Error(err)
				}
			})
			_, err = s.Extend(ctx, who, b.ID, 0, ask(on(w, 1, 9, 13, "D-01")))
			wg.Wait()
			b, getErr := s.Get(ctx, who, b.ID)
			if getErr != nil || late != (err != nil) || late != (b.Status == reserve.Expired) || !late && len(b.Places) != 2 {
				t.Fatalf("round %d: %s with %v, %v, %v", round, b.Status, taken(b), err, getErr)
			}
			if !late {
				if _, err := s.Cancel(ctx, who, b.ID, 0); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func TestOtherDaysOfferWhatExtendAccepts(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *coworkingtest.World) {
		ctx, s, maria := t.Context(), w.Service, w.Maria.Actor
		for _, p := range []coworking.PartRequest{
			on(w, 1, 10, 11, "D-01"),
			on(w, 2, 10, 11, "D-01", "D-02", "D-03", "D-04", "D-05", "D-06"),
		} {
			if _, err := s.Book(ctx, w.Load.Actor, ask(p)); err != nil {
				t.Fatal(err)
			}
		}
		b, err := s.Hold(ctx, maria, ask(on(w, 0, 9, 11, "D-01")))
		if err == nil {
			b, err = s.Extend(ctx, maria, b.ID, 0, ask(on(w, 3, 9, 11, "D-01")))
		}
		if err != nil {
			t.Fatal(err)
		}
		days, err := s.OtherDays(ctx, maria, b.ID)
		if err != nil {
			t.Fatal(err)
		}
		var states []coworking.DayState
		var parts []coworking.PartRequest
		for _, d := range days {
			states = append(states, d.State)
			parts = append(parts, d.Parts...)
		}
		// Wednesday 25 November to Wednesday 9 December; Tuesday 8 is a holiday
		want := []coworking.DayState{"other", "taken", "had", "free", "free", "free", "free", "free", "free", "free"}
		if !slices.Equal(states, want) || days[9].Date.String() != "2026-12-09" {
			t.Errorf("%v until %v, want %v", states, days[9].Date, want)
		}
		if b, err = s.Extend(ctx, maria, b.ID, 0, ask(parts...)); err != nil || len(b.Places) != 10 {
			t.Errorf("%d parts: %v", len(b.Places), err)
		}
		if days, err = s.OtherDays(ctx, maria, b.ID); err != nil || slices.ContainsFunc(days, func(d coworking.OtherDay) bool { return d.State != "had" && d.State != "taken" }) {
			t.Errorf("then: %v, %v", days, err)
		}
	})
}
