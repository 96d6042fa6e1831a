package i18n_test

import (
	"testing"

	"polis/internal/platform/i18n"
)

func TestMoney(t *testing.T) {
	t.Parallel()
	b := i18n.NewBundle()
	it, en := b.Printer(i18n.IT, i18n.Rome), b.Printer(i18n.EN, i18n.Rome)
	for _, c := range []struct {
		cents                            int64
		euroIT, euroEN, millIT, millions string
	}{
		{0, "0 €", "€0", "0 mln €", "€0m"},
		{5, "0,05 €", "€0.05", "0 mln €", "€0m"},
		{123456789, "1.234.567,89 €", "€1,234,567.89", "1,23 mln €", "€1.23m"},
		{16262000000, "162.620.000 €", "€162,620,000", "162,62 mln €", "€162.62m"},
		{80000000000, "800.000.000 €", "€800,000,000", "800 mln €", "€800m"},
		{-150, "−1,50 €", "−€1.50", "−0 mln €", "−€0m"},
	} {
		if got := it.Euro(c.cents); got != c.euroIT {
			t.Errorf("%d: %q, want %q", c.cents, got, c.euroIT)
		}
		if got := en.Euro(c.cents); got != c.euroEN {
			t.Errorf("%d: %q, want %q", c.cents, got, c.euroEN)
		}
		if got := it.Millions(c.cents); got != c.millIT {
			t.Errorf("%d: %q, want %q", c.cents, got, c.millIT)
		}
		if got := en.Millions(c.cents); got != c.millions {
			t.Errorf("%d: %q, want %q", c.cents, got, c.millions)
		}
	}
}
