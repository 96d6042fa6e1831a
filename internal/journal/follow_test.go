package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// past is a time whose acts no horizon holds back.
var past = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// actAt is the n-th act of an instant.
func actAt(at time.Time, n int, kind string) Act {
	return Act{ID: strings.TrimSuffix(firstID(at), "000000000000") + fmt.Sprintf("%012x", n+1), At: at, Kind: kind, Subject: fmt.Sprint("s", n), Person: "p", Data: `{"n":1}`}
}

func write(t testing.TB, d *db.DB, acts ...Act) {
	t.Helper()
	if err := d.Write(t.Context(), func(tx *db.Tx) error { return Append(t.Context(), tx, acts...) }); err != nil {
		t.Fatal(err)
	}
}

// seen notes in the database that an act was done; twice is an error.
var seen = db.Q("journal.test-seen", `INSERT INTO bookmark (consumer, act) VALUES ($1, '')`)

var seenAll = db.Q("journal.test-seen-all", `SELECT COUNT(*) FROM bookmark WHERE consumer LIKE 'seen %'`)

func TestConsumerTakesEachActOnceInOrder(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var got []Act
		fail := error(nil)
		c := Consumer{Name: "test", Kinds: []string{"a", "b"}, All: true, Do: func(ctx context.Context, tx *db.Tx, acts []Act) error {
			for _, a := range acts {
				if _, err := tx.Exec(ctx, seen, "seen "+a.ID); err != nil {
					return err
				}
			}
			if fail == nil {
				got = append(got, acts...)
			}
			return fail
		}}
		turn := func() {
			t.Helper()
			if err := allOf(t, d, c); !errors.Is(err, fail) {
				t.Fatal(err)
			}
		}
		want := []Act{actAt(past, 0, "a"), actAt(past, 1, "b"), actAt(past.Add(time.Millisecond), 0, "a")}
		write(t, d, want[2], actAt(past, 3, "other"), want[1], want[0])
		fail = errors.New("not now")
		turn()
		fail = nil
		turn()
		turn()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		// More than a page.
		var many []Act
		for i := range page + 3 {
			many = append(many, actAt(time.Now().Add(-10*time.Second), i, "a"))
		}
		got = nil
		// The bookmark stands near now: what follows comes after it.
		if _, err := moveBookmarkTo(t, d, firstID(past.Add(time.Hour))); err != nil {
			t.Fatal(err)
		}
		write(t, d, many...)
		turn()
		if diff := cmp.Diff(ids(many), ids(got)); diff != "" {
			t.Error(diff)
		}
	})
}

// allOf seals what there is and takes page after page, however long it takes.
func allOf(t testing.TB, d *db.DB, c Consumer) (err error) {
	t.Helper()
	sealAll(t, d)
	for more := true; more && err == nil; {
		err = d.Write(t.Context(), func(tx *db.Tx) (err error) {
			more, err = c.take(t.Context(), tx)
			return err
		})
	}
	return err
}

var moveTo = db.Q("journal.test-move", `UPDATE bookmark SET act = $1 WHERE consumer = 'test'`)

func moveBookmarkTo(t testing.TB, d *db.DB, to string) (n int64, err error) {
	t.Helper()
	err = d.Write(t.Context(), func(tx *db.Tx) (err error) {
		n, err = tx.Exec(t.Context(), moveTo, to)
		return err
	})
	return n, err
}

func ids(acts []Act) (list []string) {
	for _, a := range acts {
		list = append(list, a.ID)
	}
	return list
}

// A new consumer does not do again what was done before it came.
func TestNewConsumerBeginsNow(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		write(t, d, actAt(past, 0, "a"))
		c := Consumer{Name: "test", Kinds: []string{"a"}, Do: func(_ context.Context, _ *db.Tx, acts []Act) error {
			t.Errorf("took %v", acts)
			return nil
		}}
		for range 3 {
			if err := allOf(t, d, c); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Replicas that go for the same acts do each once: the effects of the others
// would collide.
func TestReplicasShareAConsumer(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		replicas := []*db.DB{d, d}
		if d.Engine == db.Postgres {
			other, err := db.Open(t.Context(), d.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			replicas[1] = other
		}
		const all = 3*page + 7
		var list []Act
		for i := range all {
			list = append(list, actAt(past.Add(time.Duration(i)*time.Millisecond), i, "a"))
		}
		write(t, d, list...)
		sealAll(t, d)
		var wg sync.WaitGroup
		for _, r := range slices.Repeat(replicas, 3) {
			c := Consumer{Name: "test", Kinds: []string{"a"}, All: true, Do: func(ctx context.Context, tx *db.Tx, acts []Act) error {
				for _, a := range acts {
					if _, err := tx.Exec(ctx, seen, "seen "+a.ID); err != nil {
						return err
					}
				}
				return nil
			}}
			wg.Go(func() {
				if err := c.Turn(t.Context(), r); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var n int
		if err := db.One(t.Context(), d, seenAll, nil, &n); err != nil || n != all {
			t.Errorf("%d of %d acts done, %v", n, all, err)
		}
	})
}

func TestActGetsAnID(t *testing.T) {
	d := dbtest.SQLite(t)
	write(t, d, Act{At: past, Kind: "a"}, Act{At: past, Kind: "a"})
	got, err := db.All(t.Context(), d, allActs, scanSealed)
	if err != nil || len(got) != 2 || got[0].ID >= got[1].ID || len(got[0].ID) != 36 || got[0].Data != "{}" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestFirstIDIsTheSmallestOfItsInstant(t *testing.T) {
	before := firstID(time.Now())
	id := clock.NewID()
	after := firstID(time.Now().Add(time.Millisecond))
	if before >= id || id >= after || len(before) != len(id) {
		t.Errorf("%s < %s < %s", before, id, after)
	}
}
