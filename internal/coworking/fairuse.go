package coworking

import (
	"context"
	"fmt"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
)

// Fair use: how much one person may have at once, so that places stay free for
// others. Each limit is a counter that the engine moves in the transaction of
// the booking:
//
//	coming:PERSON:KIND      bookings still to come
//	week:PERSON:KIND:WEEK   quarter-hours times places in an ISO week of the site
//	holds:PERSON            places kept while confirming

// uses are the counters of a booking. An actor without limits has none.
func uses(actor identity.Actor, person string, ws []wish, hold bool) []reserve.Use {
	if actor.Unlimited {
		return []reserve.Use{}
	}
	list := []reserve.Use{}
	at := map[string]int{}
	add := func(u reserve.Use) {
		if i, ok := at[u.Key]; ok {
			list[i].Amount += u.Amount
			list[i].Limit = min(list[i].Limit, u.Limit)
			return
		}
		at[u.Key] = len(list)
		list = append(list, u)
	}
	kinds := map[string]bool{}
	for i := range ws {
		w := &ws[i]
		if key := fmt.Sprintf("coming:%s:%s", person, w.kind); !kinds[key] {
			kinds[key] = true
			add(reserve.Use{Key: key, Amount: 1, While: reserve.WhileAlive, Limit: limit(w.rules.Coming)})
		}
		for week, quarters := range weeks(w.from, w.to, w.zone) {
			add(reserve.Use{
				Key:    fmt.Sprintf("week:%s:%s:%s", person, w.kind, week),
				Amount: quarters * int64(w.places()), Limit: limit(w.rules.WeekHours * 4),
			})
		}
		if hold && i == 0 {
			add(reserve.Use{Key: "holds:" + person, Amount: 1, While: reserve.WhileHeld, Limit: limit(w.rules.Holds)})
		}
	}
	return list
}

var dropCounters = db.Q("coworking.counters-forget", `
	DELETE FROM counter WHERE value = 0 AND (key = $1 OR key > $2 AND key < $3 OR key > $4 AND key < $5)`)

// forgetCounters drops the counters of a person, whose keys name them. One that
// still counts is of a visit that goes on.
func forgetCounters(ctx context.Context, tx *db.Tx, person string) error {
	const afterColon = ";"
	coming, week := "coming:"+person, "week:"+person
	_, err := tx.Exec(ctx, dropCounters, "holds:"+person, coming+":", coming+afterColon, week+":", week+afterColon)
	return err
}

// limit is a rule as the engine takes it: 0 allows nothing.
func limit(rule int) int64 {
	if rule == 0 {
		return -1
	}
	return int64(rule)
}

// weeks are the quarter-hours of a time in each ISO week of a zone.
func weeks(from, to time.Time, zone *time.Location) map[string]int64 {
	out := map[string]int64{}
	for t := from; t.Before(to); {
		local := t.In(zone)
		next := agenda.DateOf(local).AddDays(1)
		midnight, _, err := agenda.Instant(next, 0, zone)
		if err != nil || !midnight.After(t) {
			midnight = t.Add(24 * time.Hour)
		}
		if midnight.After(to) {
			midnight = to
		}
		year, week := local.ISOWeek()
		out[fmt.Sprintf("%04d-W%02d", year, week)] += int64(midnight.Sub(t) / agenda.Quarter)
		t = midnight
	}
	return out
}

// LimitReached is the machine-readable part of a fair-use refusal.
type LimitReached struct {
	Rule  string `json:"rule"` // "coming", "week_hours" or "holds"
	Limit int64  `json:"limit"`
	Now   int64  `json:"now"`
}

func limitError(l *reserve.Limit) error {
	name, limit, now := strings.SplitN(l.Key, ":", 2)[0], max(l.Limit, 0), l.Value
	if name == "week" {
		name, limit, now = "week_hours", limit/4, now/4
	}
	return errs.New(errs.Rule, "fair-use."+strings.ReplaceAll(name, "_", "-"), errs.Args{"count": limit}).
		With(LimitReached{name, limit, now})
}

// checkSuspended refuses somebody who often did not come. Rules of the first
// place asked for apply.
func (s *Service) checkSuspended(ctx context.Context, actor identity.Actor, ws []wish) error {
	if actor.Unlimited || len(ws) == 0 {
		return nil
	}
	rules, now := ws[0].rules, s.clock.Now()
	missed, err := s.engine.NoShows(ctx, actor.Person, now.AddDate(0, 0, -rules.NoShowDays-rules.SuspendDays))
	if err != nil {
		return err
	}
	if until := suspendedUntil(missed, rules.NoShows, rules.NoShowDays, rules.SuspendDays); until.After(now) {
		until = until.In(ws[0].zone)
		return errs.New(errs.Rule, "fair-use.suspended", errs.Args{"until": until, "count": rules.NoShows}).
			With(Suspended{"no_shows", rules.NoShows, until})
	}
	return nil
}

// Suspended says until when somebody cannot book.
type Suspended struct {
	Rule  string    `json:"rule"`
	Limit int       `json:"limit"`
	Until time.Time `json:"until"`
}

// suspendedUntil is when the last suspension ends: each missed visit that is
// the n-th within so many days suspends for some days. The times are sorted.
func suspendedUntil(missed []time.Time, n, days, suspend int) (until time.Time) {
	for i := n - 1; i < len(missed); i++ {
		if missed[i].Sub(missed[i-n+1]) <= time.Duration(days)*24*time.Hour {
			until = missed[i].AddDate(0, 0, suspend)
		}
	}
	return until
}
