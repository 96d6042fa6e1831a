package reserve

import (
	"slices"
	"time"

	"polis/internal/agenda"
)

// A confirmed booking whose parts lie at several times is missed part by part:
// each is released so long after its start as the booking was due after its
// own, and the booking goes on with the rest. What is left when the last one
// falls due is a no-show, or complete where nobody had to check in.

// empty tells whether a part has no places, or no more.
func (p *Part) empty() bool { return len(p.Units)+len(p.Hidden) == 0 }

// Standing is how a booking stands at an instant: what has fallen due counts,
// though nobody has come by yet to write it down.
func (b Booking) Standing(at time.Time) Booking {
	for !b.Due.IsZero() && !b.Due.After(at) {
		left, goesOn := b.missed(at)
		if !goesOn {
			b.Status, b.Due = dueStatus(&b), time.Time{}
			return b
		}
		b = left
	}
	return b
}

// missed is a booking that is due without the parts that were missed by an
// instant; false where no part would be left, or nobody is waited for.
func (b *Booking) missed(by time.Time) (left Booking, goesOn bool) {
	if dueStatus(b) != NoShow {
		return *b, false
	}
	late := by.Add(-b.Due.Sub(b.Starts)) // what began later is still waited for
	return b.without(func(i int) bool { return !b.Parts[i].From.After(late) })
}

// without is a booking without some of its parts, which were missed; false where
// none would be left.
func (b *Booking) without(missed func(part int) bool) (left Booking, goesOn bool) {
	left = *b
	var list []int
	for i, p := range b.Parts {
		switch {
		case p.empty():
		case missed(i):
			list = append(list, i)
		default:
			goesOn = true
		}
	}
	if !goesOn {
		return *b, false
	}
	left.Parts = b.noted(list)
	left.fit(b)
	return left, true
}

// noted are the parts of a booking with some of them as missed.
func (b *Booking) noted(missed []int) []Part {
	list := slices.Clone(b.Parts)
	for _, i := range missed {
		if p := &list[i]; !p.empty() {
			p.Missed, p.Units, p.Hidden = append(slices.Clip(p.Units), p.Hidden...), nil, nil
		}
	}
	return list
}

// fit gives a booking that has lost parts the times of those that are left: they
// are waited for as long after their start as those before, and to the last
// moment of a visit that is shorter.
func (b *Booking) fit(before *Booking) {
	if b.Starts, b.Ends = span(b.Parts); b.Due.IsZero() || b.Status == Held {
		return
	}
	last := b.Ends
	if dueStatus(before) == NoShow {
		last = last.Add(-time.Microsecond)
	}
	if b.Due = b.Starts.Add(before.Due.Sub(before.Starts)); b.Due.After(last) {
		b.Due = last
	}
}

// Within is what of a booking lies at some sites, as if that were all: what it
// has elsewhere keeps its place in the list, empty. It is for looking at, never
// for a plan.
func (b Booking) Within(at func(site string) bool) Booking {
	left := b
	left.Parts = slices.Clone(b.Parts)
	some := false
	for i := range left.Parts {
		p := &left.Parts[i]
		if !at(p.Site) {
			p.Units, p.Hidden, p.Missed = nil, nil, nil
		}
		some = some || !p.empty()
	}
	if some {
		left.fit(&b)
	}
	return left
}

// release gives back what a booking no longer has when it goes on as left.
func (l *ledger) release(b *bookingRow, left Booking) {
	before := *b
	l.undo = append(l.undo, func() { *b = before })
	keeps := l.keeps(&left)
	alloc := map[cellKey]agenda.Mask{}
	for k, m := range b.alloc {
		kept := m.And(from(keeps(k.resource), k.day))
		if gone := m.AndNot(kept); !gone.IsZero() {
			c := l.change(l.cells[k])
			c.busy = c.busy.AndNot(gone)
		}
		if !kept.IsZero() {
			alloc[k] = kept
		}
	}
	left.Changed, left.Rev = l.now, b.Rev+1
	b.Booking, b.alloc, b.dirty, b.replace = left, alloc, true, true
}

// keeps tells from when on a booking keeps an atom. All that it misses began
// before all that it keeps; so what it has of an atom before it needs it again,
// turnover included, belongs to what is missed, and all that follows to what is
// kept. An atom that belongs to nothing by now, since the house was rebuilt, is
// kept from the first start on.
func (l *ledger) keeps(left *Booking) func(atom int64) time.Time {
	first := map[int64]time.Time{}
	for _, p := range left.Parts {
		for _, u := range p.Missed {
			for _, a := range l.atoms(u) {
				if _, again := first[a]; !again {
					first[a] = time.Time{} // never
				}
			}
		}
		for _, u := range append(slices.Clip(p.Units), p.Hidden...) {
			for _, a := range l.atoms(u) {
				if t := first[a]; t.IsZero() || p.From.Before(t) {
					first[a] = p.From
				}
			}
		}
	}
	return func(atom int64) time.Time {
		if t, known := first[atom]; known {
			return t
		}
		return left.Starts
	}
}

// from are the quarter-hours of a day from an instant on; none for never.
func from(t time.Time, day agenda.Day) agenda.Mask {
	if t.IsZero() {
		return agenda.Mask{}
	}
	return agenda.Quarters(min(max(int(t.Sub(day.Start())/agenda.Quarter), 0), 96), 96)
}

// withMissed puts back, in their places in the list, the parts that were missed
// before the others were changed.
func withMissed(now, before []Part) []Part {
	for i, p := range before {
		if len(p.Missed) > 0 {
			now = slices.Insert(now, min(i, len(now)), p)
		}
	}
	return now
}
