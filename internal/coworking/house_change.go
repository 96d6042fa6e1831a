package coworking

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// change is what a house does to a booking.
type change struct {
	id     string // of the reason, in the act
	key    string // of the request, so that it has one effect; "" without
	by     identity.Actor
	reason string
	leaves []int // parts that are given up
}

var (
	insertChange = db.Q("coworking.house-change", `
		INSERT INTO house_change (id, booking, reason, was, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id, booking) DO UPDATE SET was = excluded.was`)
	getChange = db.Q("coworking.house-change-of", `SELECT reason, was FROM house_change WHERE id = $1 AND booking = $2`)
)

// carryOut changes a booking for a house: the reason and what it was are kept
// first, for the mail that the act asks for.
func (s *Service) carryOut(ctx context.Context, c change, b reserve.Booking, p reserve.Plan) (reserve.Booking, error) {
	was, err := json.Marshal(b.Parts)
	if err != nil {
		return b, err
	}
	if err := s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, insertChange, c.id, b.ID, c.reason, string(was), clock.Micros(s.clock.Now()))
		return err
	}); err != nil {
		return b, err
	}
	p.Booking, p.Person, p.By, p.Rev, p.Why = b.ID, b.Person, c.by.Person, b.Rev, c.id
	if c.key != "" {
		p.Key = reserve.Key{Person: c.by.Person, Key: c.key}
	}
	return s.engine.Do(ctx, p)
}

// giveUp takes parts out of a booking, or cancels it where none is left.
func (s *Service) giveUp(ctx context.Context, c change, b reserve.Booking) (reserve.Booking, error) {
	alive := []reserve.Status{reserve.Held, reserve.Confirmed, reserve.CheckedIn}
	left := slices.Clone(b.Parts)
	for _, i := range slices.Backward(slices.Sorted(slices.Values(c.leaves))) {
		left = slices.Delete(left, i, i+1)
	}
	ws, err := s.catalog().kept(left)
	if err != nil {
		return b, err
	}
	plan := reserve.Plan{When: alive, To: reserve.Cancelled}
	if len(ws) > 0 {
		plan = s.changed(b, ws)
	}
	done, err := s.carryOut(ctx, c, b, plan)
	return done, s.explain(c.by, ws, err)
}

// relocate moves parts of a booking: to exactly the places of the relocation, or where
// they were taken meanwhile to others of the same house at the same time.
func (s *Service) relocate(ctx context.Context, c change, b reserve.Booking, relocation Relocation) (reserve.Booking, error) {
	groups, err := s.grants.Groups(ctx, b.Person)
	if err != nil {
		return b, err
	}
	for _, exact := range []bool{true, false} {
		var ws []wish
		if ws, err = s.moved(b, relocation, groups, exact); err != nil {
			return b, err
		}
		var done reserve.Booking
		done, err = s.carryOut(ctx, c, b, s.changed(b, ws))
		if err = s.explain(c.by, ws, err); err == nil || !errs.HasKey(err, "booking.taken") && !errs.HasKey(err, "booking.shut") {
			return done, err
		}
	}
	return b, err
}

// changed is the plan that gives a booking other parts. What is true binds the
// people of a house; how much one person may have does not.
func (s *Service) changed(b reserve.Booking, ws []wish) reserve.Plan {
	p := reserve.Plan{When: []reserve.Status{b.Status}, To: b.Status, Due: b.Due, NotDue: s.clock.Now(), Demands: demands(ws)}
	switch b.Status {
	case reserve.Confirmed:
		p.Due = s.due(ws)
	case reserve.CheckedIn:
		p.Due = slices.MaxFunc(ws, func(x, y wish) int { return x.to.Compare(y.to) }).to
	}
	if len(b.Uses) > 0 {
		p.Uses = unlimited(uses(identity.Actor{}, b.Person, append(slices.Clip(ws), s.catalog().missed(b.Parts)...), b.Status == reserve.Held))
	}
	return p
}

// unlimited are uses that count without being bounded.
func unlimited(list []reserve.Use) []reserve.Use {
	for i := range list {
		list[i].Limit = 0
	}
	return list
}

// moved are the parts of a booking with some of them elsewhere. Errors: NotFound,
// Rule for places and times that cannot be.
func (s *Service) moved(b reserve.Booking, relocation Relocation, groups []string, exact bool) ([]wish, error) {
	c := s.catalog()
	var ws []wish
	for i, p := range b.Parts {
		if len(p.Units) == 0 {
			continue
		}
		at := slices.IndexFunc(relocation.Spots, func(x Spot) bool { return x.Part == i })
		if at < 0 {
			kept, err := c.kept(b.Parts[i : i+1])
			if err != nil {
				return nil, err
			}
			ws = append(ws, kept...)
			continue
		}
		w, err := s.spotWish(c, relocation.Spots[at], groups, exact)
		if err != nil {
			return nil, err
		}
		ws = append(ws, w)
	}
	if len(relocation.Spots) == 0 || len(ws) == 0 {
		return nil, errs.New(errs.NotFound, "booking.unknown-part", nil)
	}
	return ws, nil
}

// spotWish is a spot as a wish: for exactly its places, or as many of the kind.
func (s *Service) spotWish(c *catalog, spot Spot, groups []string, exact bool) (w wish, err error) {
	cells, err := checkTimes(spot.From, spot.To)
	if err != nil {
		return w, err
	}
	for _, u := range spot.Units {
		st, err := c.net.Site(u.Site)
		if err != nil {
			return w, err
		}
		if err := cmp.Or(site.CheckSite(st, u), site.CheckGroups(st, u, groups)); err != nil {
			return w, err
		}
		sh := c.shelves[u.Kind][u.Site]
		if sh == nil || w.shelf != nil && w.shelf != sh {
			return w, errs.New(errs.NotFound, "resource.unknown", nil)
		}
		w.shelf = sh
	}
	if w.shelf == nil {
		return w, errs.New(errs.NotFound, "resource.unknown", nil)
	}
	if !c.isOpen(w.shelf, cells) {
		return w, errs.New(errs.Rule, "booking.closed", errs.Args{"site": w.site.Name}).
			With(Hours{"opening_hours", openOn(w.opening, spot.From, spot.To, w.zone)})
	}
	w.from, w.to = spot.From, spot.To
	if w.units = spot.Units; exact {
		return w, nil
	}
	w.count, w.units = len(spot.Units), nil
	for _, u := range w.roomy(spot.Units) {
		if admits(w.site, u, groups) {
			w.pool = append(w.pool, u)
		}
	}
	if len(w.pool) < w.count {
		return w, fmt.Errorf("coworking: %d places for %d", len(w.pool), w.count)
	}
	return w, nil
}
