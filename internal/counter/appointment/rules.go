package appointment

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

var (
	readRules = db.Q("appointment.rules", `
		SELECT public, internal, lead, days, margin, hold, delay, rev FROM appointment_rule WHERE office = $1`)
	insertRules = db.Q("appointment.rules-insert", `
		INSERT INTO appointment_rule (office, public, internal, lead, days, margin, hold, delay, rev)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1) ON CONFLICT (office) DO NOTHING`)
	updateRules = db.Q("appointment.rules-update", `
		UPDATE appointment_rule SET public = $2, internal = $3, lead = $4, days = $5, margin = $6, hold = $7, delay = $8, rev = rev + 1
		WHERE office = $1 AND rev = $9`)
)

// rules are what an office sets, or what holds where it sets nothing (rev 0).
func rules(ctx context.Context, r db.Reader, office string) (set Rules, rev int64, err error) {
	set = DefaultRules
	err = db.Each(ctx, r, readRules, func(rows *sql.Rows) error {
		var lead, margin, hold, delay int64
		err := rows.Scan(&set.Public, &set.Internal, &lead, &set.Days, &margin, &hold, &delay, &rev)
		set.Lead, set.Margin = time.Duration(lead)*time.Minute, time.Duration(margin)*time.Minute
		set.Hold, set.Delay = time.Duration(hold)*time.Minute, time.Duration(delay)*time.Minute
		return err
	}, office)
	return set, rev, err
}

// Rules are those of an office, with their revision: 0 where it has none of its own.
// For who manages its desks.
func (s *Service) Rules(ctx context.Context, actor identity.Actor, office string) (set Rules, rev int64, err error) {
	defer errs.Wrap(&err, "appointment.Rules")
	st, err := s.Live.Network().ByCode(office)
	if err == nil {
		err = actor.Check(identity.DeskWrite, identity.Site(st.ID))
	}
	if err != nil {
		return set, 0, err
	}
	return rules(ctx, s.DB, st.ID)
}

// bounds are what the rules of an office may be, in their units.
var bounds = []struct {
	field     string
	of        func(*Rules) int
	low, high int
}{
	{"public", func(r *Rules) int { return r.Public }, 0, 100},
	{"internal", func(r *Rules) int { return r.Internal }, 0, 100},
	{"lead", func(r *Rules) int { return minutes(r.Lead) }, 0, 14 * 24 * 60},
	{"days", func(r *Rules) int { return r.Days }, 1, 180},
	{"margin", func(r *Rules) int { return minutes(r.Margin) }, 0, 120},
	{"hold", func(r *Rules) int { return minutes(r.Hold) }, 2, 60},
	{"delay", func(r *Rules) int { return minutes(r.Delay) }, 0, 24 * 60},
}

func minutes(d time.Duration) int { return int(d / time.Minute) }

// check tells what rules cannot be. Invalid, naming the fields.
func (r Rules) check() error {
	var faults []errs.Error
	for _, b := range bounds {
		if n := b.of(&r); n < b.low || n > b.high {
			faults = append(faults, errs.Error{Kind: errs.Invalid, Key: "appointment.rules.between", Field: b.field, Args: errs.Args{"min": b.low, "max": b.high}})
		}
	}
	if r.Public > r.Internal && len(faults) == 0 {
		faults = append(faults, errs.Error{Kind: errs.Invalid, Key: "appointment.rules.more", Field: "internal"})
	}
	if len(faults) == 0 {
		return nil
	}
	return &errs.Error{Kind: errs.Invalid, Key: "appointment.rules.invalid", Fields: faults}
}

// SetRules changes the rules of an office in the revision that was seen. What is
// booked stays. Errors: Invalid naming the fields, Stale, those of Actor.Check.
func (s *Service) SetRules(ctx context.Context, actor identity.Actor, office string, set Rules, rev int64) (err error) {
	defer errs.Wrap(&err, "appointment.SetRules")
	st, err := s.Live.Network().ByCode(office)
	if err == nil {
		err = actor.Check(identity.DeskWrite, identity.Site(st.ID))
	}
	if err == nil {
		err = set.check()
	}
	if err != nil {
		return err
	}
	args := []any{st.ID, set.Public, set.Internal, minutes(set.Lead), set.Days, minutes(set.Margin), minutes(set.Hold), minutes(set.Delay)}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		var n int64
		var err error
		if rev == 0 {
			n, err = tx.Exec(ctx, insertRules, args...)
		} else {
			n, err = tx.Exec(ctx, updateRules, append(args, rev)...)
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.Stale, "appointment.rules.changed", nil)
		}
		return journal.Append(ctx, tx, journal.Act{
			ID: s.IDs(), At: s.Clock.Now(), Kind: "appointment.rules", Subject: st.ID, Person: actor.Person,
			Data: fmt.Sprintf(`{"office":%q}`, st.ID),
		})
	})
}
