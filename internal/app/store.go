package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/kms"
	"polis/internal/schema"
	"polis/internal/site"
)

// storeFlags say where everything is kept.
type storeFlags struct {
	Data     string `help:"Folder of the SQLite database and the keys." default:"./data" placeholder:"DIR"`
	Database string `help:"PostgreSQL instead: postgres://…" placeholder:"URL"`
	KEKFile  string `help:"File of the key that wraps all others; made on first use, shared by replicas. Default: kek.json in the data folder." placeholder:"FILE"`

	KMS          string `name:"kms" help:"Key of a key management service that wraps the key file: hcvault://HOST:PORT/transit/keys/NAME." placeholder:"URI"`
	KMSTokenFile string `name:"kms-token-file" help:"File with the token by which that service knows this program." placeholder:"FILE"`
}

// location is the URL or the path of the database.
func (f *storeFlags) location() string {
	if f.Database != "" {
		return f.Database
	}
	return filepath.Join(f.Data, "polis.db")
}

func (f *storeFlags) kek() string {
	if f.KEKFile != "" {
		return f.KEKFile
	}
	return filepath.Join(f.Data, "kek.json")
}

// keyFile is the key file and what it is wrapped by.
func (f *storeFlags) keyFile() (file identity.KeyFile, err error) {
	file.Path = f.kek()
	if f.KMS != "" {
		file.KMS, err = kms.Open(f.KMS, f.KMSTokenFile)
	}
	return file, err
}

// open opens the database and makes the folder of the data where it is needed.
func (f *storeFlags) open(ctx context.Context) (*db.DB, error) {
	if f.Database != "" && !db.IsPostgres(f.Database) {
		return nil, fmt.Errorf("--database wants postgres://…; without it the data is kept in --data as SQLite")
	}
	if f.Database == "" || f.KEKFile == "" {
		if err := os.MkdirAll(f.Data, 0o700); err != nil {
			return nil, err
		}
	}
	return db.Open(ctx, f.location())
}

// openExisting opens a database that is there; it makes nothing.
func (f *storeFlags) openExisting(ctx context.Context) (*db.DB, error) {
	if f.Database == "" {
		if _, err := os.Stat(f.location()); err != nil {
			return nil, fmt.Errorf("there is no database: %w", err)
		}
	}
	return f.open(ctx)
}

// store is an open, migrated database with its keys and people.
type store struct {
	db     *db.DB
	keys   *identity.Keys
	people *identity.People
	grants *identity.Grants
	sites  *site.Store
}

func (f *storeFlags) openStore(ctx context.Context, e *env) (*store, error) {
	file, err := f.keyFile()
	if err != nil {
		return nil, err
	}
	d, err := f.open(ctx)
	if err != nil {
		return nil, err
	}
	s := &store{db: d}
	if _, err := d.Migrate(ctx, schema.Files); err != nil {
		d.Close()
		return nil, err
	}
	if s.keys, err = identity.OpenKeys(ctx, d, file); err != nil {
		d.Close()
		return nil, err
	}
	s.people = identity.NewPeople(d, s.keys, e.clock, e.ids)
	s.grants = identity.NewGrants(d, e.clock)
	s.sites = site.NewStore(d, e.clock, e.ids)
	return s, nil
}

func (s *store) close() { s.db.Close() }
