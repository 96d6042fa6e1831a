package identity_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/errs"
)

// A session knows how its person was proved; a stronger proof raises it, under a
// new token and the same id, and only for the same person.
func TestProof(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		maria, other := h.create(t, rossi), h.create(t, identity.Person{GivenName: "Ada"})
		sessions := identity.NewSessions(h.people, h.grants, identity.SessionOptions{})
		mux := http.NewServeMux()
		answer := func(w http.ResponseWriter, err error) {
			if err != nil {
				http.Error(w, err.Error(), errs.Status(errs.As(err).Kind))
			}
		}
		mux.HandleFunc("/in", func(w http.ResponseWriter, r *http.Request) {
			answer(w, sessions.SignIn(r.Context(), identity.Proof{Person: maria.ID, Method: "code", Level: identity.LevelLow}))
		})
		mux.HandleFunc("/prove", func(w http.ResponseWriter, r *http.Request) {
			answer(w, sessions.Prove(r.Context(), identity.Proof{Person: r.FormValue("person"), Method: "passkey", Level: identity.LevelSubstantial}))
		})
		mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) {
			a := identity.ActorFrom(r.Context())
			fmt.Fprint(w, a.Method, a.Level, a.Session != "", a.CheckProved(h.clk.Now(), 10*time.Minute, identity.LevelSubstantial) == nil)
		})
		mux.HandleFunc("/count", func(w http.ResponseWriter, r *http.Request) {
			list, err := sessions.List(r.Context(), maria.ID)
			answer(w, err)
			fmt.Fprint(w, len(list), list[0].Current)
		})
		srv := httptest.NewServer(sessions.Middleware(mux))
		defer srv.Close()
		b := newBrowser(t, srv)
		if status, _, _ := b.try("/prove?person=" + maria.ID); status != 403 {
			t.Errorf("nobody signed in proves something: %d", status)
		}
		b.get("/in")
		low := b.token()
		if who := b.get("/who"); who != "code1 true false" {
			t.Error(who)
		}
		if status, _, _ := b.try("/prove?person=" + other.ID); status != 403 {
			t.Errorf("somebody else proves: %d", status)
		}
		b.get("/prove?person=" + maria.ID)
		if b.token() == low {
			t.Error("the token of before is worth more now")
		}
		if who := b.get("/who"); who != "passkey2 true true" {
			t.Error(who)
		}
		h.clk.Advance(11 * time.Minute)
		if who := b.get("/who"); who != "passkey2 true false" {
			t.Error("after eleven minutes: ", who)
		}
		if count := b.get("/count"); count != "1 true" {
			t.Errorf("sessions: %s", count)
		}
	})
}
