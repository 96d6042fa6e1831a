package journal

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// Sealer gives every committed act its place in the log. Of all replicas one
// seals at a time: it holds a lease, and each of its transactions asks whether
// the lease is still the one that it took, so that one which was stopped for
// long and wakes up writes nothing. An act without a row in leaf is unsealed,
// whatever else is known: where the Sealer begins to look only spares it work.
type Sealer struct {
	DB    *db.DB
	Clock clock.Clock
	Key   ed25519.PrivateKey // signs checkpoints
	Dir   string             // folder for witnesses; "" for none
	Log   *slog.Logger

	me     string
	fence  int64     // of the lease that we hold; 0: none
	until  int64     // end of the lease
	floor  string    // acts up to here are sealed, but for what sweeps find
	newest string    // up to here too, but for those of transactions that were open for long
	back   time.Time // when to look for these
	rest   time.Time // until when to leave the database to others
	at     *state
	toShow pending
	shown  time.Time // when witnesses got the last
	failed string    // what was last complained of
}

// How long a lease holds, and at which rest it is prolonged.
const (
	lease = 4 * time.Second
	renew = 3 * time.Second
)

// pulse is the pause between two looks for acts.
const pulse = 100 * time.Millisecond

var (
	firstSealer = db.Q("journal.sealer-first", `INSERT INTO sealer (name, holder, fence, until) VALUES ('journal', '', 0, 0) ON CONFLICT (name) DO NOTHING`)
	takeSealer  = db.Q("journal.sealer-take", `
		UPDATE sealer SET holder = $1, fence = fence + 1, until = $2 WHERE name = 'journal' AND until < $3 RETURNING fence, floor`)
	holdSealer = db.Q("journal.sealer-hold", `UPDATE sealer SET until = $2, floor = $3 WHERE name = 'journal' AND fence = $1`)
	readSealer = db.Q("journal.sealer-read", `SELECT until FROM sealer WHERE name = 'journal'`)
	anyAct     = db.Q("journal.any-behind", `SELECT id FROM act WHERE id > $1 ORDER BY id LIMIT 1`)
	lateActs   = db.Q("journal.late", `
		SELECT a.id FROM act a LEFT JOIN leaf l ON l.entry = a.id AND l.entry > $1
		WHERE a.id > $1 AND a.id <= $2 AND l.seq IS NULL ORDER BY a.id LIMIT 1`)
	actAfter = db.Q("journal.act-after", `SELECT id FROM act WHERE id > $1 AND id <= $2 ORDER BY id LIMIT 1 OFFSET $3`)
)

// errLost says that another sealer has the lease.
var errLost = errors.New("journal: another program seals")

// Run seals until ctx ends.
func (s *Sealer) Run(ctx context.Context) {
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	var sweeps sweeps
	for {
		n := 0
		if !time.Now().Before(s.rest) {
			var err error
			if n, err = s.Turn(ctx); err == nil && n == 0 && s.fence != 0 {
				err = sweeps.turn(ctx, s)
			}
			s.complain(ctx, err)
		}
		if n == batch {
			continue
		}
		select {
		case <-ctx.Done():
			s.complain(context.WithoutCancel(ctx), s.show(true))
			s.release(context.WithoutCancel(ctx))
			return
		case <-tick.C:
		}
	}
}

// complain logs an error once for as long as it stays the same.
func (s *Sealer) complain(ctx context.Context, err error) {
	text := ""
	if err != nil && ctx.Err() == nil {
		if text = err.Error(); text != s.failed {
			s.Log.Error("the journal is not being sealed", "err", err)
		}
	}
	s.failed = text
}

// Turn seals up to a batch of acts, if it is for this program to do, and returns
// how many. Where there are none it costs one read.
func (s *Sealer) Turn(ctx context.Context) (n int, err error) {
	if err := s.show(false); err != nil {
		return 0, err
	}
	if ours, err := s.mine(ctx); err != nil || !ours {
		return 0, err
	}
	begin := time.Now()
	if some, err := s.some(ctx); err != nil || !some {
		return 0, err
	}
	n, until, floor, err := s.seal(ctx, s.floor, "")
	if errors.Is(err, errLost) {
		s.lose()
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	s.newest = max(s.newest, until)
	if n < batch {
		s.floor = max(s.floor, floor)
		// Behind a transaction that has been open for hours there is much to look at.
		if took := time.Since(begin); took > pulse && s.DB.Engine == db.Postgres {
			s.rest = time.Now().Add(min(took, time.Second))
		}
	}
	return n, nil
}

// backEvery is how often acts are looked for that are older than others which
// have their place already: their transactions were open for long.
const backEvery = 250 * time.Millisecond

// some tells whether there is something to seal. On SQLite, where one writes at a
// time, no act comes behind those that were sealed.
func (s *Sealer) some(ctx context.Context) (some bool, err error) {
	var id string
	if err := db.One(ctx, s.DB, anyAct, []any{s.newest}, &id); !errors.Is(err, db.ErrNoRow) {
		return err == nil, err
	}
	if s.DB.Engine != db.Postgres || time.Now().Before(s.back) {
		return false, nil
	}
	s.back = time.Now().Add(backEvery)
	var floor string
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		horizon, err := tx.Horizon(ctx)
		if err != nil {
			return err
		}
		floor, some = firstID(horizon), true
		err = db.One(ctx, tx, lateActs, []any{s.floor, "~"}, &id)
		if errors.Is(err, db.ErrNoRow) {
			some, err = false, nil
		}
		return err
	})
	if err == nil && !some {
		s.floor = max(s.floor, floor)
	}
	return some, err
}

// mine tells whether we hold the lease; it takes one that has ended, and
// prolongs ours. On SQLite the server is the only one.
func (s *Sealer) mine(ctx context.Context) (bool, error) {
	now := clock.Micros(s.Clock.Now())
	if s.fence != 0 && (s.DB.Engine != db.Postgres || s.until-now > renew.Microseconds()) {
		return true, nil
	}
	if s.fence == 0 {
		return s.take(ctx, now)
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error { return s.hold(ctx, tx) })
	if errors.Is(err, errLost) {
		s.lose()
		return false, nil
	}
	return err == nil, err
}

// take takes the lease where nobody holds it.
func (s *Sealer) take(ctx context.Context, now int64) (ours bool, err error) {
	var until int64
	err = db.One(ctx, s.DB, readSealer, nil, &until)
	if err != nil && !errors.Is(err, db.ErrNoRow) || until >= now && s.DB.Engine == db.Postgres {
		return false, err
	}
	if s.me == "" {
		s.me = name()
	}
	free := now
	if s.DB.Engine != db.Postgres {
		free = 1<<62 - 1 // what another has left here
	}
	var fence, seq int64
	var floor, last string
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, firstSealer); err != nil {
			return err
		}
		if err := db.One(ctx, tx, takeSealer, []any{s.me, now + lease.Microseconds(), free}, &fence, &floor); err != nil {
			return err
		}
		if err := db.One(ctx, tx, lastLeaf, nil, &seq, &last); !errors.Is(err, db.ErrNoRow) {
			return err
		}
		return nil
	})
	if errors.Is(err, db.ErrNoRow) {
		return false, nil // another was first
	}
	if err == nil {
		s.lose()
		floor = s.beginAt(floor, last)
		s.fence, s.until, s.floor, s.newest = fence, now+lease.Microseconds(), floor, floor
	}
	return err == nil, err
}

// beginAt is where to begin to look: a floor that was noted, "" for none, and the
// act of the last leaf, "" for none, which may be one that came late.
func (s *Sealer) beginAt(floor, last string) string {
	switch {
	case last == "":
		return ""
	case s.DB.Engine != db.Postgres:
		return max(floor, last)
	case floor == "":
		return last
	}
	return min(floor, last)
}

// name tells people which program seals.
func name() string {
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	return fmt.Sprintf("%s, %d", host, os.Getpid())
}

// hold makes sure, for the rest of a transaction, that the lease is ours: the
// row stays locked until it ends. Forget waits for the same row.
func (s *Sealer) hold(ctx context.Context, tx *db.Tx) error {
	until := clock.Micros(s.Clock.Now()) + lease.Microseconds()
	n, err := tx.Exec(ctx, holdSealer, s.fence, until, s.floor)
	if err != nil {
		return err
	}
	if n != 1 {
		return errLost
	}
	tx.After(func() { s.until = until })
	return nil
}

// lose forgets what was only so while we held the lease.
func (s *Sealer) lose() {
	s.fence, s.at, s.floor, s.newest, s.back, s.rest = 0, nil, "", "", time.Time{}, time.Time{}
}

// release lets another begin at once.
func (s *Sealer) release(ctx context.Context) {
	if s.fence == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, holdSealer, s.fence, int64(0), s.floor)
		return err
	}); err != nil {
		s.Log.Warn("the lease of sealing could not be given back; it ends by itself", "err", err)
	}
	s.lose()
}

// sweeps look again at what lies behind the floor, for acts whose ids are older
// than they should be: the last hour every minute, everything at the start and
// some times a day.
type sweeps struct {
	whole, hour time.Time // when next
	from, to    string    // ids that are being looked at
	limit       string    // where this sweep ends; "" between sweeps
}

const (
	wholeEvery = 6 * time.Hour
	hourEvery  = time.Minute
	look       = 20_000 // acts at a time
)

// turn looks at one piece and seals what it finds.
func (w *sweeps) turn(ctx context.Context, s *Sealer) error {
	now := time.Now()
	if w.limit == "" {
		switch {
		case !now.Before(w.whole):
			w.from, w.limit, w.whole, w.hour = "", s.floor, now.Add(wholeEvery), now.Add(hourEvery)
		case !now.Before(w.hour):
			w.from, w.limit, w.hour = firstID(now.Add(-time.Hour)), s.floor, now.Add(hourEvery)
		default:
			return nil
		}
	}
	if w.limit <= w.from {
		w.limit = ""
		return nil
	}
	w.to = w.limit
	err := db.One(ctx, s.DB, actAfter, []any{w.from, w.limit, look}, &w.to)
	if err != nil && !errors.Is(err, db.ErrNoRow) {
		return err
	}
	var late string
	err = db.One(ctx, s.DB, lateActs, []any{w.from, w.to}, &late)
	if err == nil {
		_, _, _, err = s.seal(ctx, w.from, w.to) // what is more than a batch comes at the next look
		return err
	}
	if !errors.Is(err, db.ErrNoRow) {
		return err
	}
	if w.from = w.to; w.to == w.limit {
		w.limit = ""
	}
	return nil
}
