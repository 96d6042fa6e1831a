package backup_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/backup"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/schema"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func newDaily(t *testing.T, d *db.DB, now time.Time) (*backup.Daily, *clock.Manual) {
	c := clock.NewManual(now)
	return &backup.Daily{
		Dir: filepath.Join(t.TempDir(), "backups"), Source: backup.Source{DB: d, Schema: schema.Files}, At: 150, Keep: 3, Clock: c, Log: slog.New(slog.DiscardHandler),
		Free: func(string) (int64, error) { return backup.Needs(0) + 1<<30, nil },
	}, c
}

// Each day a whole file under its date; the oldest go, other files stay.
func TestDailyBackups(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		fill(t, d)
		night := time.Date(2026, 11, 22, 1, 30, 0, 0, time.UTC)
		b, c := newDaily(t, d, night)
		var told []backup.Info
		b.Done = func(info backup.Info, _ time.Duration, err error) {
			if err != nil {
				t.Error(err)
			}
			told = append(told, info)
		}
		for i := range 5 {
			c.Set(night.AddDate(0, 0, i))
			if err := b.Make(t.Context()); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				for name, age := range map[string]time.Duration{"mine.jsonl.gz": 100 * time.Hour, ".polis-backup-1": 100 * time.Hour, ".polis-backup-2": 0} {
					path := filepath.Join(b.Dir, name)
					if err := os.WriteFile(path, nil, 0o600); err != nil {
						t.Fatal(err)
					}
					// By the last day the second one is being written.
					if err := os.Chtimes(path, time.Time{}, night.AddDate(0, 0, 4).Add(-age)); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		var names []string
		entries, err := os.ReadDir(b.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		want := ".polis-backup-2 mine.jsonl.gz polis-2026-11-24-0230.jsonl.gz polis-2026-11-25-0230.jsonl.gz polis-2026-11-26-0230.jsonl.gz"
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		newest, ok := backup.Newest(b.Dir)
		if !ok || !newest.Taken.Equal(night.AddDate(0, 0, 4)) || newest.Size == 0 || len(told) != 5 || told[4].Path != newest.Path {
			t.Errorf("newest %+v, told %+v", newest, told)
		}
		info, err := backup.VerifyFile(t.Context(), newest.Path, 0, backup.Pace{})
		if err != nil || info.Rows < 901 || info.Size != newest.Size { // with the versions of the schema none, and what was filled
			t.Errorf("%+v, %v", info, err)
		}
		if mode := must(os.Stat(newest.Path)).Mode().Perm(); mode != 0o600 {
			t.Errorf("mode %o", mode)
		}
		empty := dbtest.SQLite(t)
		if err := read(t, empty, must(os.ReadFile(newest.Path))); err != nil {
			t.Error(err)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A backup that does not come to its end leaves the folder as it was, the old
// ones included.
func TestDailyBackupThatFails(t *testing.T) {
	d := dbtest.SQLite(t)
	fill(t, d)
	b, c := newDaily(t, d, time.Date(2026, 11, 22, 1, 30, 0, 0, time.UTC))
	b.Keep = 1
	if err := b.Make(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Advance(24 * time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	failed := false
	b.Done = func(_ backup.Info, _ time.Duration, err error) { failed = err != nil }
	if err := b.Make(ctx); err == nil || !failed {
		t.Errorf("%v, told %v", err, failed)
	}
	entries := must(os.ReadDir(b.Dir))
	if len(entries) != 1 || entries[0].Name() != "polis-2026-11-22-0230.jsonl.gz" {
		t.Errorf("the folder has %v", entries)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b.Dir = filepath.Join(file, "backups")
	if err := b.Make(t.Context()); err == nil {
		t.Error("a folder that cannot be made is no fault")
	}
}

var largePicture = db.Q("test.large-picture", `INSERT INTO blob (id, type, data, created) VALUES ('large', 'image/png', RANDOMBLOB(20000000), 1)`)

// A disk that would not hold another one and the reserve takes none, and one that
// fills up meanwhile is left alone: nothing half written stays.
func TestDailyBackupWithoutRoom(t *testing.T) {
	d := dbtest.SQLite(t)
	fill(t, d)
	b, c := newDaily(t, d, time.Date(2026, 11, 22, 1, 30, 0, 0, time.UTC))
	if err := b.Make(t.Context()); err != nil {
		t.Fatal(err)
	}
	first, _ := backup.Newest(b.Dir)
	c.Advance(24 * time.Hour)
	if err := os.WriteFile(filepath.Join(b.Dir, ".polis-backup-old"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(b.Dir, ".polis-backup-old"), time.Time{}, c.Now().Add(-48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	var told error
	b.Done = func(_ backup.Info, _ time.Duration, err error) { told = err }
	b.Free = func(string) (int64, error) { return backup.Needs(first.Size) - 1, nil }
	if err := b.Make(t.Context()); !errors.Is(err, backup.ErrNoRoom) || told == nil || !strings.Contains(err.Error(), "200 MB") {
		t.Errorf("%v, told %v", err, told)
	}
	if entries := must(os.ReadDir(b.Dir)); len(entries) != 1 { // what was cut short gave way, to make room
		t.Errorf("the folder has %v", entries)
	}
	b.Free = func(string) (int64, error) { return backup.Needs(first.Size), nil }
	if err := b.Make(t.Context()); err != nil {
		t.Error(err)
	}
	if err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), largePicture); return err }); err != nil {
		t.Fatal(err)
	}
	c.Advance(24 * time.Hour)
	asked := 0
	b.Free = func(string) (int64, error) {
		if asked++; asked > 1 {
			return backup.Reserve - 1, nil
		}
		return 1 << 40, nil
	}
	if err := b.Make(t.Context()); !errors.Is(err, backup.ErrNoRoom) {
		t.Errorf("the disk fills up meanwhile: %v", err)
	}
	if entries := must(os.ReadDir(b.Dir)); len(entries) != 2 {
		t.Errorf("the folder has %v", entries)
	}
}

// Each day has one, also when the clocks change.
func TestNextBackup(t *testing.T) {
	b := &backup.Daily{At: 150}
	for after, want := range map[string]string{
		"2026-11-22T01:29:59Z": "2026-11-22T01:30:00Z",
		"2026-11-22T01:30:00Z": "2026-11-23T01:30:00Z",
		"2026-11-22T23:30:00Z": "2026-11-23T01:30:00Z", // already the 23rd in Rome
		"2026-07-01T12:00:00Z": "2026-07-02T00:30:00Z",
		"2027-03-28T00:00:00Z": "2027-03-28T01:30:00Z", // 02:30 does not come that day: 03:30
		"2027-03-28T01:30:00Z": "2027-03-29T00:30:00Z",
		"2026-10-25T00:00:00Z": "2026-10-25T00:30:00Z", // it comes twice: the first
		"2026-10-25T00:30:00Z": "2026-10-26T01:30:00Z",
	} {
		at := must(time.Parse(time.RFC3339, after))
		if got := b.Next(at).Format(time.RFC3339); got != want {
			t.Errorf("after %s: %s, want %s", after, got, want)
		}
	}
	for d := (agenda.Date{Year: 2026, Month: 1, Day: 1}); d.Year < 2028; d = d.AddDays(1) {
		noon := time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, agenda.Rome)
		next := b.Next(noon)
		if agenda.DateOf(next.In(agenda.Rome)) != d.AddDays(1) || !b.Next(next).After(next.Add(20*time.Hour)) {
			t.Errorf("after noon of %s: %v", d, next)
		}
	}
}

// Verify finds what Read finds, without a database: every cut, every changed
// byte, what comes behind the end, what is newer.
func TestVerify(t *testing.T) {
	d := dbtest.SQLite(t)
	fill(t, d)
	good := write(t, d)
	verify := func(b []byte, newest int64) (backup.Info, error) {
		return backup.Verify(t.Context(), bytes.NewReader(b), newest, backup.Pace{})
	}
	info, err := verify(good, 0)
	if err != nil || info.Schema < 9 || info.Rows < 901 {
		t.Fatalf("%+v, %v", info, err)
	}
	if _, err := verify(good, info.Schema); err != nil {
		t.Error(err)
	}
	if _, err := verify(good, info.Schema-1); !errors.Is(err, backup.ErrNewer) {
		t.Errorf("newer: %v", err)
	}
	for at := 0; at < len(good); at += 1 + len(good)/150 {
		if _, err := verify(good[:at], 0); !errors.Is(err, backup.ErrFormat) {
			t.Errorf("cut at %d of %d: %v", at, len(good), err)
		}
		bad := bytes.Clone(good)
		bad[at] ^= 0x01
		// Some bits of gzip say nothing: of its head, and what fills up a block.
		if _, err := verify(bad, 0); err == nil && !bytes.Equal(unzip(t, bad), unzip(t, good)) {
			t.Errorf("byte %d of %d changed, and nobody knows", at, len(good))
		}
	}
	if _, err := verify(append(bytes.Clone(good), 'x'), 0); !errors.Is(err, backup.ErrFormat) {
		t.Errorf("with more behind it: %v", err)
	}
}

func unzip(t *testing.T, b []byte) []byte {
	t.Helper()
	return must(io.ReadAll(must(gzip.NewReader(bytes.NewReader(b)))))
}
