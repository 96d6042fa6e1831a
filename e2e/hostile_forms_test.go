package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"polis/internal/platform/web/webtest"
)

// visitor is somebody with a browser that runs no scripts.
type visitor struct {
	*server
	cookies map[string]string
}

func (s *server) visitor() *visitor { return &visitor{s, map[string]string{}} }

func (v *visitor) headers() []header {
	list := []header{{"Accept", "text/html"}}
	for name, value := range v.cookies {
		list = append(list, header{"Cookie", name + "=" + value})
	}
	return list
}

// visit asks for a page or sends a form, and follows where it leads.
func (v *visitor) visit(method, target string, form url.Values) (answer, string) {
	v.t.Helper()
	return v.follow(method, target, "application/x-www-form-urlencoded", []byte(form.Encode()))
}

// follow is visit with a body of any type.
func (v *visitor) follow(method, target, contentType string, body []byte) (answer, string) {
	v.t.Helper()
	for range 10 {
		w := v.wire()
		headers := v.headers()
		if method == "POST" {
			headers = append(headers, header{"Content-Type", contentType})
		} else {
			body = nil
		}
		a, err := w.do(method, target, body, headers...)
		w.close()
		if err != nil {
			v.t.Fatalf("%s %s: %v", method, target, err)
		}
		for _, c := range (&http.Response{Header: a.header}).Cookies() {
			v.cookies[c.Name] = c.Value
			if c.MaxAge < 0 {
				delete(v.cookies, c.Name)
			}
		}
		if a.status != http.StatusSeeOther {
			return a, target
		}
		method, target = "GET", a.header.Get("Location")
	}
	v.t.Fatalf("%s leads in circles", target)
	return answer{}, ""
}

// page is visit where a page must come.
func (v *visitor) page(method, target string, form url.Values) (*webtest.Node, string) {
	v.t.Helper()
	a, at := v.visit(method, target, form)
	if a.status != http.StatusOK {
		v.t.Fatalf("%s %s: %d", method, target, a.status)
	}
	root, err := webtest.Parse(string(a.body))
	if err != nil {
		v.t.Fatalf("%s: %v", target, err)
	}
	return root, at
}

// signIn signs in as a test person.
func (v *visitor) signIn(key string) {
	v.t.Helper()
	v.page("POST", "/accedi", url.Values{"person": {key}})
}

// pageForm is a form as it stands in a page.
type pageForm struct {
	page, method, action string
	upload               bool // takes files
	fields               url.Values
}

func formsOf(page string, root *webtest.Node) (forms []pageForm) {
	for _, f := range root.All("form") {
		form := pageForm{page: page, method: strings.ToUpper(f.Attr["method"]), action: f.Attr["action"], upload: f.Attr["enctype"] != "", fields: url.Values{}}
		for _, tag := range []string{"input", "select", "textarea", "button"} {
			for _, in := range f.All(tag) {
				name := in.Attr["name"]
				if name == "" || form.fields.Has(name) {
					continue
				}
				value := in.Attr["value"]
				for _, o := range in.All("option[selected]") {
					value = o.Attr["value"]
				}
				form.fields.Set(name, value)
			}
		}
		forms = append(forms, form)
	}
	return forms
}

// crawl visits pages from an address on, a few of each kind, checks each, and
// returns their forms.
func (v *visitor) crawl(start string, most int) (forms []pageForm) {
	v.t.Helper()
	seen, kinds := map[string]bool{}, map[string]int{}
	queue := []string{start}
	for len(queue) > 0 && len(seen) < most {
		at := queue[0]
		queue = queue[1:]
		u, err := url.Parse(at)
		if err != nil || u.Host != "" || seen[at] || at == "" || strings.HasPrefix(at, "#") {
			continue
		}
		kind := kindOf(u)
		if kinds[kind]++; kinds[kind] > 3 {
			continue
		}
		seen[at] = true
		a, _ := v.visit("GET", at, nil)
		if a.status != http.StatusOK {
			v.t.Errorf("%s: %d", at, a.status)
			continue
		}
		if err := sound("GET", a); err != nil {
			v.t.Errorf("%s: %v", at, err)
		}
		if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			continue
		}
		root, err := webtest.Parse(string(a.body))
		if err != nil {
			v.t.Errorf("%s: %v", at, err)
			continue
		}
		forms = append(forms, formsOf(at, root)...)
		for _, link := range root.All("a") {
			queue = append(queue, link.Attr["href"])
		}
		for _, img := range root.All("img") {
			queue = append(queue, img.Attr["src"])
		}
	}
	v.t.Logf("%d pages, %d forms", len(seen), len(forms))
	return forms
}

// kindOf is what a page is, without which one it is.
func kindOf(u *url.URL) string {
	parts := strings.Split(u.Path, "/")
	if len(parts) > 2 && parts[1] != "api" {
		parts[2] = "*"
	}
	var names []string
	for name := range u.Query() {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(parts, "/") + "?" + strings.Join(names, "&")
}

// Hostile values in every field of every form of the pages, as somebody signed
// in and as somebody who is not.
func TestHostileForms(t *testing.T) {
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	maria := srv.visitor()
	maria.signIn("maria")
	home := srv.spaces("medium")[0]
	day := srv.quietDays(srv.placesOf(home.ID, "desk")[0].ID, 1)[0]
	when := url.Values{"giorno": {day.Format("2006-01-02")}, "dalle": {"10:00"}, "alle": {"12:00"}, "tipo": {"desk"}}
	house := "/spazi/" + home.Code
	hold := url.Values{"modo": {"auto"}, "posti": {"1"}}
	for name, values := range when {
		hold[name] = values
	}
	_, held := maria.page("POST", house+"/prenota", hold)
	hold.Set("dalle", "14:00")
	hold.Set("alle", "16:00")
	_, confirmed := maria.page("POST", house+"/prenota", hold)
	maria.confirmed(confirmed)

	var forms []pageForm
	for _, start := range []string{"/", house + "?" + when.Encode(), held, confirmed, confirmed + "/sposta", confirmed + "/annulla", "/spazi?q=Gavirate&" + when.Encode()} {
		forms = append(forms, maria.crawl(start, 25)...)
	}
	for _, start := range []string{"/segnala?sede=gavirate", "/prenotazioni/calendario", "/prenotazioni/ricerche", "/demo/posta"} {
		forms = append(forms, maria.crawl(start, 10)...)
	}
	luca := srv.visitor() // manages the network
	luca.signIn("luca")
	byLuca := map[string]bool{}
	for _, start := range []string{"/accoglienza?casa=gavirate", "/spazi/gavirate/foto", "/segnalazioni/gestione"} {
		for _, f := range luca.crawl(start, 8) {
			byLuca[f.action] = true
			forms = append(forms, f)
		}
	}
	forms = append(forms, srv.visitor().crawl("/", 25)...)
	var shots []shot
	tried := map[string]bool{}
	for _, f := range forms {
		for name := range f.fields {
			if f.action == "/esci" || tried[f.method+f.action+name] {
				continue
			}
			tried[f.method+f.action+name] = true
			for i, v := range nasty {
				values := url.Values{}
				for other, list := range f.fields {
					values[other] = list
				}
				values.Set(name, v)
				who := maria.headers()
				if byLuca[f.action] {
					who = luca.headers()
				}
				if i%4 == 3 {
					who = srv.visitor().headers()
				}
				what := fmt.Sprintf("field %s of %s", name, f.page)
				if f.method != "POST" {
					shots = append(shots, shot{what, "GET", strings.TrimRight(f.action, "?") + "?" + values.Encode(), nil, who})
					continue
				}
				shots = append(shots, shot{what, "POST", f.action, []byte(values.Encode()), append(who, header{"Content-Type", "application/x-www-form-urlencoded"})})
			}
		}
	}
	for _, body := range []string{"", "%zz", "a=%00", "\x00", "\xff=\xff", strings.Repeat("a=1&", 20_000), "a=" + strings.Repeat("x", 3<<20), "--x\r\n\r\n", "{}"} {
		for _, kind := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json", "text/plain", ""} {
			for _, action := range []string{"/accedi", house + "/prenota", confirmed + "/sposta", confirmed + "/annulla", held + "/rinuncia", held + "/conferma"} {
				shots = append(shots, shot{"body", "POST", action, []byte(body), append(maria.headers(), header{"Content-Type", kind})})
			}
		}
	}
	if len(tried) < 20 {
		t.Errorf("%d fields only", len(tried))
	}
	throw(t, srv, shots)
	srv.stop()
	s.check(t)
}
