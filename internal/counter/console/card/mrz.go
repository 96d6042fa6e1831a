package card

import (
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
)

// Document is what the machine-readable zone of a document says.
type Document struct {
	Format        string // "TD1", "TD2", "TD3"
	Kind          string // "identity-card", "passport"
	Issuer        string // of three letters, e.g. "ITA"
	Number        string
	Family, Given string
	Nationality   string
	Birth         agenda.Date // zero where the document leaves a part of it out
	Expires       agenda.Date // zero where it does not say
}

// Expired tells whether a document is over on a day.
func (d *Document) Expired(today agenda.Date) bool {
	return d.Expires.Valid() && d.Expires.Before(today)
}

// span is a part of a zone whose lines stand one after the other.
type span struct{ from, to int }

func (s span) of(zone string) string { return zone[s.from:s.to] }

// format says where things stand in a zone (ICAO 9303, parts 4 to 6).
type format struct {
	name          string
	lines, width  int
	kinds         string // first letters
	names         span
	number, digit span // the document's number, and its check digit
	issuer        span
	nationality   span
	birth         span // its check digit follows
	expires       span // its check digit follows
	overflow      span // of a number longer than nine characters; empty where there is none
	personal      span // a further number with a check digit after it; empty where there is none
	whole         []span
	last          int // where the check digit of the whole is
}

var formats = []format{
	{
		name: "TD1", lines: 3, width: 30, kinds: "ACI", names: span{60, 90}, number: span{5, 14}, digit: span{14, 15}, issuer: span{2, 5},
		nationality: span{45, 48}, birth: span{30, 36}, expires: span{38, 44}, overflow: span{15, 30},
		whole: []span{{5, 30}, {30, 37}, {38, 45}, {48, 59}}, last: 59,
	},
	{
		name: "TD2", lines: 2, width: 36, kinds: "ACI", names: span{5, 36}, number: span{36, 45}, digit: span{45, 46}, issuer: span{2, 5},
		nationality: span{46, 49}, birth: span{49, 55}, expires: span{57, 63}, overflow: span{64, 71},
		whole: []span{{36, 46}, {49, 56}, {57, 71}}, last: 71,
	},
	{
		name: "TD3", lines: 2, width: 44, kinds: "P", names: span{5, 44}, number: span{44, 53}, digit: span{53, 54}, issuer: span{2, 5},
		nationality: span{54, 57}, birth: span{57, 63}, expires: span{65, 71}, personal: span{72, 86},
		whole: []span{{44, 54}, {57, 64}, {65, 87}}, last: 87,
	},
}

// zoneText is a line as a zone would have it: without spaces, and with the filler
// where reader and computer think of different keyboards, on which it is ";".
var zoneText = strings.NewReplacer(" ", "", "\t", "", ";", "<")

// findDocument looks for the zone of a document among the lines of a text, and
// returns the others.
func findDocument(text string, now time.Time) (rest string, _ *Document, err error) {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	for i, first := range lines {
		first = zoneText.Replace(first)
		for _, f := range formats {
			size, n := f.lines*f.width, f.lines
			zone := first
			if len(first) == size { // a reader that sends no line breaks
				n = 1
			} else if len(first) == f.width && i+n <= len(lines) {
				zone = zoneText.Replace(strings.Join(lines[i:i+n], ""))
			}
			if len(zone) != size || !strings.Contains(f.kinds, zone[:1]) || !inZone(zone) {
				continue
			}
			doc, err := f.read(zone, now)
			if err != nil {
				return "", nil, err
			}
			return strings.Join(append(lines[:i:i], lines[i+n:]...), "\n"), doc, nil
		}
	}
	return text, nil, nil
}

func inZone(s string) bool { return plain(strings.ReplaceAll(s, "<", "")) && strings.Contains(s, "<") }

func (f format) read(zone string, now time.Time) (*Document, error) {
	number, digit := f.longNumber(zone)
	right := fits(number, digit) && fits(zone[f.birth.from:f.birth.to], zone[f.birth.to]) &&
		fits(zone[f.expires.from:f.expires.to], zone[f.expires.to])
	if f.personal != (span{}) {
		p, d := f.personal.of(zone), zone[f.personal.to]
		right = right && (fits(p, d) || d == '<' && strings.Trim(p, "<") == "")
	}
	var whole strings.Builder
	for _, s := range f.whole {
		whole.WriteString(s.of(zone))
	}
	if !right || !fits(whole.String(), zone[f.last]) {
		return nil, errs.New(errs.Invalid, "console.card.digits", nil)
	}
	d := &Document{
		Format: f.name, Kind: "identity-card", Issuer: clean(f.issuer.of(zone)), Number: clean(number), Nationality: clean(f.nationality.of(zone)),
		Birth: date(f.birth.of(zone), now.Year()), Expires: date(f.expires.of(zone), now.Year()+50),
	}
	if f.kinds == "P" {
		d.Kind = "passport"
	}
	family, given, _ := strings.Cut(f.names.of(zone), "<<")
	d.Family, d.Given = clean(family), clean(given)
	return d, nil
}

// longNumber is the number of a document with its check digit. One of more than
// nine characters goes on where else optional data are, up to a filler, its check
// digit last (ICAO 9303-5, 4.2.4).
func (f format) longNumber(zone string) (number string, digit byte) {
	number, digit = f.number.of(zone), f.digit.of(zone)[0]
	if more, _, _ := strings.Cut(f.overflow.of(zone), "<"); digit == '<' && len(more) > 1 {
		return number + more[:len(more)-1], more[len(more)-1]
	}
	return number, digit
}

// fits tells whether a check digit is that of a text: the values of its characters
// (0-9, A as 10 to Z as 35, filler 0) times 7, 3, 1 in turn, modulo ten (ICAO
// 9303-3, 4.9).
func fits(text string, digit byte) bool {
	sum := 0
	for i := range len(text) {
		value := 0
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			value = int(c - '0')
		case c >= 'A' && c <= 'Z':
			value = int(c-'A') + 10
		}
		sum += value * [...]int{7, 3, 1}[i%3]
	}
	return digit == byte('0'+sum%10)
}

func clean(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.Trim(s, "<"), "<", " "))
}

// date reads six digits as the last day that they may mean until the end of a
// year; zero where the calendar has no such day.
func date(s string, until int) agenda.Date {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return agenda.Date{}
		}
	}
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	year := until - until%100 + two(0)
	if year > until {
		year -= 100
	}
	d := agenda.Date{Year: year, Month: time.Month(two(2)), Day: two(4)}
	if !d.Valid() {
		return agenda.Date{}
	}
	return d
}
