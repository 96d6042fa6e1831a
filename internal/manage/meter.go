package manage

import (
	"time"

	"polis/internal/agenda"
	"polis/internal/reserve"
	"polis/internal/site"
)

// meter reads from the index how much of the houses is taken at an instant and
// on its day. What many houses have in common is worked out once.
type meter struct {
	now    time.Time
	moment agenda.Cell // this quarter-hour
	days   map[*time.Location][]agenda.Cell
	dates  map[*time.Location]string
	open   map[openOn]agenda.Mask
}

type openOn struct {
	opening *agenda.Opening
	day     agenda.Day
}

func meterAt(now time.Time) *meter {
	from := now.Truncate(agenda.Quarter)
	cells, _ := agenda.Cells(from, from.Add(agenda.Quarter)) // only the years before 2000 have none
	m := &meter{now: now, days: map[*time.Location][]agenda.Cell{}, dates: map[*time.Location]string{}, open: map[openOn]agenda.Mask{}}
	if len(cells) == 1 {
		m.moment = cells[0]
	}
	return m
}

// late tells whether the announced opening of a house has passed.
func (m *meter) late(e *entry) bool {
	return comes(e.site) && e.site.OpensOn != "" && e.site.OpensOn < m.date(e.zone)
}

// date is the civil date in a zone.
func (m *meter) date(zone *time.Location) string {
	text, ok := m.dates[zone]
	if !ok {
		text = agenda.DateOf(m.now.In(zone)).String()
		m.dates[zone] = text
	}
	return text
}

// measure tells how much of a house is taken now and today. A house that is not
// open has nothing to take; nor has one now that keeps other hours. What a
// closure shuts is left out.
func (m *meter) measure(x *reserve.Index, e *entry) (now, today Share) {
	if e.site.State != site.Open || len(e.atoms) == 0 {
		return now, today
	}
	if m.opening(e.opening, m.moment.Day).Contains(m.moment.Mask) && !m.moment.Mask.IsZero() {
		now = taken(x, e.atoms, m.moment)
	}
	for _, c := range m.today(e.zone) {
		if c.Mask = c.Mask.And(m.opening(e.opening, c.Day)); !c.Mask.IsZero() {
			today.add(taken(x, e.atoms, c))
		}
	}
	return now, today
}

// taken counts the quarter-hours of a cell that are taken, of those that no
// closure shuts, over some atoms. The index must stand still.
func taken(x *reserve.Index, atoms []int64, c agenda.Cell) (s Share) {
	whole := c.Mask.Count()
	for i := range atoms {
		busy, free := x.TakenLocked(atoms[i:i+1], c.Day).And(c.Mask), whole
		if shut := x.ShutLocked(atoms[i:i+1], c.Day).And(c.Mask); !shut.IsZero() {
			busy, free = busy.AndNot(shut), whole-shut.Count()
		}
		s.Taken += busy.Count()
		s.Of += free
	}
	return s
}

// today are the cells of the civil day in a zone.
func (m *meter) today(zone *time.Location) []agenda.Cell {
	cells, ok := m.days[zone]
	if !ok {
		d := agenda.DateOf(m.now.In(zone))
		from := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
		cells, _ = agenda.Cells(from, from.Add(agenda.DayLength(d, zone))) // as above
		m.days[zone] = cells
	}
	return cells
}

func (m *meter) opening(o *agenda.Opening, day agenda.Day) agenda.Mask {
	key := openOn{o, day}
	mask, ok := m.open[key]
	if !ok {
		mask = o.Mask(day)
		m.open[key] = mask
	}
	return mask
}
