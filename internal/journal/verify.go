package journal

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"polis/internal/journal/sealed"
	"polis/internal/platform/db"
)

// Check says what to verify a journal by.
type Check struct {
	Keys []string // public keys to believe; without any, those that the logs name
	// Own, if not nil, is the key of the installation for a log of a name: the
	// logs must name the same.
	Own      func(origin string) (string, error)
	Old      []OldCheckpoint         // that the logs must extend
	Progress func(done, total int64) // may be nil
}

// OldCheckpoint is a checkpoint of before, as a signed note.
type OldCheckpoint struct {
	File string // it is from; "" for one that was given
	Text string
}

// Fault is something in the journal that is not as it was sealed.
type Fault struct {
	Log   string // its origin; "" where it is in none
	Index uint64 // place in it
	Until uint64 // last place, where it is somewhere among several
	Act   string // id, if known
	What  string // what is wrong
}

func (f Fault) String() string {
	where := ""
	switch {
	case f.Log != "" && f.Until > f.Index:
		where = fmt.Sprintf("positions %d to %d: ", f.Index, f.Until)
	case f.Log != "":
		where = fmt.Sprintf("position %d: ", f.Index)
	}
	if f.Act != "" {
		where += "act " + f.Act + " "
	}
	return where + f.What
}

// Verified is what Verify found.
type Verified struct {
	Logs        []VerifiedLog
	Acts        int64               // with a place in a log
	Forgotten   int64               // of these, acts of which part is forgotten
	Waiting     int64               // acts that have no place yet
	Checkpoints int64               // whose signature and root hold
	Extended    []sealed.Checkpoint // of the given ones
	Witnessed   int                 // checkpoints in files that the logs extend
	Faults      []Fault             // the first mostFaults
	More        int64               // faults beyond
}

// VerifiedLog is one of the logs.
type VerifiedLog struct {
	Origin, Public string
	Size           uint64
	Last           time.Time // when its newest checkpoint was made
}

// widestGap is how many missing places are gone through; it is a moved place
// rather than a million removed.
const widestGap = 1 << 20

// mostFaults is how many faults are named.
const mostFaults = 100

func (v *Verified) fault(f Fault) {
	if len(v.Faults) == mostFaults {
		v.More++
		return
	}
	v.Faults = append(v.Faults, f)
}

// verifier is a Verify under way.
type verifier struct {
	Check
	Verified
	db    *db.DB
	logs  []sealedLog
	kept  map[int64]*treeCheck // by the first place of a log
	total int64
	done  int64
	parts int64                      // forgotten parts that were met
	old   map[string][]oldCheckpoint // of before, that have still to be met, by log and size
	last  string                     // newest id that has a place
}

type oldCheckpoint struct {
	sealed.Checkpoint
	file string
}

func (o *oldCheckpoint) String() string {
	if o.file == "" {
		return fmt.Sprintf("the given checkpoint of %d entries", o.Size)
	}
	return fmt.Sprintf("the checkpoint of %d entries in %s", o.Size, o.file)
}

// Verify goes through the whole journal, which may be in use meanwhile: each
// leaf is made again from its act, the trees from the leaves, and every
// checkpoint is held against them. It reads in pieces and keeps little in memory.
// What is wrong is a Fault; an error says that it could not be found out.
func Verify(ctx context.Context, d *db.DB, by Check) (Verified, error) {
	v := &verifier{Check: by, db: d}
	if err := v.begin(ctx); err != nil {
		return v.Verified, err
	}
	expected, err := v.forgotten(ctx)
	if err != nil {
		return v.Verified, err
	}
	for i, l := range v.logs {
		end := v.total
		if i+1 < len(v.logs) {
			end = v.logs[i+1].First
		}
		if err := v.log(ctx, l, end); err != nil {
			return v.Verified, err
		}
	}
	if err := v.outside(ctx); err != nil {
		return v.Verified, err
	}
	for _, origin := range slices.Sorted(maps.Keys(v.old)) { // what is left
		for _, o := range v.old[origin] {
			v.fault(Fault{What: fmt.Sprintf("%s is of a log that is not here: %q", &o, o.Origin)})
		}
	}
	after, err := v.forgotten(ctx)
	if err == nil && (v.parts < expected || v.parts > after) {
		v.fault(Fault{What: fmt.Sprintf("%d parts of acts are empty as if forgotten, %d were forgotten by an act that says so", v.parts, after)})
	}
	return v.Verified, err
}

// begin reads, as of one moment, how long the logs are and what is kept of them
// beside the leaves; and the checkpoints of before.
func (v *verifier) begin(ctx context.Context) error {
	v.kept = map[int64]*treeCheck{}
	if err := v.db.Snapshot(ctx, func(tx *db.Tx) (err error) {
		if v.logs, err = readLogs(ctx, tx); err != nil {
			return err
		}
		for _, l := range v.logs {
			t := &treeCheck{v: v, log: l, tree: hashes.NewEmptyRange(0)}
			v.kept[l.First] = t
			if t.points, err = v.checkpoints(ctx, tx, l); err != nil {
				return err
			}
			if t.nodes, err = keptNodes(ctx, tx, l); err != nil {
				return err
			}
		}
		if v.total, err = sealedSeq(ctx, tx); err != nil {
			return err
		}
		var leaves int64
		err = db.One(ctx, tx, countLeaves, nil, &leaves)
		if most := leaves + widestGap; v.total > most {
			v.fault(Fault{What: fmt.Sprintf("a leaf has place %d of %d: it was moved", v.total-1, leaves)})
			v.total = most
		}
		return err
	}); err != nil {
		return err
	}
	v.logs = slices.DeleteFunc(v.logs, func(l sealedLog) bool {
		wrong := l.First < 0 || l.First > v.total
		if wrong {
			v.fault(Fault{What: fmt.Sprintf("a log is said to begin at place %d of %d: its row of journal_log was changed", l.First, v.total)})
		}
		return wrong
	})
	if v.total > 0 && (len(v.logs) == 0 || v.logs[0].First != 0) {
		v.fault(Fault{What: "the first entries belong to no log: a row of journal_log was removed or changed"})
	}
	return v.before()
}

// before reads the checkpoints of before.
func (v *verifier) before() error {
	v.old = map[string][]oldCheckpoint{}
	for _, given := range v.Old {
		c, err := sealed.Peek(given.Text)
		if err != nil && given.File == "" {
			return err
		}
		o := oldCheckpoint{c, given.File}
		if err != nil {
			v.fault(Fault{What: fmt.Sprintf("%s: %v", given.File, err)})
			continue
		}
		if _, err = sealed.Open(given.Text, v.keysFor(c.Origin)...); err != nil {
			v.fault(Fault{What: fmt.Sprintf("%s of %q is not signed by the key of this log: %v", &o, c.Origin, err)})
			continue
		}
		v.old[c.Origin] = append(v.old[c.Origin], o)
	}
	for _, list := range v.old {
		slices.SortStableFunc(list, func(a, b oldCheckpoint) int { return cmp.Compare(a.Size, b.Size) })
	}
	return nil
}

// keysFor are the keys by which the checkpoints of a log are believed.
func (v *verifier) keysFor(origin string) (keys []string) {
	if len(v.Keys) > 0 {
		return v.Keys
	}
	for _, l := range v.logs {
		if l.Origin == origin && l.Public != "" {
			keys = append(keys, l.Public)
		}
	}
	return keys
}

var (
	forgottenActs = db.Q("journal.forgotten", `SELECT data FROM act WHERE kind = '`+KindForgotten+`'`)
	countActs     = db.Q("journal.count", `SELECT COUNT(*) FROM act`)
	countLeaves   = db.Q("journal.leaf-count", `SELECT COUNT(*) FROM leaf`)
	sealerFloor   = db.Q("journal.sealer-floor", `SELECT floor FROM sealer WHERE name = 'journal'`)
	waitingActs   = db.Q("journal.waiting", `SELECT a.id FROM act a LEFT JOIN leaf l ON l.entry = a.id WHERE l.seq IS NULL ORDER BY a.id`)
)

// outside looks for acts without a place. Those that came after all others wait
// for theirs; one in between was slipped in, since what is sealed leaves none
// behind but, on PostgreSQL, those of transactions that were still open.
func (v *verifier) outside(ctx context.Context) error {
	var acts, leaves int64
	behind := v.last
	if v.db.Engine == db.Postgres {
		var floor string
		if err := db.One(ctx, v.db, sealerFloor, nil, &floor); err != nil && !errors.Is(err, db.ErrNoRow) {
			return err
		}
		if floor != "" {
			behind = min(behind, floor)
		}
	}
	if err := db.One(ctx, v.db, countLeaves, nil, &leaves); err != nil {
		return err
	}
	if err := db.One(ctx, v.db, countActs, nil, &acts); err != nil || acts == leaves && len(v.Faults) == 0 {
		return err
	}
	return db.Each(ctx, v.db, waitingActs, func(rows *sql.Rows) error {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		if id < behind {
			v.fault(Fault{Act: id, What: "has no place in the log, though later ones have: it was slipped in, or its place removed"})
		} else {
			v.Waiting++
		}
		return nil
	})
}

// checkpoints reads the checkpoints of a log that were made up to a size, and
// proves their signatures.
func (v *verifier) checkpoints(ctx context.Context, r db.Reader, l sealedLog) (list []Published, err error) {
	keys := v.keysFor(l.Origin)
	if err := v.ownKey(l); err != nil {
		return nil, err
	}
	err = db.Each(ctx, r, checkpointsOf, func(rows *sql.Rows) error {
		p, err := l.scan(rows)
		if err != nil {
			return err
		}
		switch c, err := sealed.Open(p.Note, keys...); {
		case err != nil:
			v.fault(Fault{Log: l.Origin, Index: p.Size, What: "the checkpoint of this size is not signed by the key of the log: " + err.Error()})
		case c.Origin != l.Origin || c.Size != p.Size || string(c.Root) != string(p.Root):
			v.fault(Fault{Log: l.Origin, Index: p.Size, What: "the checkpoint of this size was changed: its row is not what it has signed"})
		}
		list = append(list, p)
		return nil
	}, l.First)
	return list, err
}

var checkpointsOf = db.Q("journal.checkpoints", `SELECT size, at, root, note FROM checkpoint WHERE log = $1 ORDER BY size`)

// ownKey holds the key that a log names against that of the installation.
func (v *verifier) ownKey(l sealedLog) error {
	if v.Own == nil || l.Public == "" {
		return nil
	}
	own, err := v.Own(l.Origin)
	if err == nil && own != l.Public {
		v.fault(Fault{Log: l.Origin, What: "the log names another public key than that of the installation: it was replaced"})
	}
	return err
}
