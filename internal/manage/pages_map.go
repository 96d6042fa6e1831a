package manage

import (
	"net/url"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/site"
	"polis/internal/territory"
)

// Sizes of the map, and how many houses it shows one by one; of more it shows
// how many there are in each region, and one by one only those that are not
// open.
const (
	mapWidth  = 440
	mapHeight = 560
	mostMarks = 300
	mostTowns = 30
)

// markKind is how a state is drawn on the map: each by another shape.
var markKind = map[site.State]string{
	site.Open: "free", site.Testing: "mine", site.Works: "works", site.Planned: "pending", site.Suspended: "closed",
}

// networkMap shows where the houses found are.
func networkMap(p *i18n.Printer, roll *roll, q url.Values, rows []HouseRow) (*web.Map, string) {
	if len(rows) > mostMarks {
		return regionMap(p, roll, q, rows), p.T("manage.map.regions-note", "most", mostMarks)
	}
	o := web.MapOptions{
		Width: mapWidth, Height: mapHeight, Box: territory.Italy,
		Label: p.T("manage.map.label", "count", len(rows)),
	}
	var box territory.Box
	seen := map[site.State]bool{}
	for i, row := range rows {
		st := row.Site
		if seen[st.State] = true; i == 0 {
			box = territory.Around(st.Lat, st.Lon, 20)
		}
		box = box.With(st.Lat, st.Lon)
		o.Places = append(o.Places, houseMark(p, row))
	}
	if box.North-box.South < 6 {
		dLat, dLon := (box.North-box.South)*0.08+0.01, (box.East-box.West)*0.08+0.01
		o.Box = territory.Box{South: box.South - dLat, West: box.West - dLon, North: box.North + dLat, East: box.East + dLon}
		o.Towns = roll.net.Territory().Largest(territory.Project(o.Box, mapWidth, mapHeight).Box(), mostTowns)
	}
	m := web.NewMap(p, o)
	m.Legend = legend(p, seen)
	return m, ""
}

// houseMark is a house on the map, by its state.
func houseMark(p *i18n.Printer, row HouseRow) web.Place {
	st := row.Site
	return web.Place{
		Lat: st.Lat, Lon: st.Lon, Kind: markKind[st.State], Href: housePath(st.Code),
		Title: p.T("manage.map.house", "house", st.Name, "place", row.Place, "state", p.T(st.State.Label())),
	}
}

// legend explains the states that a map shows.
func legend(p *i18n.Printer, seen map[site.State]bool) (list []web.State) {
	for _, s := range states {
		if seen[s] {
			list = append(list, web.State{Kind: markKind[s], Text: p.T(s.Label())})
		}
	}
	return list
}

// regionMap shows how many of the houses found each region has, and where those
// are that are not open.
func regionMap(p *i18n.Printer, roll *roll, q url.Values, rows []HouseRow) *web.Map {
	count := map[string]int{}
	for _, row := range rows {
		count[roll.byID[row.Site.ID].region]++
	}
	o := web.MapOptions{Width: mapWidth, Height: mapHeight, Box: territory.Italy, Label: p.T("manage.map.regions-label", "count", len(rows))}
	for _, name := range roll.regions() {
		n := count[name]
		lat, lon, ok := roll.net.Territory().Middle("", name)
		if n == 0 || !ok {
			continue
		}
		place := web.Place{
			Lat: lat, Lon: lon, Kind: "count", Mark: p.Number(n), Radius: 15,
			Title: p.T("manage.map.region", "region", name, "count", n), Href: withQuery(Root, cloneWithout(q, web.PageField, "provincia"), "regione", name),
		}
		if n >= 500 {
			place.Radius = 20
		} else if n >= 100 {
			place.Radius = 17
		}
		o.Places = append(o.Places, place)
	}
	var closed []web.Place
	seen := map[site.State]bool{}
	for _, row := range rows {
		if row.Site.State != site.Open {
			closed = append(closed, houseMark(p, row))
			seen[row.Site.State] = true
		}
	}
	if len(closed) > mostMarks {
		closed, seen = nil, nil
	}
	o.Places = append(o.Places, closed...)
	m := web.NewMap(p, o)
	m.Legend = append([]web.State{{Kind: "count", Text: p.T("manage.map.count")}}, legend(p, seen)...)
	return m
}

func cloneWithout(q url.Values, names ...string) url.Values {
	q = cloneQuery(q)
	for _, name := range names {
		q.Del(name)
	}
	return q
}

// civilShort is a civil date as kept in a table, in words; "" where there is
// none.
func civilShort(p *i18n.Printer, date string) string {
	d, err := agenda.ParseDate(date)
	if err != nil {
		return ""
	}
	return p.DateShort(time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, p.Zone))
}
