package coworking

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// houseParts are the parts of a booking in one house: as facts where it is the
// only part, as rows where there are several.
type houseParts struct {
	Site, Href string
	Where      string
	Facts      []web.Fact
	Rows       []partRow
}

// partRow is one of several parts of a booking.
type partRow struct {
	N    string // its place in the list of parts
	When string
	What string
	Move string // href of the page that changes its time; empty where it cannot
	Drop string // what the button that gives it back says to who hears only it
}

// partsOf are the parts of a booking by house, in the order of time.
func partsOf(p *i18n.Printer, b Booking) (list []houseParts) {
	at := map[string]int{}
	for _, part := range b.Places {
		i, seen := at[part.Site.ID]
		if !seen {
			i = len(list)
			at[part.Site.ID] = i
			list = append(list, houseParts{
				Site: part.Site.Name, Href: spacePath(part.Site, nil), Where: part.Site.Address + ", " + part.Where,
			})
		}
		if len(b.Places) == 1 {
			list[i].Facts = factsOf(p, part)
			continue
		}
		when := p.Span(part.From.In(part.Zone), part.To.In(part.Zone))
		what := p.T("coworking.kind."+string(part.Kind)) + " " + names(p, namesOf(part))
		list[i].Rows = append(list[i].Rows, partRow{
			N: strconv.Itoa(part.N), When: when, What: what, Drop: p.T("coworking.hold.drop-which", "time", when, "places", what),
		})
	}
	return list
}

// missedOf says which parts of a booking were released while others stayed.
func missedOf(p *i18n.Printer, b Booking) (list []string) {
	for _, part := range b.Missed {
		list = append(list, p.T("coworking.booking.missed",
			"time", p.Span(part.From.In(part.Zone), part.To.In(part.Zone)), "places", names(p, namesOf(part)), "house", part.Site.Name))
	}
	return list
}

// movable gives each part a link to change its time.
func (h *houseParts) movable(path string) {
	for i := range h.Rows {
		h.Rows[i].Move = path + "/sposta?parte=" + h.Rows[i].N
	}
}

func namesOf(part PlacePart) []string {
	units := slices.SortedFunc(slices.Values(part.Units), func(a, b *site.Resource) int { return cmp.Compare(a.Ordinal, b.Ordinal) })
	list := make([]string, len(units))
	for i, u := range units {
		list[i] = u.Name
	}
	return list
}

// factsOf is the only part of a booking, as facts.
func factsOf(p *i18n.Printer, part PlacePart) []web.Fact {
	seats := 0
	for _, u := range part.Units {
		seats += u.Seats
	}
	facts := []web.Fact{
		{Name: p.T("coworking.fact.when"), Value: p.Span(part.From.In(part.Zone), part.To.In(part.Zone))},
		{Name: p.T("coworking.fact.length"), Value: p.Duration(part.To.Sub(part.From))},
		{Name: p.T("coworking.kind." + string(part.Kind)), Value: names(p, namesOf(part))},
	}
	if seats > len(part.Units) {
		facts = append(facts, web.Fact{Name: p.T("coworking.fact.seats"), Value: p.Number(seats)})
	}
	return append(facts, web.Fact{Name: p.T("coworking.fact.where"), Value: part.Site.Address + ", " + part.Where})
}

// total is how long a booking of several parts is in all, the hours of each
// place counted; empty where it is one.
func total(p *i18n.Printer, b Booking) string {
	if len(b.Places) < 2 {
		return ""
	}
	hours := time.Duration(0)
	for _, part := range b.Places {
		hours += time.Duration(len(part.Units)) * part.To.Sub(part.From)
	}
	return p.T("coworking.booking.total", "time", hoursOnly(p, hours))
}

// hoursOnly is a length without days: three mornings are 12 hours, not half a day.
func hoursOnly(p *i18n.Printer, d time.Duration) string {
	text := p.T("coworking.hours", "count", int(d/time.Hour))
	if rest := d % time.Hour; rest > 0 {
		text += " " + p.Duration(rest)
	}
	return text
}
