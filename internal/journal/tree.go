package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"polis/internal/journal/sealed"
	"polis/internal/platform/db"
)

// The tree of a log is that of RFC 6962. Its leaves are rows; of the nodes above
// those on every step-th level are kept (the roots of 256, 65,536, … leaves), so
// that any node comes from at most 128 rows and a proof from some hundreds,
// however long the log.
const step = 8

var hashes = &compact.RangeFactory{Hash: sealed.Node}

// sealedLog is a log of this installation.
type sealedLog struct {
	First   int64  // seq of its first leaf
	Origin  string // its name in checkpoints
	Public  string // key of its checkpoints; "" before the first
	Opening string // id of the act that must be its first; "" where any may be
}

var (
	logsOf     = db.Q("journal.logs", `SELECT first, origin, public, opening FROM journal_log ORDER BY first`)
	leafHashes = db.Q("journal.leaf-hashes", `SELECT hash FROM leaf WHERE seq >= $1 AND seq < $2 ORDER BY seq`)
	nodeHashes = db.Q("journal.node-hashes", `SELECT hash FROM leaf_tree WHERE log = $1 AND level = $2 AND n >= $3 AND n < $4 ORDER BY n`)
	lastLeaf   = db.Q("journal.leaf-last", `SELECT seq, entry FROM leaf ORDER BY seq DESC LIMIT 1`)
)

// ErrBroken says that what is kept of a tree is not whole.
var ErrBroken = errors.New("journal: leaves are missing; polis journal verify says which")

func readLogs(ctx context.Context, r db.Reader) ([]sealedLog, error) {
	return db.All(ctx, r, logsOf, func(rows *sql.Rows) (l sealedLog, err error) {
		return l, rows.Scan(&l.First, &l.Origin, &l.Public, &l.Opening)
	})
}

// sealedSeq is how many leaves there are, of all logs.
func sealedSeq(ctx context.Context, r db.Reader) (next int64, err error) {
	var last int64
	var entry string
	err = db.One(ctx, r, lastLeaf, nil, &last, &entry)
	if errors.Is(err, db.ErrNoRow) {
		return 0, nil
	}
	return last + 1, err
}

// node is the hash of a whole subtree.
func (l *sealedLog) node(ctx context.Context, r db.Reader, id compact.NodeID) ([]byte, error) {
	base := id.Level / step * step
	from := int64(id.Index << (id.Level - base))
	n := int64(1) << (id.Level - base)
	q, args := nodeHashes, []any{l.First, int64(base), from, from + n}
	if base == 0 {
		q, args = leafHashes, []any{l.First + from, l.First + from + n}
	}
	row, err := db.All(ctx, r, q, func(rows *sql.Rows) (h []byte, err error) { return h, rows.Scan(&h) }, args...)
	if err != nil {
		return nil, err
	}
	if int64(len(row)) != n {
		return nil, fmt.Errorf("%w: %d of %d below level %d, %d", ErrBroken, len(row), n, id.Level, id.Index)
	}
	for ; len(row) > 1; row = row[:len(row)/2] {
		for i := range len(row) / 2 {
			row[i] = sealed.Node(row[2*i], row[2*i+1])
		}
	}
	return row[0], nil
}

func (l *sealedLog) nodes(ctx context.Context, r db.Reader, ids []compact.NodeID) ([][]byte, error) {
	out := make([][]byte, len(ids))
	for i, id := range ids {
		h, err := l.node(ctx, r, id)
		if err != nil {
			return nil, err
		}
		out[i] = h
	}
	return out, nil
}

// frontier is what of a tree of a size is needed to let it grow.
func (l *sealedLog) frontier(ctx context.Context, r db.Reader, size uint64) ([][]byte, error) {
	return l.nodes(ctx, r, compact.RangeNodes(0, size, nil))
}

// root is the root of the tree when it had a size.
func (l *sealedLog) root(ctx context.Context, r db.Reader, size uint64) ([]byte, error) {
	row, err := l.frontier(ctx, r, size)
	if err != nil {
		return nil, err
	}
	return rootOf(size, row)
}

func rootOf(size uint64, frontier [][]byte) ([]byte, error) {
	if size == 0 {
		return rfc6962.DefaultHasher.EmptyRoot(), nil
	}
	tree, err := hashes.NewRange(0, size, frontier)
	if err != nil {
		return nil, err
	}
	return tree.GetRootHash(nil)
}

// inclusion proves that a leaf is in the tree of a size.
func (l *sealedLog) inclusion(ctx context.Context, r db.Reader, index, size uint64) ([][]byte, error) {
	n, err := proof.Inclusion(index, size)
	if err != nil {
		return nil, err
	}
	return l.prove(ctx, r, n)
}

// consistency proves that the tree of one size begins with that of another.
func (l *sealedLog) consistency(ctx context.Context, r db.Reader, from, to uint64) ([][]byte, error) {
	n, err := proof.Consistency(from, to)
	if err != nil {
		return nil, err
	}
	return l.prove(ctx, r, n)
}

func (l *sealedLog) prove(ctx context.Context, r db.Reader, n proof.Nodes) ([][]byte, error) {
	row, err := l.nodes(ctx, r, n.IDs)
	if err != nil {
		return nil, err
	}
	return n.Rehash(row, sealed.Node)
}
