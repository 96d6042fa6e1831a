package e2e

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"polis/internal/platform/web/webtest"
)

var (
	sixDigits      = regexp.MustCompile(`\b\d{6}\b`)
	invitationCode = regexp.MustCompile(`/invito#([a-z2-7]{32})`)
)

// invitationIn is the code in the link of an invitation.
func invitationIn(text string) string {
	if m := invitationCode.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// invited opens an invitation with its code.
func (v *visitor) invited(code string) (page *webtest.Node) {
	page, _ = v.page("POST", "/invito", url.Values{"chiave": {code}})
	return page
}

// accepts takes the invitation that was opened; it says where that leads.
func (v *visitor) accepts() (status int, at string) {
	a, at := v.visit("POST", "/invito", url.Values{"accetta": {"1"}})
	return a.status, at
}

// A network that is no demonstration: somebody new comes in by a mailed code
// and goes where they wanted; the administrator, who was invited at the
// terminal, invites a receptionist by mail, who then opens the reception. On
// PostgreSQL two servers share the way. None of it is in the logs.
func TestSignInByMail(t *testing.T) {
	everyDay(t)
	t.Parallel()
	onEach(t, func(t *testing.T, e engine) {
		post := newMailServer(t)
		s := newDemo(t, e)
		args := []string{"--log-level", "debug", "--smtp", "smtp://" + post.address + "?starttls=never", "--mail-from", "Polis <noreply@polis.example.org>"}
		first := serve(t, s, args...)
		second := first
		if e == postgres {
			second = serve(t, s, args...)
		}
		secrets := []string{"nuova.persona", "Sempronia", "addetta.nuova", "amministra@"}

		guest := first.visitor()
		if root, at := guest.page("GET", "/prenotazioni", nil); !strings.HasPrefix(at, "/accedi?next=") || len(root.All("button.polis-choice")) > 0 {
			t.Fatalf("sign-in at %s: %s", at, root.Text())
		}
		if _, at := guest.page("POST", "/accedi", url.Values{"email": {"Nuova.Persona@example.org"}, "next": {"/prenotazioni"}}); at != "/accedi/codice" {
			t.Fatalf("led to %s", at)
		}
		code := sixDigits.FindString(post.next(t, 1).Text)
		secrets = append(secrets, code)
		elsewhere := second.visitor() // who has the code but not the browser
		if a, at := elsewhere.visit("POST", "/accedi/codice", url.Values{"codice": {code}}); a.status == http.StatusOK || at != "/accedi/codice" {
			t.Errorf("in from another browser: %d at %s", a.status, at)
		}
		guest.server = second
		wrong := strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
		if a, _ := guest.visit("POST", "/accedi/codice", url.Values{"codice": {wrong}}); a.status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong code: %d", a.status)
		}
		if _, at := guest.page("POST", "/accedi/codice", url.Values{"codice": {code}}); at != "/profilo?next=%2Fprenotazioni" {
			t.Fatalf("led to %s", at)
		}
		if at := guest.send("/profilo?next=%2Fprenotazioni", url.Values{"nome": {"Sempronia"}, "cognome": {"Persona"}, "lingua": {"it"}}); at != "/prenotazioni" {
			t.Errorf("led to %s", at)
		}
		guest.server = first
		if root, at := guest.page("GET", "/profilo", nil); at != "/profilo" || !strings.Contains(root.Text(), "Verificato") {
			t.Errorf("profile at %s: %s", at, root.Text())
		}
		if a, _ := guest.visit("GET", "/gestione/persone", nil); a.status != http.StatusForbidden {
			t.Errorf("a citizen sees the people: %d", a.status)
		}

		// A terminal makes the first administrator.
		code = invitationIn(s.do(t, append([]string{"person", "invite", "--email", "amministra@example.org", "--role", "administrator", "--name", "Ada", "--surname", "Prima"}, s.flags()...)...))
		secrets = append(secrets, code)
		admin, late := first.visitor(), second.visitor()
		late.invited(code)
		if root := admin.invited(code); !strings.Contains(root.Text(), "Amministratore") {
			t.Errorf("invited to %s", root.Text())
		}
		if _, at := admin.accepts(); at != "/gestione" {
			t.Fatalf("accepting leads to %s", at)
		}
		if status, _ := late.accepts(); status != http.StatusNotFound {
			t.Errorf("accepted twice: %d", status)
		}
		form := url.Values{"email": {"addetta.nuova@example.org"}, "ruolo": {"accoglienza"}, "ambito": {"sede"}, "sede": {"Spazio Gavirate"}, "lingua": {"it"}, "nome": {"Anna"}, "cognome": {"Nuova"}}
		if root, at := admin.page("POST", "/gestione/persone/invita", form); at != "/gestione/persone/inviti" || !strings.Contains(root.Text(), "Gavirate") {
			t.Fatalf("inviting leads to %s: %s", at, root.Text())
		}
		letter := post.next(t, 2)
		code = invitationIn(letter.Text)
		secrets = append(secrets, code)
		if to := letter.GetHeader("To"); !strings.Contains(to, "addetta.nuova@example.org") || !strings.Contains(letter.Text, "Ada P.") {
			t.Errorf("to %s: %s", to, letter.Text)
		}
		anna := second.visitor()
		anna.page("GET", "/invito/"+code, nil) // as links were mailed before
		if _, at := anna.accepts(); !strings.HasPrefix(at, "/accoglienza") {
			t.Errorf("accepting leads to %s", at)
		}
		for path, want := range map[string]int{"/accoglienza?casa=gavirate": http.StatusOK, "/gestione/persone": http.StatusForbidden} {
			if a, _ := anna.visit("GET", path, nil); a.status != want {
				t.Errorf("the receptionist at %s: %d", path, a.status)
			}
		}

		// Mail is away: a link from the terminal lets the administrator in.
		out := s.do(t, append([]string{"person", "link", "AMMINISTRA@example.org"}, s.flags()...)...)
		_, link, _ := strings.Cut(out, "/accedi/link#")
		link = strings.Fields(link)[0]
		secrets = append(secrets, link)
		again, other := first.visitor(), first.visitor()
		other.page("POST", "/accedi/link", url.Values{"chiave": {link}}) // looking does not use it up
		again.page("POST", "/accedi/link", url.Values{"chiave": {link}})
		if _, at := again.page("POST", "/accedi/link", url.Values{"entra": {"1"}}); at != "/" {
			t.Errorf("the link leads to %s", at)
		}
		again.page("GET", "/gestione/persone", nil)
		if a, _ := other.visit("POST", "/accedi/link", url.Values{"entra": {"1"}}); a.status != http.StatusNotFound {
			t.Errorf("the link twice: %d", a.status)
		}

		log := ""
		for _, srv := range []*server{first, second} {
			if srv == second && second == first && log != "" {
				continue
			}
			srv.stop()
			log += srv.log.String()
		}
		const allActs = "SELECT string_agg(kind || ' ' || subject || ' ' || person || ' ' || CAST(data AS TEXT), ';') FROM act"
		acts := ""
		if e == postgres {
			acts = sqlValue[string](t, s.database, allActs)
		} else {
			acts = s.text(t, allActs)
		}
		for _, secret := range secrets {
			if strings.Contains(strings.ToLower(log), strings.ToLower(secret)) {
				t.Errorf("the log holds %q", secret)
			}
			if strings.Contains(strings.ToLower(acts), strings.ToLower(secret)) {
				t.Errorf("the journal holds %q", secret)
			}
		}
		for _, kind := range []string{"invitation.made", "invitation.accepted", "role.given", "person.link-made", "person.link-used", "person.changed"} {
			if !strings.Contains(acts, kind+" ") {
				t.Errorf("the journal does not tell of %s", kind)
			}
		}
	})
}
