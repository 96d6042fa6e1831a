package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"polis/internal/doctor"
	"polis/internal/identity"
)

type keyCmd struct {
	Copy   keyCopyCmd   `cmd:"" help:"Copy the key file, see that the copy opens the database, and note that there is one."`
	Backup keyBackupCmd `cmd:"" help:"Copy the keys of people, which are in no backup."`
	Wrap   keyWrapCmd   `cmd:"" help:"Wrap the key file by the key management service of --kms."`
	Unwrap keyUnwrapCmd `cmd:"" help:"Write the key file open again, out of the service of --kms."`
}

type keyCopyCmd struct {
	storeFlags
	File string `arg:"" help:"File to write, on another disk."`
}

// Run never writes over a file: it might be the copy of another key.
func (c *keyCopyCmd) Run(ctx context.Context, e *env) error {
	d, err := c.openExisting(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	file, err := c.keyFile()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(file.Path)
	if err != nil {
		return err
	}
	if err := writeNew(c.File, text); err != nil {
		return err
	}
	keys, err := identity.LookKeys(ctx, d, identity.KeyFile{Path: c.File, KMS: file.KMS})
	if err != nil {
		return fmt.Errorf("the copy does not open the database: %w", err)
	}
	now := e.clock.Now()
	if _, err := keys.Secret(ctx, doctor.KeyCopied, func() ([]byte, error) { return now.AppendText(nil) }); err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "%s is a copy of %s that opens the database. Keep it apart from the backups.\n", c.File, c.kek())
	return nil
}

// writeNew writes a file that is not there yet, for its owner alone, and waits
// until the disk has it.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(text); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
