package appointment_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"polis/internal/counter/appointment"
	"polis/internal/identity"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
)

// surfer is somebody's browser without scripts.
type surfer struct {
	t      *testing.T
	http   *http.Client
	url    string
	who    string
	at     string // address of the page
	status int
	page   *webtest.Node
}

const whoHeader = "Test-Person"

// surf opens browsers on the pages of a world.
func surf(t *testing.T, w *world) func(who string) *surfer {
	t.Helper()
	ui, err := web.New(w.words, web.Config{SignIn: identity.SignInPath})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", ui.Assets())
	if err := appointment.RegisterPages(mux, ui, w.Service); err != nil {
		t.Fatal(err)
	}
	people := map[string]identity.Actor{"maria": w.maria, "anna": w.anna, "bruno": w.bruno}
	srv := httptest.NewServer(web.Wrap(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if who, ok := people[r.Header.Get(whoHeader)]; ok {
			r = r.WithContext(identity.WithActor(r.Context(), who))
		}
		ui.Mux(mux).ServeHTTP(rw, r)
	}), ui.Chain()...))
	t.Cleanup(srv.Close)
	return func(who string) *surfer {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		return &surfer{t: t, http: &http.Client{Jar: jar}, url: srv.URL, who: who}
	}
}

func (b *surfer) open(method, path string, body url.Values) *surfer {
	b.t.Helper()
	r, err := http.NewRequest(method, b.url+path, strings.NewReader(body.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept-Language", "it")
	r.Header.Set(whoHeader, b.who)
	res, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.at, b.status, b.page = res.Request.URL.RequestURI(), res.StatusCode, webtest.Page(b.t, string(text))
	if raw := b.page.Text(); strings.Contains(raw, "appointment.") {
		b.t.Errorf("%s: a message has no words: %s", b.at, raw)
	}
	return b
}

func (b *surfer) get(path string) *surfer { b.t.Helper(); return b.open(http.MethodGet, path, nil) }

// send sends the first form of the page whose action ends so, with some fields.
func (b *surfer) send(action string, fields ...string) *surfer {
	b.t.Helper()
	for _, f := range b.page.All("form[method=post]") {
		if path, _, _ := strings.Cut(f.Attr["action"], "?"); strings.HasSuffix(path, action) {
			return b.open(http.MethodPost, f.Attr["action"], webtest.Fields(f, fields...))
		}
	}
	b.t.Fatalf("%s: no form %s", b.at, action)
	return b
}

// want fails the test unless the page has a status and all of some texts.
func (b *surfer) want(status int, texts ...string) *surfer {
	b.t.Helper()
	main := b.page.One(b.t, "main").Text()
	if b.status != status {
		b.t.Fatalf("%s: %d, want %d: %s", b.at, b.status, status, main)
	}
	for _, text := range texts {
		if !strings.Contains(main, text) {
			b.t.Errorf("%s: no %q in: %s", b.at, text, main)
		}
	}
	return b
}

// Somebody without an account takes an appointment for two, mends what is missing,
// changes it by the link that was kept, and cancels it.
func TestAGuestAndTheirAppointment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	as := surf(t, w)
	const take = "/sportello/gavirate/appuntamento"
	rosa := as("").get(take).want(200, "Scegliere il servizio")
	rosa.get(take+"?servizio=carta-identita&persone=2").want(200, "circa 40 minuti", "martedì 24 novembre 2026", "La tessera sanitaria")
	chosen := rosa.page.One(t, "button[value=2026-11-24T08:00:00Z]").Attr["value"]
	again := *rosa // the second click of a double click
	rosa.send("/appuntamento", "ora", chosen).want(200, "riservato fino alle 08:17", "09:00")
	if again.send("/appuntamento", "ora", chosen); again.at != rosa.at {
		t.Errorf("a double click made two holds: %s, %s", rosa.at, again.at)
	}
	rosa.send("/conferma", "nome", "Rosa", "email", "rosa@example.org").want(400, "Scrivere il cognome.")
	rosa.send("/conferma", "nome", "Rosa", "cognome", "Blu", "email", "rosa@example.org").want(200, "confermato", "Conservare questo indirizzo")
	kept, id := rosa.at, strings.TrimPrefix(strings.Split(rosa.at, "?")[0], "/appuntamenti/")
	rosa.want(200, w.Code(id))
	as("").get("/appuntamenti/" + id + "?chiave=x").want(404)
	as("maria").get("/appuntamenti/" + id).want(404)

	other := as("").get(take + "?servizio=carta-identita&persone=1")
	if n := len(other.page.All("button[value=2026-11-24T08:15:00Z]")); n != 0 {
		t.Error("a time that is taken is offered")
	}
	rosa.get(strings.Replace(kept, "?", "/cambia?", 1)).want(200, "questo resta")
	rosa.send("/cambia", "ora", "2026-11-24T10:00:00Z").want(200, "cambiato", "11:00")
	rosa.send("/annulla").want(200, "annullato")
	rosa.get(kept).want(200, "Annullato")
}

func TestMyAppointments(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	as := surf(t, w)
	maria := as("maria").get("/appuntamenti").want(200, "Nessun appuntamento")
	w.book(w.maria, card("09:00"))
	maria.get("/appuntamenti").want(200, "Da fare", "martedì 24 novembre 2026, 09:00", "Confermato")
	w.clock.Set(tomorrow("18:00"))
	maria.get("/appuntamenti").want(200, "Passati", "Nessuno è venuto")
}

// The counter looks an appointment up and takes one for who phones; others may not.
func TestAppointmentsByPhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	as := surf(t, w)
	a := w.book(w.maria, card("09:00"))
	as("maria").get("/operatore/telefono").want(403)
	anna := as("anna")
	for text, status := range map[string]int{w.Code(a.ID): 200, "maria@example.org": 200, "zzz": 400} {
		said := map[int]string{200: "09:00", 400: "Nessun appuntamento trovato"}[status]
		anna.get("/operatore/telefono").want(200).send("/telefono/cerca", "cerca", text).want(status, said)
	}
	anna.get("/operatore/telefono?ufficio=luino").want(400, "Nessun ufficio aperto")
	anna.get("/operatore/telefono?ufficio=gavirate&servizio=cedolino&persone=1&dal=2026-11-24").want(200, "Orari liberi", "Maria Bianchi")
	anna.get("/operatore/telefono?ufficio=gavirate&servizio=cedolino&persone=1&ora=2026-11-24T10:00:00Z").want(200, "11:00")
	anna.send("/telefono", "nome", "Piero").want(400, "Scrivere il cognome.")
	anna.send("/telefono", "nome", "Piero", "cognome", "Gialli").want(200, "confermato", "11:00")
}

func TestRulesOfAnOffice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	as := surf(t, w)
	const path = "/gestione/sportelli/gavirate/appuntamenti"
	as("anna").get(path).want(403)
	bruno := as("bruno").get(path).want(200)
	bruno.send("/appuntamenti", "pubblico", "95").want(400, "almeno quanto")
	bruno.send("/appuntamenti", "pubblico", "0").want(200, "salvate")
	if free := w.free("cedolino"); len(free) != 0 {
		t.Errorf("people are offered %v where they may book nothing", free)
	}
	if bruno.send("/appuntamenti", "rev", "0"); bruno.status != http.StatusPreconditionFailed {
		t.Errorf("over the change of another: %d", bruno.status)
	}
}
