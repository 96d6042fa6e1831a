package coworking

import (
	"context"
	"database/sql"
	"strings"
	"time"
	"unicode/utf8"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
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

func (r *ClosureRequest) whole() bool { return len(r.Resources) == 0 }

// Close takes places out of use and lists the affected bookings, which stay
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
	c := reserve.Closure{Site: st.ID, Reason: strings.TrimSpace(req.Reason), Starts: req.From, Ends: req.To, Whole: req.whole()}
	if c.Units, err = unitsOf(net, st, req.Resources); err != nil {
		return none, nil, err
	}
	c, affected, err := s.engine.Close(ctx, c, actor.Person)
	if err != nil {
		return none, nil, s.explain(actor, nil, err)
	}
	return c, s.views(actor, affected), nil
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
			if err := s.db.Write(ctx, func(tx *db.Tx) error { // nobody need go any more
				_, err := tx.Exec(ctx, endClearing, id, clock.Micros(s.clock.Now()))
				return err
			}); err != nil {
				return err
			}
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

// Affected lists the coming bookings of some places of a site: what somebody
// must settle before the places can be closed or taken away. Whose they are is
// noted. Errors: Forbidden, NotFound, Invalid.
func (s *Service) Affected(ctx context.Context, actor identity.Actor, req ClosureRequest) ([]Booking, error) {
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
	affected, err := s.engine.Affected(ctx, units, req.From, req.To)
	if err != nil {
		return nil, err
	}
	read := identity.Reading{Page: "affected", Site: st.ID}
	for _, b := range affected {
		read.Of = append(read.Of, identity.Seen{Person: b.Person, About: identity.ForBooking(b.ID)})
	}
	return s.views(actor, affected), s.people.NoteRead(ctx, actor, read)
}

func (s *Service) views(actor identity.Actor, list []reserve.Booking) []Booking {
	out := make([]Booking, len(list))
	for i, b := range list {
		out[i] = s.seen(actor, b)
	}
	return out
}

// Block is a closure of a house as its people see it, with the atoms it shuts.
type Block struct {
	reserve.Closure
	Made bool // with a page on what it affected
}

// Blocks lists the closures of a house that are not over, by start, for who may
// see its bookings. Errors: Unauthenticated, Forbidden, NotFound.
func (s *Service) Blocks(ctx context.Context, actor identity.Actor, code string) (*site.Site, []Block, error) {
	net := s.live.Network()
	st, err := net.ByCode(code)
	if err != nil {
		return nil, nil, err
	}
	if err := actor.Check(identity.BookingRead, identity.Site(st.ID)); err != nil {
		return nil, nil, err
	}
	list, err := s.engine.Closures(ctx, st.ID)
	if err != nil {
		return nil, nil, err
	}
	shuts, err := s.engine.Shuts(ctx, st.ID)
	if err != nil {
		return nil, nil, err
	}
	made, err := s.clearingsOf(ctx, st.ID)
	if err != nil {
		return nil, nil, err
	}
	out := make([]Block, len(list))
	for i, c := range list {
		c.Units = shuts[c.ID]
		out[i] = Block{Closure: c, Made: made[c.ID]}
	}
	return st, out, nil
}

var clearingsOfSite = db.Q("coworking.clearings-of-site", `SELECT id FROM clearing WHERE site = $1`)

func (s *Service) clearingsOf(ctx context.Context, siteID string) (map[string]bool, error) {
	out := map[string]bool{}
	return out, db.Each(ctx, s.db, clearingsOfSite, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		out[id] = true
		return err
	}, siteID)
}
