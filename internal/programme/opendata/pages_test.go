package opendata_test

import (
	"net/http"
	"strings"
	"testing"

	"polis/internal/platform/web/webtest"
)

// The page leads to every file, and to all of the catalogue, in both languages.
func TestPage(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 6)
	for lang, want := range map[string]string{"it": "Rifare i conti", "en": "Recompute it"} {
		res, page := webtest.Get(t, w.handler, "/programma/dati?lang="+lang)
		if res.StatusCode != http.StatusOK || !strings.Contains(page.Text(), want) || !strings.Contains(page.Text(), "polis programme recompute --from") {
			t.Fatalf("%d: %s", res.StatusCode, page.Text())
		}
		links := map[string]bool{}
		for _, a := range page.All("a") {
			links[a.Attr["href"]] = true
		}
		for _, name := range append(names(), "catalog") {
			for _, ending := range []string{".csv", ".json", ".geojson", ".ttl", ".jsonld"} {
				path := "/opendata/" + name + ending
				there := w.ask(t, http.MethodHead, path).StatusCode == http.StatusOK
				if there != links[path] {
					t.Errorf("%s: %s is there: %v, is linked: %v", lang, path, there, links[path])
				}
			}
			if name != "catalog" && len(page.All("#"+name)) != 1 {
				t.Errorf("%s: no place %s to lead to", lang, name)
			}
		}
	}
}
