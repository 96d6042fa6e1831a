package coworking

import (
	"context"
	"database/sql"
	"math/bits"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/db"
	"polis/internal/site"
)

// The occupancy of the network's days, places that stand alike together; of one
// house by its places, since the table goes by days.
var (
	loadOfNetwork = db.Q("coworking.figures-load", `
		SELECT o.day, r.site, r.kind, o.am, o.pm, o.shut_am, o.shut_pm, COUNT(*)
		FROM occupancy o JOIN resource r ON r.ordinal = o.resource
		WHERE o.day >= $1 AND o.day <= $2 AND r.active AND (CAST($3 AS TEXT) = '' OR r.kind = $3)
		GROUP BY o.day, r.site, r.kind, o.am, o.pm, o.shut_am, o.shut_pm`)
	loadOfSite = db.Rows("coworking.figures-load-of-site", `
		SELECT o.day, r.site, r.kind, o.am, o.pm, o.shut_am, o.shut_pm, COUNT(*)
		FROM {rows} JOIN resource r ON r.site = {1} JOIN occupancy o ON o.day = column1 AND o.resource = r.ordinal
		WHERE r.active
		GROUP BY o.day, r.site, r.kind, o.am, o.pm, o.shut_am, o.shut_pm`, "BIGINT")
)

// loads works out how much was taken of what was open. What is open is known in
// memory; what is taken is read by UTC days, and both meet as masks.
func (c *counting) loads(ctx context.Context, tx *db.Tx) error {
	l := loading{counting: c, hours: map[zoneDay]*[agenda.QuartersPerDay]uint8{}, open: map[string][]agenda.Mask{}}
	l.first, l.last = agenda.DayOf(c.from())-1, agenda.DayOf(c.until())+1 // clocks elsewhere may be a day apart
	l.offered()
	if len(l.open) == 0 {
		return nil
	}
	each := func(rows *sql.Rows) error {
		var day int64
		var id string
		var kind site.ResourceKind
		var busy, shut agenda.Mask
		var n int
		if err := rows.Scan(&day, &id, &kind, &busy.AM, &busy.PM, &shut.AM, &shut.PM, &n); err != nil {
			return err
		}
		if c.counted(kind) {
			l.taken(agenda.Day(day), id, busy, shut, n)
		}
		return nil
	}
	if c.Site == "" {
		return db.Each(ctx, tx, loadOfNetwork, each, int64(l.first), int64(l.last), string(c.Kind))
	}
	var days []any
	for d := l.first; d <= l.last; d++ {
		days = append(days, int64(d))
	}
	return loadOfSite.Each(ctx, tx, days, each, c.Site)
}

// counted tells whether places of a kind are counted.
func (c *counting) counted(kind site.ResourceKind) bool {
	return kind == c.Kind || c.Kind == "" && slices.Contains(site.Bookable, kind)
}

type loading struct {
	*counting
	first, last agenda.Day
	hours       map[zoneDay]*[agenda.QuartersPerDay]uint8
	open        map[string][]agenda.Mask // of a house, by day from first
}

type zoneDay struct {
	zone *time.Location
	day  agenda.Day
}

// offered adds what all houses have open.
func (l *loading) offered() {
	masks := map[openDay]agenda.Mask{}
	for _, hit := range l.net.Sites(site.Filter{State: site.Open}) {
		st := hit.Site
		if l.Site != "" && st.ID != l.Site {
			continue
		}
		places := 0
		for _, r := range l.net.Resources(st.ID) {
			if r.Active && !r.Composite() && l.counted(r.Kind) {
				places++
			}
		}
		if places == 0 {
			continue
		}
		l.Houses++
		l.Places += places
		zone, opening := l.net.Zone(st), l.net.Opening(st.ID)
		from, until := l.period(st, zone)
		open := make([]agenda.Mask, l.last-l.first+1)
		for d := range open {
			day := l.first + agenda.Day(d)
			key := openDay{opening, day}
			mask, known := masks[key]
			if !known {
				mask = opening.Mask(day)
				masks[key] = mask
			}
			open[d] = mask.And(quartersBetween(day, from, until))
			l.each(zone, day, open[d], func(load *Load) { load.Open += places })
			l.house(st.ID).Load.Open += places * open[d].Count()
			l.Load.Open += places * open[d].Count()
		}
		l.open[st.ID] = open
	}
}

// period is when a house counts: the days of the query on its own clocks, from
// its opening on.
func (l *loading) period(st *site.Site, zone *time.Location) (from, until time.Time) {
	first := l.Since
	if since, err := agenda.ParseDate(st.StateSince); err == nil && first.Before(since) {
		first = since
	}
	return startOf(first, zone), startOf(l.To.AddDays(1), zone)
}

// quartersBetween are the quarter-hours of a day from and until an instant.
func quartersBetween(day agenda.Day, from, until time.Time) agenda.Mask {
	quarter := func(t time.Time) int {
		n := t.Sub(day.Start()) / agenda.Quarter
		return int(max(0, min(n, agenda.QuartersPerDay)))
	}
	return agenda.Quarters(quarter(from), quarter(until))
}

// taken adds some places of a house that stand alike on a day.
func (l *loading) taken(day agenda.Day, id string, busy, shut agenda.Mask, n int) {
	open := l.open[id]
	if open == nil || day < l.first || day > l.last {
		return
	}
	st, err := l.net.Site(id)
	if err != nil {
		return
	}
	zone := l.net.Zone(st)
	shut = shut.And(open[day-l.first])
	busy = busy.And(open[day-l.first]).AndNot(shut)
	l.each(zone, day, busy, func(load *Load) { load.Taken += n })
	l.each(zone, day, shut, func(load *Load) { load.Open -= n })
	for _, load := range []*Load{&l.Load, &l.house(id).Load} {
		load.Taken += n * busy.Count()
		load.Open -= n * shut.Count()
	}
}

// each calls fn for the hour of the heat map of every quarter-hour of a mask.
func (l *loading) each(zone *time.Location, day agenda.Day, m agenda.Mask, fn func(*Load)) {
	if m.IsZero() {
		return
	}
	hours := l.hours[zoneDay{zone, day}]
	if hours == nil {
		hours = clockHours(zone, day)
		l.hours[zoneDay{zone, day}] = hours
	}
	for half, word := range []uint64{m.AM, m.PM} {
		for ; word != 0; word &= word - 1 {
			at := hours[half*agenda.QuartersPerDay/2+bits.TrailingZeros64(word)]
			fn(&l.Heat[at/24][at%24])
		}
	}
}

// clockHours are the weekday, from Monday, and the hour that the clocks of a zone
// show in each quarter-hour of a UTC day, as one number.
func clockHours(zone *time.Location, day agenda.Day) *[agenda.QuartersPerDay]uint8 {
	var hours [agenda.QuartersPerDay]uint8
	for q := range hours {
		t := day.Start().Add(time.Duration(q) * agenda.Quarter).In(zone)
		hours[q] = uint8((int(t.Weekday())+6)%7*24 + t.Hour())
	}
	return &hours
}
