package coworking_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// step is one request and what must come back. In url and body "<aurora>" is
// the id of a site, "<aurora.D-01>" that of a place, and "<b>" that of an
// answer that was kept as b.
type step struct {
	name   string
	at     string // where the clock is put before, RFC 3339
	as     string // who asks; "" is nobody
	do     string // method and address behind /api/v1
	head   map[string]string
	body   string
	want   int
	has    string   // JSON that is part of the answer; "*" is any value
	hasNot []string // pieces of text that are not
	keep   string   // name under which the id of the answer is kept
	then   func(t *testing.T, w *coworkingtest.World)
}

// play runs steps one after the other in a world of their own on SQLite.
func play(t *testing.T, steps ...step) {
	t.Helper()
	t.Parallel()
	p := newPlayer(t)
	for i, s := range steps {
		if s.name == "" {
			s.name = s.do
		}
		p.step(t, fmt.Sprintf("%d %s", i+1, s.name), s)
	}
	p.w.Check(t)
}

type player struct {
	w    *coworkingtest.World
	kept map[string]string
	who  map[string]coworkingtest.Who
}

func newPlayer(t testing.TB) *player {
	w := coworkingtest.New(t, dbtest.SQLite(t))
	return &player{w, map[string]string{}, map[string]coworkingtest.Who{
		"maria": w.Maria, "giuseppe": w.Giuseppe, "anna": w.Anna, "luca": w.Luca, "load": w.Load,
	}}
}

var placeholder = regexp.MustCompile(`<([a-z]+[0-9]*)(?:\.([A-Z0-9-]+))?>`)

func (p *player) fill(s string) string {
	return placeholder.ReplaceAllStringFunc(s, func(m string) string {
		parts := placeholder.FindStringSubmatch(m)
		switch id, kept := p.kept[parts[1]]; {
		case parts[2] != "":
			return p.w.ID(parts[1], parts[2])
		case kept:
			return id
		}
		return coworkingtest.SiteID(parts[1])
	})
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (p *player) send(t testing.TB, as, do string, head map[string]string, body io.Reader) answer {
	t.Helper()
	method, address, _ := strings.Cut(do, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, p.w.Server.URL+"/api/v1"+p.fill(address), body)
	if err != nil {
		t.Fatal(err)
	}
	if as != "" {
		r.Header.Set("Authorization", "Bearer "+p.who[as].Token)
	}
	for k, v := range head {
		r.Header.Set(k, p.fill(v))
	}
	res, err := p.w.Server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, got}
}

func (p *player) step(t *testing.T, name string, s step) {
	t.Helper()
	if s.at != "" {
		p.w.Clock.Set(instant(t, s.at))
	}
	if s.do == "" {
		s.then(t, p.w)
		return
	}
	var body io.Reader
	if s.body != "" {
		body = strings.NewReader(p.fill(s.body))
	}
	got := p.send(t, s.as, s.do, s.head, body)
	if got.status != s.want {
		t.Fatalf("%s: %d, want %d: %s", name, got.status, s.want, got.body)
	}
	if s.has != "" {
		var have, want any
		if err := json.Unmarshal([]byte(p.fill(s.has)), &want); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := json.Unmarshal(got.body, &have); err != nil {
			t.Fatalf("%s: %v: %s", name, err, got.body)
		}
		if fault := lacks(have, want, "$"); fault != "" {
			t.Errorf("%s: %s\nin %s", name, fault, got.body)
		}
	}
	for _, piece := range s.hasNot {
		if bytes.Contains(got.body, []byte(p.fill(piece))) {
			t.Errorf("%s: the answer has %q: %s", name, piece, got.body)
		}
	}
	if s.keep != "" {
		var thing struct{ ID string }
		if err := json.Unmarshal(got.body, &thing); err != nil || thing.ID == "" {
			t.Fatalf("%s: no id in %s", name, got.body)
		}
		p.kept[s.keep] = thing.ID
	}
	if s.then != nil {
		s.then(t, p.w)
	}
}

// lacks says what of want is not in have; "" if all is.
func lacks(have, want any, path string) string {
	switch want := want.(type) {
	case map[string]any:
		have, ok := have.(map[string]any)
		if !ok {
			return path + " is no object"
		}
		for k, v := range want {
			if _, there := have[k]; !there {
				return path + "." + k + " is missing"
			}
			if fault := lacks(have[k], v, path+"."+k); fault != "" {
				return fault
			}
		}
	case []any:
		have, ok := have.([]any)
		if !ok || len(have) != len(want) {
			return fmt.Sprintf("%s has not %d items", path, len(want))
		}
		for i, v := range want {
			if fault := lacks(have[i], v, fmt.Sprintf("%s[%d]", path, i)); fault != "" {
				return fault
			}
		}
	default:
		if want != "*" && have != want {
			return fmt.Sprintf("%s is %v, want %v", path, have, want)
		}
	}
	return ""
}

func instant(t testing.TB, rfc3339 string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// want is the body of a booking of places by name, on 24 November at hours of
// Rome.
func want(from, to string, places ...string) string {
	ids, _ := json.Marshal(places)
	text := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(ids))
	return fmt.Sprintf(`{"resources":%s,"from":"%s","to":"%s"}`, text, tuesday(from), tuesday(to))
}

func tuesday(clock string) string { return "2026-11-24T" + clock + ":00+01:00" }

// page is what a page of a list has.
type page struct {
	ids  []string
	next string
}

func readPage(t testing.TB, a answer) page {
	t.Helper()
	var body struct {
		Items []struct{ ID string }
		Next  string
	}
	if err := json.Unmarshal(a.body, &body); err != nil || a.status != http.StatusOK {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	out := page{next: body.Next}
	for _, item := range body.Items {
		out.ids = append(out.ids, item.ID)
	}
	return out
}
