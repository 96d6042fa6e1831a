package e2e

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"polis/internal/platform/web/webtest"
)

// nasty are texts that programs have stumbled over.
var nasty = []string{
	"", " ", "\t", "\x00", "a\x00b", "\xff\xfe", "\xc0\x80", "\xed\xa0\x80", "a\xe2\x82", "\x1b[31m", "\x7f",
	"😀", "\u202egnp.exe", "\u2028", "\ufeff", "e\u0301\u0301\u0301\u0301\u0301", "ﷺ", "İ", "ẞ", "٣", "１２",
	strings.Repeat("a", 300), strings.Repeat("à", 3000), strings.Repeat("(", 2000),
	"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, "javascript:alert(1)", "</title><b>x",
	"'; DROP TABLE booking;--", "' OR '1'='1", "%' OR 1=1 --", "_%", `\`, `"`, "`", "$1", "?", "{rows}",
	"../../../../etc/passwd", "..%2f..%2f", "/", "//evil.example", "%00", "%", "%zz", "+", "&a=b", "a;b", "#", "a,b,c",
	"${jndi:ldap://x}", "{{7*7}}", "{{.}}", "\r\nSet-Cookie: evil=1", "\nX-Evil: 1",
	"null", "undefined", "NaN", "Infinity", "-Inf", "true", "[]", "{}", "0", "-0", "-1", "1.5", "1e9", "1e309", "0x10", "0b1", "1_000", "007",
	"2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "99999999999999999999999999",
	"10000", "201", "45.8,8.7", "91,181", "NaN,NaN", "45.8", "1e400,1e400", "45.8,8.7,9",
	"9999-12-31T23:59:59Z", "9999-12-31", "10000-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "0001-01-01", "-0001-01-01", "2026-02-30", "2026-02-30T10:00:00Z",
	"2200-12-31T23:45:00Z", "2200-12-31", "1900-01-01", "2000-01-01T00:00:00Z", "2027-03-28T02:30:00+01:00", "2026-10-25T02:30:00+02:00",
	"2027-01-12T09:07:00+01:00", "2027-01-12T09:00:00", "2027-01-12T09:00:60Z", "2027-01-12T25:00:00Z", "2027-01-12T09:00:00+99:99", "2027-01-12 09:00",
	"2027-01-12T09:00:00.000000001Z", "09:00", "24:00", "24:15", "09:07", "9", "-09:00", "23:59:59",
	"00000000-0000-0000-0000-000000000000", "01900000-0000-7000-8000-000000000001", "gavirate", "GAVIRATE", "desk", "desk\n", "admission", "counter",
	"maria", "RSSMRA85T10A562S", "polis_", "Bearer", `W/"1"`, `"1"`, "*", `"1", "2"`, "bytes=0-1,5-9999999999", "2;q=9",
}

// nastyJSON are values of JSON where another was expected.
var nastyJSON = func() []string {
	list := []string{
		"null", "true", "0", "-1", "1.5", "1e400", "-1e400", "10000", "9223372036854775808", "123456789012345678901234567890",
		"[]", "[null]", "[[]]", "[{}]", "{}", `{"a":1}`, `[1,2]`, `["a"]`, "[\"a\",\"a\"]", `""`,
		strings.Repeat("[", 100) + strings.Repeat("]", 100), strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100),
		"[" + strings.Repeat(`"00000000-0000-0000-0000-000000000000",`, 10_000) + `""]`, "[" + strings.Repeat("{},", 1000) + "{}]",
		`"\ud800"`, `"\u0000"`, `"a\u0000b"`, "nul", "'a'", "01", "+1", ".5", "NaN", `"`, "{", "[1,", "\x00", "/**/1", "\xff",
	}
	for _, s := range nasty {
		text, _ := json.Marshal(s)                        // strings do not fail
		list = append(list, string(text), `"`+raw(s)+`"`) // clean, and with its bytes as they are
	}
	return list
}()

// raw is a text that ends no JSON string but keeps its broken bytes.
func raw(s string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) }

// sound tells what is wrong with an answer, whatever the question was: nothing
// is our fault, errors are problems or pages, nothing of the question comes
// back as markup or as a header.
func sound(method string, a answer) error {
	if a.status >= 500 {
		return fmt.Errorf("status %d: %.300s", a.status, a.body)
	}
	if a.header.Get("X-Evil") != "" || strings.Contains(strings.Join(a.header.Values("Set-Cookie"), ";"), "evil") {
		return fmt.Errorf("a header was injected: %v", a.header)
	}
	if fromLibrary(a) {
		return nil
	}
	for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
		if a.header.Get(name) == "" {
			return fmt.Errorf("status %d without %s", a.status, name)
		}
	}
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	switch {
	case len(a.body) == 0:
		if a.status >= 400 && method != http.MethodHead {
			return fmt.Errorf("status %d without a word", a.status)
		}
		return nil
	case kind == "application/problem+json" && a.status < 400: // of /status, as ModI wants it
	case kind == "application/problem+json":
		var p problem
		if err := json.Unmarshal(a.body, &p); err != nil {
			return fmt.Errorf("%w in %.300s", err, a.body)
		}
		if p.Status != a.status || p.Title == "" || p.Detail == "" || p.Code == "" || p.Detail == p.Code || strings.HasPrefix(p.Title, "api.") {
			return fmt.Errorf("an incomplete problem: %d %.300s", a.status, a.body)
		}
	case kind == "application/json":
		if !json.Valid(a.body) {
			return fmt.Errorf("not JSON: %.300s", a.body)
		}
		if a.status >= 400 {
			return fmt.Errorf("status %d is no problem document: %.300s", a.status, a.body)
		}
	case kind == "text/html":
		return soundPage(string(a.body))
	case a.status >= 400:
		return fmt.Errorf("status %d as %q: %.300s", a.status, kind, a.body)
	}
	return nil
}

// markup are pieces of nasty texts that must not come back as they are.
var markup = []string{"<script>alert", "<img src=x", "<b>x", "onerror=alert(1)>", `href="javascript:`, `action="javascript:`, "' onmouseover='"}

func soundPage(html string) error {
	for _, m := range markup {
		if strings.Contains(html, m) {
			return fmt.Errorf("%q comes back as markup", m)
		}
	}
	if !strings.HasPrefix(html, "<!doctype html>") { // a fragment for a script
		return nil
	}
	root, err := webtest.Parse(strings.ReplaceAll(html, "\x1b", "")) // which our parser, not a browser, minds
	if err != nil {
		return fmt.Errorf("the page does not parse: %w", err)
	}
	if problems := webtest.Problems(root); len(problems) > 0 {
		return fmt.Errorf("the page: %s", strings.Join(problems, "; "))
	}
	return nil
}

// fromLibrary tells whether the answer is that of Go's own server, which
// refuses what is no HTTP before the program sees it.
func fromLibrary(a answer) bool {
	if a.header.Get("X-Request-Id") != "" {
		return false
	}
	switch a.status {
	case http.StatusBadRequest, http.StatusExpectationFailed, http.StatusRequestHeaderFieldsTooLarge, http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") || len(a.body) == 0
	}
	return false
}
