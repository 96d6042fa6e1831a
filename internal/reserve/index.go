package reserve

import (
	"cmp"
	"slices"
	"sync"

	"polis/internal/agenda"
)

// Index keeps the masks of all atoms in memory: what is busy or shut, by UTC
// day. It offers; only locked rows decide. The highest revision of a cell
// wins, so changes may come twice and in any order.
type Index struct {
	mu   sync.RWMutex
	days map[agenda.Day]*page
}

// pageBits is the size of the pieces in which the cells of a day are kept: the
// atoms of one site have neighbouring ordinals and share a piece or two.
const pageBits = 6

// page is the occupancy of one day, in pieces of 64 neighbouring atoms; a
// piece is made when the first of its atoms is taken. What of it closures shut
// is kept beside, since it is rare and only pages ask for it.
type page struct {
	pieces []*[1 << pageBits]slot
	shut   map[int64]agenda.Mask
}

// slot is the state of an atom on one day in 16 bytes, since there are very
// many: the lower 48 bits of its words are what of the quarter-hours is busy or
// shut, the upper 16 are the revision. A cell would have to change four billion
// times to run out of them. At revision 0 nothing was heard of it yet, so it is
// free.
type slot struct{ am, pm uint64 }

const (
	maskBits = 48
	maskOnly = 1<<maskBits - 1
)

func newSlot(taken agenda.Mask, rev int64) slot {
	return slot{taken.AM | uint64(rev)<<maskBits, taken.PM | uint64(rev)>>16<<maskBits}
}

func (s slot) taken() agenda.Mask { return agenda.Mask{AM: s.am & maskOnly, PM: s.pm & maskOnly} }

func (s slot) rev() int64 { return int64(s.am>>maskBits | s.pm>>maskBits<<16) }

// overlaps tells whether any of a mask is taken; a mask has no upper bits.
func (s slot) overlaps(m agenda.Mask) bool { return s.am&m.AM|s.pm&m.PM != 0 }

// NewIndex returns an index in which everything is free.
func NewIndex() *Index { return &Index{days: map[agenda.Day]*page{}} }

// Apply takes in changes.
func (x *Index) Apply(changes []Change) {
	if len(changes) == 0 {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, c := range changes {
		p := x.days[c.Day]
		if p == nil {
			p = &page{}
			x.days[c.Day] = p
		}
		if s := p.make(c.Resource); s != nil && c.Rev > s.rev() {
			*s = newSlot(c.Busy.Or(c.Shut), c.Rev)
			p.setShut(c.Resource, c.Shut)
		}
	}
}

func (p *page) make(resource int64) *slot {
	if resource < 0 {
		return nil
	}
	i := int(resource >> pageBits)
	if i >= len(p.pieces) {
		p.pieces = append(p.pieces, make([]*[1 << pageBits]slot, i+1-len(p.pieces))...)
	}
	if p.pieces[i] == nil {
		p.pieces[i] = new([1 << pageBits]slot)
	}
	return &p.pieces[i][resource&(1<<pageBits-1)]
}

func (p *page) setShut(resource int64, shut agenda.Mask) {
	if shut.IsZero() {
		delete(p.shut, resource)
		return
	}
	if p.shut == nil {
		p.shut = map[int64]agenda.Mask{}
	}
	p.shut[resource] = shut
}

func (p *page) slot(resource int64) slot {
	if p == nil {
		return slot{}
	}
	if s := p.piece(resource >> pageBits); s != nil {
		return s[resource&(1<<pageBits-1)]
	}
	return slot{}
}

// piece is nil where nothing is taken.
func (p *page) piece(i int64) *[1 << pageBits]slot {
	if i < 0 || i >= int64(len(p.pieces)) {
		return nil
	}
	return p.pieces[i]
}

func (p *page) taken(resource int64) agenda.Mask { return p.slot(resource).taken() }

// Forget drops the days before one; they can no longer be booked.
func (x *Index) Forget(before agenda.Day) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for d := range x.days {
		if d < before {
			delete(x.days, d)
		}
	}
}

// Free tells whether all atoms are free over all cells.
func (x *Index) Free(atoms []int64, cells []agenda.Cell) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	v := x.View(cells)
	return v.Free(atoms)
}

// View is the part of the index that a search over some cells looks at. It is
// used with the index locked (Read).
type View struct {
	pages []*page
	cells []agenda.Cell
}

// Read runs fn with the index standing still; fn must be short.
func (x *Index) Read(fn func()) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	fn()
}

// View prepares to look at cells.
func (x *Index) View(cells []agenda.Cell) View {
	v := View{cells: cells, pages: make([]*page, len(cells))}
	for i, c := range cells {
		v.pages[i] = x.days[c.Day]
	}
	return v
}

// Free tells whether all atoms are free over the cells of the view.
func (v *View) Free(atoms []int64) bool {
	for i, p := range v.pages {
		if p == nil {
			continue
		}
		m := v.cells[i].Mask
		for _, a := range atoms {
			if p.slot(a).overlaps(m) {
				return false
			}
		}
	}
	return true
}

// Shut tells whether a closure is in the way of any of some atoms over the
// cells of the view.
func (v *View) Shut(atoms []int64) bool {
	for i, p := range v.pages {
		if p == nil || len(p.shut) == 0 {
			continue
		}
		for _, a := range atoms {
			if p.shut[a].Overlaps(v.cells[i].Mask) {
				return true
			}
		}
	}
	return false
}

// Enough tells whether at least n of some atoms are free over the cells of the
// view; it looks no further than it must.
func (v *View) Enough(atoms []int64, n int) bool {
	if len(v.pages) != 1 || v.pages[0] == nil {
		for i := 0; i < len(atoms) && n > 0; i++ {
			if v.Free(atoms[i : i+1]) {
				n--
			}
		}
		return n <= 0
	}
	p, m := v.pages[0], v.cells[0].Mask // the common time, within a day
	var piece *[1 << pageBits]slot
	at := int64(-1)
	for i := 0; i < len(atoms) && n > 0; i++ {
		if k := atoms[i] >> pageBits; k != at {
			at, piece = k, p.piece(k)
		}
		if piece == nil || !piece[atoms[i]&(1<<pageBits-1)].overlaps(m) {
			n--
		}
	}
	return n <= 0
}

// Taken is what of a day's quarter-hours is busy or shut for any of some
// atoms.
func (x *Index) Taken(atoms []int64, day agenda.Day) agenda.Mask {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.TakenLocked(atoms, day)
}

// Rank lists the units of a pool that are free over some cells: those made of
// few atoms first, then those with the tightest gap around the time, so that
// long gaps stay whole; among equals in the order given.
func (x *Index) Rank(pool []int64, cells []agenda.Cell, atoms func(int64) []int64) []int64 {
	type ranked struct {
		unit       int64
		atoms, gap int
	}
	var list []ranked
	x.mu.RLock()
	v := x.View(cells)
	for _, u := range pool {
		if a := atoms(u); v.Free(a) {
			list = append(list, ranked{u, len(a), v.gap(a)})
		}
	}
	x.mu.RUnlock()
	slices.SortStableFunc(list, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.atoms, b.atoms), cmp.Compare(a.gap, b.gap))
	})
	out := make([]int64, len(list))
	for i, r := range list {
		out[i] = r.unit
	}
	return out
}

// gap is the length of the free run in which the view's time lies, summed over
// atoms, looking at the view's days only.
func (v *View) gap(atoms []int64) int {
	if len(v.cells) == 0 {
		return 0
	}
	at, n := bounds(v.cells)
	total := 0
	var buf [4]agenda.Mask
	for _, a := range atoms {
		free := buf[:0]
		for i := range v.cells {
			free = append(free, agenda.Quarters(0, agenda.QuartersPerDay).AndNot(v.pages[i].taken(a)))
		}
		total += agenda.Gap(free, at, n)
	}
	return total
}

// bounds are the first quarter-hour of some cells on consecutive days and how
// many there are.
func bounds(cells []agenda.Cell) (at, n int) {
	at = agenda.FirstRun([]agenda.Mask{cells[0].Mask}, 0, 1)
	for _, c := range cells {
		n += c.Mask.Count()
	}
	return at, n
}

// ShutLocked is what of a day's quarter-hours closures shut for any of some
// atoms, for use inside Read.
func (x *Index) ShutLocked(atoms []int64, day agenda.Day) agenda.Mask {
	var m agenda.Mask
	if p := x.days[day]; p != nil && len(p.shut) > 0 {
		for _, a := range atoms {
			m = m.Or(p.shut[a])
		}
	}
	return m
}

// TakenLocked is Taken for use inside Read.
func (x *Index) TakenLocked(atoms []int64, day agenda.Day) agenda.Mask {
	var m agenda.Mask
	p := x.days[day]
	for _, a := range atoms {
		m = m.Or(p.taken(a))
	}
	return m
}
