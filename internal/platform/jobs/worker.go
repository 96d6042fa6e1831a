package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// Config is what a worker needs; zero values of the numbers choose the default.
type Config struct {
	DB       *db.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Parallel int           // jobs at once; 4
	Attempts int           // before a job is given up; 20, over about eight hours
	Lease    time.Duration // longest run of a job, after which it is taken again; 5 minutes
	Poll     time.Duration // how often the tables are looked at; a second
}

// Worker runs jobs and turns. Register everything before Start.
type Worker struct {
	cfg   Config
	kinds map[string]func(ctx context.Context, args string) error
	names []any // of the kinds, as arguments of a statement
	turns []*turn
	wake  chan struct{}

	appointments []*appointment

	mu      sync.Mutex
	current *run          // nil when stopped
	started chan struct{} // of the current or the next run
}

// New returns a worker that is not started.
func New(cfg Config) *Worker {
	if cfg.Parallel == 0 {
		cfg.Parallel = 4
	}
	if cfg.Attempts == 0 {
		cfg.Attempts = 20
	}
	if cfg.Lease == 0 {
		cfg.Lease = 5 * time.Minute
	}
	if cfg.Poll == 0 {
		cfg.Poll = time.Second
	}
	return &Worker{
		cfg: cfg, kinds: map[string]func(context.Context, string) error{},
		wake: make(chan struct{}, 1), started: make(chan struct{}),
	}
}

// Register says how a kind of job is done. The context of do ends with the
// lease, and when a stop can wait no longer.
func Register[T Args](w *Worker, do func(ctx context.Context, args T) error) {
	var zero T
	kind := zero.Kind()
	if _, twice := w.kinds[kind]; twice {
		panic("jobs: two ways to do " + kind)
	}
	w.names = append(w.names, kind)
	w.kinds[kind] = func(ctx context.Context, text string) error {
		var args T
		if err := json.Unmarshal([]byte(text), &args); err != nil {
			return Fatal(fmt.Errorf("arguments of %s: %w", kind, err))
		}
		return do(ctx, args)
	}
}

// Wake makes the worker look for jobs now; for tx.After of who enqueues.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// candidates is how many due jobs a look brings: where replicas go for the same
// first job, the loser tries the next one without looking again.
const candidates = 16

var (
	selectDue = db.Rows("jobs.due", `
		SELECT id, kind, attempts, run_at FROM job
		WHERE kind IN (SELECT column1 FROM {rows} WHERE column1 IS NOT NULL) AND state = 'ready' AND run_at <= {1}
		ORDER BY run_at, id LIMIT {2}`, "TEXT")
	// take decides between replicas: the second one waits for the row's lock,
	// reads it again and no longer finds what it saw.
	take = db.Q("jobs.take", `
		UPDATE job SET attempts = attempts + 1, run_at = $4, lease = $5
		WHERE id = $1 AND state = 'ready' AND attempts = $2 AND run_at = $3 RETURNING args`)
	deleteDone = db.Q("jobs.done", `DELETE FROM job WHERE id = $1 AND lease = $2`)
	updateBack = db.Q("jobs.back", `
		UPDATE job SET state = $3, run_at = $4, attempts = $5, error = $6, lease = '' WHERE id = $1 AND lease = $2`)
)

// claim is a job that this worker has until its lease ends.
type claim struct {
	id, kind, args, lease string
	attempts              int // this one included
	seen                  int64
}

// claim takes the next due job; nil when there is none.
func (w *Worker) claim(ctx context.Context) (*claim, error) {
	if len(w.names) == 0 {
		return nil, nil //nolint:nilnil // nothing to do is how the worker rests
	}
	now := w.cfg.Clock.Now()
	q, args := selectDue.For(append([]any(nil), w.names...), clock.Micros(now), candidates)
	due, err := db.All(ctx, w.cfg.DB, q, func(rows *sql.Rows) (c claim, err error) {
		err = rows.Scan(&c.id, &c.kind, &c.attempts, &c.seen)
		return c, err
	}, args...)
	if err != nil {
		return nil, err
	}
	for _, c := range due {
		c.lease = clock.NewID()
		err := w.cfg.DB.Write(ctx, func(tx *db.Tx) error {
			return db.One(ctx, tx, take,
				[]any{c.id, c.attempts, c.seen, clock.Micros(now.Add(w.cfg.Lease)), c.lease}, &c.args)
		})
		if errors.Is(err, db.ErrNoRow) {
			continue // another replica has it
		}
		if err != nil {
			return nil, err
		}
		c.attempts++
		return &c, nil
	}
	if len(due) == candidates {
		return w.claim(ctx) // all taken under our eyes; there may be more behind them
	}
	return nil, nil //nolint:nilnil // nothing to do is how the worker rests
}

// do runs a claimed job and writes how it ended.
func (w *Worker) do(ctx context.Context, c *claim) {
	log := w.cfg.Log.With("job", c.id, "kind", c.kind, "attempt", c.attempts)
	err := error(nil)
	if c.attempts > w.cfg.Attempts {
		err = Fatal(errors.New("the worker was lost at each attempt"))
	} else {
		run, cancel := context.WithTimeout(context.WithValue(ctx, lastKey{}, c.attempts == w.cfg.Attempts), w.cfg.Lease)
		err = safely(func() error { return w.kinds[c.kind](run, c.args) })
		cancel()
	}
	// The end is written even where the stop can wait no longer.
	end := context.WithoutCancel(ctx)
	var changed int64
	werr := w.cfg.DB.Write(end, func(tx *db.Tx) (werr error) {
		now := w.cfg.Clock.Now()
		switch {
		case err == nil:
			changed, werr = tx.Exec(end, deleteDone, c.id, c.lease)
		case ctx.Err() != nil && !isFatal(err): // our stop, not its failure
			changed, werr = tx.Exec(end, updateBack, c.id, c.lease, ready, clock.Micros(now), c.attempts-1, "")
		case isFatal(err) || c.attempts >= w.cfg.Attempts:
			changed, werr = tx.Exec(end, updateBack, c.id, c.lease, dead, clock.Micros(now), c.attempts, storable(err))
		default:
			again := now.Add(pause(c.id, c.attempts))
			changed, werr = tx.Exec(end, updateBack, c.id, c.lease, ready, clock.Micros(again), c.attempts, storable(err))
		}
		return werr
	})
	switch {
	case werr != nil:
		log.Error("the end of a job could not be written; it will run again", "err", werr)
	case changed == 0:
		log.Warn("a job outlived its lease; another worker has it")
	case err != nil:
		log.Warn("a job failed", "err", err)
	}
}

type lastKey struct{}

// Last tells whether the job of this context is at its last attempt: if it
// fails it is given up.
func Last(ctx context.Context) bool {
	last, _ := ctx.Value(lastKey{}).(bool)
	return last
}

// safely turns a panic into an error.
func safely(do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return do()
}

// storable is the first line of an error as both engines can keep it.
func storable(err error) string {
	s, _, _ := strings.Cut(err.Error(), "\n")
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "?")
	return strings.ToValidUTF8(s[:min(len(s), 500)], "")
}

// RunDue runs every turn, appointment and job that is due now, one after the other, and
// returns how many; for tests and the demonstration.
func (w *Worker) RunDue(ctx context.Context) (int, error) {
	n, err := w.runTurns(ctx, func(do func()) { do() })
	if err != nil {
		return n, err
	}
	kept, err := w.runAppointments(ctx, func(do func()) { do() })
	if n += kept; err != nil {
		return n, err
	}
	for {
		c, err := w.claim(ctx)
		if err != nil || c == nil {
			return n, err
		}
		w.do(ctx, c)
		n++
	}
}
