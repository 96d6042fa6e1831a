package demo

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"polis/internal/site"
)

// A floor is two strips of rooms with a corridor between them; a small space
// does without the corridor. All lengths are centimetres.

// shape is how deep the strips of a size are, and how many m² all floors have.
type shape struct{ top, corridor, bottom, area int }

var shapes = map[site.Size]shape{
	site.Small:  {500, 0, 330, 100},
	site.Medium: {720, 180, 480, 450},
	site.Large:  {720, 200, 500, 1500},
}

func (s shape) depth() int { return s.top + s.corridor + s.bottom }

const squareMetre = 10_000 // cm²

// plan gives every room and every atom of a space its area, and adds the rooms
// without places. rooms are those it has. It returns all of them and the area
// under the roof in m².
func (m *maker) plan(s *site.Site, rooms []site.Room, accessible bool, rng *rand.Rand) ([]site.Room, int) {
	size := shapes[s.Size]
	rooms = append(slices.Clone(rooms), serviceRooms(s, accessible)...)
	levels := make([]*level, floors(s))
	for n := range levels {
		levels[n] = m.deal(n, rooms, size, rng)
	}
	area, reach := 0, 0
	var lounges []*site.Room
	for n, width := range widths(levels, size, rng) {
		area += width * size.depth()
		if l := levels[n].lounge(width); l != nil {
			lounges = append(lounges, l)
		}
		reach = max(reach, levels[n].place(width, size))
	}
	for _, l := range lounges {
		rooms = append(rooms, *l)
	}
	for i := range rooms {
		if rooms[i].ID == "" {
			rooms[i].ID, rooms[i].Site = m.idFrom(rng), s.ID
		}
	}
	m.turn(rooms, reach, size.depth(), rng)
	return rooms, (area + squareMetre/2) / squareMetre
}

// serviceRooms are the rooms without places of a space.
func serviceRooms(s *site.Site, accessible bool) (out []site.Room) {
	add := func(n int, p site.Purpose, name string) {
		out = append(out, site.Room{Code: fmt.Sprintf("%s-%d", p, n), Name: name, Floor: n, Purpose: p})
	}
	for n := range floors(s) {
		if s.Size == site.Large {
			add(n, "stairs", "Scale")
			add(n, "lift", "Ascensore")
		}
		add(n, "toilet", "Servizi igienici")
		if accessible {
			add(n, "accessible-toilet", "Bagno accessibile")
		}
		if n == 0 {
			add(n, "entrance", "Ingresso")
		}
		if n == 0 && s.Size != site.Small {
			add(n, "reception", "Accoglienza")
		}
		if n == 1 || s.Size != site.Large {
			add(n, "kitchen", "Cucina")
		}
		if s.Size != site.Small {
			add(n, "corridor", "Corridoio")
		}
	}
	return out
}

// piece is a room that wants its place in a strip.
type piece struct {
	room   *site.Room
	places []*draft // its atoms
	least  int      // width
	area   int      // cm²
	desks  bool     // the places stand in rows
	fixed  bool     // does not grow
}

func (p piece) width(depth int) int {
	w := max(p.least, tens(p.area/depth))
	if p.desks {
		w = max(w, benchWidth(len(p.places), depth))
	}
	return w
}

func tens(n int) int { return (n + 9) / 10 * 10 }

// outdoors tells whether the piece has no roof.
func (p piece) outdoors() bool { return len(p.places) > 0 && p.places[0].Kind == site.Outdoor }

// strip is a row of rooms.
type strip struct {
	depth  int
	pieces []piece
}

func (s *strip) width() (w int) {
	for _, p := range s.pieces {
		w += p.width(s.depth)
	}
	return w
}

// level is one floor while it is planned.
type level struct {
	n           int
	top, bottom strip
	corridor    *site.Room // nil in a small space
	outdoor     *piece     // nil where there is none
}

// deal deals the rooms of a floor out to its strips: the large ones above, the
// core below, the others where there is more room left.
func (m *maker) deal(n int, rooms []site.Room, size shape, rng *rand.Rand) *level {
	l := &level{n: n, top: strip{depth: size.top}, bottom: strip{depth: size.bottom}}
	var free []piece
	for i := range rooms {
		if rooms[i].Floor != n {
			continue
		}
		p := m.piece(&rooms[i], size)
		switch {
		case p.room.Purpose == "corridor":
			l.corridor = p.room
		case p.outdoors():
			l.outdoor = &p
		case p.room.Purpose != "":
			l.bottom.pieces = append(l.bottom.pieces, p)
		case p.desks && p.room.Code[0] == 'O' || p.places[0].Kind == site.Hall:
			l.top.pieces = append(l.top.pieces, p)
		default:
			free = append(free, p)
		}
	}
	core := len(l.bottom.pieces)
	slices.SortStableFunc(free, func(a, b piece) int { return cmp.Compare(b.area, a.area) })
	for _, p := range free {
		to := &l.bottom
		if l.corridor != nil && l.top.width() < l.bottom.width() {
			to = &l.top
		}
		to.pieces = append(to.pieces, p)
	}
	shuffle(rng, l.bottom.pieces[core:])
	shuffle(rng, l.top.pieces)
	return l
}

func shuffle[T any](rng *rand.Rand, list []T) {
	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// services are the widths of rooms without places, in a small space and in the
// others, and whether they may grow.
var services = map[site.Purpose]struct {
	small, usual int
	grows        bool
}{
	"stairs": {0, 300, false}, "lift": {0, 200, false}, "corridor": {0, 0, false},
	"toilet": {160, 320, false}, "accessible-toilet": {200, 220, false},
	"entrance": {240, 420, true}, "reception": {0, 300, true}, "kitchen": {200, 360, true},
}

// piece says how much space a room asks for.
func (m *maker) piece(r *site.Room, size shape) piece {
	if r.Purpose != "" {
		s := services[r.Purpose]
		if size.corridor == 0 {
			return piece{room: r, least: s.small, fixed: !s.grows}
		}
		return piece{room: r, least: s.usual, fixed: !s.grows}
	}
	p := piece{room: r}
	seats := 0
	for i := range m.drafts {
		if d := &m.drafts[i]; d.Room == r.ID && len(d.parts) == 0 {
			p.places = append(p.places, d)
			seats += d.Seats
		}
	}
	switch p.places[0].Kind {
	case site.Desk:
		p.area, p.desks = seats*squareMetre*42/10, true
	case site.Meeting:
		p.area, p.least = (3+2*seats)*squareMetre, 280
	case site.Training:
		p.area, p.least = (6+2*seats)*squareMetre, 500
	case site.Hall:
		p.area, p.least = seats*squareMetre*14/10, 500
	case site.Outdoor:
		p.area = seats * squareMetre * 3 / 2
	}
	return p
}

// widths are those of the floors: what the rooms need, and as much more as the
// size of the house asks for. No floor reaches over the ground floor.
func widths(levels []*level, size shape, rng *rand.Rand) []int {
	whole := size.area * (94 + rng.IntN(13)) / 100 * squareMetre / size.depth() // all floors in a row
	need := func(l *level) int { return max(l.top.width(), l.bottom.width()) }
	ground, above := max(need(levels[0]), whole/len(levels)), 0
	for _, l := range levels[1:] {
		above = max(above, need(l), (whole-ground)/(len(levels)-1))
	}
	ground = max(ground, above)
	out := []int{tens(ground)}
	for range levels[1:] {
		out = append(out, tens(above))
	}
	return out
}

// loungeWidth is from what width on the rest of a strip is a room.
const loungeWidth = 360

// lounge fills up a floor where the rooms below leave much over; nil where
// they do not.
func (l *level) lounge(width int) *site.Room {
	left := width - l.bottom.width()
	if left < loungeWidth || l.corridor == nil {
		return nil
	}
	r := &site.Room{Code: fmt.Sprintf("lounge-%d", l.n), Name: "Area relax", Floor: l.n, Purpose: "lounge"}
	l.bottom.pieces = append(l.bottom.pieces, piece{room: r, least: min(left, 2*loungeWidth)})
	return r
}

// place gives the rooms of a floor their areas, what is outside beside it, and
// returns how far all reaches.
func (l *level) place(width int, size shape) int {
	l.top.place(0, width)
	l.bottom.place(size.top+size.corridor, width)
	if l.corridor != nil {
		l.corridor.Area = site.Rect{Y: size.top, W: width, H: size.corridor}
	}
	if l.outdoor != nil {
		w := l.outdoor.width(size.depth())
		l.outdoor.put(site.Rect{X: width, W: w, H: size.depth()})
		width += w
	}
	return width
}

// place puts the rooms side by side from the left and fills the whole width.
func (s *strip) place(y, width int) {
	growing := 0
	for _, p := range s.pieces {
		if !p.fixed {
			growing += p.width(s.depth)
		}
	}
	left, x := width-s.width(), 0
	for _, p := range s.pieces {
		w := p.width(s.depth)
		if !p.fixed {
			more := left
			if growing > w {
				more = left * w / growing / 10 * 10
			}
			growing, left, w = growing-w, left-more, w+more
		}
		p.put(site.Rect{X: x, Y: y, W: w, H: s.depth})
		x += w
	}
}

// put gives a room and its places their areas: desks stand in rows, other atoms
// divide the room among them.
func (p piece) put(r site.Rect) {
	p.room.Area = r
	if p.desks {
		for i, area := range benches(r, len(p.places)) {
			p.places[i].Area = area
		}
		return
	}
	x := r.X
	for i, d := range p.places {
		w := (r.X + r.W - x) / (len(p.places) - i)
		d.Area = site.Rect{X: x, Y: r.Y, W: w, H: r.H}
		x += w
	}
}

// turn mirrors the plan of a house one way or the other, so that not all look
// alike.
func (m *maker) turn(rooms []site.Room, width, depth int, rng *rand.Rand) {
	sideways, over := rng.IntN(2) == 0, rng.IntN(2) == 0
	mirror := func(r *site.Rect) {
		if !r.Drawn() {
			return
		}
		if sideways {
			r.X = width - r.X - r.W
		}
		if over {
			r.Y = depth - r.Y - r.H
		}
	}
	for i := range rooms {
		mirror(&rooms[i].Area)
	}
	for i := range m.drafts {
		mirror(&m.drafts[i].Area)
	}
}
