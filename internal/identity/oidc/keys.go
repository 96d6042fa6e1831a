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

	jose "github.com/go-jose/go-jose/v4"
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
const keyBits = 3072

// ownKey is one of our keys with its id, which is its thumbprint (RFC 7638).
func (s *Service) ownKey(ctx context.Context, name string) (jose.JSONWebKey, error) {
	der, err := s.Keys.Secret(ctx, name, func() ([]byte, error) {
		key, err := rsa.GenerateKey(rand.Reader, keyBits)
		if err != nil {
			return nil, err
		}
		return x509.MarshalPKCS8PrivateKey(key)
	})
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
	if name == keyEncrypt {
		out.Use, out.Algorithm = "enc", string(jose.RSA_OAEP_256)
	} else {
		out.Use, out.Algorithm = "sig", string(jose.RS256)
	}
	return out, nil
}

// sign makes a compact JWS of claims; typ may be "".
func (s *Service) sign(ctx context.Context, name, typ string, claims any) (string, error) {
	key, err := s.ownKey(ctx, name)
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
func (s *Service) publicKeys(ctx context.Context, names ...string) (set jose.JSONWebKeySet, err error) {
	for _, name := range names {
		key, err := s.ownKey(ctx, name)
		if err != nil {
			return set, err
		}
		set.Keys = append(set.Keys, key.Public())
	}
	return set, nil
}
