package lists

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"polis/internal/agenda"
	"polis/internal/sheet"
)

// cell is what stands in a column of a line.
type cell struct {
	p      *planning
	line   *line
	column string
	text   string
}

func (p *planning) cell(l *line, column string) cell {
	return cell{p, l, column, l.text[p.index[column]]}
}

func (c cell) wrong(reason string, args ...any) { c.p.wrong(c.line, c.column, reason, args...) }

// field is a column that shows a part of a thing and sets it.
type field[T any] struct {
	column string
	get    func(n names, v *T) string // as it is written out
	set    func(c cell, v *T)         // from what is brought in; nil where somebody else does it
}

// names tell the codes of what a thing refers to by ids.
type names struct {
	room  func(id string) string
	place func(ordinal int64) string
}

// fill sets all fields that the file has.
func fill[T any](p *planning, l *line, fields []field[T], v *T) {
	for _, f := range fields {
		if f.set != nil && p.has(f.column) {
			f.set(p.cell(l, f.column), v)
		}
	}
}

// differ lists what is not the same.
func differ[T any](fields []field[T], was, now names, before, after *T) (list []FieldChange) {
	for _, f := range fields {
		if a, b := f.get(was, before), f.get(now, after); a != b {
			list = append(list, FieldChange{f.column, a, b})
		}
	}
	return list
}

var hyphens = strings.NewReplacer("/", "-", " ", "-")

var codeShape = regexp.MustCompile(`^[A-Za-z0-9._-]{1,80}$`)

// code reads a code, which must be there. Blanks and slashes, which stand in the
// numbers of post offices, are hyphens.
func (c cell) code() (string, bool) {
	s := hyphens.Replace(c.text)
	switch {
	case s == "":
		c.wrong("empty")
	case !codeShape.MatchString(s):
		c.wrong("bad_code", "text", c.text)
	default:
		return s, true
	}
	return "", false
}

// short reads a text of at most so many characters.
func (c cell) short(to *string, most int) {
	if utf8.RuneCountInString(c.text) > most {
		c.wrong(sheet.ReasonTooLong, "max", most)
		return
	}
	*to = c.text
}

// whole reads a whole number; nothing is what it was.
func (c cell) whole(to *int, low, high int) {
	if c.text == "" {
		return
	}
	n, err := strconv.Atoi(c.text)
	switch {
	case err != nil:
		c.wrong("not_a_whole_number", "text", c.text)
	case n < low || n > high:
		c.wrong("out_of_range", "text", c.text, "min", low, "max", high)
	default:
		*to = n
	}
}

// degrees reads an angle written with a point, or with a comma as in Italy.
func (c cell) degrees() (float64, bool) {
	text := c.text
	if !strings.Contains(text, ".") {
		text = strings.Replace(text, ",", ".", 1)
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > 180 {
		c.wrong("not_degrees", "text", c.text)
		return 0, false
	}
	return v, true
}

// choice reads one of some words, each known by several; nothing is what it was.
func choice[T ~string](c cell, to *T, words []word) {
	if c.text == "" {
		return
	}
	if w, ok := find(c.text, words); ok {
		*to = T(w)
		return
	}
	c.unknown(words)
}

// unknown says which words there are, and which one was probably meant.
func (c cell) unknown(words []word) {
	var list, all []string
	for _, w := range words {
		list, all = append(list, w.word), append(append(all, w.word), w.also...)
	}
	if near, ok := sheet.Near(c.text, all); ok {
		c.wrong("unknown_word_near", "text", c.text, "near", near)
		return
	}
	c.wrong("unknown_word", "text", c.text, "words", strings.Join(list, ", "))
}

// near finds the word of a long list that was probably meant; it begins as the
// one that was written. all is asked once for each kind.
func (p *planning) near(kind, word string, all func() []string) (string, bool) {
	list, ok := p.known[kind]
	if !ok {
		list = map[rune][]string{}
		for _, w := range all() {
			first, _ := utf8.DecodeRuneInString(strings.ToLower(w))
			list[first] = append(list[first], w)
		}
		p.known[kind] = list
	}
	first, _ := utf8.DecodeRuneInString(strings.ToLower(strings.TrimSpace(word)))
	return sheet.Near(word, list[first])
}

// word is one of a choice, with the words that mean the same.
type word struct {
	word string
	also []string
}

// bare takes out what people write between the parts of a word.
var bare = strings.NewReplacer(" ", "", "-", "", "_", "", "'", "", "’", "")

// find compares words without regard to case, blanks and hyphens.
func find(text string, words []word) (string, bool) {
	for _, w := range words {
		if text == w.word {
			return text, true
		}
	}
	plain := func(s string) string { return bare.Replace(strings.ToLower(s)) }
	text = plain(text)
	for _, w := range words {
		if text == plain(w.word) || slices.ContainsFunc(w.also, func(a string) bool { return text == plain(a) }) {
			return w.word, true
		}
	}
	return "", false
}

// flag reads yes or no; nothing is what it was.
func (c cell) flag(to *bool) {
	answer := ""
	choice(c, &answer, []word{{"yes", []string{"sì", "si", "true", "vero", "1", "x"}}, {"no", []string{"false", "falso", "0"}}})
	if answer != "" {
		*to = answer == "yes"
	}
}

// date reads a civil date; nothing is none.
func (c cell) date(to *string) {
	if c.text == "" {
		*to = ""
		return
	}
	if d, ok := c.day(); ok {
		*to = d.String()
	}
}

var italianDate = regexp.MustCompile(`^(\d{1,2})[/.](\d{1,2})[/.](\d{4})$`)

// day reads 2026-11-22, or 22/11/2026 as it is written in Italy.
func (c cell) day() (agenda.Date, bool) {
	d, ok := parseDay(c.text)
	if !ok {
		c.wrong("bad_date", "text", c.text)
	}
	return d, ok
}

func parseDay(s string) (agenda.Date, bool) {
	if m := italianDate.FindStringSubmatch(s); m != nil {
		s = m[3] + "-" + pad(m[2]) + "-" + pad(m[1])
	}
	d, err := agenda.ParseDate(s)
	return d, err == nil && d.Year >= 1900 && d.Year <= 2200
}

func pad(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

// tokens reads a list of short words, divided by blanks, commas, semicolons or
// bars, each once.
func (c cell) tokens() (list []string) {
	for _, t := range strings.FieldsFunc(c.text, func(r rune) bool { return strings.ContainsRune(" ,;|\u00a0", r) }) {
		if !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	return list
}

func joined(list []string) string { return strings.Join(list, " ") }

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
