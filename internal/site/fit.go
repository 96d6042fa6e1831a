package site

import (
	"polis/internal/platform/errs"
)

// Misfit says what is wrong with where a room or a place lies on its plan.
type Misfit struct {
	ID    string // of the room or place
	Other string // id of what it overlaps; "" where nothing
	Err   *errs.Error
}

// Least is the least width and depth of what is drawn, in centimetres: less
// cannot be seen nor touched.
const Least = 20

// Misfits lists what does not lie as it must: rooms of a floor beside each
// other, places inside their rooms, and those in use beside each other. Each of
// two that overlap is listed.
func (l *Layout) Misfits() (list []Misfit) {
	add := func(id, other, key string, args errs.Args) {
		list = append(list, Misfit{id, other, errs.New(errs.Invalid, key, args)})
	}
	inside := map[string][]*Resource{} // what is drawn, by room
	for i := range l.Places {
		if p := &l.Places[i]; p.Area.Drawn() {
			inside[p.Room] = append(inside[p.Room], p)
		}
	}
	for i := range l.Rooms {
		r := &l.Rooms[i]
		if r.Area != (Rect{}) && (!r.Area.valid() || min(r.Area.W, r.Area.H) < Least) {
			add(r.ID, "", "plan.off-floor", nil)
		}
		for j := range l.Rooms {
			if o := &l.Rooms[j]; i != j && o.Floor == r.Floor && r.Area.Overlaps(o.Area) {
				add(r.ID, o.ID, "plan.room-overlaps", errs.Args{"other": o.Name})
				break
			}
		}
		for _, p := range inside[r.ID] {
			switch other := overlapped(p, inside[r.ID]); {
			case min(p.Area.W, p.Area.H) < Least:
				add(p.ID, "", "plan.too-small", nil)
			case !r.Area.Drawn():
				add(p.ID, "", "plan.room-not-drawn", errs.Args{"room": r.Name})
			case !r.Area.Holds(p.Area):
				add(p.ID, "", "plan.place-outside", errs.Args{"room": r.Name})
			case other != nil:
				add(p.ID, other.ID, "plan.place-overlaps", errs.Args{"other": other.Name})
			}
		}
	}
	return list
}

// overlapped is the first of some places in use that one in use overlaps.
func overlapped(p *Resource, others []*Resource) *Resource {
	for _, o := range others {
		if o != p && o.Active && p.Active && p.Area.Overlaps(o.Area) {
			return o
		}
	}
	return nil
}

// Overlaps tells whether two areas have more than an edge in common.
func (r Rect) Overlaps(o Rect) bool {
	return r.Drawn() && o.Drawn() && r.X < o.X+o.W && o.X < r.X+r.W && r.Y < o.Y+o.H && o.Y < r.Y+r.H
}

// Holds tells whether another area lies inside.
func (r Rect) Holds(o Rect) bool {
	return o.X >= r.X && o.Y >= r.Y && o.X+o.W <= r.X+r.W && o.Y+o.H <= r.Y+r.H
}
