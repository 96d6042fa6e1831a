package repo

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"polis/internal/platform/i18n"
	"polis/internal/platform/i18n/i18ntest"
)

// The words of all rooms together: the same keys and variables in Italian and
// English, each used somewhere, none missing, no key twice. The keys of
// errs.New are among those that must be there.
func TestWords(t *testing.T) {
	t.Parallel()
	bundle := i18n.NewBundle()
	for _, name := range files(t) {
		folder := path.Dir(name)
		if path.Base(name) != "it.json" || path.Base(folder) != "words" || strings.Contains(name, "/testdata/") {
			continue
		}
		if err := bundle.Add(os.DirFS(filepath.Join(root, path.Dir(folder)))); err != nil {
			t.Errorf("%s: %v", folder, err)
		}
	}
	i18ntest.Check(t, bundle, os.DirFS(filepath.Join(root, "internal")))
}
