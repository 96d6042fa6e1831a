package i18n

import (
	"errors"
	"time"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"polis/internal/platform/errs"
)

// Printer writes in one language. It is safe for use by many goroutines.
type Printer struct {
	Lang Lang
	Zone *time.Location

	bundle  *Bundle
	plural  *goi18n.Localizer
	numbers *message.Printer
	style   *style
}

func newPrinter(b *Bundle, lang Lang, zone *time.Location) *Printer {
	return &Printer{
		Lang: lang, Zone: zone,
		bundle:  b,
		plural:  goi18n.NewLocalizer(b.plural, string(lang)),
		numbers: message.NewPrinter(language.Make(string(lang))),
		style:   styles[lang],
	}
}

// In is the same printer with another zone.
func (p *Printer) In(zone *time.Location) *Printer {
	q := *p
	q.Zone = zone
	return &q
}

// Has tells whether a key has words.
func (p *Printer) Has(key string) bool { return p.bundle.Has(key) }

// T is the text of a key. Variables are pairs, "name", value, or one
// errs.Args; the variable count chooses the plural. A key without words is
// shown as it is and logged once.
func (p *Printer) T(key string, variables ...any) string {
	m, ok := p.bundle.words[p.Lang][key]
	if !ok {
		p.bundle.miss(p.Lang, key, errors.New("no words"))
		return key
	}
	vars, err := args(variables)
	if err != nil {
		p.bundle.miss(p.Lang, key, err)
	}
	if len(vars) == 0 && !m.counts() {
		return m.Other
	}
	text, err := p.plural.Localize(&goi18n.LocalizeConfig{
		MessageID:    key,
		TemplateData: p.spell(vars),
		PluralCount:  pluralCount(vars["count"]),
	})
	if text == "" {
		p.bundle.miss(p.Lang, key, err)
		return key
	}
	return text
}

// spell writes the numbers, lengths and instants among the variables as the
// language does.
func (p *Printer) spell(vars errs.Args) map[string]any {
	out := make(map[string]any, len(vars))
	for name, v := range vars {
		switch x := v.(type) {
		case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
			out[name] = p.Number(v)
		case time.Duration:
			out[name] = p.Duration(x)
		case time.Time:
			out[name] = p.DateTime(x)
		default:
			out[name] = v
		}
	}
	return out
}

// pluralCount is the count as the plural rules take it; nil when there is none.
func pluralCount(v any) any {
	switch n := v.(type) {
	case int, int8, int16, int32, int64:
		return n
	case uint:
		return int64(n)
	case uint32:
		return int64(n)
	case uint64:
		return int64(n)
	}
	return nil
}

// Number writes a whole or decimal number: 10.000 and 1,5 in Italian.
func (p *Printer) Number(n any) string {
	return p.numbers.Sprint(number.Decimal(n, number.MaxFractionDigits(2)))
}

// Distance writes kilometres: "350 m", "1,2 km", "48 km".
func (p *Printer) Distance(km float64) string {
	switch {
	case km < 0.995:
		return p.Number(int(km*100+0.5)*10) + " m"
	case km < 9.95:
		return p.numbers.Sprint(number.Decimal(km, number.MaxFractionDigits(1))) + " km"
	}
	return p.Number(int(km+0.5)) + " km"
}
