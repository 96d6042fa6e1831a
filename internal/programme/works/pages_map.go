package works

import (
	"net/http"
	"slices"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/programme"
	"polis/internal/territory"
)

// mapPage shows where the houses are and how far, and the same as tables.
type mapPage struct {
	web.Head
	Form *form.Form
	choices
	Made    string
	Where   string   // the region or the province; "" for the country
	Up      web.Link // out of it
	Follow  string   // href
	Figures []figure
	List    string // href of the same houses as a list
	Shown   string // what the map shows, in words
	Picture string // href; empty where Map is on show
	Frames  []frame
	Fixed   map[string]string // what the map sends besides the point
	Minis   []mini
	Map     *web.Map
	Tables  []table
	Notice  *web.Alert
	Empty   *web.Empty
}

func (mapPage) Template() string { return "works/map" }

// frame is a size in which the picture is shown: who points at it sends pixels of
// that size.
type frame struct{ Width, Height int }

// The widths of the picture, from the narrowest window on, of which polis.css
// shows one; the last is that in which it is drawn. Those of the legend are
// small. All are of one shape, so that one picture serves for all.
var widths = []int{270, 342, 570}

const small = 150

// view is the part of the country that pictures show, and their height for each
// hundred of their width.
type view struct {
	box    territory.Box
	height int
}

func (v view) frame(width int) frame { return frame{width, width * v.height / 100} }

var country = view{territory.Italy, 133}

// view is that of what is asked for: a region, or the country.
func (r *roll) view(a asked) view {
	box, ok := r.net.Territory().Extent("", a.Region)
	if a.Region == "" || !ok {
		return country
	}
	box = wider(box)
	at := territory.Project(box, 1000, 1000)
	left, top := at.XY(box.North, box.West)
	right, bottom := at.XY(box.South, box.East)
	return view{box, max(60, min(140, int(100*(bottom-top)/(right-left))))}
}

// mini is a map of one stage alone: the legend.
type mini struct {
	Href, Picture, Kind, Text, Number string
	Size                              frame
	Current                           bool
}

// mapPage is the map of the country, of a region or of a province.
func (h *pages) mapPage(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	roll, err := h.roll(r.Context())
	if err != nil {
		return err
	}
	a, err := ask(w, r, roll)
	if err != nil {
		return err
	}
	if a.Words != "" && a.form.Err() == nil { // who names a house wants it, not a map
		return web.Redirect(w, r, a.at(Root))
	}
	page := mapPage{
		Head: programme.PageHead(p, programme.MapPath, p.T("works.map.title")),
		Form: a.form, choices: roll.choices(p, a), Made: p.T("works.map.made", "day", short(p, roll.day)), List: a.at(Root),
	}
	if a.form.Err() != nil {
		return h.ui.Render(w, r, a.form.Status(), page)
	}
	whole := a.Wanted
	whole.Stage, whole.Late = "", false
	all, found := roll.find(whole), roll.find(a.Wanted)
	page.place(p, roll, a, h.links)
	if len(all) == 0 {
		page.Empty = &web.Empty{Title: p.T("works.list.none"), Text: p.T("works.list.none-text"), Links: []web.Link{{Href: MapPath, Text: p.T("works.map.all")}}}
		return h.ui.Render(w, r, http.StatusOK, page)
	}
	if r.URL.Query().Has("mancato") {
		page.Notice = &web.Alert{Tone: web.Info, Text: p.T("works.map.missed")}
	}
	tally := count(all)
	page.Figures = a.figures(p, tally)
	page.Shown = p.T("works.map.shown", "count", len(found))
	page.legend(p, roll, a, tally)
	if a.Province != "" {
		page.Map = provinceMap(p, roll, found, all)
	} else {
		page.Picture = a.picture(roll, "", "")
		for _, width := range widths {
			page.Frames = append(page.Frames, roll.view(a).frame(width))
		}
		page.Fixed = map[string]string{}
		for _, name := range []string{"regione", "tipo", "stato", "ritardo", "area", "dimensione", "verificate"} {
			if v := a.q.Get(name); v != "" {
				page.Fixed[name] = v
			}
		}
	}
	page.Tables = roll.tables(p, a, all)
	return h.ui.Render(w, r, http.StatusOK, page)
}

// place says what part of the country the page shows, and how it is followed.
func (page *mapPage) place(p *i18n.Printer, roll *roll, a asked, links Links) {
	switch {
	case a.Province != "":
		pr, _ := roll.net.Territory().Province(a.Province)
		page.Where, page.Up = pr.Name, web.Link{Href: a.at(MapPath, "provincia", "", "regione", a.Region), Text: a.Region}
		page.Follow = links.follow(p, &page.Head, OfProvince, a.Province, pr.Name)
	case a.Region != "":
		page.Where, page.Up = a.Region, web.Link{Href: a.at(MapPath, "regione", ""), Text: p.T("works.map.country")}
		page.Follow = links.follow(p, &page.Head, OfRegion, a.Region, a.Region)
	default:
		return
	}
	page.Title = p.T("works.map.title-of", "place", page.Where)
	page.Crumbs = append(page.Crumbs, web.Link{Href: MapPath, Text: p.T("works.map.title")})
	if a.Province != "" {
		page.Crumbs = append(page.Crumbs, page.Up)
	}
}

// lateOnly stands for the houses that are late among the stages of pictures.
const lateOnly = "ritardo"

// picture is the address of a picture of what is asked for: of one stage where one
// is named.
func (a asked) picture(roll *roll, stage, side string) string {
	set := []string{"q", "", "provincia", "", "ordine", "", "verso", "", "mancato", "", "v", roll.version, "lato", side}
	switch stage {
	case "":
	case lateOnly:
		set = append(set, "stato", "", "ritardo", "1")
	default:
		set = append(set, "stato", stage, "ritardo", "")
	}
	return a.at(MapPath+".svg", set...)
}

// legend are the stages, each on a small map of its own.
func (page *mapPage) legend(p *i18n.Printer, roll *roll, a asked, t Tally) {
	add := func(stage, kind, text string, n int) {
		current := a.q.Get("stato") == stage || stage == lateOnly && a.Late
		m := mini{Picture: a.picture(roll, stage, itoa(small)), Kind: kind, Text: text, Number: p.Number(n), Current: current}
		switch {
		case current:
			m.Href = a.at(MapPath, "stato", "", "ritardo", "")
		case stage == lateOnly:
			m.Href = a.at(MapPath, "stato", "", "ritardo", "1")
		default:
			m.Href = a.at(MapPath, "stato", stage, "ritardo", "")
		}
		if m.Size = roll.view(a).frame(small); a.Province != "" {
			m.Picture = ""
		}
		page.Minis = append(page.Minis, m)
	}
	for _, s := range Stages {
		if n := t.Stages[s]; n > 0 {
			add(string(s), signs[s], p.T(s.label()), n)
		}
	}
	if t.Late > 0 {
		add(lateOnly, "late", p.T("works.late"), t.Late)
	}
}

// picture is what of the houses and of the country a picture of a width shows.
func (r *roll) picture(a asked, width int) picture {
	v := r.view(a)
	size := v.frame(width)
	pic := picture{box: v.box, width: size.Width, height: size.Height, radius: 1.5, houses: r.find(a.Wanted)}
	if a.Region != "" {
		if pic.radius = 4; len(pic.houses) > 600 {
			pic.radius = 3
		}
	}
	if width == small {
		pic.radius /= 2
	}
	return pic
}

// wider is a box with something around it.
func wider(b territory.Box) territory.Box {
	dLat, dLon := (b.North-b.South)*0.05+0.02, (b.East-b.West)*0.05+0.02
	return territory.Box{South: b.South - dLat, West: b.West - dLon, North: b.North + dLat, East: b.East + dLon}
}

// picture answers with a map as a picture. One that was asked for by the version
// that holds may be kept for ever.
func (h *pages) picture(w http.ResponseWriter, r *http.Request) error {
	roll, err := h.roll(r.Context())
	if err != nil {
		return err
	}
	a, err := ask(w, r, roll)
	if err != nil {
		return err
	}
	if err := a.form.Err(); err != nil {
		return err
	}
	width := widths[len(widths)-1]
	if r.URL.Query().Get("lato") == itoa(small) {
		width = small
	}
	head := w.Header()
	head.Set("Content-Type", "image/svg+xml")
	head.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == roll.version {
		head.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	a.Words, a.Province = "", ""
	_, err = w.Write(roll.picture(a, width).draw(h.ui.Printer(r)))
	return err
}

// point answers who points at a map: on that of the country with the region
// there, on that of a region with the province.
func (h *pages) point(w http.ResponseWriter, r *http.Request) error {
	roll, err := h.roll(r.Context())
	if err != nil {
		return err
	}
	a, err := ask(w, r, roll)
	if err != nil {
		return err
	}
	x, y := a.form.Int("m.x", "works.map.title"), a.form.Int("m.y", "works.map.title")
	width := a.form.Int("larghezza", "works.map.title")
	if err := a.form.Err(); err != nil {
		return err
	}
	for _, name := range []string{"m.x", "m.y", "larghezza"} {
		a.q.Del(name)
	}
	// Who presses Enter on the map points at its corner.
	if !slices.Contains(widths, width.Value) || x.Value == 0 && y.Value == 0 {
		return web.Redirect(w, r, a.at(MapPath)+"#tabelle")
	}
	house := roll.picture(a, width.Value).nearest(float64(x.Value), float64(y.Value))
	switch {
	case house == nil:
		return web.Redirect(w, r, a.at(MapPath, "mancato", "1"))
	case a.Region == "":
		return web.Redirect(w, r, a.at(MapPath, "regione", house.Town.Region))
	}
	return web.Redirect(w, r, a.at(MapPath, "provincia", house.Town.Province))
}

// provinceMap shows the houses of a province, each of which leads to its file.
func provinceMap(p *i18n.Printer, roll *roll, found, all []*House) *web.Map {
	const width, height, towns = 720, 640, 30
	o := web.MapOptions{Width: width, Height: height, Label: p.T("works.map.shown", "count", len(found))}
	box := territory.Around(all[0].Lat, all[0].Lon, 8)
	for _, h := range all {
		box = box.With(h.Lat, h.Lon)
	}
	o.Box = wider(box)
	o.Towns = roll.net.Territory().Largest(territory.Project(o.Box, width, height).Box(), towns)
	seen := map[Stage]bool{}
	for _, h := range found {
		seen[h.Stage] = true
		title := p.T("works.map.house", "house", h.Name, "state", p.T(h.Stage.label()))
		if h.Late {
			title += ", " + lateness(p, h.State)
		}
		o.Places = append(o.Places, web.Place{Lat: h.Lat, Lon: h.Lon, Kind: signs[h.Stage], Alarm: h.Late, Href: HousePath(h.Code), Title: title})
	}
	m := web.NewMap(p, o)
	m.Legend = nil
	for _, s := range Stages {
		if seen[s] {
			m.Legend = append(m.Legend, web.State{Kind: signs[s], Text: p.T(s.label())})
		}
	}
	return m
}
