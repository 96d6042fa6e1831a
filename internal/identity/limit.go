package identity

import (
	"context"
	"net/netip"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// limit lets through burst acts at once, and then one each so often. It is the
// generic cell rate algorithm in one statement: the row keeps when all is free
// again, so that replicas share it and a new start forgets nothing.
type limit struct {
	name  string
	burst int
	each  time.Duration
}

// The limits of asking for codes. None of them lets somebody who only knows an
// address lock out who has it: a browser that was in before has a limit of its
// own; any other shares those of its client and, against messages without end, of
// the address, which one client alone does not use up. A whole house may share
// the address of a client.
var (
	asksOfBrowser = limit{"asks.browser", 5, 30 * time.Minute}
	asksOfClient  = limit{"asks.client", 60, 30 * time.Second}
	asksOfPair    = limit{"asks.pair", 5, 30 * time.Minute} // of a client for an address
	asksOfAddress = limit{"asks.address", 15, 10 * time.Minute}
)

// shortCodes is how many codes of six digits an address has. Each can be guessed
// with 5 tries of a million: an address that is tried day and night falls once in
// some sixty years.
var shortCodes = limit{"codes.short", 3, 150 * time.Minute}

// The limits of invitations that are mailed: of who invites, and of the address,
// whoever invites it.
var (
	invitesOfPerson  = limit{"invites.person", 100, 5 * time.Minute}
	invitesOfAddress = limit{"invites.address", 3, 8 * time.Hour}
)

var takeLimit = db.Q("identity.limit.take", `
	INSERT INTO signin_limit (id, free) VALUES ($1, CAST($2 AS BIGINT) + CAST($3 AS BIGINT))
	ON CONFLICT (id) DO UPDATE SET free = $3 + CASE WHEN signin_limit.free > $2 THEN signin_limit.free ELSE $2 END
	WHERE signin_limit.free <= $4`)

var freeAt = db.Q("identity.limit.free", `SELECT free FROM signin_limit WHERE id = $1`)

// take counts an act of somebody; TooMany "identity.too-many" where it is one
// too many. Who it is is kept as a blind index.
func (a *Access) take(ctx context.Context, tx *db.Tx, l limit, who string) error {
	now := a.clk.Now()
	id := a.keys.index("limit."+l.name, who)
	latest := now.Add(time.Duration(l.burst-1) * l.each)
	n, err := tx.Exec(ctx, takeLimit, id, clock.Micros(now), l.each.Microseconds(), clock.Micros(latest))
	if err != nil || n > 0 {
		return err
	}
	var free int64
	if err := db.One(ctx, tx, freeAt, []any{id}, &free); err != nil {
		return err
	}
	wait := clock.FromMicros(free).Sub(latest)
	return errs.New(errs.TooMany, "identity.too-many", errs.Args{"count": int((wait + time.Minute - 1) / time.Minute)})
}

// clientName names who calls: one household has a whole /64 of IPv6.
func clientName(addr netip.Addr) string {
	if addr.Is6() {
		if p, err := addr.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.String()
}
