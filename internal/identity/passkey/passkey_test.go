package passkey_test

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/identity/passkey"
	"polis/internal/identity/passkey/passkeytest"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const origin = "https://polis.example"

var (
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	here = netip.MustParseAddr("192.0.2.1")
)

// world is an installation of two servers on one database.
type world struct {
	t           *testing.T
	db          *db.DB
	clk         *clock.Manual
	people      *identity.People
	first, then *passkey.Service
	log         bytes.Buffer
	maria       identity.Actor
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, db: d, clk: clock.NewManual(noon)}
	kek := filepath.Join(t.TempDir(), "kek.json")
	server := func() *passkey.Service {
		keys := must[*identity.Keys](t)(identity.OpenKeys(t.Context(), d, identity.KeyFile{Path: kek}))
		w.people = identity.NewPeople(d, keys, w.clk, clock.NewID)
		return must[*passkey.Service](t)(passkey.New(passkey.Options{
			DB: d, People: w.people, Limits: identity.NewLimits(d, keys, w.clk), Clock: w.clk, IDs: clock.NewID,
			Log: slog.New(slog.NewTextHandler(&w.log, nil)), Name: "Polis", URL: origin, Hosts: []string{"spazi.polis.example"},
		}))
	}
	w.first, w.then = server(), server()
	w.maria = w.person("Maria", "maria@example.org")
	return w
}

func (w *world) person(name, email string) identity.Actor {
	w.t.Helper()
	p := must[identity.Person](w.t)(w.people.Create(w.t.Context(), identity.Person{GivenName: name, FamilyName: "Rossi", Email: email}))
	return identity.Actor{Person: p.ID, Role: identity.Citizen, Channel: identity.ChannelWeb, Level: identity.LevelLow, Proved: w.clk.Now()}
}

func run(t *testing.T, test func(t *testing.T, w *world)) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, newWorld(t, d)) })
}

// make has an authenticator make a passkey of somebody, begun on one server and
// ended on the other.
func (w *world) make(actor identity.Actor, a *passkeytest.Authenticator) error {
	w.t.Helper()
	options, ticket, err := w.first.AskToMake(w.t.Context(), actor)
	if err != nil {
		return err
	}
	return w.then.Make(w.t.Context(), actor, ticket, a.Make(options, origin), "Telefono di Maria")
}

// enter signs in with an authenticator, begun on one server and ended on the
// other.
func (w *world) enter(a *passkeytest.Authenticator) (identity.Proof, error) {
	w.t.Helper()
	options, ticket, err := w.then.AskToEnter(w.t.Context(), here)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.first.Enter(w.t.Context(), ticket, a.Prove(options, origin), here)
}

func (w *world) ready(ed bool) *passkeytest.Authenticator {
	w.t.Helper()
	a := passkeytest.New(w.t, ed)
	if err := w.make(w.maria, a); err != nil {
		w.t.Fatal(err)
	}
	return a
}

// acts are the kinds of all acts.
func (w *world) acts() (list []string) {
	w.t.Helper()
	return must[[]string](w.t)(db.All(w.t.Context(), w.db, allActs, func(rows *sql.Rows) (kind string, err error) { return kind, rows.Scan(&kind) }))
}

var allActs = db.Q("passkey.test.acts", `SELECT kind FROM act ORDER BY id`)

func TestMakeAndEnter(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		for _, ed := range []bool{false, true} {
			a := w.ready(ed)
			w.clk.Advance(time.Minute)
			for range 2 {
				proof, err := w.enter(a)
				if err != nil || proof.Person != w.maria.Person || proof.Method != "passkey" || proof.Level != identity.LevelSubstantial || !proof.At.Equal(w.clk.Now()) {
					t.Fatalf("%+v, %v", proof, err)
				}
			}
			options, ticket, err := w.first.AskToProve(t.Context(), w.maria.Person)
			if err != nil {
				t.Fatal(err)
			}
			if proof, err := w.then.Prove(t.Context(), w.maria.Person, ticket, a.Prove(options, "https://spazi.polis.example"), here); err != nil || proof.Person != w.maria.Person {
				t.Fatalf("at the other host: %+v, %v", proof, err)
			}
		}
		list := must[[]passkey.Passkey](t)(w.first.List(t.Context(), w.maria, w.maria.Person))
		if len(list) != 2 || list[0].Name != "Telefono di Maria" || list[0].Used.IsZero() || !list[0].Created.Equal(noon) {
			t.Errorf("listed %+v", list)
		}
		if got := strings.Join(w.acts(), " "); got != "passkey.made passkey.made" {
			t.Errorf("acts %s", got)
		}
	})
}

// A passkey that does not count, as those that are copied to all devices of their
// owner, goes on not counting; one that counts never goes back.
func TestCounters(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		still := passkeytest.New(t, false)
		still.Counts, still.Lie.Eligible = false, true
		if err := w.make(w.maria, still); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := w.enter(still); err != nil {
				t.Fatal(err)
			}
		}
		if list := must[[]passkey.Passkey](t)(w.first.List(t.Context(), w.maria, w.maria.Person)); !list[0].Synced {
			t.Error("that it is copied to other devices is lost")
		}
		still.Lie.Eligible = false // it says that it may be copied, or not, for ever
		if _, err := w.enter(still); !errs.HasKey(err, "passkey.refused") {
			t.Errorf("another eligibility: %v", err)
		}
		a := w.ready(false)
		if _, err := w.enter(a); err != nil {
			t.Fatal(err)
		}
		for _, back := range []uint32{1, 2} { // the next has the same count, or less
			a.Counter -= back
			if _, err := w.enter(a); !errs.HasKey(err, "passkey.copied") {
				t.Errorf("%d back: %v", back, err)
			}
		}
		if got := strings.Join(w.acts(), " "); strings.Count(got, "passkey.counter-back") != 2 {
			t.Errorf("acts %s", got)
		}
		a.Counter = 40
		if _, err := w.enter(a); err != nil {
			t.Errorf("the right one goes on: %v", err)
		}
	})
}

// What does not prove somebody is refused, and says no more.
func TestLiesAreRefused(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		a := w.ready(false)
		giulia := w.person("Giulia", "giulia@example.org")
		theirs := passkeytest.New(t, true)
		if err := w.make(giulia, theirs); err != nil {
			t.Fatal(err)
		}
		lies := map[string]passkeytest.Lie{
			"another origin":      {Origin: "https://polis.example.evil.example"},
			"a sub-domain":        {Origin: "https://x.polis.example"},
			"without TLS":         {Origin: "http://polis.example"},
			"another port":        {Origin: "https://polis.example:8443"},
			"another domain":      {Domain: "evil.example"},
			"another challenge":   {Challenge: bytes.Repeat([]byte{7}, 32)},
			"an empty challenge":  {Challenge: []byte{}},
			"another ceremony":    {Type: "webauthn.create"},
			"in another's frame":  {Cross: true},
			"nobody touched it":   {NoUser: true},
			"nobody proved it":    {Unproved: true},
			"tampered signature":  {Tampered: true},
			"somebody else's":     {Handle: []byte(giulia.Person)},
			"nobody's":            {Handle: []byte("nobody")},
			"without a handle":    {Handle: []byte{}},
			"suddenly copied":     {Eligible: true},
			"longer than allowed": {Padding: 17 << 10},
		}
		for name, lie := range lies {
			a.Lie = lie
			if proof, err := w.enter(a); !errs.HasKey(err, "passkey.refused") || !errs.Is(err, errs.Rule) || proof.Person != "" {
				t.Errorf("%s: %+v, %v", name, proof, err)
			}
			w.clk.Advance(10 * time.Minute) // they are counted too
		}
		a.Lie = passkeytest.Lie{}
		id := a.ID
		a.ID = bytes.Repeat([]byte{1}, 24)
		if _, err := w.enter(a); !errs.HasKey(err, "passkey.refused") {
			t.Errorf("of no known passkey: %v", err)
		}
		a.ID = theirs.ID // with the key of another
		if _, err := w.enter(a); !errs.HasKey(err, "passkey.refused") {
			t.Errorf("another's passkey: %v", err)
		}
		a.ID = id
		for _, text := range []string{"", "{", "null", "[]", `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`, strings.Repeat("[", 16000)} {
			_, ticket, err := w.first.AskToEnter(t.Context(), here)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.first.Enter(t.Context(), ticket, text, here); !errs.HasKey(err, "passkey.refused") {
				t.Errorf("%.20q: %v", text, err)
			}
		}
		if _, err := w.enter(a); err != nil {
			t.Errorf("after all that the right one: %v", err)
		}
		for _, secret := range []string{"maria", "Maria", "example.org", w.maria.Person} {
			if strings.Contains(w.log.String(), secret) {
				t.Errorf("the log has %q: %s", secret, w.log.String())
			}
		}
	})
}

// New passkeys are held to the same.
func TestLiesMakeNoPasskey(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		for name, lie := range map[string]passkeytest.Lie{
			"another origin": {Origin: "https://evil.example"}, "another domain": {Domain: "evil.example"}, "another challenge": {Challenge: bytes.Repeat([]byte{7}, 32)},
			"another ceremony": {Type: "webauthn.get"}, "nobody touched it": {NoUser: true}, "nobody proved it": {Unproved: true}, "another format": {Format: "packed"},
			"in another's frame": {Cross: true}, "longer than allowed": {Padding: 17 << 10},
		} {
			a := passkeytest.New(t, false)
			a.Lie = lie
			if err := w.make(w.maria, a); !errs.HasKey(err, "passkey.refused") {
				t.Errorf("%s: %v", name, err)
			}
		}
		a := w.ready(false)
		if err := w.make(w.maria, a); !errs.HasKey(err, "passkey.known") {
			t.Errorf("twice the same: %v", err)
		}
		if err := w.make(w.person("Giulia", ""), a); !errs.HasKey(err, "passkey.known") {
			t.Errorf("the same of somebody else: %v", err)
		}
		options, ticket, err := w.first.AskToMake(t.Context(), w.maria)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"", " ", strings.Repeat("x", 61), "a\x00b"} {
			if err := w.first.Make(t.Context(), w.maria, ticket, passkeytest.New(t, false).Make(options, origin), name); !errs.Is(err, errs.Invalid) {
				t.Errorf("%q: %v", name, err)
			}
		}
	})
}

// A challenge is of one session, for one purpose and person, once, for five
// minutes.
func TestChallenges(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		ctx, a := t.Context(), w.ready(false)
		giulia := w.person("Giulia", "giulia@example.org")
		ask := func() (answer, ticket string) {
			options, ticket, err := w.first.AskToEnter(ctx, here)
			if err != nil {
				t.Fatal(err)
			}
			return a.Prove(options, origin), ticket
		}
		over := func(name string, err error) {
			t.Helper()
			if !errs.HasKey(err, "passkey.over") {
				t.Errorf("%s: %v", name, err)
			}
		}
		answer, ticket := ask()
		if _, err := w.then.Enter(ctx, ticket, answer, here); err != nil {
			t.Fatal(err)
		}
		_, err := w.first.Enter(ctx, ticket, answer, here)
		over("replayed", err)
		mine, myTicket := ask()
		theirs, theirTicket := ask()
		if _, err = w.first.Enter(ctx, myTicket, theirs, here); !errs.HasKey(err, "passkey.refused") {
			t.Errorf("an answer to another session's challenge: %v", err)
		}
		_, err = w.first.Enter(ctx, myTicket, mine, here)
		over("a challenge that was failed", err)
		_, err = w.first.Enter(ctx, "", theirs, here)
		over("without a ticket", err)
		_, err = w.first.Prove(ctx, w.maria.Person, theirTicket, theirs, here)
		over("of signing in, to prove anew", err)
		answer, ticket = ask()
		w.clk.Advance(5 * time.Minute)
		_, err = w.first.Enter(ctx, ticket, answer, here)
		over("five minutes later", err)
		options, ticket, err := w.first.AskToProve(ctx, w.maria.Person)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.first.Prove(ctx, giulia.Person, ticket, a.Prove(options, origin), here)
		over("of somebody else", err)
		if _, _, err := w.first.AskToProve(ctx, giulia.Person); !errs.HasKey(err, "passkey.none") {
			t.Errorf("without a passkey: %v", err)
		}
		giulia.Proved = w.clk.Now()
		if err := w.make(giulia, passkeytest.New(t, true)); err != nil {
			t.Fatal(err)
		}
		if options, ticket, err = w.first.AskToProve(ctx, giulia.Person); err != nil {
			t.Fatal(err)
		}
		if _, err := w.first.Prove(ctx, giulia.Person, ticket, a.Prove(options, origin), here); !errs.HasKey(err, "passkey.refused") {
			t.Errorf("by the passkey of somebody else: %v", err)
		}
		w.clk.Advance(time.Hour)
		if err := w.first.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if n := count(t, w); n != 0 {
			t.Errorf("%d challenges are left", n)
		}
	})
}

var challenges = db.Q("passkey.test.challenges", `SELECT COUNT(*) FROM passkey_challenge`)

func count(t *testing.T, w *world) (n int) {
	t.Helper()
	if err := db.One(t.Context(), w.db, challenges, nil, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A person who is forgotten comes in no more, and what they called their passkey
// is gone with them.
func TestForgottenPeopleDoNotEnter(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		p := must[identity.Person](t)(w.people.Create(ctx, identity.Person{}))
		a := passkeytest.New(t, false)
		actor := identity.Actor{Person: p.ID, Role: identity.Citizen}
		if err := w.make(actor, a); err != nil {
			t.Fatal(err)
		}
		if _, err := w.enter(a); err != nil {
			t.Fatal(err)
		}
		if err := w.db.Write(ctx, func(tx *db.Tx) error { return w.people.ForgetUnreachable(ctx, tx, []string{p.ID}) }); err != nil {
			t.Fatal(err)
		}
		if _, err := w.enter(a); !errs.HasKey(err, "passkey.refused") {
			t.Errorf("forgotten: %v", err)
		}
	})
}

// Passkeys are the own of their owner: made and removed only by who has just
// proved who they are, and by who gives roles where they were lost.
func TestOwn(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		ctx, a := t.Context(), w.ready(false)
		giulia := w.person("Giulia", "giulia@example.org")
		id := must[[]passkey.Passkey](t)(w.first.List(ctx, w.maria, w.maria.Person))[0].ID
		if _, err := w.first.List(ctx, giulia, w.maria.Person); !errs.Is(err, errs.Forbidden) {
			t.Errorf("somebody else reads: %v", err)
		}
		if err := w.first.Rename(ctx, giulia, id, "Mio"); !errs.Is(err, errs.NotFound) {
			t.Errorf("somebody else renames: %v", err)
		}
		if err := w.first.Remove(ctx, giulia, id); !errs.Is(err, errs.NotFound) {
			t.Errorf("somebody else removes: %v", err)
		}
		if err := w.first.RemoveAll(ctx, giulia, w.maria.Person); !errs.Is(err, errs.Forbidden) {
			t.Errorf("somebody else removes all: %v", err)
		}
		if err := w.first.Rename(ctx, w.maria, id, " Computer  "); err != nil {
			t.Fatal(err)
		}
		admin := identity.Actor{Person: giulia.Person, Role: identity.Administrator, Scope: identity.Network, Held: []identity.Held{{Role: identity.Administrator, Scope: identity.Network}}}
		if list := must[[]passkey.Passkey](t)(w.first.List(ctx, w.maria, w.maria.Person)); list[0].Name != "Computer" {
			t.Errorf("renamed to %q", list[0].Name)
		}
		if list := must[[]passkey.Passkey](t)(w.first.List(ctx, admin, w.maria.Person)); len(list) != 1 || list[0].Name != "" {
			t.Errorf("who gives roles reads %+v", list)
		}
		w.clk.Advance(11 * time.Minute)
		_, _, err := w.first.AskToMake(ctx, w.maria)
		if !errs.HasKey(err, "identity.step-up") || !errs.HasKey(w.first.Remove(ctx, w.maria, id), "identity.step-up") {
			t.Errorf("eleven minutes later: %v", err)
		}
		if err := w.first.RemoveAll(ctx, admin, w.maria.Person); err != nil {
			t.Fatal(err)
		}
		if _, err := w.enter(a); !errs.HasKey(err, "passkey.refused") {
			t.Errorf("removed: %v", err)
		}
	})
}

// Failures are counted, of a client and for a person, on both servers together;
// what is right is not.
func TestFailuresAreCounted(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		a := w.ready(false)
		for range 40 {
			if _, err := w.enter(a); err != nil {
				t.Fatal(err)
			}
		}
		a.Lie.Tampered = true
		var err error
		for range 31 {
			if _, err = w.enter(a); errs.Is(err, errs.TooMany) {
				break
			}
		}
		if !errs.Is(err, errs.TooMany) {
			t.Errorf("the 31st failure: %v", err)
		}
		a.Lie.Tampered = false
		w.clk.Advance(time.Hour)
		if _, err := w.enter(a); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	})
}

// Where browsers make no passkeys there are none.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://polis.example": "polis.example", "https://polis.example:8443": "polis.example", "http://localhost:8080": "localhost", "http://127.0.0.1:8080": "localhost",
		"http://[::1]:8080": "localhost", "http://polis.example": "", "https://192.0.2.1": "", "https://[2001:db8::1]": "", "": "", "https://": "",
	} {
		if got := passkey.Domain(address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	s := must[*passkey.Service](t)(passkey.New(passkey.Options{URL: "http://polis.example"}))
	if _, _, err := s.AskToEnter(context.Background(), here); !errs.HasKey(err, "passkey.impossible") || s.Possible() {
		t.Errorf("without TLS: %v", err)
	}
}
