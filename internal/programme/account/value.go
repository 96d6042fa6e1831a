package account

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
)

// Cents is an amount of money, in cents of a euro. As text: "7831999.50".
type Cents int64

// mostEuro bounds an amount, so that sums of a million rows do not overflow.
const mostEuro = 10_000_000_000

// MarshalText writes euro and cents; nothing for 0, which is an amount that is
// not known.
func (c Cents) MarshalText() ([]byte, error) {
	if c == 0 {
		return nil, nil
	}
	sign, n := "", int64(c)
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Appendf(nil, "%s%d.%02d", sign, n/100, n%100), nil
}

// UnmarshalText reads euro with at most two decimals behind a point.
func (c *Cents) UnmarshalText(text []byte) error {
	whole, part, _ := strings.Cut(strings.TrimPrefix(string(text), "-"), ".")
	euro, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || euro > mostEuro || len(part) > 2 && strings.Trim(part[2:], "0") != "" {
		return &ValueError{"not_money"}
	}
	cents, err := strconv.ParseUint((part + "00")[:2], 10, 8)
	if err != nil || strings.ContainsFunc(part, func(r rune) bool { return r < '0' || r > '9' }) {
		return &ValueError{"not_money"}
	}
	*c = Cents(euro*100 + cents) //nolint:gosec // bounded above
	if text[0] == '-' {
		*c = -*c
	}
	return nil
}

// ValueError is a cell that is no value of its column. Reason is one of
// not_money, not_number, not_date, not_when, not_term, not_stage, not_answer.
type ValueError struct{ Reason string }

func (e *ValueError) Error() string { return strings.ReplaceAll(e.Reason, "_", " ") }

// Date is a civil date, or none. As text: "2024-11-30".
type Date struct{ agenda.Date }

// IsZero tells whether there is none.
func (d Date) IsZero() bool { return d.Date == agenda.Date{} }

// MarshalText writes the date.
func (d Date) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, nil
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads a date.
func (d *Date) UnmarshalText(text []byte) (err error) {
	if d.Date, err = agenda.ParseDate(string(text)); err != nil {
		return &ValueError{"not_date"}
	}
	return nil
}

// When is a time as exactly as its source gives it: a day, a month, a quarter
// or a year. As text: "2024-11-30", "2024-11", "2024-T4", "2024".
type When string

// End is the last day of it, by which whens are ordered; zero for "".
func (w When) End() agenda.Date {
	year, rest, part := strings.Cut(string(w), "-")
	y, err := strconv.Atoi(year)
	if err != nil || len(year) != 4 {
		return agenda.Date{}
	}
	switch {
	case !part:
		return agenda.Date{Year: y, Month: time.December, Day: 31}
	case len(rest) == 2 && rest[0] == 'T' && '1' <= rest[1] && rest[1] <= '4':
		return Quarter{y, int(rest[1] - '0')}.End()
	case len(rest) == 2:
		m, err := strconv.Atoi(rest)
		if err != nil || m < 1 || m > 12 {
			return agenda.Date{}
		}
		return agenda.Date{Year: y, Month: time.Month(m + 1), Day: 1}.AddDays(-1)
	}
	d, err := agenda.ParseDate(string(w))
	if err != nil {
		return agenda.Date{}
	}
	return d
}

// MarshalText writes it.
func (w When) MarshalText() ([]byte, error) { return []byte(w), nil }

// UnmarshalText reads it.
func (w *When) UnmarshalText(text []byte) error {
	if *w = When(text); w.End() == (agenda.Date{}) {
		return &ValueError{"not_when"}
	}
	return nil
}

// Quarter is a quarter of a year. As text: "2024-T4".
type Quarter struct{ Year, Number int }

// QuarterOf is the quarter of a date.
func QuarterOf(d agenda.Date) Quarter { return Quarter{d.Year, (int(d.Month) + 2) / 3} }

// End is its last day.
func (q Quarter) End() agenda.Date {
	return agenda.Date{Year: q.Year, Month: time.Month(q.Number*3 + 1), Day: 1}.AddDays(-1)
}

// Next is the one after it.
func (q Quarter) Next() Quarter {
	if q.Number == 4 {
		return Quarter{q.Year + 1, 1}
	}
	return Quarter{q.Year, q.Number + 1}
}

// Before tells whether it is earlier than another.
func (q Quarter) Before(o Quarter) bool {
	return q.Year < o.Year || q.Year == o.Year && q.Number < o.Number
}

func (q Quarter) String() string { return fmt.Sprintf("%04d-T%d", q.Year, q.Number) }

// Term is the number of a quarter. As text: "T4".
type Term int

// MarshalText writes it.
func (t Term) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "T%d", int(t)), nil }

// UnmarshalText reads it, with the letter that Italian or English uses.
func (t *Term) UnmarshalText(text []byte) error {
	if len(text) != 2 || !strings.ContainsRune("TQtq", rune(text[0])) || text[1] < '1' || text[1] > '4' {
		return &ValueError{"not_term"}
	}
	*t = Term(text[1] - '0')
	return nil
}

// Stage is how far a milestone is, whatever the day.
type Stage string

// The stages.
const (
	NotStarted Stage = "not-started"
	Started    Stage = "started"
	Near       Stage = "near"
	Completed  Stage = "completed"
)

// Stages are all of them, in their order.
var Stages = []Stage{NotStarted, Started, Near, Completed}

// MarshalText writes it.
func (s Stage) MarshalText() ([]byte, error) { return []byte(s), nil }

// UnmarshalText reads it.
func (s *Stage) UnmarshalText(text []byte) error {
	for _, known := range Stages {
		if *s = known; string(text) == string(known) {
			return nil
		}
	}
	return &ValueError{"not_stage"}
}

// Answer is yes, no, or not said.
type Answer string

// The answers.
const (
	Yes Answer = "yes"
	No  Answer = "no"
)

// MarshalText writes it.
func (a Answer) MarshalText() ([]byte, error) { return []byte(a), nil }

// UnmarshalText reads it in Italian or English.
func (a *Answer) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case "yes", "sì", "si", "true", "1":
		*a = Yes
	case "no", "false", "0":
		*a = No
	default:
		return &ValueError{"not_answer"}
	}
	return nil
}

// number reads the number of a text that may be none.
func number(text string) (float64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
}
