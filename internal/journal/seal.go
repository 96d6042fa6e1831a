package journal

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/transparency-dev/merkle/compact"

	"polis/internal/journal/sealed"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// batch is how many acts one transaction seals: on SQLite it is in the way of
// other writers for some milliseconds.
const batch = 1024

var (
	unsealed = db.Q("journal.unsealed", `
		SELECT a.id, a.at, a.kind, a.subject, a.person, a.data, a.role, a.desk, a.channel, a.level, a.for_whom
		FROM act a LEFT JOIN leaf l ON l.entry = a.id AND l.entry > $1
		WHERE a.id > $1 AND a.id <= $2 AND l.seq IS NULL ORDER BY a.id LIMIT $3`)
	newestID    = db.Q("journal.newest-id", `SELECT id FROM act ORDER BY id DESC LIMIT 1`)
	unsealedOne = db.Q("journal.unsealed-one", `
		SELECT a.id, a.at, a.kind, a.subject, a.person, a.data, a.role, a.desk, a.channel, a.level, a.for_whom
		FROM act a LEFT JOIN leaf l ON l.entry = a.id WHERE a.id = $1 AND l.seq IS NULL`)
	insertLeaves = db.Rows("journal.leaf-insert", `
		INSERT INTO leaf (seq, entry, hash, subject_salt, who_salt)
		SELECT column1, column2, column3, column4, column5 FROM {rows} WHERE column1 IS NOT NULL`,
		"BIGINT", "TEXT", "BYTEA", "BYTEA", "BYTEA")
	insertNodes = db.Rows("journal.node-insert", `
		INSERT INTO leaf_tree (log, level, n, hash)
		SELECT column1, column2, column3, column4 FROM {rows} WHERE column1 IS NOT NULL`,
		"BIGINT", "BIGINT", "BIGINT", "BYTEA")
	insertCheckpoint = db.Q("journal.checkpoint-insert", `INSERT INTO checkpoint (log, size, at, root, note) VALUES ($1, $2, $3, $4, $5)`)
	thinCheckpoints  = db.Q("journal.checkpoint-thin", `DELETE FROM checkpoint WHERE log = $1 AND size = $2 AND at >= $3`)
	insertLog        = db.Q("journal.log-insert", `INSERT INTO journal_log (first, origin, public, began, opening) VALUES ($1, $2, $3, $4, $5)`)
	publishKey       = db.Q("journal.log-key", `UPDATE journal_log SET public = $2 WHERE first = $1 AND public = ''`)
)

// ErrOtherKey says that the log in the database was begun with another key.
var ErrOtherKey = errors.New("journal: the log was begun with another signing key; nothing is sealed with this one")

// ErrForked says that the leaves do not come to what the newest checkpoint says.
var ErrForked = errors.New("journal: the leaves are not those of the newest checkpoint, nothing is sealed on top; polis journal verify says what was changed")

// state is the end of the log that leaves are put behind. It is kept between
// batches, while nobody else can seal.
type state struct {
	log      sealedLog
	size     uint64
	frontier [][]byte
	last     int64 // at of the newest checkpoint, 0 if none
}

// seal gives a place to the committed acts behind from, up to to where that is
// given, that have none: leaves and checkpoint in one transaction, in the order
// of their ids. until is up to where none is left of those that it saw; floor up
// to where none is added any more, if clocks agree.
//
// No act waits for a transaction that is still open. What was committed before
// something else was done is seen when that is, so that it has its place in the
// same batch or an earlier one.
func (s *Sealer) seal(ctx context.Context, from, to string) (n int, until, floor string, err error) {
	var after state
	err = s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		n, after = 0, state{}
		if err := s.hold(ctx, tx); err != nil {
			return err
		}
		if until, floor, err = ends(ctx, tx, to); err != nil {
			return err
		}
		at, err := s.end(ctx, tx)
		if err != nil {
			return err
		}
		acts, err := at.next(ctx, tx, from, until)
		if n = len(acts); err != nil || n == 0 {
			after = at
			return err
		}
		if n >= batch {
			until = acts[n-1].ID
		}
		after, err = s.append(ctx, tx, at, acts)
		return err
	})
	if err != nil {
		s.at = nil
		return 0, "", "", err
	}
	s.at = &after
	return n, until, floor, nil
}

// ends are to where acts are looked at, and to where they are all there.
func ends(ctx context.Context, tx *db.Tx, to string) (until, floor string, err error) {
	horizon, err := tx.Horizon(ctx) // before the first look at acts
	if err != nil || to != "" {
		return to, "", err
	}
	if err = db.One(ctx, tx, newestID, nil, &until); errors.Is(err, db.ErrNoRow) {
		err = nil
	}
	if tx.Engine() != db.Postgres { // the only writer
		return until, until, err
	}
	return until, firstID(horizon), err
}

// next are the acts to seal now; the one that opens a log before all others.
func (at *state) next(ctx context.Context, tx *db.Tx, from, until string) (acts []sealed.Act, err error) {
	if at.size == 0 && at.log.Opening != "" {
		if acts, err = db.All(ctx, tx, unsealedOne, scanSealed, at.log.Opening); err != nil {
			return nil, err
		}
	}
	more, err := db.All(ctx, tx, unsealed, scanSealed, from, until, batch)
	if len(acts) > 0 {
		more = slices.DeleteFunc(more, func(a sealed.Act) bool { return a.ID == acts[0].ID })
	}
	return append(acts, more...), err
}

// end is the state of the log as the transaction sees it, or as we left it.
func (s *Sealer) end(ctx context.Context, tx *db.Tx) (at state, err error) {
	if s.at != nil {
		return *s.at, nil
	}
	logs, err := readLogs(ctx, tx)
	if err != nil {
		return at, err
	}
	if len(logs) == 0 {
		first := sealedLog{Origin: newOrigin()}
		if first.Public, err = s.public(first.Origin); err != nil {
			return at, err
		}
		_, err = tx.Exec(ctx, insertLog, int64(0), first.Origin, first.Public, clock.Micros(s.Clock.Now()), "")
		return state{log: first}, err
	}
	at.log = logs[len(logs)-1]
	ours, err := s.public(at.log.Origin)
	if err != nil {
		return at, err
	}
	if at.log.Public == "" {
		at.log.Public = ours
		if _, err := tx.Exec(ctx, publishKey, at.log.First, ours); err != nil {
			return at, err
		}
	}
	if at.log.Public != ours {
		return at, ErrOtherKey
	}
	next, err := sealedSeq(ctx, tx)
	if err != nil {
		return at, err
	}
	at.size = uint64(max(0, next-at.log.First))
	if at.frontier, err = at.log.frontier(ctx, tx, at.size); err != nil {
		return at, err
	}
	return at, at.agree(ctx, tx)
}

// agree holds the leaves against the newest checkpoint, so that nothing is ever
// put on top of a log that somebody has cut or changed.
func (at *state) agree(ctx context.Context, tx *db.Tx) error {
	newest, ok, err := newestCheckpoint(ctx, tx, at.log)
	if err != nil {
		return err
	}
	if !ok {
		newest = Published{}
	}
	root, err := rootOf(at.size, at.frontier)
	if err != nil {
		return err
	}
	if newest.Size != at.size || ok && string(newest.Root) != string(root) {
		return fmt.Errorf("%w (%d leaves, checkpoint of %d)", ErrForked, at.size, newest.Size)
	}
	if ok {
		at.last = clock.Micros(newest.At)
	}
	return nil
}

// append writes leaves, the nodes that they complete, and the checkpoint.
func (s *Sealer) append(ctx context.Context, tx *db.Tx, at state, acts []sealed.Act) (state, error) {
	tree, err := hashes.NewRange(0, at.size, slices.Clone(at.frontier))
	if err != nil {
		return at, err
	}
	salts := make([]byte, 2*sealed.SaltSize*len(acts))
	if _, err := rand.Read(salts); err != nil {
		return at, err
	}
	leaves, nodes := make([]any, 0, 5*len(acts)), []any{}
	note := func(id compact.NodeID, hash []byte) {
		if id.Level > 0 && id.Level%step == 0 {
			nodes = append(nodes, at.log.First, int64(id.Level), int64(id.Index), hash)
		}
	}
	for i := range acts {
		own := salts[2*sealed.SaltSize*i:]
		salt := sealed.Salts{Subject: own[:sealed.SaltSize:sealed.SaltSize], Who: own[sealed.SaltSize : 2*sealed.SaltSize : 2*sealed.SaltSize]}
		leaf, err := acts[i].Leaf(salt)
		if err != nil {
			return at, err
		}
		leaves = append(leaves, at.log.First+int64(tree.End()), acts[i].ID, leaf, salt.Subject, salt.Who)
		if err := tree.Append(leaf, note); err != nil {
			return at, err
		}
	}
	if err := insertLeaves.Later(ctx, tx, leaves); err != nil {
		return at, err
	}
	if err := insertNodes.Later(ctx, tx, nodes); err != nil {
		return at, err
	}
	before := at
	at.size, at.frontier = tree.End(), tree.Hashes()
	return at, s.publish(ctx, tx, before, &at)
}

// kept is how often a checkpoint is kept for good: of those within an hour the
// last stands for all, since it proves what they proved.
const kept = int64(3600 * 1_000_000)

// publish signs the state after a batch. The checkpoint before it goes where it
// is of the same hour.
func (s *Sealer) publish(ctx context.Context, tx *db.Tx, before state, at *state) error {
	root, err := rootOf(at.size, at.frontier)
	if err != nil {
		return err
	}
	text, err := sealed.Checkpoint{Origin: at.log.Origin, Size: at.size, Root: root}.Sign(s.Key)
	if err != nil {
		return err
	}
	at.last = clock.Micros(s.Clock.Now())
	if before.last >= at.last/kept*kept {
		if err := tx.Later(ctx, thinCheckpoints, at.log.First, int64(before.size), at.last/kept*kept); err != nil {
			return err
		}
	}
	if err := tx.Later(ctx, insertCheckpoint, at.log.First, int64(at.size), at.last, root, text); err != nil {
		return err
	}
	tx.After(func() { s.toShow = pending{at.log.Origin, text, at.size} })
	return nil
}

func (s *Sealer) public(origin string) (string, error) {
	return sealed.PublicKey(origin, s.Key.Public().(ed25519.PublicKey))
}

// originBase begins the names of all logs.
const originBase = "polis/journal/"

// newOrigin names a log like no other.
func newOrigin() string {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // it never fails
	}
	return originBase + hex.EncodeToString(b[:])
}

func scanSealed(rows *sql.Rows) (a sealed.Act, err error) {
	return a, rows.Scan(&a.ID, &a.At, &a.Kind, &a.Subject, &a.Person, &a.Data, &a.Role, &a.Desk, &a.Channel, &a.Level, &a.For)
}
