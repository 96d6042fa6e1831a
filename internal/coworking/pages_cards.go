package coworking

import (
	"hash/fnv"
	"net/url"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/blob"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// spaceCard is a house in a list.
type spaceCard struct {
	web.Card
	Go     string // text that invites to go on
	Number string // on the map; may be empty
	Mark   string // id of its mark there; empty where it has none
	Photo  *picture
	Tone   int      // of the drawing where there is no photo, from 0 to 3
	Has    []string // what matters to who has difficulty getting there
	site   *site.Site
}

// picture is a photo, as a list shows it.
type picture struct{ Href, Alt string }

// card is a house with what one wants to know before going.
func (h *pages) card(p *i18n.Printer, net *site.Network, st *site.Site, km float64, q Query, times url.Values) spaceCard {
	c := spaceCard{Card: web.Card{Title: st.Name, Kicker: net.Place(st), Href: spacePath(st, times)}, Mark: "m-" + st.Code, Tone: toneOf(st), site: st}
	if q.Where.Near != nil {
		c.Kicker = p.T("coworking.search.away", "place", net.Place(st), "distance", p.Distance(km))
	}
	if len(st.Photos) > 0 {
		c.Photo = &picture{blob.Path + st.Photos[0].Thumb, st.Photos[0].Alt.In(string(p.Lang))}
	}
	day := agenda.DateOf(q.From.In(net.Zone(st)))
	c.Facts = []web.Fact{{Name: p.T("coworking.fact.address"), Value: st.Address, Icon: "it-pin"}}
	if st.State == site.Open {
		c.Facts = append(c.Facts, web.Fact{Name: h.hoursLabel(p, net, st, day), Value: hoursOn(p, net.Opening(st.ID), day), Icon: "it-clock"})
	}
	if day := opensOn(p, st); day != "" {
		c.Facts = append(c.Facts, web.Fact{Name: p.T("coworking.fact.opens"), Value: day, Icon: "it-calendar"})
	}
	if st.Size != "" {
		c.Facts = append(c.Facts, web.Fact{Name: p.T("coworking.fact.size"), Value: p.T("coworking.size." + string(st.Size)), Icon: "it-fullscreen"})
	}
	if st.Profile.StepFree == site.Yes {
		c.Has = append(c.Has, p.T("coworking.need.step-free"))
	}
	if st.Profile.AccessibleToilet == site.Yes {
		c.Has = append(c.Has, p.T("coworking.need.toilet"))
	}
	return c
}

// toneOf chooses the drawing of a house without photos, always the same.
func toneOf(st *site.Site) int {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(st.Code)) // a sum takes everything
	return int(sum.Sum32() % 4)
}

// hoursLabel says of which day hours are.
func (h *pages) hoursLabel(p *i18n.Printer, net *site.Network, st *site.Site, day agenda.Date) string {
	if day == agenda.DateOf(h.clock.Now().In(net.Zone(st))) {
		return p.T("coworking.fact.today")
	}
	return p.T("coworking.fact.hours-on", "day", p.Weekday(day.Weekday()))
}

// hoursOn are the hours of a house on a day: "08:00–20:00".
func hoursOn(p *i18n.Printer, o *agenda.Opening, day agenda.Date) string {
	var parts []string
	for _, i := range o.On(day) {
		if i.Elapsed() >= 23*time.Hour {
			return p.T("site.hours.all-day")
		}
		parts = append(parts, i.From.Format("15:04")+"–"+i.To.Format("15:04"))
	}
	if len(parts) == 0 {
		return p.T("site.hours.closed")
	}
	return strings.Join(parts, ", ")
}

// siteState is how far a house is that cannot be used yet, or now.
func siteState(p *i18n.Printer, st *site.Site) web.State {
	s := web.State{Kind: "works", Text: p.T("coworking.state." + string(st.State))}
	switch st.State {
	case site.Open:
		s.Kind = "free"
	case site.Suspended:
		s.Kind = "closed"
	case site.Planned:
		s.Kind = "pending"
	}
	return s
}

// opensOn is when a house that is not open yet is expected to open; empty where
// nobody has said so.
func opensOn(p *i18n.Printer, st *site.Site) string {
	day, err := agenda.ParseDate(st.OpensOn)
	if err != nil || st.State == site.Open {
		return ""
	}
	return p.DateShort(noonOf(day))
}

// noonOf is a civil day as an instant that falls on it in Italy.
func noonOf(d agenda.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, i18n.Rome)
}

// dayOf is the civil day of an instant in a zone.
func dayOf(t time.Time, zone *time.Location) agenda.Date { return agenda.DateOf(t.In(zone)) }
