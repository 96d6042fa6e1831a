package manage

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// The inputs that a refusal of a change can be about. The field of an error is
// the id of a room or place, a space, and one of these.
const (
	onCode  = "code"
	onKind  = "kind"
	onSeats = "seats"
	onRoom  = "room"
	onParts = "parts"
	onUse   = "use"
	onArea  = "area"
)

// errUnchanged ends a change of nothing.
var errUnchanged = errors.New("manage: nothing to change")

// refit changes the rooms and places of a house, unless what comes of it could
// not be, or coming bookings are in the way: then the error is a Rule with a
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
		if c = needed(&now, c); c.Empty() {
			return c, errUnchanged
		}
		after := now.With(c)
		f := faults{}
		f.structure(&now, &after, c)
		f.position(&after, c)
		way, err := s.standing(ctx, siteID, &now, c, &f)
		if err != nil {
			return c, err
		}
		return c, f.err(way)
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Live.Reload(ctx)
}

// needed is what of a change is otherwise than it is now.
func needed(now *site.Layout, c site.Refit) (out site.Refit) {
	out.Drop = c.Drop
	for _, r := range c.Rooms {
		if old := now.Room(r.ID); old == nil || *old != r {
			out.Rooms = append(out.Rooms, r)
		}
	}
	for _, p := range c.Places {
		if old := now.Place(p.ID); old == nil || !same(old, &p) {
			out.Places = append(out.Places, p)
		}
	}
	return out
}

// same tells whether two places are alike; no list and an empty one are.
func same(a, b *site.Resource) bool {
	x, y := *a, *b
	if !slices.Equal(x.Features, y.Features) || !slices.Equal(x.Groups, y.Groups) || !slices.Equal(x.Atoms, y.Atoms) {
		return false
	}
	x.Features, x.Groups, x.Atoms = y.Features, y.Groups, y.Atoms
	return reflect.DeepEqual(x, y)
}

// faults gathers what is wrong with a change.
type faults struct{ list []errs.Error }

func (f *faults) add(id, input, key string, args errs.Args) {
	f.list = append(f.list, *errs.New(errs.Rule, key, args).On(id + " " + input))
}

// err is all of it as one error; nil where there is nothing.
func (f *faults) err(way *Standing) error {
	if len(f.list) == 0 {
		return nil
	}
	err := errs.New(errs.Rule, "manage.rooms.refused", nil)
	err.Fields = f.list
	if way != nil {
		err.Details = *way
	}
	return err
}

// structure: codes are had once, rooms without places have none, and composites
// are made of atoms that are in use as long as they are.
func (f *faults) structure(now, after *site.Layout, c site.Refit) {
	for _, r := range c.Rooms {
		if slices.ContainsFunc(after.Rooms, func(o site.Room) bool { return o.ID != r.ID && o.Code == r.Code }) {
			f.add(r.ID, onCode, "manage.rooms.code-taken", errs.Args{"code": r.Code})
		}
		if r.Purpose != "" && slices.ContainsFunc(after.Places, func(p site.Resource) bool { return p.Room == r.ID }) {
			f.add(r.ID, onKind, "manage.rooms.has-places", nil)
		}
	}
	for _, id := range c.Drop {
		if slices.ContainsFunc(after.Places, func(p site.Resource) bool { return p.Room == id }) {
			f.add(id, onUse, "room.has-places", nil)
		}
	}
	for i := range c.Places {
		p := &c.Places[i]
		if slices.ContainsFunc(after.Places, func(o site.Resource) bool { return o.ID != p.ID && o.Code == p.Code }) {
			f.add(p.ID, onCode, "manage.rooms.code-taken", errs.Args{"code": p.Code})
		}
		if room := after.Room(p.Room); room == nil || room.Purpose != "" {
			f.add(p.ID, onRoom, "manage.rooms.no-room", nil)
		}
		f.parts(now, after, p)
	}
}

// parts looks at what a place is made of, and at what is made of it.
func (f *faults) parts(now, after *site.Layout, p *site.Resource) {
	if old := now.Place(p.ID); p.Composite() || old != nil && old.Composite() {
		for _, o := range p.Atoms {
			switch part := after.ByOrdinal(o); {
			case part == nil || part.Composite() || part.Kind == site.Admission:
				f.add(p.ID, onParts, "manage.rooms.no-part", nil)
				return
			case p.Active && !part.Active:
				f.add(p.ID, onParts, "manage.rooms.part-out", errs.Args{"part": part.Name})
				return
			}
		}
		if len(p.Atoms) < 2 || old != nil && !old.Composite() {
			f.add(p.ID, onParts, "manage.rooms.few-parts", nil)
		}
		return
	}
	for i := range after.Places {
		if whole := &after.Places[i]; !p.Active && p.Ordinal > 0 && whole.Active && slices.Contains(whole.Atoms, p.Ordinal) {
			f.add(p.ID, onUse, "manage.rooms.whole-in-use", errs.Args{"whole": whole.Name})
			return
		}
	}
}

// position: what was moved lies where it may. What somebody else drew wrong
// before is in nobody's way.
func (f *faults) position(after *site.Layout, c site.Refit) {
	touched := map[string]bool{}
	for _, r := range c.Rooms {
		touched[r.ID] = true
	}
	for _, p := range c.Places {
		touched[p.ID] = true
	}
	for _, m := range after.Misfits() {
		if touched[m.ID] || touched[m.Other] || touched[roomOf(after, m.ID)] {
			f.add(m.ID, onArea, m.Err.Key, m.Err.Args)
		}
	}
}

func roomOf(l *site.Layout, placeID string) string {
	if p := l.Place(placeID); p != nil {
		return p.Room
	}
	return ""
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
		wish := needed(now, plan.Refit)
		if floor := now.Floor(plan.Floor); floor.Version() != plan.Version && !wish.Empty() {
			return site.Refit{}, errs.New(errs.Conflict, "manage.plan.changed", nil)
		}
		return plan.Refit, nil
	})
}
