package idp

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// The algorithms of Italian providers; RS256 signs what we say ourselves.
var (
	signatures  = []jose.SignatureAlgorithm{jose.RS256, jose.RS512, jose.ES256, jose.ES512, jose.PS256, jose.PS512}
	keyWrapping = []jose.KeyAlgorithm{jose.RSA_OAEP, jose.RSA_OAEP_256}
	contents    = []jose.ContentEncryption{jose.A128CBC_HS256, jose.A256CBC_HS512}
)

// signer is a key pair of the provider. It is made when first used: a program
// that never asks for it does not wait for it.
type signer struct {
	once sync.Once
	key  *rsa.PrivateKey
	kid  string
}

// pair is the key and its name, the RFC 7638 thumbprint.
func (s *signer) pair() (*rsa.PrivateKey, string) {
	s.once.Do(func() {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic("idp: no key: " + err.Error()) // the source of randomness is gone
		}
		s.key, s.kid = key, Thumbprint(key.Public())
	})
	return s.key, s.kid
}

// public is the half that is published.
func (s *signer) public() jose.JSONWebKey {
	key, kid := s.pair()
	return jose.JSONWebKey{Key: key.Public(), KeyID: kid, Algorithm: string(jose.RS256), Use: "sig"}
}

// Thumbprint is the name of a public key as the rules want it.
func Thumbprint(public crypto.PublicKey) string {
	jwk := jose.JSONWebKey{Key: public}
	sum, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		panic("idp: a key without thumbprint: " + err.Error()) // keys of ours
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

// ring are the keys of ID tokens: the one that signs and the one before it are
// published. Three take turns, so that rotation is always to a key which clients
// do not hold, and making keys has an end.
type ring struct {
	mu      sync.Mutex
	keys    [3]signer
	at      int
	rotated bool
}

func (r *ring) current() *signer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return &r.keys[r.at]
}

func (r *ring) rotate() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at, r.rotated = (r.at+1)%len(r.keys), true
}

// published is the set of public keys.
func (r *ring) published() jose.JSONWebKeySet {
	r.mu.Lock()
	now, before, rotated := &r.keys[r.at], &r.keys[(r.at+2)%len(r.keys)], r.rotated
	r.mu.Unlock()
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{now.public()}}
	if rotated {
		set.Keys = append(set.Keys, before.public())
	}
	return set
}

// sign makes a compact JWS of claims; typ is its type.
func (s *signer) sign(typ jose.ContentType, claims any) string {
	key, kid := s.pair()
	return mustSign(jose.RS256, jose.JSONWebKey{Key: key, KeyID: kid}, (&jose.SignerOptions{}).WithType(typ), claims)
}

// signWithEmbedded brings its public key along in the header.
func (s *signer) signWithEmbedded(claims any) string {
	key, _ := s.pair()
	return mustSign(jose.RS256, key, (&jose.SignerOptions{EmbedJWK: true}).WithType("JWT"), claims)
}

// hmac misuses the public key, as its PEM text, for the secret of HS256.
func (s *signer) hmac(claims any) string {
	key, kid := s.pair()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		panic("idp: " + err.Error())
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return mustSign(jose.HS256, jose.JSONWebKey{Key: text, KeyID: kid}, (&jose.SignerOptions{}).WithType("JWT"), claims)
}

// unsigned is a token with alg none and no signature.
func unsigned(claims any) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." +
		base64.RawURLEncoding.EncodeToString(mustJSON(claims)) + "."
}

func mustSign(alg jose.SignatureAlgorithm, key any, o *jose.SignerOptions, claims any) string {
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, o)
	if err != nil {
		panic("idp: " + err.Error()) // keys and algorithms are ours
	}
	jws, err := s.Sign(mustJSON(claims))
	if err != nil {
		panic("idp: " + err.Error())
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		panic("idp: " + err.Error())
	}
	return text
}

func mustJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic("idp: " + err.Error()) // maps of texts and numbers
	}
	return data
}
