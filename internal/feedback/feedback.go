// Package feedback is "Segnala un problema": anybody reports a problem of a
// house, of a place or of the service, gets a number, learns who answers and by
// when, and is answered. Text and answer are encrypted with the key of the
// person who reported; who has no account becomes a person of whom at most an
// e-mail address is known.
package feedback

import (
	"embed"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/web"
)

// Pages are the templates, Words the texts in Italian and English.
var (
	//go:embed pages/*.gohtml
	Pages embed.FS
	//go:embed words/*.json
	Words embed.FS
)

// Footer is the entry of feedback on every page.
var Footer = []web.Entry{{Href: formPath, Key: "feedback.form.title"}}

// Kind is what a problem is about.
type Kind string

// The kinds.
const (
	Safety        Kind = "safety"
	Accessibility Kind = "accessibility"
	Cleaning      Kind = "cleaning"
	Equipment     Kind = "equipment"
	Wifi          Kind = "wifi"
	Noise         Kind = "noise"
	Booking       Kind = "booking"
	Other         Kind = "other"
)

// Owner is who is to answer.
type Owner string

// The owners.
const (
	OfSite    Owner = "site"    // who manages the house
	OfNetwork Owner = "network" // who manages the network
)

// Priority is what goes first among reports of one due day.
type Priority string

// The priorities.
const (
	High   Priority = "high"
	Normal Priority = "normal"
)

// term is how a kind of problem is dealt with.
type term struct {
	Kind     Kind
	Slug     string // in addresses of pages
	Owner    Owner
	Priority Priority
	Days     int
	Calendar bool // the days are those of the calendar, not working days
}

// terms are the kinds in the order of the form. The 30 days for accessibility
// are those after which one may turn to the Difensore civico per il digitale
// (law 4/2004, art. 3-quinquies).
var terms = []term{
	{Kind: Safety, Slug: "sicurezza", Owner: OfSite, Priority: High, Days: 1},
	{Kind: Accessibility, Slug: "accessibilita", Owner: OfNetwork, Priority: Normal, Days: 30, Calendar: true},
	{Kind: Cleaning, Slug: "pulizia", Owner: OfSite, Priority: Normal, Days: 5},
	{Kind: Equipment, Slug: "attrezzature", Owner: OfSite, Priority: Normal, Days: 5},
	{Kind: Wifi, Slug: "rete", Owner: OfSite, Priority: Normal, Days: 5},
	{Kind: Noise, Slug: "rumore", Owner: OfSite, Priority: Normal, Days: 5},
	{Kind: Booking, Slug: "prenotazione", Owner: OfSite, Priority: Normal, Days: 5},
	{Kind: Other, Slug: "altro", Owner: OfSite, Priority: Normal, Days: 5},
}

// termOf finds how a kind is dealt with.
func termOf(kind Kind) (term, bool) {
	i := slices.IndexFunc(terms, func(t term) bool { return t.Kind == kind })
	if i < 0 {
		return term{}, false
	}
	return terms[i], true
}

// due is the end of the day by which the answer to a report of an instant is
// due, in the zone of its house.
func (t term) due(at time.Time, zone *time.Location, patron agenda.MonthDay) time.Time {
	day := agenda.DateOf(at.In(zone))
	if t.Calendar {
		day = day.AddDays(t.Days)
	} else {
		day = agenda.AddWorkingDays(day, t.Days, patron)
	}
	return time.Date(day.Year, day.Month, day.Day+1, 0, 0, 0, 0, zone)
}

// Report is a problem that somebody reported.
type Report struct {
	ID       string
	Number   string // "2026-000123"
	Kind     Kind
	Site     string // id; "" for the service itself
	Resource string // id; "" for the house as a whole
	Person   string // id of who reported
	Owner    Owner
	Due      time.Time // end of the day by which the answer is due
	Answered time.Time // zero while it is open
	Answerer string    // id of who answered
	Created  time.Time
	Rev      int64

	body, answer []byte // encrypted
	Text, Answer string // of a report that was read alone; "" when its person was forgotten
}

// Open tells whether the report waits for its answer.
func (r Report) Open() bool { return r.Answered.IsZero() }

// Overdue tells whether the answer should have been given before an instant.
func (r Report) Overdue(now time.Time) bool { return r.Open() && !now.Before(r.Due) }

// DueDay is the day by which the answer is due.
func (r Report) DueDay(zone *time.Location) agenda.Date {
	return agenda.DateOf(r.Due.Add(-time.Microsecond).In(zone))
}
