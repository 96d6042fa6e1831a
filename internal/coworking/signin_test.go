package coworking_test

import (
	"net/http"
	"testing"
)

// Who is not signed in comes back to a page that is there: the page asked for,
// or after a form the page that the form is of.
func TestSignInLeadsBack(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	for _, c := range []struct{ method, path, back string }{
		{"GET", "/prenotazioni?pagina=2", "/prenotazioni?pagina=2"},
		{"GET", "/prenotazioni/abc/sposta", "/prenotazioni/abc/sposta"},
		{"POST", "/prenotazioni/abc/sposta", "/prenotazioni/abc"},
		{"GET", "/prenotazioni/calendario", "/prenotazioni/calendario"},
		{"POST", "/prenotazioni/calendario/nuovo-indirizzo", "/prenotazioni/calendario/nuovo-indirizzo"},
		{"GET", "/prenotazioni/ricerche", "/prenotazioni/ricerche"},
		{"POST", "/prenotazioni/ricerche/abc/rimuovi", "/prenotazioni/ricerche"},
		{"GET", "/spazi/aurora/foto", "/spazi/aurora/foto"},
		{"POST", "/spazi/aurora/foto", "/spazi/aurora/foto"},
	} {
		b := w.as("", "it")
		b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		res := b.do(c.method, c.path, nil)
		res.Body.Close()
		to, err := res.Location()
		if err != nil || res.StatusCode != http.StatusSeeOther || to.Path != "/accedi" || to.Query().Get("next") != c.back {
			t.Errorf("%s %s: %d to %v, want to come back to %s", c.method, c.path, res.StatusCode, to, c.back)
		}
	}
}
