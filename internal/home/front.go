package home

import (
	"context"
	"net/http"

	"polis/internal/platform/web"
	"polis/internal/site"
	"polis/internal/territory"
)

// Front is what the rooms of the house bring to its first page.
type Front struct {
	Doors []web.Door // of the rooms that there are, mostDoors at most
	// FreeNow counts the places free now, and says where they are found; nil
	// without such a figure.
	FreeNow func(context.Context) (places int, href string, err error)
}

// mostDoors is how many doors the first page has: more are a list to read.
const mostDoors = 4

// Door leads to the list of the houses.
var Door = web.Door{Href: "/sedi", Icon: "it-pa", Title: "home.front.door-houses", Text: "home.front.door-houses-text"}

// counts are the figures of the first page.
type counts struct {
	net             *site.Network
	spaces, offices int  // open houses
	places          int  // desks and meeting seats of the open spaces
	madeUp          bool // the houses are those of a demonstration
	dots            []web.Place
}

// count counts the rows of the network, once for each network.
func (h *pages) count() *counts {
	net := h.live.Network()
	if c := h.counts.Load(); c != nil && c.net == net {
		return c
	}
	c := &counts{net: net}
	for _, hit := range net.Sites(site.Filter{State: site.Open}) {
		c.madeUp = c.madeUp || hit.Site.Generated
		if hit.Site.Kind == site.Office {
			c.offices++
			continue
		}
		c.spaces++
		c.places += workPlaces(net, hit.Site)
		c.dots = append(c.dots, web.Place{Lat: hit.Site.Lat, Lon: hit.Site.Lon, Kind: "dot", Radius: 4})
	}
	h.counts.Store(c)
	return c
}

// workPlaces are the desks and the meeting seats of a house.
func workPlaces(net *site.Network, st *site.Site) (n int) {
	for _, kind := range []site.ResourceKind{site.Desk, site.Meeting} {
		for _, r := range net.OfKind(st.ID, kind) {
			if r.Active {
				n += r.Seats
			}
		}
	}
	return n
}

// first is the first page.
type first struct {
	web.Head
	Doors   []web.Door // with their words
	Figures []figure
	Counted string // when the figures were counted
	Demo    bool
	Map     *web.Map
}

func (first) Template() string { return "home/front" }

// figure is a number that leads to the rows behind it.
type figure struct{ Number, Text, Href string }

func (h *pages) first(w http.ResponseWriter, r *http.Request) error {
	p, c := h.ui.Printer(r), h.count()
	page := first{
		Head:    web.Head{Description: p.T("home.front.description"), Title: p.T("home.front.title")},
		Counted: p.T("home.front.counted", "time", p.DateTime(h.clock.Now())), Demo: c.madeUp,
		Map: web.NewMap(p, web.MapOptions{
			Label: p.T("home.front.map", "count", c.spaces), Box: territory.Italy, Width: 340, Height: 450, Places: c.dots, Plain: true,
		}),
	}
	for _, d := range h.front.Doors[:min(len(h.front.Doors), mostDoors)] {
		d.Title, d.Text = p.T(d.Title), p.T(d.Text)
		page.Doors = append(page.Doors, d)
	}
	add := func(key string, n int, href string) {
		page.Figures = append(page.Figures, figure{p.Number(n), p.T(key, "count", n), href})
	}
	add("home.front.spaces", c.spaces, "/sedi?tipo=space&stato=open")
	add("home.front.places", c.places, "/sedi?tipo=space&stato=open")
	if h.front.FreeNow != nil {
		n, href, err := h.front.FreeNow(r.Context())
		if err != nil {
			return err
		}
		add("home.front.free", n, href)
	}
	add("home.front.offices", c.offices, "/sedi?tipo=office&stato=open")
	return h.ui.Render(w, r, http.StatusOK, page)
}
