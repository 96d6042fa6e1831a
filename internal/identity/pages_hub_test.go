package identity_test

import (
	"strings"
	"testing"
)

// The profile says in a line each how things stand, and leads on; an address that
// is not verified yet is verified as it is.
func TestProfileSaysHowThingsStand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.create(t, rossi)
	browsers := w.open(t, false)
	s, other := browsers(), browsers()
	w.signIn(t, s, p.ID)
	rows := func() map[string]string {
		out := map[string]string{}
		for _, row := range s.get("/profilo").One(t, "main").All("a") {
			if len(row.All("strong")) == 0 {
				continue
			}
			out[row.Attr["href"]] = strings.Join(strings.Fields(row.Text()), " ")
			if page := s.get(row.Attr["href"]); page.status != 200 {
				t.Errorf("%s: %d", row.Attr["href"], page.status)
			}
		}
		return out
	}
	before := rows()
	s.post("/profilo/contatti/telefono", "telefono", "347 1234567")
	s.post("/profilo/esigenze", "pagine", "large-text")
	s.post("/profilo/messaggi")
	w.signIn(t, other, p.ID)
	after := rows()
	for path, want := range map[string][2]string{
		"/profilo/contatti":  {"Contatti 1 contatto", "Contatti 2 contatti"},
		"/profilo/esigenze":  {"Esigenze di accesso Nessuna indicata", "Esigenze di accesso Testo più grande"},
		"/profilo/sessioni":  {"Accessi aperti 1 accesso aperto", "Accessi aperti 2 accessi aperti"},
		"/profilo/programmi": {"Programmi Nessun programma agisce per me", "Programmi Nessun programma agisce per me"},
		"/profilo/nome":      {"Nome e lingua Italiano", "Nome e lingua Italiano"},
	} {
		if before[path] != want[0] || after[path] != want[1] {
			t.Errorf("%s: %q, then %q", path, before[path], after[path])
		}
	}
	page := s.get("/profilo/indirizzo")
	if got := page.One(t, "#f-email").Attr["value"]; got != rossi.Email {
		t.Errorf("the address to verify: %q", got)
	}
	s.post("/profilo/indirizzo", "email", rossi.Email)
	if p := s.post("/profilo/indirizzo/codice", "codice", w.code(t)); p.at != "/profilo" || len(p.All(".polis-state-free")) != 1 {
		t.Errorf("at %s: %s", p.at, p.Text())
	}
}
