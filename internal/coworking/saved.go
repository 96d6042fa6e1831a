package coworking

import (
	"context"
	"database/sql"
	"net/url"
	"time"

	"polis/internal/identity"
	"polis/internal/notify"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web/form"
)

// SavedSearch is a search that somebody wants to make again.
type SavedSearch struct {
	ID     string
	Person string
	Query  string    // as an address has it, normalised
	Alert  bool      // whether they are told when something is free
	Ends   time.Time // of the time searched: then the saved search ends too
	Told   time.Time // when they were told; zero before
}

// mostSaved is how many searches somebody may keep.
const mostSaved = 20

// longestQuery is more than the longest normalised search.
const longestQuery = 2000

var (
	lockSaved = db.Q("coworking.saved-lock", `UPDATE saved_search SET created = created WHERE person = $1`)
	addSaved  = db.Q("coworking.saved-add", `
		INSERT INTO saved_search (id, person, query, ends, created)
		SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($5 AS BIGINT)
		WHERE (SELECT count(*) FROM saved_search WHERE person = $2 AND ends > $5) < $6
		ON CONFLICT (person, query) DO NOTHING`)
	getSaved    = db.Q("coworking.saved-get", `SELECT id, person, query, alert, ends, told FROM saved_search WHERE id = $1`)
	listSaved   = db.Q("coworking.saved-list", `SELECT id, person, query, alert, ends, told FROM saved_search WHERE person = $1 AND ends > $2 ORDER BY ends, id`)
	hasSaved    = db.Q("coworking.saved-has", `SELECT count(*) FROM saved_search WHERE person = $1 AND query = $2`)
	alertSaved  = db.Q("coworking.saved-alert", `UPDATE saved_search SET alert = $3, told = NULL WHERE id = $1 AND person = $2`)
	removeSaved = db.Q("coworking.saved-remove", `DELETE FROM saved_search WHERE id = $1 AND person = $2`)
	endSaved    = db.Q("coworking.saved-end", `DELETE FROM saved_search WHERE ends <= $1`)
)

func scanSaved(rows *sql.Rows) (s SavedSearch, err error) {
	var ends int64
	var told sql.NullInt64
	err = rows.Scan(&s.ID, &s.Person, &s.Query, &s.Alert, &ends, &told)
	if s.Ends = clock.FromMicros(ends); told.Valid {
		s.Told = clock.FromMicros(told.Int64)
	}
	return s, err
}

// readSaved understands a search as an address has it.
func (s *Service) readSaved(query, lang string) (ask, error) {
	bad := errs.New(errs.Invalid, "saved.bad", nil)
	values, err := url.ParseQuery(query)
	if err != nil || len(query) > longestQuery {
		return ask{}, bad
	}
	f, err := form.Sent(values)
	if err != nil {
		return ask{}, bad
	}
	a := readAsk(s.words.Printer(i18n.Negotiate("", lang, ""), nil), f, s.live.Network(), s.clock.Now())
	if f.Err() != nil {
		return ask{}, bad
	}
	return a, nil
}

// SaveSearch keeps a search; one that is kept already stays as it is. Errors:
// Invalid where it cannot be understood, Rule where its time is over or there
// are too many.
func (s *Service) SaveSearch(ctx context.Context, actor identity.Actor, query string) error {
	if err := actor.Check(identity.BookingOwn, identity.Of(actor.Person)); err != nil {
		return err
	}
	a, err := s.readSaved(query, actor.Language)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	if !a.To.After(now) {
		return errs.New(errs.Rule, "saved.past", nil)
	}
	query = a.values().Encode()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, lockSaved, actor.Person); err != nil { // who saves twice at once waits here
			return err
		}
		added, err := tx.Exec(ctx, addSaved, clock.NewID(), actor.Person, query, clock.Micros(a.To), clock.Micros(now), mostSaved)
		if err != nil || added == 1 {
			return err
		}
		var kept int
		if err := db.One(ctx, tx, hasSaved, []any{actor.Person, query}, &kept); err != nil {
			return err
		}
		if kept == 0 {
			return errs.New(errs.Rule, "saved.too-many", errs.Args{"max": mostSaved})
		}
		return nil
	})
}

// SavedSearches are somebody's own, the soonest first.
func (s *Service) SavedSearches(ctx context.Context, actor identity.Actor) ([]SavedSearch, error) {
	if err := actor.Check(identity.BookingOwn, identity.Of(actor.Person)); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, listSaved, scanSaved, actor.Person, clock.Micros(s.clock.Now()))
}

// RemoveSearch forgets a saved search; NotFound for another's.
func (s *Service) RemoveSearch(ctx context.Context, actor identity.Actor, id string) error {
	return s.ofSaved(ctx, actor, removeSaved, id, actor.Person)
}

// AlertSearch says whether somebody is to be told when something is free; NotFound
// for another's. Who asks anew is told anew.
func (s *Service) AlertSearch(ctx context.Context, actor identity.Actor, id string, on bool) error {
	return s.ofSaved(ctx, actor, alertSaved, id, actor.Person, on)
}

func (s *Service) ofSaved(ctx context.Context, actor identity.Actor, q db.Query, args ...any) error {
	if err := actor.Check(identity.BookingOwn, identity.Of(actor.Person)); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, q, args...)
		if err == nil && n == 0 {
			return errs.New(errs.NotFound, "saved.unknown", nil)
		}
		return err
	})
}

// Alerts tells whether somebody can be told by mail at all.
func (s *Service) Alerts() bool { return s.notes != nil && s.notes.Enabled() }

func (s *Service) savedByID(ctx context.Context, id string) (SavedSearch, error) {
	found, err := db.All(ctx, s.db, getSaved, scanSaved, id)
	if err != nil {
		return SavedSearch{}, err
	}
	if len(found) == 0 || !found[0].Ends.After(s.clock.Now()) {
		return SavedSearch{}, notify.ErrMoot
	}
	return found[0], nil
}

// again makes a saved search as its person would.
func (s *Service) again(ctx context.Context, saved SavedSearch, limit int) (ask, Found, error) {
	a, err := s.readSaved(saved.Query, "")
	if err != nil { // a municipality that is no more
		return a, Found{}, notify.ErrMoot
	}
	groups, err := s.grants.Groups(ctx, saved.Person)
	if err != nil {
		return a, Found{}, err
	}
	a.Limit = limit
	found, err := s.Search(ctx, identity.Actor{Person: saved.Person, Role: identity.Citizen, Groups: groups}, a.Query)
	if errs.Is(err, errs.Rule) || errs.Is(err, errs.Invalid) { // no rule allows it as things are
		err = nil
	}
	return a, found, err
}
