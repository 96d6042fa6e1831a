package installation_test

import (
	"bytes"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/installation"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

var (
	here  = netip.MustParseAddr("192.0.2.1")
	shape = regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}$`)
)

// admitted is a set-up with a ticket.
func admitted(t *testing.T, w *world) (u *installation.SetUp, ticket string) {
	t.Helper()
	u = installation.NewSetUp(w.Service)
	secret, err := u.Secret(t.Context())
	if err == nil {
		ticket, err = u.Admit(t.Context(), secret, here)
	}
	if err != nil {
		t.Fatal(err)
	}
	return u, ticket
}

func TestSecret(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, installation.Flags{})
		u := installation.NewSetUp(w.Service)
		first, err := u.Secret(t.Context())
		if err != nil || !shape.MatchString(first) {
			t.Fatalf("%q, %v", first, err)
		}
		if raw := w.raw("set-up.secret"); bytes.Contains(raw, []byte(first)) || bytes.Contains(raw, []byte(strings.ReplaceAll(first, "-", ""))) {
			t.Errorf("the secret lies open: %s", raw)
		}
		second, err := u.Secret(t.Context())
		if err != nil || first == second {
			t.Fatal("twice the same secret", err)
		}
		for _, wrong := range []string{"", first, second[:len(second)-1], second + "0", strings.Repeat("0", 100)} {
			if _, err := u.Admit(t.Context(), wrong, netip.MustParseAddr("192.0.2.9")); !errs.HasKey(err, "installation.secret.wrong") {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		look := strings.NewReplacer("0", "o", "1", "l") // as people read it
		for _, typed := range []string{second, strings.ToLower(second), strings.ReplaceAll(second, "-", ""), " " + strings.ReplaceAll(second, "-", " ") + "\t", look.Replace(second)} {
			ticket, err := u.Admit(t.Context(), typed, here)
			if err != nil || !u.Admitted(ticket) {
				t.Errorf("%q: %v", typed, err)
			}
		}
		for _, ticket := range []string{"", "x", second} {
			if u.Admitted(ticket) {
				t.Errorf("%q admits", ticket)
			}
			for what, err := range map[string]error{
				"save":  u.Save(t.Context(), ticket, installation.Change{Part: installation.PartName, Next: good()}),
				"pass":  u.Pass(t.Context(), ticket, "nome"),
				"name":  u.NameAdmin(t.Context(), ticket, identity.Person{FamilyName: "Rossi"}),
				"try":   u.TryMail(t.Context(), ticket, nil, "a@example.it"),
				"admin": second1(u.Admin(t.Context(), ticket)),
				"end":   second1(u.Finish(t.Context(), ticket)),
			} {
				if !errs.Is(err, errs.Unauthenticated) {
					t.Errorf("%s with %q: %v", what, ticket, err)
				}
			}
		}
	})
}

func second1[T any](_ T, err error) error { return err }

func TestGuessingIsSlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t), installation.Flags{})
	u := installation.NewSetUp(w.Service)
	secret, err := u.Secret(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	try := func(from, secret string) error {
		_, err := u.Admit(t.Context(), secret, netip.MustParseAddr(from))
		return err
	}
	for i := range 5 {
		if err := try("2001:db8::1", "wrong"); !errs.HasKey(err, "installation.secret.wrong") {
			t.Fatal(i, err)
		}
	}
	if err := try("2001:db8::2", secret); !errs.Is(err, errs.TooMany) { // the same household; also with the right one
		t.Errorf("after five wrong ones: %v", err)
	}
	if err := try("192.0.2.7", "wrong"); !errs.HasKey(err, "installation.secret.wrong") {
		t.Errorf("somebody else: %v", err)
	}
	w.clock.Advance(20 * time.Second)
	if err := try("2001:db8::1", "wrong"); !errs.HasKey(err, "installation.secret.wrong") {
		t.Errorf("later: %v", err)
	}
	if err := try("2001:db8::1", secret); !errs.Is(err, errs.TooMany) {
		t.Errorf("at once again: %v", err)
	}
	w.clock.Advance(20 * time.Second)
	if err := try("2001:db8::1", secret); err != nil {
		t.Error(err)
	}
}

// Whoever ends the set-up first ends it: there is one administrator, and what
// named them is gone.
func TestManyEndIt(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, installation.Flags{})
		u, ticket := admitted(t, w)
		if _, err := u.Finish(t.Context(), ticket); !errs.HasKey(err, "installation.set-up.no-admin") {
			t.Fatal(err)
		}
		for _, p := range []identity.Person{{GivenName: "Ada", FamilyName: "Verdi", Email: "no"}, {Email: "ada@example.it", FiscalNumber: "X"}} {
			if err := u.NameAdmin(t.Context(), ticket, p); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s is taken: %v", p.Email, err)
			}
		}
		if err := u.NameAdmin(t.Context(), ticket, identity.Person{GivenName: "Ada", FamilyName: "Rossi", Email: "ada@example.it", Language: "en"}); err != nil {
			t.Fatal(err)
		}
		for _, plain := range []string{"Ada", "Rossi", "ada@example.it"} {
			if bytes.Contains(w.raw("set-up"), []byte(plain)) {
				t.Errorf("%s lies open: %s", plain, w.raw("set-up"))
			}
		}
		people := make([]string, 8)
		var all sync.WaitGroup
		for i := range people {
			all.Go(func() {
				person, err := u.Finish(t.Context(), ticket)
				if err == nil {
					people[i] = person
				} else if !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Unauthenticated) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		made := 0
		for _, id := range people {
			if id == "" {
				continue
			}
			made++
			p, err := w.People.Get(t.Context(), id)
			if err != nil || p.Email != "ada@example.it" || p.Language != "en" {
				t.Errorf("%v, %v", p, err)
			}
			grants, err := w.Grants.Of(t.Context(), id)
			if err != nil || len(grants) != 1 || grants[0].Role != identity.Administrator || grants[0].Scope != identity.Network {
				t.Errorf("%v, %v", grants, err)
			}
		}
		if found, err := w.People.ByContact(t.Context(), "ada@example.it"); made != 1 || len(found) != 1 || err != nil {
			t.Errorf("ended %d times, %d people, %v", made, len(found), err)
		}
		if !u.Done() || u.Admitted(ticket) || bytes.Contains(w.raw("set-up"), []byte("admin")) {
			t.Errorf("after the end: %s", w.raw("set-up"))
		}
		if err := u.Pass(t.Context(), ticket, "nome"); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("after the end: %v", err)
		}
		if again := installation.NewSetUp(w.Service); !again.Done() {
			t.Error("it begins anew")
		}
	})
}

// What admits lies as a hash, ends after half a day, and with the next secret;
// of many browsers the latest are admitted.
func TestAdmissionsEnd(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, installation.Flags{})
		u, ticket := admitted(t, w)
		if raw := w.raw("set-up"); bytes.Contains(raw, []byte(ticket)) {
			t.Errorf("the ticket lies open: %s", raw)
		}
		w.clock.Advance(12*time.Hour - time.Second)
		if !u.Admitted(ticket) {
			t.Error("it ends too early")
		}
		w.clock.Advance(time.Second)
		if u.Admitted(ticket) {
			t.Error("it never ends")
		}
		secret, err := u.Secret(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var tickets []string
		for range 9 {
			ticket, err := u.Admit(t.Context(), secret, here)
			if err != nil {
				t.Fatal(err)
			}
			tickets = append(tickets, ticket)
		}
		if u.Admitted(tickets[0]) || !u.Admitted(tickets[1]) || !u.Admitted(tickets[8]) {
			t.Error("of nine the last eight are admitted")
		}
		if _, err := u.Secret(t.Context()); err != nil || u.Admitted(tickets[8]) || !u.Begun() {
			t.Errorf("after another start: admitted %v, begun %v, %v", u.Admitted(tickets[8]), u.Begun(), err)
		}
	})
}

// An administrator who was made otherwise ends the set-up.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, installation.Flags{})
		u, ticket := admitted(t, w)
		if over, err := u.Overtaken(t.Context()); err != nil || over {
			t.Fatalf("%v, %v", over, err)
		}
		if err := u.NameAdmin(t.Context(), ticket, identity.Person{GivenName: "Ada", FamilyName: "Rossi", Email: "ada@example.it"}); err != nil {
			t.Fatal(err)
		}
		p, err := w.People.Create(t.Context(), identity.Person{FamilyName: "Verdi"})
		if err == nil {
			err = w.Grants.Give(t.Context(), identity.Grant{Person: p.ID, Role: identity.Administrator, Scope: identity.Network})
		}
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if over, err := u.Overtaken(t.Context()); err != nil || !over {
				t.Fatalf("%v, %v", over, err)
			}
		}
		if !u.Done() || u.Admitted(ticket) || bytes.Contains(w.raw("set-up"), []byte("admin")) {
			t.Errorf("after the end: %s", w.raw("set-up"))
		}
		if _, err := u.Finish(t.Context(), ticket); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("it can still be ended: %v", err)
		}
		if _, err := u.Secret(t.Context()); !errs.Is(err, errs.NotFound) {
			t.Errorf("there is a secret after the end: %v", err)
		}
	})
}
