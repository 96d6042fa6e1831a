package catalog_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"polis/internal/counter/catalog"
)

// Who speaks another language is told as much as who speaks Italian.
func TestEveryServiceSpeaksEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, s := range catalog.All() {
		it := s.In("it")
		for _, lang := range catalog.Languages {
			text, ok := s.Texts[lang]
			if !ok {
				t.Errorf("%s has no text in %s", s.ID, lang)
				continue
			}
			if n := utf8.RuneCountInString(text.Name); n == 0 || n > 40 {
				t.Errorf("%s, %s: a name of %d characters: %q", s.ID, lang, n, text.Name)
			}
			if len(text.Bring) != len(it.Bring) || len(text.Steps) != len(it.Steps) || len(text.Steps) == 0 {
				t.Errorf("%s, %s: %d things to bring and %d steps; in Italian %d and %d", s.ID, lang, len(text.Bring), len(text.Steps), len(it.Bring), len(it.Steps))
			}
			for _, line := range slices.Concat([]string{text.About}, text.Bring, text.Steps) {
				if strings.TrimSpace(line) != line || line == "" || strings.Contains(line, "!") {
					t.Errorf("%s, %s: %q", s.ID, lang, line)
				}
			}
			if lang != "it" && text.About == it.About {
				t.Errorf("%s, %s: not translated", s.ID, lang)
			}
		}
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	slug, letter := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`), regexp.MustCompile(`^[A-Z]$`)
	seen := map[string]bool{}
	for _, s := range catalog.All() {
		if seen[s.ID] || !slug.MatchString(s.ID) {
			t.Errorf("id %q", s.ID)
		}
		seen[s.ID] = true
		if !letter.MatchString(s.Letter) || s.Minutes < 1 || s.Minutes > 60 || s.Authority == "" || s.Source == "" {
			t.Errorf("%s: %+v", s.ID, s)
		}
		if s.Postal && (s.Bookable || s.Permission != "") {
			t.Errorf("%s is of the post: neither booked nor allowed by a ministry", s.ID)
		}
	}
	for id, minutes := range map[string]int{
		"carta-identita": 20, "passaporto": 20, "certificati": 8, "cedolino": 6,
		"spedizioni": 5, "bollettini": 5, "ritiri": 3, "pensioni": 6,
	} {
		if s, ok := catalog.Find(id); !ok || s.Minutes != minutes {
			t.Errorf("%s: %+v", id, s)
		}
	}
	if got := catalog.Permissions(); !slices.Equal(got, []string{"carta-identita", "passaporto"}) {
		t.Errorf("permissions %v", got)
	}
	if !slices.Contains(catalog.Equipment(), "biometric-kit") || !slices.Contains(catalog.Skills(), "digital-help") || slices.Contains(catalog.Skills(), "") {
		t.Errorf("equipment %v, skills %v", catalog.Equipment(), catalog.Skills())
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	if s, ok := catalog.Find("nulla"); ok || s != nil {
		t.Errorf("found %+v", s)
	}
	s, _ := catalog.Find("passaporto")
	for lang, want := range map[string]string{"it": "Passaporto", "de": "Reisepass", "sl": "Potni list", "xx": "Passaporto", "": "Passaporto"} {
		if got := s.In(lang).Name; got != want {
			t.Errorf("in %q: %q", lang, got)
		}
	}
	list := catalog.All()
	list[0] = nil
	if catalog.All()[0] == nil {
		t.Error("the caller's list is ours")
	}
}
