// Package card reads what a reader at a desk types: the health card (Tessera
// Sanitaria: bar code in Code 39, magnetic stripe) and the machine-readable zone
// of identity documents (ICAO 9303: TD1, TD2, TD3). A reader is a keyboard, so
// that all of it comes as text, and what somebody types comes the same way.
package card

import (
	"regexp"
	"strings"
	"time"

	"polis/internal/fiscal"
	"polis/internal/platform/errs"
)

// Most is the longest text that is looked at, in bytes: both sides of two cards
// are a quarter of it.
const Most = 2000

// Reading is what a text says of a person; what it does not say is empty.
type Reading struct {
	FiscalNumber  string // 16 characters
	Family, Given string // in capitals, as documents have them
	Document      *Document
}

// Read reads a text. A fiscal number and a document may stand in it one after the
// other, in any order. Invalid "console.card.unknown", "console.card.digits" (a
// document of which a check digit does not fit: read it once more),
// "console.card.two" (two people).
func Read(text string, now time.Time) (r Reading, err error) {
	if len(text) > Most {
		return r, errs.New(errs.Invalid, "console.card.unknown", nil)
	}
	rest, doc, err := findDocument(strings.Map(upper, text), now)
	if err != nil {
		return r, err
	}
	r.Document = doc
	if doc != nil {
		r.Family, r.Given = doc.Family, doc.Given
	}
	for _, found := range fiscalNumbers(rest) {
		if r.FiscalNumber != "" && found.number != r.FiscalNumber {
			return Reading{}, errs.New(errs.Invalid, "console.card.two", nil)
		}
		r.FiscalNumber = found.number
		if family, given := namesOf(found); doc == nil && family != "" {
			r.Family, r.Given = family, given
		}
	}
	if doc == nil && r.FiscalNumber == "" {
		return r, errs.New(errs.Invalid, "console.card.unknown", nil)
	}
	return r, nil
}

// Differs tells whether number and document of a reading say other things of a
// person: "birth", "names" or "". Names may differ for good reason (marriage
// abroad, a name too long for the document), a date of birth may not.
func (r Reading) Differs(now time.Time) string {
	if r.Document == nil || r.FiscalNumber == "" {
		return ""
	}
	number, err := fiscal.Parse(r.FiscalNumber, now)
	if err != nil {
		return "birth"
	}
	b, d := number.BirthDate, r.Document.Birth
	switch {
	case d.Valid() && (b.Month != int(d.Month) || b.Day != d.Day || b.Year%100 != d.Year%100):
		return "birth"
	case !number.Fits(r.Family, r.Given):
		return "names"
	}
	return ""
}

// found is a fiscal number in a text, with what follows on the same line.
type found struct{ number, after string }

// fiscalNumbers are all in a text. On the magnetic stripe the names follow without a
// gap, and some readers put a code of their own before a bar code: so every run of
// letters and digits is looked through.
func fiscalNumbers(text string) (list []found) {
	for line := range strings.Lines(text) {
		for i := 0; i+length <= len(line); i++ {
			if number := line[i : i+length]; plain(number) && fiscal.Check(number) == nil {
				list = append(list, found{number, line[i+length:]})
				i += length - 1
			}
		}
	}
	return list
}

// upper leaves letters outside A to Z as they are: there are some whose upper case
// is one of them.
func upper(r rune) rune {
	if 'a' <= r && r <= 'z' {
		return r - 'a' + 'A'
	}
	return r
}

const length = 16 // of a person's fiscal number

func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// between stands between family and given names: a caret or spaces, and what a
// caret becomes where reader and computer think of different keyboards.
var between = regexp.MustCompile(`\s{2,}|[\^&/]|<<`)

// namesOf are the names that follow the number on the first track of a stripe;
// none where they are not those of the number.
func namesOf(f found) (family, given string) {
	track, _, _ := strings.Cut(strings.ReplaceAll(f.after, "_", "?"), "?")
	parts := between.Split(strings.TrimSpace(track), 3)
	if len(parts) < 2 {
		return "", ""
	}
	family, given = strings.TrimSpace(parts[0]), strings.TrimSpace(parts[1])
	if number := (fiscal.CF{Code: f.number}); !number.Fits(family, given) {
		return "", ""
	}
	return family, given
}
