package manage

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// planView makes the rows and the drawing of a floor, as it is saved or as
// somebody sent it to be.
type planView struct {
	p     *i18n.Printer
	fresh *planChoices
	f     *form.Form
	st    *site.Site
	all   *site.Layout
	on    *site.Layout // the floor
	sent  map[string]sentRow
	stale bool
	floor string // its name
}

// rooms are the rooms of the floor with what can be drawn in them, and what is
// new of both.
func (v *planView) rooms(sent []sentRow) (list []planRoom) {
	at := map[string]int{} // by the key of a room
	for i := range v.on.Rooms {
		room := &v.on.Rooms[i]
		at[room.ID] = len(list)
		row := v.row(room.ID, room.Area, false)
		row.Name, row.Code, row.Kind, row.Href = room.Name, room.Code, string(room.Purpose), roomPath(v.st.Code, room.ID)
		row.Note = v.roomNote(room)
		row.CanGo = !slices.ContainsFunc(v.all.Places, func(p site.Resource) bool { return p.Room == room.ID })
		list = append(list, planRoom{Row: row, Open: len(row.Faults) > 0 || row.Meanwhile != ""})
	}
	for _, row := range sent {
		if row.isNew && !row.place {
			at[row.key] = len(list)
			list = append(list, planRoom{Row: v.newRow(row), Open: true})
		}
	}
	put := func(row planRow) {
		i, ok := at[row.Room]
		if !ok {
			return
		}
		list[i].Places = append(list[i].Places, row)
		list[i].Open = list[i].Open || row.New != nil || len(row.Faults) > 0 || row.Meanwhile != ""
	}
	for i := range v.on.Places {
		place := &v.on.Places[i]
		if place.Composite() || place.Kind == site.Admission {
			continue
		}
		row := v.row(strconv.FormatInt(place.Ordinal, 10), place.Area, !place.Active)
		row.Place, row.Name, row.Code, row.Kind, row.Seats, row.Href = true, place.Name, place.Code, string(place.Kind), place.Seats, pathOf(v.st, place)
		row.Note = v.placeNote(place.Kind, place.Seats)
		if row.Room == "" {
			row.Room = place.Room
		}
		put(row)
	}
	for _, row := range sent {
		if row.isNew && row.place {
			put(v.newRow(row))
		}
	}
	return list
}

func (v *planView) roomNote(room *site.Room) string {
	if room.Purpose != "" {
		return v.p.T(room.Purpose.Label())
	}
	n := 0
	for _, p := range v.on.Places {
		if p.Room == room.ID && !p.Composite() && p.Kind != site.Admission {
			n++
		}
	}
	return v.p.T("manage.rooms.sum-places", "count", n)
}

func (v *planView) placeNote(kind site.ResourceKind, seats int) string {
	note := v.p.T(kind.Label(), "count", 1)
	if seats > 1 {
		note += ", " + v.p.T("manage.plan.seats", "count", seats)
	}
	return note
}

// row is a row of something that is there: as it is saved, but for what somebody
// changed in it.
func (v *planView) row(key string, area site.Rect, out bool) planRow {
	row := planRow{Key: key, Was: rowState(area, out, false, ""), Out: out}
	row.X, row.Y, row.W, row.H = metres(area)
	row.Faults = v.faults(key)
	sent, ok := v.sent[key]
	if ok && sent.changed {
		v.typed(&row, sent)
		if v.stale && sent.was != row.Was {
			row.Meanwhile = v.p.T("manage.plan.meanwhile", "area", v.areaText(area))
		}
	}
	return row
}

// typed shows a row as it was sent.
func (v *planView) typed(row *planRow, sent sentRow) {
	row.X, row.Y, row.W, row.H = v.f.Raw("x."+sent.key), v.f.Raw("y."+sent.key), v.f.Raw("w."+sent.key), v.f.Raw("h."+sent.key)
	row.Out, row.Go, row.Room, row.Moved = sent.out, sent.go_, sent.room, sent.room != ""
}

// faults are what is wrong with a row, whatever field it is about.
func (v *planView) faults(key string) (list []string) {
	for _, name := range []string{"x.", "y.", "w.", "h.", "fuori.", "togli.", "codice.", "nome.", "tipo.", "scopo.", "posti."} {
		if fault := v.f.Fault(name + key); fault != nil {
			list = append(list, v.p.T(fault.Key, fault.Args))
		}
	}
	return list
}

func (v *planView) newRow(sent sentRow) planRow {
	row := planRow{
		Key: sent.key, New: v.fresh, Place: sent.place, Name: v.f.Raw("nome." + sent.key), Code: v.f.Raw("codice." + sent.key), Kind: sent.kind, Seats: sent.seats, Like: sent.like,
		CanGo: !sent.place, Faults: v.faults(sent.key),
	}
	v.typed(&row, sent)
	return row
}

func (v *planView) areaText(a site.Rect) string {
	if !a.Drawn() {
		return v.p.T("manage.rooms.not-drawn")
	}
	m := func(cm int) string { return v.p.Number(float64(cm) / 100) }
	return v.p.T("manage.plan.area", "x", m(a.X), "y", m(a.Y), "w", m(a.W), "h", m(a.H))
}

// metres are the four numbers of an area as inputs hold them; empty where it is
// not drawn.
func metres(a site.Rect) (x, y, w, h string) {
	if !a.Drawn() {
		return "", "", "", ""
	}
	m := func(cm int) string { return strconv.FormatFloat(float64(cm)/100, 'f', -1, 64) }
	return m(a.X), m(a.Y), m(a.W), m(a.H)
}

// canvas is the drawing, in centimetres.
type canvas struct {
	Label         string
	Box           string // viewBox
	Sheet         site.Rect
	Width, Height int // in pixels, before it is fitted into the window
	Shapes        []shape
}

// shape is a room or place as it is drawn.
type shape struct {
	Key    string
	Place  bool
	Area   site.Rect
	Kind   string
	Out    bool
	Wrong  bool
	Text   string
	TX, TY int // from its corner
	Size   int // of the text; 0 where there is no space for it
}

// What is left around a floor, and how much is shown at least, in centimetres.
const (
	sheetMargin = 100
	sheetSpare  = 300
	sheetWidth  = 1600
	sheetHeight = 900
	pixels      = 45 // for a metre
)

func (v *planView) canvas(rooms []planRoom) canvas {
	c := canvas{Label: v.p.T("manage.plan.label", "floor", v.floor)}
	right, bottom := 0, 0
	add := func(row *planRow, inRoom site.Rect) site.Rect {
		area, ok := row.area()
		if !ok || row.Go {
			return site.Rect{}
		}
		right, bottom = max(right, area.X+area.W), max(bottom, area.Y+area.H)
		s := shape{Key: row.Key, Place: row.Place, Area: area, Kind: row.Kind, Out: row.Out, Wrong: len(row.Faults) > 0}
		s.label(row, inRoom)
		c.Shapes = append(c.Shapes, s)
		return area
	}
	for i := range rooms {
		in := add(&rooms[i].Row, site.Rect{})
		for j := range rooms[i].Places {
			add(&rooms[i].Places[j], in)
		}
	}
	c.Sheet = site.Rect{W: max(right+sheetSpare, sheetWidth), H: max(bottom+sheetSpare, sheetHeight)}
	c.Box = fmt.Sprint(-sheetMargin, " ", -sheetMargin, " ", c.Sheet.W+2*sheetMargin, " ", c.Sheet.H+2*sheetMargin)
	c.Width, c.Height = (c.Sheet.W+2*sheetMargin)*pixels/100, (c.Sheet.H+2*sheetMargin)*pixels/100
	return c
}

// area is what the numbers of a row say.
func (row *planRow) area() (a site.Rect, ok bool) {
	for _, c := range []struct {
		text string
		to   *int
	}{{row.X, &a.X}, {row.Y, &a.Y}, {row.W, &a.W}, {row.H, &a.H}} {
		n, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(c.text), ",", ".", 1), 64)
		if err != nil || n < 0 || n > 500 {
			return a, false
		}
		*c.to = centimetres(n)
	}
	return a, a.Drawn()
}

// label puts the code of a place into its middle, and the name of a room into
// its corner; a place that fills its room stands for both. The script of the
// page does the same.
func (s *shape) label(row *planRow, room site.Rect) {
	a := s.Area
	if s.Place {
		s.Text = row.Code
		s.Size = min(a.H/2, a.W*17/10/max(utf8.RuneCountInString(s.Text), 1), 60)
		s.TX, s.TY = a.W/2, a.H/2+s.Size*3/8
		if room == a {
			s.TY += 30
		}
		return
	}
	s.Text = row.Name
	s.Size = min(36, a.H/3, a.W*17/10/max(utf8.RuneCountInString(s.Text), 1))
	s.TX, s.TY = 14, 14+s.Size
}
