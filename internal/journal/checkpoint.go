package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"polis/internal/journal/sealed"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Published is a checkpoint of this installation.
type Published struct {
	sealed.Checkpoint
	At   time.Time
	Note string // signed
	Key  string // the public key that it is signed with
}

var (
	checkpointNewest = db.Q("journal.checkpoint-newest", `SELECT size, at, root, note FROM checkpoint WHERE log = $1 ORDER BY size DESC LIMIT 1`)
	checkpointOf     = db.Q("journal.checkpoint-of", `SELECT size, at, root, note FROM checkpoint WHERE log = $1 AND size = $2`)
)

func newestCheckpoint(ctx context.Context, r db.Reader, l sealedLog) (Published, bool, error) {
	return oneCheckpoint(ctx, r, l, checkpointNewest, l.First)
}

func oneCheckpoint(ctx context.Context, r db.Reader, l sealedLog, q db.Query, args ...any) (p Published, ok bool, err error) {
	err = db.Each(ctx, r, q, func(rows *sql.Rows) error {
		p, err = l.scan(rows)
		ok = true
		return err
	}, args...)
	return p, ok, err
}

func (l *sealedLog) scan(rows *sql.Rows) (p Published, err error) {
	var size, at int64
	p.Origin, p.Key = l.Origin, l.Public
	err = rows.Scan(&size, &at, &p.Root, &p.Note)
	p.Size, p.At = uint64(size), clock.FromMicros(at)
	return p, err
}

// Latest is the newest checkpoint of the log in use; NotFound "journal.not-yet"
// where nothing was sealed yet.
func Latest(ctx context.Context, r db.Reader) (Published, error) {
	logs, err := readLogs(ctx, r)
	if err != nil {
		return Published{}, err
	}
	for len(logs) > 0 { // of a log that was only opened, the one before
		l := logs[len(logs)-1]
		p, ok, err := newestCheckpoint(ctx, r, l)
		if err != nil || ok {
			return p, err
		}
		logs = logs[:len(logs)-1]
	}
	return Published{}, errs.New(errs.NotFound, "journal.not-yet", nil)
}

// PublicKeys are the keys of all logs of this installation, the one in use last.
func PublicKeys(ctx context.Context, r db.Reader) (keys []string, err error) {
	logs, err := readLogs(ctx, r)
	for _, l := range logs {
		if l.Public != "" {
			keys = append(keys, l.Public)
		}
	}
	return keys, err
}

// pending is a checkpoint that witnesses have not got yet.
type pending struct {
	origin, text string
	size         uint64
}

// witnessEvery is the shortest rest between two files for witnesses.
const witnessEvery = time.Second

// show writes the newest checkpoint into the folder for witnesses: as the newest
// of its log and as the newest of its day. In between it rests, unless it is the
// end.
func (s *Sealer) show(end bool) error {
	now := s.Clock.Now()
	if s.Dir == "" || s.toShow.size == 0 || !end && now.Sub(s.shown) < witnessEvery {
		return nil
	}
	p := s.toShow
	s.toShow, s.shown = pending{}, now
	name := fileOf(p.origin)
	for _, file := range []string{name + ".txt", name + "-" + now.UTC().Format("2006-01-02") + ".txt"} {
		if err := writeCheckpoint(s.Dir, file, p.size, p.text); err != nil {
			return fmt.Errorf("checkpoint for witnesses: %w", err)
		}
	}
	return nil
}

// fileOf is the beginning of the names of a log's files.
func fileOf(origin string) string { return strings.ReplaceAll(origin, "/", "-") }

// Witnessed are the checkpoints in a folder for witnesses. A file with such a name
// that is something else is among them, for Verify to name.
func Witnessed(dir string) (list []OldCheckpoint, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), fileOf(originBase)) || filepath.Ext(e.Name()) != ".txt" {
			continue
		}
		f, err := os.Open(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(io.LimitReader(f, sealed.MaxNote+1))
		f.Close()
		if err != nil {
			return nil, err
		}
		list = append(list, OldCheckpoint{e.Name(), string(text)})
	}
	return list, err
}

// writeCheckpoint writes a file at once or not at all, and never an older
// checkpoint over a newer one.
func writeCheckpoint(dir, name string, size uint64, text string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(dir, name)
	if there, err := os.ReadFile(path); err == nil {
		if old, err := sealed.Peek(string(there)); err == nil && old.Size >= size {
			return nil
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := os.CreateTemp(dir, ".checkpoint-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
