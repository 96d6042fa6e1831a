package form

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
)

// common is what fields of every type share.
type common struct {
	form     *Form
	name     string
	label    string
	says     string
	raw      string
	required bool
	err      *errs.Error
}

func (f *Form) declare(name, label string) common {
	return common{form: f, name: name, label: label, raw: strings.TrimSpace(f.values.Get(name))}
}

// fail notes the first thing wrong.
func (c *common) fail(key string, args errs.Args) {
	if c.err != nil {
		return
	}
	if c.says != "" {
		key = c.says
	}
	c.err = errs.New(errs.Invalid, key, args).On(c.name)
}

func (c *common) require() {
	c.required = true
	if c.raw == "" {
		c.fail("form.required", nil)
	}
}

func (c *common) say(key string) {
	c.says = key
	if c.err != nil {
		c.err.Key, c.err.Args = key, nil
	}
}

// Given tells whether something was filled in.
func (c *common) Given() bool { return c.raw != "" }

// Text is a field of text, trimmed at both ends.
type Text struct {
	common
	Value string
}

// longest is the most characters of a text field that no Max bounds further.
const longest = 4000

// String declares a text field of at most 4,000 characters.
func (f *Form) String(name, label string) *Text { return f.Long(name, label, longest) }

// Long declares a text field of at most so many characters.
func (f *Form) Long(name, label string, most int) *Text {
	t := &Text{common: f.declare(name, label)}
	t.Value = t.raw
	f.fields = append(f.fields, &t.common)
	return t.Max(most)
}

// Max bounds the length in characters.
func (t *Text) Max(n int) *Text {
	if utf8.RuneCountInString(t.raw) > n {
		t.fail("form.too_long", errs.Args{"max": n})
	}
	return t
}

// Required refuses an empty field.
func (t *Text) Required() *Text { t.require(); return t }

// Says replaces the message of any error of this field.
func (t *Text) Says(key string) *Text { t.say(key); return t }

// Int is a field with a whole number.
type Int struct {
	common
	Value int
}

// Int declares a whole number.
func (f *Form) Int(name, label string) *Int {
	n := &Int{common: f.declare(name, label)}
	f.fields = append(f.fields, &n.common)
	if n.raw == "" {
		return n
	}
	v, err := strconv.ParseInt(n.raw, 10, 32)
	if err != nil {
		n.fail("form.not_a_number", nil)
		return n
	}
	n.Value = int(v)
	return n
}

// Default is the value, and what is shown, when nothing came.
func (n *Int) Default(v int) *Int {
	if n.raw == "" {
		n.Value = v
		n.form.Set(n.name, strconv.Itoa(v))
	}
	return n
}

// Between bounds the number, both ends allowed.
func (n *Int) Between(low, high int) *Int {
	if n.err == nil && n.raw != "" && (n.Value < low || n.Value > high) {
		n.fail("form.out_of_range", errs.Args{"min": low, "max": high})
	}
	return n
}

// Required refuses an empty field.
func (n *Int) Required() *Int { n.require(); return n }

// Says replaces the message of any error of this field.
func (n *Int) Says(key string) *Int { n.say(key); return n }

// Decimal is a field with a number that may have decimals.
type Decimal struct {
	common
	Value float64
}

// Decimal declares a decimal number, written with comma or point.
func (f *Form) Decimal(name, label string) *Decimal {
	d := &Decimal{common: f.declare(name, label)}
	f.fields = append(f.fields, &d.common)
	if d.raw == "" {
		return d
	}
	v, err := strconv.ParseFloat(strings.Replace(d.raw, ",", ".", 1), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		d.fail("form.not_a_number", nil)
		return d
	}
	d.Value = v
	return d
}

// Between bounds the number, both ends allowed.
func (d *Decimal) Between(low, high float64) *Decimal {
	if d.err == nil && d.raw != "" && (d.Value < low || d.Value > high) {
		d.fail("form.out_of_range", errs.Args{"min": low, "max": high})
	}
	return d
}

// Required refuses an empty field.
func (d *Decimal) Required() *Decimal { d.require(); return d }

// Date is a field with a civil day.
type Date struct {
	common
	Value agenda.Date // zero when none came
}

// Date declares a day: 2026-11-21 as <input type="date"> sends it, or
// 21/11/2026 as people write it; of the years 1900 to 2200.
func (f *Form) Date(name, label string) *Date {
	d := &Date{common: f.declare(name, label)}
	f.fields = append(f.fields, &d.common)
	if d.raw == "" {
		return d
	}
	for _, layout := range []string{time.DateOnly, "2/1/2006"} {
		if v, err := time.Parse(layout, d.raw); err == nil && v.Year() >= 1900 && v.Year() <= 2200 {
			d.Value = agenda.DateOf(v)
			f.Set(name, d.Value.String()) // the only form the browser shows again
			return d
		}
	}
	d.fail("form.not_a_date", nil)
	return d
}

// Default is the value, and what is shown, when nothing came.
func (d *Date) Default(day agenda.Date) *Date {
	if d.raw == "" {
		d.Value = day
		d.form.Set(d.name, day.String())
	}
	return d
}

// Required refuses an empty field.
func (d *Date) Required() *Date { d.require(); return d }

// Says replaces the message of any error of this field.
func (d *Date) Says(key string) *Date { d.say(key); return d }

// Time is a field with a time of the day.
type Time struct {
	common
	Value agenda.Clock // 00:00 to 24:00
}

// Time declares a time of the day: 09:30, also 9.30 or 9; and 24:00, the end
// of the day.
func (f *Form) Time(name, label string) *Time {
	t := &Time{common: f.declare(name, label)}
	f.fields = append(f.fields, &t.common)
	if t.raw == "" {
		return t
	}
	if t.raw == "24:00" {
		t.Value = agenda.Midnight24
		return t
	}
	for _, layout := range []string{"15:04", "15.04", "15:04:05", "15"} {
		if v, err := time.Parse(layout, t.raw); err == nil {
			t.Value = agenda.Clock(v.Hour()*60 + v.Minute())
			f.Set(name, t.Value.String())
			return t
		}
	}
	t.fail("form.not_a_time", nil)
	return t
}

// Default is the value, and what is shown, when nothing came.
func (t *Time) Default(c agenda.Clock) *Time {
	if t.raw == "" {
		t.Value = c
		t.form.Set(t.name, c.String())
	}
	return t
}

// Step wants a multiple of some minutes: 15 for the quarter-hour.
func (t *Time) Step(minutes int) *Time {
	if t.err == nil && int(t.Value)%minutes != 0 {
		t.fail("form.not_a_step", errs.Args{"minutes": minutes})
	}
	return t
}

// Required refuses an empty field.
func (t *Time) Required() *Time { t.require(); return t }

// Says replaces the message of any error of this field.
func (t *Time) Says(key string) *Time { t.say(key); return t }

// Choice is a field with one of a few values.
type Choice struct {
	common
	Value string
}

// Choice declares a choice among values.
func (f *Form) Choice(name, label string, values ...string) *Choice {
	c := &Choice{common: f.declare(name, label)}
	f.fields = append(f.fields, &c.common)
	switch {
	case c.raw == "":
	case slices.Contains(values, c.raw):
		c.Value = c.raw
	default:
		c.fail("form.not_a_choice", nil)
	}
	return c
}

// Default is the value, and what is shown, when nothing came.
func (c *Choice) Default(value string) *Choice {
	if c.raw == "" {
		c.Value = value
		c.form.Set(c.name, value)
	}
	return c
}

// Required refuses an empty field.
func (c *Choice) Required() *Choice { c.require(); return c }

// Says replaces the message of any error of this field.
func (c *Choice) Says(key string) *Choice { c.say(key); return c }

// Bool declares a checkbox and returns whether it was ticked.
func (f *Form) Bool(name, label string) bool {
	c := f.declare(name, label)
	f.fields = append(f.fields, &c)
	return c.raw != "" && c.raw != "false" && c.raw != "0"
}
