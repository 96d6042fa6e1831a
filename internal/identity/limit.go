package identity

import (
	"context"
	"net/netip"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Limit lets through Burst acts at once, and then one each so often.
type Limit struct {
	Name  string
	Burst int
	Each  time.Duration
}

// The limits of asking for codes. None of them lets somebody who only knows an
// address lock out who has it: a browser that was in before has a limit of its
// own; any other shares those of its client and, against messages without end, of
// the address, which one client alone does not use up. A whole house may share
// the address of a client.
var (
	asksOfBrowser = Limit{"asks.browser", 5, 30 * time.Minute}
	asksOfClient  = Limit{"asks.client", 60, 30 * time.Second}
	asksOfPair    = Limit{"asks.pair", 5, 30 * time.Minute} // of a client for an address
	asksOfAddress = Limit{"asks.address", 15, 10 * time.Minute}
)

// shortCodes is how many codes of six digits an address has. Each can be guessed
// with 5 tries of a million: an address that is tried day and night falls once in
// some sixty years.
var shortCodes = Limit{"codes.short", 3, 150 * time.Minute}

// The limits of what proves nothing, of one client: wrong codes, secrets of links
// and tokens, and proofs that fail. What is right is not counted.
var (
	wrongCodes  = Limit{"wrong.codes", 60, 30 * time.Second}
	wrongLinks  = Limit{"wrong.links", 30, 30 * time.Second}
	wrongTokens = Limit{"wrong.tokens", 60, 10 * time.Second}
)

// The limits of invitations that are mailed: of who invites, and of the address,
// whoever invites it.
var (
	invitesOfPerson  = Limit{"invites.person", 100, 5 * time.Minute}
	invitesOfAddress = Limit{"invites.address", 3, 8 * time.Hour}
)

// Limits count acts in the database, so that replicas share a limit and a new
// start forgets nothing. It is the generic cell rate algorithm in one statement:
// the row keeps when all is free again. Who acts is kept as a blind index.
type Limits struct {
	db   *db.DB
	keys *Keys
	clk  clock.Clock
}

// NewLimits returns the limits of a database.
func NewLimits(d *db.DB, keys *Keys, clk clock.Clock) *Limits { return &Limits{d, keys, clk} }

var (
	takeLimit = db.Q("identity.limit.take", `
		INSERT INTO signin_limit (id, free) VALUES ($1, CAST($2 AS BIGINT) + CAST($3 AS BIGINT))
		ON CONFLICT (id) DO UPDATE SET free = $3 + CASE WHEN signin_limit.free > $2 THEN signin_limit.free ELSE $2 END
		WHERE signin_limit.free <= $4`)
	giveBackLimit = db.Q("identity.limit.give-back", `UPDATE signin_limit SET free = free - $2 WHERE id = $1`)
	freeAt        = db.Q("identity.limit.free", `SELECT free FROM signin_limit WHERE id = $1`)
)

// Take counts an act of somebody; TooMany "identity.too-many" where it is one too
// many.
func (l *Limits) Take(ctx context.Context, x Limit, who string) error {
	return l.db.Write(ctx, func(tx *db.Tx) error { return l.takeIn(ctx, tx, x, who) })
}

func (l *Limits) takeIn(ctx context.Context, tx *db.Tx, x Limit, who string) error {
	wait, err := l.countIn(ctx, tx, x, who)
	if err == nil && wait > 0 {
		err = errs.New(errs.TooMany, "identity.too-many", errs.Args{"count": int((wait + time.Minute - 1) / time.Minute)})
	}
	return err
}

// Count counts an act of somebody. Where it is one too many it is not counted, and
// wait is after how long there is another.
func (l *Limits) Count(ctx context.Context, x Limit, who string) (wait time.Duration, err error) {
	return wait, l.db.Write(ctx, func(tx *db.Tx) (err error) {
		wait, err = l.countIn(ctx, tx, x, who)
		return err
	})
}

func (l *Limits) countIn(ctx context.Context, tx *db.Tx, x Limit, who string) (wait time.Duration, err error) {
	defer errs.Wrap(&err, "identity.Limits.Count(%q)", x.Name)
	now, id := l.clk.Now(), l.id(x, who)
	latest := now.Add(time.Duration(x.Burst-1) * x.Each)
	n, err := tx.Exec(ctx, takeLimit, id, clock.Micros(now), x.Each.Microseconds(), clock.Micros(latest))
	if err != nil || n > 0 {
		return 0, err
	}
	var free int64
	err = db.One(ctx, tx, freeAt, []any{id}, &free)
	return max(1, clock.FromMicros(free).Sub(latest)), err
}

// GiveBack takes back that an act was counted.
func (l *Limits) GiveBack(ctx context.Context, x Limit, who string) (err error) {
	defer errs.Wrap(&err, "identity.Limits.GiveBack(%q)", x.Name)
	return l.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, giveBackLimit, l.id(x, who), x.Each.Microseconds())
		return err
	})
}

// Attempt does what may prove something. It is counted before it is tried, so that
// who tries many at once has no more of them, and given back where it was right;
// TooMany "identity.too-many" where it is one too many, which is not tried.
func (l *Limits) Attempt(ctx context.Context, x Limit, who string, try func() error) error {
	if err := l.Take(ctx, x, who); err != nil {
		return err
	}
	if err := try(); err != nil {
		return err
	}
	return l.GiveBack(ctx, x, who)
}

func (l *Limits) id(x Limit, who string) []byte { return l.keys.index("limit."+x.Name, who) }

// ClientName names who calls, for a limit: one household has a whole /64 of IPv6.
func ClientName(addr netip.Addr) string {
	if addr.Is6() {
		if p, err := addr.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.String()
}
