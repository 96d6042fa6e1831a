package lists

import (
	"strings"

	"polis/internal/agenda"
	"polis/internal/reserve"
	"polis/internal/site"
)

// usual takes an exception back.
const usual = "usual"

// planHours: a line without a date says the hours of every week, one with a
// date those of that day.
func (p *planning) planHours() {
	type key struct {
		site string
		on   agenda.Date
	}
	seen := map[key]int{}
	for _, l := range p.lines {
		if p.outcome.More {
			break
		}
		s, ok := p.siteOf(l)
		if !ok {
			continue
		}
		k := key{site: s.ID}
		if c := p.cell(l, "date"); c.text != "" {
			if k.on, ok = c.day(); !ok {
				continue
			}
		}
		if first, twice := seen[k]; twice {
			p.wrong(l, "site", "duplicate", "text", s.Code, "first", first)
			continue
		}
		seen[k] = l.at.Line
		if k.on == (agenda.Date{}) {
			p.planWeek(l, s)
		} else {
			p.planDate(l, s, k.on)
		}
	}
}

func (p *planning) planWeek(l *line, s *site.Site) {
	before, now := len(p.outcome.Faults), *s
	c := p.cell(l, "hours")
	if c.opening(&now.Hours); c.text == "" {
		given := false
		for _, day := range weekColumns {
			given = given || p.cell(l, day[0]).text != ""
		}
		if !given {
			c.wrong("empty")
		}
		p.week(l, &now.Hours)
	}
	if len(p.outcome.Faults) > before {
		return
	}
	var fields []FieldChange
	if !s.Hours.Equal(now.Hours) {
		fields = []FieldChange{{"hours", s.Hours.String(), now.Hours.String()}}
	}
	if p.found(l, s.Code, false, fields) {
		p.batch.Sites = append(p.batch.Sites, now)
		p.opensOtherwise(l, s.Code, s, now.Hours, s.Exceptions)
	}
}

// opensOtherwise lists the bookings that the site would no longer be open for.
func (p *planning) opensOtherwise(l *line, key string, s *site.Site, hours agenda.Hours, exceptions map[agenda.Date][]agenda.Span) {
	was := p.net.Opening(s.ID)
	now := &agenda.Opening{Hours: hours, Patron: was.Patron, Zone: was.Zone, Exceptions: exceptions}
	p.listsIf(s.ID, l, key, func(part *reserve.Part) bool {
		cells, err := agenda.Cells(part.From, part.To)
		return err == nil && was.Contains(cells) && !now.Contains(cells)
	})
}

func (p *planning) planDate(l *line, s *site.Site, on agenda.Date) {
	c := p.cell(l, "hours")
	old, there := s.Exceptions[on]
	e := site.Exception{Site: s.ID, On: on}
	if word := strings.ToLower(c.text); word == usual || word == "normale" || word == "solito" {
		e.Usual = true
	} else {
		var ok bool
		if e.Spans, ok = c.onDate(); !ok {
			return
		}
	}
	before, after := spansText(old, there), spansText(e.Spans, !e.Usual)
	var fields []FieldChange
	if before != after {
		fields = []FieldChange{{"hours", before, after}}
	}
	if p.found(l, s.Code+" "+on.String(), !there && !e.Usual, fields) {
		p.batch.Exceptions = append(p.batch.Exceptions, e)
		days := map[agenda.Date][]agenda.Span{}
		if !e.Usual {
			days[on] = e.Spans
		}
		p.opensOtherwise(l, s.Code+" "+on.String(), s, s.Hours, days)
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
