package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"polis/internal/platform/observe"
)

type healthCmd struct {
	Listen  string `help:"Where the server listens." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	TLSCert string `help:"Certificate that it uses (PEM)." placeholder:"FILE"`
}

// Run asks the server on this machine whether it is ready; for containers, which
// have no other program to ask with.
func (c *healthCmd) Run(ctx context.Context, e *env) error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	client, scheme := &http.Client{Timeout: 5 * time.Second}, "http"
	if c.TLSCert != "" {
		scheme = "https"
		if client.Transport, err = only(c.TLSCert); err != nil {
			return fmt.Errorf("--tls-cert: %w", err)
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var said struct{ Checks map[string]observe.Result }
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<16)).Decode(&said); err != nil {
		return fmt.Errorf("another program answers at %s: %w", c.Listen, err)
	}
	for name, found := range said.Checks {
		if !found.OK {
			fmt.Fprintf(e.Stderr, "%s: %s\n", name, found.Why)
		}
	}
	if answer.StatusCode != http.StatusOK {
		return errExit
	}
	return nil
}

// only trusts the server that has a certificate, under whichever name.
func only(file string) (*http.Transport, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	ours := x509.NewCertPool()
	if !ours.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate", file)
	}
	verify := func(s tls.ConnectionState) error {
		_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: ours, CurrentTime: s.PeerCertificates[0].NotBefore})
		return err
	}
	return &http.Transport{TLSClientConfig: &tls.Config{
		MinVersion: tls.VersionTLS12, InsecureSkipVerify: true, VerifyConnection: verify, //nolint:gosec // verified against the file instead
	}}, nil
}
