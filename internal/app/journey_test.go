package app

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"polis/internal/demo"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web/webtest"
	"polis/internal/simulate/idp"
	"polis/internal/simulate/proxytest"
)

// trial is a program on a loopback port, with the test people and without
// houses; its log is kept.
type trial struct {
	t   *testing.T
	p   *program
	url string
	log *kept
	its *i18n.Printer
}

// kept is what was written.
type kept struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (k *kept) Write(data []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.text.Write(data)
}

func (k *kept) String() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.text.String()
}

// clientKeys are the keys with which an installation signs, made once.
var clientKeys = sync.OnceValue(func() map[string]*rsa.PrivateKey {
	out := map[string]*rsa.PrivateKey{}
	for _, name := range []string{"oidc-sign", "oidc-encrypt", "oidc-federation"} {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		out[name] = key
	}
	return out
})

// newTrial starts one, of a demonstration or not, with the settings of
// providers that a file has; the address is told to who makes the file.
func newTrial(t *testing.T, isDemo bool, providers func(address string) string) *trial {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	in := &trial{t: t, log: &kept{}, url: "http://" + ln.Addr().String()}
	log := slog.New(slog.NewTextHandler(in.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	e := &env{Process: Process{Stdout: io.Discard, Stderr: io.Discard}, clock: clock.System{}, ids: clock.NewID, log: log}
	c := serveCmd{storeFlags: storeFlags{Data: t.TempDir()}, Listen: ln.Addr().String()}
	if providers != nil {
		c.OIDC = providers(in.url)
	}
	s, err := c.openStore(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.close() })
	for name, key := range clientKeys() { // quicker than new ones, each of 3072 bits
		if _, err := s.keys.Secret(t.Context(), name, func() ([]byte, error) { return x509.MarshalPKCS8PrivateKey(key) }); err != nil {
			t.Fatal(err)
		}
	}
	testers := identity.NewDemo(s.people, s.grants, demo.TestPeople("house"))
	if err := testers.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	b, err := c.found(t.Context(), e, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.stop)
	if isDemo { // without the houses of the whole country
		b.demo, b.testers, b.standInKeys = true, testers, idp.NewKeys()
	}
	if in.p, err = b.program(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopAll(&in.p.end) })
	h, err := in.p.handler()
	if err != nil {
		t.Fatal(err)
	}
	srv := &httptest.Server{Listener: ln, Config: &http.Server{Handler: h}}
	srv.Start()
	t.Cleanup(srv.Close)
	in.its = in.p.words.Printer(i18n.IT, nil)
	return in
}

// traveller is a browser of somebody.
type traveller struct {
	*http.Client
	in *trial
	t  *testing.T
}

func (in *trial) traveller(t *testing.T) *traveller {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &traveller{&http.Client{Jar: jar}, in, t}
}

// stop is a page at which somebody arrives.
type stop struct {
	at     *url.URL
	status int
	page   *webtest.Node
	raw    string
}

func (v *traveller) arrive(res *http.Response, err error) stop {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	s := stop{at: res.Request.URL, status: res.StatusCode, raw: string(data)}
	if strings.HasPrefix(res.Request.URL.String(), v.in.url) && strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		s.page = webtest.Page(v.t, s.raw)
	}
	return s
}

// toProvider goes to sign in and presses the button of a provider; it returns the
// address to which that leads.
func (v *traveller) toProvider(name, next string) string {
	v.t.Helper()
	s := v.arrive(v.PostForm(v.in.url+"/accedi/oidc/"+name, url.Values{"next": {next}}))
	if s.status != http.StatusOK {
		v.t.Fatalf("the button of %s answers %d: %s", name, s.status, s.page.Text())
	}
	return s.page.One(v.t, "a.btn-primary[rel=noreferrer]").Attr["href"]
}

// throughProxy goes on from the page of a SAML identity provider.
func (v *traveller) throughProxy(address string) stop {
	v.t.Helper()
	form := proxytest.Form(v.arrive(v.Get(address)).raw)
	if form.Action == "" {
		v.t.Fatal("no SAML answer")
	}
	return v.arrive(v.PostForm(form.Action, form.Fields))
}

// who is who is signed in with the browser.
func (v *traveller) who() (actor identity.Actor) {
	v.t.Helper()
	at, err := url.Parse(v.in.url)
	if err != nil {
		v.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(v.t.Context(), http.MethodGet, "/", nil)
	for _, c := range v.Jar.Cookies(at) {
		r.AddCookie(c)
	}
	v.in.p.sessions.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		actor = identity.ActorFrom(r.Context())
	})).ServeHTTP(httptest.NewRecorder(), r)
	return actor
}

// silent reports what is personal in the log.
func (in *trial) silent() {
	in.t.Helper()
	log := in.log.String()
	for _, x := range demo.TestPeople("house") {
		for _, text := range []string{x.Person.FiscalNumber, x.Person.Email, x.Person.FamilyName, x.Person.GivenName + " "} {
			if len(text) > 3 && strings.Contains(log, text) {
				in.t.Errorf("the log has %q", text)
			}
		}
	}
}

func writeFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
