package kiosk

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"polis/internal/counter/forecast"
)

// Who speaks another language is told as much, with the same values in it.
func TestEveryLanguageSaysEverything(t *testing.T) {
	t.Parallel()
	value := regexp.MustCompile(`\{\w+\}`)
	values := func(text string) []string {
		list := value.FindAllString(text, -1)
		slices.Sort(list)
		return list
	}
	it := reflect.ValueOf(*speech["it"])
	for _, lang := range languages {
		words := reflect.ValueOf(*speech[lang])
		for i := range words.NumField() {
			name, text := words.Type().Field(i).Name, words.Field(i).String()
			if text == "" || strings.TrimSpace(text) != text || strings.Contains(text, "!") {
				t.Errorf("%s, %s: %q", lang, name, text)
			}
			if !slices.Equal(values(text), values(it.Field(i).String())) {
				t.Errorf("%s, %s: %q has other values than %q", lang, name, text, it.Field(i))
			}
		}
		if languageNames[lang] == "" {
			t.Errorf("%s has no name", lang)
		}
	}
	if languageOf("sl") != "sl" || languageOf("xx") != "it" || languageOf("") != "it" {
		t.Error("a language that is none of ours is not Italian")
	}
}

func TestWaitsInWords(t *testing.T) {
	t.Parallel()
	m := time.Minute
	for want, r := range map[string]forecast.Range{
		"No wait":                   {},
		"Wait: more than 2 hours":   {Low: 179 * m, High: 200 * m},
		"Wait: less than 4 minutes": {Low: 20 * time.Second, High: 4 * m},
		"Wait: about 12–20 minutes": {Low: 12 * m, High: 19*m + time.Second},
		"Wait: about 5–6 minutes":   {Low: 5 * m, High: 5 * m},
	} {
		if got := speech["en"].wait(r); got != want {
			t.Errorf("%v: %q, not %q", r, got, want)
		}
	}
}
