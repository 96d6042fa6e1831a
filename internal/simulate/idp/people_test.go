package idp_test

import (
	"testing"
	"time"

	"polis/internal/fiscal"
	"polis/internal/simulate/idp"
)

// The people are made up, of every kind, and their numbers fit them.
func TestPeople(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	keys, numbers := map[string]bool{}, map[string]bool{}
	none, letters, minors, silent := 0, 0, 0, 0
	for _, p := range idp.People() {
		if keys[p.Key] || p.FiscalNumber != "" && numbers[p.FiscalNumber] {
			t.Errorf("%s: key or number twice", p.Key)
		}
		keys[p.Key], numbers[p.FiscalNumber] = true, true
		if p.Email == "" {
			silent++
		}
		if p.FiscalNumber == "" {
			none++
			continue
		}
		cf, err := fiscal.Parse(p.FiscalNumber, now)
		if err != nil || cf.Sex != p.Sex || cf.BirthDate != p.Birth || cf.Place != p.Place {
			t.Errorf("%s: %s is %+v, %v", p.Key, p.FiscalNumber, cf, err)
		}
		plain, err := fiscal.Make(p.Family, p.Given, p.Birth, p.Sex, p.Place)
		if err != nil || plain[:6] != p.FiscalNumber[:6] {
			t.Errorf("%s: %s against %s, %v", p.Key, p.FiscalNumber, plain, err)
		}
		if plain != p.FiscalNumber {
			letters++
		}
		if p.Birth.Year > 2008 {
			minors++
		}
	}
	if none != 1 || letters != 1 || minors != 1 || silent != 1 {
		t.Errorf("%d without number, %d with omocodia, %d minors, %d without e-mail; one of each is wanted", none, letters, minors, silent)
	}
}
