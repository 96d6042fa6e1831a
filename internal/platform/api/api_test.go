package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/goleak"

	"polis/internal/platform/api"
	"polis/internal/platform/api/apitest"
	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/i18n/i18ntest"
	"polis/internal/platform/observe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type part struct {
	Resource string `json:"resource" minLength:"1" maxLength:"64"`
	Count    int    `json:"count,omitempty" minimum:"1" maximum:"100"`
}

type bookInput struct {
	Key  api.IdempotencyKey `header:"Idempotency-Key"`
	Body struct {
		From  api.Time  `json:"from"`
		To    api.Time  `json:"to"`
		Day   *api.Date `json:"day,omitempty"`
		Parts []part    `json:"parts" minItems:"1" maxItems:"8"`
		Note  string    `json:"note,omitempty" maxLength:"100"`
		Kind  string    `json:"kind,omitempty" enum:"desk,hall"`
		Loud  bool      `json:"loud,omitempty"`
		Share float64   `json:"share,omitempty"`
	}
}

type listInput struct {
	From   api.Time `query:"from"`
	Day    api.Date `query:"day"`
	Near   float64  `query:"near" minimum:"-90" maximum:"90"`
	Limit  int      `query:"limit" minimum:"1" maximum:"100" default:"20"`
	Q      string   `query:"q" maxLength:"40"`
	Open   bool     `query:"open"`
	Kinds  []string `query:"kind,explode"`
	Cursor string   `query:"cursor"`
	Must   string   `query:"must" required:"true"`
}

type out struct{ Body map[string]any }

type secret struct{ Site, Person string }

// world is an API with an operation of each sort.
func world(opts api.Options) (*http.ServeMux, *api.API) {
	mux := http.NewServeMux()
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	opts.RequestID = func(context.Context) string { return "0193-id" }
	if opts.Authenticate == nil {
		opts.Authenticate = func(ctx context.Context, bearer string) (context.Context, error) {
			if bearer != "good" && bearer != "load" {
				return nil, errs.New(errs.Unauthenticated, "api.bad_token", nil)
			}
			return context.WithValue(ctx, secret{}, bearer), nil
		}
	}
	opts.Unlimited = func(ctx context.Context) bool { return ctx.Value(secret{}) == "load" }
	a := api.New(mux, "Test", "1.0.0", opts)
	api.Register(a, huma.Operation{OperationID: "book", Method: "POST", Path: "/api/v1/bookings", DefaultStatus: 201},
		func(_ context.Context, in *bookInput) (*out, error) {
			return &out{map[string]any{"from": in.Body.From, "day": in.Body.Day, "parts": in.Body.Parts}}, nil
		})
	api.Register(a, huma.Operation{OperationID: "list", Method: "GET", Path: "/api/v1/things"},
		func(_ context.Context, in *listInput) (*out, error) {
			var place struct{ N int }
			if in.Cursor != "" {
				if err := api.DecodeCursor(in.Cursor, &place); err != nil {
					return nil, err
				}
			}
			return &out{map[string]any{"limit": in.Limit, "q": in.Q, "kinds": in.Kinds, "n": place.N, "day": in.Day.String()}}, nil
		})
	api.Register(a, huma.Operation{OperationID: "get", Method: "GET", Path: "/api/v1/things/{id}"},
		func(_ context.Context, in *struct {
			ID string `path:"id" maxLength:"36"`
		},
		) (*out, error) {
			switch in.ID {
			case "missing":
				return nil, fmt.Errorf("get: %w", errs.New(errs.NotFound, "api.not_found", nil))
			case "taken":
				return nil, errs.New(errs.Conflict, "booking.taken", nil).On("resources").With(map[string]any{
					"alternatives": []string{"a<b"}, "status": "not this one",
				})
			case "rule":
				return nil, &errs.Error{Kind: errs.Rule, Key: "booking.rules", Fields: []errs.Error{
					{Key: "booking.short", Field: "from"}, {Key: "booking.far", Field: "parts[1].count"},
				}}
			case "broken":
				return nil, errors.New("disk of RSSMRA80A01H501U is full")
			case "panic":
				panic("ouch")
			}
			return &out{map[string]any{"id": in.ID}}, nil
		})
	api.Register(a, huma.Operation{OperationID: "number", Method: "GET", Path: "/api/v1/numbers/{n}"},
		func(_ context.Context, in *struct {
			N float64 `path:"n"`
		},
		) (*out, error) {
			return &out{map[string]any{"n": in.N}}, nil
		})
	api.Register(a, huma.Operation{OperationID: "file", Method: "POST", Path: "/api/v1/files", MaxBodyBytes: 10},
		func(_ context.Context, in *struct {
			RawBody []byte `contentType:"text/csv"`
		},
		) (*out, error) {
			return &out{map[string]any{"n": len(in.RawBody)}}, nil
		})
	api.Register(a, huma.Operation{OperationID: "mine", Method: "PUT", Path: "/api/v1/mine", Security: api.SignedIn},
		func(_ context.Context, in *struct {
			Body map[string]any
		},
		) (*out, error) {
			return &out{in.Body}, nil
		})
	return mux, a
}

func do(t testing.TB, h http.Handler, method, target, body string, headers ...string) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	path, query, _ := strings.Cut(target, "?")
	r.URL.Path, r.URL.RawQuery = path, query
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header[http.CanonicalHeaderKey(headers[i])] = []string{headers[i+1]}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var v map[string]any
	_ = json.Unmarshal(w.Body.Bytes(), &v)
	return w, v
}

const good = `{"from":"2026-03-02T09:00:00+01:00","to":"2026-03-02T11:00:00Z","parts":[{"resource":"r1"}]}`

func TestGoodRequests(t *testing.T) {
	mux, _ := world(api.Options{})
	for _, c := range []struct {
		method, target, body string
		status               int
		want                 string
	}{
		{"POST", "/api/v1/bookings", good, 201, `{"day":null,"from":"2026-03-02T08:00:00Z","parts":[{"resource":"r1"}]}`},
		{
			"POST", "/api/v1/bookings", strings.Replace(good, `{"from"`, `{"day":"2200-02-28","from"`, 1), 201,
			`{"day":"2200-02-28","from":"2026-03-02T08:00:00Z","parts":[{"resource":"r1"}]}`,
		},
		{
			"GET", "/api/v1/things?must=1&q=a%20b&kind=x&kind=y&near=-4.5e1&day=2026-03-02&from=2026-03-02T09:00:00%2B01:00", "", 200,
			`{"day":"2026-03-02","kinds":["x","y"],"limit":20,"n":0,"q":"a b"}`,
		},
		{
			"GET", "/api/v1/things?must=1&cursor=" + api.EncodeCursor(map[string]int{"N": 7}), "", 200,
			`{"day":"0000-00-00","kinds":null,"limit":20,"n":7,"q":""}`,
		},
		{"GET", "/api/v1/things/città", "", 200, `{"id":"città"}`},
		{"GET", "/api/v1/numbers/-1.5", "", 200, `{"n":-1.5}`},
	} {
		w, _ := do(t, mux, c.method, c.target, c.body)
		if w.Code != c.status || strings.TrimSpace(w.Body.String()) != c.want {
			t.Errorf("%s %s: %d %s\nwant %d %s", c.method, c.target, w.Code, w.Body, c.status, c.want)
		}
		if w.Header().Get("X-RateLimit-Limit") != "200" {
			t.Errorf("%s %s: headers %v", c.method, c.target, w.Header())
		}
	}
	if w, _ := do(t, mux, "POST", "/api/v1/bookings", good, "Content-Type", "Application/JSON ; charset=UTF-8"); w.Code != 201 {
		t.Errorf("media types know no case: %d %s", w.Code, w.Body)
	}
}

// The hostile inputs: each has "h0st1le" where the caller's value stands, which
// no answer may echo.
func TestHostileRequests(t *testing.T) {
	mux, _ := world(api.Options{MaxBody: 4096})
	body := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	deep := strings.Repeat(`[`, 40) + strings.Repeat(`]`, 40)
	for name, c := range map[string]struct {
		method, target, body string
		headers              []string
		status               int
		code, at             string
	}{
		"unknown path":        {"GET", "/api/v1/h0st1le", "", nil, 404, "api.not_found", ""},
		"api root":            {"GET", "/api/", "", nil, 404, "api.not_found", ""},
		"wrong method":        {"DELETE", "/api/v1/bookings", "", nil, 405, "api.method", ""},
		"made-up method":      {"H0ST1LE", "/api/v1/bookings", "", nil, 405, "api.method", ""},
		"NUL in path":         {"GET", "/api/v1/things/h0st1le\x00", "", nil, 400, "api.not_text", ""},
		"bytes in path":       {"GET", "/api/v1/things/h0st1le\xff", "", nil, 400, "api.not_text", ""},
		"long path part":      {"GET", "/api/v1/things/h0st1le" + strings.Repeat("x", 99), "", nil, 400, "api.max_length", "id"},
		"very long path":      {"GET", "/api/v1/things/h0st1le" + strings.Repeat("x", 9999), "", nil, 414, "api.uri_too_long", ""},
		"very long query":     {"GET", "/api/v1/things?must=h0st1le" + strings.Repeat("x", 9999), "", nil, 414, "api.uri_too_long", ""},
		"NUL in query":        {"GET", "/api/v1/things?must=h0st1le%00", "", nil, 400, "api.not_text", ""},
		"bytes in query":      {"GET", "/api/v1/things?must=h0st1le%C3", "", nil, 400, "api.not_text", ""},
		"bytes in its name":   {"GET", "/api/v1/things?h0st1le%C3=1", "", nil, 400, "api.not_text", ""},
		"broken escape":       {"GET", "/api/v1/things?must=h0st1le%zz", "", nil, 400, "api.query", ""},
		"semicolon":           {"GET", "/api/v1/things?must=1;q=h0st1le", "", nil, 400, "api.query", ""},
		"no value":            {"GET", "/api/v1/things?must", "", nil, 400, "api.query", ""},
		"missing parameter":   {"GET", "/api/v1/things", "", nil, 400, "api.required", "must"},
		"unknown parameter":   {"GET", "/api/v1/things?must=1&nope=h0st1le", "", nil, 400, "api.unknown_parameter", "nope"},
		"parameter twice":     {"GET", "/api/v1/things?must=1&q=a&q=h0st1le", "", nil, 400, "api.twice", "q"},
		"NaN":                 {"GET", "/api/v1/things?must=1&near=NaN", "", nil, 400, "api.number", "near"},
		"infinite":            {"GET", "/api/v1/things?must=1&near=-Inf", "", nil, 400, "api.number", "near"},
		"hexadecimal":         {"GET", "/api/v1/things?must=1&near=0x1p-2", "", nil, 400, "api.number", "near"},
		"NaN in path":         {"GET", "/api/v1/numbers/nan", "", nil, 400, "api.number", "n"},
		"too large a float":   {"GET", "/api/v1/things?must=1&near=1e999", "", nil, 400, "api.number", "near"},
		"over the maximum":    {"GET", "/api/v1/things?must=1&near=91", "", nil, 400, "api.maximum", "near"},
		"not an integer":      {"GET", "/api/v1/things?must=1&limit=h0st1le", "", nil, 400, "api.integer", "limit"},
		"over 64 bits":        {"GET", "/api/v1/things?must=1&limit=99999999999999999999", "", nil, 400, "api.integer", "limit"},
		"not a boolean":       {"GET", "/api/v1/things?must=1&open=h0st1le", "", nil, 400, "api.boolean", "open"},
		"not a time":          {"GET", "/api/v1/things?must=1&from=h0st1le", "", nil, 400, "api.time", "from"},
		"time before all":     {"GET", "/api/v1/things?must=1&from=1999-12-31T23:59:59Z", "", nil, 400, "api.time", "from"},
		"year 9999":           {"GET", "/api/v1/things?must=1&from=9999-12-31T23:59:59Z", "", nil, 400, "api.time", "from"},
		"plus as a space":     {"GET", "/api/v1/things?must=1&from=2026-03-02T09:00:00+01:00", "", nil, 400, "api.time", "from"},
		"no such day":         {"GET", "/api/v1/things?must=1&day=2026-02-30", "", nil, 400, "api.date", "day"},
		"forged cursor":       {"GET", "/api/v1/things?must=1&cursor=h0st1le", "", nil, 400, "api.cursor", "cursor"},
		"no body":             {"POST", "/api/v1/bookings", "", nil, 400, "api.body_missing", ""},
		"not JSON":            {"POST", "/api/v1/bookings", `{"h0st1le`, nil, 400, "api.json", "#"},
		"two documents":       {"POST", "/api/v1/bookings", good + good, nil, 400, "api.json", "#"},
		"null":                {"POST", "/api/v1/bookings", "null", nil, 400, "api.object", "#"},
		"a list":              {"POST", "/api/v1/bookings", `["h0st1le"]`, nil, 400, "api.object", "#"},
		"deep":                {"POST", "/api/v1/bookings", body(`[{"resource":"r1"}]`, deep), nil, 400, "api.depth", ""},
		"NUL in text":         {"POST", "/api/v1/bookings", body("r1", "h0st1le\x00"), nil, 400, "api.not_text", ""},
		"escaped NUL":         {"POST", "/api/v1/bookings", body("r1", `h0st1le\u0000`), nil, 400, "api.not_text", ""},
		"escaped NUL in name": {"POST", "/api/v1/bookings", body("resource", `h0st1le\u0000`), nil, 400, "api.not_text", ""},
		"bytes in text":       {"POST", "/api/v1/bookings", body("r1", "h0st1le\xff"), nil, 400, "api.not_text", ""},
		"unknown field":       {"POST", "/api/v1/bookings", body(`{"from"`, `{"nope":"h0st1le","from"`), nil, 400, "api.unknown_field", "#/nope"},
		"nested unknown":      {"POST", "/api/v1/bookings", body(`{"resource"`, `{"nope":"h0st1le","resource"`), nil, 400, "api.unknown_field", "#/parts/0/nope"},
		"other case":          {"POST", "/api/v1/bookings", body(`{"from"`, `{"From":"h0st1le","from"`), nil, 400, "api.unknown_field", "#/From"},
		"same name":           {"POST", "/api/v1/bookings", body(`{"from"`, `{"from":"h0st1le","from"`), nil, 400, "api.same_name", ""},
		"same name escaped":   {"POST", "/api/v1/bookings", body(`{"from"`, `{"fr\u006fm":"h0st1le","from"`), nil, 400, "api.same_name", ""},
		"missing field":       {"POST", "/api/v1/bookings", `{"from":"2026-03-02T09:00:00Z","to":"2026-03-02T09:00:00Z"}`, nil, 400, "api.required", "#/parts"},
		"wrong type":          {"POST", "/api/v1/bookings", body(`"r1"`, `{"h0st1le":1}`), nil, 400, "api.string", "#/parts/0/resource"},
		"null in a field":     {"POST", "/api/v1/bookings", body(`"r1"`, `null`), nil, 400, "api.string", "#/parts/0/resource"},
		"long text":           {"POST", "/api/v1/bookings", body("r1", "h0st1le"+strings.Repeat("è", 64)), nil, 400, "api.max_length", "#/parts/0/resource"},
		"empty text":          {"POST", "/api/v1/bookings", body("r1", ""), nil, 400, "api.min_length", "#/parts/0/resource"},
		"no parts":            {"POST", "/api/v1/bookings", body(`[{"resource":"r1"}]`, "[]"), nil, 400, "api.min_items", "#/parts"},
		"ten parts":           {"POST", "/api/v1/bookings", body(`[{"resource":"r1"}]`, `[`+strings.Repeat(`{"resource":"h0st1le"},`, 9)+`{"resource":"r"}]`), nil, 400, "api.max_items", "#/parts"},
		"fraction":            {"POST", "/api/v1/bookings", body(`"r1"`, `"r1","count":1.5`), nil, 400, "api.integer", "#/parts/0/count"},
		"fraction of zero":    {"POST", "/api/v1/bookings", body(`"r1"`, `"r1","count":1.0`), nil, 400, "api.type", "#/parts/count"},
		"count of 1e300":      {"POST", "/api/v1/bookings", body(`"r1"`, `"r1","count":1e300`), nil, 400, "api.maximum", "#/parts/0/count"},
		"number of 1e999":     {"POST", "/api/v1/bookings", body(`"parts"`, `"share":1e999,"parts"`), nil, 400, "api.type", "#"},
		"not one of":          {"POST", "/api/v1/bookings", body(`"parts"`, `"kind":"h0st1le","parts"`), nil, 400, "api.one_of", "#/kind"},
		"text as boolean":     {"POST", "/api/v1/bookings", body(`"parts"`, `"loud":"h0st1le","parts"`), nil, 400, "api.boolean", "#/loud"},
		"time in the body":    {"POST", "/api/v1/bookings", body("2026-03-02T09", "9999-03-02T09"), nil, 400, "api.time", "#/from"},
		"time as number":      {"POST", "/api/v1/bookings", body(`"2026-03-02T11:00:00Z"`, "1772445600"), nil, 400, "api.string", "#/to"},
		"leap second":         {"POST", "/api/v1/bookings", body("11:00:00Z", "11:00:60Z"), nil, 400, "api.time", "#/to"},
		"3 MB":                {"POST", "/api/v1/bookings", strings.Repeat("h0st1le", 3<<20/7), nil, 413, "api.too_large", ""},
		"a byte too many":     {"POST", "/api/v1/bookings", good + strings.Repeat(" ", 4097-len(good)), nil, 413, "api.too_large", ""},
		"form":                {"POST", "/api/v1/bookings", good, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "api.content_type", ""},
		"other JSON":          {"POST", "/api/v1/bookings", good, []string{"Content-Type", "text/h0st1le+json"}, 415, "api.content_type", ""},
		"broken media type":   {"POST", "/api/v1/bookings", good, []string{"Content-Type", ";+h0st1le"}, 415, "api.content_type", ""},
		"other charset":       {"POST", "/api/v1/bookings", good, []string{"Content-Type", "application/json; charset=latin1"}, 415, "api.content_type", ""},
		"compressed":          {"POST", "/api/v1/bookings", good, []string{"Content-Encoding", "gzip"}, 415, "api.content_type", ""},
		"empty key":           {"POST", "/api/v1/bookings", good, []string{"Idempotency-Key", ""}, 400, "api.empty", "Idempotency-Key"},
		"spaces in key":       {"POST", "/api/v1/bookings", good, []string{"Idempotency-Key", "h0st1le key"}, 400, "api.visible", "Idempotency-Key"},
		"bytes in key":        {"POST", "/api/v1/bookings", good, []string{"Idempotency-Key", "h0st1le\xff"}, 400, "api.not_text", "Idempotency-Key"},
		"long key":            {"POST", "/api/v1/bookings", good, []string{"Idempotency-Key", strings.Repeat("h0st1le", 40)}, 400, "api.max_length", "Idempotency-Key"},
		"wrong token":         {"GET", "/api/v1/things/1", "", []string{"Authorization", "Bearer h0st1le"}, 401, "api.bad_token", ""},
		"token with bytes":    {"GET", "/api/v1/things/1", "", []string{"Authorization", "Bearer h0st1le\xff"}, 401, "api.bad_token", ""},
		"other scheme":        {"GET", "/api/v1/things/1", "", []string{"Authorization", "Basic h0st1le"}, 401, "api.bad_token", ""},
		"no token":            {"PUT", "/api/v1/mine", `{"h0st1le`, nil, 401, "api.sign_in", ""},
		"many problems":       {"POST", "/api/v1/bookings", `{"h0st1le_":1,"from":1,"to":"h0st1le"}`, nil, 400, "api.invalid", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w, p := do(t, mux, c.method, c.target, c.body, append([]string{"Accept-Language", "en"}, c.headers...)...)
			if w.Code != c.status || p["code"] != c.code || p["status"] != float64(c.status) {
				t.Fatalf("%d %s; want %d %s", w.Code, w.Body, c.status, c.code)
			}
			if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("Content-Type %q", got)
			}
			if strings.Contains(w.Body.String(), "h0st1le") && name != "many problems" {
				t.Errorf("echoes what it was sent: %s", w.Body)
			}
			for _, must := range []string{"type", "title", "detail", "id"} {
				if s, _ := p[must].(string); s == "" || strings.HasPrefix(s, "api.") {
					t.Errorf("%s is %q", must, s)
				}
			}
			if w.Header().Get("X-RateLimit-Remaining") == "" || w.Header().Get("Content-Language") != "en" {
				t.Errorf("headers %v", w.Header())
			}
			if c.status == 401 && !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer") {
				t.Error("no challenge")
			}
			if c.status == 405 && w.Header().Get("Allow") == "" {
				t.Error("no Allow")
			}
			var at string
			if list, _ := p["errors"].([]any); len(list) > 0 && c.at != "" {
				f, _ := list[0].(map[string]any)
				for _, k := range []string{"pointer", "parameter", "header"} {
					if s, ok := f[k].(string); ok {
						at = s
					}
				}
			}
			if at != c.at {
				t.Errorf("at %q, want %q: %s", at, c.at, w.Body)
			}
		})
	}
}

func TestErrorsOfOperations(t *testing.T) {
	var log bytes.Buffer
	mux, _ := world(api.Options{
		Log: slog.New(slog.NewTextHandler(&log, nil)), Problems: "https://polis.example/problems/",
		Translate: func(lang, key string, args errs.Args) string { return lang + "|" + key },
	})
	for id, want := range map[string]string{
		"missing": `404 {"type":"https://polis.example/problems/not-found","title":"it|api.title.not-found","status":404,` +
			`"detail":"it|api.not_found","code":"api.not_found","id":"0193-id"}`,
		"taken": `409 {"type":"https://polis.example/problems/conflict","title":"it|api.title.conflict","status":409,"detail":"it|booking.taken",` +
			`"code":"booking.taken","id":"0193-id","errors":[{"parameter":"resources","detail":"it|booking.taken","code":"booking.taken"}],"alternatives":["a\u003cb"]}`,
		"rule": `422 {"type":"https://polis.example/problems/rule","title":"it|api.title.rule","status":422,"detail":"it|booking.rules",` +
			`"code":"booking.rules","id":"0193-id","errors":[{"parameter":"from","detail":"it|booking.short","code":"booking.short"},` +
			`{"parameter":"parts[1].count","detail":"it|booking.far","code":"booking.far"}]}`,
		"broken": `500 {"type":"https://polis.example/problems/internal","title":"it|api.title.internal","status":500,` +
			`"detail":"it|api.internal","code":"api.internal","id":"0193-id"}`,
		"panic": `500 {"type":"https://polis.example/problems/internal","title":"it|api.title.internal","status":500,` +
			`"detail":"it|api.internal","code":"api.internal","id":"0193-id"}`,
	} {
		log.Reset()
		w, _ := do(t, mux, "GET", "/api/v1/things/"+id, "")
		if got := fmt.Sprintf("%d %s", w.Code, strings.TrimSpace(w.Body.String())); got != want {
			t.Errorf("%s:\n got %s\nwant %s", id, got, want)
		}
		if logged := strings.Contains(log.String(), "0193-id"); logged != (w.Code == 500) {
			t.Errorf("%s: log %q", id, log.String())
		}
	}
}

func TestSpecificationIsServed(t *testing.T) {
	mux, a := world(api.Options{})
	w, doc := do(t, mux, "GET", "/api/v1/openapi.json", "")
	if w.Code != 200 || doc["openapi"] != "3.1.0" || w.Header().Get("Content-Type") != "application/openapi+json" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if strings.Contains(w.Body.String(), "$schema") {
		t.Error("the specification has $schema members")
	}
	if again, _ := do(t, mux, "GET", "/api/v1/openapi.json", "", "If-None-Match", w.Header().Get("ETag")); again.Code != 304 {
		t.Errorf("%d", again.Code)
	}
	if w, _ := do(t, mux, "GET", "/api/v1/openapi.yaml", ""); w.Code != 200 || !strings.HasPrefix(w.Body.String(), "components:") {
		t.Errorf("%d %.40s", w.Code, w.Body)
	}
	apitest.Golden(t, a, "testdata/openapi.json")
}

func TestWordsAreWhole(t *testing.T) {
	b := i18n.NewBundle()
	if err := b.Add(api.Words); err != nil {
		t.Fatal(err)
	}
	i18ntest.Check(t, b, os.DirFS("."))
}

func TestNarrowParametersAreRefusedAtStart(t *testing.T) {
	_, a := world(api.Options{})
	defer func() {
		if recover() == nil {
			t.Error("an int32 was let in")
		}
	}()
	api.Register(a, huma.Operation{OperationID: "x", Method: "GET", Path: "/api/v1/x"},
		func(context.Context, *struct {
			N int32 `query:"n"`
		},
		) (*out, error) {
			return nil, nil
		})
}

func TestOperationsAreCountedByRoute(t *testing.T) {
	mux, _ := world(api.Options{})
	m := observe.NewMetrics(observe.Build{}, clock.NewID)
	h := m.Middleware(mux)
	do(t, h, "GET", "/api/v1/things/1", "", "Authorization", "Bearer good")
	do(t, h, "GET", "/api/v1/nowhere", "")
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`polis_http_requests_total{method="GET",route="/api/v1/things/{id}",status="200"} 1`,
		`polis_http_requests_total{method="GET",route="/api/",status="404"} 1`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestRawBody(t *testing.T) {
	mux, _ := world(api.Options{})
	if w, v := do(t, mux, "POST", "/api/v1/files", "0123456789", "Content-Type", "text/csv"); w.Code != 200 || v["n"] != 10.0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w, v := do(t, mux, "POST", "/api/v1/files", "0123456789a", "Content-Type", "text/csv"); w.Code != 413 || v["code"] != "api.too_large" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A body that never ends, or is cut, is the client's fault.
func TestBodyThatBreaksOff(t *testing.T) {
	mux, _ := world(api.Options{})
	r := httptest.NewRequest("POST", "/api/v1/bookings", io.MultiReader(strings.NewReader(good[:20]), broken{}))
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	if w.Code != 400 || !strings.Contains(w.Body.String(), "api.body_broken") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
