// Package pass makes and checks signed entry passes: what a person shows at a
// door, on a screen or on paper, and what a door can check with the public key
// alone, without a network.
//
// A pass is a CBOR Web Token (RFC 8392) in a COSE_Sign1 envelope (RFC 9052)
// signed with Ed25519 (RFC 9053 §2.2), written in base45 (RFC 9285) behind a
// prefix: the way of the EU digital certificate, less its compression. The
// token is some hundred bytes of which most are signature, identifier and
// short codes: zlib would save nothing and would ask every door to guard
// against small texts that unpack to large ones.
//
// The package holds no keys and reads no clock: both are handed in.
package pass

import (
	"bytes"
	"crypto/ed25519"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/veraison/go-cose"

	"polis/internal/platform/errs"
)

// Prefix opens the text of every pass. The digit is the version of the format:
// it changes when a pass of the new kind must not be read by an old door.
const Prefix = "POLIS1:"

// maxText is the longest text of a pass that is looked at, in bytes. The
// largest QR code of level M carries 3,391 characters of base45.
const maxText = 4096

// Pass is what a signed pass says.
type Pass struct {
	ID        string    // the booking it belongs to: a UUID in its usual form (claim cti)
	Holder    string    // initials or a pseudonym to show at the door, never a fiscal number (claim sub)
	Doors     []string  // door groups it opens, e.g. "site:ROMA1"
	Places    []string  // names of the places booked, for people to read
	NotBefore time.Time // first instant it is good (claim nbf)
	Expires   time.Time // first instant it is no longer good (claim exp)
	Issuer    string    // who signed it (claim iss)
}

// Words are the messages of the errors, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// What Verify may say of a text. Only ErrNotYet and ErrExpired come with the
// pass: its signature is good, so a door may say from when or until when.
var (
	ErrForm       = errs.New(errs.Invalid, "pass.form", nil)          // not a pass
	ErrUnknownKey = errs.New(errs.Forbidden, "pass.unknown_key", nil) // signed with a key that is not among ours
	ErrSignature  = errs.New(errs.Forbidden, "pass.signature", nil)   // changed since it was signed, or forged
	ErrNotYet     = errs.New(errs.Rule, "pass.not_yet", nil)          // too early
	ErrExpired    = errs.New(errs.Rule, "pass.expired", nil)          // too late
)

// Sign writes a pass as text and signs it. Instants are cut to the second.
// Equal passes give equal texts: encoding and Ed25519 are both deterministic.
func Sign(key ed25519.PrivateKey, p Pass) (text string, err error) {
	defer errs.Wrap(&err, "pass.Sign")
	if len(key) != ed25519.PrivateKeySize {
		return "", fmt.Errorf("a private key of %d bytes", len(key))
	}
	payload, err := encodeClaims(p)
	if err != nil {
		return "", err
	}
	signer, err := cose.NewSigner(cose.AlgorithmEdDSA, key)
	if err != nil {
		return "", err
	}
	headers := cose.Headers{Protected: cose.ProtectedHeader{
		cose.HeaderLabelAlgorithm: cose.AlgorithmEdDSA,
		cose.HeaderLabelKeyID:     KeyID(key.Public().(ed25519.PublicKey)),
	}}
	signed, err := cose.Sign1(nil, signer, headers, payload, nil)
	if err != nil {
		return "", err
	}
	text = Prefix + encode45(signed)
	if len(text) > maxText {
		return "", fmt.Errorf("a pass of %d characters, more than %d", len(text), maxText)
	}
	return text, nil
}

// Verify reads a pass, checks its signature against the keys and its time
// against now; the pass is good from NotBefore up to but not including
// Expires. The errors are ErrForm, ErrUnknownKey, ErrSignature, ErrNotYet and
// ErrExpired, found with errors.Is; with the last two the pass is returned too.
//
// White space around the text is forgiven, as scanners and copying add it: no
// pass ends in a space, though base45 knows the character, since in a group's
// last digit it would exceed the group's bytes. Nothing else is forgiven. Each
// pass has one text: what would be read the same but is written otherwise is
// ErrForm, so the text itself can be compared.
func Verify(keys []ed25519.PublicKey, text string, now time.Time) (Pass, error) {
	message, err := open(text)
	if err != nil {
		return Pass{}, fmt.Errorf("%w: %w", ErrForm, err)
	}
	kid, _ := message.Headers.Protected[cose.HeaderLabelKeyID].([]byte)
	if err := checkSignature(keys, kid, message); err != nil {
		return Pass{}, err
	}
	p, err := decodeClaims(message.Payload)
	switch {
	case err != nil:
		return Pass{}, fmt.Errorf("%w: %w", ErrForm, err)
	case now.Before(p.NotBefore):
		return p, ErrNotYet
	case !now.Before(p.Expires):
		return p, ErrExpired
	}
	return p, nil
}

// open takes the envelope out of the text and refuses every one that Sign
// could not have written: another algorithm, critical headers (none is
// understood), unsigned headers, other encodings of the same values.
func open(text string) (*cose.Sign1Message, error) {
	if len(text) > maxText {
		return nil, errors.New("too long")
	}
	body, ok := strings.CutPrefix(strings.Trim(text, " \t\r\n"), Prefix)
	if !ok {
		return nil, errors.New("the prefix " + Prefix + " is missing")
	}
	signed, err := decode45(body)
	if err != nil {
		return nil, err
	}
	message := new(cose.Sign1Message)
	if err := message.UnmarshalCBOR(signed); err != nil {
		return nil, err
	}
	protected := message.Headers.Protected
	if alg, err := protected.Algorithm(); err != nil || alg != cose.AlgorithmEdDSA {
		return nil, errors.New("another algorithm than EdDSA")
	}
	if _, ok := protected[cose.HeaderLabelCritical]; ok {
		return nil, errors.New("critical headers")
	}
	if len(message.Headers.Unprotected) > 0 {
		return nil, errors.New("unsigned headers")
	}
	// The library keeps the headers as they came; without them it writes its own.
	message.Headers.RawProtected, message.Headers.RawUnprotected = nil, nil
	if again, err := message.MarshalCBOR(); err != nil || !bytes.Equal(again, signed) {
		return nil, errors.New("not in the deterministic encoding")
	}
	return message, nil
}

// checkSignature tries the keys whose id the message names: the id is a short
// hash, so two keys may share it.
func checkSignature(keys []ed25519.PublicKey, kid []byte, message *cose.Sign1Message) error {
	err := error(ErrUnknownKey)
	for _, key := range keys {
		if len(key) != ed25519.PublicKeySize || !bytes.Equal(KeyID(key), kid) {
			continue
		}
		verifier, bad := cose.NewVerifier(cose.AlgorithmEdDSA, key)
		if bad == nil {
			bad = message.Verify(nil, verifier)
		}
		if bad == nil {
			return nil
		}
		err = fmt.Errorf("%w: %w", ErrSignature, bad)
	}
	return err
}
