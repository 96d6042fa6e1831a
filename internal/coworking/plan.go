package coworking

import (
	"slices"

	"polis/internal/site"
)

// plan is what is drawn of a floor for one kind of place. All lengths are
// centimetres.
type plan struct {
	box   site.Rect // what is seen of the floor
	near  bool      // whether that is only a part of it
	rooms []*site.Room
	seats []seat
	rest  []site.Rect // atoms that are no seats
}

// seat is a place as it is drawn: an atom at its area, or a composite as the
// areas of its atoms.
type seat struct {
	Place
	areas []site.Rect
	own   bool // whether it fills its room, whose walls are its edges
}

// What is left around a floor, and around rooms seen from near, which shows
// what they lie beside.
const (
	margin     = 30
	neighbours = 160
)

// wholeFloor asks for a plan of everything on a floor.
const wholeFloor = "*"

// planOf draws a floor of a house with some places of one kind, as seen from
// near: only the rooms with such places, unless room says which one, or
// wholeFloor. A plan without seats has nothing to show.
func planOf(net *site.Network, st *site.Site, places []Place, floor int, room string) plan {
	var pl plan
	rooms, whole := map[string]*site.Room{}, []site.Rect{}
	for _, rm := range net.Rooms(st.ID) {
		if rm.Floor != floor {
			continue
		}
		rooms[rm.ID] = rm
		if rm.Area.Drawn() {
			pl.rooms = append(pl.rooms, rm)
			whole = append(whole, rm.Area)
		}
	}
	var near []site.Rect
	unit := map[int64]bool{}
	for _, p := range places {
		unit[p.Ordinal] = true
	}
	drawn := map[int64]bool{}
	for _, p := range places {
		s := seat{Place: p}
		rm := rooms[p.Room]
		if rm == nil || p.Composite() && slices.ContainsFunc(p.Atoms, func(a int64) bool { return unit[a] }) {
			continue // its atoms are drawn as places of their own
		}
		for _, o := range net.Atoms(p.Ordinal) {
			if a, err := net.ByOrdinal(o); err == nil && a.Area.Drawn() {
				s.areas = append(s.areas, a.Area)
				drawn[o] = true
				s.own = a.Area == rm.Area
			}
		}
		if len(s.areas) > 0 {
			pl.seats = append(pl.seats, s)
			whole = append(whole, s.areas...)
			if room == "" || room == rm.Code {
				near = append(append(near, s.areas...), rm.Area)
			}
		}
	}
	for _, r := range net.Resources(st.ID) {
		if rm := rooms[r.Room]; rm != nil && r.Area.Drawn() && r.Area != rm.Area && !drawn[r.Ordinal] {
			pl.rest = append(pl.rest, r.Area)
			whole = append(whole, r.Area)
		}
	}
	pl.box = around(whole, margin)
	if room == wholeFloor || len(near) == 0 {
		return pl
	}
	if box := within(around(near, neighbours), pl.box); box.W < pl.box.W*4/5 {
		pl.box, pl.near = box, true
	}
	return pl
}

// around is the area around some others, with a margin.
func around(areas []site.Rect, margin int) site.Rect {
	var left, top, right, bottom int
	for _, a := range areas {
		if !a.Drawn() {
			continue
		}
		if right == 0 {
			left, top = a.X, a.Y
		}
		left, top = min(left, a.X), min(top, a.Y)
		right, bottom = max(right, a.X+a.W), max(bottom, a.Y+a.H)
	}
	return site.Rect{X: left - margin, Y: top - margin, W: right - left + 2*margin, H: bottom - top + 2*margin}
}

// within is the part of an area that lies in another.
func within(a, b site.Rect) site.Rect {
	x, y := max(a.X, b.X), max(a.Y, b.Y)
	return site.Rect{X: x, Y: y, W: min(a.X+a.W, b.X+b.W) - x, H: min(a.Y+a.H, b.Y+b.H) - y}
}

// floorsOf are the floors of a house on which some places are, the lowest
// first, each with how many of them are free.
func floorsOf(net *site.Network, st *site.Site, places []Place) (floors []floorCount) {
	at := map[string]int{} // room → floor
	for _, rm := range net.Rooms(st.ID) {
		at[rm.ID] = rm.Floor
	}
	for _, p := range places {
		i := slices.IndexFunc(floors, func(f floorCount) bool { return f.floor == at[p.Room] })
		if i < 0 {
			i = len(floors)
			floors = append(floors, floorCount{floor: at[p.Room]})
		}
		if p.State == PlaceFree {
			floors[i].free++
		}
	}
	slices.SortFunc(floors, func(a, b floorCount) int { return a.floor - b.floor })
	return floors
}

type floorCount struct{ floor, free int }

// floorToShow is the floor asked for, else that of the first chosen place, else
// the first with something free.
func floorToShow(net *site.Network, floors []floorCount, asked *int, chosen []Place) int {
	if asked != nil && slices.ContainsFunc(floors, func(f floorCount) bool { return f.floor == *asked }) {
		return *asked
	}
	for _, p := range chosen {
		if rm, err := net.Room(p.Room); err == nil {
			return rm.Floor
		}
	}
	for _, f := range floors {
		if f.free > 0 && f.floor >= 0 {
			return f.floor
		}
	}
	if len(floors) > 0 {
		return floors[0].floor
	}
	return 0
}
