package app

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"polis/internal/platform/db"
	"polis/internal/platform/web/webtest"
)

// ready is an installation that was set up, and its administrator.
func ready(t *testing.T, change ...func(*serveCmd)) (*served, *visitor) {
	t.Helper()
	s := serve(t, t.TempDir(), change...)
	v := s.visitor()
	v.send("/avvio", "segreto", s.secret()).at(200, "/avvio/lingue")
	v.send("/avvio/amministratore", "nome", "Ada", "cognome", "Rossi", "email", "ada@example.it")
	v.send("/avvio/fine", "x", "")
	return s, v.send("/gestione/impostazioni").at(200, "/gestione/impostazioni")
}

// save sends the form of a section as it stands, with changes.
func (v *visitor) save(slug string, changes ...string) *visitor {
	v.t.Helper()
	path := "/gestione/impostazioni/" + slug
	var body []string
	for name, values := range webtest.Fields(v.send(path).at(200, path).page.One(v.t, "main").One(v.t, "form"), changes...) {
		body = append(body, name, values[0])
	}
	return v.send(path, body...)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s, v := ready(t)
	v.save("nome", "nome", "Spazi del Verbano", "motto_it", "Vicino a casa").at(200, "/gestione/impostazioni").says("Impostazione salvata")
	anybody := s.visitor()
	anybody.send("/").says("Spazi del Verbano").says("Vicino a casa")
	v.save("nome", "nome", "").at(400, "/gestione/impostazioni/nome").says("campo da compilare")

	// Two see the page, one is late.
	path := "/gestione/impostazioni/nome"
	early := webtest.Fields(v.send(path).page.One(t, "main").One(t, "form"))
	v.save("nome", "nome", "Prima").at(200, "/gestione/impostazioni")
	v.send(path, "rev", early.Get("rev"), "nome", "Dopo").at(409, path).says("Qualcun altro")
	v.send(path, "rev", early.Get("rev"), "nome", "Prima", "motto_it", "Vicino a casa").at(200, "/gestione/impostazioni") // what is so already is no change

	v.save("posta", "server", "smtp.example.it", "utente", "polis", "password", "hunter2", "mittente", "noreply@example.it").at(200, "/gestione/impostazioni")
	shown := v.send("/gestione/impostazioni/posta").says("C’è già una password")
	if in := shown.page.One(t, "#f-password"); in.Attr["value"] != "" || strings.Contains(shown.page.Raw(), "hunter2") {
		t.Error("the password is shown")
	}
	v.save("posta", "mittente_nome", "Spazi").at(200, "/gestione/impostazioni")
	if m := s.settings.Now().Mail; m.Password != "hunter2" || m.FromName != "Spazi" {
		t.Errorf("the password is gone: %+v", m)
	}
	v.save("posta", "server", "evil.example").at(200, "/gestione/impostazioni") // nobody else gets it
	if m := s.settings.Now().Mail; m.Host != "evil.example" || m.Password != "" {
		t.Errorf("another server gets the password: %+v", m)
	}
	refused := v.save("posta", "server", "x y", "password", "hunter3").at(400, "/gestione/impostazioni/posta")
	if refused.page.One(t, "#f-password").Attr["value"] != "" {
		t.Error("a password comes back that was just typed")
	}

	v.save("note-legali", "testo_it", "# Licenza\n\nTutti i diritti <b>riservati</b>.").at(200, "/gestione/impostazioni")
	anybody.send("/note-legali").says("Tutti i diritti <b>riservati</b>.").says("EUPL")
	if n := len(anybody.page.All("[data-element=legal-notes-body]")); n != 1 {
		t.Errorf("%d marked texts of the legal notes", n)
	}
	v.save("lingue", "lingue", "en").at(200, "/gestione/impostazioni").says("Settings")
	if anybody.send("/?lang=it"); len(anybody.page.All(".polis-langs")) != 0 || anybody.page.One(t, "html").Attr["lang"] != "en" {
		t.Error("pages in a language that is not offered")
	}
	v.send("/gestione/impostazioni/nowhere").at(404, "/gestione/impostazioni/nowhere")
	if strings.Contains(s.log.String(), "hunter") {
		t.Error("a password is in the log")
	}
}

// A new address may change the cookie of sessions; who changed it stays in.
func TestAddressChangesTheCookie(t *testing.T) {
	t.Parallel()
	s, v := ready(t)
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/gestione/impostazioni/indirizzo", strings.NewReader("indirizzo=https://spazi.example.it"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := *v.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	var cookie *http.Cookie
	for _, c := range res.Cookies() {
		if c.Name == "__Host-polis_session" {
			cookie = c
		}
	}
	if cookie == nil || !cookie.Secure || res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d, %v", res.StatusCode, res.Cookies())
	}
	r, err = http.NewRequestWithContext(t.Context(), "GET", s.url+"/gestione/impostazioni", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", cookie.Name+"="+cookie.Value)
	if res, err = http.DefaultClient.Do(r); err != nil || res.StatusCode != http.StatusOK || res.Request.URL.Path != "/gestione/impostazioni" {
		t.Fatalf("%v, %v", res, err)
	}
	res.Body.Close()
}

// What flags say is shown as theirs and not changed.
func TestFlagsOnPages(t *testing.T) {
	t.Parallel()
	s, v := ready(t, func(c *serveCmd) {
		c.Owner, c.SMTP, c.MailFrom = "Ente della riga di comando", "smtp://polis:hunter2@127.0.0.1:1?starttls=never", "Polis <flag@example.it>"
		c.PublicURL = "http://127.0.0.1:1"
	})
	v.send("/gestione/impostazioni").says("Ente della riga di comando").says("flag@example.it")
	for slug, flag := range map[string]string{"indirizzo": "--public-url", "titolare": "--owner", "posta": "--smtp"} {
		v.send("/gestione/impostazioni/"+slug).at(200, "/gestione/impostazioni/"+slug).says("fissato da " + flag)
		for _, field := range []string{"#f-indirizzo", "#f-titolare", "#f-server", "#f-password", "#f-mittente"} {
			if len(v.page.All(field)) != 0 {
				t.Errorf("%s: %s can be changed", slug, field)
			}
		}
	}
	if strings.Contains(v.send("/gestione/impostazioni/posta").page.Raw(), "hunter2") {
		t.Error("the password of the flag is shown")
	}
	if n := len(v.send("/gestione/impostazioni/indirizzo").page.One(t, "main").All("form")); n != 0 {
		t.Error("a form in which there is nothing to change")
	}
	v.send("/gestione/impostazioni/titolare", "titolare", "Altro", "email", "x@example.it").at(200, "/gestione/impostazioni")
	if o := s.settings.Now().Owner; o.Name != "Ente della riga di comando" || o.Email != "x@example.it" {
		t.Errorf("%+v", o)
	}
	v.send("/gestione/impostazioni/posta/prova", "a", "ada@example.it").at(200, "/gestione/impostazioni/posta/prova").says("Il messaggio non è partito")
}

// While the settings change, nobody waits and nothing fails.
func TestSettingsChangeUnderLoad(t *testing.T) {
	t.Parallel()
	s, v := ready(t)
	stop := make(chan struct{})
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				for _, path := range []string{"/", "/api/v1/sites", "/healthz"} {
					res, err := http.Get(s.url + path) //nolint:noctx // ends with the test
					if err != nil {
						t.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, res.Body)
					if res.Body.Close(); res.StatusCode != http.StatusOK && res.StatusCode != http.StatusTooManyRequests {
						t.Errorf("%s: %d", path, res.StatusCode)
						return
					}
				}
			}
		})
	}
	for _, name := range strings.Fields("uno due tre quattro cinque sei") {
		v.save("nome", "nome", name).at(200, "/gestione/impostazioni")
		if got := v.page.One(t, ".polis-name").Text(); got != name {
			t.Errorf("after %s the pages say %s", name, got)
		}
	}
	close(stop)
	callers.Wait()
}

var spoilSetting = db.Q("app-test.spoil", `UPDATE setting SET value = $2, rev = rev + 1 WHERE name = $1`)

// What was saved may not hold any more, as when the flag with the sender is gone:
// the server starts, and says so in its log, at the desk and by the doctor.
func TestWrongSettingsKeepNothingFromStarting(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	t.Run("before", func(t *testing.T) {
		s := serve(t, data, func(c *serveCmd) { c.MailFrom = "Polis <noreply@example.it>" })
		v := s.visitor()
		v.send("/avvio", "segreto", s.secret()).at(200, "/avvio/lingue")
		v.send("/avvio/amministratore", "nome", "Ada", "cognome", "Rossi", "email", "ada@example.it")
		v.send("/avvio/fine", "x", "")
		v.save("nome", "nome", "Prima")
		v.save("posta", "server", "2001:db8::1").at(200, "/gestione/impostazioni").says("2001:db8::1")
		if !s.door.now.Load().notes.Enabled() {
			t.Error("no mail by a server of IPv6")
		}
		if err := s.store.db.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), spoilSetting, "name", `{"name":7}`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
	s := serve(t, data)
	if log := s.log.String(); !strings.Contains(log, "part=mail") || !strings.Contains(log, "part=name") {
		t.Errorf("the log says %s", log)
	}
	v := s.visitor()
	v.send("/").at(200, "/")
	var out bytes.Buffer
	e := *s.base.env
	e.Stdout = &out
	if err := (&personLinkCmd{accessFlags: accessFlags{storeFlags: s.cmd.storeFlags, Listen: s.cmd.Listen}, Email: "ada@example.it"}).Run(t.Context(), &e); err != nil {
		t.Fatal(err)
	}
	v.send("/accedi/link", "chiave", strings.TrimSpace(out.String()))
	v.send("/accedi/link", "entra", "1")
	v.send("/gestione/impostazioni").says("Server di posta").says("Indirizzo del mittente: campo da compilare").says("Non si può leggere")
	v.send("/gestione/impostazioni/posta").at(200, "/gestione/impostazioni/posta").says("Indirizzo del mittente: campo da compilare")
	out.Reset()
	e.Lang = "it"
	if err := (&doctorCmd{storeFlags: s.cmd.storeFlags, Quick: true}).Run(t.Context(), &e); !errors.Is(err, errExit) {
		t.Errorf("the doctor: %v", err)
	}
	for _, text := range []string{"(Server di posta): Indirizzo del mittente: campo da compilare", "(Nome dell’installazione): Non si può leggere"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("the doctor does not say %q: %s", text, out.String())
		}
	}
	v.save("posta", "mittente", "noreply@example.it").at(200, "/gestione/impostazioni")
	v.save("nome", "nome", "Spazi").at(200, "/gestione/impostazioni")
	if faults := s.settings.Faults(); len(faults) != 0 || !s.door.now.Load().notes.Enabled() {
		t.Errorf("saved anew: %+v", faults)
	}
}

// A link that a command prints leads to where the server listens, where nobody
// has said an address.
func TestLinksOfCommandsLeadToTheServer(t *testing.T) {
	t.Parallel()
	s, _ := ready(t)
	var out bytes.Buffer
	e := *s.base.env
	e.Stdout = &out
	c := personLinkCmd{accessFlags: accessFlags{storeFlags: s.cmd.storeFlags, Listen: "[::]:8443", TLSCert: "x"}, Email: "ada@example.it"}
	if err := c.Run(t.Context(), &e); err != nil || !strings.HasPrefix(out.String(), "https://localhost:8443/accedi/link#") {
		t.Errorf("%s, %v", out.String(), err)
	}
}
