package oidc_test

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"polis/internal/identity/oidc"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

// A provider that is down keeps nothing from starting; whoever presses its button
// reads what to do, and when it is back it works.
func TestProviderDown(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	o.set(func() { o.alterMeta = func(c claims) { c["issuer"] = "https://not.here" } })
	s := w.serve()()
	p := s.post("/accedi/oidc/one", "next", "/spazi")
	if p.status != 503 || !strings.Contains(p.Text(), "non risponde") || len(p.All("a.btn")) != 1 {
		t.Fatalf("%d: %s", p.status, p.Text())
	}
	asked := o.calls["/.well-known/openid-configuration"]
	if s.post("/accedi/oidc/one"); o.calls["/.well-known/openid-configuration"] != asked {
		t.Error("a provider that is down is asked again at once")
	}
	o.set(func() { o.alterMeta = nil })
	w.clk.Advance(5 * time.Second)
	if p := s.in(o, "one", "next", "/spazi"); p.who == "" || p.at != "/spazi" {
		t.Errorf("when it is back: at %s %s", p.at, p.Text())
	}
	// What it said holds while it is down, for what it has said.
	w.clk.Advance(2 * time.Hour)
	o.set(func() { o.alterMeta = func(c claims) { c["issuer"] = "https://not.here" } })
	if _, err := w.Start(t.Context(), "one", oidc.Wish{Browser: "b"}); err != nil {
		t.Errorf("with what is known of it: %v", err)
	}
	o.close()
	gone := w.begin(o, "one", oidc.Wish{})
	if _, err := w.Finish(t.Context(), "one", "browser", gone); !errs.Is(err, errs.Unavailable) {
		t.Errorf("down when the code is given: %v", err)
	}
}

// A new key counts as soon as it is seen, one that was withdrawn no longer than an
// hour.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	if _, err := w.in(o, "one"); err != nil {
		t.Fatal(err)
	}
	fresh := jose.JSONWebKey{Key: must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048)), KeyID: "k2", Algorithm: "RS256", Use: "sig"}
	old := o.signing
	o.set(func() { o.signing, o.keys = fresh, []jose.JSONWebKey{fresh.Public()} })
	if _, err := w.in(o, "one"); err != nil {
		t.Errorf("a new key: %v", err)
	}
	fetched := o.calls["/jwks"]
	if _, err := w.in(o, "one"); err != nil || o.calls["/jwks"] != fetched {
		t.Errorf("keys are fetched each time: %v", err)
	}
	w.clk.Advance(time.Hour)
	o.set(func() { o.signing = old })
	if _, err := w.in(o, "one"); !errs.HasKey(err, "oidc.answer.bad") {
		t.Errorf("a key that was withdrawn: %v", err)
	}
}

// What a provider answers instead of letting somebody in is told in words, in both
// languages, with what to do; a number of SPID says more than the name of the error.
func TestErrorsInWords(t *testing.T) {
	t.Parallel()
	w, o := spid(t)
	s := w.serve()()
	seen := map[string]bool{}
	for _, c := range []struct{ code, about, it, en string }{
		{"access_denied", "", "annullato", "cancelled"},
		{"ACCESS_DENIED", "", "annullato", "cancelled"},
		{"Login_Required", "", "di nuovo", "anew"},
		{"access_denied", "errorcode NR25", "annullato", "cancelled"},
		{"access_denied", "ErrorCode nr19", "troppe volte", "too many times"},
		{"access_denied", "ErrorCode nr20", "livello", "level"},
		{"access_denied", "ErrorCode nr21", "troppo tempo", "too long"},
		{"access_denied", "ErrorCode nr22", "consenso", "Consent"},
		{"access_denied", "ErrorCode nr23", "sospesa", "suspended"},
		{"access_denied", "ErrorCode nr25", "annullato", "cancelled"},
		{"invalid_request", "nr30", "personale", "citizen"},
		{"login_required", "", "di nuovo", "anew"},
		{"consent_required", "", "consenso", "consent"},
		{"interaction_required", "", "passo", "step"},
		{"account_selection_required", "", "quale", "which"},
		{"server_error", "", "problema", "problem"},
		{"temporarily_unavailable", "", "disponibile", "available"},
		{"invalid_request_object", "nr08", "non ha completato", "did not complete"},
		{"<script>alert(1)</script>", "<b>x</b>", "non ha completato", "did not complete"},
	} {
		for lang, want := range map[string]string{"it": c.it, "en": c.en} {
			answer := o.authorize(s.post("/accedi/oidc/spid?lang=" + lang).refresh)
			answer.Del("code")
			answer.Set("error", c.code)
			answer.Set("error_description", c.about)
			p := s.get("/accedi/oidc/spid/ritorno?" + answer.Encode())
			text := p.One(t, "main").Text()
			if p.status != 401 || !strings.Contains(text, want) || strings.Contains(text, "script") || len(p.All("a.btn")) != 1 {
				t.Errorf("%s %s in %s: %d %s", c.code, c.about, lang, p.status, text)
			}
			seen[text] = true
		}
	}
	if len(seen) < 26 {
		t.Errorf("only %d answers differ", len(seen))
	}
}

// Who signs out is out here at once; the provider gets its token back, also if it
// was down for a while, and a link leads to signing out there too.
func TestSignOut(t *testing.T) {
	t.Parallel()
	w, o := spid(t)
	open := w.serve()
	s := open()
	s.in(o, "spid")
	p := s.post("/esci")
	if p.at != "/accedi/uscita?presso=spid" || !strings.Contains(p.Text(), "SPID") {
		t.Fatalf("at %s: %s", p.at, p.Text())
	}
	href := must[*url.URL](t)(url.Parse(p.One(t, "a.btn-primary").Attr["href"]))
	if href.Path != "/end" || href.Query().Get("id_token_hint") != "" || href.Query().Get("post_logout_redirect_uri") != public+"/" {
		t.Errorf("leads to %s", href)
	}
	if p := s.get("/who"); p.who != "" {
		t.Errorf("still in as %q", p.who)
	}
	must[int](t)(w.worker.RunDue(t.Context()))
	must[int](t)(w.worker.RunDue(t.Context()))
	if len(o.revoked) != 1 || !strings.HasPrefix(o.revoked[0], "access urn:ietf:params:oauth:client-assertion-type") {
		t.Errorf("given back: %q", o.revoked)
	}
	s.in(o, "spid")
	o.close()
	if p := s.post("/esci"); p.status != 200 || s.get("/who").who != "" {
		t.Errorf("with the provider down: %d", p.status)
	}
	must[int](t)(w.worker.RunDue(t.Context()))
	if waits := must[bool](t)(w.waits()); !waits {
		t.Error("a token that could not be given back is not tried again")
	}
}

var tickets = db.Q("oidc.test-tickets", `SELECT COUNT(*) FROM oidc_ticket WHERE kind = 'token'`)

// waits tells whether a token waits to be given back.
func (w *world) waits() (bool, error) {
	n := 0
	err := db.One(w.t.Context(), w.db, tickets, nil, &n)
	return n > 0, err
}

var logRows = db.Q("oidc.test-log", `SELECT data FROM oidc_log ORDER BY at, id LIMIT 1`)

func (w *world) entries() (list []oidc.Entry) {
	w.t.Helper()
	if err := w.EachEntry(w.t.Context(), noon, noon.Add(time.Second), func(e oidc.Entry) error { list = append(list, e); return nil }); err != nil {
		w.t.Fatal(err)
	}
	return list
}

// Question and answers are kept, sealed, for 24 months; codes and access tokens are
// not among them.
func TestLogOfTheLaw(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		clk := clock.NewManual(noon)
		o := newOP(t, clk, true)
		w := newWorld(t, d, clk, o.settings("spid"))
		if _, err := w.in(o, "spid"); err != nil {
			t.Fatal(err)
		}
		lines := w.entries()
		kinds := ""
		for _, l := range lines {
			kinds += l.Kind + " "
			if l.Flow != lines[0].Flow || l.Provider != "spid" || strings.Contains(string(l.Data), `"access"`) {
				t.Errorf("%+v", l)
			}
		}
		if kinds != "request token userinfo " {
			t.Errorf("kept: %s", kinds)
		}
		var data []byte
		if err := db.One(ctx, d, logRows, nil, &data); err != nil || strings.Contains(string(data), "client_id") || strings.Contains(string(data), "eyJ") {
			t.Errorf("not sealed: %v", err)
		}
		clk.Set(noon.AddDate(0, 24, 0).Add(-time.Second))
		if err := w.Sweep(ctx); err != nil || len(w.entries()) != 3 {
			t.Errorf("before 24 months are over: %v", err)
		}
		clk.Advance(time.Second)
		if err := w.Sweep(ctx); err != nil || len(w.entries()) != 0 {
			t.Errorf("after 24 months: %v", err)
		}
	})
}

// Our log of the program names nobody, whatever goes wrong.
func TestLogNamesNobody(t *testing.T) {
	t.Parallel()
	w, o := spid(t)
	s := w.serve()()
	s.in(o, "spid")
	for _, change := range []func(){
		func() { o.alter = func(c claims) { c["aud"] = "x" } },
		func() { o.alter, o.alterInfo = nil, func(c claims) { c["sub"] = rossiNumber } },
		func() {
			o.alterInfo = func(c claims) { c["https://attributes.eid.gov.it/fiscal_number"] = "TINIT-" + rossiNumber[:15] + "0" }
		},
	} {
		o.set(change)
		if p := s.in(o, "spid"); p.status != http.StatusUnauthorized {
			t.Errorf("%d at %s", p.status, p.at)
		}
	}
	answer := w.begin(o, "spid", oidc.Wish{})
	o.set(func() { o.asked = map[string]claims{} })
	w.Finish(t.Context(), "spid", "browser", answer)
	text := w.log.String()
	if !strings.Contains(text, "issuer or audience") {
		t.Errorf("the log does not say why: %s", text)
	}
	for _, secret := range []string{rossiNumber, rossiNumber[:15], "Maria", "Rossi", "eyJ", "access\"", "personal data"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log has %q: %s", secret, text)
		}
	}
}
