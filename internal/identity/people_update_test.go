package identity_test

import (
	"sync"
	"testing"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// What is changed is found by the new and not by the old, and the texts of
// other rooms open as before.
func TestUpdate(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		p, other := h.create(t, rossi), h.create(t, identity.Person{FiscalNumber: number("Bianchi", "Anna", 1970)})
		sealed := must[[]byte](t)(h.people.Seal(ctx, p.ID, "x", []byte("text")))
		p.FiscalNumber, p.GivenName, p.FamilyName, p.BirthDate = number("Verdi", "Maria", 1981), " Maria  Rita ", "Verdi", "1981-01-01"
		p.Email, p.Language = "rita@example.org", "en"
		updated := must[identity.Person](t)(h.people.Update(ctx, p))
		if got := must[identity.Person](t)(h.people.Get(ctx, p.ID)); got != updated || got.FullName() != "Maria Rita Verdi" || got.Language != "en" || !got.Created.Equal(p.Created) {
			t.Errorf("stored %#v", got)
		}
		if string(must[[]byte](t)(h.people.Open(ctx, p.ID, "x", sealed))) != "text" {
			t.Error("another key")
		}
		for name, n := range map[string][2]int{
			"name":    {len(must[[]identity.Person](t)(h.people.FindByNameAndBirth(ctx, rossi.FamilyName, rossi.BirthDate))), len(must[[]identity.Person](t)(h.people.FindByNameAndBirth(ctx, "verdi", "1981-01-01")))},
			"contact": {len(must[[]identity.Person](t)(h.people.ByContact(ctx, rossi.Email))), len(must[[]identity.Person](t)(h.people.ByContact(ctx, "Rita@example.org")))},
		} {
			if n != [2]int{0, 1} {
				t.Errorf("by old and new %s: %v", name, n)
			}
		}
		if _, err := h.people.ByFiscalNumber(ctx, rossi.FiscalNumber); !errs.Is(err, errs.NotFound) {
			t.Error("by the old number:", err)
		}
		p.FiscalNumber, p.Rev = other.FiscalNumber, updated.Rev
		if _, err := h.people.Update(ctx, p); !errs.HasKey(err, "identity.known") || errs.As(err).Field != "fiscal_number" {
			t.Error("somebody else's number:", err)
		}
		if _, err := h.people.Update(ctx, identity.Person{ID: "nobody"}); !errs.Is(err, errs.NotFound) {
			t.Error("nobody:", err)
		}
		if _, err := h.people.Update(ctx, identity.Person{ID: p.ID, Email: "x"}); errs.As(err).Field != "email" {
			t.Error("bad address:", err)
		}
		must[identity.Person](t)(h.people.Update(ctx, identity.Person{ID: p.ID})) // all forgotten
		if found := must[[]identity.Person](t)(h.people.ByContact(ctx, "rita@example.org")); len(found) != 0 {
			t.Error("still found by a contact that is gone")
		}
	})
}

// Of two who change somebody at once, who comes second is told, and what the first
// wrote stands.
func TestUpdateOfWhatHasChanged(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		p := h.create(t, rossi)
		first, second := must[identity.Person](t)(h.people.Get(ctx, p.ID)), must[identity.Person](t)(h.people.Get(ctx, p.ID))
		if first.Rev == "" || first.Rev != p.Rev {
			t.Errorf("revisions %q, %q", first.Rev, p.Rev)
		}
		first.Email, second.GivenName = "first@example.org", "Second"
		must[identity.Person](t)(h.people.Update(ctx, first))
		if _, err := h.people.Update(ctx, second); !errs.HasKey(err, "identity.changed") {
			t.Errorf("the second: %v", err)
		}
		if got := must[identity.Person](t)(h.people.Get(ctx, p.ID)); got.Email != "first@example.org" || got.GivenName != rossi.GivenName {
			t.Errorf("stored %#v", got)
		}
		// At the same time, each in a transaction of its own: none is lost.
		var wg sync.WaitGroup
		wrote := make(chan error, 8)
		for i := range 8 {
			wg.Go(func() {
				q, err := h.people.Get(ctx, p.ID)
				if err == nil {
					q.GivenName += string(rune('a' + i))
					_, err = h.people.Update(ctx, q)
				}
				wrote <- err
			})
		}
		wg.Wait()
		close(wrote)
		n := 0
		for err := range wrote {
			if err == nil {
				n++
			} else if !errs.HasKey(err, "identity.changed") {
				t.Error(err)
			}
		}
		if got := must[identity.Person](t)(h.people.Get(ctx, p.ID)); len(got.GivenName) != len(rossi.GivenName)+n || n == 0 {
			t.Errorf("%d wrote, and now they are %s", n, got.GivenName)
		}
	})
}

func TestMatch(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		maria := h.create(t, rossi)
		paolo := h.create(t, identity.Person{GivenName: "Paolo", FamilyName: "Rossi", Email: rossi.Email})
		h.create(t, identity.Person{GivenName: "Eva", FamilyName: "Neri", Email: "neri@example.org"})
		h.create(t, identity.Person{GivenName: "Éva", FamilyName: "NERI", Email: "Neri@example.org"})
		for name, c := range map[string]struct {
			p    identity.Person
			want string
			key  string
		}{
			"number":                        {identity.Person{FiscalNumber: rossi.FiscalNumber, GivenName: "Other", Email: "other@example.org"}, maria.ID, ""},
			"number is new, address known":  {identity.Person{FiscalNumber: number("Rossi", "Paolo", 1960), GivenName: "paolo", FamilyName: "ROSSI", Email: rossi.Email}, paolo.ID, ""},
			"another number":                {identity.Person{FiscalNumber: number("Rossi", "Maria", 1990), GivenName: "Maria", FamilyName: rossi.FamilyName, Email: rossi.Email}, "", "identity.unknown"},
			"another birth date":            {identity.Person{BirthDate: "1990-01-01", GivenName: "Maria", FamilyName: rossi.FamilyName, Email: rossi.Email}, "", "identity.unknown"},
			"address and names":             {identity.Person{GivenName: "maria", FamilyName: "d’angelo rossi", Email: "MARIA.rossi@example.org"}, maria.ID, ""},
			"address of somebody else's":    {identity.Person{GivenName: "Lia", FamilyName: "Rossi", Email: rossi.Email}, "", "identity.unknown"},
			"names alone":                   {identity.Person{GivenName: "Paolo", FamilyName: "Rossi"}, "", "identity.unknown"},
			"two with address and names":    {identity.Person{GivenName: "Eva", FamilyName: "Neri", Email: "neri@example.org"}, "", "identity.several"},
			"a number that cannot be right": {identity.Person{FiscalNumber: "RSSMRA"}, "", "identity.invalid.fiscal_number"},
		} {
			got, err := h.people.Match(ctx, h.db, c.p)
			if got.ID != c.want || c.key != "" && !errs.HasKey(err, c.key) || c.key == "" && err != nil {
				t.Errorf("%s: got %q, %v", name, got.ID, err)
			}
		}
		if err := h.db.Write(ctx, func(tx *db.Tx) error {
			made, err := h.people.CreateIn(ctx, tx, identity.Person{FiscalNumber: number("Galli", "Ada", 1950)})
			if err != nil {
				return err
			}
			got, err := h.people.Match(ctx, tx, made)
			if got.ID != made.ID {
				t.Errorf("inside its transaction: %v, %v", got, err)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	})
}
