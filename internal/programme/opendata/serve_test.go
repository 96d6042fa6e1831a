package opendata_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"polis/internal/programme/account"
)

// ask sends a request with pairs of header fields.
func (w *world) ask(t testing.TB, method, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec.Result()
}

// body is the content of an answer that must be there.
func (w *world) body(t testing.TB, path string) []byte {
	t.Helper()
	res := w.ask(t, http.MethodGet, path)
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v: %.200s", path, res.StatusCode, err, text)
	}
	return text
}

// Every data set is there as CSV and JSON, which say the same row by row, with
// the columns that import takes.
func TestEverySetInBothForms(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 6)
	for _, name := range names() {
		file := w.body(t, "/opendata/"+name+".csv")
		rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if kind, ok := account.KindOf(name); ok {
			if diff := cmp.Diff(kind.Names(), rows[0]); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if n := bytes.Count(file, []byte("\r\n")); n != len(rows) || bytes.Count(file, []byte("\n")) != n {
			t.Errorf("%s: %d rows on %d lines", name, len(rows), n)
		}
		var objects []map[string]any
		if err := json.Unmarshal(w.body(t, "/opendata/"+name+".json"), &objects); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(objects) != len(rows)-1 {
			t.Errorf("%s: %d objects, %d rows", name, len(objects), len(rows)-1)
		}
		for _, o := range objects {
			if len(o) != len(rows[0]) {
				t.Errorf("%s: an object has %d members, a row %d columns", name, len(o), len(rows[0]))
			}
		}
	}
}

func TestValuesAreTyped(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 6)
	w.published.put(t, now, "payments", map[string]string{"id": "P-1", "date": "2026-03-02", "amount_eur": "-1234.5", "beneficiary": "=Società <è> \"x\""})
	w.published.put(t, now, "declarations", map[string]string{"target": "offices", "word": "conclusi", "as_of": "2026", "source": "x", "value": "circa 40"})
	var payments, sites, declarations []map[string]any
	for name, into := range map[string]*[]map[string]any{"payments": &payments, "sites": &sites, "declarations": &declarations} {
		if err := json.Unmarshal(w.body(t, "/opendata/"+name+".json"), into); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]any{
		"id": "P-1", "date": "2026-03-02", "amount_eur": -1234.5, "beneficiary": "=Società <è> \"x\"", "cup": nil, "fund": nil, "note": nil, "source": nil,
	}
	if diff := cmp.Diff(want, payments[0]); diff != "" {
		t.Error(diff)
	}
	if s := sites[3]; s["lat"] != 45.8262 || s["verified"] != true || s["late"] != true || s["delay_days"] != 12.0 || s["municipality_name"] != "Gavirate" || s["kind"] != "space" {
		t.Errorf("%v", s)
	}
	if d := declarations[len(declarations)-1]; d["value"] != "circa 40" || declarations[0]["value"] != 6910.0 {
		t.Errorf("%v, %v", d, declarations[0])
	}
}

func TestPoints(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 6)
	var got struct {
		Type     string
		Features []struct {
			Type, ID string
			Geometry struct {
				Type        string
				Coordinates []float64
			}
			Properties map[string]any
		}
	}
	in := json.NewDecoder(bytes.NewReader(w.body(t, "/opendata/sites.geojson")))
	in.DisallowUnknownFields() // RFC 7946 has no crs
	if err := in.Decode(&got); err != nil {
		t.Fatal(err)
	}
	f := got.Features[0]
	if got.Type != "FeatureCollection" || len(got.Features) != 6 || f.Type != "Feature" || f.ID != "casa-0000" || f.Geometry.Type != "Point" ||
		!cmp.Equal(f.Geometry.Coordinates, []float64{8.7236, 45.8262}) || f.Properties["region"] != "Lombardia" || f.Properties["stage"] != "works" {
		t.Errorf("%+v", got)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 6)
	for path, want := range map[string][]string{
		"/opendata/tenders.csv":    {"text/csv; charset=utf-8; header=present", `attachment; filename=polis-tenders.csv`},
		"/opendata/tenders.json":   {"application/json", `inline; filename=polis-tenders.json`},
		"/opendata/sites.geojson":  {"application/geo+json", `inline; filename=polis-sites.geojson`},
		"/opendata/catalog.ttl":    {"text/turtle; charset=utf-8", `inline; filename=polis-catalog.ttl`},
		"/opendata/catalog.jsonld": {"application/ld+json", `inline; filename=polis-catalog.jsonld`},
	} {
		res := w.ask(t, http.MethodGet, path, "Origin", "https://other.example")
		head := w.ask(t, http.MethodHead, path)
		text, _ := io.ReadAll(res.Body)
		none, _ := io.ReadAll(head.Body)
		h := res.Header
		if h.Get("Content-Type") != want[0] || h.Get("Content-Disposition") != want[1] || h.Get("Access-Control-Allow-Origin") != "*" ||
			h.Get("Cross-Origin-Resource-Policy") != "cross-origin" || h.Get("Etag") == "" || h.Get("Set-Cookie") != "" || h.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %v", path, h)
		}
		if _, err := time.Parse(http.TimeFormat, h.Get("Last-Modified")); err != nil {
			t.Error(err)
		}
		if len(none) != 0 || head.StatusCode != http.StatusOK || head.ContentLength != int64(len(text)) || head.Header.Get("Etag") != h.Get("Etag") {
			t.Errorf("%s: HEAD says %v of %d bytes", path, head.Header, len(text))
		}
	}
	res := w.ask(t, http.MethodOptions, "/opendata/sites.json", "Origin", "https://other.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "if-none-match")
	if res.StatusCode != http.StatusNoContent || res.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(res.Header.Get("Access-Control-Allow-Headers"), "If-None-Match") {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
}

func TestConditionalAndCompressed(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 6)
	const path = "/opendata/sites.csv"
	plain := w.ask(t, http.MethodGet, path)
	packed := w.ask(t, http.MethodGet, path, "Accept-Encoding", "gzip")
	text, _ := io.ReadAll(plain.Body)
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if unpacked, err := io.ReadAll(z); err != nil || !bytes.Equal(text, unpacked) {
		t.Error("the compressed answer is another", err)
	}
	tag, tagPacked := plain.Header.Get("Etag"), packed.Header.Get("Etag")
	if tag == tagPacked || strings.HasPrefix(tag, "W/") {
		t.Errorf("tags %s and %s", tag, tagPacked)
	}
	for _, c := range []struct {
		headers []string
		want    int
	}{
		{[]string{"If-None-Match", tag}, http.StatusNotModified},
		{[]string{"If-None-Match", tagPacked, "Accept-Encoding", "gzip"}, http.StatusNotModified},
		{[]string{"If-None-Match", `"x", ` + tag}, http.StatusNotModified},
		{[]string{"If-None-Match", "*"}, http.StatusNotModified},
		{[]string{"If-None-Match", `"x"`}, http.StatusOK},
		{[]string{"If-Modified-Since", plain.Header.Get("Last-Modified")}, http.StatusNotModified},
		{[]string{"If-Modified-Since", now.Add(-time.Hour).Format(http.TimeFormat)}, http.StatusOK},
		{[]string{"If-None-Match", `"x"`, "If-Modified-Since", plain.Header.Get("Last-Modified")}, http.StatusOK},
		{[]string{"Range", "bytes=0-9", "Accept-Encoding", "gzip"}, http.StatusPartialContent},
		{[]string{"Range", "bytes=0-9", "If-Range", `"x"`}, http.StatusOK},
		{[]string{"Range", "bytes=99999999-"}, http.StatusRequestedRangeNotSatisfiable},
		{[]string{"If-Match", `"x"`}, http.StatusPreconditionFailed},
	} {
		res := w.ask(t, http.MethodGet, path, c.headers...)
		if body, _ := io.ReadAll(res.Body); res.StatusCode != c.want || c.want == http.StatusPartialContent && !bytes.Equal(body, text[:10]) {
			t.Errorf("%v: %d, want %d: %.60q", c.headers, res.StatusCode, c.want, body)
		}
	}
	w.published.put(t, now, "acts", map[string]string{"id": "x", "title": "Nuovo atto"})
	if res := w.ask(t, http.MethodGet, path, "If-None-Match", tag); res.StatusCode != http.StatusNotModified {
		t.Errorf("an act changed the houses: %d", res.StatusCode)
	}
	w.clock.Advance(24 * time.Hour)
	old := w.ask(t, http.MethodGet, "/opendata/indexes.json").Header.Get("Etag")
	if res := w.ask(t, http.MethodGet, "/opendata/acts.json"); !strings.Contains(string(w.body(t, "/opendata/acts.json")), "Nuovo atto") || res.Header.Get("Last-Modified") != now.Format(http.TimeFormat) {
		t.Error("what was published does not show", res.Header)
	}
	w.clock.Advance(24 * time.Hour)
	if now := w.ask(t, http.MethodGet, "/opendata/indexes.json").Header.Get("Etag"); now == old {
		t.Error("the indexes are of the day before")
	}
}

func TestAddressesThatLead(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 6)
	for _, c := range []struct {
		path, accept, want string
		status             int
	}{
		{"/opendata/", "", "/programma/dati", 303},
		{"/opendata", "", "/programma/dati", 303},
		{"/opendata/tenders", "", "/programma/dati#tenders", 303},
		{"/opendata/catalog", "text/turtle", "/opendata/catalog.ttl", 303},
		{"/opendata/catalog", "application/ld+json, */*", "/opendata/catalog.jsonld", 303},
		{"/opendata/catalog", "text/html", "/programma/dati", 303},
		{"/opendata/tenders.xml", "", "", 404},
		{"/opendata/..%2fsites.csv", "", "", 404},
		{"/opendata/people.csv", "", "", 404},
	} {
		res := w.ask(t, http.MethodGet, c.path, "Accept", c.accept)
		if res.StatusCode != c.status || res.Header.Get("Location") != c.want {
			t.Errorf("%s: %d to %q", c.path, res.StatusCode, res.Header.Get("Location"))
		}
	}
	if res := w.ask(t, http.MethodPost, "/opendata/tenders.csv"); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", res.StatusCode)
	}
}
