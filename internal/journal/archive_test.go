package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"polis/internal/journal/sealed"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

// readAll proves the files of a folder in their order.
func readAll(dir string, keys ...string) (acts []string, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.gz"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	a := sealed.Archive{Keys: keys}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if _, _, err := a.Read(bytes.NewReader(data), func(l sealed.Line) error { acts = append(acts, l.Act.ID); return nil }); err != nil {
			return acts, err
		}
	}
	return acts, nil
}

// Segments prove themselves, each alone and all together, also when they were
// written at different times and with acts that were forgotten meanwhile.
func TestArchive(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		dir := t.TempDir()
		ids := manyActs(t, d, 700)
		x := &Archiver{DB: d, Dir: dir, Before: past.Add(400 * time.Second), Told: func(string, uint64, int64) {}, level: 5}
		write := func(want int) {
			t.Helper()
			if n, err := x.Write(t.Context()); err != nil || n != want {
				t.Errorf("%d files, %v", n, err)
			}
		}
		write(12) // 32 acts each, of the first 400
		forget(t, d, "p3")
		write(0)
		writeActs := actAt(past.Add(800*time.Second), 0, "b")
		writeLate(t, d, writeActs)
		x.Before = past.Add(time.Hour)
		write(9) // up to 672 of 701
		key := latest(t, d).Key
		acts, err := readAll(dir, key)
		if err != nil || !slices.Equal(acts, ids[:672]) {
			t.Fatalf("%d acts, %v", len(acts), err)
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.gz"))
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(files)
		// A gap, another order, a change, a foreign key.
		if err := os.Rename(files[4], files[4]+".away"); err != nil {
			t.Fatal(err)
		}
		if _, err := readAll(dir, key); err == nil || !strings.Contains(err.Error(), "acts 128 to 159 are missing") {
			t.Errorf("a gap: %v", err)
		}
		if err := os.Rename(files[4]+".away", files[4]); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		a := sealed.Archive{Keys: []string{key}}
		for at := 12; at < len(data); at += 1 + len(data)/60 {
			bad := bytes.Clone(data)
			bad[at] ^= 4
			if _, _, err := a.Read(bytes.NewReader(bad), nil); err == nil {
				t.Fatalf("byte %d changed, and it is proved", at)
			}
		}
		if _, err := readAll(dir); err == nil {
			t.Error("proved without a key")
		}
		if _, _, err := a.Read(strings.NewReader("hello"), nil); err == nil {
			t.Error("proved a greeting")
		}
	})
}

// writeLate appends an act and seals it.
func writeLate(t testing.TB, d *db.DB, a Act) {
	t.Helper()
	write(t, d, a)
	sealAll(t, d)
}
