package privacy

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"polis/internal/platform/db"
)

// The keys of people are in no backup: they lie in one file beside, which is
// written anew with each backup and soon after somebody was forgotten. A key never
// changes, so the newest file opens every older backup, but for those whom it no
// longer has. Who restores a backup, however old, restores nobody who was
// forgotten since.

// keyHead is the first line of the file, keyEnd the last.
type keyHead struct {
	Format string    `json:"format"` // "polis-person-keys"
	Of     string    `json:"of"`     // the installation: see Mark
	Taken  time.Time `json:"taken"`
}

type keyEnd struct {
	Keys int `json:"keys"`
}

// oneKey is a line between: a person and their key, wrapped.
type oneKey struct {
	Person string `json:"p"`
	Key    []byte `json:"k"`
}

const keyFormat = "polis-person-keys"

// KeyColumns are what a backup leaves out: backup.Source.Blank.
var KeyColumns = map[string][]string{"person": {"key"}}

// What a file of keys, or a restore, can be refused for.
var (
	ErrKeyFile   = errors.New("this is not a complete file of people's keys")
	ErrKeysOther = errors.New("these keys are of another installation")
	ErrKeysOld   = errors.New("these keys are older than the backup: people who came between would be lost; use the newest")
	ErrNoKeys    = errors.New("the keys of people are not here")
)

var (
	blindSecret = db.Q("privacy.mark", `SELECT wrapped FROM secret WHERE name = 'blind-index'`)
	allKeys     = db.Q("privacy.keys", `SELECT id, key FROM person`)
	countBlank  = db.Q("privacy.keys-blank", `SELECT COUNT(*) FROM person WHERE length(key) = 0`)
	listBlank   = db.Q("privacy.keys-blank-list", `SELECT id FROM person WHERE length(key) = 0`)
	blankKeys   = db.Q("privacy.keys-take", `UPDATE person SET key = $1 WHERE length(key) > 0`)
	putKeys     = db.Rows("privacy.keys-put", `
		UPDATE person SET key = given.column2 FROM {rows} WHERE person.id = given.column1 AND given.column1 IS NOT NULL`, "TEXT", "BYTEA")
)

// Mark tells one installation from another, and nothing else; "" of a database
// that was never used.
func Mark(ctx context.Context, r db.Reader) (string, error) {
	var wrapped []byte
	err := db.One(ctx, r, blindSecret, nil, &wrapped)
	if errors.Is(err, db.ErrNoRow) {
		return "", nil
	}
	sum := sha256.Sum256(wrapped)
	return hex.EncodeToString(sum[:6]), err
}

// KeyFile is the path of the file of an installation in a folder.
func KeyFile(dir, mark string) string { return filepath.Join(dir, "person-keys-"+mark+".jsonl.gz") }

// CopyKeys writes the keys of all people of a database into a folder, in place of
// the ones that were there, and returns the path and how many there are.
func CopyKeys(ctx context.Context, d *db.DB, now time.Time, dir string) (path string, n int, err error) {
	mark, err := Mark(ctx, d)
	if err != nil {
		return "", 0, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", 0, err
	}
	path = KeyFile(dir, mark)
	tmp, err := os.CreateTemp(dir, ".person-keys-*") // with mode 0600
	if err != nil {
		return path, 0, err
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	defer tmp.Close()
	if n, err = writeKeys(ctx, d, tmp, keyHead{keyFormat, mark, now.UTC().Truncate(time.Second)}); err != nil {
		return path, n, err
	}
	if err := tmp.Sync(); err != nil {
		return path, n, err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return path, n, err
	}
	folder, err := os.Open(dir)
	if err != nil {
		return path, n, err
	}
	defer folder.Close()
	return path, n, folder.Sync()
}

func writeKeys(ctx context.Context, d *db.DB, w io.Writer, head keyHead) (n int, err error) {
	zip := gzip.NewWriter(w)
	buffered := bufio.NewWriterSize(zip, 1<<16)
	lines := json.NewEncoder(buffered)
	if err := lines.Encode(head); err != nil {
		return 0, err
	}
	err = d.Snapshot(ctx, func(tx *db.Tx) error {
		return db.Each(ctx, tx, allKeys, func(rows *sql.Rows) error {
			var k oneKey
			if err := rows.Scan(&k.Person, &k.Key); err != nil {
				return err
			}
			n++
			return lines.Encode(k)
		})
	})
	if err != nil {
		return n, err
	}
	if err := lines.Encode(keyEnd{n}); err != nil {
		return n, err
	}
	if err := buffered.Flush(); err != nil {
		return n, err
	}
	return n, zip.Close()
}

// KeysTaken is when a file of keys was written, as its first line tells.
func KeysTaken(path string) (time.Time, error) {
	f, err := os.Open(path)
	if err != nil {
		return time.Time{}, err
	}
	defer f.Close()
	_, head, err := openKeys(f)
	return head.Taken, err
}

func openKeys(r io.Reader) (*json.Decoder, keyHead, error) {
	var head keyHead
	zip, err := gzip.NewReader(bufio.NewReaderSize(r, 1<<16))
	if err != nil {
		return nil, head, ErrKeyFile
	}
	lines := json.NewDecoder(bufio.NewReaderSize(zip, 1<<16))
	if err := lines.Decode(&head); err != nil || head.Format != keyFormat {
		return nil, head, ErrKeyFile
	}
	return lines, head, nil
}

// ReadKeys gives each person of a file of keys that was written for this
// installation no earlier than since. The error is ErrKeyFile, ErrKeysOther,
// ErrKeysOld or each's.
func ReadKeys(r io.Reader, mark string, since time.Time, each func(person string, key []byte) error) error {
	lines, head, err := openKeys(r)
	switch {
	case err != nil:
		return err
	case head.Of != mark:
		return ErrKeysOther
	case head.Taken.Before(since.Truncate(time.Second)):
		return ErrKeysOld
	}
	for n := 0; ; n++ {
		var line struct {
			oneKey
			keyEnd
		}
		line.Keys = -1
		if err := lines.Decode(&line); err != nil {
			return ErrKeyFile
		}
		if line.Keys >= 0 {
			var more json.RawMessage // gzip keeps the sum of all behind the last line
			if line.Keys != n || lines.Decode(&more) != io.EOF {
				return ErrKeyFile
			}
			return nil
		}
		if err := each(line.Person, line.Key); err != nil {
			return fmt.Errorf("key of person %s: %w", line.Person, err)
		}
	}
}

// RestoreKeys brings the keys of people into a restored database, from a file of
// keys at path, or one in the folders where this installation's may be. It
// returns the path, "" where the backup has the keys itself and no file says
// otherwise, and whom the file no longer has: they were forgotten, and the caller
// has them forgotten again. The error is ErrNoKeys, ErrKeyFile, ErrKeysOther or
// ErrKeysOld.
func RestoreKeys(ctx context.Context, tx *db.Tx, taken time.Time, path string, folders ...string) (from string, lost []string, err error) {
	mark, err := Mark(ctx, tx)
	if err != nil {
		return "", nil, err
	}
	for _, dir := range folders {
		if _, err := os.Stat(KeyFile(dir, mark)); path == "" && err == nil {
			path = KeyFile(dir, mark)
		}
	}
	if path == "" {
		blank := 0
		if err := db.One(ctx, tx, countBlank, nil, &blank); err != nil || blank == 0 {
			return "", nil, err
		}
		return "", nil, ErrNoKeys
	}
	f, err := os.Open(path)
	if err != nil {
		return path, nil, err
	}
	defer f.Close()
	if _, err := tx.Exec(ctx, blankKeys, []byte{}); err != nil {
		return path, nil, err
	}
	var args []any
	put := func() error {
		defer func() { args = args[:0] }()
		return putKeys.Exec(ctx, tx, args)
	}
	if err := ReadKeys(f, mark, taken, func(person string, key []byte) error {
		if args = append(args, person, key); len(args) < 1000 {
			return nil
		}
		return put()
	}); err != nil {
		return path, nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := put(); err != nil {
		return path, nil, err
	}
	lost, err = Keyless(ctx, tx)
	return path, lost, err
}

// Keyless are the people of whom there is no key.
func Keyless(ctx context.Context, tx *db.Tx) ([]string, error) {
	return db.All(ctx, tx, listBlank, func(rows *sql.Rows) (id string, err error) {
		err = rows.Scan(&id)
		return id, err
	})
}
