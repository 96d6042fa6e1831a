package agenda

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Span is opening time on one date. To may pass 24:00: 20:00 to 26:00 is
// "20:00-02:00", which belongs to the date it begins on.
type Span struct{ From, To Clock }

// String is the span as "08:20-13:35".
func (s Span) String() string {
	to := s.To
	if to > Midnight24 {
		to -= Midnight24
	}
	return s.From.String() + "-" + to.String()
}

// Hours are weekly opening hours. The zero value is always closed.
//
// The text form is a part of the opening_hours syntax of OpenStreetMap
// (https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification):
//
//	Mo-Fr 08:20-13:35; Sa 08:20-12:35; PH off
//	Mo,We,Fr 09:00-13:00,14:00-18:00
//	Fr,Sa 20:00-02:00; Su,PH 10:00-24:00
//	24/7; PH off
//	off
//
// Rules are separated by ";". A rule is days and hours: days are Mo Tu We Th Fr
// Sa Su, lists, ranges, and PH for holidays; without days it holds for all.
// Hours are a list of HH:MM-HH:MM, "off", or "24/7" alone. A later rule
// replaces an earlier one on the days it names. A holiday for which no rule
// says PH is a day like any other; rules without PH must come first, as the
// syntax gives the last word to the last rule. A span that ends at or before
// its start passes midnight and belongs to the day it begins on, whatever
// holds on the next.
type Hours struct {
	week       [7][]Span // by time.Weekday; each sorted, apart from each other
	holiday    []Span
	hasHoliday bool // holidays differ from the weekday
}

// Reason is what is wrong with a piece of opening hours: part of a message key.
type Reason string

// The reasons.
const (
	ReasonEmpty   Reason = "empty"   // nothing where days or hours should be
	ReasonDay     Reason = "day"     // not a day or range of days
	ReasonTime    Reason = "time"    // not HH:MM-HH:MM
	ReasonOverlap Reason = "overlap" // hours of one day that overlap or pass 24 in all
	ReasonOrder   Reason = "order"   // a rule for weekdays after one for holidays
	ReasonLong    Reason = "long"    // longer than any real opening hours
)

var reasonText = map[Reason]string{
	ReasonEmpty:   "days or hours are missing",
	ReasonDay:     "is not a day such as Mo, Mo-Fr or PH",
	ReasonTime:    "is not a span such as 08:20-13:35",
	ReasonOverlap: "overlaps other hours of the same day",
	ReasonOrder:   "must come before the rule for PH",
	ReasonLong:    "is too long",
}

// HoursError says which piece of the text is at fault, and why.
type HoursError struct {
	Piece  string
	Reason Reason
}

func (e *HoursError) Error() string {
	return fmt.Sprintf("opening hours: %q %s", e.Piece, reasonText[e.Reason])
}

const maxHoursText = 1000

// ParseHours reads opening hours; the error is a *HoursError.
func ParseHours(s string) (Hours, error) {
	if len(s) > maxHoursText {
		return Hours{}, &HoursError{s[:20], ReasonLong}
	}
	var h Hours
	for rule := range strings.SplitSeq(s, ";") {
		if err := h.apply(strings.TrimSpace(rule)); err != nil {
			return Hours{}, err
		}
	}
	if h.hasHoliday && !slices.ContainsFunc(h.week[:], func(day []Span) bool { return !slices.Equal(day, h.holiday) }) {
		h.holiday, h.hasHoliday = nil, false // said, but no different from any day
	}
	return h, nil
}

// MustHours is ParseHours for texts of the program itself; it panics on error.
func MustHours(s string) Hours {
	h, err := ParseHours(s)
	if err != nil {
		panic(err)
	}
	return h
}

// apply lays one rule over h.
func (h *Hours) apply(rule string) error {
	days, spans, err := parseRule(rule)
	if err != nil {
		return err
	}
	if h.hasHoliday && days&everyDay != 0 {
		return &HoursError{rule, ReasonOrder}
	}
	for wd := range h.week {
		if days.has(time.Weekday(wd)) {
			h.week[wd] = spans
		}
	}
	if days&publicHoliday != 0 {
		h.holiday, h.hasHoliday = spans, true
	}
	return nil
}

// days is a set: bit time.Weekday for weekdays, then one for holidays.
type days uint8

const (
	everyDay      days = 1<<7 - 1
	publicHoliday days = 1 << 7
)

func (d days) has(wd time.Weekday) bool { return d>>wd&1 != 0 }

// parseRule reads "Mo-Fr 08:20-13:35", "PH off", "08:00-12:00", "24/7", "off".
func parseRule(rule string) (days, []Span, error) {
	if rule == "24/7" {
		return everyDay, []Span{{0, Midnight24}}, nil
	}
	head, closed := strings.CutSuffix(rule, "off")
	if !closed {
		head, closed = strings.CutSuffix(rule, "closed")
	}
	if closed {
		d, err := parseDays(rule, head)
		return d, nil, err
	}
	digit := strings.IndexAny(rule, "0123456789")
	if digit < 0 {
		if rule != "" {
			if _, err := parseDays(rule, rule); err != nil {
				return 0, nil, err
			}
		}
		return 0, nil, &HoursError{rule, ReasonEmpty}
	}
	d, err := parseDays(rule, rule[:digit])
	if err != nil {
		return 0, nil, err
	}
	spans, err := parseSpans(rule[digit:])
	return d, spans, err
}

// weekdays in the order in which people and the syntax count them.
var weekdays = []string{"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"}

func weekday(i int) time.Weekday { return time.Weekday((i + 1) % 7) }

// parseDays reads "Mo-Fr,PH"; nothing means every weekday.
func parseDays(rule, s string) (days, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return everyDay, nil
	}
	var set days
	for piece := range strings.SplitSeq(s, ",") {
		piece = strings.TrimSpace(piece)
		if piece == "" {
			return 0, &HoursError{rule, ReasonEmpty}
		}
		if piece == "PH" {
			set |= publicHoliday
			continue
		}
		from, to, isRange := strings.Cut(piece, "-")
		i := slices.Index(weekdays, strings.TrimSpace(from))
		j := i
		if isRange {
			j = slices.Index(weekdays, strings.TrimSpace(to))
		}
		if i < 0 || j < 0 || isRange && i == j {
			return 0, &HoursError{piece, ReasonDay}
		}
		for set |= 1 << weekday(i); i != j; set |= 1 << weekday(i) {
			i = (i + 1) % 7 // Sa-Mo passes the end of the week
		}
	}
	return set, nil
}

// parseSpans reads "09:00-13:00,14:00-18:00" into sorted spans, joining those that touch.
func parseSpans(s string) ([]Span, error) {
	var spans []Span
	for piece := range strings.SplitSeq(s, ",") {
		piece = strings.TrimSpace(piece)
		span, err := parseSpan(piece)
		if err != nil {
			return nil, err
		}
		at, _ := slices.BinarySearchFunc(spans, span, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
		if at > 0 && spans[at-1].To > span.From || at < len(spans) && span.To > spans[at].From {
			return nil, &HoursError{piece, ReasonOverlap}
		}
		spans = slices.Insert(spans, at, span)
	}
	joined := spans[:1]
	for _, span := range spans[1:] {
		if last := &joined[len(joined)-1]; last.To == span.From {
			last.To = span.To
		} else {
			joined = append(joined, span)
		}
	}
	for _, span := range joined {
		// Written down, 24 hours and more would read as fewer; only 00:00-24:00 is clear.
		if span.To-span.From >= Midnight24 && span != (Span{0, Midnight24}) {
			return nil, &HoursError{s, ReasonOverlap}
		}
	}
	return joined, nil
}

func parseSpan(s string) (Span, error) {
	a, b, _ := strings.Cut(s, "-")
	from, errFrom := ParseClock(strings.TrimSpace(a))
	to, errTo := ParseClock(strings.TrimSpace(b))
	if errFrom != nil || errTo != nil || from == Midnight24 || from == to {
		return Span{}, &HoursError{s, ReasonTime}
	}
	if to < from {
		to += Midnight24
	}
	return Span{from, to}, nil
}

// On are the spans that begin on a weekday, sorted; none when closed. The
// caller must not change them.
func (h Hours) On(wd time.Weekday, holiday bool) []Span {
	if holiday && h.hasHoliday {
		return h.holiday
	}
	return h.week[wd]
}

// Equal tells whether h and g are open at the same times.
func (h Hours) Equal(g Hours) bool {
	for wd := range h.week {
		if !slices.Equal(h.week[wd], g.week[wd]) {
			return false
		}
	}
	return h.hasHoliday == g.hasHoliday && slices.Equal(h.holiday, g.holiday)
}

// String is the one way in which Polis writes these hours; ParseHours reads it back.
func (h Hours) String() string {
	var rules []string
	var written days
	for i := range weekdays {
		spans := h.week[weekday(i)]
		if len(spans) == 0 || written.has(weekday(i)) {
			continue
		}
		var same days
		for wd := range h.week {
			if slices.Equal(h.week[wd], spans) {
				same |= 1 << wd
			}
		}
		written |= same
		if same == everyDay && spans[0] == (Span{0, Midnight24}) {
			rules = append(rules, "24/7")
		} else {
			rules = append(rules, same.String()+" "+writeSpans(spans))
		}
	}
	if h.hasHoliday {
		rules = append(rules, "PH "+writeSpans(h.holiday))
	}
	if len(rules) == 0 {
		return "off"
	}
	return strings.Join(rules, "; ")
}

func writeSpans(spans []Span) string {
	if len(spans) == 0 {
		return "off"
	}
	texts := make([]string, len(spans))
	for i, span := range spans {
		texts[i] = span.String()
	}
	return strings.Join(texts, ",")
}

// String lists weekdays from Monday, three and more in a row as a range: "Mo-We,Sa".
func (d days) String() string {
	var parts []string
	for i := 0; i < len(weekdays); i++ {
		if !d.has(weekday(i)) {
			continue
		}
		j := i
		for j+1 < len(weekdays) && d.has(weekday(j+1)) {
			j++
		}
		if j-i >= 2 {
			parts = append(parts, weekdays[i]+"-"+weekdays[j])
			i = j
		} else {
			parts = append(parts, weekdays[i])
		}
	}
	return strings.Join(parts, ",")
}
