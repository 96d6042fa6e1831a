package site

import (
	"os"
	"testing"

	"polis/internal/platform/i18n"
	"polis/internal/platform/i18n/i18ntest"
)

func TestWords(t *testing.T) {
	t.Parallel()
	b := i18n.NewBundle()
	if err := b.Add(Words); err != nil {
		t.Fatal(err)
	}
	i18ntest.Check(t, b, os.DirFS("."))
	var keys []string
	for _, k := range Kinds {
		keys = append(keys, k.Label())
	}
	for _, s := range States {
		keys = append(keys, s.Label())
	}
	for _, s := range sizes[1:] {
		keys = append(keys, s.Label())
	}
	for _, f := range Features {
		keys = append(keys, FeatureLabel(f))
	}
	for _, p := range Purposes {
		keys = append(keys, p.Label())
	}
	for _, a := range Amenities {
		keys = append(keys, a.Label())
	}
	for _, p := range parkings[1:] {
		keys = append(keys, p.Label())
	}
	for _, b := range Buildings {
		keys = append(keys, b.Label())
	}
	for _, x := range Territories {
		keys = append(keys, x.Label())
	}
	for _, key := range append(keys, Office.Label(), Space.Label()) {
		if !b.Has(key) {
			t.Errorf("no words for %s", key)
		}
	}
}
