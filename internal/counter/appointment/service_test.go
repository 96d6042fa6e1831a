package appointment_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter/appointment"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

func wantErr(t *testing.T, err error, kind errs.Kind, key string) {
	t.Helper()
	if !errs.Is(err, kind) || !errs.HasKey(err, key) {
		t.Errorf("got %v, want %s %s", err, kind, key)
	}
}

func TestBookAndGiveBack(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		want := card("09:00")
		want.Once = "once"
		a := w.book(w.maria, want)
		if again := w.book(w.maria, want); again.ID != a.ID {
			t.Errorf("the same request made a second appointment")
		}
		other := card("10:00")
		other.Once = "once"
		_, err := w.Book(ctx, w.maria, other)
		wantErr(t, err, errs.Rule, "appointment.key-reused")
		if free := w.free("carta-identita"); slices.Contains(free, "09:00") || !slices.Contains(free, "09:30") {
			t.Errorf("free with 09:00 booked: %v", free)
		}
		slip := card("09:15")
		slip.Service = "cedolino"
		_, err = w.Book(ctx, w.maria, slip)
		wantErr(t, err, errs.Conflict, "appointment.twice")
		_, err = w.Book(ctx, w.carlo, card("09:15"))
		wantErr(t, err, errs.Conflict, "appointment.taken")
		if _, err = w.Get(ctx, w.carlo, a.ID, ""); !errs.Is(err, errs.NotFound) {
			t.Errorf("another's appointment: %v", err)
		}
		if _, err = w.Cancel(ctx, w.elsewhere, a.ID, "", 0); !errs.Is(err, errs.NotFound) {
			t.Errorf("the staff of another office: %v", err)
		}
		if _, err = w.Cancel(ctx, w.maria, a.ID, "", a.Rev); err != nil {
			t.Fatal(err)
		}
		if _, err = w.Cancel(ctx, w.maria, a.ID, "", 0); err != nil {
			t.Errorf("cancelled twice: %v", err)
		}
		if slices.Contains(w.free("carta-identita"), "09:00") {
			t.Error("a cancelled slot came back at once")
		}
		w.clock.Advance(appointment.DefaultRules.Delay)
		if !slices.Contains(w.free("carta-identita"), "09:00") {
			t.Error("a cancelled slot did not come back after its delay")
		}
	})
}

func TestHold(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		want := card("09:00")
		want.Hold = true
		lapsing := w.book(identity.Anonymous, want)
		key, guest := w.LinkKey(lapsing.ID), appointment.Guest{Given: "Rosa", Family: "Blu", Email: "rosa@example.org"}
		_, err := w.Book(ctx, w.maria, card("09:00"))
		wantErr(t, err, errs.Conflict, "appointment.taken")
		_, err = w.Confirm(ctx, identity.Anonymous, lapsing.ID, key, appointment.Guest{Given: "Rosa"})
		wantErr(t, err, errs.Invalid, "appointment.guest")
		w.clock.Advance(10 * time.Minute)
		w.book(w.maria, card("09:00"))
		_, err = w.Confirm(ctx, identity.Anonymous, lapsing.ID, key, guest)
		wantErr(t, err, errs.Conflict, "appointment.hold-over")
		want.From = tomorrow("10:00")
		held := w.book(identity.Anonymous, want)
		w.clock.Advance(10 * time.Minute)
		a, err := w.Confirm(ctx, identity.Anonymous, held.ID, w.LinkKey(held.ID), guest)
		if err != nil || a.State != appointment.Booked || a.Person == "" {
			t.Fatalf("a hold that is over, of a time still free: %v, %v", a.State, err)
		}
		if _, err = w.Confirm(ctx, identity.Anonymous, held.ID, w.LinkKey(held.ID), guest); err != nil {
			t.Errorf("confirmed twice: %v", err)
		}
		if _, err = w.Get(ctx, identity.Anonymous, held.ID, "wrong"); !errs.Is(err, errs.NotFound) {
			t.Errorf("a wrong key: %v", err)
		}
	})
}

func TestMove(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		a := w.book(w.maria, card("09:00"))
		w.book(w.carlo, card("10:00"))
		_, err := w.Move(ctx, w.maria, a.ID, "", a.Rev, appointment.Change{From: tomorrow("10:15")})
		wantErr(t, err, errs.Conflict, "appointment.taken")
		_, err = w.Move(ctx, w.maria, a.ID, "", a.Rev+1, appointment.Change{From: tomorrow("11:00")})
		wantErr(t, err, errs.Stale, "appointment.changed")
		b, err := w.Move(ctx, w.maria, a.ID, "", a.Rev, appointment.Change{From: tomorrow("09:15"), People: 2})
		if err != nil || b.Minutes != 40 || !b.From.Equal(tomorrow("09:15")) {
			t.Fatalf("moved over its own time: %+v, %v", b, err)
		}
		if b, err = w.Move(ctx, w.maria, a.ID, "", b.Rev, appointment.Change{From: tomorrow("09:00")}); err != nil {
			t.Fatalf("moved back: %v", err)
		}
		_, err = w.Move(ctx, w.maria, a.ID, "", b.Rev, appointment.Change{From: tomorrow("13:15"), People: 1})
		wantErr(t, err, errs.Conflict, "appointment.taken") // past closing
	})
}

// TestRace lets many people want the same times at once: each time is given as often
// as it fits, and everybody has an answer.
func TestRace(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.slow = 60
		var wg sync.WaitGroup
		made := make([]bool, 24)
		for i := range made {
			wg.Go(func() {
				want := card([]string{"09:00", "09:15", "09:30"}[i%3])
				want.Staff, want.Person = true, w.carlo.Person
				_, err := w.Book(t.Context(), w.anna, want)
				if err != nil && !errs.Is(err, errs.Conflict) {
					t.Error(err)
				}
				made[i] = err == nil
			})
		}
		wg.Wait()
		n := 0
		for _, ok := range made {
			if ok {
				n++
			}
		}
		list, err := w.On(t.Context(), w.anna, "gavirate", agenda.Date{Year: 2026, Month: time.November, Day: 24})
		if err != nil || len(list) != n || n < 1 || n > 2 {
			t.Fatalf("%d were told that they have one, %d are in the book (%v); one or two fit", n, len(list), err)
		}
		for i := 1; i < len(list); i++ {
			if list[i].From.Before(list[i-1].From.Add(30 * time.Minute)) {
				t.Errorf("%s and %s overlap", list[i-1].From, list[i].From)
			}
		}
	})
}

func TestClosingADesk(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		lost := w.book(w.maria, card("12:30"))
		slip := card("12:00")
		slip.Service = "cedolino"
		kept := w.book(w.carlo, slip)
		w.mails()
		c := appointment.Closure{Office: "gavirate", Desk: desk1, Interval: agenda.Interval{From: tomorrow("12:00"), To: tomorrow("14:00")}}
		if _, err := w.IfClosed(ctx, w.elsewhere, c); !errs.Is(err, errs.Forbidden) {
			t.Errorf("looked at by the staff of another office: %v", err)
		}
		told, err := w.IfClosed(ctx, w.anna, c)
		if err != nil {
			t.Fatal(err)
		}
		w.closed[desk1] = append(w.closed[desk1], c.Interval)
		var done []appointment.Fate
		if err = d.Write(ctx, func(tx *db.Tx) (err error) {
			done, err = w.CloseIn(ctx, tx, c)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, fates := range [][]appointment.Fate{told, done} {
			if len(fates) != 2 || fates[0].Appointment.ID != kept.ID || fates[0].Desk != desk2 || fates[1].Desk != "" || len(fates[1].Next) == 0 {
				t.Fatalf("fates %+v", fates)
			}
		}
		if !done[1].Next[0].From.After(tomorrow("14:00")) {
			t.Errorf("next free time %s", done[1].Next[0].From)
		}
		a, err := w.Get(ctx, w.maria, lost.ID, "")
		if err != nil || a.State != appointment.Displaced {
			t.Fatalf("%s, %v", a.State, err)
		}
		if got := w.mails(); len(got) != 1 || !strings.Contains(got[0].Text, "25") {
			t.Errorf("mails to who lost the time: %+v", got)
		}
		if a, err = w.Move(ctx, w.maria, a.ID, "", a.Rev, appointment.Change{From: done[1].Next[0].From}); err != nil || a.State != appointment.Booked {
			t.Errorf("took an offered time: %s, %v", a.State, err)
		}
	})
}

func TestArrive(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		a := w.book(w.maria, card("09:00"))
		code := appointment.CodeMark + strings.ToLower(strings.ReplaceAll(w.Code(a.ID), "-", ""))
		_, err := w.Arrive(ctx, identity.Anonymous, "gavirate", code)
		wantErr(t, err, errs.Rule, "appointment.not-today")
		w.clock.Set(tomorrow("08:50"))
		_, err = w.Arrive(ctx, identity.Anonymous, "luino", code)
		wantErr(t, err, errs.NotFound, "appointment.elsewhere")
		if list, err := appointment.Expecting(w.Live)(ctx, w.DB, office, tomorrow("08:50")); err != nil || len(list) != 1 {
			t.Errorf("expected %v, %v", list, err)
		}
		for range 2 {
			b, err := w.Arrive(ctx, identity.Anonymous, "gavirate", code)
			if err != nil || b.State != appointment.Arrived || b.Ticket != w.tickets[a.ID] {
				t.Fatalf("%+v, %v", b, err)
			}
		}
		_, err = w.Cancel(ctx, w.maria, a.ID, "", 0)
		wantErr(t, err, errs.Conflict, "appointment.over")
	})
}

func TestStaffHasMore(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		want := card("09:00")
		want.From = now.Add(23 * time.Minute) // 08:30 today: too soon for people, not for the staff
		_, err := w.Book(ctx, w.maria, want)
		wantErr(t, err, errs.Rule, "appointment.too-soon")
		want.Staff, want.Guest = true, appointment.Guest{Given: "Rosa", Family: "Blu"}
		if _, err = w.Book(ctx, w.maria, want); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a citizen as staff: %v", err)
		}
		w.book(w.anna, want)
		want.From, want.Person = want.From.Add(time.Hour), "nobody"
		_, err = w.Book(ctx, w.anna, want)
		wantErr(t, err, errs.NotFound, "identity.unknown")
	})
}

func TestMost(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for _, at := range []string{"08:30", "09:00", "09:30", "10:00", "10:30", "11:00"} {
			w.book(w.maria, card(at))
		}
		_, err := w.Book(t.Context(), w.maria, card("11:30"))
		wantErr(t, err, errs.Rule, "appointment.most")
		tester := w.maria
		tester.Unlimited = true
		w.book(tester, card("11:30"))
	})
}

func TestMails(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		want := card("09:00")
		want.From = want.From.AddDate(0, 0, 2)
		a := w.book(w.maria, want)
		got := w.mails()
		if len(got) != 1 || !strings.Contains(got[0].Text, w.Code(a.ID)) || len(got[0].Calendars) != 1 || got[0].Calendars[0].Method != "REQUEST" {
			t.Fatalf("the confirmation: %+v", got)
		}
		w.clock.Advance(27 * time.Hour)
		w.clock.Set(a.From.Add(-24 * time.Hour))
		if got = w.mails(); len(got) != 1 || len(got[0].Calendars) != 0 {
			t.Fatalf("the reminder: %+v", got)
		}
		if _, err := w.Cancel(ctx, w.maria, a.ID, "", 0); err != nil {
			t.Fatal(err)
		}
		if got = w.mails(); len(got) != 1 || got[0].Calendars[0].Method != "CANCEL" {
			t.Fatalf("the cancellation: %+v", got)
		}
	})
}
