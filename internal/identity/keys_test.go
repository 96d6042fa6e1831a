package identity_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

func TestKeyFileIsMadeOnceAndForTheOwnerAlone(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		info := must[os.FileInfo](t)(os.Stat(h.kek))
		if info.Mode().Perm() != 0o600 {
			t.Errorf("mode %04o, want 0600", info.Mode().Perm())
		}
		if left := must[[]os.DirEntry](t)(os.ReadDir(filepath.Dir(h.kek))); len(left) != 1 {
			t.Errorf("%d files beside the key file", len(left)-1)
		}
		before := must[[]byte](t)(os.ReadFile(h.kek))
		again := must[*identity.Keys](t)(identity.OpenKeys(t.Context(), h.db, identity.KeyFile{Path: h.kek}))
		if !bytes.Equal(before, must[[]byte](t)(os.ReadFile(h.kek))) {
			t.Error("the key file was changed")
		}
		a, err := h.keys.SigningKey(t.Context(), "pass")
		if err != nil {
			t.Fatal(err)
		}
		b, err := again.SigningKey(t.Context(), "pass")
		if err != nil {
			t.Fatal(err)
		}
		if !a.Equal(b) {
			t.Error("another signing key after opening again")
		}
		if c, _ := again.SigningKey(t.Context(), "journal"); a.Equal(c) {
			t.Error("two purposes share a signing key")
		}
	})
}

func TestKeyFilesThatAreRefused(t *testing.T) {
	d := dbtest.SQLite(t)
	h := newHouse(t, d)
	dir := t.TempDir()
	file := func(name string, mode os.FileMode, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := must[[]byte](t)(os.ReadFile(h.kek))
	other := newHouse(t, dbtest.SQLite(t))
	for _, c := range []struct {
		name, path, says string
		is               error
	}{
		{name: "group", path: file("group", 0o640, good), says: "chmod 600"},
		{name: "world", path: file("world", 0o604, good), says: "chmod 600"},
		{name: "empty", path: file("empty", 0o600, nil), says: "not a keyset"},
		{name: "text", path: file("text", 0o600, []byte("hello")), says: "not a keyset"},
		{name: "folder", path: dir, says: "key file"},
		{name: "of another database", path: other.kek, is: identity.ErrWrongKey},
		{name: "gone", path: filepath.Join(dir, "gone.json"), is: identity.ErrNoKey},
	} {
		_, err := identity.OpenKeys(t.Context(), d, identity.KeyFile{Path: c.path})
		if err == nil || !strings.Contains(err.Error(), c.says) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "gone.json")); err == nil {
		t.Error("a new key file was made for an old database")
	}
}

// Replicas that start together on one database with one key file must end with
// the same keys.
func TestReplicasOpenTogether(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T, urls []string) {
		kek := filepath.Join(t.TempDir(), "deep", "kek.json")
		got := make([][]byte, len(urls))
		var wg sync.WaitGroup
		for i, url := range urls {
			wg.Go(func() {
				d, err := db.Open(context.Background(), url)
				if err != nil {
					t.Error(err)
					return
				}
				defer d.Close()
				k, err := identity.OpenKeys(context.Background(), d, identity.KeyFile{Path: kek})
				if err != nil {
					t.Error(err)
					return
				}
				got[i], err = k.Secret(context.Background(), "shared", func() ([]byte, error) {
					b := make([]byte, 16)
					_, err := rand.Read(b)
					return b, err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, b := range got {
			if len(b) != 16 || !bytes.Equal(b, got[0]) {
				t.Fatal("replicas have different secrets")
			}
		}
	}
	four := func(s string) []string { return []string{s, s, s, s} }
	t.Run("sqlite", func(t *testing.T) { open(t, four(dbtest.SQLite(t).URL)) })
	t.Run("postgres", func(t *testing.T) { open(t, four(dbtest.PostgresURL(t))) })
}
