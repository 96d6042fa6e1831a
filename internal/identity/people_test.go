package identity_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"polis/internal/fiscal"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

var rossi = identity.Person{
	FiscalNumber: number("Rossi", "Maria", 1980), GivenName: "Maria", FamilyName: "D'Angelo Rossi", BirthDate: "1980-01-01",
	Email: "Maria.Rossi@Example.org", Language: "it",
}

func number(family, given string, year int) string {
	cf, err := fiscal.Make(family, given, fiscal.Date{Year: year, Month: 1, Day: 1}, fiscal.Female, "H501")
	if err != nil {
		panic(err)
	}
	return cf
}

func TestPeopleAreFound(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		p := h.create(t, rossi)
		if p.ID == "" || !p.Created.Equal(noon) {
			t.Fatalf("got id %q, created %v", p.ID, p.Created)
		}
		same := func(what string, got identity.Person, err error) {
			t.Helper()
			if err != nil {
				t.Errorf("%s: %v", what, err)
			} else if d := cmp.Diff(p, got, cmp.Transformer("plain", func(p identity.Person) any { type plain identity.Person; return plain(p) })); d != "" {
				t.Errorf("%s: %s", what, d)
			}
		}
		got, err := h.people.Get(ctx, p.ID)
		same("by id", got, err)
		for _, s := range []string{p.FiscalNumber, strings.ToLower(p.FiscalNumber), "  " + p.FiscalNumber + "\n", p.FiscalNumber[:6] + " " + p.FiscalNumber[6:]} {
			got, err := h.people.ByFiscalNumber(ctx, s)
			same("by fiscal number", got, err)
		}
		for _, s := range []string{"D'Angelo Rossi", "d’angelo  ROSSI", "D’ÀNGELO-Rossi", "dangelorossi"} {
			found := must[[]identity.Person](t)(h.people.FindByNameAndBirth(ctx, s, "1980-01-01"))
			if len(found) != 1 || found[0].ID != p.ID {
				t.Errorf("by name %q: %v", s, found)
			}
		}
		for _, s := range []string{"maria.rossi@example.org", " MARIA.ROSSI@EXAMPLE.ORG "} {
			found := must[[]identity.Person](t)(h.people.ByContact(ctx, s))
			if len(found) != 1 || found[0].ID != p.ID {
				t.Errorf("by contact: %v", found)
			}
		}
		many := must[map[string]identity.Person](t)(h.people.Many(ctx, []string{p.ID, "nobody"}))
		same("many", many[p.ID], nil)
		if len(many) != 1 {
			t.Errorf("%d of one found", len(many))
		}
	})
}

// No substring, no half of a key, no empty value finds anyone.
func TestPeopleAreNotFoundOtherwise(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.create(t, rossi)
		h.create(t, identity.Person{}) // somebody of whom nothing is known
		for _, s := range []string{"", "Rossi", rossi.FiscalNumber[:15], "%", number("Rossi", "Maria", 1981)} {
			if _, err := h.people.ByFiscalNumber(ctx, s); !errs.HasKey(err, "identity.unknown") {
				t.Errorf("by fiscal number %q: %v", s, err)
			}
		}
		if _, err := h.people.Get(ctx, "nobody"); !errs.Is(err, errs.NotFound) {
			t.Errorf("by id: %v", err)
		}
		for _, c := range [][2]string{{"", ""}, {"Rossi", "1980-01-01"}, {"D'Angelo Rossi", "1980-01-02"}, {"D'Angelo Rossi", ""}, {"", "1980-01-01"}} {
			if found := must[[]identity.Person](t)(h.people.FindByNameAndBirth(ctx, c[0], c[1])); len(found) != 0 {
				t.Errorf("by name %q: found %v", c, found)
			}
		}
		for _, s := range []string{"", "maria", "example.org"} {
			if found := must[[]identity.Person](t)(h.people.ByContact(ctx, s)); len(found) != 0 {
				t.Errorf("by contact %q: found %v", s, found)
			}
		}
	})
}

func TestPeopleThatAreRefused(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		for field, p := range map[string]identity.Person{
			"fiscal_number": {FiscalNumber: rossi.FiscalNumber[:15] + "?"},
			"given_name":    {GivenName: "a\ue000b"},
			"family_name":   {FamilyName: strings.Repeat("x", 121)},
			"birth_date":    {BirthDate: "1980-02-30"},
			"email":         {Email: "a@b@c"},
			"language":      {Language: "fr"},
		} {
			_, err := h.people.Create(t.Context(), p)
			if e := errs.As(err); e.Kind != errs.Invalid || e.Field != field || e.Key != "identity.invalid."+field {
				t.Errorf("%s: got %v", field, err)
			}
		}
		h.create(t, rossi)
		twice := []identity.Person{{GivenName: "New"}, {FiscalNumber: strings.ToLower(rossi.FiscalNumber)}}
		if _, err := h.people.CreateMany(t.Context(), twice); !errs.HasKey(err, "identity.known") {
			t.Errorf("twice: %v", err)
		}
		h.create(t, identity.Person{Email: rossi.Email}) // a family may share a contact
		if found := must[[]identity.Person](t)(h.people.ByContact(t.Context(), rossi.Email)); len(found) != 2 {
			t.Errorf("%d people share the contact", len(found))
		}
	})
}

func TestEnsure(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ids := make([]string, 8)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				p, err := h.people.Ensure(t.Context(), rossi.FiscalNumber)
				if err != nil {
					t.Error(err)
				}
				ids[i] = p.ID
			})
		}
		wg.Wait()
		if ids[0] == "" || len(slices.Compact(ids)) != 1 {
			t.Errorf("one number, people %v", ids)
		}
		for _, bad := range []string{"", "  ", "RSSMRA"} {
			if _, err := h.people.Ensure(t.Context(), bad); !errs.HasKey(err, "identity.invalid.fiscal_number") {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ given, family, display, full string }{
		{"Maria", "Rossi", "Maria R.", "Maria Rossi"},
		{"Maria Rita", "d'Angelo", "Maria Rita D.", "Maria Rita d'Angelo"},
		{"Élodie", "Übel", "Élodie Ü.", "Élodie Übel"},
		{"Maria", "", "Maria", "Maria"},
		{"", "Rossi", "R.", "Rossi"},
		{"", "", "—", "—"},
	} {
		p := identity.Person{ID: "1", GivenName: c.given, FamilyName: c.family, FiscalNumber: rossi.FiscalNumber}
		if p.DisplayName() != c.display || p.FullName() != c.full {
			t.Errorf("got %q, %q; want %q, %q", p.DisplayName(), p.FullName(), c.display, c.full)
		}
	}
}

// What cannot be seen in a name would turn the text around it.
func TestNamesAreSeen(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		p := h.create(t, identity.Person{GivenName: "\u202eMa\u00adria\u200b", FamilyName: "\u2066Rossi\u2069 "})
		if p.FullName() != "Maria Rossi" {
			t.Errorf("kept as %q", p.FullName())
		}
	})
}

func TestPrintingDoesNotTell(t *testing.T) {
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("made", "person", rossi)
	out := fmt.Sprintf("%v %+v %s", rossi, rossi, rossi) + log.String()
	for _, secret := range []string{rossi.FiscalNumber, rossi.GivenName, rossi.FamilyName, rossi.Email} {
		if strings.Contains(out, secret) {
			t.Errorf("printed: %s", out)
		}
	}
}

// Whoever gets hold of the database without the key file learns nobody's name.
func TestDatabaseTellsNobody(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		empty := dump(t, h.db) // the words of the schema itself tell nothing
		crowd := identity.Crowd(200)
		crowd[0].Email = rossi.Email
		must[[]identity.Person](t)(h.people.CreateMany(ctx, crowd))
		p := h.create(t, rossi)
		must[string](t)(identity.NewTokens(h.people, h.grants, false).Create(ctx, identity.TokenSpec{Person: p.ID, Name: "notebook of Maria D'Angelo"}))
		needles := []string{"notebook of", "D'Angelo", "Maria"}
		for _, p := range append(crowd, rossi) {
			sum := sha256.Sum256([]byte(p.FiscalNumber)) // no key in it: 10^10 tries find the number
			needles = append(needles, p.FiscalNumber, p.BirthDate, string(sum[:]), hex.EncodeToString(sum[:]))
			if p.Email != "" {
				needles = append(needles, p.Email, strings.ToLower(p.Email))
			}
			if len(p.GivenName) > 4 { // shorter ones may stand in random bytes
				needles = append(needles, p.GivenName, strings.ToLower(p.GivenName))
			}
			if len(p.FamilyName) > 4 {
				needles = append(needles, p.FamilyName, strings.ToLower(p.FamilyName))
			}
		}
		dump := dump(t, h.db)
		if !bytes.Contains(dump, []byte(p.ID)) {
			t.Fatal("the dump does not hold the people")
		}
		slices.Sort(needles)
		for _, s := range slices.Compact(needles) {
			if bytes.Contains(dump, []byte(s)) && !bytes.Contains(empty, []byte(s)) {
				t.Errorf("the database holds %q", s)
			}
		}
	})
}

// dump is every byte of the database.
func dump(t *testing.T, d *db.DB) []byte {
	var out bytes.Buffer
	if d.Engine == db.SQLite {
		for _, suffix := range []string{"", "-wal"} {
			data, err := os.ReadFile(d.URL + suffix)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			out.Write(data)
		}
		return out.Bytes()
	}
	c, err := pgx.Connect(t.Context(), d.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	rows, _ := c.Query(t.Context(), "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if _, err := c.PgConn().CopyTo(t.Context(), &out, "COPY "+pgx.Identifier{table}.Sanitize()+" TO STDOUT (FORMAT binary)"); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func TestCrowd(t *testing.T) {
	crowd := identity.Crowd(5000)
	numbers, names := map[string]bool{}, map[string]bool{}
	for _, p := range crowd {
		if err := fiscal.Check(p.FiscalNumber); err != nil {
			t.Fatal(err)
		}
		numbers[p.FiscalNumber] = true
		names[p.FullName()] = true
	}
	if len(numbers) != 5000 || len(names) < 3000 {
		t.Errorf("%d numbers, %d names", len(numbers), len(names))
	}
	if again := identity.Crowd(5000); again[4999].FiscalNumber != crowd[4999].FiscalNumber {
		t.Error("another crowd the second time")
	}
	run(t, func(t *testing.T, h *house) {
		start := time.Now()
		made := must[[]identity.Person](t)(h.people.CreateMany(t.Context(), crowd))
		t.Logf("%d people in %v", len(made), time.Since(start))
		got := must[identity.Person](t)(h.people.ByFiscalNumber(t.Context(), crowd[4321].FiscalNumber))
		if got.ID != crowd[4321].ID {
			t.Error("found somebody else")
		}
	})
}

func TestGrants(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		p := h.create(t, rossi)
		give := func(g identity.Grant) error { g.Person = p.ID; return h.grants.Give(ctx, g) }
		for _, g := range []identity.Grant{
			{Role: "king", Scope: identity.Network},
			{Role: identity.CounterOperator},
			{Role: identity.Administrator, Scope: identity.Site("a")},
			{Role: identity.Member, Scope: identity.Network},
			{Role: identity.SiteManager, Scope: identity.Group("g")},
		} {
			if err := give(g); !errs.Is(err, errs.Invalid) {
				t.Errorf("%v for %v: %v", g.Role, g.Scope, err)
			}
		}
		soon := noon.Add(time.Hour)
		for _, g := range []identity.Grant{
			{Role: identity.CounterOperator, Scope: identity.Site("a"), Ends: soon},
			{Role: identity.SiteManager, Scope: identity.Site("b"), Starts: soon},
			{Role: identity.Member, Scope: identity.Group("staff")},
			{Role: identity.Member, Scope: identity.Group("staff"), GivenBy: "x"},
		} {
			if err := give(g); err != nil {
				t.Fatal(err)
			}
		}
		roles := func() (out []identity.Role) {
			for _, g := range must[[]identity.Grant](t)(h.grants.Of(ctx, p.ID)) {
				out = append(out, g.Role)
			}
			return out
		}
		if got := roles(); !slices.Equal(got, []identity.Role{identity.CounterOperator, identity.Member}) {
			t.Errorf("now %v", got)
		}
		h.clk.Set(soon)
		if got := roles(); !slices.Equal(got, []identity.Role{identity.Member, identity.SiteManager}) {
			t.Errorf("in an hour %v", got)
		}
		if err := h.grants.Take(ctx, p.ID, identity.Member, identity.Group("staff")); err != nil {
			t.Error(err)
		}
		if err := h.grants.Take(ctx, p.ID, identity.Member, identity.Group("staff")); !errs.HasKey(err, "identity.grant") {
			t.Errorf("taken twice: %v", err)
		}
	})
}

func BenchmarkCreateMany(b *testing.B) {
	crowd := identity.Crowd(1000)
	for b.Loop() {
		b.StopTimer()
		h := newHouse(b, sqlite(b))
		b.StartTimer()
		must[[]identity.Person](b)(h.people.CreateMany(b.Context(), crowd))
	}
}

// A text of another room is encrypted with the key of its person and opens in
// its place alone.
func TestSeal(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		p, other := h.create(t, rossi), h.create(t, identity.Person{Email: "altra@example.org"})
		text := []byte("La porta del bagno non si chiude")
		sealed := must[[]byte](t)(h.people.Seal(ctx, p.ID, "report.body:1", text))
		if bytes.Contains(sealed, []byte("porta")) {
			t.Error("the text can be read")
		}
		if got := must[[]byte](t)(h.people.Open(ctx, p.ID, "report.body:1", sealed)); !bytes.Equal(got, text) {
			t.Errorf("opened %q", got)
		}
		if _, err := h.people.Open(ctx, p.ID, "report.body:2", sealed); err == nil {
			t.Error("opens in another place")
		}
		if _, err := h.people.Open(ctx, other.ID, "report.body:1", sealed); err == nil {
			t.Error("opens with the key of somebody else")
		}
		if _, err := h.people.Seal(ctx, "nobody", "x", text); !errs.Is(err, errs.NotFound) {
			t.Errorf("sealed for nobody: %v", err)
		}
		var made identity.Person
		if err := h.db.Write(ctx, func(tx *db.Tx) (err error) {
			if made, err = h.people.CreateIn(ctx, tx, identity.Person{Email: "nuova@example.org"}); err != nil {
				return err
			}
			sealed, err = h.people.SealIn(ctx, tx, made.ID, "x", text)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if got := must[[]byte](t)(h.people.Open(ctx, made.ID, "x", sealed)); !bytes.Equal(got, text) {
			t.Errorf("opened %q", got)
		}
	})
}
