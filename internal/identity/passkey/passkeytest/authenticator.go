// Package passkeytest has an authenticator of software, for tests: it makes
// passkeys and signs with them as a telephone does, and lies where it is told to.
package passkeytest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// Authenticator holds one passkey.
type Authenticator struct {
	ID      []byte // of the credential
	Handle  []byte // of its owner, as it was told
	Counter uint32 // of the next signature; one that stays 0 does not count
	Counts  bool
	Lie     Lie

	t   testing.TB
	key crypto.Signer
}

// Lie is how an authenticator, or a page between, misbehaves; zero values are
// right.
type Lie struct {
	Origin    string // for which it says to sign
	Domain    string // for which it signs
	Challenge []byte // that it says to have been asked
	Type      string // of the ceremony
	Cross     bool   // the page stood in another's
	NoUser    bool   // nobody touched it
	Unproved  bool   // nobody showed finger, face or PIN
	Tampered  bool   // the signature is another's
	Handle    []byte // of whom it says to be
	Eligible  bool   // it may be copied
	Format    string // of the attestation
	Padding   int    // bytes more than there should be
}

// The flags of an authenticator (WebAuthn, section 6.1).
const (
	present, verified, eligible, saved, attested = 1, 4, 8, 16, 64
)

// New returns an authenticator with a key of P-256 (ES256), or of Ed25519.
func New(t testing.TB, ed bool) *Authenticator {
	t.Helper()
	a := &Authenticator{t: t, ID: make([]byte, 24), Counts: true}
	rand.Read(a.ID) // never fails
	var err error
	if ed {
		_, a.key, err = ed25519.GenerateKey(rand.Reader)
	} else {
		a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	a.check(err)
	return a
}

func (a *Authenticator) check(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *Authenticator) json(v any) string {
	a.t.Helper()
	text, err := json.Marshal(v)
	a.check(err)
	return string(text)
}

// Make answers the options by which a page asks for a passkey at an origin.
func (a *Authenticator) Make(options []byte, origin string) string {
	a.t.Helper()
	var o struct {
		Challenge protocol.URLEncodedBase64 `json:"challenge"`
		RP        struct {
			ID string `json:"id"`
		} `json:"rp"`
		User struct {
			ID protocol.URLEncodedBase64 `json:"id"`
		} `json:"user"`
	}
	a.check(json.Unmarshal(options, &o))
	a.Handle = o.User.ID
	public := a.public()
	data := a.data(o.RP.ID, attested)
	data = append(data, make([]byte, 16)...) // of no known make
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.ID)))
	data = append(append(data, a.ID...), public...)
	format := "none"
	if a.Lie.Format != "" {
		format = a.Lie.Format
	}
	object, err := cbor.Marshal(map[string]any{"fmt": format, "attStmt": map[string]any{}, "authData": data})
	a.check(err)
	return a.answer(map[string]any{
		"clientDataJSON": a.client("webauthn.create", o.Challenge, origin), "attestationObject": encode(object), "transports": []string{"internal", "hybrid"},
	})
}

// Prove answers the options by which a page asks for a signature at an origin.
func (a *Authenticator) Prove(options []byte, origin string) string {
	a.t.Helper()
	var o struct {
		Challenge protocol.URLEncodedBase64 `json:"challenge"`
		Domain    string                    `json:"rpId"`
	}
	a.check(json.Unmarshal(options, &o))
	if a.Counts {
		a.Counter++
	}
	data, client := a.data(o.Domain, 0), a.client("webauthn.get", o.Challenge, origin)
	plain, err := base64.RawURLEncoding.DecodeString(client)
	a.check(err)
	hash := sha256.Sum256(plain)
	signed := append(append([]byte{}, data...), hash[:]...)
	if a.Lie.Tampered {
		signed[len(signed)-1] ^= 1
	}
	handle := a.Handle
	if a.Lie.Handle != nil {
		handle = a.Lie.Handle
	}
	return a.answer(map[string]any{
		"clientDataJSON": client, "authenticatorData": encode(data), "signature": encode(a.sign(signed)), "userHandle": encode(handle),
	})
}

func (a *Authenticator) answer(response map[string]any) string {
	if a.Lie.Padding > 0 {
		response["padding"] = string(make([]byte, a.Lie.Padding))
	}
	return a.json(map[string]any{"id": encode(a.ID), "rawId": encode(a.ID), "type": "public-key", "response": response})
}

func (a *Authenticator) sign(message []byte) []byte {
	if _, ed := a.key.(ed25519.PrivateKey); ed {
		signature, err := a.key.Sign(rand.Reader, message, crypto.Hash(0))
		a.check(err)
		return signature
	}
	hash := sha256.Sum256(message)
	signature, err := a.key.Sign(rand.Reader, hash[:], crypto.SHA256)
	a.check(err)
	return signature
}

// client is what a browser says of a ceremony.
func (a *Authenticator) client(typ string, challenge []byte, origin string) string {
	if a.Lie.Type != "" {
		typ = a.Lie.Type
	}
	if a.Lie.Challenge != nil {
		challenge = a.Lie.Challenge
	}
	if a.Lie.Origin != "" {
		origin = a.Lie.Origin
	}
	return encode([]byte(a.json(map[string]any{"type": typ, "challenge": encode(challenge), "origin": origin, "crossOrigin": a.Lie.Cross})))
}

// data is what an authenticator says of a ceremony.
func (a *Authenticator) data(domain string, flags byte) []byte {
	if a.Lie.Domain != "" {
		domain = a.Lie.Domain
	}
	if !a.Lie.NoUser {
		flags |= present
	}
	if !a.Lie.Unproved {
		flags |= verified
	}
	if a.Lie.Eligible {
		flags |= eligible | saved
	}
	hash := sha256.Sum256([]byte(domain))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), a.Counter)
}

// public is the public key as COSE has it.
func (a *Authenticator) public() []byte {
	a.t.Helper()
	var key any
	switch public := a.key.Public().(type) {
	case ed25519.PublicKey:
		key = webauthncose.OKPPublicKeyData{
			PublicKeyData: webauthncose.PublicKeyData{KeyType: int64(webauthncose.OctetKey), Algorithm: int64(webauthncose.AlgEdDSA)},
			Curve:         int64(webauthncose.Ed25519), XCoord: public,
		}
	case *ecdsa.PublicKey:
		point, err := public.Bytes() // 4, x, y
		a.check(err)
		key = webauthncose.EC2PublicKeyData{
			PublicKeyData: webauthncose.PublicKeyData{KeyType: int64(webauthncose.EllipticKey), Algorithm: int64(webauthncose.AlgES256)},
			Curve:         int64(webauthncose.P256), XCoord: point[1:33], YCoord: point[33:],
		}
	}
	data, err := cbor.Marshal(key)
	a.check(err)
	return data
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
