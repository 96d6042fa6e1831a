package pass

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// This file speaks CBOR and COSE by hand, without the libraries that Sign and
// Verify use: to read what they wrote, and to write what they must refuse.

// head writes the first bytes of a CBOR item (RFC 8949 §3), shortest form.
func head(major byte, n uint64) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 1<<8:
		return []byte{major<<5 | 24, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{major<<5 | 25}, uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32([]byte{major<<5 | 26}, uint32(n))
	}
	return binary.BigEndian.AppendUint64([]byte{major<<5 | 27}, n)
}

func integer(n int64) []byte {
	if n < 0 {
		return head(1, uint64(-1-n))
	}
	return head(0, uint64(n))
}

func bstr(b []byte) []byte { return append(head(2, uint64(len(b))), b...) }
func tstr(s string) []byte { return append(head(3, uint64(len(s))), s...) }

func array(items ...[]byte) []byte {
	return append(head(4, uint64(len(items))), bytes.Join(items, nil)...)
}

func object(keysAndValues ...[]byte) []byte {
	return append(head(5, uint64(len(keysAndValues)/2)), bytes.Join(keysAndValues, nil)...)
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// forge is a pass of any shape with a signature that is good for what it says.
// What is left out is as Sign would write it for sample.
type forge struct {
	key         ed25519.PrivateKey
	protected   []byte                                      // the map, before it is made a string
	unprotected []byte                                      // the map
	payload     []byte                                      // the claims
	envelope    func(protected, payload, sig []byte) []byte // the whole, from the contents of its strings
}

func (f forge) text() string {
	key, pub := testKey(0)
	if f.key != nil {
		key = f.key
	}
	if f.protected == nil {
		f.protected = object(integer(1), integer(-8), integer(4), bstr(KeyID(pub)))
	}
	if f.unprotected == nil {
		f.unprotected = object()
	}
	if f.payload == nil {
		f.payload = claimsOf()
	}
	if f.envelope == nil {
		f.envelope = func(protected, payload, sig []byte) []byte {
			return append(head(6, 18), array(bstr(protected), f.unprotected, bstr(payload), bstr(sig))...)
		}
	}
	toSign := array(tstr("Signature1"), bstr(f.protected), bstr(nil), bstr(f.payload))
	return Prefix + encode45(f.envelope(f.protected, f.payload, ed25519.Sign(key, toSign)))
}

// claimsOf writes the claims of sample, with those named replaced or, where
// new, added at the end.
func claimsOf(replace ...[]byte) []byte {
	id := unhex(strings.ReplaceAll(sample.ID, "-", ""))
	pairs := [][]byte{
		integer(1), tstr(sample.Issuer),
		integer(2), tstr(sample.Holder),
		integer(4), integer(sample.Expires.Unix()),
		integer(5), integer(sample.NotBefore.Unix()),
		integer(7), bstr(id),
		integer(-65537), array(tstr(sample.Doors[0])),
		integer(-65538), array(tstr(sample.Places[0]), tstr(sample.Places[1])),
	}
next:
	for r := 0; r < len(replace); r += 2 {
		for i := 0; i < len(pairs); i += 2 {
			if bytes.Equal(pairs[i], replace[r]) {
				pairs[i+1] = replace[r+1]
				continue next
			}
		}
		pairs = append(pairs, replace[r], replace[r+1])
	}
	return object(pairs...)
}

func TestForgeIsFaithful(t *testing.T) {
	t.Parallel()
	if got := (forge{}).text(); got != goldenText {
		t.Errorf("by hand %q, by Sign %q", got, goldenText)
	}
}

// envelopes is what a signature alone does not say: each of these is signed
// with our key.
func envelopes() []envelope {
	_, pub := testKey(0)
	alg, eddsa, kid, id := integer(1), integer(-8), integer(4), bstr(KeyID(pub))
	tagged := func(items ...[]byte) []byte { return append(head(6, 18), array(items...)...) }
	return []envelope{
		{"as it is", forge{}, nil},
		{"an unknown header", forge{protected: object(alg, eddsa, kid, id, integer(16), tstr("application/cwt"))}, nil},
		{"an unknown claim", forge{payload: claimsOf(integer(-65539), object(tstr("a"), array()))}, nil},

		{"ES256 in the header", forge{protected: object(alg, integer(-7), kid, id)}, ErrForm},
		{"HMAC in the header", forge{protected: object(alg, integer(5), kid, id)}, ErrForm},
		{"algorithm by name", forge{protected: object(alg, tstr("EdDSA"), kid, id)}, ErrForm},
		{"no algorithm", forge{protected: object(kid, id)}, ErrForm},
		{"algorithm unsigned", forge{protected: object(kid, id), unprotected: object(alg, eddsa)}, ErrForm},
		{"no key id", forge{protected: object(alg, eddsa)}, ErrUnknownKey},
		{"key id unsigned", forge{protected: object(alg, eddsa), unprotected: object(kid, id)}, ErrForm},
		{"a longer key id", forge{protected: object(alg, eddsa, kid, bstr(append(KeyID(pub), 0)))}, ErrUnknownKey},
		{"key id as text", forge{protected: object(alg, eddsa, kid, tstr("12345678"))}, ErrForm},
		{"an unknown critical header", forge{protected: object(alg, eddsa, integer(2), array(integer(99)), kid, id, integer(24), integer(1))}, ErrForm},
		{"a known critical header", forge{protected: object(alg, eddsa, integer(2), array(alg), kid, id)}, ErrForm},
		{"headers out of order", forge{protected: object(kid, id, alg, eddsa)}, ErrForm},
		{"a header twice", forge{protected: object(alg, eddsa, alg, integer(-7), kid, id)}, ErrForm},
		{"an unsigned header", forge{unprotected: object(integer(99), integer(1))}, ErrForm},
		{"bytes after the headers", forge{protected: append(object(alg, eddsa, kid, id), 0)}, ErrForm},

		{"no tag", forge{envelope: func(p, c, s []byte) []byte { return array(bstr(p), object(), bstr(c), bstr(s)) }}, ErrForm},
		{"a tag around", forge{envelope: func(p, c, s []byte) []byte {
			return append(head(6, 61), tagged(bstr(p), object(), bstr(c), bstr(s))...)
		}}, ErrForm},
		{"another tag", forge{envelope: func(p, c, s []byte) []byte {
			return append(head(6, 17), array(bstr(p), object(), bstr(c), bstr(s))...)
		}}, ErrForm},
		{"five parts", forge{envelope: func(p, c, s []byte) []byte { return tagged(bstr(p), object(), bstr(c), bstr(s), integer(0)) }}, ErrForm},
		{"no payload", forge{envelope: func(p, c, s []byte) []byte { return tagged(bstr(p), object(), []byte{0xf6}, bstr(s)) }}, ErrSignature},
		{"no signature", forge{envelope: func(p, c, s []byte) []byte { return tagged(bstr(p), object(), bstr(c), bstr(nil)) }}, ErrForm},
		{"a short signature", forge{envelope: func(p, c, s []byte) []byte { return tagged(bstr(p), object(), bstr(c), bstr(s[:63])) }}, ErrSignature},
		{"a long signature", forge{envelope: func(p, c, s []byte) []byte { return tagged(bstr(p), object(), bstr(c), bstr(append(s, 0))) }}, ErrSignature},
		{"payload not a string", forge{envelope: func(p, c, s []byte) []byte { return tagged(bstr(p), object(), c, bstr(s)) }}, ErrForm},
		{"a byte after", forge{envelope: func(p, c, s []byte) []byte { return append(tagged(bstr(p), object(), bstr(c), bstr(s)), 0) }}, ErrForm},
		{"a longer length than needed", forge{envelope: func(p, c, s []byte) []byte {
			return tagged(slices.Concat([]byte{0x58, byte(len(p))}, p), object(), bstr(c), bstr(s))
		}}, ErrForm},
		{"a payload of pieces", forge{envelope: func(p, c, s []byte) []byte {
			return tagged(bstr(p), object(), slices.Concat([]byte{0x5f}, bstr(c), []byte{0xff}), bstr(s))
		}}, ErrForm},
		{"a map without length", forge{envelope: func(p, c, s []byte) []byte { return tagged(bstr(p), []byte{0xbf, 0xff}, bstr(c), bstr(s)) }}, ErrForm},
		{"cut off", forge{envelope: func(p, c, s []byte) []byte { return tagged(bstr(p), object(), bstr(c))[:20] }}, ErrForm},
		{"only the tag", forge{envelope: func(p, c, s []byte) []byte { return []byte{0xd2, 0x84} }}, ErrForm},
	}
}

type envelope struct {
	name string
	f    forge
	want error
}

func TestEnvelopes(t *testing.T) {
	t.Parallel()
	for _, c := range envelopes() {
		if _, err := verify(c.f.text()); !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// badClaims are payloads that are no pass.
func badClaims() map[string][]byte {
	null, exp, nbf, cti, sub := []byte{0xf6}, integer(4), integer(5), integer(7), integer(2)
	doors := integer(-65537)
	return map[string][]byte{
		"empty":                       {},
		"not a map":                   array(integer(1)),
		"an empty map":                object(),
		"two items":                   append(claimsOf(), 0),
		"a map without length":        slices.Concat([]byte{0xbf}, claimsOf()[1:], []byte{0xff}),
		"a claim twice":               append(slices.Concat([]byte{claimsOf()[0] + 1}, claimsOf()[1:], exp), integer(sample.Expires.Unix()+3600)...),
		"an unknown claim twice":      append(object(integer(99), integer(1), integer(99), integer(2)), claimsOf()[1:]...),
		"labels as text":              object(tstr("1"), tstr(sample.Issuer), tstr("exp"), integer(1)),
		"one label as text":           claimsOf(tstr("exp"), integer(1)),
		"one label as bytes":          claimsOf(bstr([]byte{4}), integer(1)),
		"one label beyond 64 bits":    claimsOf(head(1, 1<<63), integer(1)),
		"exp as a fraction":           claimsOf(exp, unhex("fb 41da2e6f20000000")),
		"exp as a whole float":        claimsOf(exp, unhex("fa 4eb2d05e")),
		"exp as the right float":      claimsOf(exp, binary.BigEndian.AppendUint64([]byte{0xfb}, math.Float64bits(float64(sample.Expires.Unix())))),
		"exp as text":                 claimsOf(exp, tstr("2026-10-05T16:00:00Z")),
		"exp as a tagged time":        claimsOf(exp, append(head(6, 1), integer(sample.Expires.Unix())...)),
		"exp as a bignum":             claimsOf(exp, append(head(6, 2), bstr(unhex("01000000000000000000"))...)),
		"exp of 2^64-1":               claimsOf(exp, head(0, 1<<64-1)),
		"exp null":                    claimsOf(exp, null),
		"exp undefined":               claimsOf(exp, []byte{0xf7}),
		"exp true":                    claimsOf(exp, []byte{0xf5}),
		"exp before nbf":              claimsOf(exp, integer(sample.NotBefore.Unix())),
		"exp after 9999":              claimsOf(exp, integer(maxTime+1)),
		"nbf negative":                claimsOf(nbf, integer(-1)),
		"nbf null":                    claimsOf(nbf, null),
		"no exp":                      object(integer(1), tstr("i"), sub, tstr("h"), nbf, integer(1), cti, bstr(make([]byte, 16))),
		"id of 15 bytes":              claimsOf(cti, bstr(make([]byte, 15))),
		"id as text":                  claimsOf(cti, tstr("0123456789abcdef")),
		"id as an array":              claimsOf(cti, array(slices.Repeat([][]byte{integer(1)}, 16)...)),
		"holder as bytes":             claimsOf(sub, bstr([]byte("M. R."))),
		"holder a number":             claimsOf(sub, integer(1)),
		"holder empty":                claimsOf(sub, tstr("")),
		"holder with broken UTF-8":    claimsOf(sub, tstr("M\xff")),
		"holder with an escape":       claimsOf(sub, tstr("M\x1b[2J")),
		"doors as text":               claimsOf(doors, tstr("site:GAVIRATE1")),
		"doors null":                  claimsOf(doors, null),
		"a door null":                 claimsOf(doors, array(null)),
		"a door a number":             claimsOf(doors, array(integer(1))),
		"too many doors":              claimsOf(doors, array(slices.Repeat([][]byte{tstr("a")}, maxList+1)...)),
		"deep":                        claimsOf(integer(99), bytes.Repeat([]byte{0x81}, 1000), integer(98), integer(1)),
		"a length that is not there":  {0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"an array that is not there":  claimsOf(doors, []byte{0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}),
		"break where no item is open": {0xff},
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	for name, payload := range badClaims() {
		if p, err := verify((forge{payload: payload}).text()); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}

// reader reads CBOR from the front of its bytes: integers, strings, arrays and
// maps of definite length, and tags; it stops the test at anything else.
type reader struct {
	t *testing.T
	b []byte
}

func (r *reader) head() (major byte, n uint64) {
	r.t.Helper()
	if len(r.b) == 0 {
		r.t.Fatal("no more bytes")
	}
	major, n, r.b = r.b[0]>>5, uint64(r.b[0]&31), r.b[1:]
	if n >= 24 {
		if n > 27 {
			r.t.Fatalf("additional information %d", n)
		}
		size := 1 << (n - 24)
		n = binary.BigEndian.Uint64(append(make([]byte, 8-size), r.b[:size]...))
		r.b = r.b[size:]
	}
	return major, n
}

func (r *reader) want(major byte) uint64 {
	r.t.Helper()
	got, n := r.head()
	if got != major {
		r.t.Fatalf("major type %d, want %d", got, major)
	}
	return n
}

func (r *reader) bytes(major byte) []byte {
	r.t.Helper()
	n := r.want(major)
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) integer() int64 {
	r.t.Helper()
	major, n := r.head()
	switch major {
	case 0:
		return int64(n)
	case 1:
		return -1 - int64(n)
	}
	r.t.Fatalf("major type %d, want an integer", major)
	return 0
}

func (r *reader) texts() (out []string) {
	r.t.Helper()
	for range r.want(4) {
		out = append(out, string(r.bytes(3)))
	}
	return out
}

// Someone else's program, knowing only the RFCs, reads our pass and checks its
// signature with Ed25519 directly.
func TestIndependentReader(t *testing.T) {
	t.Parallel()
	_, pub := testKey(0)
	signed := decode45Naively(t, strings.TrimPrefix(goldenText, "POLIS1:"))

	r := &reader{t, signed}
	if tag := r.want(6); tag != 18 {
		t.Fatalf("tag %d, want COSE_Sign1", tag)
	}
	if n := r.want(4); n != 4 {
		t.Fatalf("%d parts", n)
	}
	protected := r.bytes(2)
	if n := r.want(5); n != 0 {
		t.Fatalf("%d unsigned headers", n)
	}
	payload, signature := r.bytes(2), r.bytes(2)
	if len(r.b) > 0 {
		t.Fatalf("%d bytes after", len(r.b))
	}

	toVerify := slices.Concat([]byte{0x84, 0x6a}, []byte("Signature1"), bstr(protected), []byte{0x40}, bstr(payload))
	if !ed25519.Verify(pub, toVerify, signature) {
		t.Fatal("the signature is not that of the Sig_structure of RFC 9052 §4.4")
	}

	h := &reader{t, protected}
	if n := h.want(5); n != 2 {
		t.Fatalf("%d headers", n)
	}
	if label, alg := h.integer(), h.integer(); label != 1 || alg != -8 {
		t.Errorf("header %d: %d, want alg EdDSA", label, alg)
	}
	if label, kid := h.integer(), h.bytes(2); label != 4 || !bytes.Equal(kid, KeyID(pub)) {
		t.Errorf("header %d: %x, want the key id", label, kid)
	}

	c := &reader{t, payload}
	if n := c.want(5); n != 7 {
		t.Fatalf("%d claims", n)
	}
	text := func(label int64, want string) {
		t.Helper()
		if l, got := c.integer(), string(c.bytes(3)); l != label || got != want {
			t.Errorf("claim %d: %q, want %d: %q", l, got, label, want)
		}
	}
	instant := func(label int64, want time.Time) {
		t.Helper()
		if l, got := c.integer(), c.integer(); l != label || got != want.Unix() {
			t.Errorf("claim %d: %d, want %d: %d", l, got, label, want.Unix())
		}
	}
	list := func(label int64, want []string) {
		t.Helper()
		if l, got := c.integer(), c.texts(); l != label || !slices.Equal(got, want) {
			t.Errorf("claim %d: %q, want %d: %q", l, got, label, want)
		}
	}
	text(1, sample.Issuer)
	text(2, sample.Holder)
	instant(4, sample.Expires)
	instant(5, sample.NotBefore)
	if l, got := c.integer(), hex.EncodeToString(c.bytes(2)); l != 7 || got != strings.ReplaceAll(sample.ID, "-", "") {
		t.Errorf("claim %d: %s, want the id", l, got)
	}
	list(-65537, sample.Doors)
	list(-65538, sample.Places)
	if len(c.b) > 0 {
		t.Errorf("%d bytes after the claims", len(c.b))
	}
}
