package territory

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"polis/internal/sheet"
)

// MaxRowErrors is how many bad fields a reading lists before it gives up.
const MaxRowErrors = 20

// A RowError names one field that is wrong. Line counts from 1, the header's included; Column is the header's
// word, or empty where the whole line is wrong; Reason is one of the Reason constants and never holds what was
// written there.
type RowError struct {
	Line   int
	Column string
	Reason string
}

// The reasons of a RowError, each the key of a text and, with spaces for underscores, a plain English phrase.
const (
	ReasonEncoding    = sheet.ReasonEncoding
	ReasonControl     = sheet.ReasonControl
	ReasonQuotes      = sheet.ReasonQuotes
	ReasonFieldCount  = sheet.ReasonFieldCount
	ReasonNoRows      = sheet.ReasonNoRows
	ReasonColumn      = sheet.ReasonColumn
	ReasonColumnTwice = sheet.ReasonColumnTwice
	ReasonEmpty       = "empty"
	ReasonTooLong     = sheet.ReasonTooLong
	ReasonISTAT       = "not_six_digits"
	ReasonBelfiore    = "not_a_letter_and_three_digits"
	ReasonCAP         = "not_five_digits"
	ReasonProvince    = "not_two_capital_letters"
	ReasonNumber      = "not_a_number"
	ReasonPopulation  = "not_a_possible_population"
	ReasonYear        = "not_a_possible_year"
	ReasonOutside     = "outside_italy"
	ReasonDay         = "not_a_day_of_the_year"
	ReasonFlag        = "not_true_or_false"
	ReasonDuplicate   = "already_on_an_earlier_line"
	ReasonContradicts = "contradicts_an_earlier_line"
)

func (e RowError) Error() string {
	reason := strings.ReplaceAll(e.Reason, "_", " ")
	if e.Column == "" {
		return fmt.Sprintf("line %d: %s", e.Line, reason)
	}
	return fmt.Sprintf("line %d, %s: %s", e.Line, e.Column, reason)
}

// RowErrors are all the errors found, in the order of the lines, at most MaxRowErrors.
type RowErrors []RowError

func (e RowErrors) Error() string {
	lines := make([]string, len(e))
	for i, row := range e {
		lines[i] = row.Error()
	}
	return "territory: " + strings.Join(lines, "; ")
}

// columns of a list of municipalities; others are passed over.
var columns = func() (list []sheet.Column) {
	for _, name := range []string{"istat", "belfiore", "name", "province", "province_name", "region", "population", "lat", "lon"} {
		list = append(list, sheet.Column{Name: name, Needed: true})
	}
	for _, name := range []string{"name_alt_language", "cap", "population_year", "approximate", "patron"} {
		list = append(list, sheet.Column{Name: name})
	}
	return list
}()

// ParseCSV reads a list of municipalities: a header line with the columns istat, belfiore, name, province,
// province_name, region, population, lat and lon in any order, and if wanted name_alt_language, cap,
// population_year, approximate (true or false) and patron (MM-DD), as [sheet.Read] reads a list. What is wrong
// with the text comes back as [RowErrors] and nothing else with it; another error is the reader's own.
func ParseCSV(r io.Reader) ([]Municipality, error) {
	p := parser{seen: map[string]bool{}, provinces: map[string]area{}, words: map[string]string{}}
	read, err := sheet.Read(r, sheet.Options{Columns: columns, MaxFaults: MaxRowErrors, MaxField: maxQuery}, p.record)
	if err != nil {
		return nil, fmt.Errorf("territory: reading the municipalities: %w", err)
	}
	if len(read.Faults) == 0 {
		return p.out, nil
	}
	faults := make(RowErrors, len(read.Faults))
	for i, f := range read.Faults {
		faults[i] = RowError{f.Line, f.Name, f.Reason}
		if f.Reason == sheet.ReasonEmptyFile {
			faults[i].Reason = ReasonNoRows
		}
	}
	return nil, faults
}

// parser holds what one reading has met so far.
type parser struct {
	row       *sheet.Row
	seen      map[string]bool // ISTAT and Belfiore codes
	provinces map[string]area
	words     map[string]string // one copy of each word that many rows share
	out       []Municipality
}

type area struct{ name, region string }

func (p *parser) wrong(column, reason string) { p.row.Wrong(column, reason) }

// record takes one municipality a call.
func (p *parser) record(row *sheet.Row) {
	p.row = row
	m := p.municipality()
	p.checkAgainstEarlier(m, row.Faulty())
	if !row.Faulty() {
		p.out = append(p.out, m)
	}
}

// municipality reads one row, noting what is wrong with it.
func (p *parser) municipality() Municipality {
	optional := func(column string, is func(string) bool, reason string) string {
		s, ok := p.row.Text(column)
		if ok && s != "" && !is(s) {
			p.wrong(column, reason)
		}
		return s
	}
	form := func(column string, is func(string) bool, reason string) string {
		s, ok := p.row.Text(column)
		switch {
		case ok && s == "":
			p.wrong(column, ReasonEmpty)
		case ok && !is(s):
			p.wrong(column, reason)
		}
		return s
	}
	m := Municipality{
		ISTAT:        form("istat", isISTAT, ReasonISTAT),
		Belfiore:     form("belfiore", isBelfiore, ReasonBelfiore),
		Name:         form("name", hasLetter, ReasonEmpty),
		AltName:      optional("name_alt_language", hasLetter, ReasonEmpty),
		Province:     p.shared(form("province", isProvince, ReasonProvince)),
		ProvinceName: p.shared(form("province_name", hasLetter, ReasonEmpty)),
		Region:       p.shared(form("region", hasLetter, ReasonEmpty)),
		CAP:          optional("cap", isCAP, ReasonCAP),
		Patron:       optional("patron", isDay, ReasonDay),
		Approximate:  optional("approximate", isFlag, ReasonFlag) == "true",
	}
	m.Population, _ = strconv.Atoi(form("population", isPopulation, ReasonPopulation))
	m.PopulationYear, _ = strconv.Atoi(optional("population_year", isYear, ReasonYear))
	m.Lat, _ = strconv.ParseFloat(form("lat", isNumber, ReasonNumber), 64)
	m.Lon, _ = strconv.ParseFloat(form("lon", isNumber, ReasonNumber), 64)
	return m
}

// checkAgainstEarlier compares a row with those before it, and its place with the country's. A row whose fields
// are already wrong is not judged further, save for its codes.
func (p *parser) checkAgainstEarlier(m Municipality, alreadyWrong bool) {
	p.once("istat", m.ISTAT)
	p.once("belfiore", m.Belfiore)
	if alreadyWrong {
		return
	}
	if !latInItaly(m.Lat) {
		p.wrong("lat", ReasonOutside)
	}
	if !lonInItaly(m.Lon) {
		p.wrong("lon", ReasonOutside)
	}
	mine := area{m.ProvinceName, m.Region}
	if earlier, ok := p.provinces[m.Province]; ok && earlier != mine {
		p.wrong("province", ReasonContradicts)
	} else if !ok {
		p.provinces[m.Province] = mine
	}
}

// once notes a code and complains where it was met before. The two kinds of code cannot be taken for each other.
func (p *parser) once(column, code string) {
	if p.seen[code] {
		p.wrong(column, ReasonDuplicate)
	} else if code != "" {
		p.seen[code] = true
	}
}

// shared returns one copy of s for all the rows that hold it.
func (p *parser) shared(s string) string {
	if one, ok := p.words[s]; ok {
		return one
	}
	s = strings.Clone(s)
	p.words[s] = s
	return s
}

// Italy reaches from Lampedusa to the Vetta d'Italia and from Bardonecchia to Otranto.
func latInItaly(lat float64) bool { return 35.2 <= lat && lat <= 47.3 }
func lonInItaly(lon float64) bool { return 6.5 <= lon && lon <= 18.7 }

func isISTAT(s string) bool { return len(s) == 6 && allDigits(s) }
func isCAP(s string) bool   { return len(s) == 5 && allDigits(s) }

func isBelfiore(s string) bool {
	return len(s) == 4 && 'A' <= s[0] && s[0] <= 'Z' && allDigits(s[1:])
}

func isProvince(s string) bool {
	return len(s) == 2 && 'A' <= s[0] && s[0] <= 'Z' && 'A' <= s[1] && s[1] <= 'Z'
}

func allDigits(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

func hasLetter(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

func isPopulation(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && allDigits(s) && n >= 1 && n < 10_000_000
}

func isYear(s string) bool { return len(s) == 4 && allDigits(s) && "1861" <= s }

func isNumber(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' && r != '-' }) && parses(s)
}

func parses(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

func isFlag(s string) bool { return s == "true" || s == "false" }

// daysIn counts the days of each month of a leap year.
var daysIn = [...]int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// isDay tells a day of the year, "MM-DD".
func isDay(s string) bool {
	if len(s) != 5 || s[2] != '-' || !allDigits(s[:2]) || !allDigits(s[3:]) {
		return false
	}
	month, _ := strconv.Atoi(s[:2])
	day, _ := strconv.Atoi(s[3:])
	return 1 <= month && month <= 12 && 1 <= day && day <= daysIn[month-1]
}
