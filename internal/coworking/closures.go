package coworking

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// ClosureRequest asks for places of a site to be closed for a time.
type ClosureRequest struct {
	Site      string   // id
	Resources []string // ids; none means the whole site
	Reason    string   // for people to read
	From, To  time.Time
}

const maxReason = 200

// Close takes places out of use and lists the bookings in the way, which stay
// until somebody moves them. Errors: Forbidden, NotFound, Invalid.
func (s *Service) Close(ctx context.Context, actor identity.Actor, req ClosureRequest) (reserve.Closure, []Booking, error) {
	var none reserve.Closure
	if err := actor.Check(identity.ClosureWrite, identity.Site(req.Site)); err != nil {
		return none, nil, err
	}
	net := s.live.Network()
	st, err := net.Site(req.Site)
	if err != nil {
		return none, nil, err
	}
	if strings.TrimSpace(req.Reason) == "" || utf8.RuneCountInString(req.Reason) > maxReason {
		return none, nil, errs.New(errs.Invalid, "closure.reason", errs.Args{"max": maxReason}).On("reason")
	}
	if _, err := checkTimes(req.From, req.To); err != nil {
		return none, nil, err
	}
	c := reserve.Closure{Site: st.ID, Reason: strings.TrimSpace(req.Reason), Starts: req.From, Ends: req.To}
	if c.Units, err = unitsOf(net, st, req.Resources); err != nil {
		return none, nil, err
	}
	c, way, err := s.engine.Close(ctx, c, actor.Person)
	if err != nil {
		return none, nil, s.explain(actor, nil, err)
	}
	return c, s.views(way), nil
}

// unitsOf are the ordinals of some places of a site, of all where none is
// named.
func unitsOf(net *site.Network, st *site.Site, ids []string) ([]int64, error) {
	if len(ids) == 0 {
		return ordinals(net.Resources(st.ID)), nil
	}
	units := make([]int64, 0, len(ids))
	for _, id := range ids {
		r, err := net.Resource(id)
		if err != nil || r.Site != st.ID {
			return nil, errs.New(errs.NotFound, "resource.unknown", nil).On("resources")
		}
		units = append(units, r.Ordinal)
	}
	return units, nil
}

// Reopen ends a closure of a site. Errors: Forbidden, NotFound.
func (s *Service) Reopen(ctx context.Context, actor identity.Actor, siteID, id string) error {
	if err := actor.Check(identity.ClosureWrite, identity.Site(siteID)); err != nil {
		return err
	}
	list, err := s.engine.Closures(ctx, siteID)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.ID == id {
			return s.explain(actor, nil, s.engine.Reopen(ctx, id, actor.Person))
		}
	}
	return errs.New(errs.NotFound, "closure.unknown", nil)
}

// Closures are the closures of a site that are not over, by start.
func (s *Service) Closures(ctx context.Context, siteID string) ([]reserve.Closure, error) {
	if _, err := s.live.Network().Site(siteID); err != nil {
		return nil, err
	}
	return s.engine.Closures(ctx, siteID)
}

// InTheWay lists the coming bookings of some places of a site: what somebody
// must settle before the places can be closed or taken away. Errors: Forbidden,
// NotFound, Invalid.
func (s *Service) InTheWay(ctx context.Context, actor identity.Actor, req ClosureRequest) ([]Booking, error) {
	if err := actor.Check(identity.BookingRead, identity.Site(req.Site)); err != nil {
		return nil, err
	}
	net := s.live.Network()
	st, err := net.Site(req.Site)
	if err != nil {
		return nil, err
	}
	if _, err := checkTimes(req.From, req.To); err != nil {
		return nil, err
	}
	units, err := unitsOf(net, st, req.Resources)
	if err != nil {
		return nil, err
	}
	way, err := s.engine.InTheWay(ctx, units, req.From, req.To)
	return s.views(way), err
}

func (s *Service) views(list []reserve.Booking) []Booking {
	out := make([]Booking, len(list))
	for i, b := range list {
		out[i] = s.view(b)
	}
	return out
}
