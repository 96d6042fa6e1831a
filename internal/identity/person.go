package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"polis/internal/fiscal"
	"polis/internal/platform/errs"
	"polis/internal/platform/mail"
	"polis/internal/territory"
)

// Person is a human being known to the installation. All but ID, Language and
// the instants are personal and lie encrypted in the database.
type Person struct {
	ID           string
	FiscalNumber string // normalised; "" for people without one, such as many foreigners
	GivenName    string // "" where not known yet
	FamilyName   string
	BirthDate    string // civil date, "" where not known
	Email        string
	Verified     time.Time // when a code proved Email; zero where none did
	Language     string    // "it" or "en"; "" means "it"
	Created      time.Time
	Rev          string // of what is stored, another after each change; "" where it was not read
}

// unnamed is shown for somebody whose name is not known.
const unnamed = "—"

// DisplayName is the short form for passes and for other people's eyes:
// "Maria R.", "Maria" or "R." where only one name is known, "—" where none is.
func (p Person) DisplayName() string {
	initial := ""
	if r, size := utf8.DecodeRuneInString(p.FamilyName); size > 0 {
		initial = string(unicode.ToUpper(r)) + "."
	}
	if name := strings.TrimSpace(p.GivenName + " " + initial); name != "" {
		return name
	}
	return unnamed
}

// FullName is for the person's own eyes only.
func (p Person) FullName() string {
	if name := strings.TrimSpace(p.GivenName + " " + p.FamilyName); name != "" {
		return name
	}
	return unnamed
}

// String is the id alone, so that printing a person does not tell who it is.
func (p Person) String() string { return "person " + p.ID }

// LogValue is the id alone.
func (p Person) LogValue() slog.Value { return slog.StringValue(p.ID) }

// personal are the fields that are encrypted, in the form they are stored in.
type personal struct {
	Fiscal string `json:"fiscal,omitempty"`
	Given  string `json:"given,omitempty"`
	Family string `json:"family,omitempty"`
	Birth  string `json:"birth,omitempty"`
	Email  string `json:"email,omitempty"`
}

func (p Person) marshal() ([]byte, error) {
	return json.Marshal(personal{p.FiscalNumber, p.GivenName, p.FamilyName, p.BirthDate, p.Email})
}

// revOf is the revision of what is stored of a person: sealed anew, the same
// facts are other bytes.
func revOf(sealed []byte) string {
	sum := sha256.Sum256(sealed)
	return hex.EncodeToString(sum[:8])
}

func (p *Person) unmarshal(data []byte) error {
	var x personal
	if err := json.Unmarshal(data, &x); err != nil {
		return err
	}
	p.FiscalNumber, p.GivenName, p.FamilyName, p.BirthDate, p.Email = x.Fiscal, x.Given, x.Family, x.Birth, x.Email
	return nil
}

// maxName is the longest name, in characters; the longest in Italian registers
// are about half of it.
const maxName = 120

// Check tells the first thing that is wrong with a person: Invalid, naming the
// field.
func (p Person) Check() error {
	_, err := p.normalised()
	return err
}

// normalised returns the person as it is stored, or the first thing that is
// wrong with it (Invalid, naming the field).
func (p Person) normalised() (Person, error) {
	invalid := func(field string) error {
		return errs.New(errs.Invalid, "identity.invalid."+field, nil).On(field)
	}
	p.FiscalNumber = fiscal.Normalize(p.FiscalNumber)
	if p.FiscalNumber != "" && fiscal.Check(p.FiscalNumber) != nil {
		return p, invalid("fiscal_number")
	}
	p.GivenName, p.FamilyName = normalName(p.GivenName), normalName(p.FamilyName)
	if !goodName(p.GivenName) {
		return p, invalid("given_name")
	}
	if !goodName(p.FamilyName) {
		return p, invalid("family_name")
	}
	if p.BirthDate != "" {
		if _, err := time.Parse(time.DateOnly, p.BirthDate); err != nil {
			return p, invalid("birth_date")
		}
	}
	p.Email = strings.TrimSpace(p.Email)
	if p.Email != "" && !goodEmail(p.Email) {
		return p, invalid("email")
	}
	switch p.Language {
	case "":
		p.Language = "it"
	case "it", "en":
	default:
		return p, invalid("language")
	}
	return p, nil
}

// normalName is a name as it is kept. What cannot be seen and comes along where
// names are copied (marks of direction, joiners, soft hyphens) is left out: it
// would turn the text around it on passes and lists.
func normalName(s string) string {
	seen := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
	return norm.NFC.String(strings.Join(strings.Fields(seen), " "))
}

func goodName(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxName && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// goodEmail is a rough look: an address is proved by a message that arrives.
// What cannot be seen (spaces of any width, marks of direction) is in none.
func goodEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && !strings.Contains(domain, "@") && len(s) <= 254 && utf8.ValidString(s) &&
		!strings.ContainsFunc(s, func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }) && mail.IsAddress(s)
}

// The values of the blind indexes: two spellings of the same thing give one.

// indexedName is family name and birth date. The name is folded (case, accents,
// apostrophes) and its spaces are gone: "D'Angelo", "d’ÀNGELO" and "D Angelo"
// are one.
func indexedName(family, birth string) string {
	folded := strings.ReplaceAll(territory.Fold(family), " ", "")
	if folded == "" || birth == "" {
		return ""
	}
	return folded + "|" + birth
}

// indexedContact is an e-mail address without regard to case: providers that
// tell "Maria@" from "maria@" are not met, people who type either are.
func indexedContact(contact string) string {
	return strings.ToLower(norm.NFC.String(strings.TrimSpace(contact)))
}
