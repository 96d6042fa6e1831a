package programme

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/programme/account"
	"polis/internal/site"
)

// Service is what can be done with the account. Its methods check who acts.
type Service struct {
	*Live
	sites *site.Live
	clock clock.Clock
	ids   clock.IDs
}

// Options are what a Service stands on.
type Options struct {
	DB    *db.DB
	Sites *site.Live
	Clock clock.Clock
	IDs   clock.IDs
}

// New makes the service. Its account is read when first asked for, and anew
// while Run runs.
func New(o Options) *Service {
	return &Service{Live: &Live{db: o.DB}, sites: o.Sites, clock: o.Clock, ids: o.IDs}
}

var (
	insertBatch = db.Q("programme.batch-insert", `
		INSERT INTO programme_batch (id, kind, title, source, state, lines, channel, entered_by, entered)
		VALUES ($1, $2, $3, $4, 'proposed', $5, $6, $7, $8)`)
	insertRows = db.Rows("programme.rows-insert", `
		INSERT INTO programme_row (batch, line, kind, key, body)
		SELECT column1, column2, column3, column4, column5 FROM {rows} WHERE column1 IS NOT NULL`,
		"TEXT", "BIGINT", "TEXT", "TEXT", "TEXT")
	decideBatch = db.Q("programme.batch-decide", `
		UPDATE programme_batch SET state = $2, decided_by = $3, decided = $4, reason = $5 WHERE id = $1 AND state = 'proposed'`)
	changedSince = db.Q("programme.changed-since", `
		SELECT COUNT(*) FROM programme_row r JOIN programme_current c ON c.kind = r.kind AND c.key = r.key
		WHERE r.batch = $1 AND c.rev > $2`)
	makeCurrent = db.Q("programme.make-current", `
		INSERT INTO programme_current (kind, key, batch, line, rev, at)
		SELECT kind, key, batch, line, $2, $3 FROM programme_row WHERE batch = $1
		ON CONFLICT (kind, key) DO UPDATE SET batch = excluded.batch, line = excluded.line, rev = excluded.rev, at = excluded.at`)
)

// The bounds of the texts of a batch, in characters.
const (
	mostTitle  = 200
	mostSource = 500
	mostReason = 1000
)

// MostLines is how many rows a batch may have.
const MostLines = 200_000

// Propose enters rows for somebody else to publish. Rows that say what is
// published already are left out. Errors: Forbidden; Invalid for what is too
// long, about what there is not, or changes nothing.
func (s *Service) Propose(ctx context.Context, actor identity.Actor, e Entry) (b Batch, err error) {
	defer errs.Wrap(&err, "programme.Propose(%q)", e.Kind.Name)
	if err := s.mayPropose(actor, e); err != nil {
		return Batch{}, err
	}
	b, lines, err := s.prepare(e)
	if err != nil {
		return Batch{}, err
	}
	b.EnteredBy, b.Channel = actor.Agent(), string(actor.Channel)
	return b, s.db.Write(ctx, func(tx *db.Tx) error { return s.insert(ctx, tx, &b, lines) })
}

// mayPropose refuses who may not enter the rows; of houses, each of them.
func (s *Service) mayPropose(actor identity.Actor, e Entry) error {
	need := Permission(e.Kind)
	if !ofHouses(e.Kind) || actor.May(need, identity.Network) {
		return actor.Check(need, identity.Network)
	}
	net := s.sites.Network()
	check := func(code string) error {
		st, err := net.ByCode(code)
		if err != nil {
			return actor.Check(need, identity.Network) // which it may not, see above
		}
		return actor.Check(need, identity.Site(st.ID))
	}
	for _, row := range e.Rows {
		if err := check(siteOf(e.Kind, row)); err != nil {
			return err
		}
	}
	for _, key := range e.Drop {
		code, _, _ := strings.Cut(key, account.JoinKey("", ""))
		if err := check(code); err != nil {
			return err
		}
	}
	return nil
}

// siteOf is the code of the house that a row is about.
func siteOf(kind *account.Kind, row any) string { return kind.Cells(row)[0] }

// line is one of a batch.
type line struct{ key, body string }

// prepare makes the batch of an entry, and the lines in which it differs from
// what is published.
func (s *Service) prepare(e Entry) (Batch, []line, error) {
	e.Title, e.Source = strings.TrimSpace(e.Title), strings.TrimSpace(e.Source)
	for _, t := range []struct {
		field, text string
		most        int
	}{{"title", e.Title, mostTitle}, {"source", e.Source, mostSource}} {
		if n := utf8.RuneCountInString(t.text); n > t.most {
			return Batch{}, nil, errs.New(errs.Invalid, "programme.too-long", errs.Args{"max": t.most}).On(t.field)
		}
	}
	a := s.Account()
	var lines []line
	seen := map[string]int{}
	add := func(key, body string) {
		if i, twice := seen[key]; twice { // the last of a list holds
			lines[i].body = body
			return
		}
		seen[key] = len(lines)
		lines = append(lines, line{key, body})
	}
	for _, row := range e.Rows {
		if err := s.Fits(e.Kind, row); err != nil {
			return Batch{}, nil, err
		}
		key, body := e.Kind.KeyOf(row), e.Kind.Text(row)
		_, twice := seen[key]
		if old, ok := a.Row(e.Kind, key); ok && !twice && e.Kind.Text(old) == body {
			continue
		}
		add(key, body)
	}
	for _, key := range e.Drop {
		if _, ok := a.Row(e.Kind, key); ok {
			add(key, "")
		}
	}
	switch {
	case len(lines) == 0:
		return Batch{}, nil, errs.New(errs.Invalid, "programme.nothing-new", nil)
	case len(lines) > MostLines:
		return Batch{}, nil, errs.New(errs.Invalid, "programme.too-many", errs.Args{"max": MostLines})
	}
	return Batch{
		ID: s.ids(), Kind: e.Kind, Title: e.Title, Source: e.Source, State: Proposed, Lines: len(lines), Entered: s.clock.Now(),
	}, lines, nil
}

// Fits refuses a row that is about something there is not.
func (s *Service) Fits(kind *account.Kind, row any) error {
	unknown := func(field, value string) error {
		return errs.New(errs.Invalid, "programme.unknown-"+field, errs.Args{"value": value}).On(field)
	}
	if ofHouses(kind) {
		code := siteOf(kind, row)
		if _, err := s.sites.Network().ByCode(code); err != nil {
			return unknown("site", code)
		}
	}
	switch row := row.(type) {
	case account.Progress:
		if _, ok := account.Find[account.Milestone](s.Account(), row.Milestone); !ok {
			return unknown("milestone", row.Milestone)
		}
	case account.Step:
		if _, ok := account.Find[account.Target](s.Account(), row.Target); !ok {
			return unknown("target", row.Target)
		}
	case account.Document:
		if row.Href != "" && !strings.HasPrefix(row.Href, "https://") && !strings.HasPrefix(row.Href, "/media/") {
			return errs.New(errs.Invalid, "programme.href", nil).On("href")
		}
	}
	return nil
}

// insert writes a batch with its lines.
func (s *Service) insert(ctx context.Context, tx *db.Tx, b *Batch, lines []line) error {
	if _, err := tx.Exec(ctx, insertBatch, b.ID, b.Kind.Name, b.Title, b.Source, int64(b.Lines), b.Channel, b.EnteredBy, clock.Micros(b.Entered)); err != nil {
		return err
	}
	args := make([]any, 0, 5*len(lines))
	for i, l := range lines {
		args = append(args, b.ID, int64(i+1), b.Kind.Name, l.key, l.body)
	}
	if err := insertRows.Exec(ctx, tx, args); err != nil {
		return err
	}
	return s.act(ctx, tx, "programme.proposed", b, b.EnteredBy)
}

// act is what the journal keeps of a step of a batch.
func (s *Service) act(ctx context.Context, tx *db.Tx, kind string, b *Batch, by string) error {
	return journal.Append(ctx, tx, journal.Act{
		ID: s.ids(), At: s.clock.Now(), Kind: kind, Subject: b.ID, Person: by, Channel: b.Channel,
		Data: fmt.Sprintf(`{"kind":%q,"rows":%d}`, b.Kind.Name, b.Lines),
	})
}

// Publish publishes a batch as it was seen beside the account of a revision.
// Errors: NotFound, Forbidden, also for who entered it; Conflict where it was
// decided already, or where what it changes was published anew since.
func (s *Service) Publish(ctx context.Context, actor identity.Actor, id string, seen int64) (err error) {
	defer errs.Wrap(&err, "programme.Publish(%q)", id)
	b, err := s.toDecide(ctx, actor, id)
	if err != nil {
		return err
	}
	if b.EnteredBy == actor.Agent() || b.EnteredBy == actor.Person {
		return errs.New(errs.Forbidden, "programme.own", nil)
	}
	if err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.LockRevision(ctx, channel); err != nil {
			return err
		}
		var changed int64
		if err := db.One(ctx, tx, changedSince, []any{b.ID, seen}, &changed); err != nil {
			return err
		}
		if changed > 0 {
			return errs.New(errs.Conflict, "programme.changed", nil)
		}
		return s.publish(ctx, tx, &b, actor.Agent())
	}); err != nil {
		return err
	}
	return s.Reload(ctx)
}

// publish lays a batch over what is published.
func (s *Service) publish(ctx context.Context, tx *db.Tx, b *Batch, by string) error {
	if err := s.decide(ctx, tx, b, Published, by, ""); err != nil {
		return err
	}
	rev, err := tx.Bump(ctx, channel)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, makeCurrent, b.ID, rev, clock.Micros(s.clock.Now())); err != nil {
		return err
	}
	return tx.Notify(ctx, channel, b.Kind.Name)
}

// decide ends the waiting of a batch, once.
func (s *Service) decide(ctx context.Context, tx *db.Tx, b *Batch, to State, by, reason string) error {
	n, err := tx.Exec(ctx, decideBatch, b.ID, string(to), by, clock.Micros(s.clock.Now()), reason)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.Conflict, "programme.decided", nil)
	}
	return s.act(ctx, tx, "programme."+string(to), b, by)
}

// Refuse refuses a batch and says why; who entered it may not. Errors as
// Publish; Invalid without a reason.
func (s *Service) Refuse(ctx context.Context, actor identity.Actor, id, reason string) (err error) {
	defer errs.Wrap(&err, "programme.Refuse(%q)", id)
	reason = strings.TrimSpace(reason)
	switch n := utf8.RuneCountInString(reason); {
	case n == 0:
		return errs.New(errs.Invalid, "programme.reason-missing", nil).On("reason")
	case n > mostReason:
		return errs.New(errs.Invalid, "programme.too-long", errs.Args{"max": mostReason}).On("reason")
	}
	b, err := s.toDecide(ctx, actor, id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.decide(ctx, tx, &b, Refused, actor.Agent(), reason) })
}

// toDecide finds a batch for somebody who may decide on it.
func (s *Service) toDecide(ctx context.Context, actor identity.Actor, id string) (Batch, error) {
	b, err := s.Batch(ctx, actor, id)
	if err != nil {
		return Batch{}, err
	}
	return b, actor.Check(identity.ProgrammePublish, identity.Network)
}

// Withdraw takes back a batch that one entered. Errors: NotFound, Forbidden for
// all others, Conflict where it was decided already.
func (s *Service) Withdraw(ctx context.Context, actor identity.Actor, id string) (err error) {
	defer errs.Wrap(&err, "programme.Withdraw(%q)", id)
	b, err := s.Batch(ctx, actor, id)
	if err != nil {
		return err
	}
	if b.EnteredBy == "" || b.EnteredBy != actor.Agent() {
		return errs.New(errs.Forbidden, "programme.not-yours", nil)
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.decide(ctx, tx, &b, Withdrawn, actor.Agent(), "") })
}

// Load publishes rows at once, for a command: who can run it on the database may
// do all. The journal and the history say that it was one.
func (s *Service) Load(ctx context.Context, e Entry) (b Batch, err error) {
	defer errs.Wrap(&err, "programme.Load(%q)", e.Kind.Name)
	return s.load(ctx, e, true)
}

// LoadProposal enters rows for somebody to publish, for a command.
func (s *Service) LoadProposal(ctx context.Context, e Entry) (b Batch, err error) {
	defer errs.Wrap(&err, "programme.LoadProposal(%q)", e.Kind.Name)
	return s.load(ctx, e, false)
}

func (s *Service) load(ctx context.Context, e Entry, publish bool) (Batch, error) {
	b, lines, err := s.prepare(e)
	if err != nil {
		return Batch{}, err
	}
	b.Channel = ByCommand
	if err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.insert(ctx, tx, &b, lines); err != nil || !publish {
			return err
		}
		return s.publish(ctx, tx, &b, "")
	}); err != nil || !publish {
		return b, err
	}
	b.State = Published
	return b, s.Reload(ctx)
}
