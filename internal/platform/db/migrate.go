package db

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Migrate brings the database to the newest schema. The folder has one
// subfolder per engine with files NNNNN_name.sql. Programs that start together
// on PostgreSQL migrate once: the others wait.
func (d *DB) Migrate(ctx context.Context, folder fs.FS) (applied int, err error) {
	p, err := d.provider(folder)
	if err != nil {
		return 0, err
	}
	done, err := p.Up(ctx)
	if err != nil {
		return len(done), fmt.Errorf("migrate: %w", err)
	}
	return len(done), nil
}

// SchemaVersion is the version the database stands at, and the newest known.
func (d *DB) SchemaVersion(ctx context.Context, folder fs.FS) (at, newest int64, err error) {
	p, err := d.provider(folder)
	if err != nil {
		return 0, 0, err
	}
	return p.GetVersions(ctx)
}

func (d *DB) provider(folder fs.FS) (*goose.Provider, error) {
	sub, err := fs.Sub(folder, string(d.Engine))
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	dialect := goose.DialectSQLite3
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if d.Engine == Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, fmt.Errorf("migrate: %w", err)
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, d.write.DB, sub, opts...)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return p, nil
}

// dataStep is a statement of a migration that changes rows and not tables.
var dataStep = regexp.MustCompile(`(?ms)^(?:INSERT|UPDATE|DELETE)\b[^;]*;`)

// CatchUp takes rows that were loaded as the tables of an earlier version had them
// through what later migrations do to rows.
func (t *Tx) CatchUp(ctx context.Context, folder fs.FS, version int64) error {
	files, err := fs.Glob(folder, string(t.eng)+"/*.sql")
	if err != nil {
		return err
	}
	slices.Sort(files)
	for _, f := range files {
		number, _, _ := strings.Cut(path.Base(f), "_")
		if n, err := strconv.ParseInt(number, 10, 64); err != nil || n <= version {
			continue
		}
		text, err := fs.ReadFile(folder, f)
		if err != nil {
			return err
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		for _, step := range dataStep.FindAllString(up, -1) {
			if _, err := t.tx.ExecContext(ctx, step); err != nil {
				return fmt.Errorf("%s: %w", f, err)
			}
		}
	}
	return nil
}
