package coworking

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
	"polis/internal/reserve"
)

// A clearing is a closure that settles what it affects: each booking goes to
// the nearest place that is free, or is cancelled, or is left for somebody to
// call. It is made once and has the id of its closure; what is half done is
// taken up again by a job. Each booking has its turn once: the key of its plan
// says so.

// What can be chosen for an affected booking beside a Relocation. Nothing, for one that
// nobody was asked about, means the first of its relocations, or leaving it where there
// is none.
const (
	ChoiceLeave  = "leave"
	ChoiceCancel = "cancel" // or, of a visit that goes on, end it
)

// ForNowhere stands among choices for the id of whoever can go nowhere and was
// not asked about.
const ForNowhere = ""

// offeredFirst marks a relocation that nobody need choose: it was the first one offered.
const offeredFirst = "~"

// Outcome is what became of an affected booking.
type Outcome string

// The outcomes. OutcomeGone means that it was out of the way by itself.
const (
	OutcomeMoved     Outcome = "moved"
	OutcomeCancelled Outcome = "cancelled"
	OutcomeLeft      Outcome = "left"
	OutcomeGone      Outcome = "gone"
)

// Clearing is a closure with what it affected.
type Clearing struct {
	ID, Site, Reason string
	By               string
	Units            []int64
	Whole            bool // the whole house, with what is added to it
	Starts, Ends     time.Time
	Created, Done    time.Time // Done is zero while it goes on
	Items            []ClearingItem
}

// ClearingItem is a booking that was affected.
type ClearingItem struct {
	Booking string
	Choice  string
	Outcome Outcome // "" while its turn is to come
}

var (
	insertClearing = db.Q("coworking.clearing-insert", `
		INSERT INTO clearing (id, site, person, units, reason, starts, ends, created, whole) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (id) DO NOTHING`)
	insertClearingBookings = db.Rows("coworking.clearing-bookings", `
		INSERT INTO clearing_booking (clearing, booking, choice)
		SELECT column1, column2, column3 FROM {rows} WHERE column1 IS NOT NULL
		ON CONFLICT (clearing, booking) DO NOTHING`, "TEXT", "TEXT", "TEXT")
	getClearing = db.Q("coworking.clearing-get", `
		SELECT id, site, person, units, reason, starts, ends, created, done, whole FROM clearing WHERE id = $1`)
	getClearingBookings = db.Q("coworking.clearing-items", `
		SELECT booking, choice, outcome FROM clearing_booking WHERE clearing = $1 ORDER BY booking`)
	setOutcome = db.Q("coworking.clearing-outcome", `
		UPDATE clearing_booking SET outcome = $3 WHERE clearing = $1 AND booking = $2 AND outcome = ''`)
	endClearing = db.Q("coworking.clearing-end", `UPDATE clearing SET done = $2 WHERE id = $1 AND done IS NULL`)
)

// clearJob carries a clearing on.
type clearJob struct{ ID string }

func (clearJob) Kind() string { return "coworking.clear" }

// RegisterClearing lets a worker carry closures on that settle what is in their
// way.
func RegisterClearing(w *jobs.Worker, s *Service) {
	jobs.Register(w, func(ctx context.Context, j clearJob) error { return s.clear(ctx, j.ID) })
	s.wake = w.Wake
}

// clearAtOnce is how many bookings are settled before the answer; more are left
// to the job.
const clearAtOnce = 20

// CloseAndTell closes places and settles what that affects as was chosen, by
// the ids of bookings; who is concerned is told by mail. The same key again has
// no further effect. Errors as Close; Invalid for a choice that is none.
func (s *Service) CloseAndTell(ctx context.Context, actor identity.Actor, req ClosureRequest, choices map[string]string, key string) (string, error) {
	st, units, err := s.closing(actor, req)
	if err != nil {
		return "", err
	}
	if req.Reason, err = checkReason(req.Reason); err != nil {
		return "", err
	}
	if err := s.checkChoices(choices); err != nil {
		return "", err
	}
	id := idOf(actor.Person, key)
	if _, err := s.clearing(ctx, id); !errs.Is(err, errs.NotFound) {
		return id, err // the same tap again
	}
	affected, err := s.Preview(ctx, actor, req)
	if err != nil {
		return "", err
	}
	c := Clearing{ID: id, Site: st.ID, Reason: req.Reason, By: actor.Person, Units: units, Whole: req.whole(), Starts: req.From, Ends: req.To, Created: s.clock.Now()}
	fresh, err := s.noteClearing(ctx, c, chosenFor(affected, choices))
	if err != nil || !fresh {
		return c.ID, err
	}
	n, err := s.shut(ctx, c)
	if err != nil {
		return c.ID, err
	}
	if n <= clearAtOnce {
		return c.ID, s.clear(ctx, c.ID)
	}
	return c.ID, s.hurry(ctx, c.ID)
}

// checkChoices refuses what nobody can choose. The relocation that was offered
// first may lead to a place that is gone by now: then another does.
func (s *Service) checkChoices(choices map[string]string) error {
	for _, choice := range choices {
		if choice == "" || choice == ChoiceLeave || choice == ChoiceCancel {
			continue
		}
		offered, first := strings.CutPrefix(choice, offeredFirst)
		if _, err := s.parseRelocation(offered); err != nil && (!first || errs.Is(err, errs.Invalid)) {
			return err
		}
	}
	return nil
}

// chosenFor is what was chosen for each affected booking, or what it means that
// nobody was asked about it.
func chosenFor(affected []AffectedBooking, choices map[string]string) map[string]string {
	chosen := map[string]string{}
	for _, x := range affected {
		switch chosen[x.ID] = choices[x.ID]; {
		case chosen[x.ID] != "":
		case len(x.Relocations) > 0:
			chosen[x.ID] = offeredFirst + x.Relocations[0].String()
		case nowhere(x):
			chosen[x.ID] = choices[ForNowhere]
		}
	}
	return chosen
}

// noteClearing writes a clearing down with its choices, before anything changes;
// false where it was there already.
func (s *Service) noteClearing(ctx context.Context, c Clearing, chosen map[string]string) (fresh bool, err error) {
	units, err := json.Marshal(c.Units)
	if err != nil {
		return false, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		fresh = false
		n, err := tx.Exec(ctx, insertClearing, c.ID, c.Site, c.By, string(units), c.Reason, clock.Micros(c.Starts), clock.Micros(c.Ends), clock.Micros(c.Created), c.Whole)
		if err != nil || n == 0 {
			return err
		}
		fresh = true
		if err := insertClearingBookings.Exec(ctx, tx, choiceArgs(c.ID, chosen)); err != nil {
			return err
		}
		return jobs.Enqueue(ctx, tx, clearJob{c.ID}, c.Created.Add(clearGrace))
	})
	return fresh, err
}

// clearGrace is how long the job waits for the request that made it to do all of
// it.
const clearGrace = 10 * time.Second

// hurry asks for the job now.
func (s *Service) hurry(ctx context.Context, id string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if s.wake != nil {
			tx.After(s.wake)
		}
		return jobs.Enqueue(ctx, tx, clearJob{id}, s.clock.Now())
	})
}

// idOf is the id of what a person asks for with a key: the same for the same.
func idOf(person, key string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(person+":"+key)).String()
}

func choiceArgs(id string, choices map[string]string) (args []any) {
	for booking, choice := range choices {
		args = append(args, id, booking, choice)
	}
	return args
}

// shut makes the closure of a clearing, and adds to its list what is really in
// the way by now. It says how much that is.
func (s *Service) shut(ctx context.Context, c Clearing) (int, error) {
	_, list, err := s.engine.Close(ctx, reserve.Closure{
		ID: c.ID, Site: c.Site, Reason: c.Reason, Starts: c.Starts, Ends: c.Ends, Units: c.Units, Whole: c.Whole,
	}, c.By)
	if err != nil {
		return 0, s.explain(identity.Actor{}, nil, err)
	}
	more := map[string]string{}
	for _, b := range list {
		more[b.ID] = ""
	}
	return len(list), s.db.Write(ctx, func(tx *db.Tx) error {
		return insertClearingBookings.Exec(ctx, tx, choiceArgs(c.ID, more))
	})
}

// clear gives each booking of a clearing its turn.
func (s *Service) clear(ctx context.Context, id string) error {
	c, err := s.clearing(ctx, id)
	if err != nil || !c.Done.IsZero() {
		return err
	}
	if _, err := s.shut(ctx, c); err != nil { // once more is none; what was half made is made
		return err
	}
	if c, err = s.clearing(ctx, id); err != nil {
		return err
	}
	if !c.Done.IsZero() { // somebody opened the places again meanwhile
		if err := s.engine.Reopen(ctx, id, c.By); err != nil && !errors.Is(err, reserve.ErrUnknown) {
			return err
		}
		return nil
	}
	f := s.newFinder()
	for _, item := range c.Items {
		if item.Outcome != "" {
			continue
		}
		if done, err := s.isDone(ctx, id); err != nil || done {
			return err
		}
		outcome, err := s.settle(ctx, f, c, item)
		if err != nil {
			return err
		}
		if err := s.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, setOutcome, c.ID, item.Booking, string(outcome))
			return err
		}); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, endClearing, c.ID, clock.Micros(s.clock.Now()))
		return err
	})
}

var clearingDone = db.Q("coworking.clearing-done", `SELECT COUNT(*) FROM clearing WHERE id = $1 AND done IS NOT NULL`)

func (s *Service) isDone(ctx context.Context, id string) (bool, error) {
	n := 0
	err := db.One(ctx, s.db, clearingDone, []any{id}, &n)
	return n > 0, err
}

// settle gives a booking its turn. Where it changes under our eyes it is looked
// at again.
func (s *Service) settle(ctx context.Context, f *finder, c Clearing, item ClearingItem) (Outcome, error) {
	key := "clear:" + c.ID + ":" + item.Booking
	done, err := s.engine.Granted(ctx, reserve.Key{Person: c.By, Key: key})
	if err != nil {
		return "", err
	}
	if done.ID != "" { // its turn was over, though nobody wrote it down
		return outcomeOf(done), nil
	}
	for {
		b, err := s.engine.Get(ctx, item.Booking)
		if errors.Is(err, reserve.ErrUnknown) {
			return OutcomeGone, nil
		}
		if err != nil {
			return "", err
		}
		parts := f.partsIn(b, c.Units, c.Starts, c.Ends)
		if !b.Status.Alive() || len(parts) == 0 {
			return s.gone(ctx, c, key)
		}
		outcome, err := s.turn(ctx, f, change{
			id: c.ID, key: key, by: identity.Actor{Person: c.By}, reason: c.Reason, leaves: parts,
		}, b, item.Choice)
		if !errs.Is(err, errs.Stale) {
			return outcome, err
		}
	}
}

// gone is what became of a booking that is out of the way: another worker may
// have been faster.
func (s *Service) gone(ctx context.Context, c Clearing, key string) (Outcome, error) {
	done, err := s.engine.Granted(ctx, reserve.Key{Person: c.By, Key: key})
	if err != nil || done.ID == "" {
		return OutcomeGone, err
	}
	return outcomeOf(done), nil
}

func outcomeOf(b reserve.Booking) Outcome {
	if b.Status.Alive() {
		return OutcomeMoved
	}
	return OutcomeCancelled
}

// turn does to a booking what was chosen, or what is nearest. What is refused is
// left; only what failed is an error, and Stale where the booking has changed.
func (s *Service) turn(ctx context.Context, f *finder, c change, b reserve.Booking, choice string) (Outcome, error) {
	if choice == ChoiceLeave {
		return OutcomeLeft, nil
	}
	if b.Status == reserve.Held { // nobody counts on it yet
		choice = ChoiceCancel
	}
	var done reserve.Booking
	var err error
	switch {
	case choice == ChoiceCancel && b.Status == reserve.CheckedIn && !s.goesOn(b, c.leaves): // the visit ends
		done, err = s.carryOut(ctx, c, b, reserve.Plan{When: []reserve.Status{reserve.CheckedIn}, To: reserve.Completed})
		err = s.explain(c.by, nil, err)
	case choice == ChoiceCancel:
		done, err = s.giveUp(ctx, c, b)
	default:
		for _, try := range tries(choice) {
			var relocation Relocation
			if relocation, err = s.relocationFor(ctx, f, b, c.leaves, try); err == nil && len(relocation.Spots) == 0 {
				return OutcomeLeft, nil
			}
			if err == nil {
				done, err = s.relocate(ctx, c, b, relocation)
			}
			if err == nil || errs.Is(err, errs.Stale) {
				break
			}
		}
	}
	switch e := errs.As(err); {
	case err == nil:
		return outcomeOf(done), nil
	case e.Kind == errs.Stale:
		return "", err
	case e.Kind == errs.Rule, e.Kind == errs.Conflict, e.Kind == errs.NotFound, e.Kind == errs.Forbidden, e.Kind == errs.Invalid:
		if b.Standing(s.clock.Now()).Status != b.Status { // what is due is ended by the sweep
			return OutcomeGone, nil
		}
		return OutcomeLeft, nil
	}
	return "", err
}

// goesOn tells whether a booking has anything to come beside some of its parts.
func (s *Service) goesOn(b reserve.Booking, leaves []int) bool {
	now := s.clock.Now()
	for i, p := range b.Parts {
		if len(p.Units) > 0 && p.To.After(now) && !slices.Contains(leaves, i) {
			return true
		}
	}
	return false
}

// tries are the relocations to try: the one that was chosen, or the one that was offered
// first and then whatever is nearest by now.
func tries(choice string) []string {
	if offered, ok := strings.CutPrefix(choice, offeredFirst); ok {
		return []string{offered, ""}
	}
	return []string{choice}
}

// relocationFor is the relocation that was chosen, or the nearest; one without spots where
// there is none.
func (s *Service) relocationFor(ctx context.Context, f *finder, b reserve.Booking, parts []int, choice string) (Relocation, error) {
	if choice != "" {
		w, err := s.parseRelocation(choice)
		if err != nil {
			return w, err
		}
		for _, part := range parts { // it has changed since it was chosen: the nearest, then
			if !slices.ContainsFunc(w.Spots, func(x Spot) bool { return x.Part == part }) {
				choice = ""
			}
		}
		if choice != "" {
			return w, s.checkRelocation(identity.Actor{}, b, w, parts)
		}
	}
	groups, err := s.grants.Groups(ctx, b.Person)
	if err != nil {
		return Relocation{}, err
	}
	if relocations := f.relocations(b, parts, groups); len(relocations) > 0 {
		return relocations[0], nil
	}
	return Relocation{}, nil
}

func (s *Service) clearing(ctx context.Context, id string) (c Clearing, err error) {
	var units string
	var starts, ends, created int64
	var done sql.NullInt64
	err = db.One(ctx, s.db, getClearing, []any{id}, &c.ID, &c.Site, &c.By, &units, &c.Reason, &starts, &ends, &created, &done, &c.Whole)
	if errors.Is(err, db.ErrNoRow) {
		return c, errs.New(errs.NotFound, "closure.unknown", nil)
	}
	if err != nil {
		return c, err
	}
	c.Starts, c.Ends, c.Created = clock.FromMicros(starts), clock.FromMicros(ends), clock.FromMicros(created)
	if done.Valid {
		c.Done = clock.FromMicros(done.Int64)
	}
	if err := json.Unmarshal([]byte(units), &c.Units); err != nil {
		return c, fmt.Errorf("clearing %s: %w", id, err)
	}
	c.Items, err = db.All(ctx, s.db, getClearingBookings, func(rows *sql.Rows) (x ClearingItem, err error) {
		err = rows.Scan(&x.Booking, &x.Choice, &x.Outcome)
		return x, err
	}, id)
	return c, err
}
