package oidc

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
)

// Our own keys: with one we sign requests and prove ourselves, with one what is
// said of people is encrypted for us, with one we say to the federation who we
// are. They are made when first needed, and lie wrapped like all secrets.
const (
	keySign    = "oidc-sign"
	keyEncrypt = "oidc-encrypt"
	keyFed     = "oidc-federation"
)

// keyBits is the size of our keys; 2048 is the least that is allowed.
var keyBits = 3072

// A key that was made anew is published at once beside the one before, and signs
// once every provider can have seen it: what we say of ourselves holds so long.
const publishedFor = statementLife

// names are the secrets of our keys for a purpose that providers know, the oldest
// first: one, made where there is none, or two once it was made anew.
func (s *Service) names(ctx context.Context, purpose string) ([]string, error) {
	list, err := s.Keys.Names(ctx, purpose)
	if err == nil && len(list) == 0 {
		_, err = s.Keys.Secret(ctx, purpose, newKey)
		list = []string{purpose}
	}
	return list, err
}

// ownKeys are those keys.
func (s *Service) ownKeys(ctx context.Context, purpose string) (list []jose.JSONWebKey, err error) {
	names, err := s.names(ctx, purpose)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		key, err := s.ownKey(ctx, purpose, name)
		if err != nil {
			return nil, err
		}
		list = append(list, key)
	}
	return list, nil
}

// signingKey is the newest of our keys for a purpose that was published for long
// enough; the oldest where none was.
func (s *Service) signingKey(ctx context.Context, purpose string) (jose.JSONWebKey, error) {
	names, err := s.names(ctx, purpose)
	if err != nil {
		return jose.JSONWebKey{}, err
	}
	chosen := names[0]
	for _, name := range names[1:] {
		if !s.Clock.Now().Before(madeAt(purpose, name).Add(publishedFor)) {
			chosen = name
		}
	}
	return s.ownKey(ctx, purpose, chosen)
}

// nameMadeAt is the name of the secret of a key that is made anew at an instant; that of
// the first is the purpose alone.
func nameMadeAt(purpose string, at time.Time) string {
	return fmt.Sprintf("%s.%016d", purpose, clock.Micros(at))
}

func madeAt(purpose, name string) time.Time {
	us, err := strconv.ParseInt(strings.TrimPrefix(name, purpose+"."), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return clock.FromMicros(us)
}

// Rotate makes the keys anew with which we sign requests and with which is encrypted
// for us. The ones before stay published beside them, any older are destroyed; with
// lost the ones before are too, and the new ones count at once. The federation's key
// stays: who keeps its registry would have to know first. Conflict
// "oidc.rotate.soon" while those made before do not sign yet.
func (s *Service) Rotate(ctx context.Context, lost bool) (err error) {
	defer errs.Wrap(&err, "oidc.Rotate")
	for _, purpose := range []string{keySign, keyEncrypt} {
		now := s.Clock.Now()
		names, err := s.names(ctx, purpose)
		if err != nil {
			return err
		}
		if n := len(names); n > 1 && !lost && now.Before(madeAt(purpose, names[n-1]).Add(publishedFor)) {
			return errs.New(errs.Conflict, "oidc.rotate.soon", errs.Args{"hours": int(publishedFor.Hours())})
		}
		name := nameMadeAt(purpose, now)
		if _, err := s.Keys.Secret(ctx, name, newKey); err != nil {
			return err
		}
		names = append(names, name)
		keep := 2
		if lost {
			keep = 1
		}
		if err := s.Keys.Destroy(ctx, names[:max(0, len(names)-keep)]...); err != nil {
			return err
		}
	}
	return nil
}

// newKey makes a key, as it is kept.
func newKey() ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, err
	}
	return x509.MarshalPKCS8PrivateKey(key)
}

// ownKey is one of our keys with its id, which is its thumbprint (RFC 7638).
func (s *Service) ownKey(ctx context.Context, purpose, name string) (jose.JSONWebKey, error) {
	der, err := s.Keys.Secret(ctx, name, func() ([]byte, error) { return nil, fs.ErrNotExist }) // destroyed since it was listed
	if err != nil {
		return jose.JSONWebKey{}, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return jose.JSONWebKey{}, err
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return jose.JSONWebKey{}, fmt.Errorf("the secret %s is no RSA key", name)
	}
	out := jose.JSONWebKey{Key: key}
	print, err := out.Thumbprint(crypto.SHA256)
	if err != nil {
		return out, err
	}
	out.KeyID = base64.RawURLEncoding.EncodeToString(print)
	if purpose == keyEncrypt {
		out.Use, out.Algorithm = "enc", string(jose.RSA_OAEP_256)
	} else {
		out.Use, out.Algorithm = "sig", string(jose.RS256)
	}
	return out, nil
}

// sign makes a compact JWS of claims; typ may be "".
func (s *Service) sign(ctx context.Context, purpose, typ string, claims any) (string, error) {
	key, err := s.signingKey(ctx, purpose)
	if err != nil {
		return "", err
	}
	o := &jose.SignerOptions{}
	if typ != "" {
		o.WithType(jose.ContentType(typ))
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, o)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}

// publicKeys are those of our keys that providers need.
func (s *Service) publicKeys(ctx context.Context, purposes ...string) (set jose.JSONWebKeySet, err error) {
	for _, purpose := range purposes {
		keys, err := s.ownKeys(ctx, purpose)
		if err != nil {
			return set, err
		}
		for _, key := range keys {
			set.Keys = append(set.Keys, key.Public())
		}
	}
	return set, nil
}
