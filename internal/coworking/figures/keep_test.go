package figures_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"polis/internal/agenda"
	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/coworking/figures"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/reserve"
	"polis/internal/site"
)

// What is kept is what a count from the beginning comes to, whatever was done
// meanwhile, early or late, and however time went by.
func TestKeptFiguresFollowWhatIsDone(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newPast(t, d, network())
		start, tries := w.Clock.Now(), 0
		rapid.Check(t, func(rt *rapid.T) {
			if tries++; tries > 60 {
				return // enough: each is a history
			}
			w.made, w.ratings = nil, nil
			w.write(rt)
			w.Clock.Set(start)
			h := &history{past: w, t: rt}
			for range rapid.IntRange(8, 40).Draw(rt, "steps") {
				h.step()
			}
			start = w.Clock.Now() // time never goes back
			w.follow(t)
			h.same("at the end")
		})
	})
}

// follow lets the figures hear of all that was done.
func (w *past) follow(t testing.TB) {
	t.Helper()
	w.Follow(t, w.figures.Consumer())
}

// history is a random run of what can happen in houses.
type history struct {
	*past
	t        *rapid.T
	bookings []string
	closures []reserve.Closure
}

func (h *history) any() string { return rapid.SampledFrom(h.bookings).Draw(h.t, "booking") }

// step does something. What is refused is refused.
func (h *history) step() {
	ctx, luca := h.t.Context(), h.Luca.Actor
	houses := map[string][]string{"molo": {"D-01", "D-03", "M-1", "U-1", "O-1"}, "faro": {"D-01", "M-1"}, "aurora": {"D-01", "T-1", "H-AB"}}
	now := h.Clock.Now().Truncate(agenda.Quarter)
	part := func() coworking.PartRequest {
		house := rapid.SampledFrom([]string{"molo", "faro", "aurora"}).Draw(h.t, "house")
		from := now.Add(time.Duration(rapid.IntRange(0, 30*4).Draw(h.t, "from")) * agenda.Quarter)
		to := from.Add(time.Duration(rapid.SampledFrom([]int{2, 4, 40, 100, 200, 300}).Draw(h.t, "length")) * agenda.Quarter)
		return coworking.PartRequest{Resources: []string{h.ID(house, rapid.SampledFrom(houses[house]).Draw(h.t, "place"))}, From: from, To: to}
	}
	do := rapid.SampledFrom([]string{"book", "book", "book", "book two", "come", "come", "cancel", "cancel", "move", "miss", "after all", "rate", "close", "open", "hours", "wait", "wait", "wait", "keep", "keep"}).Draw(h.t, "do")
	switch do {
	case "book", "book two":
		parts := []coworking.PartRequest{part()}
		if do == "book two" {
			parts = append(parts, part())
		}
		if b, err := h.Service.Book(ctx, h.Load.Actor, coworking.Request{Parts: parts}); err == nil {
			h.bookings = append(h.bookings, b.ID)
		}
	case "close":
		house := coworkingtest.SiteID(rapid.SampledFrom([]string{"molo", "faro"}).Draw(h.t, "house"))
		if c, _, err := h.Service.Close(ctx, luca, coworking.ClosureRequest{Site: house, Reason: "Lavori", From: now.Add(time.Hour), To: now.Add(20 * time.Hour)}); err == nil {
			h.closures = append(h.closures, c)
		}
	case "open":
		if len(h.closures) > 0 {
			c := rapid.SampledFrom(h.closures).Draw(h.t, "closure")
			_ = h.Service.Reopen(ctx, luca, c.Site, c.ID)
		}
	case "hours":
		st, err := h.Live.Network().ByCode("faro")
		if err != nil {
			h.t.Fatal(err)
		}
		changed := *st
		changed.Hours = agenda.MustHours(rapid.SampledFrom([]string{"24/7", "Mo-Fr 08:00-20:00", "Mo-Su 18:00-02:00"}).Draw(h.t, "hours"))
		if err := h.Store.SaveSites(ctx, []site.Site{changed}); err != nil {
			h.t.Fatal(err)
		}
		if err := h.Live.Reload(ctx); err != nil {
			h.t.Fatal(err)
		}
		h.keep() // as each second
	case "wait":
		h.Clock.Advance(time.Duration(rapid.SampledFrom([]int{1, 4, 16, 40, 97, 160}).Draw(h.t, "quarters")) * agenda.Quarter)
		if _, err := h.Engine.Sweep(ctx); err != nil {
			h.t.Fatal(err)
		}
	case "keep":
		h.keep()
	default:
		if len(h.bookings) > 0 {
			h.change(do, h.any())
		}
	}
}

// change does something with a booking.
func (h *history) change(do, id string) {
	ctx, now := h.t.Context(), h.Clock.Now().Truncate(agenda.Quarter)
	switch do {
	case "come":
		_, _ = h.Service.CheckIn(ctx, h.Luca.Actor, id)
	case "cancel":
		_, _ = h.Service.Cancel(ctx, h.Load.Actor, id, 0)
	case "move":
		from := now.Add(time.Duration(rapid.IntRange(0, 100).Draw(h.t, "to")) * agenda.Quarter)
		_, _ = h.Service.Move(ctx, h.Load.Actor, id, from, from.Add(2*time.Hour), 0)
	case "miss":
		_ = h.Service.NoteMissed(ctx, h.Luca.Actor, id)
	case "after all":
		_, _ = h.Service.ComeAfterAll(ctx, h.Luca.Actor, id)
	case "rate":
		_ = h.Service.Rate(ctx, h.Load.Actor, id, rapid.IntRange(1, 5).Draw(h.t, "score"))
	}
}

func (h *history) keep() {
	if err := h.figures.CatchUp(h.t.Context(), time.Hour); err != nil {
		h.t.Fatal(err)
	}
}

// same compares what is kept with what is counted from the beginning.
func (h *history) same(when string) {
	today := agenda.DateOf(h.Clock.Now().In(agenda.Rome))
	look := func() (all []figures.Figures) {
		for _, house := range []string{"", coworkingtest.SiteID("molo"), coworkingtest.SiteID("faro")} {
			for _, kind := range []site.ResourceKind{"", site.Desk, site.Private} {
				f, err := h.figures.Figures(h.t.Context(), h.Luca.Actor, figures.Query{Site: house, Kind: kind, From: today.AddDays(-20), To: today})
				if err != nil {
					h.t.Fatal(err)
				}
				all = append(all, f)
			}
		}
		return all
	}
	kept := look()
	if _, err := figures.Recount(h.t.Context(), h.DB); err != nil {
		h.t.Fatal(err)
	}
	anew := look()
	equal := cmp.Comparer(func(a, b *site.Site) bool { return a.ID == b.ID })
	if diff := cmp.Diff(anew, kept, equal); diff != "" {
		h.t.Fatalf("%s: -counted +kept\n%s", when, diff)
	}
	h.keep()
	if diff := cmp.Diff(anew, look(), equal); diff != "" {
		h.t.Fatalf("%s, kept anew: -counted +kept\n%s", when, diff)
	}
}
