// Package device is the machines that stand in houses and act for nobody: kiosks,
// boards, doors, ATMs. Its one idea: a device is enrolled once with a code that
// somebody says or types, and from then on it is the key that it made itself and
// that never leaves it. With a proof signed by that key it gets a session of a few
// minutes; what it may do then is the role of its kind at its house.
package device

import (
	"context"
	"embed"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Words are the texts of the package, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// Kind is what a device is.
type Kind string

// The kinds.
const (
	Kiosk Kind = "kiosk" // people use it one after the other
	Board Kind = "board" // shows, and is not touched
	Door  Kind = "door"  // reads passes
	ATM   Kind = "atm"
)

// Kinds are all kinds, in the order in which they are offered.
var Kinds = []Kind{Kiosk, Board, Door, ATM}

// roles says in which role a device acts, by its kind.
var roles = map[Kind]identity.Role{Kiosk: identity.Device, Board: identity.Device, ATM: identity.Device, Door: identity.Door}

// Label is the message key of the kind's name.
func (k Kind) Label() string { return "device.kind." + string(k) }

// browser tells whether a device of the kind is a browser: its pages are ours.
func (k Kind) browser() bool { return k == Kiosk || k == Board }

// State is where a device stands.
type State string

// The states.
const (
	Awaited  State = "awaited"  // has a code, or had one, and no key
	Enrolled State = "enrolled" // has a key
	Revoked  State = "revoked"  // for good
)

// Device is a machine of a house.
type Device struct {
	ID       string
	Kind     Kind
	Site     string // id of the house
	Name     string // as the people of the house call it
	By       string // id of who made its last code; "" for who has the program in their hands
	Made     time.Time
	Enrolled time.Time // zero before
	Seen     time.Time // last use, to the minute; zero before
	Revoked  time.Time // zero unless it is
}

// State is where the device stands.
func (d Device) State() State {
	switch {
	case !d.Revoked.IsZero():
		return Revoked
	case !d.Enrolled.IsZero():
		return Enrolled
	}
	return Awaited
}

// Actor is the device where nobody is signed in at it.
func (d Device) Actor(channel identity.Channel) identity.Actor {
	role, at := roles[d.Kind], identity.Site(d.Site)
	return identity.Actor{Role: role, Scope: at, Held: []identity.Held{{Role: role, Scope: at}}, Device: d.ID, Channel: channel}
}

// Options are what the devices of an installation work with.
type Options struct {
	DB     *db.DB
	Keys   *identity.Keys
	Limits *identity.Limits
	Scopes identity.Scopes
	Clock  clock.Clock
	IDs    clock.IDs
	URL    string // address of the installation: for whom proofs are made
}

// Service keeps the devices.
type Service struct{ Options }

// New returns the devices of an installation.
func New(o Options) *Service { return &Service{o} }

// Wanted is a device that is to be.
type Wanted struct {
	Kind Kind
	Site string // id of the house
	Name string
}

const maxName = 60

var (
	insertDevice = db.Q("device.insert", `
		INSERT INTO device (id, kind, site, name, by, made) VALUES ($1, $2, $3, $4, $5, $6)`)
	getDevice = db.Q("device.get", `
		SELECT `+columns+` FROM device WHERE id = $1`)
	codeMadeBy   = db.Q("device.code-by", `UPDATE device SET by = $2 WHERE id = $1`)
	revokeDevice = db.Q("device.revoke", `UPDATE device SET revoked = $2 WHERE id = $1 AND revoked IS NULL`)
	endSessions  = db.Q("device.end-sessions", `DELETE FROM device_session WHERE device = $1`)
)

// Make adds a device and returns the code with which it is enrolled. The errors
// are those of Check, and Invalid on "kind", "site" or "name".
func (s *Service) Make(ctx context.Context, actor identity.Actor, in Wanted) (d Device, code Code, err error) {
	if err := actor.Check(identity.DeviceWrite, identity.Site(in.Site)); err != nil {
		return d, code, err
	}
	if err := actor.CheckDanger(identity.DangerDevices, s.Clock.Now()); err != nil {
		return d, code, err
	}
	return s.make(ctx, actor.Person, in)
}

// MakeByProgram is Make for who has the program in their hands.
func (s *Service) MakeByProgram(ctx context.Context, in Wanted) (Device, Code, error) {
	return s.make(ctx, "", in)
}

func (s *Service) make(ctx context.Context, by string, in Wanted) (d Device, code Code, err error) {
	defer errs.Wrap(&err, "device.Make(%q, %q)", in.Kind, in.Site)
	if _, known := roles[in.Kind]; !known {
		return d, code, errs.New(errs.Invalid, "device.invalid.kind", nil).On("kind")
	}
	if s.Scopes.ScopeName(identity.Site(in.Site)) == "" {
		return d, code, errs.New(errs.Invalid, "identity.house", nil).On("site")
	}
	name := strings.Join(strings.Fields(in.Name), " ")
	if name == "" || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return d, code, errs.New(errs.Invalid, "device.invalid.name", nil).On("name")
	}
	key, err := s.codeKey(ctx)
	if err != nil {
		return d, code, err
	}
	now := s.Clock.Now()
	d = Device{ID: s.IDs(), Kind: in.Kind, Site: in.Site, Name: name, By: by, Made: now}
	return d, code, s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, insertDevice, d.ID, string(d.Kind), d.Site, d.Name, by, clock.Micros(now)); err != nil {
			return err
		}
		code, err = s.codeIn(ctx, tx, key, d.ID)
		return err
	})
}

func errUnknown() error { return errs.New(errs.NotFound, "device.unknown", nil) }

// Get reads a device; NotFound "device.unknown" for all but who may see those of
// its house.
func (s *Service) Get(ctx context.Context, actor identity.Actor, id string) (d Device, err error) {
	defer errs.Wrap(&err, "device.Get(%q)", id)
	if err := actor.CheckSomewhere(identity.DeviceWrite); err != nil {
		return d, err
	}
	return s.getIn(ctx, s.DB, actor, id)
}

// KindOf is the kind of a device that acts; NotFound.
func (s *Service) KindOf(ctx context.Context, id string) (Kind, error) {
	found, err := db.All(ctx, s.DB, getDevice, scanDevice, id)
	if err == nil && len(found) == 0 {
		err = errUnknown()
	}
	if err != nil {
		return "", err
	}
	return found[0].Kind, nil
}

func (s *Service) getIn(ctx context.Context, r db.Reader, actor identity.Actor, id string) (Device, error) {
	found, err := db.All(ctx, r, getDevice, scanDevice, id)
	if err != nil {
		return Device{}, err
	}
	if len(found) == 0 || !actor.May(identity.DeviceWrite, identity.Site(found[0].Site)) {
		return Device{}, errUnknown()
	}
	return found[0], nil
}

// NewCode makes another code for a device, which ends the one before; with it the
// device gets another key. Errors: NotFound; Rule "device.revoked".
func (s *Service) NewCode(ctx context.Context, actor identity.Actor, id string) (d Device, code Code, err error) {
	defer errs.Wrap(&err, "device.NewCode(%q)", id)
	if err := actor.CheckSomewhere(identity.DeviceWrite); err != nil {
		return d, code, err
	}
	key, err := s.codeKey(ctx)
	if err != nil {
		return d, code, err
	}
	return d, code, s.DB.Write(ctx, func(tx *db.Tx) error {
		if d, err = s.getIn(ctx, tx, actor, id); err != nil {
			return err
		}
		if err := actor.CheckDanger(identity.DangerDevices, s.Clock.Now()); err != nil {
			return err
		}
		if d.State() == Revoked {
			return errs.New(errs.Rule, "device.revoked", nil)
		}
		if _, err := tx.Exec(ctx, codeMadeBy, id, actor.Person); err != nil {
			return err
		}
		code, err = s.codeIn(ctx, tx, key, id)
		return err
	})
}

// Revoke ends a device for good: at once, on every replica. A second time changes
// nothing; NotFound.
func (s *Service) Revoke(ctx context.Context, actor identity.Actor, id string) (err error) {
	defer errs.Wrap(&err, "device.Revoke(%q)", id)
	if err := actor.CheckSomewhere(identity.DeviceWrite); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.getIn(ctx, tx, actor, id); err != nil {
			return err
		}
		now := s.Clock.Now()
		if err := actor.CheckDanger(identity.DangerDevices, now); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, revokeDevice, id, clock.Micros(now))
		if err != nil || n == 0 {
			return err
		}
		for _, q := range []db.Query{endSessions, dropCode} {
			if _, err := tx.Exec(ctx, q, id); err != nil {
				return err
			}
		}
		return journal.Append(ctx, tx, journal.Act{At: now, Kind: "device.revoked", Subject: id, Person: actor.Person})
	})
}

var (
	sweepCodes    = db.Q("device.sweep-codes", `DELETE FROM device_code WHERE expires <= $1`)
	sweepProofs   = db.Q("device.sweep-proofs", `DELETE FROM device_proof WHERE expires <= $1`)
	sweepSessions = db.Q("device.sweep-sessions", `DELETE FROM device_session WHERE expires <= $1`)
)

// Sweep removes what is over; to be run now and then.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		for _, q := range []db.Query{sweepCodes, sweepProofs, sweepSessions} {
			if _, err := tx.Exec(ctx, q, clock.Micros(s.Clock.Now())); err != nil {
				return err
			}
		}
		return nil
	})
}
