package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A list of tenders is checked, proposed and published by a command; a bad row is
// named and changes nothing.
func TestImportOfTheProgramme(t *testing.T) {
	f, _ := emptyStore(t)
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "gare.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const header = "cig;cup;importo_base_dasta_cig;oggetto\n"
	good := file(header + "9999900001;J59J21014170008;1.250.000,50;Totem\n9999900002;J59J21014180008;1;Sale\n")
	for _, c := range []struct {
		args, out, errOut string
		code              int
	}{
		{"tenders --check " + good, "2 new, 0 changed, 0 unchanged", "", 0},
		{"tenders " + file(header+"9999900001;J59J21014170008;-3;Totem\n"), "", "gare.csv: line 2, column “importo_base_dasta_cig”: The amount is below zero. Mend it, or take it out.\nNothing was changed.", 1},
		{"tenders --propose " + good, "Another person publishes it", "", 0},
		{"tenders " + good, "2 new, 0 changed, 0 unchanged\nPublished", "", 0},
		{"tenders " + good, "0 new, 0 changed, 2 unchanged", "", 0},
		{"tender " + good, "", "tenders", 1},
		{"works " + file("site,works_planned\nnessuna,2026-01-01\n"), "", "line 2, column “site”: No house has the code “nessuna”", 1},
	} {
		code, out, errOut := typed(t, f, append([]string{"programme", "import"}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errOut, c.errOut) {
			t.Errorf("%s: %d\n%s\n%s", c.args, code, out, errOut)
		}
	}
}
