package bench

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/pgserver"
	"polis/internal/schema"
)

// acts is a store for the journal alone, in which a sealer runs.
type acts struct {
	*bench
	title  string // of the engine
	rate   int    // acts a second, offered
	db     *db.DB
	dir    string
	sealer *journal.Sealer
	made   int64
}

// perWrite is how many acts one transaction of the measurement appends, as a
// batch of bookings does.
const perWrite = 100

var (
	sealedActs = db.Q("bench.journal-sealed", `SELECT COALESCE(MAX(seq), -1) + 1 FROM leaf`)
	someEntry  = db.Q("bench.journal-entry", `SELECT entry FROM leaf WHERE seq = $1`)
)

// journals measures appending, sealing, verifying and proving on SQLite; on
// PostgreSQL, where there is one, how soon an act is sealed while a transaction
// stays open.
func (b *bench) journals(ctx context.Context) error {
	dir := filepath.Join(b.dir, "journal")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	a := &acts{bench: b, title: "SQLite", rate: 10_000, dir: dir}
	if err := a.run(ctx, filepath.Join(dir, "polis.db"), func(ctx context.Context) error {
		floor, err := a.bare(ctx)
		if err != nil {
			return err
		}
		for _, part := range []func(context.Context, float64) error{a.steady, a.flatOut, a.verified} {
			if err := part(ctx, floor); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	pg, err := startPostgres()
	if errors.Is(err, pgserver.ErrNoServer) {
		return nil
	}
	if err != nil {
		return err
	}
	defer pg.Stop()
	if b.report.machine.postgres, err = pg.describe(ctx); err != nil {
		return err
	}
	url, err := pg.Database(ctx, "journal")
	if err != nil {
		return err
	}
	a = &acts{bench: b, title: "PostgreSQL", rate: 2_000, dir: dir}
	return a.run(ctx, url, a.besideSlow)
}

// run opens a store and lets a sealer run while something is measured.
func (a *acts) run(ctx context.Context, location string, measure func(context.Context) error) error {
	d, err := db.Open(ctx, location)
	if err != nil {
		return err
	}
	defer d.Close()
	a.db = d
	if _, err := d.Migrate(ctx, schema.Files); err != nil {
		return err
	}
	a.sealer = &journal.Sealer{
		DB: d, Clock: clock.System{}, Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)),
		Dir: filepath.Join(a.dir, "checkpoints"), Log: slog.New(slog.DiscardHandler),
	}
	if err := d.Prepare(ctx, journal.Queries()...); err != nil {
		return err
	}
	seal, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { a.sealer.Run(seal) })
	defer running.Wait()
	defer stop()
	return measure(ctx)
}

// besideSlow measures steadily while a transaction that has written stays open.
func (a *acts) besideSlow(ctx context.Context) error {
	open, cancel := context.WithCancel(ctx)
	var slow sync.WaitGroup
	defer slow.Wait()
	defer cancel()
	slow.Go(func() {
		_ = a.db.Write(open, func(tx *db.Tx) error {
			if err := journal.Append(open, tx, some(1)...); err != nil {
				return err
			}
			if _, err := tx.Horizon(open); err != nil { // which sends what waits
				return err
			}
			<-open.Done()
			return open.Err()
		})
	})
	return a.steady(ctx, 0)
}

// some are acts as bookings write them.
func some(n int) []journal.Act {
	list, now := make([]journal.Act, n), time.Now()
	for i := range list {
		list[i] = journal.Act{
			At: now, Kind: "booking.confirmed", Subject: clock.NewID(), Person: "01900000-0000-7000-8000-000000000004", Data: `{"rev":2,"from":"held"}`,
			Role: "citizen", Channel: "web", Level: 2,
		}
	}
	return list
}

func (a *acts) write(ctx context.Context) error {
	list := some(perWrite)
	a.made += perWrite
	return a.db.Write(ctx, func(tx *db.Tx) error { return journal.Append(ctx, tx, list...) })
}

// bare is how many rows a second go into a table without indexes in a file of
// its own, in transactions of the same size.
func (a *acts) bare(ctx context.Context) (perSec float64, err error) {
	h, err := sql.Open("sqlite", "file:"+filepath.Join(a.dir, "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return 0, err
	}
	defer h.Close()
	h.SetMaxOpenConns(1)
	if _, err := h.ExecContext(ctx, "CREATE TABLE bare (id TEXT PRIMARY KEY, at INTEGER, kind TEXT, subject TEXT, person TEXT, data TEXT)"); err != nil {
		return 0, err
	}
	insert, err := h.PrepareContext(ctx, "INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?)")
	if err != nil {
		return 0, err
	}
	begin, n := time.Now(), 0
	for ; time.Since(begin) < a.Length; n += perWrite {
		tx, err := h.BeginTx(ctx, nil)
		if err != nil {
			return 0, err
		}
		in := tx.StmtContext(ctx, insert) //nolint:sqlclosecheck // closed with the transaction
		for _, act := range some(perWrite) {
			if _, err := in.ExecContext(ctx, clock.NewID(), clock.Micros(act.At), act.Kind, act.Subject, act.Person, act.Data); err != nil {
				return 0, err
			}
		}
		if err := tx.Commit(); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(begin).Seconds(), nil
}

// committed is how many acts there were at an instant.
type committed struct {
	n  int64
	at time.Time
}

// steady appends 10,000 acts a second for a while and measures how long after
// its commit each transaction was sealed.
func (a *acts) steady(ctx context.Context, floor float64) error {
	var mu sync.Mutex
	var waiting []committed
	var lags []time.Duration
	watch, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		for watch.Err() == nil {
			n, err := a.sealed(watch)
			if err != nil {
				return
			}
			mu.Lock()
			for len(waiting) > 0 && waiting[0].n <= n {
				lags = append(lags, time.Since(waiting[0].at))
				waiting = waiting[1:]
			}
			mu.Unlock()
			pause(2 * time.Millisecond)
		}
	})
	begin, before := time.Now(), a.made
	apart := time.Second * perWrite / time.Duration(a.rate)
	for due := begin; due.Before(begin.Add(2 * a.Length)); due = due.Add(apart) {
		if rest := time.Until(due); rest > 0 {
			pause(rest)
		}
		if err := a.write(ctx); err != nil {
			stop()
			return err
		}
		mu.Lock()
		waiting = append(waiting, committed{a.made, time.Now()})
		mu.Unlock()
	}
	reached := float64(a.made-before) / (time.Since(begin) + apart).Seconds()
	if err := a.settled(ctx); err != nil {
		stop()
		return err
	}
	pause(10 * time.Millisecond)
	stop()
	watching.Wait()
	slices.Sort(lags)
	most := lags[len(lags)-1]
	offered := fmt.Sprintf("offered %s in transactions of %d, program and sealer in one process", perSecond(float64(a.rate)), perWrite)
	appended := row{what: "acts appended and sealed, " + a.title, measured: perSecond(reached), detail: offered + "; beside them a transaction stays open that has written"}
	if floor > 0 {
		appended.floor, appended.ratio, appended.budget, appended.met = perSecond(floor), ratio(reached/floor), "≥ "+perSecond(float64(a.rate)), yes(reached >= 0.99*float64(a.rate))
		appended.detail = offered + "; the floor is bare inserts of the same minute"
	}
	a.report.add(appended, row{
		what: "from commit to sealed, " + a.title + ", at that rate", measured: fmt.Sprintf("p50 %s, max %s", millis(percentile(lags, 50)), millis(most)), budget: "≤ 1 s", met: yes(most <= time.Second),
		detail: fmt.Sprintf("of %s transactions", thousands(int64(len(lags)))),
	})
	return nil
}

func (a *acts) sealed(ctx context.Context) (n int64, err error) {
	return n, db.One(ctx, a.db, sealedActs, nil, &n)
}

// settled waits until all is sealed.
func (a *acts) settled(ctx context.Context) error {
	for {
		n, err := a.sealed(ctx)
		if err != nil || n >= a.made {
			return err
		}
		pause(time.Millisecond)
	}
}

// flatOut appends as fast as it goes, until there are as many acts as are to be
// verified.
func (a *acts) flatOut(ctx context.Context, floor float64) error {
	wanted := int64(min(a.Past, 1_000_000))
	begin, before := time.Now(), a.made
	for a.made < wanted {
		if err := a.write(ctx); err != nil {
			return err
		}
	}
	appended := float64(a.made-before) / time.Since(begin).Seconds()
	if err := a.settled(ctx); err != nil {
		return err
	}
	both := float64(a.made-before) / time.Since(begin).Seconds()
	a.report.add(row{
		what: "acts as fast as they go, until all are sealed, SQLite", measured: perSecond(both), floor: perSecond(floor), ratio: ratio(both / floor),
		detail: fmt.Sprintf("%s acts; appended alone at %s beside the sealer", thousands(a.made-before), perSecond(appended)),
	})
	return nil
}

// verified verifies the journal, proves acts in it and weighs it.
func (a *acts) verified(ctx context.Context, _ float64) error {
	begin, cpu := time.Now(), cpuOf(os.Getpid())
	v, err := journal.Verify(ctx, a.db, journal.Check{})
	took := time.Since(begin)
	cpu = cpuOf(os.Getpid()) - cpu
	if err != nil {
		return err
	}
	if len(v.Faults) > 0 || v.Acts != a.made {
		return fmt.Errorf("%d of %d acts verified: %v", v.Acts, a.made, v.Faults)
	}
	var proofs []time.Duration
	for i := range int64(200) {
		var id string
		if err := db.One(ctx, a.db, someEntry, []any{i * (a.made / 200)}, &id); err != nil {
			return err
		}
		begin := time.Now()
		e, err := journal.Find(ctx, a.db, id)
		if err != nil {
			return err
		}
		if _, err := journal.Prove(ctx, a.db, e, 0); err != nil {
			return err
		}
		proofs = append(proofs, time.Since(begin))
	}
	slices.Sort(proofs)
	begin = time.Now()
	var archived, segments int64
	x := journal.Archiver{DB: a.db, Dir: filepath.Join(a.dir, "archive"), Before: begin.Add(time.Hour), Told: func(_ string, _ uint64, bytes int64) {
		archived += bytes
		segments++
	}}
	if _, err := x.Write(ctx); err != nil {
		return err
	}
	wrote := time.Since(begin)
	facts, err := a.db.Inspect(ctx)
	if err != nil {
		return err
	}
	a.report.add(row{
		what: fmt.Sprintf("verify of %s acts, SQLite", thousands(a.made)), measured: seconds(took), budget: "≤ 10 s for 1,000,000", met: yes(took <= 10*time.Second*time.Duration(a.made)/1_000_000),
		detail: fmt.Sprintf("every leaf made again from its act, the tree, all checkpoints; CPU %s", seconds(cpu)),
	}, row{
		what: "inclusion proof in that log", measured: fmt.Sprintf("p50 %s, p99 %s", micros(percentile(proofs, 50)), micros(percentile(proofs, 99))),
		detail: "the act found and its proof made, of 200 places all over",
	}, row{
		what: "bytes of the archive for each act", measured: thousands(archived / max(1, segments*65_536)),
		detail: fmt.Sprintf("%d segments of 65,536 acts, written in %s", segments, seconds(wrote)),
	}, row{
		what: "bytes of the database for each act", measured: thousands(facts.Size / a.made),
		detail: "act, its four indexes, leaf, index, tree",
	})
	return nil
}
