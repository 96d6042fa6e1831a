package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/transparency-dev/merkle/compact"

	"polis/internal/journal/sealed"
	"polis/internal/platform/db"
)

// piece is how many places are read at a time, and readers how many such pieces
// are read beside each other.
const (
	piece   = 4096
	readers = 4
)

// placesWhole reads places whose acts are all there, each in few columns, which
// is a third of the work of placesOf.
var placesWhole = db.Q("journal.places-whole", `
	SELECT l.seq, l.hash, l.subject_salt, l.who_salt, `+packed+`
	FROM leaf l JOIN act a ON a.id = l.entry WHERE l.seq >= $2 AND l.seq < $3 ORDER BY l.seq`)

var placesOf = db.Q("journal.places", `
	SELECT l.seq, l.entry, l.hash, l.subject_salt, l.who_salt,
		COALESCE(a.id, ''), COALESCE(a.at, 0), COALESCE(a.kind, ''), COALESCE(a.subject, ''), COALESCE(a.person, ''), COALESCE(a.data, ''),
		COALESCE(a.role, ''), COALESCE(a.desk, ''), COALESCE(a.channel, ''), COALESCE(a.level, 0), COALESCE(a.for_whom, '')
	FROM leaf l LEFT JOIN act a ON a.id = l.entry WHERE l.seq >= $1 AND l.seq < $2 ORDER BY l.seq`)

// place is what verifying found at a place of the log.
type place struct {
	seq    int64
	entry  string
	hash   []byte
	fault  string
	parts  int64  // forgotten
	newest string // the id, where the act is there
}

// log verifies one log, which ends before a place.
func (v *verifier) log(ctx context.Context, l sealedLog, end int64) error {
	t, size := v.kept[l.First], uint64(end-l.First)
	list := t.points
	if n := len(list); n > 0 {
		t.newest = list[n-1].Size
	}
	if err := t.reach(); err != nil {
		return err
	}
	if err := v.places(ctx, l.First, end, t.add); err != nil {
		return err
	}
	t.end(size)
	last := VerifiedLog{Origin: l.Origin, Public: l.Public, Size: size}
	if n := len(list); n > 0 {
		last.Last = list[n-1].At
	}
	v.Logs = append(v.Logs, last)
	return nil
}

// places reads the places in pieces, several at a time, and hands them on in
// order.
func (v *verifier) places(ctx context.Context, from, to int64, each func(place) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type read struct {
		places []place
		err    error
	}
	pieces := make(chan chan read, readers)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		defer close(pieces)
		for at := from; at < to; at += piece {
			one := make(chan read, 1)
			select {
			case pieces <- one:
			case <-ctx.Done():
				return
			}
			wg.Go(func() {
				list, err := v.piece(ctx, at, min(at+piece, to))
				one <- read{list, err}
			})
		}
	})
	for one := range pieces {
		r := <-one
		if r.err != nil {
			return r.err
		}
		for _, p := range r.places {
			if err := each(p); err != nil {
				return err
			}
		}
		if v.done += piece; v.Progress != nil {
			v.Progress(min(v.done, v.total), v.total)
		}
	}
	return ctx.Err()
}

// piece reads some places and makes their leaves again.
func (v *verifier) piece(ctx context.Context, from, to int64) ([]place, error) {
	list, err := v.readWhole(ctx, from, to)
	if err == nil && int64(len(list)) < to-from || errors.Is(err, errMarked) {
		return v.read(ctx, from, to)
	}
	return list, err
}

// errMarked says that an act cannot be read in one column.
var errMarked = errors.New("journal: a field of an act has the mark in it")

func (v *verifier) readWhole(ctx context.Context, from, to int64) ([]place, error) {
	list := make([]place, 0, to-from)
	err := db.Each(ctx, v.db, placesWhole, func(rows *sql.Rows) error {
		var p place
		var subject, who sql.RawBytes
		var text string
		if err := rows.Scan(&p.seq, &p.hash, &subject, &who, &text); err != nil {
			return err
		}
		a, ok := unpack(text)
		if !ok {
			return errMarked
		}
		p.entry = a.ID
		p.look(&a, sealed.Salts{Subject: subject, Who: who})
		list = append(list, p)
		return nil
	}, mark, from, to)
	return list, err
}

func (v *verifier) read(ctx context.Context, from, to int64) ([]place, error) {
	list := make([]place, 0, to-from)
	err := db.Each(ctx, v.db, placesOf, func(rows *sql.Rows) error {
		var p place
		var a sealed.Act
		var s sealed.Salts
		if err := rows.Scan(&p.seq, &p.entry, &p.hash, &s.Subject, &s.Who,
			&a.ID, &a.At, &a.Kind, &a.Subject, &a.Person, &a.Data, &a.Role, &a.Desk, &a.Channel, &a.Level, &a.For); err != nil {
			return err
		}
		p.look(&a, s)
		list = append(list, p)
		return nil
	}, from, to)
	return list, err
}

// look holds the leaf of a place against its act, which has no id where it is
// gone.
func (p *place) look(a *sealed.Act, s sealed.Salts) {
	p.newest = a.ID
	if a.ID == "" {
		p.fault = "was removed"
	} else if err := a.Is(p.hash, s); err != nil {
		p.fault = "was changed: " + err.Error()
	}
	subject, who := s.Forgotten()
	if subject {
		p.parts++
	}
	if who {
		p.parts++
	}
}

// treeCheck makes the tree of a log again and holds it against what is kept.
type treeCheck struct {
	v      *verifier
	log    sealedLog
	points []Published // checkpoints still to be met
	tree   *compact.Range
	nodes  map[compact.NodeID][]byte
	newest uint64 // size of the newest checkpoint
	good   uint64 // size at which the tree was last as signed
	wrong  bool   // a fault of a place above explains what follows
}

// add takes the next place.
func (t *treeCheck) add(p place) error {
	v := t.v
	if at := uint64(p.seq - t.log.First); at > t.tree.End() {
		v.fault(Fault{Log: t.log.Origin, Index: t.tree.End(), Until: at - 1, What: "was removed: there is no leaf"})
		for t.wrong = true; at > t.tree.End(); {
			if err := t.append(make([]byte, 32)); err != nil {
				return err
			}
		}
	}
	if p.fault != "" {
		v.fault(Fault{Log: t.log.Origin, Index: t.tree.End(), Act: p.entry, What: p.fault})
	}
	if v.Acts++; p.parts > 0 {
		v.Forgotten++
		v.parts += p.parts
	}
	v.last = max(v.last, p.newest)
	return t.append(p.hash)
}

func (t *treeCheck) append(hash []byte) error {
	err := t.tree.Append(hash, func(id compact.NodeID, hash []byte) {
		if id.Level == 0 || id.Level%step != 0 {
			return
		}
		if kept, ok := t.nodes[id]; (!ok || string(kept) != string(hash)) && !t.wrong {
			from, to := id.Coverage()
			t.v.fault(Fault{Log: t.log.Origin, Index: from, Until: to - 1, What: "a leaf here is not the one that was sealed: changed, moved, slipped in or removed"})
		}
		delete(t.nodes, id)
	})
	if err != nil {
		return err
	}
	return t.reach()
}

// reach holds the tree against the checkpoints of its size.
func (t *treeCheck) reach() error {
	size := t.tree.End()
	var root []byte
	is := func(c sealed.Checkpoint) (bool, error) {
		if root == nil {
			var err error
			if root, err = rootOf(size, t.tree.Hashes()); err != nil {
				return false, err
			}
		}
		return string(root) == string(c.Root), nil
	}
	for len(t.points) > 0 && t.points[0].Size <= size {
		p := t.points[0]
		t.points = t.points[1:]
		ok, err := is(p.Checkpoint)
		switch {
		case err != nil:
			return err
		case ok:
			t.good = size
			t.v.Checkpoints++
		default:
			t.v.fault(Fault{Log: t.log.Origin, Index: t.good, Until: max(size, 1) - 1, What: fmt.Sprintf("the leaves do not come to the checkpoint of %d entries: one was changed, moved, slipped in or removed", size)})
		}
	}
	old := t.v.old[t.log.Origin]
	for ; len(old) > 0 && old[0].Size <= size; old = old[1:] {
		o := old[0]
		ok, err := is(o.Checkpoint)
		switch {
		case err != nil:
			return err
		case !ok:
			t.v.fault(Fault{Log: t.log.Origin, Until: max(size, 1) - 1, What: fmt.Sprintf("the log does not extend %s: what it had then was changed since", &o)})
		case o.file == "":
			t.v.Extended = append(t.v.Extended, o.Checkpoint)
		default:
			t.v.Witnessed++
		}
		t.v.old[t.log.Origin] = old[1:]
	}
	return nil
}

// end says what is left over: entries without a checkpoint, or the other way.
func (t *treeCheck) end(size uint64) {
	log := t.log.Origin
	for _, p := range t.points {
		t.v.fault(Fault{Log: log, Index: size, Until: p.Size - 1, What: fmt.Sprintf("removed: a checkpoint of %d entries was signed, and the log ends before", p.Size)})
	}
	if t.newest < size {
		t.v.fault(Fault{Log: log, Index: t.newest, Until: size - 1, What: "no checkpoint covers the last leaves: they were slipped in, or their checkpoint removed"})
	}
	for _, o := range t.v.old[log] {
		t.v.fault(Fault{Log: log, Index: size, Until: o.Size - 1, What: fmt.Sprintf("removed: %s goes on, and the log ends before", &o)})
	}
	delete(t.v.old, log)
	for id := range t.nodes {
		from, to := id.Coverage()
		t.v.fault(Fault{Log: log, Index: from, Until: to - 1, What: "a subtree is kept that no leaves come to"})
	}
}

var allNodes = db.Q("journal.nodes", `SELECT level, n, hash FROM leaf_tree WHERE log = $1`)

// keptNodes are the subtrees that are kept of a log: one for each 256 leaves.
func keptNodes(ctx context.Context, r db.Reader, l sealedLog) (map[compact.NodeID][]byte, error) {
	nodes := map[compact.NodeID][]byte{}
	err := db.Each(ctx, r, allNodes, func(rows *sql.Rows) error {
		var level, n int64
		var hash []byte
		if err := rows.Scan(&level, &n, &hash); err != nil {
			return err
		}
		nodes[compact.NewNodeID(uint(level), uint64(n))] = hash
		return nil
	}, l.First)
	return nodes, err
}

// forgotten is how many parts were forgotten by acts that say so.
func (v *verifier) forgotten(ctx context.Context) (parts int64, err error) {
	err = db.Each(ctx, v.db, forgottenActs, func(rows *sql.Rows) error {
		var data string
		var f forgotten
		if err := rows.Scan(&data); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(data), &f); err != nil {
			return nil //nolint:nilerr // a changed act is named where it stands
		}
		parts += f.Parts
		return nil
	})
	return parts, err
}
