package coworking_test

import (
	"context"
	"testing"

	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
)

// firm is an organisation with a member, an administrator and somebody else.
type firm struct {
	w             *coworkingtest.World
	member, admin identity.Actor // acting for it
	outsider      identity.Actor
}

const firmID = "0192f1e0-0000-7000-8000-00000000f144"

func newFirm(t *testing.T, d *db.DB) *firm {
	w := coworkingtest.New(t, d)
	f := &firm{w: w, outsider: w.Load.Actor}
	grants := identity.NewGrants(d, w.Clock)
	for _, x := range []struct {
		who  coworkingtest.Who
		role identity.Role
		to   *identity.Actor
	}{{w.Maria, identity.Member, &f.member}, {w.Giuseppe, identity.OrganisationAdmin, &f.admin}} {
		if err := grants.Give(t.Context(), identity.Grant{Person: x.who.Person, Role: x.role, Scope: identity.Organisation(firmID)}); err != nil {
			t.Fatal(err)
		}
		a, err := grants.Acting(t.Context(), x.who.Person)
		if err != nil {
			t.Fatal(err)
		}
		a.For, a.ForName = identity.Organisation(firmID), "Impresa Prova"
		*x.to = a
	}
	return f
}

// left is an actor who acts for an organisation to which they do not belong.
func left(a identity.Actor) identity.Actor {
	a.Held = nil
	return a
}

func (f *firm) listed(t *testing.T, who identity.Actor) (ids []string) {
	t.Helper()
	list, err := f.w.Service.List(t.Context(), who, reserve.Last, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range list {
		ids = append(ids, b.ID)
	}
	coming, err := f.w.Service.Coming(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	if len(coming) != len(list) {
		t.Errorf("%d listed, %d coming", len(list), len(coming))
	}
	return ids
}

// What a member books for an organisation all see who act for it; its
// administrators change it; the pass stays with who booked, and whoever leaves has
// nothing of it any more.
func TestBookingsOfAnOrganisation(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f, ctx := newFirm(t, d), t.Context()
		w, s := f.w, f.w.Service
		private := book(t, w, w.Maria, places(w, "aurora", 1, 3, "D-01"))
		b, err := s.Book(ctx, f.member, coworking.Request{Parts: []coworking.PartRequest{places(w, "aurora", 25, 27, "D-02")}})
		if err != nil {
			t.Fatal(err)
		}
		self := f.member
		self.For = identity.Scope{}
		for name, x := range map[string]struct {
			who  identity.Actor
			want int
		}{"the member for it": {f.member, 1}, "the member": {self, 2}, "the admin for it": {f.admin, 1}, "the admin": {w.Giuseppe.Actor, 0}, "an outsider": {f.outsider, 0}, "who left": {left(f.member), 1}} {
			if ids := f.listed(t, x.who); len(ids) != x.want {
				t.Errorf("%s sees %d, not %d", name, len(ids), x.want)
			}
		}
		if ids := f.listed(t, left(f.member)); len(ids) != 1 || ids[0] != private.ID {
			t.Errorf("who left sees %v", ids)
		}
		pretends := f.outsider
		pretends.For = identity.Organisation(firmID)
		for name, who := range map[string]identity.Actor{"an outsider": f.outsider, "who only says so": pretends, "who left": left(f.member), "the admin for themselves": w.Giuseppe.Actor} {
			if _, err := s.Get(ctx, who, b.ID); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s reads it: %v", name, err)
			}
			if _, err := s.Cancel(ctx, who, b.ID, 0); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s cancels it: %v", name, err)
			}
		}
		if _, err := s.Get(ctx, f.admin, private.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("the admin reads what Maria has for herself: %v", err)
		}
		got, err := s.Get(ctx, f.admin, b.ID)
		if err != nil || got.For != firmID || got.Person != w.Maria.Person || len(got.Places) != 1 {
			t.Fatalf("the admin gets %+v, %v", got, err)
		}
		for name, do := range map[string]func() error{
			"the pass":       func() error { _, err := s.Pass(ctx, f.admin, b.ID); return err },
			"the arrival":    func() error { _, err := s.CheckIn(ctx, f.admin, b.ID); return err },
			"of a colleague": func() error { _, err := s.Pass(ctx, left(f.member), b.ID); return err },
		} {
			if err := do(); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := s.Pass(ctx, self, b.ID); err != nil {
			t.Errorf("the pass of who booked: %v", err)
		}
		if moved, err := s.Move(ctx, f.admin, b.ID, at(28), at(29), 0); err != nil || moved.Person != w.Maria.Person || moved.For != firmID {
			t.Errorf("the admin moves it: %+v, %v", moved, err)
		}
		other, err := s.Book(ctx, f.admin, coworking.Request{Parts: []coworking.PartRequest{places(w, "aurora", 25, 26, "D-03")}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Cancel(ctx, f.member, other.ID, 0); !errs.Is(err, errs.NotFound) {
			t.Errorf("a member cancels what a colleague booked: %v", err)
		}
		x, err := s.Belongings(ctx, []coworking.Booking{got})
		if err != nil || x.By(got) != w.Maria.Name {
			t.Errorf("booked by %q, %v", x.By(got), err)
		}
		if _, err := s.Cancel(ctx, f.admin, b.ID, 0); err != nil {
			t.Errorf("the admin cancels: %v", err)
		}
		w.Check(t)
	})
}

// A program with a token in a role of an organisation sees its bookings.
func TestTokenOfAnOrganisation(t *testing.T) {
	w := coworkingtest.New(t, dbtest.SQLite(t))
	ctx := context.WithoutCancel(t.Context())
	if err := identity.NewGrants(w.DB, w.Clock).Give(ctx, identity.Grant{Person: w.Maria.Person, Role: identity.OrganisationAdmin, Scope: identity.Organisation(firmID)}); err != nil {
		t.Fatal(err)
	}
	text, err := w.Tokens.Create(ctx, identity.TokenSpec{Person: w.Maria.Person, Role: identity.OrganisationAdmin, Scope: identity.Organisation(firmID)})
	if err != nil {
		t.Fatal(err)
	}
	program, err := w.Tokens.Authenticate(ctx, text)
	if err != nil || program.For != identity.Organisation(firmID) {
		t.Fatalf("acts for %v, %v", program.For, err)
	}
	b, err := w.Service.Book(ctx, program, coworking.Request{Parts: []coworking.PartRequest{places(w, "aurora", 25, 27, "D-02")}})
	if err != nil || b.For != firmID {
		t.Errorf("booked for %q, %v", b.For, err)
	}
	if _, err := w.Service.Get(ctx, w.Maria.Actor, b.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("a token of Maria alone reads it: %v", err)
	}
}

// What somebody who left has still to come for the organisation is given back, and
// nothing else; they are told nothing of it any more.
func TestWhoLeavesGivesBack(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f, ctx := newFirm(t, d), t.Context()
		w, s := f.w, f.w.Service
		private := book(t, w, w.Maria, places(w, "aurora", 25, 27, "D-01"))
		var ids []string
		for i, who := range []identity.Actor{f.member, f.admin} {
			b, err := s.Book(ctx, who, coworking.Request{Parts: []coworking.PartRequest{places(w, "aurora", 25, 27, []string{"D-02", "D-03"}[i])}})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, b.ID)
		}
		if err := s.GiveBack(ctx, firmID); err != nil {
			t.Fatal(err)
		}
		if got := f.listed(t, f.admin); len(got) != 2 {
			t.Fatalf("while all belong: %v", got)
		}
		if err := identity.NewGrants(d, w.Clock).Take(ctx, w.Maria.Person, identity.Member, identity.Organisation(firmID)); err != nil {
			t.Fatal(err)
		}
		if err := s.GiveBack(ctx, firmID); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]reserve.Status{private.ID: reserve.Confirmed, ids[0]: reserve.Cancelled, ids[1]: reserve.Confirmed} {
			if b, err := w.Engine.Get(ctx, id); err != nil || b.Status != want {
				t.Errorf("%s is %s, not %s, %v", id, b.Status, want, err)
			}
		}
		w.Check(t)
	})
}
