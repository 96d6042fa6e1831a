package coworking

import (
	"strconv"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/site"
	"polis/internal/territory"
)

// Sizes of the maps, in pixels of a wide window.
const (
	mapWidth      = 440
	mapHeight     = 500
	countryHeight = 580
	mostTowns     = 30  // that a map tries to name
	leastKm       = 6.0 // a map shows at least so far around its places
)

// resultMap shows where the houses of a list are: those of this page with their
// numbers, the others small; besides are those without free places.
func (h *pages) resultMap(p *i18n.Printer, page *searchPage, found Found, q Query, besides []site.Hit) *web.Map {
	o := web.MapOptions{Width: mapWidth, Height: mapHeight}
	box, whole := h.mapBox(found, q, besides)
	if whole {
		o.Height = countryHeight
	}
	numbered := map[*site.Site]string{}
	for _, c := range page.Cards {
		numbered[c.site] = c.Number
		o.Places = append(o.Places, web.Place{
			Lat: c.site.Lat, Lon: c.site.Lon, Kind: "free", ID: c.Mark, Href: c.Href, Mark: c.Number,
			Title: p.T("coworking.map.place", "number", c.Number, "site", c.Title, "state", c.States[0].Text),
		})
	}
	if len(page.Cards) == 0 && len(besides) == 0 {
		return nil
	}
	for _, list := range [][]spaceCard{page.Full, page.Coming} {
		for _, c := range list {
			o.Places = append(o.Places, web.Place{
				Lat: c.site.Lat, Lon: c.site.Lon, Kind: c.States[0].Kind, ID: c.Mark, Href: c.Href, Title: c.Title + ": " + c.States[0].Text,
			})
		}
	}
	for _, hit := range found.Hits {
		if numbered[hit.Site] == "" {
			o.Places = append(o.Places, web.Place{
				Lat: hit.Site.Lat, Lon: hit.Site.Lon, Kind: "free", Href: spacePath(hit.Site, nil), Title: hit.Site.Name,
			})
		}
	}
	if near := q.Where.Near; near != nil {
		o.Around, o.Km = &web.Place{Lat: near.Lat, Lon: near.Lon}, q.Where.RadiusKm
	}
	o.Label = p.T("coworking.map.label", "count", len(found.Hits), "place", page.Near)
	if page.Near == "" {
		o.Label = p.T("coworking.map.label", "count", len(found.Hits), "place", p.T("coworking.search.whole-country"))
	}
	h.draw(&o, box, whole)
	return web.NewMap(p, o)
}

// draw gives a map its window and the towns to name.
func (h *pages) draw(o *web.MapOptions, box territory.Box, whole bool) {
	o.Box = box
	if !whole {
		seen := territory.Project(box, float64(o.Width), float64(o.Height)).Box()
		o.Towns = h.live.Network().Territory().Largest(seen, mostTowns)
	}
}

// mapBox is what a map must show: all that was found, with the point searched
// around, or the province or the region; else the whole country.
func (h *pages) mapBox(found Found, q Query, besides []site.Hit) (box territory.Box, whole bool) {
	near := q.Where.Near
	if near == nil {
		if box, ok := h.live.Network().Territory().Extent(q.Where.Province, q.Where.Region); ok {
			return grown(box), false
		}
		return territory.Italy, true
	}
	box = territory.Around(near.Lat, near.Lon, leastKm)
	for i, hit := range found.Hits {
		if i < perPage || q.Where.RadiusKm > 0 {
			box = box.With(hit.Site.Lat, hit.Site.Lon)
		}
	}
	for _, hit := range besides {
		if q.Where.RadiusKm > 0 || len(found.Hits) == 0 {
			box = box.With(hit.Site.Lat, hit.Site.Lon)
		}
	}
	return grown(box), false
}

// grown is a box with an edge, so that no mark stands on the frame.
func grown(b territory.Box) territory.Box {
	dLat, dLon := (b.North-b.South)*0.08+0.01, (b.East-b.West)*0.08+0.01
	return territory.Box{South: b.South - dLat, West: b.West - dLon, North: b.North + dLat, East: b.East + dLon}
}

// countryMap shows how many houses each region has.
func (h *pages) countryMap(p *i18n.Printer, regions []regionCount) *web.Map {
	o := web.MapOptions{Width: mapWidth, Height: countryHeight, Label: p.T("coworking.map.regions")}
	for _, r := range regions {
		pl := web.Place{
			Lat: r.lat, Lon: r.lon, Kind: "count", Href: r.Href, Mark: strconv.Itoa(r.Open),
			Title: r.Name + ": " + r.Text, Radius: 13,
		}
		switch {
		case r.Open == 0:
			pl.Kind, pl.Mark = "works", strconv.Itoa(r.Coming)
		case r.Open >= 10:
			pl.Radius = 18
		case r.Open >= 5:
			pl.Radius = 15
		}
		o.Places = append(o.Places, pl)
	}
	h.draw(&o, territory.Italy, true)
	return web.NewMap(p, o)
}
