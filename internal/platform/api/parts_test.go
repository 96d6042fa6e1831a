package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"polis/internal/platform/api"
	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
)

func TestEntityTags(t *testing.T) {
	for _, c := range []struct {
		header, current string
		kind            errs.Kind // of IfMatch; "" for nil
		none            bool      // IfNoneMatch
	}{
		{``, `"1"`, "", false},
		{`"1"`, `"1"`, "", true},
		{`"0", "1"`, `"1"`, "", true},
		{`"0",,"1" ,`, `"1"`, "", true},
		{`"2"`, `"1"`, errs.Stale, false},
		{`W/"1"`, `"1"`, errs.Stale, true}, // the weak one matches only weakly
		{`"1"`, `W/"1"`, errs.Stale, true},
		{`W/"1"`, `W/"1"`, errs.Stale, true},
		{`*`, `"1"`, "", true},
		{`*`, ``, errs.Stale, false},
		{`"a,b"`, `"a,b"`, "", true},
		{`1`, `"1"`, errs.Invalid, false},
		{`"1`, `"1"`, errs.Invalid, false},
		{`"1" "2"`, `"1"`, errs.Invalid, false},
		{`w/"1"`, `"1"`, errs.Invalid, false},
		{`,`, `"1"`, errs.Invalid, false},
	} {
		err := api.IfMatch(c.header, c.current)
		if (c.kind == "") != (err == nil) || (err != nil && !errs.Is(err, c.kind)) {
			t.Errorf("IfMatch(%q, %q) = %v, want %q", c.header, c.current, err, c.kind)
		}
		if got := api.IfNoneMatch(c.header, c.current); got != c.none {
			t.Errorf("IfNoneMatch(%q, %q) = %v", c.header, c.current, got)
		}
	}
}

func TestCursor(t *testing.T) {
	type place struct {
		Name string
		At   int64
	}
	rapid.Check(t, func(t *rapid.T) {
		p := place{rapid.String().Draw(t, "name"), rapid.Int64().Draw(t, "at")}
		text := api.EncodeCursor(p)
		var q place
		switch err := api.DecodeCursor(text, &q); {
		case strings.Contains(p.Name, "\x00"): // nothing enters with a NUL, whoever wrote it
			if !errs.Is(err, errs.Invalid) {
				t.Fatalf("%v: %v", p, err)
			}
		case err != nil || q != p && strings.ToValidUTF8(p.Name, "") == p.Name:
			t.Fatalf("%v: %v, %v", p, q, err)
		}
		i := rapid.IntRange(0, len(text)-1).Draw(t, "i")
		b := rapid.Byte().Draw(t, "b")
		if text[i] == b {
			return
		}
		bent := text[:i] + string(rune(b)) + text[i+1:]
		if err := api.DecodeCursor(bent, &q); !errs.Is(err, errs.Invalid) {
			t.Fatalf("took %q for %q", bent, text)
		}
	})
	var q place
	for _, bad := range []string{"", "x", "AAAA", strings.Repeat("A", 3000)} {
		if err := api.DecodeCursor(bad, &q); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestPageIsNeverNull(t *testing.T) {
	if b, _ := json.Marshal(api.NewPage[int](nil, "")); string(b) != `{"items":[]}` {
		t.Errorf("%s", b)
	}
}

func TestTimesAndDates(t *testing.T) {
	var v struct {
		T, Z, N api.Time
		D       *api.Date
	}
	err := json.Unmarshal([]byte(`{"T":"2026-10-25T02:30:00.123456+02:00","Z":"2200-12-31T23:59:59Z","N":null,"D":"1900-01-01"}`), &v)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil || string(b) != `{"T":"2026-10-25T00:30:00.123456Z","Z":"2200-12-31T23:59:59Z","N":"0001-01-01T00:00:00Z","D":"1900-01-01"}` {
		t.Errorf("%s, %v", b, err)
	}
	for _, bad := range []string{`"2201-01-01T00:00:00Z"`, `"1999-12-31T23:59:59Z"`, `"2026-03-02"`, `"2026-03-02T25:00:00Z"`, `7`} {
		var at api.Time
		if json.Unmarshal([]byte(bad), &at) == nil {
			t.Errorf("took %s", bad)
		}
	}
}

func TestLimit(t *testing.T) {
	now := clock.NewManual(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	mux, _ := world(api.Options{
		Limit: api.Quota{PerSecond: 2, Burst: 3}, Clock: now,
		Client: func(r *http.Request) string { return r.Header.Get("X-Test") },
	})
	step := 0
	ask := func(status int, remaining, reset string, headers ...string) {
		t.Helper()
		step++
		w, _ := do(t, mux, "GET", "/api/v1/numbers/1", "", headers...)
		h := w.Header()
		if w.Code != status || h.Get("X-RateLimit-Limit") != "3" || h.Get("X-RateLimit-Remaining") != remaining ||
			h.Get("X-RateLimit-Reset") != reset || (h.Get("Retry-After") != "") != (status == 429) {
			t.Errorf("step %d: %d %v; want %d, %s left, %s s", step, w.Code, h, status, remaining, reset)
		}
	}
	ask(200, "2", "1", "X-Test", "2001:db8::1")
	ask(200, "1", "1", "X-Test", "2001:db8::2") // the same /64
	ask(200, "0", "2", "X-Test", "2001:db8::3")
	ask(429, "0", "2", "X-Test", "2001:db8::1")
	ask(200, "2", "1", "X-Test", "2001:db8:0:1::1")
	ask(200, "2", "1", "X-Test", "2001:db8::1", "Authorization", "Bearer good") // a token has its own
	ask(401, "2", "1", "X-Test", "192.0.2.1", "Authorization", "Bearer bad1")   // wrong tokens do not
	ask(401, "1", "1", "X-Test", "192.0.2.1", "Authorization", "Bearer bad2")
	ask(401, "0", "2", "X-Test", "192.0.2.1", "Authorization", "Bearer bad3")
	ask(429, "0", "2", "X-Test", "192.0.2.1", "Authorization", "Bearer bad4")
	for range 5 {
		ask(200, "3", "0", "Authorization", "Bearer load")
	}
	now.Advance(500 * time.Millisecond)
	ask(200, "0", "2", "X-Test", "2001:db8::1")
	ask(429, "0", "2", "X-Test", "2001:db8::1")
	now.Advance(time.Hour)
	ask(200, "2", "1", "X-Test", "2001:db8::1")
}

// FuzzJSON compares the check before the decoder with a naive model of it: for
// what is JSON, the check says no exactly where the tokens show a reason.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		good, `{"a":1,"a":2}`, `{"a":{"a":1},"b":{"a":1}}`, `[[{"\u0061":1,"a":2}]]`, `"\\u0000"`, `"\u0000"`,
		`{"a":"b\"c:{","d":[]}`, strings.Repeat("[", 33) + strings.Repeat("]", 33), `{"x" :1, "x":2}`, "\"\xff\"",
	} {
		f.Add([]byte(s))
	}
	var long strings.Builder
	for i := range 40 {
		fmt.Fprintf(&long, `,"k%d":1`, i)
	}
	f.Add([]byte("{" + long.String()[1:] + "}"))
	f.Add([]byte("{" + long.String()[1:] + `,"k39":2}`))
	f.Add([]byte("{" + long.String()[1:] + `,"k0":2}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		err := api.CheckJSON(b) // must not panic on anything
		if !json.Valid(b) || bytes.Contains(b, []byte(`\u`)) && !utf8Escapes(b) {
			return
		}
		if got, want := err == nil, naive(b); got != want {
			t.Errorf("check of %q says %v (%v), the model %v", b, got, err, want)
		}
	})
}

// utf8Escapes tells whether decoding and encoding keeps the names apart that
// are apart: lone surrogates all become the same replacement character.
func utf8Escapes(b []byte) bool {
	return !bytes.Contains(bytes.ToLower(b), []byte(`\ud`))
}

func naive(b []byte) bool {
	if strings.ToValidUTF8(string(b), "?") != string(b) {
		return false
	}
	type frame struct {
		names map[string]bool
		value bool // the next string is a value
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var open []frame
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			return true
		}
		if err != nil {
			return true // the decoder's to say
		}
		if s, ok := tok.(string); ok && strings.Contains(s, "\x00") {
			return false
		}
		top := len(open) - 1
		inObject := top >= 0 && open[top].names != nil
		if inObject && !open[top].value {
			if s, ok := tok.(string); ok {
				if open[top].names[s] {
					return false
				}
				open[top].names[s], open[top].value = true, true
				continue
			}
		}
		if inObject {
			open[top].value = false
		}
		switch tok {
		case json.Delim('{'):
			open = append(open, frame{names: map[string]bool{}})
		case json.Delim('['):
			open = append(open, frame{})
		case json.Delim('}'), json.Delim(']'):
			open = open[:top]
		}
		if len(open) > 32 {
			return false
		}
	}
}

func TestProblemDetailsStandBesideTheMembers(t *testing.T) {
	mux, a := world(api.Options{})
	for _, c := range []struct {
		details any
		want    map[string]any
	}{
		{map[string]any{"limit": 5}, map[string]any{"limit": 5.0}},
		{struct {
			Free []string `json:"free"`
		}{[]string{"a"}}, map[string]any{"free": []any{"a"}}},
		{[]int{1}, map[string]any{"details": []any{1.0}}},
		{map[string]any{"type": "mine", "status": 200}, map[string]any{"status": 409.0, "type": "/problems/conflict"}},
		{func() {}, map[string]any{"code": "api.stale"}}, // cannot be written: left out
	} {
		path := "/api/v1/details/" + reflect.TypeOf(c.details).Kind().String() + fmt.Sprint(len(c.want))
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			a.Error(w, r, errs.New(errs.Conflict, "api.stale", nil).With(c.details))
		})
		_, p := do(t, mux, "GET", path, "")
		for k, v := range c.want {
			if !reflect.DeepEqual(p[k], v) {
				t.Errorf("%v: %s is %v, want %v", c.details, k, p[k], v)
			}
		}
	}
}
