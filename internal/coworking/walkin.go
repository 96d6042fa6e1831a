package coworking

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/journal"
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
	if err := actor.Check(identity.BookingTake, identity.Site(st.ID)); err != nil {
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

// WalkIn books places from now on for somebody at the desk and checks them in,
// all at once. Who has no account is entered as a guest, with the name that they
// give. The same key again has no further effect. Nobody is looked for before
// there are places to give, and nothing stays of what is refused. Errors as
// WalkInOffer; NotFound "day.unknown-person" and Invalid for who is known by
// nothing given; TooMany for who looks for very many.
func (s *Service) WalkIn(ctx context.Context, actor identity.Actor, req WalkIn) (Booking, error) {
	st, err := s.live.Network().ByCode(req.Site)
	if err == nil {
		err = actor.Check(identity.BookingTake, identity.Site(st.ID))
	}
	if err == nil {
		err = checkGuestName(req)
	}
	if err != nil {
		return Booking{}, err
	}
	key := s.walkInKey(actor, req)
	b, err := s.engine.Granted(ctx, key)
	if err != nil {
		return Booking{}, s.explain(actor, nil, err)
	}
	if b.ID == "" {
		if b, err = s.takeIn(ctx, actor, req, st, key); err != nil {
			return Booking{}, err
		}
	}
	if b.Person == guestID(key) { // now that there is something to keep
		if err := s.enterGuest(ctx, actor, req, st, b.Person); err != nil {
			return Booking{}, err
		}
	}
	return s.view(b), nil
}

// walkInKey is the key of a request: one without is a request of its own. What a
// form says is part of its key, so that the page of one visit, filled in anew for
// the next person, does not show the first one's.
func (s *Service) walkInKey(actor identity.Actor, req WalkIn) reserve.Key {
	key := reserve.Key{Person: actor.Person, Key: "walk-in:" + req.Key, Hash: req.Hash}
	switch {
	case req.Key == "":
		key.Key += clock.NewID()
	case req.Hash == "":
		mac := hmac.New(sha256.New, s.feedKey)
		fmt.Fprintf(mac, "walk-in %q %q %d %d %q %q %q", req.Site, req.Kind, req.Count, req.To.Unix(), req.Given, req.Family, req.Known)
		key.Key += ":" + hex.EncodeToString(mac.Sum(nil)[:12])
	}
	return key
}

// takeIn gives places to somebody at the desk.
func (s *Service) takeIn(ctx context.Context, actor identity.Actor, req WalkIn, st *site.Site, key reserve.Key) (b reserve.Booking, err error) {
	if _, err := s.WalkInOffer(actor, req, s.everyGroup(st)); err != nil {
		return b, err // whoever it is
	}
	known, groups, unknown := s.findKnown(ctx, actor, st, req.Known)
	if unknown != nil && !errs.Is(unknown, errs.Invalid) {
		return b, unknown
	}
	offer, err := s.WalkInOffer(actor, req, groups)
	if err == nil {
		err = unknown
	}
	if err != nil {
		return b, err
	}
	sh := s.catalog().shelves[req.Kind][st.ID]
	w := wish{shelf: sh, count: req.Count, from: offer.From, to: offer.To}
	for _, u := range sh.units {
		if admits(st, u, groups) {
			w.pool = append(w.pool, u)
		}
	}
	ws := []wish{w}
	person, used := known, []reserve.Use{}
	if person == "" {
		person = guestID(key)
	} else {
		used = unlimited(uses(identity.Actor{}, person, ws, false))
	}
	b, err = s.engine.Do(ctx, reserve.Plan{
		Key: key, Person: person, By: actor.Person, To: reserve.CheckedIn, Due: offer.To, Demands: demands(ws), Uses: used,
	})
	return b, s.explain(actor, ws, err)
}

// everyGroup are the groups for which anything of a house is kept.
func (s *Service) everyGroup(st *site.Site) []string {
	groups := slices.Clone(st.Groups)
	for _, u := range s.live.Network().Resources(st.ID) {
		groups = append(groups, u.Groups...)
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

func (s *Service) checkDesk(actor identity.Actor, code string) error {
	st, err := s.live.Network().ByCode(code)
	if err != nil {
		return err
	}
	return actor.Check(identity.BookingTake, identity.Site(st.ID))
}

// findKnown finds who has an account by their exact address or fiscal number,
// with their groups; "" where nothing is given. Who was found is noted, and that nobody was.
// Errors: Invalid; TooMany.
func (s *Service) findKnown(ctx context.Context, actor identity.Actor, st *site.Site, text string) (person string, groups []string, err error) {
	if text = strings.TrimSpace(text); text == "" {
		return "", nil, nil
	}
	if wait := s.lookups.count(ctx, actor.Person); wait > 0 {
		return "", nil, errs.New(errs.TooMany, "identity.too-many", errs.Args{"count": int((wait + time.Minute - 1) / time.Minute)})
	}
	var found []identity.Person
	if strings.Contains(text, "@") {
		found, err = s.people.ByContact(ctx, text)
	} else {
		var p identity.Person
		if p, err = s.people.ByFiscalNumber(ctx, text); err == nil {
			found = []identity.Person{p}
		}
	}
	switch {
	case err != nil && !errs.Is(err, errs.NotFound):
		return "", nil, err
	case len(found) == 0:
		return "", nil, cmp.Or(s.noteUnknown(ctx, actor, st), error(errs.New(errs.Invalid, "day.unknown-person", nil).On("known")))
	case len(found) > 1: // a family may share an address
		return "", nil, errs.New(errs.Invalid, "day.several-people", nil).On("known")
	}
	read := identity.Reading{Page: "walk-in", Site: st.ID, Of: []identity.Seen{{Person: found[0].ID}}}
	if err := s.people.NoteRead(ctx, actor, read); err != nil {
		return "", nil, err
	}
	groups, err = s.grants.Groups(ctx, found[0].ID)
	return found[0].ID, groups, err
}

// noteUnknown notes that somebody at a desk looked for a person who is not there:
// never whom.
func (s *Service) noteUnknown(ctx context.Context, actor identity.Actor, st *site.Site) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return journal.Append(ctx, tx, journal.Act{ID: clock.NewID(), At: s.clock.Now(), Kind: "walk-in.unknown", Subject: st.ID, Person: actor.Person})
	})
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
