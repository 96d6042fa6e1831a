package lists

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"polis/internal/platform/db"
	"polis/internal/site"
	"polis/internal/territory"
)

var placeKinds = []word{
	{"desk", []string{"scrivania", "postazione", "postazione di lavoro"}},
	{"meeting", []string{"sala riunioni", "riunioni", "meeting room"}},
	{"private", []string{"ufficio privato", "private office"}},
	{"training", []string{"aula", "formazione", "training room"}},
	{"hall", []string{"sala eventi", "sala", "event hall"}},
	{"outdoor", []string{"spazio all'aperto", "esterno"}},
	{"counter", []string{"sportello", "banco"}},
	{"admission", []string{"ingresso contingentato"}},
}

// A line without a code of a place is a room: its kind is room, or what a room
// without places is for.
var roomKinds = append([]word{{"room", []string{"stanza", "locale"}}}, wordsOf(site.Purposes)...)

// houseWork is what a file makes of the rooms and places of a site.
type houseWork struct {
	site   *site.Site
	rooms  []*roomWork
	places map[string]*placeWork // by code
	order  []*placeWork          // as in the file
}

// roomWork is a room, as it is or becomes.
type roomWork struct {
	site.Room
	old   *site.Room // nil where new
	line  *line      // where the file has it; nil where it does not
	floor *line      // the line that said the floor
}

// placeWork is a place, as it is or becomes.
type placeWork struct {
	site.Resource
	old  *site.Resource
	line *line // nil where the file does not have it
}

var rectColumns = []string{"x", "y", "w", "h"}

func side(r *site.Rect, column string) *int {
	switch column {
	case "x":
		return &r.X
	case "y":
		return &r.Y
	case "w":
		return &r.W
	}
	return &r.H
}

// area are the columns of a rectangle; one without a width is not drawn.
func area[T any](rect func(*T) *site.Rect) (list []field[T]) {
	for _, column := range rectColumns {
		list = append(list, field[T]{column, func(_ names, v *T) string {
			if r := rect(v); r.Drawn() {
				return strconv.Itoa(*side(r, column))
			}
			return ""
		}, func(c cell, v *T) {
			*side(rect(v), column) = 0
			c.whole(side(rect(v), column), 0, 50_000)
		}})
	}
	return list
}

var roomFields = append([]field[site.Room]{
	{"room", func(_ names, r *site.Room) string { return r.Code }, nil},
	{"floor", func(_ names, r *site.Room) string { return strconv.Itoa(r.Floor) }, func(c cell, r *site.Room) { c.whole(&r.Floor, site.LowestFloor, site.MaxFloor) }},
	{"kind", func(_ names, r *site.Room) string {
		if r.Purpose == "" {
			return "room"
		}
		return string(r.Purpose)
	}, func(c cell, r *site.Room) {
		kind := ""
		if choice(c, &kind, roomKinds); kind != "" {
			r.Purpose = site.Purpose(strings.TrimPrefix(kind, "room"))
		}
	}},
	{"name", func(_ names, r *site.Room) string { return r.Name }, func(c cell, r *site.Room) {
		if c.text != "" {
			c.short(&r.Name, site.MaxName)
		}
	}},
}, area(func(r *site.Room) *site.Rect { return &r.Area })...)

var placeFields = append([]field[site.Resource]{
	{"room", func(n names, r *site.Resource) string { return n.room(r.Room) }, nil},
	{"kind", func(_ names, r *site.Resource) string { return string(r.Kind) }, func(c cell, r *site.Resource) { choice(c, &r.Kind, placeKinds) }},
	{"name", func(_ names, r *site.Resource) string { return r.Name }, func(c cell, r *site.Resource) {
		if c.text != "" {
			c.short(&r.Name, site.MaxName)
		}
	}},
	{"seats", func(_ names, r *site.Resource) string { return strconv.Itoa(r.Seats) }, func(c cell, r *site.Resource) { c.whole(&r.Seats, 1, site.MaxSeats) }},
	{"features", func(_ names, r *site.Resource) string { return joined(r.Features) }, func(c cell, r *site.Resource) { r.Features = c.tokens() }},
	{"groups", func(_ names, r *site.Resource) string { return joined(r.Groups) }, func(c cell, r *site.Resource) { r.Groups = c.tokens() }},
	{"active", func(_ names, r *site.Resource) string { return yesNo(r.Active) }, func(c cell, r *site.Resource) { c.flag(&r.Active) }},
	{"parts", func(n names, r *site.Resource) string { return partCodes(n, r) }, nil},
}, area(func(r *site.Resource) *site.Rect { return &r.Area })...)

func partCodes(n names, r *site.Resource) string {
	var list []string
	for _, atom := range r.Atoms {
		list = append(list, n.place(atom))
	}
	slices.Sort(list)
	return joined(list)
}

// namesIn tells the codes of a network as it is.
func namesIn(net *site.Network) names {
	return names{
		room: func(id string) string {
			if r, err := net.Room(id); err == nil {
				return r.Code
			}
			return ""
		},
		place: func(ordinal int64) string {
			if r, err := net.ByOrdinal(ordinal); err == nil {
				return r.Code
			}
			return ""
		},
	}
}

// planResources takes rooms first, then places, then what places are made of.
func (p *planning) planResources(ctx context.Context) error {
	houses, list := map[string]*houseWork{}, []*houseWork(nil)
	of := make([]*houseWork, len(p.lines))
	for i, l := range p.lines {
		if p.outcome.More {
			return nil
		}
		s, ok := p.siteOf(l)
		if !ok {
			continue
		}
		if of[i] = houses[s.ID]; of[i] == nil {
			of[i] = p.houseWork(s)
			houses[s.ID], list = of[i], append(list, of[i])
		}
		if p.cell(l, "code").text == "" {
			p.planRoom(of[i], l)
		}
	}
	next, err := p.lastOrdinal(ctx)
	if err != nil {
		return err
	}
	for i, l := range p.lines {
		if p.outcome.More {
			return nil
		}
		if i%1000 == 0 {
			p.step("compare", i, len(p.lines))
		}
		if of[i] != nil && p.cell(l, "code").text != "" {
			p.planPlace(of[i], l, &next)
		}
	}
	if len(p.outcome.Faults) > 0 {
		return nil
	}
	for _, h := range list {
		p.planParts(h)
	}
	if len(p.outcome.Faults) > 0 {
		return nil
	}
	now := namesOf(p.net, list)
	for _, h := range list {
		p.checkHouse(h)
		p.keepHouse(h, now)
	}
	return nil
}

// lastOrdinal is the one after which those of new places come: where they are
// written, of the database and of nobody else until then.
func (p *planning) lastOrdinal(ctx context.Context) (int64, error) {
	tx, writes := p.reader.(*db.Tx)
	if !writes {
		return p.net.LastOrdinal(), nil
	}
	first, err := site.NextOrdinals(ctx, tx, 1)
	return first - 1, err
}

// namesOf tells the codes of what a file leaves.
func namesOf(net *site.Network, list []*houseWork) names {
	was := namesIn(net)
	rooms, places := map[string]string{}, map[int64]string{}
	for _, h := range list {
		for _, r := range h.rooms {
			rooms[r.ID] = r.Code
		}
		for _, w := range h.places {
			places[w.Ordinal] = w.Code
		}
	}
	return names{
		room: func(id string) string {
			if code, ok := rooms[id]; ok {
				return code
			}
			return was.room(id)
		},
		place: func(ordinal int64) string {
			if code, ok := places[ordinal]; ok {
				return code
			}
			return was.place(ordinal)
		},
	}
}

// siteOf finds the site of a line by its code.
func (p *planning) siteOf(l *line) (*site.Site, bool) {
	c := p.cell(l, "site")
	code, ok := c.code()
	if !ok {
		return nil, false
	}
	if s, err := p.net.ByCode(strings.ToLower(code)); err == nil {
		return s, true
	}
	near, ok := p.near("sites", code, func() (all []string) {
		for _, hit := range p.net.Sites(site.Filter{}) {
			all = append(all, hit.Site.Code)
		}
		return all
	})
	if ok {
		c.wrong("unknown_site_near", "text", c.text, "near", near)
	} else {
		c.wrong("unknown_site", "text", c.text)
	}
	return nil, false
}

func (p *planning) houseWork(s *site.Site) *houseWork {
	h := &houseWork{site: s, places: map[string]*placeWork{}}
	for _, r := range p.net.Rooms(s.ID) {
		h.rooms = append(h.rooms, &roomWork{Room: *r, old: r})
	}
	for _, r := range p.net.Resources(s.ID) {
		h.places[r.Code] = &placeWork{Resource: *r, old: r}
	}
	return h
}

// room finds a room by its code or its name; ok is false where several have
// the name.
func (h *houseWork) room(text string) (found *roomWork, ok bool) {
	for _, r := range h.rooms {
		if r.Code == text {
			return r, true
		}
	}
	for _, r := range h.rooms {
		if territory.Fold(r.Name) != territory.Fold(text) {
			continue
		}
		if found != nil {
			return nil, false
		}
		found = r
	}
	return found, true
}

// newRoom makes a room with a text as its code, or as a name from which a code
// is made.
func (p *planning) newRoom(h *houseWork, text string) *roomWork {
	code := text
	if !codeShape.MatchString(code) {
		code = strings.ReplaceAll(territory.Fold(text), " ", "-")
		code = strings.Map(func(r rune) rune {
			if r >= 0x80 {
				return -1
			}
			return r
		}, code[:min(len(code), 60)])
	}
	if code == "" {
		code = "room"
	}
	for stem, n := code, 2; slices.ContainsFunc(h.rooms, func(r *roomWork) bool { return r.Code == code }); n++ {
		code = stem + "-" + strconv.Itoa(n)
	}
	r := &roomWork{Room: site.Room{ID: p.IDs(), Site: h.site.ID, Code: code, Name: text}}
	h.rooms = append(h.rooms, r)
	return r
}

func (p *planning) planRoom(h *houseWork, l *line) {
	c := p.cell(l, "room")
	if c.text == "" {
		p.wrong(l, "code", "code_or_room")
		return
	}
	r, ok := h.room(c.text)
	switch {
	case !ok:
		c.wrong("ambiguous_room", "text", c.text)
		return
	case r != nil && r.line != nil:
		c.wrong("duplicate", "text", c.text, "first", r.line.at.Line)
		return
	case r == nil:
		r = p.newRoom(h, c.text)
	}
	r.line, r.floor = l, l
	fill(p, l, roomFields, &r.Room)
	p.checkRect(l, r.Area)
	name := p.cell(l, "name")
	if twin := h.twin(r); twin != nil && name.text != "" && (r.old == nil || r.old.Name != r.Name || r.old.Floor != r.Floor) {
		first := 0
		if twin.line != nil {
			first = twin.line.at.Line
		}
		name.wrong("room_name_twice", "text", r.Name, "room", twin.Code, "first", first)
	}
}

// twin is another room on the same floor with the name of r. Rooms without
// places, such as stairs, may share theirs.
func (h *houseWork) twin(r *roomWork) *roomWork {
	for _, other := range h.rooms {
		if other != r && r.Purpose == "" && other.Purpose == "" && other.Floor == r.Floor && territory.Fold(other.Name) == territory.Fold(r.Name) {
			return other
		}
	}
	return nil
}

// checkRect: a width and a height, or neither.
func (p *planning) checkRect(l *line, r site.Rect) {
	if (r.W > 0) != (r.H > 0) {
		missing := "w"
		if r.W > 0 {
			missing = "h"
		}
		p.wrong(l, missing, "half_an_area")
	}
}

func (p *planning) planPlace(h *houseWork, l *line, next *int64) {
	before := len(p.outcome.Faults)
	c := p.cell(l, "code")
	code, ok := c.code()
	if !ok {
		return
	}
	w := h.places[code]
	switch {
	case w != nil && w.line != nil:
		c.wrong("duplicate", "text", code, "first", w.line.at.Line)
		return
	case w == nil:
		*next++
		w = &placeWork{Resource: site.Resource{Ordinal: *next, ID: p.IDs(), Site: h.site.ID, Code: code, Name: code, Seats: 1, Active: true}}
		h.places[code] = w
	}
	w.line = l
	h.order = append(h.order, w)
	if p.intoRoom(h, w); w.old != nil && w.Room != w.old.Room && !p.has("x") {
		w.Area = site.Rect{} // where it lay is no place of the other room
	}
	fill(p, l, placeFields, &w.Resource)
	if w.Kind == "" && len(p.outcome.Faults) == before {
		p.wrong(l, "kind", "empty")
	}
	p.checkRect(l, w.Area)
	if !w.Area.Drawn() {
		w.Area = site.Rect{}
	}
}

// intoRoom finds or makes the room of a place.
func (p *planning) intoRoom(h *houseWork, w *placeWork) {
	c, floor := p.cell(w.line, "room"), p.cell(w.line, "floor")
	if c.text == "" {
		if w.old == nil {
			c.wrong("empty")
		}
		return
	}
	r, ok := h.room(c.text)
	if !ok {
		c.wrong("ambiguous_room", "text", c.text)
		return
	}
	if r == nil {
		r = p.newRoom(h, c.text)
	}
	w.Room = r.ID
	if floor.text == "" {
		return
	}
	n := r.Floor
	floor.whole(&n, site.LowestFloor, site.MaxFloor)
	if r.floor != nil && n != r.Floor {
		floor.wrong("other_floor", "text", floor.text, "first", r.floor.at.Line)
		return
	}
	r.Floor, r.floor = n, w.line
}

// planParts finds what the places of a house are made of, and what cannot be
// so.
func (p *planning) planParts(h *houseWork) {
	if p.has("parts") {
		for _, w := range h.order {
			c := p.cell(w.line, "parts")
			w.Atoms = nil
			for _, code := range c.tokens() {
				if part := h.places[code]; part != nil {
					w.Atoms = append(w.Atoms, part.Ordinal)
				} else {
					p.unknownPart(h, c, code)
				}
			}
			slices.Sort(w.Atoms)
		}
	}
	at := map[int64]*placeWork{}
	for _, w := range h.places {
		at[w.Ordinal] = w
	}
	for _, w := range h.order {
		c := p.cell(w.line, "parts")
		for _, atom := range w.Atoms {
			part := at[atom]
			switch {
			case part == w:
				c.wrong("part_of_itself", "text", w.Code)
			case part != nil && slices.Contains(part.Atoms, w.Ordinal):
				if part.line != nil && part.line.at.Line < w.line.at.Line {
					continue // said there
				}
				c.wrong("parts_in_a_circle", "text", part.Code)
			case part != nil && part.Composite():
				c.wrong("part_has_parts", "text", part.Code)
			}
		}
		if w.Composite() && w.Area.Drawn() {
			p.wrong(w.line, "w", "composite_drawn")
		}
	}
	p.partsOfOthers(h, at)
}

// partsOfOthers: a place that becomes a composite is no part of one that the
// file does not have.
func (p *planning) partsOfOthers(h *houseWork, at map[int64]*placeWork) {
	for _, w := range h.places {
		if w.line != nil {
			continue
		}
		for _, atom := range w.Atoms {
			if part := at[atom]; part != nil && part.Composite() && part.line != nil {
				p.wrong(part.line, "parts", "is_part", "text", w.Code)
			}
		}
	}
}

func (p *planning) unknownPart(h *houseWork, c cell, code string) {
	for _, hit := range p.net.Sites(site.Filter{}) {
		if hit.Site.ID == h.site.ID {
			continue
		}
		if slices.ContainsFunc(p.net.Resources(hit.Site.ID), func(r *site.Resource) bool { return r.Code == code }) {
			c.wrong("part_elsewhere", "text", code, "site", hit.Site.Code)
			return
		}
	}
	c.wrong("unknown_part", "text", code)
}
