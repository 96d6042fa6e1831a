package programme

import (
	"context"
	"database/sql"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/programme/account"
)

const batchColumns = `id, kind, title, source, state, lines, channel, entered_by, entered, decided_by, decided, reason`

var (
	batchByID   = db.Q("programme.batch", `SELECT `+batchColumns+` FROM programme_batch WHERE id = $1`)
	batchesOf   = db.Q("programme.batches", `SELECT `+batchColumns+` FROM programme_batch WHERE state = $1 ORDER BY entered DESC, id DESC LIMIT $2 OFFSET $3`)
	countOf     = db.Q("programme.batches-count", `SELECT COUNT(*) FROM programme_batch WHERE state = $1`)
	ownBatches  = db.Q("programme.batches-own", `SELECT `+batchColumns+` FROM programme_batch WHERE state = $1 AND entered_by = $4 ORDER BY entered DESC, id DESC LIMIT $2 OFFSET $3`)
	countOwn    = db.Q("programme.batches-own-count", `SELECT COUNT(*) FROM programme_batch WHERE state = $1 AND entered_by = $2`)
	rowsOfBatch = db.Q("programme.batch-rows", `SELECT line, key, body FROM programme_row WHERE batch = $1 AND line > $2 ORDER BY line LIMIT $3`)
	historyOf   = db.Q("programme.history", `
		SELECT r.body, b.id, b.title, b.source, b.channel, b.decided, b.entered_by, b.decided_by
		FROM programme_row r JOIN programme_batch b ON b.id = r.batch
		WHERE r.kind = $1 AND r.key = $2 AND b.state = 'published' ORDER BY b.decided, b.id`)
)

func scanBatch(rows *sql.Rows) (b Batch, err error) {
	var kind, state string
	var entered, decided int64
	err = rows.Scan(&b.ID, &kind, &b.Title, &b.Source, &state, &b.Lines, &b.Channel, &b.EnteredBy, &entered, &b.DecidedBy, &decided, &b.Reason)
	b.State, b.Entered = State(state), clock.FromMicros(entered)
	if decided > 0 {
		b.Decided = clock.FromMicros(decided)
	}
	b.Kind, _ = account.KindOf(kind)
	if err == nil && b.Kind == nil {
		err = errs.New(errs.NotFound, "programme.unknown-batch", nil) // of a newer program
	}
	return b, err
}

// reads tells whether somebody may read all batches: who publishes, who enters
// for the whole network, who looks after what others do.
func reads(actor identity.Actor) bool {
	return actor.May(identity.ProgrammeRead, identity.Network)
}

// Batch finds a batch: to who may read all, and to who entered it. To others it
// does not exist.
func (s *Service) Batch(ctx context.Context, actor identity.Actor, id string) (b Batch, err error) {
	defer errs.Wrap(&err, "programme.Batch(%q)", id)
	list, err := db.All(ctx, s.db, batchByID, scanBatch, id)
	if err != nil {
		return Batch{}, err
	}
	if len(list) == 0 || !reads(actor) && (list[0].EnteredBy == "" || list[0].EnteredBy != actor.Agent()) {
		return Batch{}, errs.New(errs.NotFound, "programme.unknown-batch", nil)
	}
	return list[0], nil
}

// Batches are those of a state, the newest first: all of them to who may read
// all, else one's own. total is how many there are.
func (s *Service) Batches(ctx context.Context, actor identity.Actor, state State, most, skip int) (list []Batch, total int, err error) {
	defer errs.Wrap(&err, "programme.Batches(%q)", state)
	if !actor.MaySomewhere(identity.WorksWrite) && !reads(actor) {
		return nil, 0, actor.CheckSomewhere(identity.ProgrammeRead)
	}
	if reads(actor) {
		if list, err = db.All(ctx, s.db, batchesOf, scanBatch, string(state), int64(most), int64(skip)); err == nil {
			err = db.One(ctx, s.db, countOf, []any{string(state)}, &total)
		}
		return list, total, err
	}
	if list, err = db.All(ctx, s.db, ownBatches, scanBatch, string(state), int64(most), int64(skip), actor.Agent()); err == nil {
		err = db.One(ctx, s.db, countOwn, []any{string(state), actor.Agent()}, &total)
	}
	return list, total, err
}

// Change is what a batch makes of one row: Before is what is published now, nil
// where there is none; After is nil where the row is taken away.
type Change struct {
	Line          int
	Key           string
	Before, After any
}

// Changes are the lines of a batch after one, most of them at once. They are for
// who may read the batch.
func (s *Service) Changes(ctx context.Context, b Batch, after, most int) (list []Change, err error) {
	defer errs.Wrap(&err, "programme.Changes(%q)", b.ID)
	a := s.Account()
	return db.All(ctx, s.db, rowsOfBatch, func(rows *sql.Rows) (c Change, err error) {
		var text string
		if err = rows.Scan(&c.Line, &c.Key, &text); err != nil {
			return c, err
		}
		if old, ok := a.Row(b.Kind, c.Key); ok {
			c.Before = old
		}
		if text != "" {
			c.After, err = b.Kind.FromText(text)
		}
		return c, err
	}, b.ID, int64(after), int64(most))
}

// With is the account as it would be with a batch published.
func (s *Service) With(ctx context.Context, b Batch) (*account.Account, error) {
	draft := account.NewDraft(s.Account())
	for after := 0; ; {
		list, err := s.Changes(ctx, b, after, 5000)
		if err != nil || len(list) == 0 {
			return draft.Account(), err
		}
		for _, c := range list {
			if after = c.Line; c.After == nil {
				draft.Drop(b.Kind, c.Key)
			} else {
				draft.Put(b.Kind, c.After)
			}
		}
	}
}

// Version is one published value of a row. Row is nil where it was taken away.
type Version struct {
	Row                  any
	Batch, Title, Source string
	Channel              string
	At                   time.Time // zero for a fact of the program
	EnteredBy, DecidedBy string    // ids of persons, for who may read batches; else ""
}

// History is every value of a row that was published, the oldest first; before
// them the fact that the program knows by itself. Anybody may read it; who
// entered and who published is only for who may read batches.
func (s *Service) History(ctx context.Context, actor identity.Actor, kind *account.Kind, key string) (list []Version, err error) {
	defer errs.Wrap(&err, "programme.History(%q)", kind.Name)
	list, err = db.All(ctx, s.db, historyOf, func(rows *sql.Rows) (v Version, err error) {
		var text string
		var at int64
		if err = rows.Scan(&text, &v.Batch, &v.Title, &v.Source, &v.Channel, &at, &v.EnteredBy, &v.DecidedBy); err != nil {
			return v, err
		}
		v.At = clock.FromMicros(at)
		if !reads(actor) {
			v.EnteredBy, v.DecidedBy = "", ""
		}
		if text != "" {
			v.Row, err = kind.FromText(text)
		}
		return v, err
	}, kind.Name, key)
	if err != nil {
		return nil, err
	}
	if fact, ok := factsAlone().account.Row(kind, key); ok {
		list = append([]Version{{Row: fact}}, list...)
	}
	if len(list) == 0 {
		return nil, errs.New(errs.NotFound, "programme.unknown-row", nil)
	}
	return list, nil
}
