package i18ntest

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"polis/internal/platform/i18n"
)

func TestProblems(t *testing.T) {
	t.Parallel()
	bundle := i18n.NewBundle()
	err := bundle.Add(fstest.MapFS{
		"it.json": {Data: []byte(`{"a.used": "ciao", "a.only": "solo", "a.vars": "{{.x}}", "a.apostrophe": "l'ora", "a.plural": {"one": "un", "other": "{{.count}}"},
			"a.unused": "mai", "a.state.free": "libero", "a.page": "pagina"}`)},
		"en.json": {Data: []byte(`{"a.used": "hello", "a.vars": "{{.y}}", "a.apostrophe": "hour!", "a.plural": "{{.count}}",
			"a.unused": "never", "a.state.free": "free", "a.page": "page", "a.english": "only"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := Problems(bundle, fstest.MapFS{
		"x.go":       {Data: []byte("package x\nvar _ = p.T(\"a.used\") + p.T(\"a.gone\") + \"a.vars\" + \"a.apostrophe\" + \"a.plural\" + \"a.state.\" + s")},
		"x_test.go":  {Data: []byte("package x\nvar _ = \"a.unused\"")},
		"p/x.gohtml": {Data: []byte(`<p title="{{t "a.page"}}">{{t "a.lost" "n" 1}}`)},
	})
	want := []string{
		"a.english: no Italian", "a.only: no English",
		"a.vars: variables [x] in Italian, [y] in English", "a.plural: counts in one language only", "a.unused: unused",
		`a.apostrophe: straight apostrophe: "l'ora"`, `a.apostrophe: exclamation mark: "hour!"`,
		"a.gone: missing, used in x.go:2:29", "a.lost: missing, used in p/x.gohtml",
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
