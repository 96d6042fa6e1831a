package coworking

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// WalkIn is somebody who stands at the desk and wants places now.
type WalkIn struct {
	Site   string // id or code
	Kind   site.ResourceKind
	Count  int
	To     time.Time
	Given  string // name, "" where they do not say
	Family string
	Known  string // e-mail address or fiscal number of somebody who has an account; exact
	Key    string // of the request
	Hash   string // of what was sent with the key
}

// WalkInOffer is what can be had now.
type WalkInOffer struct {
	Site     *site.Site
	Zone     *time.Location
	From, To time.Time
	Closes   time.Time // end of the opening hours that are running
	Units    []*site.Resource
}

// walkInStay is how long somebody stays who does not say.
const walkInStay = 2 * time.Hour

// WalkInOffer is what can be had now at a house: the places that fit tightest.
// Without an end it is two hours, or until closing. Errors: Unauthenticated,
// Forbidden, NotFound; Rule where the house is closed; Conflict "booking.taken"
// where too few places are free until then.
func (s *Service) WalkInOffer(actor identity.Actor, req WalkIn, groups []string) (WalkInOffer, error) {
	net := s.live.Network()
	st, err := net.ByCode(req.Site)
	if err != nil {
		return WalkInOffer{}, err
	}
	if err := actor.Check(identity.BookingWrite, identity.Site(st.ID)); err != nil {
		return WalkInOffer{}, err
	}
	o := WalkInOffer{Site: st, Zone: net.Zone(st), From: quarterOf(s.clock.Now()), To: req.To}
	if err := checkKind(req.Kind); err != nil {
		return o, err
	}
	if err := checkCount(req.Count); err != nil {
		return o, err
	}
	c := s.catalog()
	sh := c.shelves[req.Kind][st.ID]
	switch {
	case sh == nil:
		return o, errs.New(errs.Rule, "booking.no-such-kind", errs.Args{"site": st.Name}).On("kind")
	case st.State != site.Open:
		return o, site.CheckSite(st, sh.units[0])
	}
	o.Closes = closesAfter(sh.opening, o.From, o.Zone)
	if o.Closes.IsZero() {
		return o, errs.New(errs.Rule, "booking.closed", errs.Args{"site": st.Name}).With(Hours{"opening_hours", openOn(sh.opening, o.From, o.From.Add(1), o.Zone)})
	}
	if o.To.IsZero() {
		o.To = quarterOf(o.From.Add(walkInStay + agenda.Quarter - 1))
	}
	if o.To.After(o.Closes) {
		o.To = o.Closes
	}
	cells, err := checkTimes(o.From, o.To)
	if err != nil {
		return o, err
	}
	if padded, err := agenda.Cells(o.From, o.To.Add(time.Duration(sh.rules.Turnover)*time.Minute)); err == nil {
		cells = padded
	}
	var pool []int64
	for _, u := range sh.units {
		if admits(st, u, groups) {
			pool = append(pool, u.Ordinal)
		}
	}
	for _, n := range reserve.Disjoint(s.engine.Index.Rank(pool, cells, net.Atoms), req.Count, net.Atoms) {
		if u, err := net.ByOrdinal(n); err == nil {
			o.Units = append(o.Units, u)
		}
	}
	if len(o.Units) < req.Count {
		return o, errs.New(errs.Conflict, "day.none-free", errs.Args{"until": clockOf(o.To.In(o.Zone)).String()})
	}
	return o, nil
}

// closesAfter is when the opening hours end that run at an instant, in whole
// quarter-hours; zero where the house is closed. A house that is always open
// closes at the end of the next day.
func closesAfter(o *agenda.Opening, at time.Time, zone *time.Location) (closes time.Time) {
	today := agenda.DateOf(at.In(zone))
	for d := today.AddDays(-1); !today.AddDays(1).Before(d); d = d.AddDays(1) {
		for _, i := range o.On(d) {
			to := i.To.Truncate(agenda.Quarter)
			running := !at.Before(i.From.Truncate(agenda.Quarter)) && at.Before(to)
			if running || !closes.IsZero() && !i.From.After(closes) && to.After(closes) {
				closes = to
			}
		}
	}
	return closes
}

var insertGuest = db.Q("coworking.guest-insert", `
	INSERT INTO desk_guest (person, site, made_by, created) VALUES ($1, $2, $3, $4)`)

// WalkIn books places from now on for somebody at the desk and checks them in,
// all at once. Who has no account is entered as a guest, with the name that they
// give. The same key again has no further effect. Errors as WalkInOffer; NotFound
// "day.unknown-person" and Invalid for who is known by nothing given.
func (s *Service) WalkIn(ctx context.Context, actor identity.Actor, req WalkIn) (Booking, error) {
	if err := s.checkDesk(actor, req.Site); err != nil {
		return Booking{}, err
	}
	key := reserve.Key{Person: actor.Person, Key: "walk-in:" + req.Key, Hash: req.Hash}
	if done, err := s.engine.Granted(ctx, key); err != nil || done.ID != "" {
		return s.view(done), s.explain(actor, nil, err)
	}
	known, err := s.findKnown(ctx, req.Known)
	if err != nil {
		return Booking{}, err
	}
	var groups []string
	if known != "" {
		if groups, err = s.grants.Groups(ctx, known); err != nil {
			return Booking{}, err
		}
	}
	offer, err := s.WalkInOffer(actor, req, groups)
	if err != nil {
		return Booking{}, err
	}
	person := known
	if person == "" {
		if person, err = s.guest(ctx, actor, req, offer.Site); err != nil {
			return Booking{}, err
		}
	}
	sh := s.catalog().shelves[req.Kind][offer.Site.ID]
	w := wish{shelf: sh, count: req.Count, from: offer.From, to: offer.To}
	for _, u := range sh.units {
		if admits(offer.Site, u, groups) {
			w.pool = append(w.pool, u)
		}
	}
	ws := []wish{w}
	used := []reserve.Use{}
	if known != "" {
		used = unlimited(uses(identity.Actor{}, known, ws, false))
	}
	b, err := s.engine.Do(ctx, reserve.Plan{
		Key: key, Person: person, By: actor.Person, To: reserve.CheckedIn, Due: offer.To, Demands: demands(ws), Uses: used,
	})
	if err != nil {
		return Booking{}, s.explain(actor, ws, err)
	}
	return s.view(b), nil
}

func (s *Service) checkDesk(actor identity.Actor, code string) error {
	st, err := s.live.Network().ByCode(code)
	if err != nil {
		return err
	}
	return actor.Check(identity.BookingWrite, identity.Site(st.ID))
}

// findKnown finds who has an account by their exact address or fiscal number; ""
// where nothing is given.
func (s *Service) findKnown(ctx context.Context, text string) (string, error) {
	text = strings.TrimSpace(text)
	unknown := errs.New(errs.Invalid, "day.unknown-person", nil).On("known")
	switch {
	case text == "":
		return "", nil
	case strings.Contains(text, "@"):
		list, err := s.people.ByContact(ctx, text)
		switch {
		case err != nil:
			return "", err
		case len(list) == 0:
			return "", unknown
		case len(list) > 1: // a family may share one
			return "", errs.New(errs.Invalid, "day.several-people", nil).On("known")
		}
		return list[0].ID, nil
	}
	p, err := s.people.ByFiscalNumber(ctx, text)
	if errs.Is(err, errs.NotFound) {
		return "", unknown
	}
	return p.ID, err
}

// guest enters somebody without an account; twice with one key is one person.
func (s *Service) guest(ctx context.Context, actor identity.Actor, req WalkIn, st *site.Site) (string, error) {
	id := idOf(actor.Person, "guest:"+req.Key)
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.people.CreateIn(ctx, tx, identity.Person{ID: id, GivenName: req.Given, FamilyName: req.Family}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, insertGuest, id, st.ID, actor.Person, clock.Micros(s.clock.Now()))
		return err
	})
	if errs.HasKey(err, "identity.known") { // the same tap again
		return id, nil
	}
	if e := errs.As(err); err != nil && e.Kind == errs.Invalid {
		return "", errs.New(errs.Invalid, e.Key, e.Args).On("name")
	}
	return id, err
}

var guestOf = db.Q("coworking.guest-of", `SELECT created FROM desk_guest WHERE person = $1`)

func (s *Service) isGuest(ctx context.Context, person string) (bool, error) {
	var created int64
	err := db.One(ctx, s.db, guestOf, []any{person}, &created)
	if errors.Is(err, db.ErrNoRow) {
		return false, nil
	}
	return err == nil, err
}

// walkInEnds are the ends that are offered for a visit that begins now.
func walkInEnds(from, closes time.Time) (ends []time.Time) {
	for _, d := range []time.Duration{time.Hour, walkInStay, 4 * time.Hour} {
		if to := from.Add(d); to.Before(closes) {
			ends = append(ends, to)
		}
	}
	if closes.Sub(from) <= 24*time.Hour {
		ends = append(ends, closes)
	}
	return slices.Clip(ends)
}
