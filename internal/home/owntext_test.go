package home

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"polis/internal/platform/i18n"
)

func TestOwnText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]section{
		"":                   nil,
		" \n\t\n":            nil,
		"Una riga.":          {{Text: []string{"Una riga."}}},
		"Una\nriga.\n\nDue.": {{Text: []string{"Una riga.", "Due."}}},
		"# Titolo\nTesto.\n\n- uno\n- due\n\nDopo.\n## Altro\n- tre": {
			{Title: "Titolo", Text: []string{"Testo."}, List: []string{"uno", "due"}}, {Text: []string{"Dopo."}}, {Title: "Altro", List: []string{"tre"}},
		},
		"#\n-\n-senza spazio": {{Text: []string{"# - -senza spazio"}}},
		"<b>x</b>":            {{Text: []string{"<b>x</b>"}}},
	} {
		if d := cmp.Diff(want, OwnText{i18n.IT: text}.sections(i18n.IT)); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
	if got := (OwnText{i18n.IT: "Testo."}).sections(i18n.EN); got != nil {
		t.Errorf("in English there is none: %v", got)
	}
}

// Nothing that can be seen is lost, and what has words is a section at least.
func TestOwnTextKeepsWords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z]{1,8}`)
		lines := rapid.SliceOfN(rapid.OneOf(word, rapid.Just(""), rapid.Map(word, func(s string) string { return "# " + s }),
			rapid.Map(word, func(s string) string { return "- " + s })), 1, 30).Draw(t, "lines")
		text, words := "", 0
		for _, l := range lines {
			text += l + "\n"
			if l != "" {
				words++
			}
		}
		found := 0
		for _, s := range (OwnText{i18n.IT: text}).sections(i18n.IT) {
			if s.Title != "" {
				found++
			}
			found += len(s.List)
			for _, p := range s.Text {
				found += len(strings.Fields(p))
			}
		}
		if found != words {
			t.Fatalf("%d of %d words in %q", found, words, text)
		}
	})
}
