package manage

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/sheet"
	"polis/internal/site"
)

// housesShown is how many houses a page lists.
const housesShown = 50

// networkPage is the first page of the desk: the houses that the actor runs, as
// figures, on a map and in a table.
type networkPage struct {
	web.Head
	Form      *form.Form
	Kinds     []web.Option
	States    []web.Option
	Regions   []web.Option
	Provinces []web.Option
	Lots      []web.Option // none where lots do not concern the actor, or there are none
	Also      []web.Link   // what else concerns who runs the whole network
	More      bool         // whether the second part of the form stands open
	Figures   []figure
	Found     string
	Clear     string // href without any filter; empty where there is none
	CSV       string // href
	Columns   []column
	Rows      []networkRow
	HasLots   bool
	Empty     *web.Empty
	Pages     web.Pages
	Map       *web.Map
	MapNote   string
	Made      string // how and when the figures were made
}

func (networkPage) Template() string { return "manage/network" }

// figure is a number that leads to its rows.
type figure struct {
	Value, Text, Href string
	Kind              string // of the state that it counts; empty for others
	Alarm             bool
}

// column heads a column by which the list can be sorted.
type column struct {
	Text, Href string
	Sort       string // aria-sort; empty where the list is sorted by another
	Number     bool
}

// networkRow is a house in the table.
type networkRow struct {
	Name, Href string
	Place      string
	Kind       string
	State      web.State
	Late       string // announced opening that has passed
	Places     string
	Now, Today *strip
	Day        string // href of the house's day
	Problems   string
	Reports    string // href
	Lot        web.Link
}

// strip is a share as words and as a strip of 48 units.
type strip struct {
	Text, Detail string
	Width        int
}

func stripOf(p *i18n.Printer, s Share, detail string) *strip {
	if s.Of == 0 {
		return nil
	}
	return &strip{Text: percent(p, s.Percent()), Detail: detail, Width: s.Percent() * 48 / 100}
}

func percent(p *i18n.Printer, n int) string { return p.T("manage.percent", "n", n) }

// readWanted reads the filters of the list from a form.
func readWanted(f *form.Form, regions []string) Wanted {
	w := Wanted{Where: site.Filter{
		Query: f.String("q", "manage.network.words").Max(100).Value,
		Kind:  site.Kind(f.Choice("tipo", "manage.network.kind", string(site.Space), string(site.Office)).Value),
		State: site.State(f.Choice("stato", "manage.network.state", stateNames()...).Value),
	}}
	w.Where.Region = f.Choice("regione", "manage.network.region", regions...).Value
	w.Where.Province = f.String("provincia", "manage.network.province").Max(40).Value
	w.Lot = f.String("lotto", "manage.network.lot").Max(40).Value
	w.Problems = f.Bool("segnalazioni", "manage.network.only-problems")
	w.Coming = f.Bool("da-aprire", "manage.network.only-coming")
	w.Late = f.Bool("in-ritardo", "manage.network.only-late")
	w.Sort = f.Choice("ordine", "manage.network.sort", Sorts...).Value
	w.Down = f.Raw("verso") == "giu"
	return w
}

// states are the states in the order of the way to an open house, the open ones
// first.
var states = []site.State{site.Open, site.Testing, site.Works, site.Planned, site.Suspended}

func stateNames() (out []string) {
	for _, s := range states {
		out = append(out, string(s))
	}
	return out
}

func (h *pages) networkPage(w http.ResponseWriter, r *http.Request) error {
	a, p := actor(r), h.ui.Printer(r)
	if err := a.CheckSomewhere(identity.SiteRead); err != nil {
		return err
	}
	if id, only := a.OnlySite(identity.SiteRead); only && a.May(identity.SiteWrite, identity.Site(id)) { // who runs one house is led to it
		if st, err := h.Live.Network().Site(id); err == nil {
			return web.Redirect(w, r, housePath(st.Code))
		}
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	roll := h.roll()
	wanted := readWanted(f, roll.regions())
	page := networkPage{
		Head: web.DeskHead(Root, p.T("manage.network.title")), Form: f,
		Made: p.T("manage.network.made", "time", p.DateTime(h.Clock.Now().In(p.Zone))),
	}
	if err := h.networkOptions(r, p, &page, roll, wanted); err != nil {
		return err
	}
	if f.Err() != nil {
		return h.ui.Render(w, r, f.Status(), page)
	}
	o, err := h.Overview(r.Context(), a, wanted)
	if err != nil {
		return err
	}
	page.Figures = figures(p, o)
	page.Found = p.T("manage.network.found", "count", len(o.Rows))
	page.CSV = withQuery(Root+"/rete.csv", r.URL.Query(), web.PageField, "")
	if len(r.URL.Query()) > 0 && len(o.Rows) < o.Houses {
		page.Clear = Root
	}
	if len(o.Rows) == 0 {
		page.Empty = &web.Empty{
			Title: p.T("manage.network.none"), Text: p.T("manage.network.none-text"),
			Links: []web.Link{{Href: Root, Text: p.T("manage.network.all")}},
		}
		return h.ui.Render(w, r, http.StatusOK, page)
	}
	page.Map, page.MapNote = networkMap(p, roll, r.URL.Query(), o.Rows)
	page.Columns = columns(p, r.URL.Query(), wanted)
	return h.listHouses(w, r, &page, o)
}

// listHouses shows one page of the houses found.
func (h *pages) listHouses(w http.ResponseWriter, r *http.Request, page *networkPage, o Overview) error {
	p := h.ui.Printer(r)
	part := web.RangeOf(r.URL.Query().Get(web.PageField), len(o.Rows), housesShown)
	page.Pages = part.Links(p, r.URL)
	shown := o.Rows[part.From:part.To]
	lots := map[string]Lot{}
	if page.HasLots = len(page.Lots) > 0; page.HasLots {
		ids := make([]string, len(shown))
		for i, row := range shown {
			ids[i] = row.Site.ID
		}
		var err error
		if lots, err = h.LotsOf(r.Context(), ids); err != nil {
			return err
		}
	}
	for _, row := range shown {
		page.Rows = append(page.Rows, h.rowOf(p, actor(r), row, lots[row.Site.ID]))
	}
	return h.ui.Render(w, r, http.StatusOK, *page)
}

// rowOf is a house in the table, with links to what of it the actor may see.
func (h *pages) rowOf(p *i18n.Printer, a identity.Actor, row HouseRow, lot Lot) networkRow {
	st, at := row.Site, identity.Site(row.Site.ID)
	out := networkRow{
		Name: st.Name, Href: housePath(st.Code), Place: row.Place, Kind: kindOf(p, st),
		State: web.State{Kind: stateKind[st.State], Text: p.T(st.State.Label())},
		Now:   stripOf(p, row.Now, p.T("manage.network.of", "taken", row.Now.Taken, "of", row.Now.Of)), Today: stripOf(p, row.Today, ""),
	}
	if !a.May(identity.SiteWrite, at) {
		out.Href = h.Links.House(st.Code)
	}
	if row.Today.Of > 0 && a.May(identity.BookingRead, at) {
		out.Day = h.Links.Today(st.Code)
	}
	if row.Late {
		out.Late = p.T("manage.network.late-since", "day", civilShort(p, st.OpensOn))
	}
	if row.Places > 0 {
		out.Places = p.Number(row.Places)
	}
	if row.Problems > 0 {
		out.Problems = p.T("manage.network.reports", "count", row.Problems)
		if a.May(identity.ReportRead, at) {
			out.Reports = h.Links.Reports(houseInWords(st.Name, row.Place))
		}
	}
	if lot.ID != "" {
		out.Lot = web.Link{Href: lotPath(lot.Code), Text: lot.Code}
	}
	return out
}

// kindOf is what a house is, with its size.
func kindOf(p *i18n.Printer, st *site.Site) string {
	text := p.T(st.Kind.Label())
	if st.Size != "" {
		text += ", " + p.T("manage.size."+string(st.Size))
	}
	return text
}

// houseInWords is a house as people write it.
func houseInWords(name, place string) string {
	if place == "" {
		return name
	}
	return name + ", " + place
}

// figures are the numbers above the list, of all houses of the actor.
func figures(p *i18n.Printer, o Overview) (list []figure) {
	add := func(f figure) { list = append(list, f) }
	add(figure{Value: p.Number(o.Houses), Text: p.T("manage.figure.houses", "count", o.Houses), Href: Root})
	for _, s := range states {
		if n := o.States[s]; n > 0 {
			add(figure{Value: p.Number(n), Text: p.T("manage.figure.state."+string(s), "count", n), Href: Root + "?stato=" + string(s), Kind: stateKind[s]})
		}
	}
	if o.Now.Of > 0 {
		add(figure{
			Value: percent(p, o.Now.Percent()), Text: p.T("manage.figure.now", "taken", o.Now.Taken, "of", o.Now.Of),
			Href: Root + "?tipo=space&stato=open&ordine=adesso&verso=giu",
		})
	}
	if o.Today.Of > 0 {
		add(figure{Value: percent(p, o.Today.Percent()), Text: p.T("manage.figure.today"), Href: Root + "?tipo=space&stato=open&ordine=oggi&verso=giu"})
	}
	if o.Problems > 0 {
		add(figure{Value: p.Number(o.Problems), Text: p.T("manage.figure.problems", "count", o.Problems, "houses", p.T("manage.figure.in-houses", "count", o.Troubled)), Href: Root + "?segnalazioni=1&ordine=segnalazioni&verso=giu", Alarm: true})
	}
	if o.Late > 0 {
		add(figure{Value: p.Number(o.Late), Text: p.T("manage.figure.late", "count", o.Late), Href: Root + "?in-ritardo=1", Alarm: true})
	}
	return list
}

// columns are the heads of the table; each sorts by itself, and the other way
// round where it does already.
func columns(p *i18n.Printer, q url.Values, w Wanted) (list []column) {
	for i, name := range Sorts {
		c := column{Text: p.T("manage.network.column." + name), Number: i >= 3}
		q := cloneQuery(q)
		q.Del(web.PageField)
		q.Set("ordine", name)
		q.Del("verso")
		current := w.Sort == name || w.Sort == "" && i == 0
		switch {
		case current && w.Down:
			c.Sort = "descending"
		case current:
			c.Sort = "ascending"
		}
		if current && !w.Down || !current && c.Number { // numbers begin with the greatest
			q.Set("verso", "giu")
		}
		c.Href = Root + "?" + q.Encode()
		list = append(list, c)
	}
	return list
}

func (h *pages) networkOptions(r *http.Request, p *i18n.Printer, page *networkPage, roll *roll, w Wanted) error {
	anyOf := func(key string) []web.Option { return []web.Option{{Text: p.T(key)}} }
	page.Kinds, page.States = anyOf("manage.network.any"), anyOf("manage.network.any")
	for _, k := range []site.Kind{site.Space, site.Office} {
		page.Kinds = append(page.Kinds, web.Option{Value: string(k), Text: p.T(k.Label())})
	}
	for _, s := range states {
		page.States = append(page.States, web.Option{Value: string(s), Text: p.T(s.Label())})
	}
	page.Regions, page.Provinces = anyOf("manage.network.everywhere"), anyOf("manage.network.everywhere")
	for _, name := range roll.regions() {
		page.Regions = append(page.Regions, web.Option{Value: name, Text: name})
	}
	for _, pr := range roll.provinces(w.Where.Region) {
		page.Provinces = append(page.Provinces, web.Option{Value: pr.Code, Text: pr.Name})
	}
	lots, err := h.lotNames(r.Context(), actor(r))
	if err != nil {
		return err
	}
	if actor(r).May(identity.SiteWrite, identity.Network) {
		page.Also = []web.Link{
			link(housesRoot+"/"+newHouse, p.T("manage.new.title")), link(networkRules, p.T("manage.rules.network-title")), link(lotsRoot, p.T("manage.network.lots")),
		}
	}
	if len(lots) > 0 {
		page.Lots = append(anyOf("manage.network.any"), web.Option{Value: NoLot, Text: p.T("manage.network.no-lot")})
		for _, l := range lots {
			page.Lots = append(page.Lots, web.Option{Value: l.Code, Text: l.Code + " – " + l.Name})
		}
	}
	page.More = w.Lot != "" || w.Where.Province != "" || w.Problems || w.Coming || w.Late
	return nil
}

// networkList is the houses found as a list for a spreadsheet.
func (h *pages) networkList(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	if err := actor(r).CheckSomewhere(identity.SiteRead); err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	wanted := readWanted(f, h.roll().regions())
	if err := f.Err(); err != nil {
		return err
	}
	o, err := h.Overview(r.Context(), actor(r), wanted)
	if err != nil {
		return err
	}
	ids := make([]string, len(o.Rows))
	for i, row := range o.Rows {
		ids[i] = row.Site.ID
	}
	lots := map[string]Lot{}
	if actor(r).May(identity.SiteWrite, identity.Network) {
		if lots, err = h.LotsOf(r.Context(), ids); err != nil {
			return err
		}
	}
	return h.sendList(w, r, "rete.csv", []string{
		p.T("manage.list.code"), p.T("manage.list.name"), p.T("manage.list.place"), p.T("manage.list.address"), p.T("manage.list.kind"),
		p.T("manage.list.size"), p.T("manage.list.state"), p.T("manage.list.opens"), p.T("manage.list.places"),
		p.T("manage.list.taken-now"), p.T("manage.list.open-now"), p.T("manage.list.today"), p.T("manage.list.problems"), p.T("manage.list.lot"),
	}, func(row func(...string)) {
		for _, x := range o.Rows {
			st, today, size := x.Site, "", ""
			if x.Today.Of > 0 {
				today = strconv.Itoa(x.Today.Percent())
			}
			if st.Size != "" {
				size = p.T(st.Size.Label())
			}
			row(st.Code, st.Name, x.Place, st.Address, p.T(st.Kind.Label()), size, p.T(st.State.Label()), st.OpensOn,
				strconv.Itoa(x.Places), strconv.Itoa(x.Now.Taken), strconv.Itoa(x.Now.Of), today, strconv.Itoa(x.Problems), lots[st.ID].Code)
		}
	})
}

// sendList answers with a list as a file.
func (h *pages) sendList(w http.ResponseWriter, r *http.Request, name string, columns []string, each func(row func(...string))) error {
	return h.ui.CSV(w, r, name, func(file io.Writer, style sheet.Style) error {
		out := sheet.NewWriter(file, style, columns...)
		each(out.Row)
		return out.Close()
	})
}

func cloneQuery(q url.Values) url.Values {
	out := url.Values{}
	for name, list := range q {
		out[name] = slices.Clone(list)
	}
	return out
}

// withQuery is an address with one parameter of some set, or without it.
func withQuery(path string, q url.Values, name, value string) string {
	q = cloneQuery(q)
	q.Del("lang")
	if q.Del(name); value != "" {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func (h *pages) networkRoutes() map[string]web.Handler {
	return map[string]web.Handler{"GET " + Root: h.networkPage, "GET " + Root + "/rete.csv": h.networkList}
}
