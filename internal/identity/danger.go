package identity

import (
	"context"
	"time"

	"polis/internal/platform/db"
)

// Danger is a kind of act for which somebody proves anew who they are: what would
// hurt most if it were done at a computer that they left, or by who stole a
// session.
type Danger string

// The dangers.
const (
	DangerRoles    Danger = "roles"    // give and take roles, invite to them; those of organisations too
	DangerTokens   Danger = "tokens"   // make a token of a program
	DangerSettings Danger = "settings" // change what the installation is: address, mail, legal texts
	DangerKeys     Danger = "keys"     // change what signs and encrypts
	DangerPersonal Danger = "personal" // export all that is held on a person, or forget them
	DangerContact  Danger = "contact"  // change the address by which one signs in
	DangerPasskeys Danger = "passkeys" // add or remove one's own
	DangerOthers   Danger = "others"   // end sessions, tokens, passkeys of somebody else
	DangerBackup   Danger = "backup"   // take the data away, or put others in their place

	DangerProviders Danger = "providers" // connect or disconnect a provider by which one signs in
	DangerMandates  Danger = "mandates"  // let somebody act for another person
	DangerDevices   Danger = "devices"   // let a machine of a house in, or shut it out
)

// dangers says of each how surely somebody proves who they are, and how long that
// lasts.
var dangers = map[Danger]struct {
	level Level
	fresh time.Duration
}{
	DangerRoles:    {LevelLow, 10 * time.Minute},
	DangerTokens:   {LevelLow, 10 * time.Minute},
	DangerSettings: {LevelLow, 10 * time.Minute},
	DangerKeys:     {LevelLow, 10 * time.Minute},
	DangerPersonal: {LevelLow, 10 * time.Minute},
	DangerContact:  {LevelLow, 10 * time.Minute},
	DangerPasskeys: {LevelLow, 10 * time.Minute},
	DangerOthers:   {LevelLow, 10 * time.Minute},
	DangerBackup:   {LevelLow, 10 * time.Minute},

	DangerProviders: {LevelLow, 10 * time.Minute},
	DangerMandates:  {LevelLow, 10 * time.Minute},
	DangerDevices:   {LevelLow, 10 * time.Minute},
}

// MethodPasskey is the Method of a proof by a passkey.
const MethodPasskey = "passkey"

// CheckDanger returns nil where the actor proved who they are surely and lately
// enough for an act; otherwise the error of CheckProved. Who works here and has a
// passkey proves it by that, or by what is as sure: nobody who reads their mail
// takes their place.
func (a Actor) CheckDanger(d Danger, now time.Time) error {
	want, ok := dangers[d]
	if !ok {
		want.level, want.fresh = LevelHigh, time.Minute // what is not said is refused
	}
	if a.MustUsePasskey() {
		want.level = max(want.level, LevelSubstantial)
	}
	return a.CheckProved(now, want.fresh, want.level)
}

// MustUsePasskey tells whether the actor works here and has a passkey.
func (a Actor) MustUsePasskey() bool { return a.Passkey && a.Role != Visitor && a.Role != Citizen }

var countPasskeys = db.Q("identity.passkey.count", `SELECT COUNT(*) FROM passkey WHERE person = $1 AND ($2 = '' OR domain = $2)`)

// hasPasskey tells whether a person has a passkey that works at the address of the
// pages.
func (s *Sessions) hasPasskey(ctx context.Context, person string) (bool, error) {
	if s.domain == "" {
		return false, nil
	}
	n := 0
	err := db.One(ctx, s.people.db, countPasskeys, []any{person, s.domain}, &n)
	return n > 0, err
}

func (a *Access) danger(actor Actor, d Danger) error { return actor.CheckDanger(d, a.clk.Now()) }
