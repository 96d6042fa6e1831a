package pass

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/uuid"
)

// claims is a pass on the wire: the registered claims of RFC 8392 §3 and two
// of our own from the range for private use (below -65536, RFC 8392 §9.1).
type claims struct {
	Issuer    string          `cbor:"1,keyasint"`
	Holder    string          `cbor:"2,keyasint"`
	Expires   int64           `cbor:"4,keyasint"` // seconds of Unix time
	NotBefore int64           `cbor:"5,keyasint"`
	ID        cbor.ByteString `cbor:"7,keyasint"` // the 16 bytes of the UUID
	Doors     []string        `cbor:"-65537,keyasint,omitempty"`
	Places    []string        `cbor:"-65538,keyasint,omitempty"`
}

// The limits of a pass, in bytes for texts. They keep it a QR code that a
// telephone can read from another's screen.
const (
	maxName = 128 // issuer, holder, one door group, one place
	maxList = 64  // door groups, places

	maxTime = 253402300799 // 9999-12-31T23:59:59Z, the last instant RFC 3339 can write
)

var (
	encMode = must(cbor.EncOptions{Sort: cbor.SortCoreDeterministic, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden}.EncMode())
	decMode = must(cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		MaxNestedLevels: 4,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func encodeClaims(p Pass) ([]byte, error) {
	id, err := uuid.Parse(p.ID)
	if err != nil || id.String() != p.ID {
		return nil, errors.New("the id is not a UUID in its usual form")
	}
	c := claims{
		Issuer: p.Issuer, Holder: p.Holder, Expires: p.Expires.Unix(), NotBefore: p.NotBefore.Unix(),
		ID: cbor.ByteString(id[:]), Doors: p.Doors, Places: p.Places,
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return encMode.Marshal(c)
}

// decodeClaims reads the payload of an envelope whose signature is good.
// Claims it does not know are passed over (RFC 8392 §3), so that a door keeps
// reading passes that say more; those it knows must have their exact type.
func decodeClaims(payload []byte) (Pass, error) {
	// Twice: once to see that every label is an integer and none is null, which
	// the second reading would take for an absent or an empty value.
	var labels map[int64]cbor.RawMessage
	if err := decMode.Unmarshal(payload, &labels); err != nil {
		return Pass{}, err
	}
	for label, value := range labels {
		if value[0] == 0xf6 || value[0] == 0xf7 { // null, undefined
			return Pass{}, fmt.Errorf("claim %d is null", label)
		}
	}
	var c claims
	if err := decMode.Unmarshal(payload, &c); err != nil {
		return Pass{}, err
	}
	if err := c.check(); err != nil {
		return Pass{}, err
	}
	id, err := uuid.FromBytes([]byte(c.ID))
	if err != nil {
		return Pass{}, errors.New("the id is not 16 bytes")
	}
	return Pass{
		ID: id.String(), Holder: c.Holder, Doors: c.Doors, Places: c.Places, Issuer: c.Issuer,
		NotBefore: time.Unix(c.NotBefore, 0).UTC(), Expires: time.Unix(c.Expires, 0).UTC(),
	}, nil
}

// check holds for every pass, written or read.
func (c claims) check() error {
	if !name(c.Issuer) || !name(c.Holder) {
		return errors.New("issuer and holder must be short printable texts")
	}
	for _, list := range [][]string{c.Doors, c.Places} {
		if len(list) > maxList {
			return fmt.Errorf("more than %d doors or places", maxList)
		}
		for _, s := range list {
			if !name(s) {
				return errors.New("doors and places must be short printable texts")
			}
		}
	}
	if c.NotBefore < 0 || c.Expires <= c.NotBefore || c.Expires > maxTime {
		return errors.New("the times are not in order")
	}
	return nil
}

// Text makes of any text one that a pass can carry: what cannot be shown is left
// out, what is too long is cut; "—" where nothing is left.
func Text(s string) string {
	var out strings.Builder
	for _, r := range strings.TrimSpace(s) {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			continue
		}
		if out.Len()+utf8.RuneLen(r) > maxName {
			break
		}
		out.WriteRune(r)
	}
	if out.Len() == 0 {
		return "—"
	}
	return out.String()
}

// name tells whether s can be shown on a door's display or a terminal as it
// is: no control characters, nothing that turns the direction of the text.
func name(s string) bool {
	if s == "" || len(s) > maxName || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
