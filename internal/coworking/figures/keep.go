package figures

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/journal"
	"polis/internal/platform/db"
	"polis/internal/platform/jobs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// Days that are over are counted once and kept as sums, so that a year is not
// counted anew for each who looks. A day has a revision, and the revision at which
// it was counted. What changes it afterwards, a visit that is noted late or a
// rating, raises the first: then the day is counted as one that is not over,
// until its turn comes again. So what is shown never depends on what is kept.

var (
	daysSpan   = db.Q("figures.days-span", `SELECT MIN(day), MAX(day) FROM figure_day`)
	daysMore   = db.Rows("figures.days-more", `INSERT INTO figure_day (day) SELECT column1 FROM {rows} WHERE column1 IS NOT NULL ON CONFLICT (day) DO NOTHING`, "BIGINT")
	dayToCount = db.Q("figures.day-to-count", `SELECT day, rev, counted FROM figure_day WHERE counted < rev ORDER BY day DESC LIMIT 1`)
	dayCounted = db.Q("figures.day-counted", `UPDATE figure_day SET counted = $2 WHERE day = $1 AND counted < $2`)
	daysKept   = db.Q("figures.days-kept", `SELECT day FROM figure_day WHERE day >= $1 AND day <= $2 AND counted = rev ORDER BY day`)
	dayChanged = db.Q("figures.day-changed", `UPDATE figure_day SET rev = rev + 1 WHERE day >= $1 AND day <= $2`)
	allChanged = db.Q("figures.all-changed", `UPDATE figure_day SET rev = rev + 1`)
	dropSums   = db.Rows("figures.drop-sums", `
		DELETE FROM figure_sum WHERE site IN (SELECT column1 FROM {rows} WHERE column1 IS NOT NULL) AND kind = {1} AND day = {2}`, "TEXT")
	writeSums = db.Rows("figures.write-sums", `
		INSERT INTO figure_sum (kind, site, day, taken, open, bookings, cancelled, visits, missed, ratings, score, parts)
		SELECT column1, column2, column3, column4, column5, column6, column7, column8, column9, column10, column11, column12
		FROM {rows} WHERE column1 IS NOT NULL`,
		"TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "TEXT")
)

// Kept are the tables that are made anew where they are missing.
var Kept = []string{"figure_day", "figure_sum"}

// How often the sums are looked after, and for how long at a time: the past of a
// store that has none is counted in steps of a day, the latest first.
const (
	turnEvery = 5 * time.Second
	turnShare = time.Second
)

// Register lets a worker keep the sums.
func (s *Service) Register(w *jobs.Worker) { w.Every("coworking.figures", turnEvery, s.Turn) }

// Turn hears what has changed, notes what the houses offer, and counts days
// that are over.
func (s *Service) Turn(ctx context.Context) error {
	if err := s.Consumer().Turn(ctx, s.db); err != nil { // first: it must have begun before any day is counted
		return err
	}
	return s.CatchUp(ctx, turnShare)
}

// CatchUp counts days that are over and not counted, for a time; at least one.
func (s *Service) CatchUp(ctx context.Context, share time.Duration) error {
	if err := s.prepare(ctx); err != nil {
		return err
	}
	for begin := time.Now(); ; {
		counted, err := s.step(ctx)
		if err != nil || !counted || time.Since(begin) > share {
			return err
		}
	}
}

// prepared is what prepare has done already.
type prepared struct {
	net  *site.Network
	hour time.Time
}

// prepare notes new offers and adds the days that are over by now, where the
// network or the hour is another than before.
func (s *Service) prepare(ctx context.Context) error {
	now := prepared{s.live.Network(), s.clock.Now().UTC().Truncate(time.Hour)}
	if done := s.prepared.Load(); done != nil && *done == now {
		return nil
	}
	if err := s.noteAll(ctx); err != nil {
		return err
	}
	s.prepared.Store(&now)
	return nil
}

func (s *Service) noteAll(ctx context.Context) error {
	var known *offers
	var days []any
	if err := s.db.Snapshot(ctx, func(tx *db.Tx) (err error) {
		if known, err = s.offers(ctx, tx); err != nil {
			return err
		}
		days, err = s.over(ctx, tx, known)
		return err
	}); err != nil || len(days)+len(known.fresh) == 0 {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := known.note(ctx, tx); err != nil {
			return err
		}
		return daysMore.Exec(ctx, tx, days)
	})
}

// over are the days, since the first on which anything was taken, that are over
// in all houses and not among those to count.
func (s *Service) over(ctx context.Context, r db.Reader, known *offers) (days []any, err error) {
	first, some, err := reserve.FirstOccupied(ctx, r)
	if err != nil || !some {
		return nil, err
	}
	from, to := number(first)-1, s.today() // clocks elsewhere may be a day apart
	for _, z := range known.zones {
		to = min(to, numberOf(agenda.DateOf(s.clock.Now().In(z))))
	}
	var least, most sql.NullInt64
	if err := db.One(ctx, r, daysSpan, nil, &least, &most); err != nil {
		return nil, err
	}
	for n := from; n < to; n++ {
		if !least.Valid || n < number(least.Int64) || n > number(most.Int64) {
			days = append(days, int64(n))
		}
	}
	return days, nil
}

// step counts the latest day that wants it, from one state of the database, and
// writes it down; a change meanwhile leaves it to be counted again.
func (s *Service) step(ctx context.Context) (counted bool, err error) {
	var n number
	var rev, before int64
	var known *offers
	var sums map[part]*sum
	err = s.db.Snapshot(ctx, func(tx *db.Tx) error {
		counted = false
		if err := db.Each(ctx, tx, dayToCount, func(rows *sql.Rows) error {
			counted = true
			return rows.Scan(&n, &rev, &before)
		}); err != nil || !counted {
			return err
		}
		var err error
		if known, err = s.offers(ctx, tx); err == nil {
			sums, err = known.count(ctx, tx, n, "")
		}
		return err
	})
	if err != nil || !counted {
		return false, err
	}
	return true, s.db.Write(ctx, func(tx *db.Tx) error {
		if moved, err := tx.Exec(ctx, dayCounted, int64(n), rev); err != nil || moved == 0 {
			return err // another replica has it
		}
		if before > 0 {
			if err := known.drop(ctx, tx, n, sums); err != nil {
				return err
			}
		}
		return write(ctx, tx, n, sums)
	})
}

// drop takes away the sums that a day may have.
func (o *offers) drop(ctx context.Context, tx *db.Tx, n number, sums map[part]*sum) error {
	houses := map[string]bool{"": true}
	for id := range o.of {
		houses[id] = true
	}
	for p := range sums {
		houses[p.site] = true
	}
	ids := make([]any, 0, len(houses))
	for id := range houses {
		ids = append(ids, id)
	}
	for _, kind := range append([]site.ResourceKind{""}, site.Bookable...) {
		for piece := range slices.Chunk(ids, db.MaxRows()) {
			q, args := dropSums.For(slices.Clip(piece), string(kind), int64(n))
			if _, err := tx.Exec(ctx, q, args...); err != nil {
				return err
			}
		}
	}
	return nil
}

// write writes the sums of a day down, but for those of nothing.
func write(ctx context.Context, tx *db.Tx, n number, sums map[part]*sum) error {
	var keys []part
	for p, s := range sums {
		if *s != (sum{}) {
			keys = append(keys, p)
		}
	}
	slices.SortFunc(keys, func(a, b part) int { return cmp.Or(strings.Compare(a.kind, b.kind), strings.Compare(a.site, b.site)) })
	var rows []any
	for _, p := range keys {
		s := sums[p]
		rows = append(rows, p.kind, p.site, int64(n), int64(s.Taken), int64(s.Open), int64(s.bookings), int64(s.cancelled),
			int64(s.visits), int64(s.missed), int64(s.ratings), int64(s.score), s.parts())
	}
	return writeSums.Exec(ctx, tx, rows)
}

// parts is what of a sum is only ever read whole, as JSON: for each hour with
// something open, the hour, what was taken and what was open; then the groups.
func (s *sum) parts() string {
	var p sumParts
	for hour, l := range s.hours {
		if l != (Load{}) {
			p.Hours = append(p.Hours, hour, l.Taken, l.Open)
		}
	}
	if s.bookings > 0 {
		p.Lead, p.Length = s.lead[:], s.length[:]
	}
	return asJSON(p)
}

type sumParts struct {
	Hours  []int `json:"hours,omitempty"`
	Lead   []int `json:"lead,omitempty"`
	Length []int `json:"length,omitempty"`
}

// read takes back what parts wrote.
func (s *sum) read(text string) error {
	var p sumParts
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	for h := range slices.Chunk(p.Hours, 3) {
		s.hours[h[0]] = Load{h[1], h[2]}
	}
	copy(s.lead[:], p.Lead)
	copy(s.length[:], p.Length)
	return nil
}

// Recount lets all days that are kept be counted anew, by a server in the
// background; until then they are counted as they are asked for.
func Recount(ctx context.Context, d *db.DB) (days int64, err error) {
	err = d.Write(ctx, func(tx *db.Tx) (err error) {
		days, err = tx.Exec(ctx, allChanged)
		return err
	})
	return days, err
}

// Follower is the name of the Consumer.
const Follower = "coworking.figures"

// Consumer hears of what changes days that are over.
func (s *Service) Consumer() journal.Consumer {
	return journal.Consumer{Name: Follower, Do: s.changed, Kinds: []string{
		"booking.confirmed", "booking.checked-in", "booking.completed", "booking.cancelled", "booking.no-show", "booking.rated", reserve.Released,
		"closure.made", "closure.ended",
	}}
}

// changed raises the revisions of the days that some acts concern: those on
// which a booking has, or had, a part, and the next, into which its turnover may
// reach. Days that are not over have none.
func (s *Service) changed(ctx context.Context, tx *db.Tx, acts []journal.Act) error {
	var ids []string
	spans := map[span]bool{}
	for _, a := range acts {
		var facts struct {
			reserve.Facts
			reserve.Shut
		}
		if err := json.Unmarshal([]byte(a.Data), &facts); err != nil {
			return err
		}
		for _, was := range facts.Was {
			spans[s.span("", time.Unix(was.From, 0), time.Unix(was.To, 0))] = true
		}
		if facts.Ends > 0 {
			spans[s.span("", time.Unix(facts.Starts, 0), time.Unix(facts.Ends, 0))] = true
		}
		if facts.Rev != 1 { // a new one is of today or later
			ids = append(ids, a.Subject)
		}
	}
	found, err := s.engine.GetMany(ctx, tx, ids)
	if err != nil {
		return err
	}
	for _, b := range found {
		for _, p := range b.Parts {
			spans[s.span(p.Site, p.From, p.To)] = true
		}
	}
	today := s.today()
	for d := range spans {
		if d.from > today {
			continue
		}
		if _, err := tx.Exec(ctx, dayChanged, int64(d.from), int64(d.to)); err != nil {
			return err
		}
	}
	return nil
}

// span is some days, both included.
type span struct{ from, to number }

// span are the days of a time on the clocks of a house; of one that is not
// named, on any.
func (s *Service) span(siteID string, from, to time.Time) span {
	if st, err := s.live.Network().Site(siteID); err == nil {
		zone := s.live.Network().Zone(st)
		return span{numberOf(agenda.DateOf(from.In(zone))), numberOf(agenda.DateOf(to.In(zone))) + 1}
	}
	return span{number(agenda.DayOf(from)) - 1, number(agenda.DayOf(to)) + 2}
}
