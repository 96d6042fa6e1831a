package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"polis/internal/platform/backup"
	"polis/internal/schema"
)

type backupCmd struct {
	storeFlags
	File string `arg:"" help:"File to write."`
}

// Run writes the backup beside its place and moves it there once it is whole.
func (c *backupCmd) Run(ctx context.Context, e *env) error {
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	tmp, err := os.CreateTemp(filepath.Dir(c.File), ".polis-backup-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	defer tmp.Close()
	bar := newCounter(e.Stderr)
	rows, err := backup.Write(ctx, d, schema.Files, e.clock.Now(), tmp, bar.table)
	if err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), c.File); err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "%d rows in %s\n", rows, c.File)
	fmt.Fprintf(e.Stdout, "Keep a copy of %s too, elsewhere: without it personal data cannot be read.\n", c.kek())
	return nil
}

type restoreCmd struct {
	storeFlags
	File string `arg:"" help:"File written by polis backup." type:"existingfile"`
}

// Run fills an empty database. The key file is the one of the backup's origin.
func (c *restoreCmd) Run(ctx context.Context, e *env) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.Migrate(ctx, schema.Files); err != nil {
		return err
	}
	bar := newCounter(e.Stderr)
	rows, err := backup.Read(ctx, d, schema.Files, f, bar.table)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "%d rows restored\n", rows)
	if _, err := os.Stat(c.kek()); err != nil {
		fmt.Fprintf(e.Stdout, "Now put the key file of the backup at %s.\n", c.kek())
	}
	return nil
}
