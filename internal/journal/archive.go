package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"

	"polis/internal/journal/sealed"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// segmentLevel is the level of the subtrees that are archived: 65,536 acts.
const segmentLevel = 2 * step

// Archiver writes sealed acts into files that prove themselves. The journal
// stays as it is.
type Archiver struct {
	DB     *db.DB
	Dir    string
	Before time.Time // only segments whose last act is older
	Told   func(file string, acts uint64, bytes int64)

	level uint // of tests; 0: segmentLevel
}

var segmentLines = db.Q("journal.segment", `
	SELECT l.subject_salt, l.who_salt, a.id, a.at, a.kind, a.subject, a.person, a.data, a.role, a.desk, a.channel, a.level, a.for_whom
	FROM leaf l JOIN act a ON a.id = l.entry WHERE l.seq >= $1 AND l.seq < $2 ORDER BY l.seq`)

// Write writes the segments that are not in the folder yet, and returns how many
// files that were. A file appears whole or not at all.
func (x *Archiver) Write(ctx context.Context) (files int, err error) {
	defer errs.Wrap(&err, "journal.Archive(%q)", x.Dir)
	if x.level == 0 {
		x.level = segmentLevel
	}
	if err := os.MkdirAll(x.Dir, 0o700); err != nil {
		return 0, err
	}
	logs, err := readLogs(ctx, x.DB)
	if err != nil {
		return 0, err
	}
	for _, l := range logs {
		newest, ok, err := newestCheckpoint(ctx, x.DB, l)
		if err != nil {
			return files, err
		}
		if !ok {
			continue
		}
		count := uint64(1) << x.level
		for first := uint64(0); first+count <= newest.Size; first += count {
			wrote, err := x.segment(ctx, l, newest, first)
			if errors.Is(err, errTooNew) {
				break
			}
			if err != nil {
				return files, err
			}
			if wrote {
				files++
			}
		}
	}
	return files, nil
}

// errTooNew says that a segment has acts that are not old enough.
var errTooNew = errors.New("too new")

// segment writes one segment, if it is not there and old enough.
func (x *Archiver) segment(ctx context.Context, l sealedLog, in Published, first uint64) (wrote bool, err error) {
	count := uint64(1) << x.level
	path := filepath.Join(x.Dir, fmt.Sprintf("%s-%012d.jsonl.gz", fileOf(l.Origin), first))
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	n, err := proof.Inclusion(first>>x.level, (in.Size+count-1)>>x.level)
	if err != nil {
		return false, err
	}
	head := sealed.Segment{Format: sealed.SegmentFormat, First: first, Count: count, Checkpoint: in.Note, Key: in.Key}
	if head.Proof, err = l.proveAbove(ctx, x.DB, n, x.level, in.Size); err != nil {
		return false, err
	}
	lines, err := x.lines(ctx, l.First+int64(first), int64(count))
	if err != nil {
		return false, err
	}
	f, err := os.CreateTemp(x.Dir, ".segment-*")
	if err != nil {
		return false, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := sealed.WriteSegment(f, head, func() (line sealed.Line, ok bool, err error) {
		if len(lines) == 0 {
			return line, false, nil
		}
		line, lines = lines[0], lines[1:]
		return line, true, nil
	}); err != nil {
		return false, err
	}
	if err := f.Sync(); err != nil {
		return false, err
	}
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	x.Told(filepath.Base(path), count, info.Size())
	return true, os.Rename(f.Name(), path)
}

// lines reads the acts of a segment, if all are old enough.
func (x *Archiver) lines(ctx context.Context, from, count int64) (lines []sealed.Line, err error) {
	before := clock.Micros(x.Before)
	err = db.Each(ctx, x.DB, segmentLines, func(rows *sql.Rows) error {
		var line sealed.Line
		a := &line.Act
		if err := rows.Scan(&line.Salts.Subject, &line.Salts.Who,
			&a.ID, &a.At, &a.Kind, &a.Subject, &a.Person, &a.Data, &a.Role, &a.Desk, &a.Channel, &a.Level, &a.For); err != nil {
			return err
		}
		if a.At >= before {
			return errTooNew
		}
		lines = append(lines, line)
		return nil
	}, from, from+count)
	if err == nil && int64(len(lines)) != count {
		err = ErrBroken
	}
	return lines, err
}

// proveAbove makes a proof in the tree whose leaves are the subtrees of a level.
// The last of these may be a part of one.
func (l *sealedLog) proveAbove(ctx context.Context, r db.Reader, n proof.Nodes, level uint, size uint64) ([][]byte, error) {
	out := make([][]byte, len(n.IDs))
	for i, id := range n.IDs {
		from, to := compact.NewNodeID(id.Level+level, id.Index).Coverage()
		parts, err := l.nodes(ctx, r, compact.RangeNodes(from, min(to, size), nil))
		if err != nil {
			return nil, err
		}
		h := parts[len(parts)-1]
		for k := len(parts) - 2; k >= 0; k-- {
			h = sealed.Node(parts[k], h)
		}
		out[i] = h
	}
	return n.Rehash(out, sealed.Node)
}
