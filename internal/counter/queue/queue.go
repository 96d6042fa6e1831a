// Package queue is the order of service of an office: one line made of people
// with a number and people with an appointment. It is pure: who waits is given,
// who is called next is answered, and everybody can look up why.
//
// The order is
//
//  1. who comes back with the paper that was missing: they queued already;
//  2. appointments whose time has come, by their time;
//  3. frail people and pregnant women, by arrival;
//  4. all others, by arrival.
//
// Who is late for an appointment lost the turn but not the place: they stand among
// the others as if they had come at the time of the appointment. Who is early waits
// for their time, and is called before it only where nobody else waits.
package queue

import (
	"cmp"
	"slices"
	"time"
)

// Priority is why somebody goes before others.
type Priority string

// The priorities.
const (
	Ordinary  Priority = ""
	Frail     Priority = "frail"     // cannot stand and wait for long
	Pregnant  Priority = "pregnant"  // or with a small child
	Returning Priority = "returning" // comes back with the paper that was missing
)

// Valid tells whether there is such a priority.
func (p Priority) Valid() bool {
	return p == Ordinary || p == Frail || p == Pregnant || p == Returning
}

const (
	// Lead is how long before its time an appointment may be called.
	Lead = 2 * time.Minute
	// Grace is how late one may come for an appointment and keep its turn.
	Grace = 10 * time.Minute
)

// Entry is somebody who waits, or who is expected.
type Entry struct {
	ID       string
	Services []string // ids of what is still to be done, in order
	Priority Priority
	Taken    time.Time // when they came: when the number was taken
	Due      time.Time // time of the appointment; zero without one
	Desk     string    // only this desk may call them; "" any
	Arrived  bool      // false: an appointment that is expected
}

// The places in the line, from the first.
const (
	classReturning = iota
	classAppointment
	classFrail
	classOrdinary
	classEarly
)

// place is where an entry stands at an instant.
func (e *Entry) place(now time.Time) (class int, since time.Time) {
	punctual := !e.Due.IsZero() && !e.Taken.After(e.Due.Add(Grace))
	switch {
	case e.Priority == Returning:
		return classReturning, e.Taken
	case punctual && !now.Before(e.Due.Add(-Lead)):
		return classAppointment, e.Due
	case e.Priority != Ordinary:
		return classFrail, e.Taken
	case punctual:
		return classEarly, e.Due
	case !e.Due.IsZero():
		return classOrdinary, e.Due
	}
	return classOrdinary, e.Taken
}

// Compare tells which of two is called first at an instant; negative for a.
func Compare(a, b *Entry, now time.Time) int {
	ca, ta := a.place(now)
	cb, tb := b.place(now)
	return cmp.Or(cmp.Compare(ca, cb), ta.Compare(tb), a.Taken.Compare(b.Taken), cmp.Compare(a.ID, b.ID))
}

// Order is the line at an instant, the first to be called first. Who is only
// expected is in it as if they had come.
func Order(entries []Entry, now time.Time) []Entry {
	list := slices.Clone(entries)
	slices.SortFunc(list, func(a, b Entry) int { return Compare(&a, &b, now) })
	return list
}

// Next is who a desk calls at an instant: the first of the line who has come,
// whom the desk may call, and whose next service it can do.
func Next(entries []Entry, now time.Time, desk string, can func(service string) bool) (next Entry, ok bool) {
	for i := range entries {
		e := &entries[i]
		if !e.Arrived || e.Desk != "" && e.Desk != desk || !e.ForDesk(can) {
			continue
		}
		if !ok || Compare(e, &next, now) < 0 {
			next, ok = *e, true
		}
	}
	return next, ok
}

// ForDesk tells whether a desk can do what comes first of an entry.
func (e *Entry) ForDesk(can func(service string) bool) bool {
	return len(e.Services) == 0 || can(e.Services[0])
}
