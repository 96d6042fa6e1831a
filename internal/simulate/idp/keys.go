package idp

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// The algorithms of Italian providers; ID tokens are signed with RS256.
var (
	signatures  = []jose.SignatureAlgorithm{jose.RS256, jose.RS512, jose.ES256, jose.ES512, jose.PS256, jose.PS512}
	keyWrapping = []jose.KeyAlgorithm{jose.RSA_OAEP, jose.RSA_OAEP_256}
	contents    = []jose.ContentEncryption{jose.A128CBC_HS256, jose.A256CBC_HS512}
)

// Keys are all keys of a provider and of its trust anchor.
type Keys struct {
	ring                      ring
	stray, federation, anchor signer
}

// NewKeys are new keys, each made when it is first asked for: a program that never
// asks does not wait. Those of the federation are of an elliptic curve, since the
// mark of a client is signed at the start.
func NewKeys() *Keys {
	k := &Keys{federation: signer{alg: jose.ES256}, anchor: signer{alg: jose.ES256}}
	for i := range k.ring.keys {
		k.ring.keys[i].alg = jose.RS256
	}
	k.stray.alg = jose.RS256
	return k
}

// signer is a key pair.
type signer struct {
	alg  jose.SignatureAlgorithm // RS256 or ES256
	once sync.Once
	key  crypto.Signer
	kid  string
}

// pair is the key and its name, the RFC 7638 thumbprint.
func (s *signer) pair() (crypto.Signer, string) {
	s.once.Do(func() {
		var err error
		if s.alg == jose.ES256 {
			s.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		} else {
			s.key, err = rsa.GenerateKey(rand.Reader, 2048)
		}
		if err != nil {
			panic("idp: no key: " + err.Error()) // the source of randomness is gone
		}
		s.kid = Thumbprint(s.key.Public())
	})
	return s.key, s.kid
}

// public is the half that is published.
func (s *signer) public() jose.JSONWebKey {
	key, kid := s.pair()
	return jose.JSONWebKey{Key: key.Public(), KeyID: kid, Algorithm: string(s.alg), Use: "sig"}
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
	return mustSign(s.alg, jose.JSONWebKey{Key: key, KeyID: kid}, (&jose.SignerOptions{}).WithType(typ), claims)
}

// signWithEmbedded brings its public key along in the header.
func (s *signer) signWithEmbedded(claims any) string {
	key, _ := s.pair()
	return mustSign(s.alg, key, (&jose.SignerOptions{EmbedJWK: true}).WithType("JWT"), claims)
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
