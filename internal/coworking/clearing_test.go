package coworking_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

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

func closing(w *coworkingtest.World, code string, from, to float64, codes ...string) coworking.ClosureRequest {
	req := coworking.ClosureRequest{Site: coworkingtest.SiteID(code), Reason: "Perdita d’acqua", From: at(from), To: at(to)}
	for _, c := range codes {
		req.Resources = append(req.Resources, w.ID(code, c))
	}
	return req
}

// cleared closes and carries the closure on to its end.
func cleared(t *testing.T, w *coworkingtest.World, req coworking.ClosureRequest, choices map[string]string) coworking.Cleared {
	t.Helper()
	id, err := w.Service.CloseAndTell(t.Context(), w.Luca.Actor, req, choices, "key")
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.Service.Clearing(t.Context(), w.Luca.Actor, id)
	if err != nil || c.Done.IsZero() {
		t.Fatalf("%+v, %v", c, err)
	}
	return c
}

// has is what a booking has: "D-02 08:00-10:00 confirmed".
func has(t *testing.T, w *coworkingtest.World, id string) string {
	t.Helper()
	b, err := w.Service.Get(t.Context(), w.Luca.Actor, id)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range b.Places {
		text := p.Site.Code
		for _, u := range p.Units {
			text += " " + u.Code
		}
		out = append(out, text+" "+p.From.In(agenda.Rome).Format("02 15:04")+p.To.In(agenda.Rome).Format("-15:04"))
	}
	return strings.Join(append(out, string(b.Status)), ", ")
}

// A closure first shows what is in its way, with where each booking could go;
// then each goes there, and whose it is is told once.
func TestCloseAndTell(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		first := book(t, w, w.Maria, places(w, "aurora", 24, 28, "D-01"))
		second := book(t, w, w.Giuseppe, places(w, "aurora", 25, 27, "D-02"))
		room := book(t, w, w.Maria, places(w, "aurora", 26, 28, "M-1"))
		several := book(t, w, w.Giuseppe, places(w, "aurora", 26, 27, "D-03"), places(w, "aurora", 50, 52, "D-01"))
		away := book(t, w, w.Giuseppe, places(w, "aurora", 34, 35, "D-01")) // after it
		guest, err := w.Service.WalkIn(ctx, w.Luca.Actor, coworking.WalkIn{Site: "aurora", Kind: "desk", Count: 1, Given: "Ospite", Key: "g"})
		if err != nil {
			t.Fatal(err)
		}
		w.Mails(t)
		req := closing(w, "aurora", 24, 30, "D-01", "D-02", "D-03", "M-1")
		affected, err := w.Service.Preview(ctx, w.Luca.Actor, req)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range affected {
			text := x.Name
			for _, v := range x.Relocations {
				u := v.Spots[0].Units[0]
				text += fmt.Sprintf(" %s:%s %s", v.Kind, u.Code, v.Spots[0].From.In(agenda.Rome).Format("15:04"))
			}
			got = append(got, text)
		}
		want := []string{
			"Maria B. place:D-04 08:00 time:D-04 08:15 time:D-04 08:45",
			"Giuseppe V. place:D-05 09:00 time:D-05 08:45 time:D-05 09:15",
			"Maria B. time:M-1 14:00 time:M-1 14:30", // there is no other such room
			"Giuseppe V. place:D-06 10:00 time:D-06 09:45 time:D-06 10:15",
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		c := cleared(t, w, req, map[string]string{second.ID: coworking.ChoiceCancel})
		if c.Moved != 3 || c.Cancelled != 1 || len(c.Left) != 0 || len(c.Call) != 0 || c.Waiting != 0 {
			t.Errorf("%+v", c)
		}
		for id, want := range map[string]string{
			first.ID: "aurora D-04 24 08:00-12:00, confirmed", second.ID: "aurora D-02 24 09:00-11:00, cancelled",
			room.ID: "aurora M-1 24 14:00-16:00, confirmed", away.ID: "aurora D-01 24 18:00-19:00, confirmed",
			guest.ID: "aurora " + guest.Places[0].Units[0].Code + " 23 08:00-10:00, checked-in",
		} {
			if got := has(t, w, id); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		if got := has(t, w, several.ID); strings.Contains(got, "D-03") || !strings.Contains(got, "aurora D-01 25 10:00-12:00") {
			t.Errorf("of several parts only that in the way goes: %s", got)
		}
		again, err := w.Service.CloseAndTell(ctx, w.Luca.Actor, req, nil, "key")
		if err != nil || again != c.ID {
			t.Errorf("a second tap: %s, %v", again, err)
		}
		list, err := w.Service.Closures(ctx, req.Site)
		if err != nil || len(list) != 1 || list[0].ID != c.ID {
			t.Errorf("%v, %v", list, err)
		}
		mails := w.Mails(t)
		if len(mails) != 4 {
			t.Fatalf("%q", subjects(mails))
		}
		for _, m := range mails {
			switch {
			case strings.Contains(m.Subject, "Spazio Aurora, martedì 24 novembre 2026, 08:00"):
				readable(t, m, "La sede ha dovuto spostare la prenotazione.", "Motivo: Perdita d’acqua",
					"Prima era: Spazio Aurora, D-01, martedì 24 novembre 2026, 08:00–12:00.", "D-04", "Se non va bene, si può cambiare o annullare.")
				if e := invited(t, m); len(e) != 1 || e[0].sequence != "2" || e[0].status != "CONFIRMED" {
					t.Errorf("%v", e)
				}
			case strings.Contains(m.Subject, "cancelled"):
				readable(t, m, "The site had to cancel the booking.", "Reason: Perdita d’acqua")
				if e := invited(t, m); len(e) != 1 || e[0].status != "CANCELLED" {
					t.Errorf("%v", e)
				}
			}
		}
		wantMails(t, w.Mails(t)) // nobody twice
		for _, who := range []identity.Actor{w.Maria.Actor, w.Anna.Actor} {
			if _, err := w.Service.Preview(ctx, who, req); !errs.Is(err, errs.Forbidden) {
				t.Error(err)
			}
			if _, err := w.Service.CloseAndTell(ctx, who, req, nil, "mine"); !errs.Is(err, errs.Forbidden) {
				t.Error(err)
			}
			if _, err := w.Service.Clearing(ctx, who, c.ID); !errs.Is(err, errs.NotFound) {
				t.Error(err)
			}
		}
		w.Check(t)
	})
}

// What cannot go anywhere is left and listed; who has no address, or is in the
// house, is to be told in person.
func TestWhatAClosureLeaves(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		guest, err := w.Service.WalkIn(ctx, w.Luca.Actor, coworking.WalkIn{Site: "aurora", Kind: "desk", Count: 1, Key: "g"})
		if err != nil {
			t.Fatal(err)
		}
		hall := book(t, w, w.Giuseppe, places(w, "aurora", 1, 3, "H-AB"))
		kept := hold(t, w, w.Maria, places(w, "aurora", 1, 3, "D-02"))
		ends, err := w.Service.WalkIn(ctx, w.Luca.Actor, coworking.WalkIn{Site: "aurora", Kind: "meeting", Count: 1, Known: "maria@example.org", Key: "m"})
		if err != nil {
			t.Fatal(err)
		}
		away := book(t, w, w.Maria, places(w, "aurora", 3, 5, "T-1"))
		req := closing(w, "aurora", 0, 12)
		c := cleared(t, w, req, map[string]string{ends.ID: coworking.ChoiceCancel, away.ID: coworking.ChoiceLeave})
		who := func(list []coworking.AffectedBooking) (ids []string) {
			for _, x := range list {
				ids = append(ids, x.ID)
			}
			slices.Sort(ids)
			return ids
		}
		left := []string{guest.ID, hall.ID, away.ID}
		slices.Sort(left)
		if !slices.Equal(who(c.Left), left) || !slices.Equal(who(c.Call), []string{ends.ID}) || c.Cancelled != 2 {
			t.Errorf("left %v, want %v; to call %v; %+v", who(c.Left), left, who(c.Call), c)
		}
		for id, want := range map[string]string{
			kept.ID: "cancelled", hall.ID: "confirmed", guest.ID: "checked-in", ends.ID: "completed", away.ID: "confirmed",
		} {
			if got := has(t, w, id); !strings.HasSuffix(got, want) {
				t.Errorf("%s, want %s", got, want)
			}
		}
		if err := w.Service.Reopen(ctx, w.Luca.Actor, req.Site, c.ID); err != nil {
			t.Fatal(err)
		}
		if list, err := w.Service.Closures(ctx, req.Site); err != nil || len(list) != 0 {
			t.Errorf("%v, %v", list, err)
		}
		w.Check(t)
	})
}

// To another house, when the whole house is closed all day; and no farther than
// people would go.
func TestCloseAHouseForADay(t *testing.T) {
	t.Parallel()
	w := coworkingtest.New(t, dbtest.SQLite(t))
	b := book(t, w, w.Maria, places(w, "molo", 26, 28, "D-01"))
	far := book(t, w, w.Maria, places(w, "aurora", 26, 28, "D-01"))
	affected, err := w.Service.Preview(t.Context(), w.Luca.Actor, closing(w, "molo", 16, 40))
	if err != nil || len(affected) != 1 || affected[0].ID != b.ID || affected[0].Relocations[0].Kind != coworking.OtherHouse || affected[0].Relocations[0].Km < 5 {
		t.Fatalf("%+v, %v", affected, err)
	}
	cleared(t, w, closing(w, "molo", 16, 40), nil)
	if got := has(t, w, b.ID); got != "faro D-01 24 10:00-12:00, confirmed" {
		t.Error(got)
	}
	if affected, err = w.Service.Preview(t.Context(), w.Luca.Actor, closing(w, "aurora", 16, 40)); err != nil || len(affected) != 1 || affected[0].ID != far.ID || len(affected[0].Relocations) != 0 {
		t.Errorf("%+v, %v", affected, err)
	}
	w.Check(t)
}

// Who runs one house leads its bookings elsewhere only as they were: the way
// comes from a form.
func TestRelocationsThatWereNotOffered(t *testing.T) {
	t.Parallel()
	w, ctx := coworkingtest.New(t, dbtest.SQLite(t)), t.Context()
	b := book(t, w, w.Maria, places(w, "aurora", 24, 28, "D-01"))
	runs := w.Luca.Actor
	runs.Scope, runs.Held = identity.Site(coworkingtest.SiteID("aurora")), nil
	spot := func(house string, from, to float64, codes ...string) coworking.Relocation {
		x := coworking.Spot{Part: 0, From: at(from), To: at(to)}
		for _, code := range codes {
			u, err := w.Live.Network().Resource(w.ID(house, code))
			if err != nil {
				t.Fatal(err)
			}
			x.Units = append(x.Units, u)
		}
		return coworking.Relocation{Kind: coworking.OtherHouse, Spots: []coworking.Spot{x}}
	}
	for name, relocation := range map[string]coworking.Relocation{
		"another time elsewhere":   spot("faro", 28, 32, "D-01"),
		"more places":              spot("faro", 24, 28, "D-01", "D-02"),
		"another kind":             spot("faro", 24, 28, "M-1"),
		"more places in the house": spot("aurora", 24, 28, "D-02", "D-03"),
	} {
		if _, err := w.Service.MoveForHouse(ctx, runs, b.ID, relocation, "", 0); !errs.HasKey(err, "day.bad-choice") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Service.MoveForHouse(ctx, runs, b.ID, spot("faro", 24, 28, "D-01"), "", 0); err != nil {
		t.Errorf("the same elsewhere: %v", err)
	}
	w.Check(t)
}

// A move by the house: another place, a time of one's own choice, and what is
// refused; fair use does not bind the house.
func TestMoveAndCancelForHouse(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		b := book(t, w, w.Maria, places(w, "aurora", 24, 28, "D-01"))
		w.Mails(t)
		relocations, err := w.Service.Relocations(ctx, w.Luca.Actor, b.ID, []int{0})
		if err != nil || relocations[0].Spots[0].Units[0].Code != "D-02" {
			t.Fatalf("%+v, %v", relocations, err)
		}
		if _, err := w.Service.MoveForHouse(ctx, w.Anna.Actor, b.ID, relocations[0], "", 0); !errs.Is(err, errs.Forbidden) {
			t.Error(err)
		}
		if _, err := w.Service.MoveForHouse(ctx, w.Giuseppe.Actor, b.ID, relocations[0], "", 0); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		if _, err := w.Service.MoveForHouse(ctx, w.Luca.Actor, b.ID, relocations[0], "Rumore", 7); !errs.Is(err, errs.Stale) {
			t.Error(err)
		}
		moved, err := w.Service.MoveForHouse(ctx, w.Luca.Actor, b.ID, relocations[0], "Rumore", b.Rev)
		if err != nil || has(t, w, b.ID) != "aurora D-02 24 08:00-12:00, confirmed" {
			t.Fatalf("%+v, %v", moved, err)
		}
		mails := w.Mails(t)
		wantMails(t, mails, "maria@example.org Prenotazione cambiata: Spazio Aurora, martedì 24 novembre 2026, 08:00–12:00")
		readable(t, mails[0], "Motivo: Rumore", "D-02")
		to := coworking.Relocation{Kind: coworking.OtherTime, Spots: []coworking.Spot{{Part: 0, Units: moved.Places[0].Units, From: at(60), To: at(61)}}}
		if _, err := w.Service.MoveForHouse(ctx, w.Luca.Actor, b.ID, to, "", 0); !errs.HasKey(err, "booking.closed") {
			t.Errorf("when the house is closed: %v", err)
		}
		if err := w.Service.CancelForHouse(ctx, w.Luca.Actor, b.ID, " ", 0); !errs.HasKey(err, "closure.reason") {
			t.Error(err)
		}
		for range 2 {
			if err := w.Service.CancelForHouse(ctx, w.Luca.Actor, b.ID, "Guasto", 0); err != nil {
				t.Error(err)
			}
		}
		mails = w.Mails(t)
		wantMails(t, mails, "maria@example.org Prenotazione annullata: Spazio Aurora, martedì 24 novembre 2026, 08:00–12:00")
		readable(t, mails[0], "La sede ha dovuto annullare la prenotazione.", "Motivo: Guasto")
		w.Check(t)
	})
}

// What was half done is taken up again: the closure is made once, each booking
// has its turn once.
func TestClosureIsTakenUpAgain(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := coworkingtest.New(t, d)
		coworking.RegisterClearing(w.Worker, w.Service)
		r, err := w.Live.Network().Resource(w.ID("faro", "D-01"))
		if err != nil {
			t.Fatal(err)
		}
		const n = 60 // so many that the answer does not wait
		for i := range n {
			from := at(24).Add(time.Duration(i) * agenda.Quarter)
			if _, err := w.Engine.Do(t.Context(), reserve.Plan{
				Person: w.Maria.Person, By: w.Maria.Person, To: reserve.Confirmed, Due: from.Add(agenda.Quarter),
				Demands: []reserve.Demand{{Site: r.Site, Kind: string(r.Kind), Units: []int64{r.Ordinal}, From: from, To: from.Add(agenda.Quarter)}},
			}); err != nil {
				t.Fatal(err)
			}
		}
		w.Mails(t)
		id, err := w.Service.CloseAndTell(t.Context(), w.Luca.Actor, closing(w, "faro", 20, 60, "D-01"), nil, "many")
		if err != nil {
			t.Fatal(err)
		}
		c, err := w.Service.Clearing(t.Context(), w.Luca.Actor, id)
		if err != nil || !c.Done.IsZero() || c.Waiting != n {
			t.Fatalf("%d wait, %v", c.Waiting, err)
		}
		short, cut := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Service.Carry(short, id) }()
		for c.Waiting > n-5 { // then the program dies
			if c, err = w.Service.Clearing(t.Context(), w.Luca.Actor, id); err != nil {
				t.Fatal(err)
			}
		}
		cut()
		if err := <-ended; err != nil { // else it was faster
			t.Log("cut short:", err)
		}
		var wg sync.WaitGroup
		for range 2 { // two servers take it up at once
			wg.Go(func() {
				if err := w.Service.Carry(t.Context(), id); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		w.Clock.Advance(time.Minute)
		mails := w.Mails(t) // and the job finds nothing left
		mails = append(mails, w.Mails(t)...)
		if c, err = w.Service.Clearing(t.Context(), w.Luca.Actor, id); err != nil || c.Done.IsZero() || c.Moved != n {
			t.Errorf("%d moved, %d left, %v", c.Moved, len(c.Left), err)
		}
		if len(mails) != n {
			t.Errorf("%d mails", len(mails))
		}
		w.Check(t)
	})
}

// While many book, a house is closed: nobody is lost, nothing is had twice, and
// what lies in the closure is on its list.
func TestCloseWhilePeopleBook(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		coworking.RegisterClearing(w.Worker, w.Service)
		var wg sync.WaitGroup
		var mu sync.Mutex
		var made []string
		for i := range 6 {
			wg.Go(func() {
				for j := range 12 {
					from := 24 + float64((i*5+j*3)%16)/2
					b, err := w.Service.Book(ctx, w.Load.Actor, coworking.Request{Parts: []coworking.PartRequest{
						{Site: coworkingtest.SiteID("aurora"), Kind: "desk", Count: 1, From: at(from), To: at(from + 1)},
					}})
					if err != nil {
						if k := errs.As(err).Kind; k != errs.Conflict {
							t.Error(err)
						}
						continue
					}
					mu.Lock()
					made = append(made, b.ID)
					mu.Unlock()
				}
			})
		}
		req := closing(w, "aurora", 24, 29, "D-01", "D-02", "D-03")
		id, err := w.Service.CloseAndTell(ctx, w.Luca.Actor, req, nil, "race")
		if err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		if err := w.Service.Carry(ctx, id); err != nil {
			t.Fatal(err)
		}
		c, err := w.Service.Clearing(ctx, w.Luca.Actor, id)
		if err != nil || c.Done.IsZero() {
			t.Fatalf("%+v, %v", c, err)
		}
		inClosure(t, w, req, c)
		for _, id := range made {
			if got := has(t, w, id); !strings.HasSuffix(got, "confirmed") {
				t.Errorf("lost: %s", got)
			}
		}
		w.Check(t)
	})
}

// inClosure checks that all that lives in what is closed is on the list of what
// was left.
func inClosure(t interface{ Errorf(string, ...any) }, w *coworkingtest.World, req coworking.ClosureRequest, c coworking.Cleared) {
	ctx := context.Background()
	list, err := w.Service.Affected(ctx, w.Luca.Actor, req)
	if err != nil {
		t.Errorf("%v", err)
	}
	for _, b := range list {
		if !slices.ContainsFunc(c.Left, func(x coworking.AffectedBooking) bool { return x.ID == b.ID }) {
			t.Errorf("booking %s (%s) is in the closure and on no list", b.ID, b.Status)
		}
	}
}

// several books up to three parts at once, or only holds them.
func (r *rest) several() {
	var req coworking.Request
	for range rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(r.T, "parts") {
		from := at(float64(rapid.IntRange(1, 40).Draw(r.T, "from")) / 2)
		req.Parts = append(req.Parts, coworking.PartRequest{
			Site: coworkingtest.SiteID(rapid.SampledFrom([]string{"aurora", "molo", "faro"}).Draw(r.T, "site")),
			Kind: rapid.SampledFrom([]site.ResourceKind{site.Desk, site.Desk, site.Meeting}).Draw(r.T, "kind"), Count: rapid.SampledFrom([]int{1, 1, 2}).Draw(r.T, "count"),
			From: from, To: from.Add(time.Duration(rapid.IntRange(1, 8).Draw(r.T, "halves")) * 30 * time.Minute),
		})
	}
	act := r.w.Service.Book
	if rapid.IntRange(0, 9).Draw(r.T, "held") == 0 {
		act = r.w.Service.Hold
	}
	b, err := act(r.ctx, r.w.Load.Actor, req)
	if err != nil {
		if k := errs.As(err).Kind; k != errs.Conflict && k != errs.Rule && k != errs.Forbidden {
			r.Fatalf("%+v: %v", req, err)
		}
		return
	}
	r.undone = append(r.undone, func() error {
		_, err := r.w.Service.Cancel(r.ctx, r.w.Load.Actor, b.ID, 0)
		return err
	})
}

// Whatever is booked and however it is closed: afterwards nothing lives in the
// closure but what is listed as left, and the books balance.
func TestNothingIsForgottenInAClosure(t *testing.T) {
	t.Parallel()
	w := coworkingtest.New(t, dbtest.SQLite(t))
	round := 0
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		r := &rest{T: rt, w: w, ctx: t.Context()}
		for range rapid.IntRange(5, 30).Draw(rt, "bookings") {
			r.several()
		}
		code := rapid.SampledFrom([]string{"aurora", "molo", "faro"}).Draw(rt, "house")
		from := float64(rapid.IntRange(0, 60).Draw(rt, "closes")) / 4
		req := closing(w, code, from, from+float64(rapid.IntRange(1, 120).Draw(rt, "for"))/4)
		if rapid.Bool().Draw(rt, "some") {
			req.Resources = []string{w.ID(code, "D-01"), w.ID(code, "D-02"), w.ID(code, "M-1")}
		}
		affected, err := w.Service.Preview(r.ctx, w.Luca.Actor, req)
		if err != nil {
			rt.Fatal(err)
		}
		choices := map[string]string{}
		for _, x := range affected {
			switch rapid.IntRange(0, 5).Draw(rt, "choice") {
			case 0:
				choices[x.ID] = coworking.ChoiceCancel
			case 1:
				choices[x.ID] = coworking.ChoiceLeave
			case 2:
				if len(x.Relocations) > 0 {
					choices[x.ID] = x.Relocations[len(x.Relocations)-1].String()
				}
			}
		}
		round++
		id, err := w.Service.CloseAndTell(r.ctx, w.Luca.Actor, req, choices, fmt.Sprint(round))
		if err != nil {
			rt.Fatal(err)
		}
		if err := w.Service.Carry(r.ctx, id); err != nil {
			rt.Fatal(err)
		}
		c, err := w.Service.Clearing(r.ctx, w.Luca.Actor, id)
		if err != nil || c.Done.IsZero() {
			rt.Fatalf("%+v, %v", c, err)
		}
		for _, x := range affected { // what is offered first can be had, unless somebody moved there: several may be offered the same
			if choices[x.ID] == "" && len(x.Relocations) > 0 && slices.ContainsFunc(c.Left, func(l coworking.AffectedBooking) bool { return l.ID == x.ID }) && c.Moved == 0 {
				rt.Errorf("%s was offered %s and left", x.ID, x.Relocations[0])
			}
		}
		seen["moved"] += c.Moved
		seen["cancelled"] += c.Cancelled
		seen["left"] += len(c.Left)
		inClosure(rt, w, req, c)
		if _, err := reserve.Check(r.ctx, w.DB, func(s string) { rt.Error(s) }); err != nil {
			rt.Error(err)
		}
		if err := w.Service.Reopen(r.ctx, w.Luca.Actor, req.Site, id); err != nil {
			rt.Error(err)
		}
		r.undo()
	})
	for _, what := range []string{"moved", "cancelled", "left"} {
		if seen[what] == 0 {
			t.Errorf("nothing was %s: %v", what, seen)
		}
	}
	t.Log(seen)
}
