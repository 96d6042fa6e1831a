package oidc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	jose "github.com/go-jose/go-jose/v4"
)

// userinfo asks what a provider knows of a person. Of a profile that is Keyed it
// must come signed by the provider and encrypted for us; evidence is what is kept
// of it. Without the endpoint it is nothing.
func (s *Service) userinfo(ctx context.Context, p *provider, m *metadata, said *assertion, token string) (claims map[string]any, evidence map[string]any, err error) {
	if m.UserinfoURL == "" {
		return nil, nil, nil
	}
	kind, body, err := p.fetch(ctx, m.UserinfoURL, token)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case p.profile.Keyed:
		if kind != "application/jwt" && kind != "application/jose" {
			return nil, nil, bad("userinfo is not encrypted")
		}
		if body, err = s.decrypt(ctx, p, body); err != nil {
			return nil, nil, err
		}
		evidence = map[string]any{"userinfo": string(body)}
		claims, err = p.signed(ctx, m, body)
	case kind == "application/jwt" && p.keyed() && encrypted(body):
		if body, err = s.decrypt(ctx, p, body); err != nil {
			return nil, nil, err
		}
		claims, err = p.signed(ctx, m, body)
	case kind == "application/jwt":
		claims, err = p.signed(ctx, m, body)
	default:
		claims, err = decode(body)
	}
	if err != nil {
		return nil, nil, err
	}
	if sub, _ := claims["sub"].(string); sub != said.Subject {
		return nil, nil, bad("userinfo is of somebody else")
	}
	if evidence == nil {
		evidence = map[string]any{"claims": keysOf(claims)}
	}
	return claims, evidence, nil
}

// fetch gets an answer with an access token.
func (p *provider) fetch(ctx context.Context, address, token string) (kind string, body []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := p.client.Do(r)
	if err != nil {
		return "", nil, p.down(err)
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	switch {
	case errors.Is(err, errTooMuch):
		return "", nil, bad("userinfo is too large")
	case err != nil:
		return "", nil, p.down(err)
	case res.StatusCode >= 500:
		return "", nil, p.down(errors.New("userinfo: " + res.Status))
	case res.StatusCode != http.StatusOK:
		return "", nil, bad("userinfo: " + res.Status)
	}
	kind, _, err = mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		return "", nil, bad("userinfo of no kind")
	}
	return kind, body, nil
}

// encrypted tells a compact JWE from a compact JWS: it has five parts.
func encrypted(body []byte) bool { return bytes.Count(body, []byte(".")) == 4 }

// decrypt opens what was encrypted for us, with any of our keys that providers
// know.
func (s *Service) decrypt(ctx context.Context, p *provider, body []byte) ([]byte, error) {
	keys, err := s.ownKeys(ctx, keyEncrypt)
	if err != nil {
		return nil, err
	}
	jwe, err := jose.ParseEncryptedCompact(string(body), p.profile.KeyWraps, p.profile.Encryptions)
	if err != nil {
		return nil, bad("userinfo is not encrypted, or not as it must be")
	}
	for _, key := range keys {
		if kid := jwe.Header.KeyID; kid != "" && kid != key.KeyID {
			continue
		}
		if plain, err := jwe.Decrypt(key.Key); err == nil {
			return plain, nil
		}
	}
	return nil, bad("userinfo cannot be decrypted with a key of ours")
}

// signed reads what the provider has signed for us.
func (p *provider) signed(ctx context.Context, m *metadata, body []byte) (map[string]any, error) {
	if _, err := jose.ParseSignedCompact(string(body), p.profile.Signatures); err != nil {
		return nil, bad("userinfo is not signed, or not as it must be")
	}
	verifier := gooidc.NewVerifier(p.Issuer, m.keys, &gooidc.Config{
		ClientID: p.ClientID, SupportedSigningAlgs: names(p.profile.Signatures), SkipExpiryCheck: true,
	})
	token, err := verifier.Verify(p.context(ctx), string(body))
	if err != nil {
		return nil, bad("userinfo: signature, issuer or audience")
	}
	claims, err := claimsOf(token)
	if err != nil {
		return nil, err
	}
	if !token.Expiry.IsZero() && !p.clk.Now().Before(token.Expiry.Add(skew)) {
		return nil, bad("userinfo is expired")
	}
	return claims, nil
}

func keysOf(claims map[string]any) (list []string) {
	for name := range claims {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
