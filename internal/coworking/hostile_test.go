package coworking_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// hostile are texts that programs have choked on.
var hostile = []string{
	"", " ", "'", `"`, `\`, "%", "%00", "\x00", "\xff\xfe", "\u202e", "🜚", "null", "NaN", "Infinity", "-1", "0", "1e400", "0x10",
	"99999999999999999999", "9223372036854775807", "-9223372036854775808", "2026-02-30T25:61:00Z", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z",
	"2026-11-24T09:00:00", "2026-11-24T09:07:00+01:00", "2200-12-31T23:45:00Z", "2200-12-31", "1900-01-01", "2026-11-24", "../../etc/passwd",
	"' OR 1=1 --", "<script>", "${jndi:ldap://x}", "{{.}}", "a,b,c", ",", "90,180", "91,181", "01900000-0000-7000-b000-000000000001",
	strings.Repeat("a", 5000), strings.Repeat("é", 300), "desk", "*", `"*"`, `W/"`, "\r\nX: y", "\t",
}

// No input gets a 5xx: every parameter, header and body of every operation
// with every hostile text; what is refused is a problem document.
func TestNoInputIsOurFault(t *testing.T) {
	t.Parallel()
	p := newPlayer(t)
	paths := p.w.API.OpenAPI().Paths
	sent := 0
	try := func(op *huma.Operation, as, path string, query url.Values, head http.Header, body []byte) {
		t.Helper()
		address := p.w.Server.URL + path
		if len(query) > 0 {
			address += "?" + query.Encode()
		}
		r, err := http.NewRequestWithContext(t.Context(), op.Method, address, bytes.NewReader(body))
		if err != nil {
			return // not even a request
		}
		r.Header = head.Clone()
		r.Header.Set("Authorization", "Bearer "+p.who[as].Token)
		if body != nil {
			r.Header.Set("Content-Type", "application/json")
		}
		res, err := p.w.Server.Client().Do(r)
		if err != nil {
			return // a header that the client refuses to send
		}
		defer res.Body.Close()
		sent++
		if res.StatusCode >= 500 {
			t.Errorf("%s %s %q %q: %d", op.Method, path, query, body[:min(len(body), 200)], res.StatusCode)
		}
		if kind := res.Header.Get("Content-Type"); res.StatusCode >= 400 && kind != "application/problem+json" {
			t.Errorf("%s %s: %d is %q", op.Method, path, res.StatusCode, kind)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			good := strings.NewReplacer("{id}", "aurora", "{closure}", "x").Replace(path)
			if strings.HasPrefix(path, "/api/v1/resources") {
				good = strings.Replace(path, "{id}", p.w.ID("aurora", "D-01"), 1)
			}
			for _, param := range op.Parameters {
				for _, text := range hostile {
					query, head, at := p.sound(op, param), http.Header{}, good
					switch param.In {
					case "query":
						query.Set(param.Name, text)
					case "header":
						head[http.CanonicalHeaderKey(param.Name)] = []string{text}
					case "path":
						at = strings.Replace(path, "{"+param.Name+"}", url.PathEscape(text), 1)
						at = strings.NewReplacer("{id}", "aurora", "{closure}", "x").Replace(at)
					}
					try(op, "luca", at, query, head, p.soundBody(op))
				}
			}
			if op.RequestBody != nil {
				for _, body := range p.hostileBodies() {
					try(op, "luca", good, nil, http.Header{"Idempotency-Key": {"k"}}, body)
				}
			}
		}
	}
	t.Logf("%d requests", sent)
	p.step(t, "the good are served", step{as: "maria", do: "POST /bookings", body: want("15:00", "16:00", "<molo.D-05>"), want: 201})
	p.w.Check(t)
}

// sound are parameters without fault, but for one.
func (p *player) sound(op *huma.Operation, but *huma.Param) url.Values {
	query := url.Values{}
	for _, param := range op.Parameters {
		if param == but || param.In != "query" || !param.Required {
			continue
		}
		query.Set(param.Name, map[string]string{"kind": "desk", "from": tuesday("09:00"), "to": tuesday("10:00")}[param.Name])
	}
	return query
}

func (p *player) soundBody(op *huma.Operation) []byte {
	if op.RequestBody == nil {
		return nil
	}
	return []byte(`{"from":"` + tuesday("09:00") + `","to":"` + tuesday("10:00") + `"}`)
}

func (p *player) hostileBodies() [][]byte {
	bodies := [][]byte{
		nil, []byte(" "), []byte("{"), []byte("[]"), []byte("null"), []byte(`"x"`), []byte("1e999"), []byte("{}{}"), []byte("\xff"), []byte(`{"from":1}`),
		[]byte(strings.Repeat("[", 100_000)), []byte(strings.Repeat(`{"parts":[`, 50) + strings.Repeat("]}", 50)),
		[]byte(`{"parts":[null]}`), []byte(`{"parts":[[]]}`), []byte(`{"parts":{}}`), []byte(`{"resources":[null]}`), []byte(`{"resources":[[]]}`),
		[]byte(`{"resources":"x"}`), []byte(`{"from":"2026-11-24T09:00:00Z","from":"2026-11-24T09:00:00Z"}`),
		bytes.Repeat([]byte(" "), 3<<20), []byte(`{"reason":"` + strings.Repeat("a", 3<<20) + `"}`),
	}
	times := `"from":"` + tuesday("09:00") + `","to":"` + tuesday("10:00") + `"`
	places, _ := json.Marshal(slices.Repeat([]string{p.w.ID("aurora", "D-01")}, 10_000))
	many, _ := json.Marshal(slices.Repeat([]string{"x"}, 10_000))
	bodies = append(bodies,
		[]byte(`{"resources":`+string(places)+`,`+times+`}`), []byte(`{"resources":`+string(many)+`,`+times+`}`),
		[]byte(`{"reason":"x","resources":`+string(many)+`,`+times+`}`),
		[]byte(`{"parts":[{`+times+`}`+strings.Repeat(`,{`+times+`}`, 9_999)+`]}`),
	)
	for _, count := range []string{"0", "-1", "10000", "1.5", "1e9", "9223372036854775808", `"2"`, "true", "null"} {
		bodies = append(bodies, []byte(`{"site":"aurora","kind":"desk","count":`+count+`,`+times+`}`))
	}
	for _, text := range hostile {
		quoted, err := json.Marshal(text)
		if err != nil {
			continue
		}
		for _, body := range []string{
			`{"resources":[%s],` + times + `}`, `{"site":%s,"kind":"desk",` + times + `}`, `{"site":"aurora","kind":%s,` + times + `}`,
			`{"site":"aurora","kind":"desk","from":%s,"to":"` + tuesday("10:00") + `"}`, `{"site":"aurora","kind":"desk","from":"` + tuesday("10:00") + `","to":%s}`,
			`{"site":"cantiere","kind":"desk","from":%[1]s,"to":%[1]s}`, `{"reason":%s,` + times + `,"resources":["x"]}`, `{"reason":"x","from":%s,"to":"` + tuesday("10:00") + `"}`,
			`{%s:1}`, `{"parts":[{"site":"aurora","kind":"desk",` + times + `,%s:1}]}`,
		} {
			bodies = append(bodies, fmt.Appendf(nil, body, quoted), fmt.Appendf(nil, body, `"`+text+`"`))
		}
	}
	for _, times := range []string{
		`"from":"2026-11-24T10:00:00Z","to":"2026-11-24T09:00:00Z"`, `"from":"2199-01-01T00:00:00Z","to":"2199-01-01T01:00:00Z"`,
		`"from":"2000-01-01T00:00:00Z","to":"2200-12-31T23:45:00Z"`, `"from":"2026-11-24T09:00:00.5Z","to":"2026-11-24T10:00:00Z"`,
		`"from":"2200-12-31T22:45:00Z","to":"2200-12-31T23:45:00Z"`, `"from":"9999-12-31T22:45:00Z","to":"9999-12-31T23:45:00Z"`,
		`"from":"2026-11-24T09:00:00Z","to":"2027-11-24T09:00:00Z"`,
	} {
		bodies = append(bodies,
			[]byte(`{"site":"faro","kind":"desk",`+times+`}`), []byte(`{`+times+`}`), []byte(`{"reason":"x",`+times+`}`),
			[]byte(`{"resources":["`+p.w.ID("faro", "D-01")+`"],`+times+`}`))
	}
	return bodies
}
