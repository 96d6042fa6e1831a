package coworking

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// A guest is somebody who was entered at a desk, without an account: a name, or
// none. They are kept until GuestTerm after they came, for who left something
// behind; then the house forgets them, and their visit stays without a name.

// GuestTerm is how long a guest is kept.
const GuestTerm = 30 * 24 * time.Hour

var (
	insertGuest = db.Q("coworking.guest-insert", `
		INSERT INTO desk_guest (person, site, made_by, created) VALUES ($1, $2, $3, $4)`)
	guestOf   = db.Q("coworking.guest-of", `SELECT created FROM desk_guest WHERE person = $1`)
	oldGuests = db.Q("coworking.guests-old", `
		SELECT person FROM desk_guest WHERE created <= $1 ORDER BY created LIMIT 200`)
	dropGuests = db.Rows("coworking.guests-drop", `
		DELETE FROM desk_guest WHERE person IN (SELECT column1 FROM {rows} WHERE column1 IS NOT NULL)`, "TEXT")
)

// guestID is the person whom a request enters: twice is one person.
func guestID(key reserve.Key) string { return idOf(key.Person, "guest:"+key.Key) }

// guestOfWalkIn is somebody without an account as they said who they are.
func guestOfWalkIn(req WalkIn, id string) identity.Person {
	return identity.Person{ID: id, GivenName: req.Given, FamilyName: req.Family}
}

// checkGuestName refuses a name that cannot be kept, before anything is given.
func checkGuestName(req WalkIn) error {
	err := guestOfWalkIn(req, "").Check()
	if e := errs.As(err); err != nil && e.Kind == errs.Invalid {
		return errs.New(errs.Invalid, e.Key, e.Args).On("name")
	}
	return err
}

// enterGuest enters somebody without an account, once.
func (s *Service) enterGuest(ctx context.Context, actor identity.Actor, req WalkIn, st *site.Site, id string) error {
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.people.CreateIn(ctx, tx, guestOfWalkIn(req, id)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, insertGuest, id, st.ID, actor.Person, clock.Micros(s.clock.Now()))
		return err
	})
	if errs.HasKey(err, "identity.known") { // the same tap again
		return nil
	}
	return err
}

func (s *Service) isGuest(ctx context.Context, person string) (bool, error) {
	var created int64
	err := db.One(ctx, s.db, guestOf, []any{person}, &created)
	if errors.Is(err, db.ErrNoRow) {
		return false, nil
	}
	return err == nil, err
}

// RegisterGuests lets a worker forget guests when their time is over.
func RegisterGuests(w *jobs.Worker, s *Service) {
	w.Every("coworking.forget-guests", time.Hour, s.ForgetGuests)
}

// ForgetGuests forgets the guests who came longer ago than GuestTerm.
func (s *Service) ForgetGuests(ctx context.Context) error {
	for {
		now := s.clock.Now()
		list, err := db.All(ctx, s.db, oldGuests, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) }, clock.Micros(now.Add(-GuestTerm)))
		if err != nil || len(list) == 0 {
			return err
		}
		if err := s.db.Write(ctx, func(tx *db.Tx) error {
			if err := s.people.ForgetUnreachable(ctx, tx, list); err != nil {
				return err
			}
			args, acts := make([]any, len(list)), make([]journal.Act, len(list))
			for i, id := range list {
				args[i], acts[i] = id, journal.Act{ID: clock.NewID(), At: now, Kind: "guest.forgotten", Subject: id}
			}
			if err := dropGuests.Exec(ctx, tx, args); err != nil {
				return err
			}
			return journal.Append(ctx, tx, acts...)
		}); err != nil {
			return err
		}
	}
}
