package opendata_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"polis/internal/programme/opendata"
)

// decode reads an answer that must be there.
func decode[T any](t *testing.T, w *world, path string) (v T, res *http.Response) {
	t.Helper()
	res = w.ask(t, http.MethodGet, path)
	text, _ := io.ReadAll(res.Body)
	if err := json.Unmarshal(text, &v); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v: %.300s", path, res.StatusCode, err, text)
	}
	return v, res
}

type page struct {
	Items []json.RawMessage
	Next  string
}

// The pages of a list are together what its file is.
func TestListsOfTheAPI(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 6)
	for _, name := range names() {
		var got []json.RawMessage
		for path := "/api/v1/programme/" + name + "?limit=7"; path != ""; {
			p, _ := decode[page](t, w, path)
			if len(p.Items) > 7 || p.Next != "" && len(p.Items) != 7 {
				t.Fatalf("%s: %d items, next %q", path, len(p.Items), p.Next)
			}
			got = append(got, p.Items...)
			if path = ""; p.Next != "" {
				path = "/api/v1/programme/" + name + "?limit=7&cursor=" + p.Next
			}
		}
		var want []json.RawMessage
		if err := json.Unmarshal(w.body(t, "/opendata/"+name+".json"), &want); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("%s: %d rows of %d", name, len(got), len(want))
		}
		for i := range want {
			if !bytes.Equal(got[i], want[i]) {
				t.Errorf("%s: %s, want %s", name, got[i], want[i])
			}
		}
	}
}

func TestCursors(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 6)
	p, res := decode[page](t, w, "/api/v1/programme/acts?limit=2")
	tag := res.Header.Get("Etag")
	if res = w.ask(t, http.MethodGet, "/api/v1/programme/acts?limit=2", "If-None-Match", tag); tag == "" || res.StatusCode != http.StatusNotModified || res.ContentLength > 0 {
		t.Errorf("%s: %d", tag, res.StatusCode)
	}
	w.published.put(t, now, "acts", map[string]string{"id": "z", "title": "Altro"})
	if res = w.ask(t, http.MethodGet, "/api/v1/programme/acts?limit=2", "If-None-Match", tag); res.StatusCode != http.StatusOK {
		t.Errorf("after a change: %d", res.StatusCode)
	}
	if rest, _ := decode[page](t, w, "/api/v1/programme/acts?cursor="+p.Next); len(rest.Items) != 3 {
		t.Errorf("%d after the first two", len(rest.Items))
	}
	for _, bad := range []string{"x", p.Next[:len(p.Next)-2], "AAAA"} {
		if res := w.ask(t, http.MethodGet, "/api/v1/programme/acts?cursor="+bad); res.StatusCode != http.StatusUnprocessableEntity && res.StatusCode != http.StatusBadRequest {
			t.Errorf("cursor %q: %d", bad, res.StatusCode)
		}
	}
	if res := w.ask(t, http.MethodGet, "/api/v1/programme/tenders?cursor="+p.Next); res.StatusCode == http.StatusOK {
		t.Error("the cursor of another list was taken")
	}
	if res := w.ask(t, http.MethodGet, "/api/v1/programme/people"); res.StatusCode != http.StatusNotFound {
		t.Errorf("people: %d", res.StatusCode)
	}
}

func TestGlance(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 6)
	g, res := decode[opendata.Glance](t, w, "/api/v1/programme")
	if g.Date != "2026-11-23" || g.State != "late" || len(g.Measure) == 0 || len(g.Milestones.Quarters) != 22 || g.Milestones.Expected != 0.9 || len(g.Targets) < 2 {
		t.Errorf("%+v", g)
	}
	last := g.Milestones.Quarters[21]
	if last.Quarter != "2026-T4" || last.Actual == nil || *last.Actual != g.Milestones.Actual || last.Expected != 1 || last.Date != "2026-11-23" {
		t.Errorf("%+v", last)
	}
	sum := 0
	for _, n := range g.States {
		sum += n
	}
	if sum != 10 || len(g.States) != 6 {
		t.Errorf("%v", g.States)
	}
	offices, spaces := g.Targets[0], g.Targets[1]
	if offices.ID != "offices" || offices.Declared == nil || *offices.Verified != 0 || spaces.ID != "spaces" || *spaces.Verified != 1 || g.Targets[2].Verified != nil {
		t.Errorf("%+v %+v", offices, spaces)
	}
	if diff := cmp.Diff(map[string]int{"office": 0, "space": 1}, g.Verified); diff != "" {
		t.Error(diff)
	}
	for _, l := range g.Links {
		if status := w.ask(t, http.MethodGet, l.Href).StatusCode; status != http.StatusOK && l.Href != "/programma" {
			t.Errorf("%s: %d", l.Href, status)
		}
	}
	if res = w.ask(t, http.MethodGet, "/api/v1/programme", "If-None-Match", res.Header.Get("Etag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("%d", res.StatusCode)
	}
}
