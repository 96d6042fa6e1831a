package site

import (
	"reflect"
	"slices"

	"polis/internal/platform/errs"
)

// The inputs of a room or place that a fault can be about.
const (
	OnCode   = "code"
	OnKind   = "kind"
	OnSeats  = "seats"
	OnRoom   = "room"
	OnParts  = "parts"
	OnUse    = "use"
	OnGroups = "groups"
	OnArea   = "area"
)

// Fault is what cannot be so after a change of a layout.
type Fault struct {
	ID    string // of the room or place
	On    string // one of the inputs
	Other string // id of what is in its way; "" where nothing
	Err   *errs.Error
}

// Needed is what of a change is otherwise than it is now.
func (l *Layout) Needed(c Refit) (out Refit) {
	out.Drop = c.Drop
	rooms, places := l.byID()
	for _, r := range c.Rooms {
		if old := rooms[r.ID]; old == nil || *old != r {
			out.Rooms = append(out.Rooms, r)
		}
	}
	for _, p := range c.Places {
		if old := places[p.ID]; old == nil || !same(old, &p) {
			out.Places = append(out.Places, p)
		}
	}
	return out
}

// same tells whether two places are alike; no list and an empty one are.
func same(a, b *Resource) bool {
	x, y := *a, *b
	if !slices.Equal(x.Features, y.Features) || !slices.Equal(x.Groups, y.Groups) || !slices.Equal(x.Atoms, y.Atoms) {
		return false
	}
	x.Features, x.Groups, x.Atoms = y.Features, y.Groups, y.Atoms
	return reflect.DeepEqual(x, y)
}

func (l *Layout) byID() (rooms map[string]*Room, places map[string]*Resource) {
	rooms, places = make(map[string]*Room, len(l.Rooms)), make(map[string]*Resource, len(l.Places))
	for i := range l.Rooms {
		rooms[l.Rooms[i].ID] = &l.Rooms[i]
	}
	for i := range l.Places {
		places[l.Places[i].ID] = &l.Places[i]
	}
	return rooms, places
}

// Faults lists what a change of a layout cannot leave: whoever makes one asks
// here, by page or by list. What somebody else left wrong is not its fault. The
// change is Needed.
func (l *Layout) Faults(c Refit) []Fault {
	after := l.With(c)
	k := check{c: c}
	k.rooms, k.places = after.byID()
	_, k.before = l.byID()
	k.count(&after)
	for i := range c.Rooms {
		k.room(&c.Rooms[i])
	}
	for _, id := range c.Drop {
		if k.used[id] {
			k.add(id, OnUse, "", errs.New(errs.Rule, "room.has-places", nil))
		}
	}
	for i := range c.Places {
		k.place(&c.Places[i])
	}
	k.misfits(&after)
	return k.faults
}

// check looks at a change.
type check struct {
	c          Refit
	before     map[string]*Resource // as they were
	rooms      map[string]*Room     // after it, by id
	places     map[string]*Resource
	ordinals   map[int64]*Resource
	wholes     map[int64]*Resource // one in use that is made of an atom
	roomCodes  map[string]int
	placeCodes map[string]int
	used       map[string]bool // rooms that have places
	changed    map[string]bool // rooms and places of the change
	faults     []Fault
}

func (k *check) count(after *Layout) {
	k.ordinals, k.wholes, k.used = map[int64]*Resource{}, map[int64]*Resource{}, map[string]bool{}
	k.roomCodes, k.placeCodes = map[string]int{}, map[string]int{}
	k.changed = map[string]bool{}
	for _, r := range k.c.Rooms {
		k.changed[r.ID] = true
	}
	for _, p := range k.c.Places {
		k.changed[p.ID] = true
	}
	for i := range after.Rooms {
		k.roomCodes[after.Rooms[i].Code]++
	}
	for i := range after.Places {
		p := &after.Places[i]
		k.placeCodes[p.Code]++
		k.used[p.Room] = true
		if p.Ordinal > 0 { // of a new one nothing is made yet
			k.ordinals[p.Ordinal] = p
		}
		for _, o := range p.Atoms {
			if p.Active && k.wholes[o] == nil {
				k.wholes[o] = p
			}
		}
	}
}

func (k *check) add(id, on, other string, err *errs.Error) {
	k.faults = append(k.faults, Fault{id, on, other, err})
}

func (k *check) rule(id, on, key string, args errs.Args) {
	k.add(id, on, "", errs.New(errs.Rule, key, args))
}

// room: codes are had once, and rooms without places have none.
func (k *check) room(r *Room) {
	if k.roomCodes[r.Code] > 1 {
		k.rule(r.ID, OnCode, "layout.code-taken", errs.Args{"code": r.Code})
	}
	if r.Purpose != "" && k.used[r.ID] {
		k.rule(r.ID, OnKind, "layout.has-places", nil)
	}
}

// place: codes are had once, rooms have places, and composites are made of atoms
// that are in use as long as they are. An atom stays one, and a composite too:
// bookings know them.
func (k *check) place(p *Resource) {
	if k.placeCodes[p.Code] > 1 {
		k.rule(p.ID, OnCode, "layout.code-taken", errs.Args{"code": p.Code})
	}
	if room := k.rooms[p.Room]; room == nil || room.Purpose != "" {
		k.rule(p.ID, OnRoom, "layout.no-room", nil)
	}
	old := k.before[p.ID]
	if !p.Composite() && (old == nil || !old.Composite()) {
		if whole := k.wholes[p.Ordinal]; !p.Active && p.Ordinal > 0 && whole != nil && !k.changed[whole.ID] { // else it is said there
			k.rule(p.ID, OnUse, "layout.whole-in-use", errs.Args{"whole": whole.Name})
		}
		return
	}
	for _, o := range p.Atoms {
		switch part := k.ordinals[o]; {
		case part == nil || part.Composite() || part.Kind == Admission:
			k.rule(p.ID, OnParts, "layout.no-part", nil)
			return
		case p.Active && !part.Active:
			k.rule(p.ID, OnParts, "layout.part-out", errs.Args{"part": part.Name})
			return
		}
	}
	switch {
	case len(p.Atoms) < 2:
		k.rule(p.ID, OnParts, "layout.few-parts", nil)
	case old != nil && !old.Composite():
		k.rule(p.ID, OnParts, "layout.stays-place", nil)
	}
}

// misfits: what was moved lies where it may, and so does what is in a room that
// was.
func (k *check) misfits(after *Layout) {
	for _, m := range after.Misfits() {
		p := k.places[m.ID]
		if k.changed[m.ID] || k.changed[m.Other] || p != nil && k.changed[p.Room] {
			k.add(m.ID, OnArea, m.Other, m.Err)
		}
	}
}
