package lists

import (
	"maps"
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/manage/guard"
	"polis/internal/reserve"
	"polis/internal/site"
)

// usual takes an exception back.
const usual = "usual"

// hoursWork is what a file makes of the hours of a site.
type hoursWork struct {
	site  *site.Site // as it is
	now   site.Site  // as it becomes
	week  *line      // that says the hours of every week; nil where none does
	dates map[agenda.Date]*line
}

// planHours: a line without a date says the hours of every week, one with a
// date those of that day.
func (p *planning) planHours() {
	houses, order := map[string]*hoursWork{}, []*hoursWork(nil)
	for _, l := range p.lines {
		if p.outcome.More {
			return
		}
		s, ok := p.siteOf(l)
		if !ok {
			continue
		}
		on := agenda.Date{}
		if c := p.cell(l, "date"); c.text != "" {
			if on, ok = c.day(); !ok {
				continue
			}
		}
		h := houses[s.ID]
		if h == nil {
			h = &hoursWork{site: s, now: *s, dates: map[agenda.Date]*line{}}
			if h.now.Exceptions = maps.Clone(s.Exceptions); h.now.Exceptions == nil {
				h.now.Exceptions = map[agenda.Date][]agenda.Span{}
			}
			houses[s.ID], order = h, append(order, h)
		}
		first := h.dates[on]
		if on == (agenda.Date{}) {
			first = h.week
		}
		switch {
		case first != nil:
			p.wrong(l, "site", "duplicate", "text", s.Code, "first", first.at.Line)
		case on == (agenda.Date{}):
			h.week = l
			p.planWeek(l, h)
		default:
			h.dates[on] = l
			p.planDate(l, h, on)
		}
	}
	for _, h := range order {
		p.opensOtherwise(h)
	}
}

func (p *planning) planWeek(l *line, h *hoursWork) {
	before := len(p.outcome.Faults)
	c := p.cell(l, "hours")
	if c.opening(&h.now.Hours); c.text == "" {
		given := false
		for _, day := range weekColumns {
			given = given || p.cell(l, day[0]).text != ""
		}
		if !given {
			c.wrong("empty")
		}
		p.week(l, &h.now.Hours)
	}
	if len(p.outcome.Faults) > before {
		return
	}
	var fields []FieldChange
	if !h.site.Hours.Equal(h.now.Hours) {
		fields = []FieldChange{{"hours", h.site.Hours.String(), h.now.Hours.String()}}
	}
	if p.found(l, h.site.Code, false, fields) {
		p.batch.Sites = append(p.batch.Sites, h.now)
	}
}

// opensOtherwise lists the bookings for which a site would no longer be open, as
// the whole file leaves it: where a date that they touch has a line there, else
// where the week has.
func (p *planning) opensOtherwise(h *hoursWork) {
	before, err := guard.TermsOf(h.site)
	if err != nil {
		return // its zone is wrong already
	}
	after, err := guard.TermsOf(&h.now)
	if err != nil || !guard.Worse(before, after) {
		return
	}
	at := map[*line]*breakage{}
	for on, l := range h.dates {
		at[l] = &breakage{line: l, key: h.site.Code + " " + on.String()}
	}
	if h.week != nil {
		at[h.week] = &breakage{line: h.week, key: h.site.Code}
	}
	p.breaks.ofSite(h.site.ID, func(part *reserve.Part) *breakage {
		if guard.Lost(before, after, part, p.now) == "" {
			return nil
		}
		return at[h.lineOf(part, before.Hours.Zone)]
	}, slices.Collect(maps.Values(at))...)
}

// lineOf is the line that says the hours of a time.
func (h *hoursWork) lineOf(part *reserve.Part, zone *time.Location) *line {
	first, last := agenda.DateOf(part.From.In(zone)), agenda.DateOf(part.To.In(zone))
	for d := first; !last.Before(d); d = d.AddDays(1) {
		if l := h.dates[d]; l != nil {
			return l
		}
	}
	if l := h.dates[first.AddDays(-1)]; l != nil { // whose hours may end after midnight
		return l
	}
	return h.week
}

func (p *planning) planDate(l *line, h *hoursWork, on agenda.Date) {
	c := p.cell(l, "hours")
	old, there := h.site.Exceptions[on]
	e := site.Exception{Site: h.site.ID, On: on}
	if word := strings.ToLower(c.text); word == usual || word == "normale" || word == "solito" {
		e.Usual = true
		delete(h.now.Exceptions, on)
	} else {
		var ok bool
		if e.Spans, ok = c.onDate(); !ok {
			return
		}
		h.now.Exceptions[on] = e.Spans
	}
	before, after := spansText(old, there), spansText(e.Spans, !e.Usual)
	var fields []FieldChange
	if before != after {
		fields = []FieldChange{{"hours", before, after}}
	}
	if p.found(l, h.site.Code+" "+on.String(), !there && !e.Usual, fields) {
		p.batch.Exceptions = append(p.batch.Exceptions, e)
	}
}

// spansText writes the hours of a date.
func spansText(spans []agenda.Span, there bool) string {
	if !there {
		return usual
	}
	if len(spans) == 0 {
		return "closed"
	}
	var list []string
	for _, s := range spans {
		list = append(list, s.String())
	}
	return strings.Join(list, ",")
}
