package pass

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// KeyID is the name of a key in the passes it signs: the first 8 bytes of the
// SHA-256 of its PKIX form, as the EU digital certificate does. With openssl:
//
//	openssl pkey -pubin -in key.pem -outform DER | sha256sum | cut -c -16
func KeyID(pub ed25519.PublicKey) []byte {
	sum := sha256.Sum256(pkix(pub))
	return sum[:8]
}

func pkix(pub ed25519.PublicKey) []byte {
	return must(x509.MarshalPKIXPublicKey(pub)) // fails only for other types of key
}

const pemType = "PUBLIC KEY"

// MarshalPublicPEM writes public keys as PKIX PEM blocks, one after the other.
func MarshalPublicPEM(keys ...ed25519.PublicKey) []byte {
	var out []byte
	for _, key := range keys {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: pkix(key)})...)
	}
	return out
}

// ParsePublicPEM reads the public keys of a PEM file: at least one, all
// Ed25519, nothing else (a private key does not belong at a door). Text around
// the blocks is passed over.
func ParsePublicPEM(data []byte) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		data = rest
		if block.Type != pemType {
			return nil, fmt.Errorf("pass: PEM block %q where %q is expected", block.Type, pemType)
		}
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("pass: public key %d: %w", len(keys)+1, err)
		}
		key, ok := parsed.(ed25519.PublicKey)
		if !ok {
			return nil, fmt.Errorf("pass: public key %d is %T, not Ed25519", len(keys)+1, parsed)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 || strings.Contains(string(data), "-----BEGIN") {
		return nil, errors.New("pass: no public key, or a broken one, in the PEM text")
	}
	return keys, nil
}
