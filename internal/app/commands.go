package app

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"polis/internal/coworking/figures"
	"polis/internal/pass"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/schema"
)

type checkCmd struct {
	storeFlags
	Rebuild bool `help:"Mend what differs."`
}

func (c *checkCmd) Run(ctx context.Context, e *env) error {
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	if c.Rebuild {
		n, err := reserve.Rebuild(ctx, d)
		if err != nil {
			return err
		}
		days, err := figures.Recount(ctx, d)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.Stderr, "mended: %d\n%d days of figures are counted anew by the server\n", n, days)
	}
	differences := 0
	cells, err := reserve.Check(ctx, d, func(text string) {
		differences++
		fmt.Fprintln(e.Stdout, text)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stderr, "%d days of places checked, %d differences\n", cells, differences)
	if differences > 0 {
		return errExit
	}
	return nil
}

type migrateCmd struct{ storeFlags }

func (c *migrateCmd) Run(ctx context.Context, e *env) error {
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	n, err := d.Migrate(ctx, schema.Files)
	if err != nil {
		return err
	}
	at, _, err := d.SchemaVersion(ctx, schema.Files)
	fmt.Fprintf(e.Stdout, "schema %d, %d migrations applied\n", at, n)
	return err
}

type passCmd struct {
	Verify passVerifyCmd `cmd:"" help:"Check a pass with the public key alone; exit 1 if it opens nothing now."`
	Key    passKeyCmd    `cmd:"" help:"Print the public key of this installation's passes."`
}

type passVerifyCmd struct {
	Key  string `help:"File with the public keys (PEM), from 'polis pass key' or /api/v1/pass-key." default:"./data/pass.pub" placeholder:"FILE"`
	At   string `help:"Check as of this instant (RFC 3339) instead of now." placeholder:"TIME"`
	Pass string `arg:"" optional:"" help:"The text of the code, POLIS1:…; from standard input where it is missing or -."`
}

func (c *passVerifyCmd) Run(e *env) error {
	keys, err := os.ReadFile(c.Key)
	if err != nil {
		return err
	}
	text := c.Pass
	if text == "" || text == "-" {
		in, err := io.ReadAll(io.LimitReader(e.Stdin, 64<<10))
		if err != nil {
			return err
		}
		text = string(in)
	}
	now := time.Now()
	if c.At != "" {
		if now, err = time.Parse(time.RFC3339, c.At); err != nil {
			return fmt.Errorf("--at: %w", err)
		}
	}
	if err := pass.VerifyCommand(e.Stdout, keys, strings.TrimSpace(text), now); err != nil {
		return errExit
	}
	return nil
}

type passKeyCmd struct{ storeFlags }

func (c *passKeyCmd) Run(ctx context.Context, e *env) error {
	s, err := c.openStore(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	text, err := pass.PublicOf(ctx, s.keys)
	if err != nil {
		return err
	}
	_, err = e.Stdout.Write(text)
	return err
}

// writePassKey leaves the public key of the passes in the data folder, where
// somebody without a connection can take it from.
func writePassKey(dir string, text []byte) error {
	path := filepath.Join(dir, "pass.pub")
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	if b, _ := pem.Decode(text); b == nil {
		return errs.New(errs.Internal, "error.internal", nil)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

type versionCmd struct{}

func (versionCmd) Run(e *env) error {
	_, err := fmt.Fprintln(e.Stdout, "polis", e.Version)
	return err
}
