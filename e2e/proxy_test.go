package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// certificate writes a certificate for a host and its key, and returns who
// trusts it.
func certificate(t *testing.T, dir, host string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour), IsCA: true, BasicConstraintsValid: true}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"fullchain.pem": {Type: "CERTIFICATE", Bytes: cert}, "privkey.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
	return pool
}

// startNginx runs nginx with the configuration of packaging/two-servers, changed
// only where it says that it is to be changed: names, certificate, addresses.
func startNginx(t *testing.T, dir, plain, secure string, servers ...string) {
	t.Helper()
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		if nginx, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip("THE PROXY WAS NOT TRIED: there is no nginx (Debian: nginx-light)")
		}
	}
	text, err := os.ReadFile("../packaging/two-servers/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	site := string(text)
	for _, change := range [][2]string{
		{"10.0.0.11:8080", servers[0]},
		{"10.0.0.12:8080", servers[1]},
		{"listen 80;", "listen " + plain + ";"},
		{"listen 443 ssl", "listen " + secure + " ssl"},
		{"/etc/letsencrypt/live/spazi.example.it", dir},
		{"/var/log/nginx/polis.log", filepath.Join(dir, "access.log")},
	} {
		if !strings.Contains(site, change[0]) {
			t.Fatalf("nginx.conf has no %q", change[0])
		}
		site = strings.ReplaceAll(site, change[0], change[1])
	}
	whole := fmt.Sprintf(`daemon off; pid %[1]s/nginx.pid; error_log stderr warn; worker_processes 1;
events { worker_connections 512; }
http {
	access_log off;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fcgi; uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
	include %[1]s/polis.conf;
}
`, dir)
	for name, text := range map[string]string{"polis.conf": site, "nginx.conf": whole} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // the workers are nobody
		t.Fatal(err)
	}
	cmd := exec.Command(nginx, "-p", dir, "-c", filepath.Join(dir, "nginx.conf"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("nginx: %s", said.String())
		}
	})
}

// Two servers behind nginx as packaging/two-servers has them: pages over HTTPS
// only, what is for monitors stays inside, a server that is gone is not missed.
func TestTwoServersBehindNginx(t *testing.T) {
	everyDay(t)
	s := newDemo(t, postgres)
	const host = "spazi.example.it"
	dir := t.TempDir()
	trusted := certificate(t, dir, host)
	plain, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	secure, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(secure, ":")
	public := "https://" + host + ":" + port
	args := []string{"--demo", "--public-url", public, "--trusted-proxy", "127.0.0.1/32"}
	servers := []*server{serve(t, s, args...), serve(t, s, args...)}
	startNginx(t, dir, plain, secure, strings.TrimPrefix(servers[0].url, "http://"), strings.TrimPrefix(servers[1].url, "http://"))

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 10 * time.Second, Jar: jar, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: trusted, ServerName: host},
	}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(method, url, token, body string) *http.Response {
		t.Helper()
		r, err := http.NewRequest(method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host + ":" + port
		r.Header.Set("X-Forwarded-For", "203.0.113.7") // a visitor who claims to be another
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", "application/json")
		}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		return resp
	}
	outside := "https://" + secure
	eventually(t, 10*time.Second, "nginx answers", func() bool {
		resp, err := client.Get(outside + "/status")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil && resp.StatusCode == http.StatusOK
	})
	if resp := ask("GET", "http://"+plain+"/spazi", "", ""); resp.StatusCode != http.StatusPermanentRedirect || !strings.HasPrefix(resp.Header.Get("Location"), "https://") {
		t.Errorf("without TLS: %d to %q", resp.StatusCode, resp.Header.Get("Location"))
	}
	for path, status := range map[string]int{"/": 200, "/spazi/gavirate": 200, "/healthz": 200, "/readyz": 404, "/metrics": 404, "/prenotazioni": 303} {
		resp := ask("GET", outside+path, "", "")
		if resp.StatusCode != status {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, status)
		}
		if path == "/" && !strings.Contains(resp.Header.Get("Strict-Transport-Security"), "max-age") {
			t.Error("no HSTS")
		}
	}
	// No secret of an address is in the log.
	const secret = "abcdefghijklmnopqrstuvwxyz234567"
	for _, path := range []string{"/calendario/" + secret + ".ics", "/invito/" + secret, "/accedi/link/" + secret, "/invito%2F" + secret, "/spazi?q=" + secret} {
		ask("GET", outside+path, "", "")
		ask("GET", "http://"+plain+path, "", "")
	}
	log, err := os.ReadFile(filepath.Join(dir, "access.log"))
	if err != nil || !strings.Contains(string(log), "GET /invito/* ") || strings.Contains(string(log), secret) {
		t.Errorf("the log: %v\n%s", err, log)
	}
	for _, srv := range servers {
		srv.want(t, http.StatusOK, "GET", "/readyz", "", nil)
		srv.want(t, http.StatusOK, "GET", "/metrics", "", nil)
	}
	desk := servers[0].placesOf(servers[0].spaces("small")[0].ID, "desk")[0]
	days := servers[0].quietDays(desk.ID, 2)
	book := func(day time.Time, hour int) int {
		return ask("POST", outside+"/api/v1/bookings", s.tokens[hour%4], fmt.Sprintf(`{"resources":[%q],"from":%q,"to":%q}`, desk.ID, at(day, hour, 0), at(day, hour+1, 0))).StatusCode
	}
	for hour := 9; hour < 17; hour++ {
		if status := book(days[0], hour); status != http.StatusCreated {
			t.Errorf("booking at %d: %d", hour, status)
		}
	}
	wrong, _ := s.doctor(t, "--public-url", servers[0].url, "--quick")
	for _, f := range wrong {
		t.Errorf("polis doctor: %+v", f)
	}
	servers[0].kill()
	for hour := 9; hour < 17; hour++ {
		if status := book(days[1], hour); status != http.StatusCreated {
			t.Errorf("with one server, booking at %d: %d", hour, status)
		}
	}
	servers[1].stop()
	s.check(t)
}
