package identity

import (
	"context"
	"fmt"
	"time"

	"polis/internal/fiscal"
	"polis/internal/platform/errs"
)

// TestPerson is somebody of the demonstration whom everyone may sign in as.
type TestPerson struct {
	Key    string // stands in the form: "maria"
	Group  string // message key of the part of the page in which they stand
	Role   Role
	Scope  Scope
	Also   []Held // their further roles
	About  string // message key of one sentence on who this is
	Person Person
}

// Demo is the sign-in of a demonstration: a list of test people, no proof
// asked. It is the same people with the same ids on every machine.
type Demo struct {
	people *People
	grants *Grants
	list   []TestPerson
}

// NewDemo returns the sign-in of some test people.
func NewDemo(people *People, grants *Grants, list []TestPerson) *Demo {
	return &Demo{people: people, grants: grants, list: list}
}

// testPerson is a made-up person with the fiscal number that the rules give
// them; place is a Belfiore code.
func testPerson(given, family string, sex fiscal.Sex, birth fiscal.Date, place string) Person {
	number, err := fiscal.Make(family, given, birth, sex, place)
	if err != nil {
		panic("identity: a test person without fiscal number: " + err.Error()) // the names are ours
	}
	return Person{
		FiscalNumber: number, GivenName: given, FamilyName: family, Language: "it",
		BirthDate: fmt.Sprintf("%04d-%02d-%02d", birth.Year, birth.Month, birth.Day),
	}
}

// Prepare puts the test people and their roles into the database, where they
// are not there yet.
func (d *Demo) Prepare(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "identity.Demo.Prepare")
	for _, t := range d.list {
		if _, err := d.people.Create(ctx, t.Person); err != nil && !errs.Is(err, errs.Conflict) {
			return err
		}
		if t.Role == Citizen {
			continue
		}
		if err := d.grants.Give(ctx, Grant{Person: t.Person.ID, Role: t.Role, Scope: t.Scope}); err != nil {
			return err
		}
		for _, more := range t.Also {
			if err := d.grants.Give(ctx, Grant{Person: t.Person.ID, Role: more.Role, Scope: more.Scope}); err != nil {
				return err
			}
		}
	}
	return nil
}

// People lists the test people.
func (d *Demo) People() []TestPerson { return d.list }

// Person is a test person by key; Unauthenticated "identity.demo.unknown" for any
// other key.
func (d *Demo) Person(key string) (Person, error) {
	for _, t := range d.list {
		if t.Key == key {
			return t.Person, nil
		}
	}
	return Person{}, errs.New(errs.Unauthenticated, "identity.demo.unknown", nil).On("person")
}

// SignInAs is the id of a test person by key; the errors are those of Person.
func (d *Demo) SignInAs(key string) (person string, err error) {
	p, err := d.Person(key)
	return p.ID, err
}

// Crowd makes up n people (at most 10,000), always the same, whose bookings
// fill the demonstration. Nobody can sign in as them.
func Crowd(n int) []Person {
	out := make([]Person, 0, n)
	seen := map[string]bool{} // two made-up people may get one fiscal number
	start := time.Date(1948, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := 0; len(out) < n; i++ {
		name := crowdGiven[i%len(crowdGiven)]
		family := crowdFamily[(i/len(crowdGiven)+i*7)%len(crowdFamily)]
		day := start.AddDate(0, 0, i*7919%21_500) // born 1948 to 2006, spread by a prime
		birth := fiscal.Date{Year: day.Year(), Month: int(day.Month()), Day: day.Day()}
		p := testPerson(name.given, family, name.sex, birth, crowdPlaces[i%len(crowdPlaces)])
		if seen[p.FiscalNumber] {
			continue
		}
		seen[p.FiscalNumber] = true
		p.ID = fmt.Sprintf("01900000-0000-7000-9000-%012d", len(out)+1)
		out = append(out, p)
	}
	return out
}

var crowdPlaces = []string{"H501", "F205", "F839", "L219", "G273", "D969", "A944", "D612", "A662", "C351", "L736", "L781", "L424", "G224", "B354", "A345", "E625"}

var crowdGiven = []struct {
	given string
	sex   fiscal.Sex
}{
	{"Giulia", "F"},
	{"Marco", "M"},
	{"Sara", "F"},
	{"Andrea", "M"},
	{"Chiara", "F"},
	{"Matteo", "M"},
	{"Francesca", "F"},
	{"Lorenzo", "M"},
	{"Elena", "F"},
	{"Davide", "M"},
	{"Martina", "F"},
	{"Simone", "M"},
	{"Valentina", "F"},
	{"Federico", "M"},
	{"Alessia", "F"},
	{"Stefano", "M"},
	{"Silvia", "F"},
	{"Paolo", "M"},
	{"Laura", "F"},
	{"Antonio", "M"},
	{"Roberta", "F"},
	{"Salvatore", "M"},
	{"Teresa", "F"},
	{"Vincenzo", "M"},
	{"Caterina", "F"},
	{"Domenico", "M"},
	{"Beatrice", "F"},
	{"Nicolò", "M"},
	{"Ilaria", "F"},
	{"Tommaso", "M"},
	{"Giorgia", "F"},
	{"Pietro", "M"},
	{"Noemi", "F"},
	{"Hannes", "M"},
	{"Greta", "F"},
	{"Emanuele", "M"},
	{"Cristina", "F"},
}

var crowdFamily = []string{
	"Russo", "Esposito", "Romano", "Colombo", "Ricci", "Marino", "Bruno", "Gallo", "Conti", "De Luca", "Costa", "Giordano", "Mancini",
	"Rizzo", "Lombardi", "Moretti", "Barbieri", "Fontana", "Santoro", "Mariani", "Rinaldi", "Caruso", "Ferrara", "Galli", "Martini",
	"Leone", "Longo", "Gentile", "Martinelli", "Vitale", "Lombardo", "Serra", "Coppola", "De Santis", "D'Angelo", "Marchetti",
	"Parisi", "Villa", "Conte", "Ferraro", "Ferri", "Fabbri", "Bianco", "Marini", "Grasso", "Valentini", "Messina", "Sala", "De Angelis",
	"Gatti", "Pellegrini", "Palumbo", "Sanna", "Farina", "Rizzi", "Monti", "Cattaneo", "Morelli", "Amato", "Silvestri", "Mazza",
	"Testa", "Grassi", "Pellegrino", "Carbone", "Giuliani", "Benedetti", "Barone", "Rossetti", "Caputo", "Montanari", "Guerra",
	"Palmieri", "Bernardi", "Martino", "Fiore", "De Rosa", "Ferretti", "Bellini", "Basile", "Riva", "Donati", "Piras", "Vitali",
	"Battaglia", "Sartori", "Neri", "Costantini", "Milani", "Pagano", "Ruggiero", "Sorrentino", "D'Amico", "Orlando", "Damico",
	"Negri", "Mair", "Gruber", "Kofler", "Deidda", "Chenal",
}
