package journal

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"polis/internal/journal/sealed"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

var testKey = ed25519.NewKeyFromSeed([]byte("polis test seed, thirty-two byte"))

var allActs = db.Q("journal.test-acts", `SELECT id, at, kind, subject, person, data, role, desk, channel, level, for_whom FROM act ORDER BY id`)

func newSealer(t testing.TB, d *db.DB) *Sealer {
	return &Sealer{DB: d, Clock: clock.System{}, Key: testKey, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
}

// sealAll seals what there is with a sealer of its own, which gives the lease
// back.
func sealAll(t testing.TB, d *db.DB) (sealed int) {
	t.Helper()
	s := newSealer(t, d)
	defer s.release(t.Context())
	for {
		n, err := s.Turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if sealed += n; n == 0 {
			return sealed
		}
	}
}

var (
	testEntries = db.Q("journal.test-entries", `SELECT entry FROM leaf ORDER BY seq`)
	testHashes  = db.Q("journal.test-hashes", `SELECT hash FROM leaf ORDER BY seq`)
)

func texts(t testing.TB, d *db.DB, q db.Query) []string {
	t.Helper()
	list, err := db.All(t.Context(), d, q, func(rows *sql.Rows) (s string, err error) { return s, rows.Scan(&s) })
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// While many transactions of all lengths commit in any order, every act gets
// one place, also one that comes much later than its id says. On SQLite, where
// one writes at a time, they come in the order of ids.
func TestNoActIsLeftUnsealed(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newSealer(t, d)
		var writers sync.WaitGroup
		for w := range 4 {
			rng := rand.New(rand.NewPCG(1, uint64(w)))
			writers.Go(func() {
				for range 25 {
					if err := d.Write(t.Context(), func(tx *db.Tx) error {
						if err := Append(t.Context(), tx, Act{At: past, Kind: "a"}); err != nil {
							return err
						}
						for end := time.Now().Add(time.Duration(rng.IntN(8)) * time.Millisecond); time.Now().Before(end); { //nolint:revive // a slow transaction
						}
						return Append(t.Context(), tx, Act{At: past, Kind: "a"})
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		ended := make(chan bool)
		go func() { writers.Wait(); close(ended) }()
		const all = 4 * 25 * 2
		turns := func() {
			if _, err := s.Turn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for running := true; running; {
			turns()
			select {
			case <-ended:
				running = false
			default:
			}
		}
		for len(texts(t, d, testEntries)) < all && t.Context().Err() == nil {
			turns()
		}
		entries := texts(t, d, testEntries)
		if sorted := slices.Sorted(slices.Values(entries)); len(slices.Compact(sorted)) != all || d.Engine == db.SQLite && !slices.IsSorted(entries) {
			t.Errorf("%d places, sorted: %v", len(entries), slices.IsSorted(entries))
		}
		// One whose id is far too old is found by the next sweep.
		late := actAt(past, 0, "late")
		write(t, d, late)
		turns()
		if len(texts(t, d, testEntries)) != all {
			t.Error("the floor does not spare anything")
		}
		var w sweeps
		for range 3 {
			if err := w.turn(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		if entries := texts(t, d, testEntries); len(entries) != all+1 || entries[all] != late.ID {
			t.Errorf("%d places after the sweep", len(entries))
		}
		if v := verify(t, d, Check{}); len(v.Faults) > 0 {
			t.Error(v.Faults)
		}
	})
}

// Of two replicas one seals. When it is gone the other takes over as soon as the
// lease has ended; the first, when it wakes up, writes nothing more.
func TestOneReplicaSealsAndAnotherTakesOver(t *testing.T) {
	d := dbtest.Postgres(t)
	now := clock.NewManual(time.Now())
	sealer := func() *Sealer {
		s := newSealer(t, d)
		s.Clock = now
		return s
	}
	turn := func(s *Sealer) int {
		t.Helper()
		s.floor = "" // the acts are of long ago
		n, err := s.Turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	first, second := sealer(), sealer()
	write(t, d, actAt(past, 0, "a"))
	if a, b := turn(first), turn(second); a != 1 || b != 0 {
		t.Fatalf("sealed %d and %d", a, b)
	}
	write(t, d, actAt(past, 1, "a"))
	now.Advance(lease - time.Microsecond)
	if n := turn(second); n != 0 {
		t.Error("the second did not wait for the end of the lease")
	}
	now.Advance(2 * time.Microsecond)
	if n := turn(second); n != 1 {
		t.Error("the second did not take over")
	}
	write(t, d, actAt(past, 2, "a"))
	// The first was only asleep, in the middle of its work.
	if _, _, _, err := first.seal(t.Context(), "", ""); !errors.Is(err, errLost) {
		t.Errorf("the first sealed: %v", err)
	}
	first.until = clock.Micros(now.Now().Add(time.Hour))
	if n := turn(first); n != 0 || first.fence != 0 {
		t.Errorf("the first sealed %d, and believes to hold the lease", n)
	}
	if n := turn(second); n != 1 {
		t.Errorf("the second sealed %d", n)
	}
	second.release(t.Context())
	write(t, d, actAt(past, 3, "a"))
	if n := turn(first); n != 1 {
		t.Error("the lease that was given back was not taken")
	}
	if v := verify(t, d, Check{}); len(v.Faults) > 0 || v.Acts != 4 {
		t.Error(v.Acts, v.Faults)
	}
}

// Two programs that both run all the time never seal one act twice.
func TestSealersRace(t *testing.T) {
	d := dbtest.Postgres(t)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { newSealer(t, d).Run(ctx) })
	}
	for i := range 300 { // of now, as all acts are: behind an older one nobody looks for hours
		write(t, d, actAt(time.Now(), i, "a"))
	}
	for end := time.Now().Add(time.Minute); len(texts(t, d, testEntries)) < 300 && time.Now().Before(end); { //nolint:revive // until they are done
	}
	stop()
	wg.Wait()
	if v := verify(t, d, Check{}); len(v.Faults) > 0 || v.Acts != 300 {
		t.Error(v.Acts, v.Faults)
	}
}

// Every proof that is made from the rows holds, against roots made by the rule
// of RFC 6962 itself.
func TestProofs(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		const n = 700
		ids := manyActs(t, d, n)
		var leaves [][]byte
		for _, h := range texts(t, d, testHashes) {
			leaves = append(leaves, []byte(h))
		}
		rng := rand.New(rand.NewPCG(7, 7))
		for range 60 {
			size := 1 + rng.IntN(n)
			index := rng.IntN(size)
			e, err := Find(t.Context(), d, ids[index])
			if err != nil {
				t.Fatal(err)
			}
			p, err := Prove(t.Context(), d, e, uint64(size))
			if err != nil {
				t.Fatal(err)
			}
			if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(index), uint64(size), leaves[index], p.Path, naive(leaves[:size])); err != nil {
				t.Errorf("%d in %d: %v", index, size, err)
			}
			path, _, err := Consistency(t.Context(), d, uint64(index+1), uint64(size))
			if err != nil {
				t.Fatal(err)
			}
			if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(index+1), uint64(size), path, naive(leaves[:index+1]), naive(leaves[:size])); err != nil {
				t.Errorf("%d to %d: %v", index+1, size, err)
			}
		}
		e, err := Find(t.Context(), d, ids[n-1])
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []uint64{n - 1, n + 1, 1 << 62} {
			if _, err := Prove(t.Context(), d, e, size); err == nil {
				t.Errorf("proved in a tree of %d", size)
			}
		}
		r, err := ReceiptOf(t.Context(), d, e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Verify(latest(t, d).Key); err != nil {
			t.Error(err)
		}
		if !bytes.Equal(latest(t, d).Root, naive(leaves)) {
			t.Error("the root is not that of the RFC")
		}
	})
}

// naive is the root as RFC 6962 §2.1 has it.
func naive(leaves [][]byte) []byte {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := 1
	for 2*k < len(leaves) {
		k *= 2
	}
	return rfc6962.DefaultHasher.HashChildren(naive(leaves[:k]), naive(leaves[k:]))
}

// Witnesses find the newest, whole, and never an older one in its place.
func TestCheckpointsForWitnesses(t *testing.T) {
	d := dbtest.SQLite(t)
	s := newSealer(t, d)
	s.Dir = filepath.Join(t.TempDir(), "out")
	now := clock.NewManual(past)
	s.Clock = now
	step := func(n int) {
		t.Helper()
		write(t, d, actAt(past, n, "a"))
		for range 2 {
			s.floor = "" // the acts are of long ago
			if _, err := s.Turn(t.Context()); err != nil {
				t.Fatal(err)
			}
			now.Advance(witnessEvery)
		}
	}
	step(0)
	first := latest(t, d)
	step(1)
	second := latest(t, d)
	name := strings.ReplaceAll(first.Origin, "/", "-")
	read := func(file string) string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(s.Dir, file))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if got := read(name + ".txt"); got != second.Note || read(name+"-2026-03-02.txt") != second.Note {
		t.Errorf("%q", got)
	}
	if err := writeCheckpoint(s.Dir, name+".txt", first.Size, first.Note); err != nil || read(name+".txt") != second.Note {
		t.Errorf("an older one over a newer one, %v", err)
	}
	now.Set(past.Add(24 * time.Hour))
	step(2)
	if read(name+"-2026-03-02.txt") != second.Note || read(name+"-2026-03-03.txt") != latest(t, d).Note {
		t.Error("a day that is over was touched, or the new one not written")
	}
	if c, err := sealed.Open(read(name+".txt"), first.Key); err != nil || c.Size != 3 {
		t.Errorf("%+v, %v", c, err)
	}
	files, err := os.ReadDir(s.Dir)
	if err != nil || len(files) != 3 {
		t.Error(fmt.Sprint(files), err)
	}
}

// A sealer whose key is another, or that finds the log changed, puts nothing on
// top.
func TestSealerRefuses(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		manyActs(t, d, 10)
		write(t, d, actAt(past.Add(time.Hour), 0, "a"))
		s := newSealer(t, d)
		s.Key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, 32))
		if _, err := s.Turn(t.Context()); !errors.Is(err, ErrOtherKey) {
			t.Errorf("another key: %v", err)
		}
		s.release(t.Context())
		exec(t, d, "DELETE FROM leaf WHERE seq = 9")
		s = newSealer(t, d)
		if _, err := s.Turn(t.Context()); !errors.Is(err, ErrForked) {
			t.Errorf("a cut log: %v", err)
		}
	})
}
