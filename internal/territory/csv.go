package territory

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
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
	ReasonEncoding    = "not_utf_8"
	ReasonControl     = "control_character"
	ReasonQuotes      = "broken_quotes"
	ReasonFieldCount  = "wrong_number_of_fields"
	ReasonNoRows      = "no_rows"
	ReasonColumn      = "column_missing"
	ReasonColumnTwice = "column_twice"
	ReasonEmpty       = "empty"
	ReasonTooLong     = "too_long"
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

// The columns of a list of municipalities; the first group must be there, others than these are passed over.
var (
	neededColumns   = []string{"istat", "belfiore", "name", "province", "province_name", "region", "population", "lat", "lon"}
	possibleColumns = []string{"name_alt_language", "cap", "population_year", "approximate", "patron"}
)

// ParseCSV reads a list of municipalities: a header line with the columns istat, belfiore, name, province,
// province_name, region, population, lat and lon in any order, and if wanted name_alt_language, cap,
// population_year, approximate (true or false) and patron (MM-DD). A byte order mark, CRLF and blank lines are
// taken. What is wrong with the text comes back as [RowErrors] and nothing else with it; another error is the
// reader's own.
func ParseCSV(r io.Reader) ([]Municipality, error) {
	in := bufio.NewReader(r)
	if start, _ := in.Peek(3); string(start) == "\uFEFF" {
		_, _ = in.Discard(3)
	}
	records := csv.NewReader(in)
	records.FieldsPerRecord = -1
	records.ReuseRecord = true

	p := parser{seen: map[string]bool{}, provinces: map[string]area{}, words: map[string]string{}}
	for {
		fields, err := records.Read()
		if err == io.EOF {
			break
		}
		if syntax, ok := errors.AsType[*csv.ParseError](err); ok {
			p.line = syntax.StartLine
			p.wrong("", ReasonQuotes)
		} else if err != nil {
			return nil, fmt.Errorf("territory: reading the municipalities: %w", err)
		} else {
			p.line, _ = records.FieldPos(0)
			p.record(fields)
		}
		if len(p.errors) == MaxRowErrors || p.header == nil {
			break
		}
	}
	if len(p.errors) == 0 && len(p.out) == 0 {
		p.wrong("", ReasonNoRows)
	}
	if len(p.errors) > 0 {
		return nil, p.errors
	}
	return p.out, nil
}

// parser holds what one reading has met so far.
type parser struct {
	line      int
	header    map[string]int // column → field
	width     int
	seen      map[string]bool // ISTAT and Belfiore codes
	provinces map[string]area
	words     map[string]string // one copy of each word that many rows share
	out       []Municipality
	errors    RowErrors
}

type area struct{ name, region string }

func (p *parser) wrong(column, reason string) {
	if len(p.errors) < MaxRowErrors {
		p.errors = append(p.errors, RowError{max(p.line, 1), column, reason})
	}
}

// record takes the header first and then one municipality a call.
func (p *parser) record(fields []string) {
	if p.header == nil {
		p.readHeader(fields)
		return
	}
	if len(fields) != p.width {
		p.wrong("", ReasonFieldCount)
		return
	}
	before := len(p.errors)
	m := p.municipality(fields)
	p.checkAgainstEarlier(m, len(p.errors) > before)
	if len(p.errors) == 0 {
		p.out = append(p.out, m)
	}
}

func (p *parser) readHeader(fields []string) {
	header := make(map[string]int, len(fields))
	for i, column := range fields {
		column = strings.ToLower(strings.TrimSpace(column))
		if !slices.Contains(neededColumns, column) && !slices.Contains(possibleColumns, column) {
			continue
		}
		if _, twice := header[column]; twice {
			p.wrong(column, ReasonColumnTwice)
		}
		header[column] = i
	}
	for _, column := range neededColumns {
		if _, ok := header[column]; !ok {
			p.wrong(column, ReasonColumn)
		}
	}
	if len(p.errors) == 0 {
		p.header, p.width = header, len(fields)
	}
}

// municipality reads one row, noting what is wrong with it.
func (p *parser) municipality(fields []string) Municipality {
	field := func(column string) string {
		i, ok := p.header[column]
		if !ok {
			return ""
		}
		s := strings.TrimSpace(fields[i])
		switch {
		case !utf8.ValidString(s):
			p.wrong(column, ReasonEncoding)
			return ""
		case strings.ContainsFunc(s, unicode.IsControl):
			p.wrong(column, ReasonControl)
			return ""
		case len(s) > maxQuery:
			p.wrong(column, ReasonTooLong)
			return ""
		}
		return s
	}
	text := func(column string) string {
		before := len(p.errors)
		s := field(column)
		if s == "" && len(p.errors) == before {
			p.wrong(column, ReasonEmpty)
		}
		return s
	}
	form := func(column string, is func(string) bool, reason string) string {
		before := len(p.errors)
		s := text(column)
		if len(p.errors) == before && !is(s) {
			p.wrong(column, reason)
		}
		return s
	}
	optional := func(column string, is func(string) bool, reason string) string {
		s := field(column)
		if s != "" && !is(s) {
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
