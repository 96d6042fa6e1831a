// Package blob keeps files in the database, each under the SHA-256 of its
// content, and serves them. A file never changes, so whoever has it may keep
// it.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// File is a file with its media type.
type File struct {
	Type string // "image/jpeg"
	Data []byte
}

// ID is the name of the file: the SHA-256 of its content, in hexadecimal.
func (f File) ID() string {
	sum := sha256.Sum256(f.Data)
	return hex.EncodeToString(sum[:])
}

var (
	putFiles = db.Rows("blob.put", `
	INSERT INTO blob (id, type, data, created) SELECT column1, column2, column3, column4 FROM {rows}
	WHERE column1 IS NOT NULL
	ON CONFLICT (id) DO NOTHING`, "TEXT", "TEXT", "BYTEA", "BIGINT")
	getFile  = db.Q("blob.get", `SELECT type, data FROM blob WHERE id = $1`)
	dropFile = db.Q("blob.drop", `DELETE FROM blob WHERE id = $1`)
)

// Put keeps files; those that are there stay as they are.
func Put(ctx context.Context, tx *db.Tx, at time.Time, files ...File) error {
	args := make([]any, 0, len(files)*4)
	met := map[string]bool{}
	for _, f := range files {
		if id := f.ID(); !met[id] {
			met[id] = true
			args = append(args, id, f.Type, f.Data, clock.Micros(at))
		}
	}
	return putFiles.Exec(ctx, tx, args)
}

// Get reads a file; NotFound if there is none.
func Get(ctx context.Context, r db.Reader, id string) (f File, err error) {
	err = db.One(ctx, r, getFile, []any{id}, &f.Type, &f.Data)
	if errors.Is(err, db.ErrNoRow) {
		return File{}, errs.New(errs.NotFound, "error.not_found", nil)
	}
	if err != nil {
		return File{}, fmt.Errorf("blob.Get: %w", err)
	}
	return f, nil
}

// Drop forgets a file; the caller knows that nothing names it any more.
func Drop(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, dropFile, id)
	return err
}
