package oidc_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oauth2-proxy/mockoidc"

	"polis/internal/identity/oidc"
	"polis/internal/platform/clock"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/simulate/idp"
)

// A provider that others have written lets people in, with its secret in a file.
func TestMockOIDC(t *testing.T) {
	t.Parallel()
	m := must[*mockoidc.MockOIDC](t)(mockoidc.Run())
	t.Cleanup(func() { m.Shutdown() })
	m.QueueUser(whole{&mockoidc.MockUser{Subject: "x", Email: "maria@example.org", EmailVerified: true}})
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(m.ClientSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, dbtest.SQLite(t), clock.NewManual(m.Now()), oidc.Settings{Name: "mock", Issuer: m.Issuer(), ClientID: m.ClientID, SecretFile: secret})
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res := must[*http.Response](t)(browser.Get(must[string](t)(w.Start(t.Context(), "mock", oidc.Wish{Browser: "browser"}))))
	res.Body.Close()
	answer := must[*url.URL](t)(url.Parse(res.Header.Get("Location")))
	out := must[oidc.Outcome](t)(w.Finish(t.Context(), "mock", "browser", answer.Query()))
	if p := w.person(out.Proof.Person); p.Email != "maria@example.org" || p.Verified.IsZero() {
		t.Errorf("made %+v", p)
	}
}

// whole is a user whose userinfo has the subject, as the standard wants it.
type whole struct{ *mockoidc.MockUser }

func (u whole) Userinfo([]string) ([]byte, error) {
	return json.Marshal(claims{"sub": u.Subject, "email": u.Email, "email_verified": true})
}

// standIn is the stand-in of SPID and CIE with the pages of an installation on one
// address, as in a demonstration.
func standIn(t *testing.T, providers ...string) (w *world, browser *surfer) {
	t.Helper()
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	p := idp.New(idp.Options{
		Issuer: srv.URL + "/demo/idp", Clients: []idp.Client{{ID: srv.URL + "/", Profile: idp.SPIDCIE}}, Wait: func(context.Context) {}, Log: slog.New(slog.DiscardHandler),
	})
	words := i18n.NewBundle()
	if err := words.Add(idp.Words); err != nil {
		t.Fatal(err)
	}
	ui := must[*web.Renderer](t)(web.New(words, web.Config{}))
	stand := http.NewServeMux()
	if err := p.Register(stand, ui); err != nil {
		t.Fatal(err)
	}
	id, mark := p.TrustMark(srv.URL + "/")
	w = &world{t: t, db: dbtest.SQLite(t), public: srv.URL, kin: &oidc.Federation{
		Name: "Polis", Contacts: []string{"ente@pec.example"}, AuthorityHints: []string{p.Anchor()}, TrustMarks: []oidc.TrustMark{{ID: id, Mark: mark}},
	}}
	var settings []oidc.Settings
	for _, name := range providers {
		settings = append(settings, oidc.Settings{Name: name, Issuer: srv.URL + "/demo/idp", Profile: oidc.SpidCIE, Button: name})
	}
	w.prepare(clock.System{}, settings)
	mux.Handle("/demo/idp/", web.Wrap(stand, ui.Chain()...))
	mux.Handle("/", w.handler())
	return w, newSurfer(t, srv.URL)
}

// as goes to the stand-in and comes back as a test person, with something wrong.
func (s *surfer) as(name string, fault idp.Fault) page {
	s.t.Helper()
	going := s.post("/accedi/oidc/"+name, "next", "/spazi")
	if going.refresh == "" {
		s.t.Fatalf("not led on: %d %s", going.status, going.Text())
	}
	return s.read(s.Get(going.refresh + "&" + url.Values{idp.FieldPerson: {idp.People()[0].Key}, idp.FieldFault: {string(fault)}}.Encode()))
}

// The stand-in, which is as strict as SPID and CIE, lets us in; and whatever it
// does wrong, on purpose, lets nobody in and is told in words.
func TestStandInMisbehaves(t *testing.T) {
	t.Parallel()
	w, s := standIn(t, "spid", "cie")
	if p := s.as("spid", idp.None); p.who == "" || p.at != "/spazi" || p.how != "oidc:spid" {
		t.Fatalf("in as %q by %q at %s: %s", p.who, p.how, p.at, p.Text())
	}
	for _, fault := range idp.Faults {
		t.Run(string(fault), func(t *testing.T) {
			s := newSurfer(t, s.url)
			p := s.as("cie", fault)
			in := fault.Harmless() || fault == idp.NoFiscalNumber || fault == idp.Slow
			switch {
			case in && p.who == "":
				t.Errorf("not in: %d at %s: %s\n%s", p.status, p.at, p.Text(), w.log)
			case !in && (p.who != "" || p.status < 400 || p.status == 500):
				t.Errorf("in as %q: %d at %s", p.who, p.status, p.at)
			case !in && (len(p.All("a.btn")) == 0 || p.One(t, "h1").Text() != "L’accesso non è riuscito"):
				t.Errorf("nothing to do next: %s", p.Text())
			}
		})
	}
	if log := w.log.String(); strings.Contains(log, "TINIT") || strings.Contains(log, "eyJ") {
		t.Error("the log tells too much")
	}
}
