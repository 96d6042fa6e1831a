package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

var (
	testNext = db.Q("journal.test-next", `
		INSERT INTO revision (name, value) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET value = revision.value + 1 RETURNING value`)
	testInLog = db.Q("journal.test-in-log", `SELECT a.subject, a.data FROM leaf l JOIN act a ON a.id = l.entry ORDER BY l.seq`)
	testActs  = db.Q("journal.test-count", `SELECT COUNT(*) FROM act`)
)

// held appends an act in a transaction that stays open until it is told to go on,
// and tells whether it was committed.
func held(ctx context.Context, d *db.DB, subject string) (goOn func() error) {
	appended, end, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var once sync.Once
	go func() {
		done <- d.Write(ctx, func(tx *db.Tx) error {
			var n int64
			err := db.One(ctx, tx, testNext, []any{subject}, &n)
			if err == nil {
				err = Append(ctx, tx, Act{At: time.Now(), Kind: "a", Subject: subject, Data: fmt.Sprintf(`{"n":%d}`, n)})
			}
			if err == nil { // it is sent
				_, err = db.All(ctx, tx, testActs, func(rows *sql.Rows) (n int, err error) { return n, rows.Scan(&n) })
			}
			once.Do(func() { close(appended) })
			<-end
			return err
		})
	}()
	<-appended
	return func() error { close(end); return <-done }
}

// inLog are the numbers of the acts of each subject in sealed order, of which
// each must be behind the one before.
func inLog(t *testing.T, d *db.DB) map[string]int {
	t.Helper()
	last := map[string]int{}
	if err := db.Each(t.Context(), d, testInLog, func(rows *sql.Rows) error {
		var subject, data string
		var said struct{ N int }
		err := rows.Scan(&subject, &data)
		if err == nil {
			err = json.Unmarshal([]byte(data), &said)
		}
		if said.N != last[subject]+1 {
			t.Errorf("%s: %d behind %d", subject, said.N, last[subject])
		}
		last[subject] = said.N
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return last
}

// A transaction that stays open keeps nobody else's acts from being sealed, and
// its own is sealed as soon as it is committed, by whichever replica seals then,
// though newer ones have places already. One that is killed leaves nothing.
func TestSlowTransactionsHoldNobodyUp(t *testing.T) {
	d := dbtest.Postgres(t)
	now := clock.NewManual(time.Now())
	replica := func() *Sealer {
		s := newSealer(t, d)
		s.Clock = now
		return s
	}
	s := replica()
	sealed := func(want int) {
		t.Helper()
		for n := -1; n < want && t.Context().Err() == nil; n = len(texts(t, d, testEntries)) {
			if _, err := s.Turn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	slow, slower := held(t.Context(), d, "slow"), held(t.Context(), d, "slower")
	ctx, kill := context.WithCancel(t.Context())
	killed := held(ctx, d, "killed")
	write(t, d, Act{At: time.Now(), Kind: "a", Subject: "quick", Data: `{"n":1}`})
	sealed(1)
	kill()
	if err := killed(); err == nil {
		t.Fatal("it was not killed")
	}
	if err := slow(); err != nil {
		t.Fatal(err)
	}
	sealed(2)
	// Another takes over, which knows nothing of what the first saw.
	s.release(t.Context())
	s = replica()
	if err := slower(); err != nil {
		t.Fatal(err)
	}
	sealed(3)
	now.Advance(2 * lease) // and another when this one is gone
	s = replica()
	write(t, d, Act{At: time.Now(), Kind: "a", Subject: "quick", Data: `{"n":2}`})
	sealed(4)
	if got := inLog(t, d); len(got) != 3 || got["quick"] != 2 {
		t.Error(got)
	}
	if v := verify(t, d, Check{}); len(v.Faults) > 0 || v.Waiting > 0 {
		t.Error(v.Faults, v.Waiting)
	}
}

// Whoever commits in whatever order, while two replicas take turns: every act has
// one place, and what was done to one thing stands in the order in which it was
// done.
func TestSealedInTheOrderOfCommits(t *testing.T) {
	d := dbtest.Postgres(t)
	var writers sync.WaitGroup
	for w := range 6 {
		rng := rand.New(rand.NewPCG(3, uint64(w)))
		writers.Go(func() {
			for range 20 {
				ctx, kill := context.WithCancel(t.Context())
				goOn := held(ctx, d, fmt.Sprint("thing ", rng.IntN(3)))
				for end := time.Now().Add(time.Duration(rng.IntN(3)) * time.Millisecond); time.Now().Before(end); { //nolint:revive // a slow transaction
				}
				if rng.IntN(5) == 0 {
					kill()
				}
				if err := goOn(); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
				kill()
			}
		})
	}
	ended := make(chan bool)
	go func() { writers.Wait(); close(ended) }()
	turns := func() {
		s := newSealer(t, d)
		defer s.release(t.Context())
		for range 5 {
			if _, err := s.Turn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for running := true; running; turns() {
		select {
		case <-ended:
			running = false
		default:
		}
	}
	var acts int
	if err := db.One(t.Context(), d, testActs, nil, &acts); err != nil {
		t.Fatal(err)
	}
	for len(texts(t, d, testEntries)) < acts && t.Context().Err() == nil {
		turns()
	}
	total := 0
	for _, n := range inLog(t, d) {
		total += n
	}
	if v := verify(t, d, Check{}); len(v.Faults) > 0 || v.Acts != int64(acts) || total != acts {
		t.Error(v.Acts, acts, total, v.Faults)
	}
}
