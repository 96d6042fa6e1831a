package lists

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"polis/internal/agenda"
)

// weekColumns are the columns of a week, with the days of agenda.
var weekColumns = [][2]string{
	{"mon", "Mo"}, {"tue", "Tu"}, {"wed", "We"}, {"thu", "Th"}, {"fri", "Fr"}, {"sat", "Sa"}, {"sun", "Su"}, {"holidays", "PH"},
}

// Days as people write them, in Italian and English, in the words of agenda.
var dayWords = func() map[string]string {
	out := map[string]string{}
	for day, words := range map[string]string{
		"Mo":  "mo lu lun lunedi lunedì mon monday",
		"Tu":  "tu ma mar martedi martedì tue tues tuesday",
		"We":  "we me mer mercoledi mercoledì wed wednesday",
		"Th":  "th gi gio giovedi giovedì thu thur thurs thursday",
		"Fr":  "fr ve ven venerdi venerdì fri friday",
		"Sa":  "sa sab sabato sat saturday",
		"Su":  "su do dom domenica sun sunday",
		"PH":  "ph fest festivi festivo holidays",
		"off": "off closed chiuso chiusa chiusi",
		"-":   "al a to alle",
		"":    "dal dalle",
		",":   "e and",
	} {
		for w := range strings.FieldsSeq(words) {
			out[w] = day
		}
	}
	return out
}()

var (
	breaks    = strings.NewReplacer("\n", "; ", "|", ";")
	letters   = regexp.MustCompile(`\p{L}+`)
	clockTime = regexp.MustCompile(`\b(\d{1,2})[.:](\d{2})\b`)
	dash      = regexp.MustCompile(`\s*[-–—]\s*`)
	comma     = regexp.MustCompile(`\s*,\s*`)
	dayColon  = regexp.MustCompile(`([a-zH]):\s*`)
	nextSpan  = regexp.MustCompile(`(\d{2}:\d{2}-\d{2}:\d{2})(?:\s+|\s*/\s*)(\d)`)
	nextDay   = regexp.MustCompile(`(\d{2}:\d{2}|off)[\s,]+(Mo|Tu|We|Th|Fr|Sa|Su|PH)\b`)
)

// What people write around hours, and what it is.
var (
	always   = regexp.MustCompile(`(?i)^\s*(?:h\s*24|24\s*h|24\s*ore(?:\s+su\s+24)?|sempre aperto|always open)\s*$`)
	everyDay = regexp.MustCompile(`(?i)tutti i giorni|every day`)
	beside   = regexp.MustCompile(`(?i)\borario continuato\b|\bcontinuato\b|\bore\b`)
)

// openingWords brings opening hours as people write them ("Lun-Ven 8.20-13.35;
// sabato: chiuso") into the syntax of agenda. What it does not know it leaves,
// for agenda to complain of.
func openingWords(s string) string {
	if always.MatchString(s) {
		return "24/7"
	}
	s = beside.ReplaceAllString(everyDay.ReplaceAllString(breaks.Replace(s), "lun-dom"), "")
	s = letters.ReplaceAllStringFunc(s, func(w string) string {
		if day, ok := dayWords[strings.ToLower(w)]; ok {
			return day
		}
		return w
	})
	s = clockTime.ReplaceAllStringFunc(s, func(t string) string {
		hour, minute := t[:len(t)-3], t[len(t)-2:]
		return pad(hour) + ":" + minute
	})
	s = dash.ReplaceAllString(s, "-")
	s = comma.ReplaceAllString(s, ",")
	s = dayColon.ReplaceAllString(s, "$1 ")
	for range 3 { // spans overlap in their last figure
		s = nextSpan.ReplaceAllString(s, "$1,$2")
	}
	s = nextDay.ReplaceAllString(s, "$1; $2")
	return strings.TrimSuffix(strings.TrimSpace(s), ";")
}

// opening reads opening hours; nothing is what it was.
func (c cell) opening(to *agenda.Hours) {
	if c.text == "" {
		return
	}
	if h, err := agenda.ParseHours(c.text); err == nil {
		*to = h
	} else if h, ok := c.hours(openingWords(c.text)); ok {
		*to = h
	}
}

// hours reads opening hours in the syntax of agenda and says where they are
// wrong.
func (c cell) hours(text string) (agenda.Hours, bool) {
	h, err := agenda.ParseHours(text)
	var bad *agenda.HoursError
	if errors.As(err, &bad) {
		at := max(strings.Index(text, bad.Piece), 0)
		c.wrong("hours_"+string(bad.Reason), "piece", bad.Piece, "at", utf8.RuneCountInString(text[:at])+1)
	}
	return h, err == nil
}

// week reads the columns of the days, if the line has any of them filled in;
// what is empty is closed.
func (p *planning) week(l *line, to *agenda.Hours) {
	var rules []string
	given := false
	for _, day := range weekColumns {
		if !p.has(day[0]) {
			continue
		}
		c := p.cell(l, day[0])
		given = given || c.text != ""
		text := openingWords(c.text)
		if text == "" && day[1] == "PH" { // a day like any other
			continue
		}
		if text == "" {
			text = "off"
		}
		if _, ok := c.hours(text); !ok {
			return
		}
		rules = append(rules, day[1]+" "+text)
	}
	if !given {
		return
	}
	if h, err := agenda.ParseHours(strings.Join(rules, "; ")); err == nil {
		*to = h
	} else {
		p.cell(l, weekColumns[0][0]).hours(strings.Join(rules, "; "))
	}
}

// onDate reads the hours of one date: spans, or that it is closed.
func (c cell) onDate() (spans []agenda.Span, ok bool) {
	text := openingWords(c.text)
	if text == "off" {
		return nil, true
	}
	if text == "" {
		c.wrong("empty")
		return nil, false
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r >= 'A' && r <= 'z' || r == ';' }) && text != "24/7" {
		c.wrong("hours_of_a_date", "text", c.text)
		return nil, false
	}
	h, ok := c.hours(text)
	return h.On(0, false), ok
}
