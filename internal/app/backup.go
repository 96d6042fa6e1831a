package app

import (
	"context"
	"fmt"
	"os"

	"polis/internal/platform/backup"
	"polis/internal/schema"
)

type backupCmd struct {
	storeFlags
	File string `arg:"" help:"File to write."`
}

// Run writes the backup, with less right to the machine than a server beside it.
func (c *backupCmd) Run(ctx context.Context, e *env) error {
	d, err := c.openExisting(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	stepAside()
	bar := newCounter(e.Stderr)
	info, err := backup.WriteFile(ctx, d, schema.Files, e.clock.Now(), c.File, backup.Pace{}, bar.table)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "%d rows in %s\n", info.Rows, c.File)
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
