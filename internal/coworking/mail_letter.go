package coworking

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/notify"
	"polis/internal/platform/i18n"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
	"polis/internal/reserve"
	"polis/internal/site"
)

// letter is a mail about a booking as it is written.
type letter struct {
	notify.Letter
	to      identity.Person
	booking Booking
	facts   mailFacts

	calendars []mail.Calendar
}

// address fills in what all letters have: the booking, and who sends them.
func (s *Service) address(l *letter) {
	told := map[string]bool{} // houses, each once
	for _, p := range l.booking.Places {
		v := notify.Part{Title: p.Site.Name, Href: s.issuer + spacePath(p.Site, nil), Facts: []web.Fact{
			{Name: l.T("coworking.fact.when"), Value: l.when(p)},
			{Name: l.T("coworking.kind." + string(p.Kind)), Value: names(l.Printer, namesOf(p))},
			{Name: l.T("coworking.fact.where"), Value: p.Site.Address + ", " + p.Where},
		}}
		if !told[p.Site.ID] {
			v.Facts = append(v.Facts, l.reach(p.Site)...)
			told[p.Site.ID] = true
		}
		l.Parts = append(l.Parts, v)
	}
	if ref := reserve.Reference(l.booking.ID); ref != "" {
		l.Parts = append(l.Parts, notify.Part{Facts: []web.Fact{{Name: l.T("coworking.reference"), Value: ref}}})
	}
	l.Footer = []string{l.T("mail.footer.who", "name", l.Look.Called(), "address", s.issuer), l.T("mail.footer.why")}
}

// reach is how to find a house and how to call it.
func (l *letter) reach(st *site.Site) (facts []web.Fact) {
	if way := st.Profile.Directions.In(string(l.Lang)); way != "" {
		facts = append(facts, web.Fact{Name: l.T("mail.fact.way"), Value: way})
	}
	if phone := st.Profile.Phone; phone != "" {
		facts = append(facts, web.Fact{Name: l.T("mail.fact.phone"), Value: phone})
	}
	return facts
}

// stands tells whether the booking is as the letter tells and still to come or
// going on without somebody having come.
func (l *letter) stands(now time.Time) bool {
	return l.booking.Rev == l.facts.Rev && standing(l.booking.Booking, now) == reserve.Confirmed
}

// when is the time of a part on the clocks of its house.
func (l *letter) when(p PlacePart) string {
	text := l.span(p.From.In(p.Zone), p.To.In(p.Zone))
	if name := p.Zone.String(); name != i18n.Rome.String() {
		text += " (" + l.T("mail.local-time", "zone", strings.ReplaceAll(name[strings.LastIndexByte(name, '/')+1:], "_", " ")) + ")"
	}
	return text
}

// span is a time as it stands in one line: the day once, where it is one.
func (l *letter) span(from, to time.Time) string {
	if agenda.DateOf(from) == agenda.DateOf(to.Add(-time.Minute)) {
		return l.Date(from) + ", " + l.Time(from) + "–" + endTime(l.Printer, to)
	}
	return l.Span(from, to)
}

// gist is where and when, for the subject.
func (l *letter) gist() string {
	list := l.booking.Places
	var sites []string
	oneSpan := true
	for _, p := range list {
		if !slices.Contains(sites, p.Site.Name) {
			sites = append(sites, p.Site.Name)
		}
		oneSpan = oneSpan && p.From.Equal(list[0].From) && p.To.Equal(list[0].To) && p.Zone == list[0].Zone
	}
	where, when := sites[0], l.span(list[0].From.In(list[0].Zone), list[0].To.In(list[0].Zone))
	if n := len(sites) - 1; n > 0 {
		where = l.T("mail.sites", "site", sites[0], "count", n)
	}
	if !oneSpan {
		first := slices.MinFunc(list, func(a, b PlacePart) int { return a.From.Compare(b.From) })
		last := slices.MaxFunc(list, func(a, b PlacePart) int { return a.To.Compare(b.To) })
		when = l.Date(first.From.In(first.Zone))
		if end := l.Date(last.To.Add(-time.Minute).In(last.Zone)); end != when {
			when += " – " + end
		}
	}
	return where + ", " + when
}

// before is the time that a booking had before it changed, where it was one
// and is another now.
func (l *letter) before() string {
	was, now := l.facts.Was, l.booking.Places[0]
	if len(was) == 0 || slices.ContainsFunc(was, func(w reserve.Was) bool { return w.From != was[0].From || w.To != was[0].To }) {
		return ""
	}
	text := l.span(time.Unix(was[0].From, 0).In(now.Zone), time.Unix(was[0].To, 0).In(now.Zone))
	if text == l.span(now.From.In(now.Zone), now.To.In(now.Zone)) {
		return ""
	}
	return text
}

// formerParts are the parts that a booking had before any change that somebody
// was or would have been told of, with their last times.
func formerParts(told []notify.Sent) map[int]reserve.Was {
	out := map[int]reserve.Was{}
	for _, m := range told {
		var f mailFacts
		if json.Unmarshal([]byte(m.Data), &f) != nil {
			continue // another's, about the same booking
		}
		for _, w := range f.Was {
			out[w.Part] = w
		}
	}
	return out
}

// message lays a letter out.
func (l *letter) message() (mail.Message, error) {
	m, err := l.Message()
	m.Calendars = l.calendars
	return m, err
}

// fileName is that of the i-th calendar file of a mail.
func fileName(i int) string {
	if i == 0 {
		return "polis.ics"
	}
	return "polis-" + strconv.Itoa(i+1) + ".ics"
}
