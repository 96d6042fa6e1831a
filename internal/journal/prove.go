package journal

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"polis/internal/journal/sealed"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Proof shows that an act stands in a log, without saying what it is.
type Proof struct {
	Leaf  []byte    // its hash
	Index uint64    // its place, from 0
	Size  uint64    // of the tree in which it is proved
	Path  [][]byte  // hashes from the leaf up
	In    Published // the newest checkpoint; where Size is another, the one of that size if it was kept
}

// Entry is a sealed act with what proves it.
type Entry struct {
	Act   sealed.Act
	Salts sealed.Salts
	seq   int64
	hash  []byte
}

var (
	entryOf = db.Q("journal.entry", `
		SELECT l.seq, l.hash, l.subject_salt, l.who_salt,
			a.id, a.at, a.kind, a.subject, a.person, a.data, a.role, a.desk, a.channel, a.level, a.for_whom
		FROM leaf l JOIN act a ON a.id = l.entry WHERE l.entry = $1`)
	entriesOf = db.Q("journal.entries-about", `
		SELECT l.seq, l.hash, l.subject_salt, l.who_salt,
			a.id, a.at, a.kind, a.subject, a.person, a.data, a.role, a.desk, a.channel, a.level, a.for_whom
		FROM act a JOIN leaf l ON l.entry = a.id WHERE a.subject = $1 ORDER BY l.seq LIMIT $2`)
)

func scanEntry(rows *sql.Rows) (e Entry, err error) {
	a := &e.Act
	return e, rows.Scan(&e.seq, &e.hash, &e.Salts.Subject, &e.Salts.Who,
		&a.ID, &a.At, &a.Kind, &a.Subject, &a.Person, &a.Data, &a.Role, &a.Desk, &a.Channel, &a.Level, &a.For)
}

var errNoEntry = errs.New(errs.NotFound, "journal.no-entry", nil)

// Find returns a sealed act; NotFound "journal.no-entry" for one that is unknown
// or has not been sealed yet.
func Find(ctx context.Context, r db.Reader, id string) (Entry, error) {
	list, err := db.All(ctx, r, entryOf, scanEntry, id)
	if err == nil && len(list) == 0 {
		err = errNoEntry
	}
	if err != nil {
		return Entry{}, err
	}
	return list[0], nil
}

// mostAbout is how many acts of one subject are looked at.
const mostAbout = 500

// About are the sealed acts of a subject, the first first.
func About(ctx context.Context, r db.Reader, subject string) ([]Entry, error) {
	return db.All(ctx, r, entriesOf, scanEntry, subject, mostAbout)
}

// Prove proves an entry in the newest tree of its log, or in one of a size.
func Prove(ctx context.Context, r db.Reader, e Entry, size uint64) (p Proof, err error) {
	defer errs.Wrap(&err, "journal.Prove(%d)", e.seq)
	l, err := logOf(ctx, r, e.seq)
	if err != nil {
		return p, err
	}
	newest, ok, err := newestCheckpoint(ctx, r, l)
	if err != nil || !ok {
		return p, errors.Join(err, errNoEntry)
	}
	p = Proof{Leaf: e.hash, Index: uint64(e.seq - l.First), Size: newest.Size, In: newest}
	if size != 0 && size != newest.Size {
		if size > newest.Size || size <= p.Index {
			return p, errs.New(errs.Invalid, "journal.size", errs.Args{"size": newest.Size}).On("size")
		}
		p.Size = size
		if p.In, _, err = oneCheckpoint(ctx, r, l, checkpointOf, l.First, int64(size)); err != nil {
			return p, err
		}
	}
	p.Path, err = l.inclusion(ctx, r, p.Index, p.Size)
	return p, err
}

// logOf is the log in which a place lies.
func logOf(ctx context.Context, r db.Reader, seq int64) (sealedLog, error) {
	logs, err := readLogs(ctx, r)
	if err != nil {
		return sealedLog{}, err
	}
	for _, l := range slices.Backward(logs) {
		if l.First <= seq {
			return l, nil
		}
	}
	return sealedLog{}, ErrBroken
}

// ReceiptOf is the receipt of an entry: who has it can prove the act to anybody.
// It says all that the act says, so that only who is concerned may get it.
// NotFound where what it would say is forgotten.
func ReceiptOf(ctx context.Context, r db.Reader, e Entry) (sealed.Receipt, error) {
	if subject, who := e.Salts.Forgotten(); subject || who {
		return sealed.Receipt{}, errNoEntry
	}
	p, err := Prove(ctx, r, e, 0)
	if err != nil {
		return sealed.Receipt{}, err
	}
	return sealed.Receipt{
		Format: sealed.ReceiptFormat, Act: e.Act, Salts: e.Salts, Index: p.Index, Proof: p.Path, Checkpoint: p.In.Note, Key: p.In.Key,
	}, nil
}

// Consistency proves that the log in use, when it had one size, is the beginning
// of what it was at another; to 0 is the newest. Invalid "journal.size" where the
// sizes are none of it.
func Consistency(ctx context.Context, r db.Reader, from, to uint64) (path [][]byte, at Published, err error) {
	defer errs.Wrap(&err, "journal.Consistency(%d, %d)", from, to)
	if at, err = Latest(ctx, r); err != nil {
		return nil, at, err
	}
	if to == 0 {
		to = at.Size
	}
	if from == 0 || from > to || to > at.Size {
		return nil, at, errs.New(errs.Invalid, "journal.size", errs.Args{"size": at.Size}).On("from")
	}
	logs, err := readLogs(ctx, r)
	if err != nil {
		return nil, at, err
	}
	l := logs[slices.IndexFunc(logs, func(l sealedLog) bool { return l.Origin == at.Origin })]
	if to != at.Size {
		if at, _, err = oneCheckpoint(ctx, r, l, checkpointOf, l.First, int64(to)); err != nil {
			return nil, at, err
		}
	}
	path, err = l.consistency(ctx, r, from, to)
	return path, at, err
}

// Extends tells whether the log of a checkpoint is here and begins with what the
// checkpoint says.
func Extends(ctx context.Context, r db.Reader, c sealed.Checkpoint) (bool, error) {
	logs, err := readLogs(ctx, r)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(logs, func(l sealedLog) bool { return l.Origin == c.Origin })
	if i < 0 {
		return false, nil
	}
	newest, ok, err := newestCheckpoint(ctx, r, logs[i])
	if err != nil || !ok || newest.Size < c.Size {
		return false, err
	}
	root, err := logs[i].root(ctx, r, c.Size)
	return err == nil && string(root) == string(c.Root), err
}

// Place is where the entry stands among all that this installation has sealed,
// from 0.
func (e Entry) Place() int64 { return e.seq }
