// Package fiscal reads, checks and makes Italian tax codes: the codice fiscale of people, sixteen characters, and
// of organisations, eleven digits, which is also the form of the partita IVA.
//
// Rules: decree of the Ministry of Finance of 23 December 1976, n. 13814, on the codes of the tax register; for
// the partita IVA, DPR 633/1972, art. 35. No error holds any part of a code: it is personal data.
package fiscal

import (
	"strings"
	"time"
	"unicode"

	"polis/internal/territory"
)

// Error says what is wrong with a code, without its value. It is also the key of a text.
type Error string

// What can be wrong.
const (
	ErrLength    Error = "length"    // neither 16 characters nor 11 digits
	ErrCharacter Error = "character" // a letter where a digit stands, or the other way round
	ErrDate      Error = "date"      // no such day
	ErrPlace     Error = "place"     // no such form of place code
	ErrCheck     Error = "check"     // the last character does not agree with the others
	ErrName      Error = "name"      // no letter to make a code of
	ErrSex       Error = "sex"       // neither M nor F
	ErrNumber    Error = "number"    // out of range
)

func (e Error) Error() string {
	switch e {
	case ErrLength:
		return "fiscal: a code has 16 characters, or 11 digits"
	case ErrCharacter:
		return "fiscal: a character is out of its place"
	case ErrDate:
		return "fiscal: no such day of birth"
	case ErrPlace:
		return "fiscal: no such place code"
	case ErrCheck:
		return "fiscal: the check character does not agree"
	case ErrName:
		return "fiscal: a name without letters"
	case ErrSex:
		return "fiscal: the sex is M or F"
	case ErrNumber:
		return "fiscal: a number out of range"
	}
	return "fiscal: " + string(e)
}

// Sex as the code tells it.
type Sex string

// The two sexes of the code.
const (
	Male   Sex = "M"
	Female Sex = "F"
)

// Date is a day of the calendar. Months count from 1.
type Date struct{ Year, Month, Day int }

// exists says whether the calendar has the day.
func (d Date) exists() bool {
	t := d.time()
	return t.Year() == d.Year && int(t.Month()) == d.Month && t.Day() == d.Day
}

func (d Date) time() time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
}

// CF is what a person's code tells.
type CF struct {
	Code      string // normalised
	BirthDate Date   // the century is a guess: the code has two digits of the year
	Sex       Sex
	Place     string // Belfiore code of the municipality of birth, or Z and three digits for a foreign country
	Omocodia  bool   // digits were replaced by letters, to tell apart people who would have one code
}

const (
	length = 16
	months = "ABCDEHLMPRST"

	// omocodia are the letters that may stand for the digits 0 to 9.
	omocodia = "LMNPQRSTUV"
)

// digitsAt are the places of a code's digits.
var digitsAt = [...]int{6, 7, 9, 10, 12, 13, 14}

// odd are the values, in the check character, of the characters at odd places (the first, the third, …), from A to
// Z. A digit has the value of the letter that has its place in the alphabet: 0 as A, 1 as B.
var odd = [...]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}

// Normalize returns a code in upper case without spaces, the form in which it is kept and compared. Letters
// outside A to Z stay as they are: there are some whose upper case is one of them.
func Normalize(code string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		}
		return r
	}, code)
}

// Parse reads a person's code of sixteen characters. Of the days that its two digits of the year allow, the birth
// date is the last one not after now; for people older than 99 it is a century late. The errors are ErrLength,
// ErrCharacter, ErrDate, ErrPlace and ErrCheck.
func Parse(code string, now time.Time) (CF, error) {
	cf, twoDigits, err := parse(code)
	if err != nil {
		return CF{}, err
	}
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	cf.BirthDate.Year = now.Year() - now.Year()%100 + twoDigits
	for range 5 { // five centuries hold a leap year wherever one can be
		if cf.BirthDate.exists() && !cf.BirthDate.time().After(today) {
			return cf, nil
		}
		cf.BirthDate.Year -= 100
	}
	return CF{}, ErrDate
}

// Check says whether a code can be right: sixteen characters of a person, or eleven digits of an organisation or
// of a person's provisional code. It cannot tell whether the code was ever given to anyone. The errors are those
// of Parse.
func Check(code string) error {
	code = Normalize(code)
	if len(code) == digits {
		return CheckPartitaIVA(code)
	}
	_, _, err := parse(code)
	return err
}

// parse reads everything but the century.
func parse(code string) (cf CF, twoDigits int, err error) {
	code = Normalize(code)
	if len(code) != length {
		return CF{}, 0, ErrLength
	}
	plain := []byte(code)
	replaced := false
	for _, i := range digitsAt {
		if d := strings.IndexByte(omocodia, code[i]); d >= 0 {
			plain[i] = byte('0' + d)
			replaced = true
		}
	}
	for i, form := range "aaaaaa00a00a000a" {
		switch c := plain[i]; {
		case form == 'a' && (c < 'A' || c > 'Z'), form == '0' && (c < '0' || c > '9'):
			return CF{}, 0, ErrCharacter
		}
	}
	if checkCharacter(code[:length-1]) != code[length-1] {
		return CF{}, 0, ErrCheck
	}
	number := func(at int) int { return int(plain[at]-'0')*10 + int(plain[at+1]-'0') }
	cf = CF{Code: code, Sex: Male, Place: string(plain[11:15]), Omocodia: replaced}
	cf.BirthDate = Date{Month: strings.IndexByte(months, plain[8]) + 1, Day: number(9)}
	if cf.BirthDate.Day > 40 {
		cf.Sex = Female
		cf.BirthDate.Day -= 40
	}
	twoDigits = number(6)
	// 2000 + the two digits is a leap year whenever one of the possible years is.
	if !(Date{2000 + twoDigits, cf.BirthDate.Month, cf.BirthDate.Day}).exists() {
		return CF{}, 0, ErrDate
	}
	if cf.Place[1:] == "000" {
		return CF{}, 0, ErrPlace
	}
	return cf, twoDigits, nil
}

// Fits says whether the letters of the code are those of a name. Names change, by marriage abroad or by decree: who
// does not fit is looked at, not refused for ever.
func (c CF) Fits(surname, given string) bool {
	s, g := surnameCode(surname), givenCode(given)
	return s != "" && g != "" && c.Code[:6] == s+g
}

// Base is the code that the rules give the same person before any omocodia: the one of several people with it. It is
// "" for a code that is not right.
func Base(code string) string {
	code = Normalize(code)
	if len(code) != 16 || Check(code) != nil {
		return ""
	}
	plain := []byte(code[:15])
	for _, i := range digitsAt {
		if d := strings.IndexByte(omocodia, plain[i]); d >= 0 {
			plain[i] = byte('0' + d)
		}
	}
	return string(plain) + string(checkCharacter(string(plain)))
}

// Variants are all codes that people with the same base may have, the base first.
func Variants(code string) []string {
	base := Base(code)
	if base == "" {
		return nil
	}
	out := make([]string, 0, 1<<len(digitsAt))
	for set := range 1 << len(digitsAt) {
		v := []byte(base[:15])
		for n, i := range digitsAt {
			if set>>n&1 == 1 {
				v[i] = omocodia[v[i]-'0']
			}
		}
		out = append(out, string(v)+string(checkCharacter(string(v))))
	}
	return out
}

// Make returns the code that the rules give a person, before any omocodia: two people may have the same. The
// errors are ErrName, ErrDate, ErrSex and ErrPlace.
func Make(surname, given string, birth Date, sex Sex, belfiore string) (string, error) {
	surname, given = surnameCode(surname), givenCode(given)
	day := birth.Day
	if sex == Female {
		day += 40
	}
	switch {
	case surname == "" || given == "":
		return "", ErrName
	case sex != Male && sex != Female:
		return "", ErrSex
	case birth.Year < 1 || !birth.exists():
		return "", ErrDate
	case len(belfiore) != 4 || belfiore[0] < 'A' || belfiore[0] > 'Z' || !allDigits(belfiore[1:]) || belfiore[1:] == "000":
		return "", ErrPlace
	}
	twoDigits := func(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }
	code := surname + given + twoDigits(birth.Year%100) + months[birth.Month-1:birth.Month] + twoDigits(day) + belfiore
	return code + string(checkCharacter(code)), nil
}

// surnameCode is the first three of the consonants, then the vowels, then X; empty for a name without letters.
func surnameCode(name string) string {
	consonants, vowels := letters(name)
	if consonants+vowels == "" {
		return ""
	}
	return (consonants + vowels + "XX")[:3]
}

// givenCode is as surnameCode, but of four consonants or more the first, the third and the fourth.
func givenCode(name string) string {
	if c, _ := letters(name); len(c) >= 4 {
		return c[:1] + c[2:4]
	}
	return surnameCode(name)
}

// letters takes apart the consonants and the vowels of a name, upper case and without accents.
func letters(name string) (consonants, vowels string) {
	for _, r := range strings.ToUpper(territory.Fold(name)) {
		switch {
		case r < 'A' || r > 'Z':
		case strings.ContainsRune("AEIOU", r):
			vowels += string(r)
		default:
			consonants += string(r)
		}
	}
	return consonants, vowels
}

// checkCharacter is the last character of a code, of the fifteen letters and digits before it.
func checkCharacter(first15 string) byte {
	sum := 0
	for i := range len(first15) {
		value := int(first15[i] - 'A')
		if first15[i] <= '9' {
			value = int(first15[i] - '0')
		}
		if i%2 == 0 {
			value = odd[value]
		}
		sum += value
	}
	return byte('A' + sum%26)
}
