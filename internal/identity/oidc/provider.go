package oidc

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
)

// How long what a provider says of itself is believed, its keys too (a key that
// it signs with anew is fetched at once), and for how long one that is down is
// not asked again.
const (
	freshFor = time.Hour
	restFor  = 5 * time.Second
)

// provider is one provider: its settings over its profile, and what it said of
// itself when it was last asked.
type provider struct {
	Settings
	profile Profile
	clk     clock.Clock
	client  *http.Client
	hosts   []string
	back    string // where answers come

	mu     sync.Mutex
	meta   *metadata // nil until it was asked
	asked  time.Time
	failed time.Time
	reason error
}

// metadata is what a provider says of itself (OpenID Connect Discovery 1.0).
type metadata struct {
	AuthURL       string   `json:"authorization_endpoint"`
	TokenURL      string   `json:"token_endpoint"`
	UserinfoURL   string   `json:"userinfo_endpoint"`
	KeysURL       string   `json:"jwks_uri"`
	RevocationURL string   `json:"revocation_endpoint"`
	EndURL        string   `json:"end_session_endpoint"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	SaysIssuer    bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207

	keys gooidc.KeySet
}

func newProvider(s Settings, clk clock.Clock, public string) (*provider, error) {
	u, err := url.Parse(s.Issuer)
	if err != nil {
		return nil, err
	}
	p := &provider{Settings: s, profile: profiles[s.Profile], clk: clk, hosts: append([]string{u.Host}, s.Hosts...)}
	p.client = newClient(p.hosts)
	p.back = public + Path + "/" + s.Name + "/ritorno"
	p.profile.Claims = over(p.profile.Claims, s.Claims)
	p.profile.Levels = over(p.profile.Levels, s.Levels)
	p.profile.Ask = over(p.profile.Ask, s.Ask)
	if len(s.Scopes) > 0 {
		p.profile.Scopes = s.Scopes
	}
	if !slices.Contains(p.profile.Scopes, "openid") {
		p.profile.Scopes = append([]string{"openid"}, p.profile.Scopes...)
	}
	for _, b := range []struct {
		of   *bool
		said *bool
	}{{&p.profile.TrustEmail, s.TrustEmail}, {&p.profile.Proves, s.Proves}} {
		if b.said != nil {
			*b.of = *b.said
		}
	}
	p.profile.Fiscal = p.profile.Claims[claimFiscal] != ""
	return p, nil
}

// over is a table with another put over it.
func over[K comparable, V any](table, changes map[K]V) map[K]V {
	out := maps.Clone(table)
	if out == nil {
		out = map[K]V{}
	}
	maps.Copy(out, changes)
	return out
}

// keyed tells whether we prove ourselves with our own key.
func (p *provider) keyed() bool {
	if p.Settings.Keyed != nil {
		return *p.Settings.Keyed
	}
	return p.profile.Keyed
}

// best is the surest level that the provider can prove, as far as it is believed.
func (p *provider) best() identity.Level {
	if p.Best != 0 {
		return p.Best
	}
	best := p.profile.Best
	for _, level := range p.Levels {
		best = max(best, level)
	}
	return best
}

// context is a context whose calls are those of the provider.
func (p *provider) context(ctx context.Context) context.Context {
	return context.WithValue(gooidc.ClientContext(ctx, p.client), oauth2.HTTPClient, p.client)
}

// ask returns what the provider says of itself, which is asked when it is needed
// and not known or old; Unavailable "oidc.down" where it cannot be asked. What it
// said before holds while it is down.
func (p *provider) ask(ctx context.Context) (*metadata, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clk.Now()
	if p.meta != nil && now.Sub(p.asked) < freshFor {
		return p.meta, nil
	}
	if p.reason == nil || now.Sub(p.failed) >= restFor {
		m, err := p.discover(ctx)
		if err == nil {
			p.meta, p.asked, p.reason = m, now, nil
			return m, nil
		}
		p.failed, p.reason = now, err
	}
	if p.meta != nil {
		return p.meta, nil
	}
	return nil, p.down(p.reason)
}

// down says that a provider cannot be asked.
func (p *provider) down(err error) error {
	return errs.New(errs.Unavailable, "oidc.down", errs.Args{"provider": p.label()}).Because(err)
}

func (p *provider) discover(ctx context.Context) (*metadata, error) {
	// Whoever waits gives up, not the question: others wait for the answer too.
	found, err := gooidc.NewProvider(p.context(context.WithoutCancel(ctx)), p.Issuer)
	if err != nil {
		return nil, err
	}
	var m metadata
	if err := found.Claims(&m); err != nil {
		return nil, err
	}
	for _, address := range []struct {
		name, text string
		needed     bool
	}{
		{"authorization_endpoint", m.AuthURL, true},
		{"token_endpoint", m.TokenURL, true},
		{"jwks_uri", m.KeysURL, true},
		{"userinfo_endpoint", m.UserinfoURL, p.profile.Keyed},
		{"revocation_endpoint", m.RevocationURL, false},
		{"end_session_endpoint", m.EndURL, false},
	} {
		u, err := url.Parse(address.text)
		switch {
		case address.text == "" && !address.needed:
		case err != nil || !reachable(u, p.hosts):
			return nil, fmt.Errorf("%s: %q: %w", address.name, address.text, errElsewhere)
		}
	}
	m.keys = gooidc.NewRemoteKeySet(p.context(context.WithoutCancel(ctx)), m.KeysURL)
	return &m, nil
}

// label is what the button of a provider says of it.
func (p *provider) label() string {
	switch {
	case p.Label != "":
		return p.Label
	case p.Button == "spid":
		return "SPID"
	case p.Button == "cie":
		return "CIE"
	}
	return p.Name
}
