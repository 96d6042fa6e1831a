package manage

import (
	"cmp"
	"context"
	"errors"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// errUnchanged ends a change of nothing.
var errUnchanged = errors.New("manage: nothing to change")

// refit changes the rooms and places of a house, unless what comes of it could
// not be, or it affects coming bookings: then the error is a Rule with a
// fault for each room and place, and the bookings as its details.
func (s *Service) refit(ctx context.Context, a identity.Actor, siteID string, change func(now *site.Layout) (site.Refit, error)) error {
	if err := a.Check(identity.SiteWrite, identity.Site(siteID)); err != nil {
		return err
	}
	err := s.Sites.Refit(ctx, siteID, a.Person, func(_ *db.Tx, now site.Layout) (site.Refit, error) {
		c, err := change(&now)
		if err != nil {
			return c, err
		}
		if c = now.Needed(c); c.Empty() {
			return c, errUnchanged
		}
		f := faults{}
		for _, x := range now.Faults(c) {
			f.add(x.ID, x.On, x.Err.Key, x.Err.Args)
		}
		affected, err := s.affectedPlaces(ctx, siteID, &now, c, &f)
		if err != nil {
			return c, err
		}
		return c, f.err(affected)
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Live.Reload(ctx)
}

// faults gathers what is wrong with a change.
type faults struct{ list []errs.Error }

// The field of each is the id of a room or place, a space, and an input.
func (f *faults) add(id, on, key string, args errs.Args) {
	f.list = append(f.list, *errs.New(errs.Rule, key, args).On(id + " " + on))
}

// err is all of it as one error; nil where there is nothing.
func (f *faults) err(affected *AffectedPlaces) error {
	if len(f.list) == 0 {
		return nil
	}
	err := errs.New(errs.Rule, "manage.rooms.refused", nil)
	err.Fields = f.list
	if affected != nil {
		err.Details = *affected
	}
	return err
}

// SaveRoom adds a room to a house (no id), or changes one; it returns its id.
func (s *Service) SaveRoom(ctx context.Context, a identity.Actor, siteID string, r site.Room) (string, error) {
	isNew := r.ID == ""
	r.ID, r.Site = cmp.Or(r.ID, s.IDs()), siteID
	return r.ID, s.refit(ctx, a, siteID, func(now *site.Layout) (site.Refit, error) {
		old := now.Room(r.ID)
		if !isNew && old == nil {
			return site.Refit{}, errs.New(errs.NotFound, "room.unknown", nil)
		}
		return site.Refit{Rooms: []site.Room{r}}, nil
	})
}

// DropRoom takes away a room without places.
func (s *Service) DropRoom(ctx context.Context, a identity.Actor, siteID, id string) error {
	return s.refit(ctx, a, siteID, func(now *site.Layout) (site.Refit, error) {
		if now.Room(id) == nil {
			return site.Refit{}, errs.New(errs.NotFound, "room.unknown", nil)
		}
		return site.Refit{Drop: []string{id}}, nil
	})
}

// SavePlace adds a place to a house (no id), or changes one; it returns its id.
// A place keeps its number and where it lies on the plan, unless it goes to
// another room.
func (s *Service) SavePlace(ctx context.Context, a identity.Actor, siteID string, p site.Resource) (string, error) {
	isNew := p.ID == ""
	p.ID, p.Site = cmp.Or(p.ID, s.IDs()), siteID
	return p.ID, s.refit(ctx, a, siteID, func(now *site.Layout) (site.Refit, error) {
		old := now.Place(p.ID)
		switch {
		case isNew:
			return site.Refit{Places: []site.Resource{p}}, nil
		case old == nil:
			return site.Refit{}, errs.New(errs.NotFound, "resource.unknown", nil)
		}
		changed := p
		if changed.Ordinal, changed.Area = old.Ordinal, old.Area; old.Room != p.Room {
			changed.Area = site.Rect{}
		}
		return site.Refit{Places: []site.Resource{changed}}, nil
	})
}

// UsePlace takes a place out of use, or back into it.
func (s *Service) UsePlace(ctx context.Context, a identity.Actor, siteID, id string, active bool) error {
	return s.refit(ctx, a, siteID, func(now *site.Layout) (site.Refit, error) {
		old := now.Place(id)
		if old == nil {
			return site.Refit{}, errs.New(errs.NotFound, "resource.unknown", nil)
		}
		p := *old
		p.Active = active
		return site.Refit{Places: []site.Resource{p}}, nil
	})
}

// Plan is one floor of a house as somebody drew it.
type Plan struct {
	Floor   int
	Version string // of the floor as it was when it was shown
	site.Refit
}

// SavePlan changes a floor as it was drawn, all of it or nothing. Conflict where
// somebody changed the floor meanwhile, unless it is now as it was to be.
func (s *Service) SavePlan(ctx context.Context, a identity.Actor, siteID string, plan Plan) error {
	return s.refit(ctx, a, siteID, func(now *site.Layout) (site.Refit, error) {
		wish := now.Needed(plan.Refit)
		if floor := now.Floor(plan.Floor); floor.Version() != plan.Version && !wish.Empty() {
			return site.Refit{}, errs.New(errs.Conflict, "manage.plan.changed", nil)
		}
		return plan.Refit, nil
	})
}
