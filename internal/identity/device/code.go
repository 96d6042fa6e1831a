package device

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// A code is twelve digits, said over the telephone or typed at the device: six
// that find it and six that prove it, so that wrong ones are counted against the
// code that they were tried for.
const (
	half      = 6
	codeLife  = 15 * time.Minute
	codeTries = 5
)

// enrols is how often one client may come with a code that is wrong. A whole house
// shares the address of a client.
var enrols = identity.Limit{Name: "device.enrols", Burst: 20, Each: time.Minute}

// Code is what a device is enrolled with, once.
type Code struct {
	Text string // "4829 1305 7226"; kept nowhere
	Ends time.Time
}

var (
	sweepCode = db.Q("device.code.make-room", `DELETE FROM device_code WHERE device = $1 OR expires <= $2`)
	putCode   = db.Q("device.code.put", `
		INSERT INTO device_code (selector, device, hash, expires) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`)
	tryCode = db.Q("device.code.try", `
		UPDATE device_code SET tries = tries + 1 WHERE selector = $1 AND expires > $2 AND tries < $3 RETURNING device, hash`)
	dropCode  = db.Q("device.code.drop", `DELETE FROM device_code WHERE device = $1`)
	setKey    = db.Q("device.set-key", `UPDATE device SET key = $2, enrolled = $3, seen = $3 WHERE id = $1 AND revoked IS NULL`)
	anyDevice = db.Q("device.any", `
		SELECT `+columns+` FROM device WHERE id = $1 AND revoked IS NULL`)
)

// codeIn makes the code of a device; key is that of codes.
func (s *Service) codeIn(ctx context.Context, tx *db.Tx, key []byte, device string) (Code, error) {
	now := s.Clock.Now()
	if _, err := tx.Exec(ctx, sweepCode, device, clock.Micros(now)); err != nil {
		return Code{}, err
	}
	for range 20 { // others that are alive may begin alike
		selector, proof := digits(), digits()
		c := Code{Text: spaced(selector + proof), Ends: now.Add(codeLife)}
		n, err := tx.Exec(ctx, putCode, selector, device, hashOf(key, selector+proof), clock.Micros(c.Ends))
		if err != nil || n > 0 {
			return c, err
		}
	}
	return Code{}, errs.New(errs.Unavailable, "device.code.many", nil)
}

func digits() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // the system's randomness does not fail
	}
	return fmt.Sprintf("%0*d", half, n)
}

// spaced is a code as people read it, in fours.
func spaced(code string) string { return code[:4] + " " + code[4:8] + " " + code[8:] }

// codeKey is the key of what is kept of codes: of so few digits a plain hash would
// be guessed by who has the database.
func (s *Service) codeKey(ctx context.Context) ([]byte, error) {
	return s.Keys.Secret(ctx, "device-code", func() ([]byte, error) {
		var b [32]byte
		rand.Read(b[:]) // never fails
		return b[:], nil
	})
}

func hashOf(key []byte, code string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(code))
	return mac.Sum(nil)
}

// plainCode is a code without what people write between digits.
func plainCode(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' || r == '.' {
			return -1
		}
		return r
	}, text)
}

// Enrolment is what a device comes with.
type Enrolment struct {
	Code   string
	Kinds  []Kind // what it can be
	Key    []byte // JWK of its public key
	Client netip.Addr
}

func errCodeOver() error { return errs.New(errs.Rule, "device.code.over", nil).On("code") }

// Enrol makes the key of a device known, with its code, which is used up. What is
// not right about a code is all one: Rule "device.code.over" on "code"; "device.code.form"
// where it is none; Invalid "device.invalid.key" on "key"; TooMany
// "identity.too-many" for a client that guesses.
func (s *Service) Enrol(ctx context.Context, in Enrolment) (d Device, err error) {
	defer errs.Wrap(&err, "device.Enrol")
	key, err := parseKey(in.Key)
	if err != nil {
		return d, err
	}
	code := plainCode(in.Code)
	if len(code) != 2*half || strings.Trim(code, "0123456789") != "" {
		return d, errs.New(errs.Rule, "device.code.form", nil).On("code")
	}
	return d, s.Limits.Attempt(ctx, enrols, identity.ClientName(in.Client), func() error {
		d, err = s.enrol(ctx, code, in.Kinds, key)
		return err
	})
}

func (s *Service) enrol(ctx context.Context, code string, kinds []Kind, key []byte) (d Device, err error) {
	codes, err := s.codeKey(ctx)
	if err != nil {
		return d, err
	}
	right := false
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		var id string
		var hash []byte // counted before it is looked at: who tries at the same time waits here
		err := db.One(ctx, tx, tryCode, []any{code[:half], clock.Micros(now), codeTries}, &id, &hash)
		if errors.Is(err, db.ErrNoRow) {
			return nil
		}
		if err != nil || !hmac.Equal(hash, hashOf(codes, code)) {
			return err
		}
		found, err := db.All(ctx, tx, anyDevice, scanDevice, id)
		if err != nil || len(found) == 0 || !slices.Contains(kinds, found[0].Kind) {
			return err
		}
		d, right = found[0], true
		d.Enrolled, d.Seen = now, now
		if _, err := tx.Exec(ctx, setKey, id, key, clock.Micros(now)); err != nil {
			return err
		}
		for _, q := range []db.Query{dropCode, endSessions} { // of the key before
			if _, err := tx.Exec(ctx, q, id); err != nil {
				return err
			}
		}
		return journal.Append(ctx, tx, journal.Act{At: now, Kind: "device.enrolled", Subject: id, Person: d.By})
	})
	if err == nil && !right {
		err = errCodeOver()
	}
	return d, err
}
