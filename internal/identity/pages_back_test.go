package identity_test

import "testing"

// The way back of a browser after signing in leads on, and says nothing of a code
// that is over.
func TestTheWayBackAfterACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, rossi)
	s := w.open(t, false)()
	s.post("/accedi", "email", rossi.Email)
	code := w.code(t)
	if p := s.post("/accedi/codice", "codice", code); p.at != "/" || s.get("/").who == "" {
		t.Fatalf("led to %s", p.at)
	}
	if p := s.get("/accedi/codice"); p.at != "/" || p.status != 200 || s.get("/").who == "" {
		t.Errorf("the way back: %d at %s", p.status, p.at)
	}
	s.post("/accedi", "email", rossi.Email) // somebody else's turn
	if p := s.get("/accedi/codice"); p.at != "/accedi/codice" {
		t.Errorf("with a code that is alive: at %s", p.at)
	}
}
