package app

import (
	"log/slog"
	"path/filepath"
	"testing"

	"polis/internal/identity"
)

// emptyStore is what the first start of a server makes.
func emptyStore(t *testing.T) (storeFlags, *env) {
	t.Helper()
	f := storeFlags{Data: t.TempDir()}
	e := quiet(slog.DiscardHandler)
	s, err := f.openStore(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	s.close()
	return f, e
}

// A copy of the key opens the database, and no file is written over.
func TestKeyCopy(t *testing.T) {
	f, e := emptyStore(t)
	ctx := t.Context()
	file := filepath.Join(t.TempDir(), "copy.json")
	copied := &keyCopyCmd{storeFlags: f, File: file}
	if err := copied.Run(ctx, e); err != nil {
		t.Fatal(err)
	}
	if err := copied.Run(ctx, e); err == nil {
		t.Error("a file was written over")
	}
	d, err := f.openExisting(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := identity.LookKeys(ctx, d, identity.KeyFile{Path: file}); err != nil {
		t.Error(err)
	}
}
