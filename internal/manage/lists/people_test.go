package lists_test

import (
	"testing"

	"polis/internal/identity"
	"polis/internal/manage/lists"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

// A list gives nobody's account away: an address that somebody has proved stays
// until they change it themselves; one that nobody proved can be mended.
func TestAListTakesOverNoAccount(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		const head = "nome,cognome,codice_fiscale,email\n"
		w.want(w.load(lists.People, head+"Maria,Bianchi,BNCMRA90D52H501S,typo@example.org\n"), "1+0=0")
		w.want(w.load(lists.People, head+"Maria,Bianchi,BNCMRA90D52H501S,maria@example.org\n"), "0+1=0")
		w.prove("maria@example.org")
		out, err := w.Load(t.Context(), lists.People, []byte(head+"Maria,Bianchi,BNCMRA90D52H501S,eva@example.org\n"), nil)
		if err != nil || len(out.Faults) != 1 || out.Faults[0].Reason != "email_proved" || out.Faults[0].Column != "email" {
			t.Errorf("%+v, %v", out, err)
		}
		w.want(w.load(lists.People, head+"Mariella,Bianchi,BNCMRA90D52H501S,\nMariella,Bianchi,BNCMRA90D52H501S,MARIA@example.org\n"), "0+1=0")
		p, err := w.people.ByFiscalNumber(t.Context(), "BNCMRA90D52H501S")
		if err != nil || p.Email != "maria@example.org" || p.Verified.IsZero() || p.GivenName != "Mariella" {
			t.Errorf("%#v, %v", p, err)
		}
	})
}

// A role that a list gives is written down as one that somebody gives, and
// nobody gives one to themselves.
func TestRolesFromLists(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.someNetwork()
		const head = "nome,cognome,email,ruolo,sede\n"
		file := head + "Anna,Rossi,anna@example.org,accoglienza,aurora\nAnna,Rossi,anna@example.org,gestore,borgo\nIda,Neri,ida@example.org,,\n"
		for range 2 {
			if _, err := w.Import(t.Context(), w.ada, lists.People, []byte(file), nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		anna, err := w.people.ByContact(t.Context(), "anna@example.org")
		if n := w.acts("role.given"); n != 2 || err != nil {
			t.Errorf("%d acts, %v", n, err)
		}
		if by, subject := w.lastAct("role.given"); by != w.ada.Person || subject != anna[0].ID {
			t.Errorf("given by %q to %q", by, subject)
		}
		own := identity.Person{ID: w.ada.Person, GivenName: "Ada", FamilyName: "Blu", Email: "ada@example.org"}
		if _, err := w.people.Update(t.Context(), own); err != nil {
			t.Fatal(err)
		}
		out, err := w.Import(t.Context(), w.ada, lists.People, []byte(head+"Ada,Blu,ada@example.org,gestore,aurora\n"), nil, nil)
		if err != nil || len(out.Faults) != 1 || out.Faults[0].Reason != "own_role" {
			t.Errorf("to herself: %+v, %v", out, err)
		}
		out, err = w.Preview(t.Context(), w.ada, lists.People, []byte(head+"Ada,Blu,ada@example.org,gestore,aurora\n"))
		if err != nil || len(out.Faults) != 1 {
			t.Errorf("to herself, looked at: %+v, %v", out, err)
		}
		out, err = w.Preview(t.Context(), w.ada, lists.People, []byte(head+"Eva,Nova,ADA@example.org,gestore,aurora\n"))
		if err != nil || len(out.Faults) != 1 || out.Faults[0].Reason != "own_role" {
			t.Errorf("to somebody new at her own address: %+v, %v", out, err)
		}
		w.load(lists.People, head+"Ada,Blu,ada@example.org,gestore,aurora\n") // who has the database can
	})
}

// One person is one, however many lines tell of them and by which key.
func TestLinesOfOnePerson(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.someNetwork()
		const head = "nome,cognome,codice_fiscale,email,ruolo,sede\n"
		for _, c := range []struct{ file, want, reason string }{
			{"Maria,Bianchi,BNCMRA90D52H501S,m@example.org,,\nMaria,Bianchi,,M@example.org,accoglienza,aurora\n", "1+0=0", ""},
			{"Maria,Bianchi,,m@example.org,accoglienza,aurora\n maria ,BIANCHI,BNCMRA90D52H501S,m@example.org,,\n", "", "other_facts"},
			{"Maria,Bianchi,BNCMRA90D52H501S,m@example.org,,\nMaria,Bianchi,,m@example.org,accoglienza,borgo\n", "0+1=0", ""},
			{"Maria  Bianchi,Rosa,,r@example.org,,\n", "1+0=0", ""},
			{"Maria  Bianchi,Rosa,,r@example.org,,\n", "0+0=1", ""}, // blanks are no change
			{"Rosa,Verdi,RSSMRA85T10A562S,f@example.org,,\nRosa,Verdi,BNCGPP70A41F205J,f@example.org,,\n", "2+0=0", ""},
			{"Rosa,Verdi,,f@example.org,,\n", "", "several_people"},
			{"Ugo,Verdi,,u@example.org,,\nUgo,Verdi,RSSGNN80C12F205A,u@example.org,,\n", "", "other_facts"},
		} {
			out, err := w.Load(t.Context(), lists.People, []byte(head+c.file), nil)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case c.reason == "" && (len(out.Faults) > 0 || count(out) != c.want):
				t.Errorf("%s: %s %v", c.file, count(out), out.Faults)
			case c.reason != "" && (len(out.Faults) != 1 || out.Faults[0].Reason != c.reason):
				t.Errorf("%s: %s %v, want %s", c.file, count(out), out.Faults, c.reason)
			}
		}
		if all, err := w.people.ByContact(t.Context(), "m@example.org"); err != nil || len(all) != 1 {
			t.Errorf("%d people, %v", len(all), err)
		}
	})
}
