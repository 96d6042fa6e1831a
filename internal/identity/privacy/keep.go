package privacy

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/jobs"
)

// Retention says how long records of a kind are kept, and why: the words are
// "privacy.kind." and its name, with "-why" the reason and its source in law, and
// with "-stays" what stays of it when its person is forgotten.
type Retention struct {
	Kind  string
	Term  Term
	Fate  Fate
	Stays bool  // something of it stays though its person is forgotten
	Sweep Sweep // nil where another work of the room does it
}

// Sweep ends at most so many records that are older than an instant.
type Sweep func(ctx context.Context, before time.Time, most int) (ended int, err error)

// Term is how long something is kept.
type Term struct{ Years, Months, Days int }

// Before is the instant before which a record's time is over.
func (t Term) Before(now time.Time) time.Time { return now.AddDate(-t.Years, -t.Months, -t.Days) }

// Fate is what becomes of a record in the end.
type Fate string

// The fates.
const (
	Deleted  Fate = "deleted"
	Nameless Fate = "nameless" // it stays for figures, and nobody can tell whose it was
)

// Keeps are the kinds of record of all rooms.
func (s *Service) Keeps() (list []Retention) {
	for _, h := range s.Holders {
		list = append(list, h.Keeps...)
	}
	return list
}

// Kept is how the last run over a kind of record went.
type Kept struct {
	Retention
	At     time.Time // zero where it was never looked through
	Ended  int       // then
	Total  int       // ever
	Failed string    // why it was cut short; "" where it was not
}

var (
	putRun = db.Q("privacy.retention-put", `
		INSERT INTO retention_run (kind, at, ended, total, failed) VALUES ($1, $2, $3, $3, $4)
		ON CONFLICT (kind) DO UPDATE SET at = excluded.at, ended = excluded.ended, total = retention_run.total + excluded.ended, failed = excluded.failed`)
	listRuns = db.Q("privacy.retention-list", `SELECT kind, at, ended, total, failed FROM retention_run`)
	lastRun  = db.Q("privacy.retention-last", `SELECT kind, at, failed FROM retention_run ORDER BY kind`)
)

// A sweep goes in small steps, and leaves the rest to the next day where there is
// very much.
const (
	sweepStep  = 500
	sweepSteps = 2000
)

// Retain ends what has been kept long enough, kind by kind, and notes what became
// of it. One kind that fails does not keep the others.
func (s *Service) Retain(ctx context.Context) error {
	var failed []error
	for _, r := range s.Keeps() {
		if r.Sweep == nil {
			continue
		}
		ended, err := s.sweep(ctx, r)
		text := ""
		if err != nil {
			failed = append(failed, err)
			text = strings.ToValidUTF8(err.Error()[:min(len(err.Error()), 300)], "")
		}
		now := clock.Micros(s.Clock.Now())
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, putRun, r.Kind, now, ended, text)
			return err
		}); err != nil {
			return err
		}
	}
	return errors.Join(append(failed, s.DB.Scrub(ctx))...)
}

func (s *Service) sweep(ctx context.Context, r Retention) (all int, err error) {
	before := r.Term.Before(s.Clock.Now())
	for range sweepSteps {
		n, err := r.Sweep(ctx, before, sweepStep)
		if all += n; err != nil || n < sweepStep {
			return all, err
		}
	}
	return all, nil
}

// Register lets a worker do what is done by itself: retention each night, and
// exports.
func (s *Service) Register(w *jobs.Worker) {
	w.At("privacy.retention", nightly, s.Retain)
	w.Every("privacy.exports", time.Hour, s.dropExports)
	jobs.Register(w, s.makeExport)
	s.wake = w.Wake
}

// nightly is the next time at which retention runs: 04:10 in Rome.
func nightly(after time.Time) time.Time {
	for d := agenda.DateOf(after.In(agenda.Rome)); ; d = d.AddDays(1) {
		if at := time.Date(d.Year, d.Month, d.Day, 4, 10, 0, 0, agenda.Rome); at.After(after) {
			return at.UTC()
		}
	}
}

// Runs are all kinds of record with how the last run went, for who may see it.
func (s *Service) Runs(ctx context.Context, actor identity.Actor) ([]Kept, error) {
	if err := actor.Check(identity.Installation, identity.Network); err != nil {
		return nil, err
	}
	runs := map[string]Kept{}
	if err := db.Each(ctx, s.DB, listRuns, func(rows *sql.Rows) error {
		var kind string
		var k Kept
		var at int64
		err := rows.Scan(&kind, &at, &k.Ended, &k.Total, &k.Failed)
		k.At = clock.FromMicros(at)
		runs[kind] = k
		return err
	}); err != nil {
		return nil, err
	}
	var list []Kept
	for _, r := range s.Keeps() {
		k := runs[r.Kind]
		k.Retention = r
		list = append(list, k)
	}
	return list, nil
}

// LastRun is when retention last ran over the kind that it ran over longest ago,
// and the kinds that it failed for; zero where it never ran.
func LastRun(ctx context.Context, r db.Reader) (at time.Time, failed []string, err error) {
	err = db.Each(ctx, r, lastRun, func(rows *sql.Rows) error {
		var kind, why string
		var us int64
		err := rows.Scan(&kind, &us, &why)
		if ran := clock.FromMicros(us); at.IsZero() || ran.Before(at) {
			at = ran
		}
		if why != "" {
			failed = append(failed, kind)
		}
		return err
	})
	return at, failed, err
}
