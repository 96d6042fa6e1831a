package i18n

import (
	"fmt"
	"strings"
)

// Euro is an amount of cents: "1.234.567,89 €", "€1,234,567.89"; without cents
// where there are none.
func (p *Printer) Euro(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "−", -cents
	}
	text := p.Number(cents / 100)
	if cents%100 != 0 {
		text += p.point() + fmt.Sprintf("%02d", cents%100)
	}
	return sign + p.inEuro(text)
}

// Millions is an amount of cents in millions of euro, with two decimals at most:
// "162,62 mln €", "€162.62m".
func (p *Printer) Millions(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "−", -cents
	}
	const hundredth = 1_000_000 // of a million of euro, in cents
	n := (cents + hundredth/2) / hundredth
	text := p.Number(n / 100)
	if part := strings.TrimRight(fmt.Sprintf("%02d", n%100), "0"); part != "" {
		text += p.point() + part
	}
	if p.Lang == IT {
		return sign + text + " mln €"
	}
	return sign + "€" + text + "m"
}

// point stands before decimals.
func (p *Printer) point() string {
	if p.Lang == IT {
		return ","
	}
	return "."
}

func (p *Printer) inEuro(text string) string {
	if p.Lang == IT {
		return text + " €"
	}
	return "€" + text
}
