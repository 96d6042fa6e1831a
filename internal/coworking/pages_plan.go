package coworking

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// planView is the plan of a floor as the page draws it.
type planView struct {
	Label         string // "Pianta del piano terra"
	Box           string // viewBox
	Width, Height int    // in pixels, before it is fitted into the window
	Fits          bool   // whether its places are large enough even on a phone
	Rooms         []roomView
	Rest          []site.Rect
	Seats         []seatView
	Free          bool        // whether one of the seats can be chosen
	Legend        []web.State // the states that are seen
	Zoom          []web.Link  // to one room
	Whole         string      // href of the whole floor; empty where it is seen
	Near          string      // href of the part with the places, where all is seen
}

// label is a text that stands in the drawing.
type label struct {
	Text       string
	X, Y, Size int
}

// roomView is a room with its walls.
type roomView struct {
	site.Rect
	Label   label
	Purpose site.Purpose
	Icon    site.Rect // where the sign of its purpose stands; not drawn without
}

// seatView is a place that can be chosen, or leads to its week.
type seatView struct {
	ID     string // of a place that can be chosen, else ""
	Href   string
	Name   string // "D-014, libera, monitor"
	State  string // as in web.State
	Chosen bool
	Areas  []site.Rect
	Label  label
	Mark   site.Rect // where the sign of its state stands
}

// The measures of a drawing, in centimetres.
const (
	wall     = 8 // between the edge of a room and that of a place that fills it
	gap      = 5 // half of what is between two places
	markSize = 44
	wide     = 0.52 // of a letter, as part of the size of its text
	scale    = 45   // pixels for a metre
	phone    = 330  // pixels that a phone has for a plan
	finger   = 40   // pixels that a place has there at least
)

// drawing is what a plan is drawn from.
type drawing struct {
	p      *i18n.Printer
	net    *site.Network
	site   *site.Site
	in     spaceInput
	places []Place
	chosen []Place
	adding *adding
	text   int // size of a label, at most: what is drawn small has larger ones
}

// view draws a floor; nil where nothing of it is known.
func (d drawing) view() *planView {
	pl := planOf(d.net, d.site, d.places, d.in.floor, d.in.room)
	if len(pl.seats) == 0 {
		return nil
	}
	v := &planView{
		Label: d.p.T("coworking.plan.label", "floor", floorName(d.p, d.in.floor)),
		Box:   fmt.Sprint(pl.box.X, pl.box.Y, pl.box.W, pl.box.H), Width: pl.box.W * scale / 100, Height: pl.box.H * scale / 100,
		Rest: pl.rest, Fits: true,
	}
	filled, seats := map[string]bool{}, map[string]int{}
	for _, s := range pl.seats {
		filled[s.Room] = filled[s.Room] || s.own
		seats[s.Room]++
		for _, a := range s.areas {
			v.Fits = v.Fits && min(a.W, a.H)*phone >= finger*pl.box.W
		}
	}
	d.text = max(34, pl.box.W/80)
	if v.Fits {
		d.text = max(34, pl.box.W/32)
	}
	for _, rm := range pl.rooms {
		v.Rooms = append(v.Rooms, d.room(rm, filled[rm.ID]))
		if seats[rm.ID] > 1 && len(seats) > 1 && rm.Code != d.in.room {
			v.Zoom = append(v.Zoom, web.Link{Href: d.href(d.in.floor, rm.Code, d.ids(nil)), Text: rm.Name})
		}
	}
	if pl.near {
		v.Whole = d.href(d.in.floor, wholeFloor, d.ids(nil))
	} else if d.in.room == wholeFloor {
		v.Near = d.href(d.in.floor, "", d.ids(nil))
	}
	atoms := map[int64]bool{}
	for _, c := range d.chosen {
		for _, a := range d.net.Atoms(c.Ordinal) {
			atoms[a] = true
		}
	}
	for _, s := range pl.seats {
		seat := d.seat(s, all(atoms, d.net.Atoms(s.Ordinal)))
		v.Seats, v.Free = append(v.Seats, seat), v.Free || seat.ID != ""
	}
	v.Legend = legend(d.p, pl.seats)
	return v
}

// legend are the states that are seen, in their order.
func legend(p *i18n.Printer, seats []seat) (list []web.State) {
	for _, state := range []PlaceState{PlaceFree, PlaceTaken, PlaceMine, PlaceReserved, PlaceClosed} {
		if i := slices.IndexFunc(seats, func(s seat) bool { return s.State == state }); i >= 0 {
			list = append(list, placeState(p, seats[i].Place))
		}
	}
	return list
}

// room draws a room; its name is left to the place that fills it.
func (d drawing) room(rm *site.Room, filled bool) roomView {
	v := roomView{Rect: rm.Area, Purpose: rm.Purpose}
	a := rm.Area
	if rm.Purpose == "" {
		if !filled {
			v.Label = d.fit(rm.Name, a.W, a.H/4)
			v.Label.X, v.Label.Y = a.X+2*wall, a.Y+2*wall+v.Label.Size
		}
		return v
	}
	name := rm.Name
	if key := "room.purpose." + string(rm.Purpose); d.p.Has(key) {
		name = d.p.T(key)
	}
	if v.Label = d.fit(name, a.W, a.H/2); v.Label.Size*4 < d.text*3 {
		v.Label = label{} // the sign says it too
	}
	if rm.Purpose != "corridor" {
		side := min(3*d.text, a.W-2*wall, (a.H-2*wall)/2)
		v.Icon = site.Rect{X: a.X + (a.W-side)/2, Y: a.Y + a.H/2 - side/2, W: side, H: side}
		if v.Label.Text != "" {
			v.Icon.Y -= v.Label.Size / 2
		}
	}
	v.Label.X, v.Label.Y = a.X+a.W/2, a.Y+a.H/2+v.Icon.H/2+v.Label.Size
	if v.Icon.H == 0 {
		v.Label.Y = a.Y + a.H/2 + v.Label.Size/3
	}
	return v
}

// seat draws a place.
func (d drawing) seat(s seat, chosen bool) seatView {
	state := placeState(d.p, s.Place)
	v := seatView{State: state.Kind, Areas: slices.Clone(s.areas), Chosen: chosen}
	v.Name = strings.Join(append([]string{s.Name, state.Text}, detailList(d.p, s.Resource)...), ", ")
	if s.State == PlaceFree {
		v.ID, v.Href = s.ID, d.href(d.in.floor, d.in.room, d.ids(s.Resource))
	} else {
		v.Href = d.week(s.Resource)
		v.Name = d.p.T("coworking.plan.see-week", "place", v.Name)
	}
	edge := gap
	if s.own {
		edge = wall
	}
	for i, a := range v.Areas {
		v.Areas[i] = site.Rect{X: a.X + edge, Y: a.Y + edge, W: a.W - 2*edge, H: a.H - 2*edge}
	}
	first := v.Areas[0]
	if len(v.Areas) == 1 {
		v.Label = d.fit(s.Name, first.W, first.H)
		if v.Label.Text == "" {
			v.Label = d.fit(s.Code, first.W, first.H)
		}
		v.Label.X, v.Label.Y = first.X+first.W/2, first.Y+first.H/2+v.Label.Size*3/8
	}
	side := min(max(markSize, d.text), first.H*3/5)
	v.Mark = site.Rect{X: first.X + first.W - side*2/3, Y: first.Y - side/3, W: side, H: side}
	return v
}

// fit is a text as large as an area lets it be, or nothing.
func (d drawing) fit(text string, w, h int) label {
	size := min(d.text, h*3/5, int(float64(w-2*wall)/(wide*float64(max(1, utf8.RuneCountInString(text))))))
	if size*2 < d.text {
		return label{}
	}
	return label{Text: text, Size: size}
}

// ids are those of the chosen places, with one more, or without it if it is
// among them.
func (d drawing) ids(toggled *site.Resource) (ids []string) {
	found := false
	for _, c := range d.chosen {
		if toggled != nil && c.ID == toggled.ID {
			found = true
			continue
		}
		ids = append(ids, c.ID)
	}
	if toggled != nil && !found {
		ids = append(ids, toggled.ID)
	}
	return ids
}

// href is the page of the same house at the same time with a floor, perhaps one
// of its rooms, and places chosen.
func (d drawing) href(floor int, room string, ids []string) string {
	q := timeQuery(d.in.when.From, d.in.when.To, d.in.when.zone)
	q.Set("tipo", string(d.in.kind))
	q.Set("piano", strconv.Itoa(floor))
	if room != "" {
		q.Set("stanza", room)
	}
	d.adding.carry(q)
	var b strings.Builder
	b.WriteString(spacePath(d.site, q))
	for _, id := range ids[:min(len(ids), maxInAddress)] {
		b.WriteString("&posto=" + url.QueryEscape(id))
	}
	return b.String() + "#pianta"
}

// week is the page of a place in the week of the time.
func (d drawing) week(r *site.Resource) string { return weekPath(d.site, r, d.in.when.From, d.adding) }

// floors are the tabs of a house whose places of this kind are on several
// floors.
func (d drawing) floors(list []floorCount) (tabs []kindTab) {
	if len(list) < 2 {
		return nil
	}
	for _, f := range list {
		text := d.p.T("coworking.floor.free", "floor", capital(floorName(d.p, f.floor)), "count", f.free)
		tabs = append(tabs, kindTab{web.Link{Href: d.href(f.floor, "", d.ids(nil)), Text: text}, f.floor == d.in.floor})
	}
	return tabs
}
