package oidc

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
)

// tokenLife is how long a token is kept that may be given back: as long as a
// session can last.
const tokenLife = 24 * time.Hour

// givenToken is what a provider gave, and gets back at the end.
type givenToken struct {
	Provider string `json:"provider"`
	Flow     string `json:"flow"`
	Token    string `json:"token"`
}

// revocation is the job that gives a token back (RFC 7009). It has the secret of
// the ticket in which the token lies sealed.
type revocation struct{ Ticket string }

func (revocation) Kind() string { return "identity.oidc-revoke" }

// Leave gives back what the provider of a session gave, later and without anybody
// waiting for it, and returns where somebody can end their session there too; ""
// where the provider has no such place, or cannot be asked now.
func (s *Service) Leave(ctx context.Context, name, token string) (address string, err error) {
	defer errs.Wrap(&err, "oidc.Leave(%q)", name)
	if token != "" {
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			return jobs.Enqueue(ctx, tx, revocation{token}, s.Clock.Now())
		}); err != nil {
			return "", err
		}
	}
	p, err := s.provider(name)
	if err != nil {
		return "", nil // it was taken out of the settings since
	}
	m, err := p.ask(ctx)
	if err != nil || m.EndURL == "" {
		return "", nil
	}
	q := url.Values{"client_id": {p.ClientID}, "post_logout_redirect_uri": {s.URL + "/"}}
	join := "?"
	if strings.Contains(m.EndURL, "?") {
		join = "&"
	}
	return m.EndURL + join + q.Encode(), nil
}

// revoke gives a token back. A provider that is down is tried again; what it
// answers changes nothing.
func (s *Service) revoke(ctx context.Context, job revocation) error {
	var given givenToken
	found, err := s.look(ctx, ticketToken, job.Ticket, &given)
	if err != nil || !found {
		return err
	}
	p, err := s.provider(given.Provider)
	if err != nil {
		return nil //nolint:nilerr // who is no longer asked has nothing to take back
	}
	m, err := p.ask(ctx)
	if err != nil {
		return err
	}
	status := 0
	if m.RevocationURL != "" {
		if status, err = s.giveBack(ctx, p, m, given.Token); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.take(ctx, tx, ticketToken, job.Ticket, &given); err != nil {
			return err
		}
		return s.note(ctx, tx, p, given.Flow, "revocation", map[string]any{"status": status})
	})
}

func (s *Service) giveBack(ctx context.Context, p *provider, m *metadata, token string) (status int, err error) {
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}, "client_id": {p.ClientID}}
	if p.keyed() {
		proof, err := s.clientProof(ctx, p, m.RevocationURL)
		if err != nil {
			return 0, err
		}
		form.Set("client_assertion_type", assertionType)
		form.Set("client_assertion", proof)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.RevocationURL, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if p.Secret != "" && !p.keyed() {
		r.SetBasicAuth(url.QueryEscape(p.ClientID), url.QueryEscape(p.Secret))
	}
	res, err := p.client.Do(r)
	if err != nil {
		return 0, p.down(err)
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}
