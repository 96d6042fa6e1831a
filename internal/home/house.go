package home

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// HousePath is the page of a house.
func HousePath(code string) string { return "/sedi/" + url.PathEscape(code) }

// housePage is what there is to know of a house, an office or a space.
type housePage struct {
	web.Head
	Kind       string
	State      web.State
	StateText  string // since when, or when it opens
	Demo       bool
	Week       []site.DayHours
	Closed     []string
	Facts      []web.Fact
	Directions []string // paragraphs
	Space      string   // href of its page to book, for a space
	Report     string   // href
}

func (housePage) Template() string { return "home/house" }

const (
	lookAhead  = 60 // days in which closed days are told
	mostClosed = 6
)

func (h *pages) house(w http.ResponseWriter, r *http.Request) error {
	p, net := h.ui.Printer(r), h.live.Network()
	st, err := net.ByCode(r.PathValue("code"))
	if err != nil {
		return err
	}
	page := housePage{
		Head: web.Head{
			Title: st.Name, Description: st.Address + ", " + net.Place(st),
			Crumbs: []web.Link{{Href: "/sedi", Text: p.T("home.houses.title")}},
		},
		Kind: p.T(st.Kind.Label()), Demo: st.Generated,
		State:  web.State{Kind: stateKind[st.State], Text: p.T("home.state." + string(st.State))},
		Week:   site.WeekInWords(p, st.Hours),
		Report: "/segnala?" + url.Values{"sede": {st.Code}}.Encode(),
	}
	opens, since := civil(p, st.OpensOn), civil(p, st.StateSince)
	switch {
	case st.State != site.Open && opens != "":
		page.StateText = p.T("home.house.opens", "day", opens)
	case since != "":
		page.StateText = p.T("home.house.since", "day", since)
	}
	if st.Kind == site.Space {
		page.Space = "/spazi/" + url.PathEscape(st.Code)
	}
	if st.State == site.Open {
		if page.Closed, err = h.closed(r, p, net, st); err != nil {
			return err
		}
	}
	page.Facts = houseFacts(p, net, st)
	for part := range strings.SplitSeq(st.Profile.Directions.In(string(p.Lang)), "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			page.Directions = append(page.Directions, part)
		}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// civil is a civil date in words; "" for none.
func civil(p *i18n.Printer, date string) string {
	day, err := agenda.ParseDate(date)
	if err != nil {
		return ""
	}
	return p.DateShort(time.Date(day.Year, day.Month, day.Day, 12, 0, 0, 0, p.Zone))
}

// closed tells the coming closures, then the days on which the house is closed
// though its week says otherwise.
func (h *pages) closed(r *http.Request, p *i18n.Printer, net *site.Network, st *site.Site) (list []string, err error) {
	zone := net.Zone(st)
	today := agenda.DateOf(h.clock.Now().In(zone))
	last := today.AddDays(lookAhead)
	closures, err := h.Closures(r.Context(), st.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range closures {
		if from := c.Starts.In(zone); agenda.DateOf(from).Before(last) && len(list) < mostClosed {
			list = append(list, site.ClosureInWords(p, from, c.Ends.In(zone), c.Reason))
		}
	}
	return append(list, net.ClosedInWords(p, st, today, last, mostClosed-len(list))...), nil
}

// houseFacts are where a house is and how it is reached.
func houseFacts(p *i18n.Printer, net *site.Network, st *site.Site) []web.Fact {
	list := []web.Fact{
		{Name: p.T("home.houses.address"), Value: st.Address},
		{Name: p.T("home.houses.municipality"), Value: net.Place(st)},
	}
	if number := st.Profile.Phone; number != "" {
		list = append(list, phone(p, number))
	}
	if email := st.Profile.Email; email != "" {
		list = append(list, web.Fact{Name: p.T("home.owner.email"), Value: email, Href: "mailto:" + email})
	}
	list = append(list, site.AccessInWords(p, st)...)
	if st.Lat != 0 || st.Lon != 0 {
		list = append(list, web.Fact{Name: p.T("home.house.point"), Value: fmt.Sprintf("%.5f, %.5f", st.Lat, st.Lon)})
	}
	if n := workPlaces(net, st); n > 0 {
		list = append(list, web.Fact{Name: p.T("home.houses.places"), Value: p.Number(n)})
	}
	return list
}
