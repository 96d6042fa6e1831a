package pass

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestVerifyCommand(t *testing.T) {
	t.Parallel()
	_, pub := testKey(0)
	_, other := testKey(1)
	rome := time.FixedZone("CEST", 2*60*60)
	details := `holder  M. R.
doors   site:GAVIRATE1
places  A12, Sala Nettuno
from    2026-10-05 08:45:00 CEST
to      2026-10-05 18:00:00 CEST
issuer  polis.example
booking 01890a5d-ac96-774b-bcce-b302099a8057
`
	for _, c := range []struct {
		keys []byte
		text string
		now  time.Time
		want string
		err  error
	}{
		{MarshalPublicPEM(other, pub), goldenText + "\n", sample.NotBefore, "valid\n" + details, nil},
		{MarshalPublicPEM(pub), goldenText, sample.NotBefore.Add(-1), "not valid yet\n" + details, ErrNotYet},
		{MarshalPublicPEM(pub), goldenText, sample.Expires, "expired\n" + details, ErrExpired},
		{MarshalPublicPEM(other), goldenText, sample.NotBefore, "not valid: signed with an unknown key\n", ErrUnknownKey},
		{MarshalPublicPEM(pub), (forge{envelope: badSignature}).text(), sample.NotBefore, "not valid: the signature is wrong\n", ErrSignature},
		{MarshalPublicPEM(pub), "hello\x1b[2J", sample.NotBefore, "not valid: this is not a pass\n", ErrForm},
	} {
		var out bytes.Buffer
		err := VerifyCommand(&out, c.keys, c.text, c.now.In(rome))
		if !errors.Is(err, c.err) || (c.err == nil) != (err == nil) {
			t.Errorf("%v, want %v", err, c.err)
		}
		if out.String() != c.want {
			t.Errorf("got\n%swant\n%s", out.String(), c.want)
		}
	}
	var out bytes.Buffer
	if err := VerifyCommand(&out, nil, goldenText, sample.NotBefore); err == nil || out.Len() > 0 {
		t.Errorf("without keys: %q, %v", out.String(), err)
	}
}

func badSignature(protected, payload, sig []byte) []byte {
	return append(head(6, 18), array(bstr(protected), object(), bstr(payload), bstr(make([]byte, len(sig))))...)
}

func TestPublicPEM(t *testing.T) {
	t.Parallel()
	key, a := testKey(0)
	_, b := testKey(1)
	both := MarshalPublicPEM(a, b)
	keys, err := ParsePublicPEM(append([]byte("the keys of Polis\n"), both...))
	if err != nil || len(keys) != 2 || !keys[0].Equal(a) || !keys[1].Equal(b) {
		t.Errorf("%v, %v", keys, err)
	}

	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	ecDER, ecErr := x509.MarshalPKIXPublicKey(&ec.PublicKey)
	privDER, privErr := x509.MarshalPKCS8PrivateKey(key)
	one := string(MarshalPublicPEM(a))
	for name, text := range map[string]string{
		"empty":         "",
		"no PEM":        "POLIS1:",
		"another kind":  block("PUBLIC KEY", ecDER, ecErr),
		"a private key": one + block("PRIVATE KEY", privDER, privErr),
		"not a key":     one + block("PUBLIC KEY", []byte("x"), nil),
		"cut off":       one + one[:len(one)-20],
	} {
		if keys, err := ParsePublicPEM([]byte(text)); err == nil {
			t.Errorf("%s: %d keys", name, len(keys))
		}
	}
}

// The id of a key is on paper too.
func TestKeyID(t *testing.T) {
	t.Parallel()
	_, pub := testKey(0)
	if got, want := hex.EncodeToString(KeyID(pub)), "a050837d85070582"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if bytes.Equal(KeyID(pub), KeyID(ed25519.PublicKey(make([]byte, ed25519.PublicKeySize)))) {
		t.Error("two keys, one id")
	}
	if !strings.HasPrefix(string(MarshalPublicPEM(pub)), "-----BEGIN PUBLIC KEY-----\n") {
		t.Error("not PKIX PEM")
	}
}
