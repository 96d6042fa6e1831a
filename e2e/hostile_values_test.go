package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// target is where nasty values are thrown: a running demonstration with a
// booking and a house that are really there.
type target struct {
	*server
	token, manager string
	site, code     string
	place          string
	booking        string
	day            time.Time
}

func newTarget(t *testing.T, s *store, srv *server) *target {
	home := srv.spaces("medium")[0]
	desk := srv.placesOf(home.ID, "desk")[0]
	g := &target{
		server: srv, token: s.tokens[0], site: home.ID, code: home.Code, place: desk.ID,
		manager: s.token(t, "--person", person(0), "--role", "manager"), day: srv.quietDays(desk.ID, 1)[0],
	}
	g.booking = decode[booking](t, srv.want(t, http.StatusCreated, "POST", "/api/v1/bookings", g.token,
		wanted{Resources: []string{desk.ID}, From: at(g.day, 9, 0), To: at(g.day, 10, 0)})).ID
	return g
}

// throw sends requests over several connections at once and reports every
// answer that is not sound, a few of each kind.
func throw(t *testing.T, srv *server, shots []shot) {
	t.Helper()
	if !full { // every day another part of them
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		rng := rand.New(rand.NewPCG(seed, 0))
		rng.Shuffle(len(shots), func(i, j int) { shots[i], shots[j] = shots[j], shots[i] })
		shots = shots[:min(len(shots), everyDayShots)]
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	statuses, faults := map[int]int{}, map[string]int{}
	queue := make(chan shot)
	for range 8 {
		wg.Go(func() {
			w := srv.wire()
			defer w.close()
			for s := range queue {
				a, err := w.do(s.method, s.target, s.body, s.headers...)
				if err == nil && !busy(s.target, a) {
					err = sound(s.method, a)
				}
				mu.Lock()
				statuses[a.status]++
				if err != nil {
					kind := fmt.Sprintf("%.50s", err)
					if faults[kind]++; faults[kind] <= 3 {
						t.Errorf("%s: %s %.200q %.200q %.200q: %v", s.what, s.method, s.target, s.body, s.headers, err)
					}
				}
				mu.Unlock()
			}
		})
	}
	for _, s := range shots {
		queue <- s
	}
	close(queue)
	wg.Wait()
	t.Logf("%d requests, answers by status: %v", len(shots), statuses)
	for kind, n := range faults {
		t.Logf("%d × %s", n, kind)
	}
	srv.want(t, http.StatusOK, "GET", "/readyz", "", nil)
}

// busy tells whether an answer says that the machine is: with all tests around it
// a look at the database may take longer than monitors are to wait.
func busy(target string, a answer) bool {
	return a.status == http.StatusServiceUnavailable && (target == "/status" || target == "/readyz")
}

// everyDayShots is how many hostile requests one test throws every day; in the
// full run it throws all.
const everyDayShots = 3000

// shot is a request to throw.
type shot struct {
	what, method, target string
	body                 []byte
	headers              []header
}

// escape writes a text into an address so that its bytes arrive.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// Hostile values in every parameter and every member of the body of every
// operation of the API, as its own description lists them.
func TestHostileValuesOfTheAPI(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s := newDemo(t, e)
		srv := serve(t, s, "--demo")
		g := newTarget(t, s, srv)
		d := get[description](t, srv.process, "/api/v1/openapi.json", "")
		var shots []shot
		for path, methods := range d.Paths {
			for method, op := range methods {
				shots = append(shots, g.shotsAt(d, strings.ToUpper(method), path, op)...)
			}
		}
		if len(shots) < 1000 {
			t.Fatalf("%d requests only: is the description whole?", len(shots))
		}
		slices.SortFunc(shots, func(a, b shot) int {
			return strings.Compare(a.what+a.target+string(a.body), b.what+b.target+string(b.body))
		})
		throw(t, srv, shots)
		srv.stop()
		s.check(t)
	})
}

// description is as much of OpenAPI as the test reads.
type description struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]*schema }
}

type operation struct {
	Parameters  []struct{ In, Name string }
	RequestBody struct {
		Content map[string]struct{ Schema *schema }
	}
}

type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Properties map[string]*schema
	Items      *schema
}

func (d description) resolve(s *schema) *schema {
	if s != nil && s.Ref != "" {
		return d.Components.Schemas[s.Ref[strings.LastIndex(s.Ref, "/")+1:]]
	}
	return s
}

// good are values that fit, by the name of the parameter or member.
func (g *target) good(path, name string) any {
	switch name {
	case "id":
		switch {
		case strings.Contains(path, "/bookings/"):
			return g.booking
		case strings.Contains(path, "/resources/"):
			return g.place
		}
		return g.code
	case "from":
		if strings.HasSuffix(path, "/calendar") {
			return g.day.Format(time.DateOnly)
		}
		return at(g.day, 11, 0)
	case "to":
		if strings.HasSuffix(path, "/calendar") {
			return g.day.Format(time.DateOnly)
		}
		return at(g.day, 12, 0)
	case "kind":
		if path == "/api/v1/sites" {
			return "space"
		}
		return "desk"
	case "resources":
		return []string{g.place}
	case "site":
		return g.code
	case "count":
		return 1
	case "reason":
		return "prova"
	case "closure":
		return g.site
	}
	return ""
}

func (g *target) shotsAt(d description, method, path string, op operation) (shots []shot) {
	headers := []header{{"Authorization", "Bearer " + g.token}, {"Accept-Language", "en"}}
	if strings.Contains(path, "/closures") || strings.Contains(path, "/in-the-way") {
		headers[0].value = "Bearer " + g.manager
	}
	var body []byte
	root := d.resolve(op.RequestBody.Content["application/json"].Schema)
	if root != nil {
		headers = append(headers, header{"Content-Type", "application/json"})
		body = []byte("{}")
	}
	address := func(changed, value string) string {
		at, q := path, url.Values{}
		for _, p := range op.Parameters {
			v := value
			if p.Name != changed {
				v = fmt.Sprint(g.good(path, p.Name))
			}
			switch {
			case p.In == "path":
				at = strings.Replace(at, "{"+p.Name+"}", escape(v), 1)
			case p.In == "query" && (p.Name == changed || v != ""):
				q.Set(p.Name, v)
			}
		}
		if len(q) > 0 {
			at += "?" + q.Encode()
		}
		return at
	}
	add := func(what, target string, body []byte, more ...header) {
		shots = append(shots, shot{path + " " + what, method, target, body, append(slices.Clone(headers), more...)})
	}
	for _, p := range op.Parameters {
		for _, v := range nasty {
			if p.In != "header" {
				add(p.In+" "+p.Name, address(p.Name, v), body)
			} else if !strings.ContainsAny(v, "\r\n\x00") {
				add(p.In+" "+p.Name, address("", ""), body, header{p.Name, v})
			}
		}
	}
	for _, v := range nasty {
		sep := "?"
		if strings.Contains(address("", ""), "?") {
			sep = "&"
		}
		add("unknown parameter", address("", "")+sep+escape(v)+"=1", body)
	}
	if root == nil {
		return shots
	}
	for _, v := range nastyJSON {
		add("body", address("", ""), []byte(v))
	}
	for name, member := range root.Properties {
		whole := map[string]any{}
		for other := range root.Properties {
			if v := g.good(path, other); v != "" && other != "site" && other != "kind" && other != "count" {
				whole[other] = v
			}
		}
		for _, v := range nastyJSON {
			add("member "+name, address("", ""), with(whole, name, v))
			add("member "+name+" alone", address("", ""), with(nil, name, v))
			if item := d.resolve(member.Items); item != nil {
				add("item of "+name, address("", ""), with(whole, name, "["+v+"]"))
				for inner := range item.Properties {
					part := map[string]any{"from": whole["from"], "to": whole["to"]}
					add("member "+name+"."+inner, address("", ""), with(nil, name, "["+string(with(part, inner, v))+"]"))
				}
			}
		}
	}
	for _, v := range nasty {
		add("unknown member", address("", ""), []byte(`{"`+raw(v)+`":1}`))
	}
	return shots
}

// with is an object as JSON text with one member set to a text that need not
// be JSON.
func with(object map[string]any, name, value string) []byte {
	object = maps.Clone(object)
	delete(object, name)
	text, err := json.Marshal(object)
	if err != nil || object == nil {
		text = []byte("{}")
	}
	sep := ","
	if len(object) == 0 {
		sep = ""
	}
	return []byte(string(text[:len(text)-1]) + sep + `"` + name + `":` + value + "}")
}

// Hostile values in every header that the program or its library reads, on a
// page, a form and two operations.
func TestHostileHeaders(t *testing.T) {
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	g := newTarget(t, s, srv)
	names := []string{
		"Host", "Authorization", "Accept", "Accept-Language", "Accept-Encoding", "Content-Type", "Content-Encoding", "Cookie", "Idempotency-Key",
		"If-Match", "If-None-Match", "If-Modified-Since", "If-Range", "Range", "Origin", "Referer", "User-Agent", "X-Forwarded-For", "X-Forwarded-Proto",
		"X-Forwarded-Host", "Forwarded", "X-Request-Id", "X-Real-Ip", "X-Http-Method-Override", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Hx-Request", "Hx-Target",
		"Hx-Current-Url", "Upgrade", "Expect", "Te", "Trailer", "Prefer", "Traceparent", "Cache-Control",
	}
	values := append(slices.Clone(nasty), "lang=../../x", "lang=<script>", "polis_session=", "polis_session="+strings.Repeat("A", 43), "polis_session=\"x", "flash=AAAA", "=",
		strings.Repeat("x=y; ", 2000), "Bearer "+strings.Repeat("a", 2000), "Bearer polis_aaaa", "Basic YTpi", "Bearer a b", "multipart/form-data; boundary=", "multipart/form-data", "application/json; charset=utf-7",
		"text/html;q=x, */*;q=", strings.Repeat("it;q=0.1,", 1500), "zz-zz-zz-zz-zz-zz-zz", "100-continue", "websocket", "gzip", "gzip;q=0, *;q=0", "cross-site")
	requests := []shot{
		{method: "GET", target: "/spazi?q=Gavirate"},
		{method: "GET", target: "/prenotazioni"},
		{method: "POST", target: "/accedi", body: []byte("person=nobody"), headers: []header{{"Content-Type", "application/x-www-form-urlencoded"}}},
		{method: "GET", target: "/api/v1/bookings/" + g.booking, headers: []header{{"Authorization", "Bearer " + g.token}}},
		{
			method: "POST", target: "/api/v1/bookings", body: []byte(`{"resources":["x"],"from":"` + at(g.day, 9, 0) + `","to":"` + at(g.day, 10, 0) + `"}`),
			headers: []header{{"Authorization", "Bearer " + g.token}, {"Content-Type", "application/json"}},
		},
		{method: "GET", target: "/status"},
	}
	var shots []shot
	for _, r := range requests {
		for _, name := range names {
			for _, v := range values {
				kept := slices.DeleteFunc(slices.Clone(r.headers), func(h header) bool { return strings.EqualFold(h.name, name) })
				shots = append(shots, shot{name, r.method, r.target, r.body, append(kept, header{name, v})})
			}
		}
	}
	// What is thrown may be an injected header, which these two requests then carry.
	shots = slices.DeleteFunc(shots, func(s shot) bool {
		h := s.headers[len(s.headers)-1]
		return strings.ContainsAny(h.value, "\r\n")
	})
	throw(t, srv, shots)
}

// Paths, methods and targets that nobody expects.
func TestHostileAddresses(t *testing.T) {
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	g := newTarget(t, s, srv)
	var shots []shot
	for _, v := range nasty {
		for _, before := range []string{"/", "/api/", "/api/v1/", "/api/v1/bookings/", "/assets/", "/spazi/", "/sedi/", "/segnalazioni/", "/prenotazioni/", "/problems/", "/healthz/"} {
			shots = append(shots, shot{"path", "GET", before + escape(v), nil, nil})
		}
		for _, page := range []string{"/", "/spazi", "/spazi/" + g.code, "/spazi/comuni", "/accedi", "/sedi", "/segnala", "/segnala/sedi", "/segnalazioni", "/prenotazioni", "/status"} {
			shots = append(shots, shot{"query", "GET", page + "?" + escape(v), nil, nil}, shot{"query", "GET", page + "?lang=" + escape(v), nil, nil},
				shot{"query", "GET", page + "?q=" + escape(v) + "&next=" + escape(v), nil, nil})
		}
	}
	for _, method := range []string{"HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "get", "X", strings.Repeat("M", 300)} {
		for _, at := range []string{"/", "/spazi", "/accedi", "/healthz", "/status", "/api/v1/sites", "/api/v1/bookings", "/assets/x", "/nothing"} {
			shots = append(shots, shot{"method", method, at, nil, nil})
		}
	}
	for _, at := range []string{
		"//", "/./", "/../", "/spazi/../accedi", "/spazi//x", "/api/v1/../v1/sites", "http://evil.example/", "http://evil.example/spazi", "/" + strings.Repeat("a", 20_000),
		"/spazi?" + strings.Repeat("a", 20_000), "/api/v1/sites?q=" + strings.Repeat("a", 20_000), "/spazi?" + strings.Repeat("a=1&", 3000), "/api/v1/sites?" + strings.Repeat("limit=1&", 500),
	} {
		shots = append(shots, shot{"target", "GET", at, nil, nil})
	}
	throw(t, srv, shots)
}
