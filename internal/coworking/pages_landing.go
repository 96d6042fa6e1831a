package coworking

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// landing is what the page of the search shows to who has not asked anything:
// where the houses are, some of them, and what is free now.
type landing struct {
	Map     *web.Map
	Regions []regionCount
	Open    string // "40 spazi aperti, 210 in arrivo"
	Gallery []spaceCard
	Coming  []spaceCard
	Now     string // when the free places were counted
}

// regionCount is how many houses a region has.
type regionCount struct {
	Name, Href, Text string
	Open, Coming     int
	lat, lon         float64
}

// How many houses the gallery shows.
const (
	galleryOpen   = 6
	galleryComing = 3
)

func (h *pages) landing(r *http.Request, p *i18n.Printer) (*landing, error) {
	now, err := h.FreeNow(r.Context(), actor(r))
	if err != nil {
		return nil, err
	}
	net := h.live.Network()
	out := &landing{Now: p.T("coworking.landing.now", "time", p.DateTime(h.clock.Now()))}
	var houses, coming []*site.Site
	regions := map[string]*regionCount{}
	for _, hit := range net.Sites(site.Filter{Kind: site.Space}) {
		m, ok := net.Territory().ByISTAT(hit.Site.Municipality)
		if !ok {
			continue
		}
		c := regions[m.Region]
		if c == nil {
			c = &regionCount{Name: m.Region, Href: "/spazi?" + url.Values{"regione": {m.Region}}.Encode()}
			c.lat, c.lon, _ = net.Territory().Middle("", m.Region)
			regions[m.Region] = c
		}
		if hit.Site.State == site.Open {
			c.Open++
			houses = append(houses, hit.Site)
		} else {
			c.Coming++
			coming = append(coming, hit.Site)
		}
	}
	out.Open = p.T("coworking.landing.open", "count", len(houses))
	for _, c := range regions {
		c.Text = p.T("coworking.landing.open", "count", c.Open)
		if c.Coming > 0 {
			c.Text = p.T("coworking.landing.and", "one", c.Text, "other", p.T("coworking.landing.coming", "count", c.Coming))
		}
		out.Regions = append(out.Regions, *c)
	}
	slices.SortFunc(out.Regions, func(a, b regionCount) int { return cmp.Or(b.Open-a.Open, cmp.Compare(a.Name, b.Name)) })
	out.Map = h.countryMap(p, out.Regions)
	slices.SortFunc(out.Regions, func(a, b regionCount) int { return cmp.Compare(a.Name, b.Name) })

	q := Query{From: now.From, To: now.To, Kind: site.Desk}
	for _, st := range h.chosen(houses, galleryOpen, now) {
		c := h.card(p, net, st, 0, q, nil)
		c.States, c.Facts = []web.State{h.nowState(p, net, st, actor(r).Groups, now)}, c.Facts[:2]
		c.Go, c.Mark = p.T("coworking.landing.see"), ""
		out.Gallery = append(out.Gallery, c)
	}
	for _, st := range h.chosen(coming, galleryComing, now) {
		c := h.card(p, net, st, 0, q, nil)
		c.States, c.Mark = []web.State{siteState(p, st)}, ""
		out.Coming = append(out.Coming, c)
	}
	return out, nil
}

// chosen are a few houses, of different regions where there are as many: those
// with pictures and with most places free now, or soonest to open, come first.
func (h *pages) chosen(houses []*site.Site, n int, now Now) (out []*site.Site) {
	slices.SortStableFunc(houses, func(a, b *site.Site) int {
		return cmp.Or(
			min(len(b.Photos), 1)-min(len(a.Photos), 1),
			now.At[b.ID]-now.At[a.ID],
			cmp.Compare(cmp.Or(a.OpensOn, "9"), cmp.Or(b.OpensOn, "9")),
		)
	})
	terr, seen := h.live.Network().Territory(), map[string]bool{}
	for _, again := range []bool{false, true} {
		for _, st := range houses {
			m, _ := terr.ByISTAT(st.Municipality)
			if len(out) < n && (again || !seen[m.Region]) && !slices.Contains(out, st) {
				seen[m.Region] = true
				out = append(out, st)
			}
		}
	}
	return out
}

// nowState is what somebody finds who walks into a house now.
func (h *pages) nowState(p *i18n.Printer, net *site.Network, st *site.Site, groups []string, now Now) web.State {
	if !site.Admits(st.Groups, groups) {
		return web.State{Kind: "closed", Text: p.T("coworking.landing.reserved")}
	}
	if n := now.At[st.ID]; n > 0 {
		return web.State{Kind: "free", Text: p.T("coworking.landing.free", "count", n)}
	}
	at := h.clock.Now()
	for _, i := range net.Opening(st.ID).On(dayOf(at, net.Zone(st))) {
		if !at.Before(i.From) && at.Before(i.To) {
			return web.State{Kind: "taken", Text: p.T("coworking.landing.full")}
		}
	}
	return web.State{Kind: "closed", Text: p.T("coworking.landing.closed")}
}
