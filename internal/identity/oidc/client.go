package oidc

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Bounds of what is asked of a provider: a provider that is slow or says too much
// is one that is down.
const (
	callTime   = 5 * time.Second
	mostAnswer = 256 << 10
)

var (
	errElsewhere = errors.New("the address is not one of the provider's; name its host in the settings if it is")
	errTooMuch   = errors.New("the answer is too large")
)

// newClient calls the hosts of one provider and no other, follows nobody
// elsewhere, and reads no more than it must.
func newClient(hosts []string) *http.Client {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.MaxResponseHeaderBytes = 32 << 10
	base.ResponseHeaderTimeout = callTime
	return &http.Client{
		Timeout:       callTime,
		Transport:     &narrow{hosts: hosts, base: base},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// narrow is a transport to a few hosts.
type narrow struct {
	hosts []string
	base  http.RoundTripper
}

func (n *narrow) RoundTrip(r *http.Request) (*http.Response, error) {
	if !reachable(r.URL, n.hosts) {
		return nil, fmt.Errorf("%s: %w", r.URL.Host, errElsewhere)
	}
	res, err := n.base.RoundTrip(r)
	if err == nil {
		res.Body = &short{ReadCloser: res.Body, left: mostAnswer}
	}
	return res, err
}

// reachable tells whether an address is at one of some hosts, by HTTPS unless it
// is this machine.
func reachable(u *url.URL, hosts []string) bool {
	return u.User == nil && slices.Contains(hosts, u.Host) && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()))
}

// short is an answer of which no more than left bytes may come.
type short struct {
	io.ReadCloser
	left int
}

func (s *short) Read(b []byte) (int, error) {
	n, err := s.ReadCloser.Read(b)
	if s.left -= n; s.left < 0 {
		return 0, errTooMuch
	}
	return n, err
}
