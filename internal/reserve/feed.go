package reserve

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"log/slog"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/db"
)

// Change is a cell as it is after a transaction: absolute masks and their
// revision, never a difference. Whoever hears changes twice, late or in
// another order ends with the same masks by keeping the highest revision.
type Change struct {
	Day      agenda.Day
	Resource int64
	Busy     agenda.Mask
	Shut     agenda.Mask
	Rev      int64
}

// channel is the feed between the replicas of one database.
const channel = "polis_occupancy"

var readOccupancy = db.Q("reserve.read-occupancy", `
	SELECT day, resource, am, pm, shut_am, shut_pm, rev FROM occupancy WHERE day >= $1 ORDER BY day, resource`)

// look is how often a program on SQLite looks whether another one, such as
// polis import, closed places.
const look = time.Second

// join fills the index and keeps it fresh by what other replicas write. The
// state is read after the feed is heard, so nothing falls between the two.
func (e *Engine) join(ctx, life context.Context) error {
	if e.db.Engine != db.Postgres {
		e.listener.Go(func() { e.db.Watch(life, closureChannel, look, e.closures.Load, e.loadIndex) })
		return e.loadIndex(ctx)
	}
	first := make(chan error, 1)
	e.listener.Go(func() {
		e.db.Listen(life, channel, func(ctx context.Context) error {
			err := e.loadIndex(ctx)
			select {
			case first <- err:
			default:
			}
			return err
		}, e.hear)
	})
	select {
	case err := <-first:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *Engine) loadIndex(ctx context.Context) error {
	seen, err := db.Revision(ctx, e.db, closureChannel)
	if err != nil {
		return err
	}
	today := agenda.DayOf(e.clock.Now())
	changes := make([]Change, 0, 4096)
	flush := func() {
		e.Index.Apply(changes)
		changes = changes[:0]
	}
	err = db.Each(ctx, e.db, readOccupancy, func(rows *sql.Rows) error {
		k, c, err := scanCell(rows)
		changes = append(changes, Change{k.day, k.resource, c.busy, c.shut, c.rev})
		if len(changes) == cap(changes) {
			flush()
		}
		return err
	}, int64(today-1))
	flush()
	if err == nil {
		e.closures.Store(seen)
	}
	return err
}

func (e *Engine) hear(text string) {
	changes, err := decodeChanges(text)
	if err != nil {
		slog.Error("a notice of another replica cannot be read", "err", err)
		return
	}
	e.Index.Apply(changes)
}

// tell sends changes to the other replicas when tx commits.
func tell(ctx context.Context, tx *db.Tx, changes []Change) error {
	if tx.Engine() != db.Postgres {
		return nil
	}
	for len(changes) > 0 {
		text, n := encodeChanges(changes, db.MaxNotice)
		if err := tx.Notify(ctx, channel, text); err != nil {
			return err
		}
		changes = changes[n:]
	}
	return nil
}

// encodeChanges writes as many changes as fit into max bytes of text: seven
// varints each, in base64.
func encodeChanges(changes []Change, max int) (text string, n int) {
	var buf []byte
	for _, c := range changes {
		before := len(buf)
		for _, v := range []uint64{uint64(c.Day), uint64(c.Resource), c.Busy.AM, c.Busy.PM, c.Shut.AM, c.Shut.PM, uint64(c.Rev)} {
			buf = binary.AppendUvarint(buf, v)
		}
		if base64.StdEncoding.EncodedLen(len(buf)) > max {
			buf = buf[:before]
			break
		}
		n++
	}
	return base64.StdEncoding.EncodeToString(buf), n
}

var errNotice = errors.New("reserve: a notice of changes is malformed")

func decodeChanges(text string) ([]Change, error) {
	buf, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errNotice
	}
	var out []Change
	for len(buf) > 0 {
		var v [7]uint64
		for i := range v {
			x, n := binary.Uvarint(buf)
			if n <= 0 {
				return nil, errNotice
			}
			v[i], buf = x, buf[n:]
		}
		out = append(out, Change{
			Day: agenda.Day(v[0]), Resource: int64(v[1]),
			Busy: agenda.Mask{AM: v[2], PM: v[3]}, Shut: agenda.Mask{AM: v[4], PM: v[5]}, Rev: int64(v[6]),
		})
	}
	return out, nil
}
