package site

import (
	"context"
	"slices"

	"polis/internal/agenda"
	"polis/internal/journal"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Batch is one change of many houses, all of it or nothing.
type Batch struct {
	Sites      []Site        // new ones, and changed ones but for their state
	States     []StateChange // of sites that are there
	Exceptions []Exception
	Rooms      []Room
	Resources  []Resource  // with all their parts
	Act        journal.Act // what is done, beside an act for each state
	// Wrote hears how many rows are written; may be nil.
	Wrote func(done, total int)
}

// StateChange says since when a site is in a state.
type StateChange struct {
	Site  string
	To    State
	Since string // civil date, "" where unknown
}

// Exception is other hours of a site on one date; none where it is closed.
// Usual takes an earlier one back.
type Exception struct {
	Site  string
	On    agenda.Date
	Spans []agenda.Span
	Usual bool
}

// Empty tells whether nothing changes.
func (b *Batch) Empty() bool { return b.total() == 0 }

func (b *Batch) total() int {
	return len(b.Sites) + len(b.States) + len(b.Exceptions) + len(b.Rooms) + len(b.Resources)
}

var touchSites = db.Rows("site.touchMany", `
	UPDATE site SET rev = rev + 1 WHERE id IN (SELECT column1 FROM {rows} WHERE column1 IS NOT NULL)`, "TEXT")

// Change makes a change that decide works out from the network as it is, while
// nobody else can change it; decide may be asked again and must change nothing
// else. Where nothing changes, no act is written and nobody is told. As with
// the other changes the caller reloads its own Live. Its errors are decide's and
// those of the other changes.
func (s *Store) Change(ctx context.Context, by string, decide func(tx *db.Tx, n *Network) (Batch, error)) (changed bool, err error) {
	defer errs.Wrap(&err, "site.Store.Change")
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		changed = false
		if err := tx.LockRevision(ctx, channel); err != nil {
			return err
		}
		net, err := loadNetwork(ctx, tx)
		if err != nil {
			return err
		}
		b, err := decide(tx, net)
		if err != nil || b.Empty() {
			return err
		}
		changed = true
		if err := s.write(ctx, tx, &b, by); err != nil {
			return err
		}
		if _, err := tx.Bump(ctx, channel); err != nil {
			return err
		}
		return tx.Notify(ctx, channel, b.Act.Kind)
	})
	if db.IsUnique(err) {
		return false, errs.New(errs.Conflict, "site.code-taken", nil).Because(err)
	}
	return changed && err == nil, err
}

// piece is how many rows are written between two words of progress.
const piece = 1000

func (s *Store) write(ctx context.Context, tx *db.Tx, b *Batch, by string) error {
	done := 0
	tell := func(n int) {
		if done += n; b.Wrote != nil && n > 0 {
			b.Wrote(done, b.total())
		}
	}
	now := s.clock.Now()
	b.Act.ID, b.Act.At, b.Act.Person = s.ids(), now, by
	acts := []journal.Act{b.Act}
	for some := range slices.Chunk(b.Sites, piece) {
		args, err := siteRows(some)
		if err == nil {
			err = saveSites.Exec(ctx, tx, args)
		}
		if err != nil {
			return err
		}
		tell(len(some))
	}
	for _, c := range b.States {
		if !isState(c.To) || !isDate(c.Since) {
			return invalid("state")
		}
		if err := tx.Later(ctx, changeState, c.Site, c.To, c.Since); err != nil {
			return err
		}
		acts = append(acts, journal.Act{ID: s.ids(), At: now, Kind: "site.state", Subject: c.Site, Person: by, Data: stateFacts(c.To, c.Since, nil)})
	}
	tell(len(b.States))
	if err := writeExceptions(ctx, tx, b.Exceptions); err != nil {
		return err
	}
	tell(len(b.Exceptions))
	for some := range slices.Chunk(b.Rooms, piece) {
		args, err := roomRows("", some)
		if err == nil {
			err = saveRooms.Exec(ctx, tx, args)
		}
		if err != nil {
			return err
		}
		tell(len(some))
	}
	if len(b.Resources) > 0 {
		if err := s.writeResources(ctx, tx, b.Resources); err != nil {
			return err
		}
		tell(len(b.Resources))
	}
	if len(b.Rooms) > 0 {
		if err := checkAreas(ctx, tx); err != nil {
			return err
		}
	}
	return journal.Append(ctx, tx, acts...)
}

func writeExceptions(ctx context.Context, tx *db.Tx, list []Exception) error {
	var sites, save []any
	for _, e := range list {
		hours := writeSpans(e.Spans)
		if _, err := parseSpans(hours); err != nil || !e.On.Valid() {
			return invalid("hours")
		}
		if len(sites) == 0 || sites[len(sites)-1] != any(e.Site) {
			sites = append(sites, e.Site)
		}
		if !e.Usual {
			save = append(save, e.Site, e.On.String(), hours)
			continue
		}
		if err := tx.Later(ctx, dropException, e.Site, e.On.String()); err != nil {
			return err
		}
	}
	if err := touchSites.Exec(ctx, tx, sites); err != nil {
		return err
	}
	return saveExceptions.Exec(ctx, tx, save)
}
