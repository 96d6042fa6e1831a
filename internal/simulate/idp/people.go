package idp

import (
	"fmt"

	"polis/internal/fiscal"
)

// Person is somebody made up, as a provider knows them.
type Person struct {
	Key          string // stands in forms and addresses: "maria"
	Group        string // the part of the page in which they stand
	Given        string
	Family       string
	Sex          fiscal.Sex
	Birth        fiscal.Date
	Place        string // Belfiore code of the place of birth
	FiscalNumber string // "" for who has none
	Email        string // "" for who has none
}

// BirthDate is the civil date of birth.
func (p Person) BirthDate() string {
	return fmt.Sprintf("%04d-%02d-%02d", p.Birth.Year, p.Birth.Month, p.Birth.Day)
}

// The groups of people.
const (
	GroupCitizens = "citizens"
	GroupWork     = "work"
	GroupSpecial  = "special"
)

// omocodia is the number of Omar Ferri as it is after the register gave the one
// that the rules make to somebody else: a digit has become a letter.
const omocodia = "FRRMRO84L21H50MJ"

// People are the test people, one of every role and of every special case. What
// they are for an installation is told by who lays it out, not by the provider.
func People() []Person {
	out := []Person{
		{Key: "maria", Group: GroupCitizens, Given: "Maria", Family: "Bianchi", Sex: fiscal.Female, Birth: date(1990, 4, 12), Place: "H501"},
		{Key: "giuseppe", Group: GroupCitizens, Given: "Giuseppe", Family: "Verdi", Sex: fiscal.Male, Birth: date(1956, 3, 19), Place: "A345"},
		{Key: "carla", Group: GroupCitizens, Given: "Carla", Family: "Impresa", Sex: fiscal.Female, Birth: date(1975, 9, 8), Place: "F205"},
		{Key: "anna", Group: GroupWork, Given: "Anna", Family: "Rossi", Sex: fiscal.Female, Birth: date(1988, 11, 5), Place: "L682"},
		{Key: "bruno", Group: GroupWork, Given: "Bruno", Family: "Chiamata", Sex: fiscal.Male, Birth: date(1992, 2, 14), Place: "D612"},
		{Key: "marta", Group: GroupWork, Given: "Marta", Family: "Sede", Sex: fiscal.Female, Birth: date(1981, 5, 30), Place: "L219"},
		{Key: "dario", Group: GroupWork, Given: "Dario", Family: "Lotti", Sex: fiscal.Male, Birth: date(1970, 12, 1), Place: "A944"},
		{Key: "elisa", Group: GroupWork, Given: "Elisa", Family: "Ente", Sex: fiscal.Female, Birth: date(1986, 8, 17), Place: "A662"},
		{Key: "luca", Group: GroupWork, Given: "Luca", Family: "Ferrari", Sex: fiscal.Male, Birth: date(1979, 6, 23), Place: "F205"},
		{Key: "piero", Group: GroupWork, Given: "Piero", Family: "Guasti", Sex: fiscal.Male, Birth: date(1968, 7, 4), Place: "G273"},
		{Key: "renata", Group: GroupWork, Given: "Renata", Family: "Programma", Sex: fiscal.Female, Birth: date(1973, 3, 27), Place: "D969"},
		{Key: "aldo", Group: GroupWork, Given: "Aldo", Family: "Revisore", Sex: fiscal.Male, Birth: date(1964, 10, 11), Place: "C351"},
		{Key: "paola", Group: GroupWork, Given: "Paola", Family: "Greco", Sex: fiscal.Female, Birth: date(1983, 1, 17), Place: "F839"},
		{Key: "ines", Group: GroupSpecial, Given: "Ines", Family: "Keller", Sex: fiscal.Female, Birth: date(2001, 9, 30)},
		{Key: "omar", Group: GroupSpecial, Given: "Omar", Family: "Ferri", Sex: fiscal.Male, Birth: date(1984, 7, 21), Place: "H501", FiscalNumber: omocodia},
		{Key: "nina", Group: GroupSpecial, Given: "Nina", Family: "Prova", Sex: fiscal.Female, Birth: date(2012, 5, 6), Place: "L424"},
		{Key: "tullio", Group: GroupSpecial, Given: "Tullio", Family: "Prova", Sex: fiscal.Male, Birth: date(1980, 11, 19), Place: "L424"},
		{Key: "vito", Group: GroupSpecial, Given: "Vito", Family: "Senzaposta", Sex: fiscal.Male, Birth: date(1949, 1, 25), Place: "G224"},
	}
	for i := range out {
		p := &out[i]
		if p.Key != "vito" {
			p.Email = p.Key + "@example.org"
		}
		if p.FiscalNumber == "" && p.Place != "" {
			p.FiscalNumber = number(*p)
		}
	}
	return out
}

func date(year, month, day int) fiscal.Date { return fiscal.Date{Year: year, Month: month, Day: day} }

// number is the fiscal number that the rules give a person.
func number(p Person) string {
	n, err := fiscal.Make(p.Family, p.Given, p.Birth, p.Sex, p.Place)
	if err != nil {
		panic("idp: a test person without fiscal number: " + err.Error()) // the names are ours
	}
	return n
}
