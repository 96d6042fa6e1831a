package identity

import (
	"strconv"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
)

// Level is how surely somebody is who they say: the levels of assurance of
// Regulation (EU) 910/2014, article 8, which are SPID's three.
type Level int

// The levels.
const (
	LevelNone        Level = iota
	LevelLow               // one factor: a mailed code, a link
	LevelSubstantial       // two factors: a passkey, SPID level 2
	LevelHigh              // two factors of which one is in hardware made for it: SPID level 3, the identity card
)

// Proof is how and when somebody proved who they are.
type Proof struct {
	Person string    // id
	Method string    // "code", "link", "passkey", "oidc:NAME", "demo", …
	Level  Level     // of this method
	At     time.Time // zero = now
}

// CheckProved returns nil where the actor proved who they are at least as surely
// as level, no longer than fresh ago (0 = whenever); otherwise Unauthenticated
// "identity.step-up". It binds people at pages: a program's token is its own
// proof, and ends.
func (a Actor) CheckProved(now time.Time, fresh time.Duration, level Level) error {
	if a.Channel != ChannelWeb || a.Level >= level && (fresh == 0 || now.Sub(a.Proved) <= fresh) {
		return nil
	}
	return errs.New(errs.Unauthenticated, "identity.step-up", nil)
}

// The values of a session that say how its person was proved.
const (
	keyPerson  = "person"
	keySession = "id"
	keyMethod  = "method"
	keyLevel   = "level"
	keyProved  = "proved"
)

// proofIn reads what a session says of how its person was proved.
func proofIn(get func(key string) string) (p Proof) {
	p.Person, p.Method = get(keyPerson), get(keyMethod)
	level, _ := strconv.Atoi(get(keyLevel)) // sessions of an earlier version say nothing
	p.Level = Level(level)
	if us, err := strconv.ParseInt(get(keyProved), 10, 64); err == nil {
		p.At = clock.FromMicros(us)
	}
	return p
}

// values are what a session keeps of a proof.
func (p Proof) values() map[string]string {
	return map[string]string{
		keyMethod: p.Method, keyLevel: strconv.Itoa(int(p.Level)), keyProved: strconv.FormatInt(clock.Micros(p.At), 10),
	}
}
