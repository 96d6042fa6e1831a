package works

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/programme"
	"polis/internal/sheet"
	"polis/internal/site"
	"polis/internal/territory"
)

// Where the pages are.
const (
	Root    = "/programma/case" // the list of houses
	MapPath = programme.MapPath
)

// HousePath is the works file of a house.
func HousePath(code string) string { return Root + "/" + url.PathEscape(code) }

// Topic is a kind of news that can be followed.
type Topic string

// The topics.
const (
	OfRegion   Topic = "region"
	OfProvince Topic = "province"
	OfHouse    Topic = "house"
)

// Links lead to rooms that know more; each may be nil.
type Links struct {
	House  func(code string) string                                       // public page of a house
	Follow func(kind Topic, place string) string                          // where it is followed
	Feed   func(p *i18n.Printer, kind Topic, place, name string) web.Link // of a topic with its name
}

// follow puts the ways to follow a topic into a page.
func (l Links) follow(p *i18n.Printer, head *web.Head, kind Topic, place, name string) (link string) {
	if l.Feed != nil {
		head.Feed = l.Feed(p, kind, place, name)
	}
	if l.Follow != nil {
		link = l.Follow(kind, place)
	}
	return link
}

// RegisterPages adds the pages, which are public.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, s *Service, links Links) error {
	if err := ui.Add("works", Pages); err != nil {
		return err
	}
	h := &pages{Service: s, ui: ui, links: links}
	for pattern, handler := range map[string]web.Handler{
		"GET " + MapPath:                 h.mapPage,
		"GET " + MapPath + ".svg":        h.picture,
		"GET " + MapPath + "/punto":      h.point,
		"GET " + MapPath + "/{table}":    h.tableList,
		"GET " + Root:                    h.list,
		"GET " + Root + ".csv":           h.listFile,
		"GET " + Root + "/{code}":        h.house,
		"GET " + Root + "/{code}/{file}": h.houseFile,
	} {
		mux.Handle(pattern, ui.Handle(handler))
	}
	return nil
}

type pages struct {
	*Service
	ui    *web.Renderer
	links Links
}

// signs are how a stage is drawn in words' badges, in the legend and on the maps
// of provinces: each by another shape.
var signs = map[Stage]string{Open: "free", Testing: "mine", Building: "works", Design: "taken", Planned: "pending", Unfiled: "closed"}

// label is the name of a stage, in words.
func (s Stage) label() string { return "works.stage." + string(s) }

func badge(p *i18n.Printer, h *House) web.State {
	return web.State{Kind: signs[h.Stage], Text: p.T(h.Stage.label())}
}

// asked is what the address of a map or a list asks for.
type asked struct {
	Wanted
	form *form.Form
	q    url.Values // without what is empty, and without the language
}

// ask reads the address.
func ask(w http.ResponseWriter, r *http.Request, roll *roll) (a asked, err error) {
	f, err := form.New(w, r)
	if err != nil {
		return a, err
	}
	a.form, a.q = f, url.Values{}
	for name, list := range r.URL.Query() {
		if name != "lang" && len(list) > 0 && list[0] != "" {
			a.q[name] = list[:1]
		}
	}
	terr := roll.net.Territory()
	var provinces []string
	for _, pr := range terr.Provinces() {
		provinces = append(provinces, pr.Code)
	}
	a.Wanted = Wanted{
		Words:    f.String("q", "works.ask.words").Max(100).Value,
		Region:   f.Choice("regione", "works.ask.region", terr.Regions()...).Value,
		Province: f.Choice("provincia", "works.ask.province", provinces...).Value,
		Kind:     site.Kind(f.Choice("tipo", "works.ask.kind", string(site.Space), string(site.Office)).Value),
		Stage:    Stage(f.Choice("stato", "works.ask.stage", stageNames()...).Value),
		Late:     f.Bool("ritardo", "works.ask.late"),
		Verified: f.Bool("verificate", "works.ask.verified"),
		Area:     f.Choice("area", "works.ask.area", Areas...).Value,
		Size:     f.Choice("dimensione", "works.ask.size", Sizes...).Value,
		Sort:     f.Choice("ordine", "works.ask.sort", slices.Concat(Sorts, tableSorts)...).Value,
		Down:     f.Raw("verso") == "giu",
	}
	if pr, ok := terr.Province(a.Province); ok && a.Province != "" && a.Region == "" {
		a.Region = pr.Region
		f.Set("regione", pr.Region)
	}
	return a, nil
}

func stageNames() (out []string) {
	for _, s := range Stages {
		out = append(out, string(s))
	}
	return out
}

// at is an address with the query that was asked, with some parameters set, or
// left out where they are empty, as pairs.
func (a asked) at(path string, set ...string) string {
	q := url.Values{}
	for name, list := range a.q {
		q[name] = list
	}
	q.Del(web.PageField)
	for i := 0; i+1 < len(set); i += 2 {
		if q.Del(set[i]); set[i+1] != "" {
			q.Set(set[i], set[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// choices are the values of the filters.
type choices struct {
	Kinds, Stages, Regions, Provinces, Areas, Sizes []web.Option
}

func (r *roll) choices(p *i18n.Printer, a asked) (c choices) {
	with := func(key string) []web.Option { return []web.Option{{Text: p.T(key)}} }
	c = choices{with("works.any"), with("works.any-stage"), with("works.everywhere"), with("works.everywhere"), with("works.any"), with("works.any")}
	for _, k := range []site.Kind{site.Space, site.Office} {
		c.Kinds = append(c.Kinds, web.Option{Value: string(k), Text: p.T("works.kind." + string(k))})
	}
	for _, s := range Stages {
		c.Stages = append(c.Stages, web.Option{Value: string(s), Text: p.T(s.label())})
	}
	terr := r.net.Territory()
	for _, name := range terr.Regions() {
		c.Regions = append(c.Regions, web.Option{Value: name, Text: name})
	}
	provinces := terr.Provinces()
	slices.SortFunc(provinces, func(a, b territory.Province) int { return strings.Compare(a.Name, b.Name) })
	for _, pr := range provinces {
		if a.Region == "" || pr.Region == a.Region {
			c.Provinces = append(c.Provinces, web.Option{Value: pr.Code, Text: pr.Name})
		}
	}
	for _, class := range Areas {
		c.Areas = append(c.Areas, web.Option{Value: class, Text: areaName(p, class)})
	}
	for _, size := range Sizes {
		c.Sizes = append(c.Sizes, web.Option{Value: size, Text: p.T("works.size." + size)})
	}
	return c
}

// areaName is a class of inner areas in words: "D – Intermedio".
func areaName(p *i18n.Printer, class string) string {
	if class == noArea {
		return p.T("works.area.none")
	}
	return class + " – " + p.T("works.area."+class)
}

// lateness says by how much a house is late, or how it ended; "" where nothing
// is known.
func lateness(p *i18n.Printer, s State) string {
	switch {
	case s.Late:
		return p.T("works.late-days", "count", s.Delay)
	case !s.Known:
		return ""
	}
	return offset(p, s.Delay)
}

// offset says how a date was missed.
func offset(p *i18n.Printer, days int) string {
	switch {
	case days > 0:
		return p.T("works.after-days", "count", days)
	case days < 0:
		return p.T("works.before-days", "count", -days)
	}
	return p.T("works.on-time")
}

// noon is a civil date as an instant, for the printer.
func noon(p *i18n.Printer, d agenda.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, p.Zone)
}

// short is a civil date in words; "–" for none.
func short(p *i18n.Printer, d agenda.Date) string {
	if d == (agenda.Date{}) {
		return "–"
	}
	return p.DateShort(noon(p, d))
}

// figure is a number that leads to the houses that it counts.
type figure struct {
	Value, Text, Href string
	Kind              string // of the stage that it counts
	Alarm             bool
}

// figures are how many houses are at each stage.
func (a asked) figures(p *i18n.Printer, t Tally) (list []figure) {
	for _, s := range Stages {
		if n := t.Stages[s]; n > 0 {
			list = append(list, figure{p.Number(n), p.T("works.figure."+string(s), "count", n), a.at(Root, "stato", string(s)), signs[s], false})
		}
	}
	if t.Late > 0 {
		list = append(list, figure{p.Number(t.Late), p.T("works.figure.late", "count", t.Late), a.at(Root, "ritardo", "1"), "", true})
	}
	return append(list, figure{p.Number(t.Verified), p.T("works.figure.verified", "count", t.Verified), a.at(Root, "verificate", "1"), "", false})
}

// send answers with a table as a file.
func (h *pages) send(w http.ResponseWriter, r *http.Request, name string, columns []string, each func(row func(...string))) error {
	return h.ui.CSV(w, r, name, func(file io.Writer, style sheet.Style) error {
		out := sheet.NewWriter(file, style, columns...)
		each(out.Row)
		return out.Close()
	})
}

func itoa(n int) string { return strconv.Itoa(n) }

func notFound() error { return errs.New(errs.NotFound, "error.not_found", nil) }
