// Package register shows the journal to people: its newest checkpoint, what
// proves an act, receipts, and a page where anybody checks one. The journal
// itself knows nobody; who may see what an act says is decided here.
package register

import (
	"context"
	"embed"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/journal/sealed"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Pages are the templates, Words the texts in Italian and English.
var (
	//go:embed pages/*.gohtml
	Pages embed.FS
	//go:embed words/*.json
	Words embed.FS
)

// Options are what the Service stands on.
type Options struct {
	DB    *db.DB
	Clock clock.Clock
	// Concerns tells whether a thing that acts are about, such as a booking, is the
	// actor's own, by the beginning of the kinds of its acts ("booking").
	Concerns map[string]func(ctx context.Context, actor identity.Actor, subject string) (bool, error)
}

// Service answers questions about the journal.
type Service struct{ Options }

// New makes a Service.
func New(o Options) *Service { return &Service{o} }

// Checkpoint is the newest of the log in use. Anybody may have it. The error is
// NotFound "journal.not-yet" before the first.
func (s *Service) Checkpoint(ctx context.Context) (journal.Published, error) {
	return journal.Latest(ctx, s.DB)
}

// Proved is what proves an act, and the receipt for whom it concerns.
type Proved struct {
	journal.Proof
	Receipt *sealed.Receipt // nil for everybody else
}

// Prove proves that an act is in the log, in the tree of a size or, of 0, in the
// newest. The hashes tell nothing and are for anybody; what the act says is for
// whom it concerns. Errors: NotFound "journal.no-entry", Invalid "journal.size".
func (s *Service) Prove(ctx context.Context, actor identity.Actor, entry string, size uint64) (p Proved, err error) {
	e, err := journal.Find(ctx, s.DB, entry)
	if err != nil {
		return p, err
	}
	if p.Proof, err = journal.Prove(ctx, s.DB, e, size); err != nil {
		return p, err
	}
	may, err := s.mayRead(ctx, actor, e)
	if err != nil || !may {
		return p, err
	}
	r, err := journal.ReceiptOf(ctx, s.DB, e)
	if errs.Is(err, errs.NotFound) { // forgotten
		return p, nil
	}
	p.Receipt = &r
	return p, err
}

// Receipt is the receipt of an act for whom it concerns; for everybody else, and
// where the act is not sealed yet, NotFound "journal.no-entry".
func (s *Service) Receipt(ctx context.Context, actor identity.Actor, entry string) (sealed.Receipt, error) {
	p, err := s.Prove(ctx, actor, entry, 0)
	if err != nil {
		return sealed.Receipt{}, err
	}
	if p.Receipt == nil {
		return sealed.Receipt{}, errs.New(errs.NotFound, "journal.no-entry", nil)
	}
	return *p.Receipt, nil
}

// About are the sealed acts about a thing that the actor may read, the first
// first; NotFound "journal.no-entry" where it is nothing of theirs. A thing of
// theirs may have none yet.
func (s *Service) About(ctx context.Context, actor identity.Actor, subject string) (own []journal.Entry, err error) {
	list, err := journal.About(ctx, s.DB, subject)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		may, err := s.mayRead(ctx, actor, e)
		if err != nil {
			return nil, err
		}
		if may {
			own = append(own, e)
		}
	}
	if len(own) > 0 {
		return own, nil
	}
	for _, concerns := range s.Concerns {
		if mine, err := concerns(ctx, actor, subject); err != nil || mine {
			return nil, err
		}
	}
	return nil, errs.New(errs.NotFound, "journal.no-entry", nil)
}

// mayRead tells whether an actor may see what an act says: who did it, for whom
// or to whom it was done, whose thing it is about, and who looks after the
// record.
func (s *Service) mayRead(ctx context.Context, actor identity.Actor, e journal.Entry) (bool, error) {
	if !actor.SignedIn() {
		return false, nil
	}
	for _, person := range []string{e.Act.Person, e.Act.For, e.Act.Subject} {
		if person != "" && person == actor.Person {
			return true, nil
		}
	}
	if actor.May(identity.JournalRead, identity.Network) {
		return true, nil
	}
	own := s.Concerns[room(e.Act.Kind)]
	if own == nil {
		return false, nil
	}
	return own(ctx, actor, e.Act.Subject)
}

// room is the beginning of a kind: "booking" of "booking.confirmed".
func room(kind string) string {
	for i := range len(kind) {
		if kind[i] == '.' {
			return kind[:i]
		}
	}
	return kind
}
