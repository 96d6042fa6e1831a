package reserve

import (
	"context"
	"database/sql"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

// full tells whether the long runs are wanted (make test-full).
var full = os.Getenv("POLIS_TEST_FULL") == "1"

// scale is n, or many in the long runs.
func scale(n, many int) int {
	if full {
		return many
	}
	return n
}

// house is one database with the engines that share it and their clock.
type house struct {
	t       testing.TB
	url     string // of PostgreSQL
	clock   *clock.Manual
	engines []*Engine
	marks   int
}

// houses runs a test on SQLite, on PostgreSQL, and on two engines that share
// one PostgreSQL as two programs would.
func houses(t *testing.T, test func(h *house)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		h := &house{t: t, clock: clock.NewManual(nine.Add(-time.Hour))}
		h.add(dbtest.SQLite(t))
		test(h)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(replicas(t, 1))
	})
	t.Run("two on one postgres", func(t *testing.T) {
		t.Parallel()
		test(replicas(t, 2))
	})
}

func replicas(t testing.TB, n int) *house {
	t.Helper()
	h := &house{t: t, url: dbtest.PostgresURL(t), clock: clock.NewManual(nine.Add(-time.Hour))}
	for range n {
		h.add(openURL(t, h.url))
	}
	return h
}

func openURL(t testing.TB, url string) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func (h *house) add(d *db.DB) *Engine {
	h.t.Helper()
	e := New(d, layout{}, h.clock, clock.NewID)
	if err := e.Start(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(e.Stop)
	h.engines = append(h.engines, e)
	return e
}

// far is the first of the places that no test uses.
const far = 90_000

// settled waits until every engine has heard all that was written: each books
// a place of its own, far from the others', and the feed is in order of commit.
func (h *house) settled() {
	h.t.Helper()
	h.marks++
	from := nine.AddDate(0, 0, 300+h.marks)
	cells, _ := agenda.Cells(from, from.Add(time.Hour))
	for i, e := range h.engines {
		p := Plan{Person: "marker", To: Confirmed, Due: from.Add(time.Hour), Demands: []Demand{{
			Kind: "marker", From: from, To: from.Add(time.Hour), Units: []int64{far + int64(i)},
		}}}
		if _, err := e.Do(context.Background(), p); err != nil {
			h.t.Fatal(err)
		}
	}
	for i := range h.engines {
		for _, e := range h.engines {
			h.until("the feed to arrive", func() bool { return !e.Free(far+int64(i), cells) })
		}
	}
}

// until waits for a condition, not for ever.
func (h *house) until(what string, ok func() bool) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			h.t.Fatalf("waited too long for %s", what)
		case <-tick.C:
		}
	}
}

// check proves that nothing differs: occupancy, allocations, closures and
// counters in the database, and the index of each engine, cell by cell.
func (h *house) check() {
	h.t.Helper()
	ctx := context.Background()
	h.settled()
	d := h.engines[0].db
	if _, err := Check(ctx, d, func(s string) { h.t.Error(s) }); err != nil {
		h.t.Fatal(err)
	}
	for i, e := range h.engines {
		want := map[cellKey]agenda.Mask{}
		if err := db.Each(ctx, d, readOccupancy, func(rows *sql.Rows) error {
			k, c, err := scanCell(rows)
			if m := c.busy.Or(c.shut); !m.IsZero() {
				want[k] = m
			}
			return err
		}, int64(0)); err != nil {
			h.t.Fatal(err)
		}
		for k, m := range shown(e.Index) {
			if want[k] != m {
				h.t.Errorf("engine %d: place %d on %v: the index has %v, the database %v", i, k.resource, k.day, m, want[k])
			}
			delete(want, k)
		}
		for k, m := range want {
			h.t.Errorf("engine %d: place %d on %v: the index has nothing, the database %v", i, k.resource, k.day, m)
		}
		if n := e.Metrics.Deadlocks.Load(); n > 0 {
			h.t.Errorf("engine %d: %d deadlocks", i, n)
		}
		if n := e.Metrics.Singly.Load(); n > 0 {
			h.t.Errorf("engine %d: %d plans had to run one by one", i, n)
		}
	}
}

// shown is all that an index holds for taken.
func shown(x *Index) map[cellKey]agenda.Mask {
	out := map[cellKey]agenda.Mask{}
	x.Read(func() {
		for day, p := range x.days {
			for i, piece := range p.pieces {
				for j := range 1 << pageBits {
					if piece != nil && !piece[j].taken().IsZero() {
						out[cellKey{day, int64(i<<pageBits + j)}] = piece[j].taken()
					}
				}
			}
		}
	})
	return out
}

// raw runs a statement by hand, past the engine.
func raw(t testing.TB, d *db.DB, text string) {
	t.Helper()
	var err error
	if d.Engine == db.Postgres {
		var c *pgx.Conn
		if c, err = pgx.Connect(t.Context(), d.URL); err == nil {
			defer c.Close(context.Background())
			_, err = c.Exec(t.Context(), text)
		}
	} else {
		var h *sql.DB
		if h, err = sql.Open("sqlite", "file:"+d.URL+"?_pragma=busy_timeout(10000)"); err == nil {
			defer h.Close()
			_, err = h.ExecContext(t.Context(), text)
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}
