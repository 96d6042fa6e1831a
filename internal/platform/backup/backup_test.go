package backup_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"polis/internal/platform/backup"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/schema"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	person = db.Q("test.person", `INSERT INTO person (id, key, fiscal, name_birth, contact, data, created) VALUES ($1, $2, $3, NULL, NULL, $4, $5)`)
	token  = db.Q("test.token", `INSERT INTO token (id, hash, person, name, role, scope_kind, scope, unlimited, created) VALUES ($1, $2, $3, $4, 'citizen', '', '', $5, $6)`)
	house  = db.Q("test.house", `INSERT INTO municipality (istat, belfiore, name, alt_name, province, province_name, region, population, population_year, cap, lat, lon, approximate, patron)
		VALUES ($1, $2, $3, '', 'VA', '', '', 9136, 2021, '', $4, $5, $6, '')`)
)

var turn = db.Q("test.turn", `INSERT INTO job_turn (name, next) VALUES ($1, $2)`)

func fill(t *testing.T, d *db.DB) {
	t.Helper()
	ctx := t.Context()
	err := d.Write(ctx, func(tx *db.Tx) error {
		for i := range 450 {
			id := clock.NewID()
			if _, err := tx.Exec(ctx, person, id, []byte{0, 255, byte(i)}, []byte(id), []byte{}, int64(1)<<52+int64(i)); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, token, clock.NewID(), []byte(id+"h"), id, []byte("<è\"\\\n>"), i%2 == 0, int64(5)); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, house, "012072", "D946", "Gavirate", 45.0, 8.7141592653589793, true)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, d *db.DB) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := (backup.Source{DB: d, Schema: schema.Files}).Write(context.Background(), time.Unix(0, 0), &b, backup.Pace{}, func(string, int64) {}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t *testing.T, d *db.DB, b []byte) error {
	t.Helper()
	_, err := backup.Read(t.Context(), backup.Target{DB: d, Schema: schema.Files}, bytes.NewReader(b), func(string, int64) {})
	return err
}

// Through the other engine and back, everything is the same.
func TestAcrossEnginesAndBack(t *testing.T) {
	lite := dbtest.SQLite(t)
	fill(t, lite)
	first := write(t, lite)
	pg, again := dbtest.Postgres(t), dbtest.SQLite(t)
	if err := read(t, pg, first); err != nil {
		t.Fatal(err)
	}
	if err := read(t, again, write(t, pg)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, write(t, again)) {
		t.Error("what came back differs")
	}
}

func TestRefusals(t *testing.T) {
	d := dbtest.SQLite(t)
	fill(t, d)
	good := write(t, d)
	if err := read(t, d, good); !errors.Is(err, backup.ErrNotEmpty) {
		t.Errorf("into a database with rows: %v", err)
	}
	for name, b := range map[string][]byte{"nothing": nil, "text": []byte("hello"), "cut": good[:len(good)-100]} {
		empty := dbtest.SQLite(t)
		if err := read(t, empty, b); !errors.Is(err, backup.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
		if err := read(t, empty, good); err != nil {
			t.Errorf("after %s something stayed: %v", name, err)
		}
	}
}

// One changed byte anywhere in what a backup holds is found, even where it makes
// another text that could be read.
func TestChangedBytesAreFound(t *testing.T) {
	d := dbtest.SQLite(t)
	fill(t, d)
	good := write(t, d)
	empty := dbtest.SQLite(t) // stays so: nothing of a bad backup remains
	const head = 10           // bytes of gzip's own, of which some say nothing
	for at := head; at < len(good); at += 1 + len(good)/150 {
		bad := bytes.Clone(good)
		bad[at] ^= 0x01
		if err := read(t, empty, bad); err == nil { // of the format, or of the database that got nonsense
			t.Fatalf("byte %d of %d changed, and nobody knows", at, len(good))
		}
	}
	if err := read(t, empty, append(bytes.Clone(good), 'x')); !errors.Is(err, backup.ErrFormat) {
		t.Errorf("with more behind it: %v", err)
	}
}

func TestTablesParentsFirst(t *testing.T) {
	names, err := backup.Tables(schema.Files)
	if err != nil || len(names) < 15 || names[0] != "person" {
		t.Errorf("%v, %v", names, err)
	}
}

// What a program puts into a database by itself gives way, anything else does
// not; what runs behind the last row is part of the whole.
func TestTargetThatWasStarted(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		origin := dbtest.SQLite(t)
		fill(t, origin)
		good := write(t, origin)
		put := func(q db.Query, args ...any) {
			if err := d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), q, args...)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		put(turn, "reserve.sweep", int64(1))
		if err := read(t, d, good); !errors.Is(err, backup.ErrNotEmpty) {
			t.Errorf("%v", err)
		}
		to := backup.Target{DB: d, Schema: schema.Files, Own: []string{"job_turn"}}
		boom := errors.New("boom")
		to.Then = func(context.Context, *db.Tx) error { return boom }
		restore := func() error {
			_, err := backup.Read(t.Context(), to, bytes.NewReader(good), func(string, int64) {})
			return err
		}
		if err := restore(); !errors.Is(err, boom) {
			t.Errorf("%v", err)
		}
		to.Then = nil
		if err := restore(); err != nil {
			t.Fatal(err)
		}
		if err := restore(); !errors.Is(err, backup.ErrNotEmpty) {
			t.Errorf("the second time: %v", err)
		}
	})
}
