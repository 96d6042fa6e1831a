package app

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/web"
)

// forAll are the pages that are for everybody, or for everybody who signs in
// (their own lists). A page that is not here is somebody's own: see the test.
var forAll = strings.Fields(`/accedi /accedi/chi /accedi/codice /accedi/link /esci /accessibilita /accoglienza/lettore /aiuto /calendario/{name} /contatti /cookie
	/demo/posta /demo/posta/{name} /demo/posta/{name}/calendario/{n} /demo/posta/{name}/messaggio.eml /invito /licenze /note-legali
	/prenotazioni /prenotazioni/calendario /prenotazioni/calendario/nuovo-indirizzo /prenotazioni/ricerche /privacy /problems/{kind} /profilo /profilo/indirizzo /profilo/indirizzo/codice
	/sedi /sedi/{code} /segnala /segnala/sedi /segnalazioni /spazi /spazi/comuni /spazi/{code} /spazi/{code}/posti/{place}
	/spazi/{code}/prenota /{$}`)

// What is somebody's own is nobody else's: a visitor is asked to sign in or led
// on, another citizen is refused or led on, and neither is ever shown anything.
func TestNobodySeesWhatIsAnothers(t *testing.T) {
	p := demonstration(t)
	h, err := p.handler()
	if err != nil {
		t.Fatal(err)
	}
	mux := p.everyPage(t)
	send := func(cookie, method, path string, form url.Values) *http.Response {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	as := func(who string) string {
		for _, c := range send("", "POST", "/accedi", url.Values{"person": {who}}).Cookies() {
			if strings.Contains(c.Name, "session") {
				return c.Name + "=" + c.Value
			}
		}
		t.Fatal("no session for", who)
		return ""
	}
	maria, giuseppe := as("maria"), as("giuseppe")
	day := time.Now().AddDate(0, 0, 21)
	for day.Weekday() != time.Wednesday {
		day = day.AddDate(0, 0, 1)
	}
	held := send(maria, "POST", "/spazi/gavirate/prenota", url.Values{
		"modo": {"auto"}, "posti": {"1"}, "giorno": {day.Format(time.DateOnly)}, "dalle": {"10:00"}, "alle": {"12:00"}, "tipo": {"desk"},
	}).Header.Get("Location")
	id := strings.TrimPrefix(held, "/prenotazioni/")
	made := send(maria, "POST", "/segnala", url.Values{"tema": {"altro"}, "testo": {"Qualcosa non va per niente."}}).Header.Get("Location")
	number := strings.TrimPrefix(made, "/segnalazioni/")
	if id == held || number == made || send(maria, "GET", held, nil).StatusCode != 200 || send(maria, "GET", made, nil).StatusCode != 200 {
		t.Fatalf("booking at %q, report at %q", held, made)
	}
	patterns, private := patternsOf(t, mux), 0
	for _, pattern := range patterns {
		method, path, _ := strings.Cut(pattern, " ")
		if slices.Contains(forAll, path) {
			continue
		}
		private++
		path = strings.NewReplacer("{id}", id, "{number}", number, "{saved}", id, "{code}", "gavirate").Replace(path)
		for name, cookie := range map[string]string{"a visitor": "", "another citizen": giuseppe} {
			status := send(cookie, method, path, nil).StatusCode
			good := status == 401 || status == 403 || status == 404 || status == 303 && (method == "GET" || cookie == "")
			if !good {
				t.Errorf("%s: %s gets %d", pattern, name, status)
			}
		}
	}
	if len(patterns) < 70 || private < 40 {
		t.Errorf("%d patterns, %d private: are all found?", len(patterns), private)
	}
}

// everyPage has the pages of all rooms once more, to list them.
func (p *program) everyPage(t *testing.T) *http.ServeMux {
	t.Helper()
	var err error
	if p.words, err = allWords(); err != nil {
		t.Fatal(err)
	}
	ui, err := web.New(p.words, p.webConfig(p.api(http.NewServeMux(), p.words)))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	if err := p.pages(mux, ui); err != nil {
		t.Fatal(err)
	}
	return mux
}

// patternsOf lists what is registered in a mux, which does not tell by itself.
func patternsOf(t *testing.T, mux *http.ServeMux) (list []string) {
	t.Helper()
	index := reflect.ValueOf(mux).Elem().FieldByName("index")
	add := func(patterns reflect.Value) {
		for i := range patterns.Len() {
			list = append(list, patterns.Index(i).Elem().FieldByName("str").String())
		}
	}
	add(index.FieldByName("multis"))
	for each := index.FieldByName("segments").MapRange(); each.Next(); {
		add(each.Value())
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func demonstration(t *testing.T) *program {
	t.Helper()
	e := &env{Process: Process{Stdout: io.Discard, Stderr: io.Discard}, clock: clock.System{}, ids: clock.NewID, log: slog.New(slog.DiscardHandler)}
	c := serveCmd{storeFlags: storeFlags{Data: t.TempDir()}, Listen: "127.0.0.1:1", Demo: true}
	s, err := c.openStore(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.close() })
	if err := layOut(t.Context(), e, s, newProgress(io.Discard)); err != nil {
		t.Fatal(err)
	}
	p, err := c.start(t.Context(), e, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	return p
}
