package figures

import (
	"embed"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"polis/internal/agenda"
	"polis/internal/coworking"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/sheet"
	"polis/internal/site"
)

// Words are the texts, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// Pages are the templates.
//
//go:embed pages/*.gohtml
var Pages embed.FS

// Root is the address of the figures.
const Root = "/gestione/cifre"

// Path is the figures of a house.
func Path(code string) string { return Root + "?" + url.Values{"sede": {code}}.Encode() }

// Entry leads to them, for who reads the bookings of a house.
var Entry = web.Entry{Href: Root, Key: "figures.nav"}

// pages are the handlers; they parse, call the Service and show.
type pages struct {
	*Service
	ui *web.Renderer
}

// RegisterPages adds the pages to a mux. They stand behind Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, s *Service) error {
	if err := ui.Add("figures", Pages); err != nil {
		return err
	}
	h := &pages{Service: s, ui: ui}
	for pattern, handler := range map[string]web.Handler{
		"GET " + Root:              h.figuresPage,
		"GET " + Root + "/{table}": h.figureList,
		"GET " + Root + "/sedi":    h.suggest,
	} {
		mux.Handle(pattern, ui.Handle(identity.SignedIn(handler, func(r *http.Request) string { return r.URL.Path })))
	}
	return nil
}

func actor(r *http.Request) identity.Actor { return identity.ActorFrom(r.Context()) }

// The periods that can be asked for by name.
const (
	periodWeeks   = "4-settimane"
	periodQuarter = "trimestre"
	periodYear    = "anno"
	periodOwn     = "date"
)

var periods = []string{periodWeeks, periodQuarter, periodYear, periodOwn}

// figuresPage is what the bookings of a period come to, each figure with its
// picture, its table and how it is made.
type figuresPage struct {
	web.Head
	Form    *form.Form
	Periods []web.Option
	Kinds   []web.Option
	Pick    bool // whether there are several houses to choose from
	Own     bool // whether the dates are one's own
	House   string
	Links   []web.Link // the whole network, and other pages of the house
	Period  string
	Note    string // what of the period nothing is known about
	Made    string
	Empty   *web.Empty

	Numbers []headNumber
	Heat    *heatChart
	Weeks   *weekChart
	Lead    *barChart
	Length  *barChart
	Missed  *missedView
	Rating  *ratedView
	Ranking *rankingView
}

func (figuresPage) Template() string { return "figures/figures" }

// headNumber is a number at the top that leads to what is behind it.
type headNumber struct{ Value, Text, Href string }

// figureAsk is what a page of figures is asked for.
type figureAsk struct {
	Query
	site *site.Site // nil is the network
}

// askFigures reads what is asked for. Who reads the figures of some houses is
// shown the first of them.
func (h *pages) askFigures(r *http.Request, f *form.Form) (a figureAsk, own bool, err error) {
	who, net := actor(r), h.live.Network()
	if err := who.CheckSomewhere(identity.FiguresRead); err != nil {
		return a, false, err
	}
	where := f.String("sede", "figures.ask-house").Max(200).Value
	if where == "" {
		where = h.ownHouse(who)
	}
	if where != "" {
		if a.site, err = figureHouse(net, where); err != nil {
			if errs.Is(err, errs.NotFound) || !f.Add(err) {
				return a, false, err
			}
		} else {
			a.Site = a.site.ID
			f.Set("sede", a.site.Code)
		}
	}
	a.Kind = site.ResourceKind(f.Choice("tipo", "figures.kind", kindValues()...).Value)
	period := f.Choice("periodo", "figures.period", periods...).Default(periodWeeks).Value
	zone := i18n.Rome
	if a.site != nil {
		zone = net.Zone(a.site)
	}
	yesterday := agenda.DateOf(h.clock.Now().In(zone)).AddDays(-1)
	a.To = yesterday
	switch period {
	case periodQuarter:
		a.From = yesterday.AddDays(-13*7 + 1)
	case periodYear:
		a.From = yesterday.AddDays(-365 + 1)
	default:
		a.From = yesterday.AddDays(-4*7 + 1)
	}
	from, to := f.Date("dal", "figures.from"), f.Date("al", "figures.to")
	if own = period == periodOwn; own {
		from.Default(a.From)
		to.Default(a.To)
		a.From, a.To = from.Value, to.Value
	}
	return a, own, nil
}

func kindValues() (list []string) {
	for _, k := range site.Bookable {
		list = append(list, string(k))
	}
	return list
}

func kindOptions(p *i18n.Printer) (list []web.Option) {
	for _, k := range site.Bookable {
		list = append(list, web.Option{Value: string(k), Text: p.T("coworking.kind." + string(k))})
	}
	return list
}

// ownHouse is the code of the house that is shown to who asks for none: the first
// of theirs; "" for who reads the figures of the whole network.
func (h *pages) ownHouse(who identity.Actor) string {
	if own := h.ownHouses(who, 1); len(own) > 0 && !who.May(identity.FiguresRead, identity.Network) {
		return own[0].Code
	}
	return ""
}

// ownHouses are the first houses whose figures somebody reads, by name.
func (h *pages) ownHouses(who identity.Actor, most int) (list []*site.Site) {
	for _, hit := range h.live.Network().Sites(site.Filter{Kind: site.Space}) {
		if len(list) < most && who.May(identity.FiguresRead, identity.Site(hit.Site.ID)) {
			list = append(list, hit.Site)
		}
	}
	return list
}

// figureHouse finds a house by its code, its id, or words that only it has.
func figureHouse(net *site.Network, text string) (*site.Site, error) {
	if st, err := net.ByCode(strings.ToLower(text)); err == nil {
		return st, nil
	}
	switch hits := net.Sites(site.Filter{Query: strings.ReplaceAll(text, ",", " "), Kind: site.Space}); len(hits) {
	case 1:
		return hits[0].Site, nil
	case 0:
		return nil, errs.New(errs.Invalid, "figures.no-house", nil).On("sede")
	}
	return nil, errs.New(errs.Invalid, "figures.which-house", nil).On("sede")
}

// suggested is how many houses are offered while one is typed.
const suggested = 8

// suggest answers the search of a house, for who reads the figures of several.
func (h *pages) suggest(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).CheckSomewhere(identity.FiguresRead); err != nil {
		return err
	}
	var options []web.Option
	if text := strings.TrimSpace(r.URL.Query().Get("sede")); len([]rune(text)) >= 2 && len(text) <= 200 {
		net := h.live.Network()
		hits := net.Sites(site.Filter{Query: text, Kind: site.Space})
		for _, hit := range hits {
			if len(options) == suggested || !actor(r).May(identity.FiguresRead, identity.Site(hit.Site.ID)) {
				continue
			}
			options = append(options, web.Option{Value: hit.Site.Code, Text: hit.Site.Name + ", " + net.Place(hit.Site)})
		}
	}
	return h.ui.Suggestions(w, r, options)
}

func (h *pages) figuresPage(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	a, own, err := h.askFigures(r, f)
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	page := figuresPage{
		Head: web.DeskHead(Root, p.T("figures.title")),
		Form: f, Pick: len(h.ownHouses(actor(r), 2)) > 1, Own: own,
		Kinds: append([]web.Option{{Text: p.T("figures.all-kinds")}}, kindOptions(p)...),
	}
	for _, name := range periods {
		page.Periods = append(page.Periods, web.Option{Value: name, Text: p.T("figures.period." + name)})
	}
	if f.Err() != nil {
		return h.ui.Render(w, r, f.Status(), page)
	}
	figures, err := h.Figures(r.Context(), actor(r), a.Query)
	if err != nil {
		if errs.Is(err, errs.Invalid) && f.AddAs(err, form.Inputs{"from": "dal", "to": "al"}) {
			return h.ui.Render(w, r, f.Status(), page)
		}
		return err
	}
	h.showFigures(r, p, &page, a, figures)
	return h.ui.Render(w, r, http.StatusOK, page)
}

// showFigures fills a page with figures.
func (h *pages) showFigures(r *http.Request, p *i18n.Printer, page *figuresPage, a figureAsk, f Figures) {
	v := figureView{Printer: p, Figures: f, query: r.URL.Query()}
	page.House = p.T("figures.network", "houses", p.T("figures.houses", "count", f.Houses))
	if a.site != nil {
		page.House = a.site.Name + ", " + h.live.Network().Place(a.site)
		if actor(r).May(identity.FiguresRead, identity.Network) {
			page.Links = append(page.Links, web.Link{Href: Root + v.kept("sede", ""), Text: p.T("figures.whole")})
		}
		if actor(r).May(identity.SiteWrite, identity.Site(a.Site)) {
			page.Links = append(page.Links, web.Link{Href: "/gestione/sedi/" + url.PathEscape(a.site.Code), Text: p.T("figures.the-house")})
		}
		if actor(r).May(identity.BookingRead, identity.Site(a.Site)) {
			page.Links = append(page.Links, web.Link{Href: coworking.TodayPath(a.site.Code), Text: p.T("figures.the-day")})
		}
	}
	from := f.Since
	if f.To.Before(from) { // all of it before anything was booked
		from = f.From
	}
	page.Period = p.T("figures.from-to", "from", p.Day(from), "to", p.Day(f.To))
	if f.From.Before(f.Since) {
		page.Note = p.T("figures.since", "day", p.Day(f.Since))
	}
	page.Made = p.T("figures.made", "time", p.DateTime(h.clock.Now().In(p.Zone)))
	if f.Bookings == 0 && f.Load.Taken == 0 {
		page.Empty = &web.Empty{Title: p.T("figures.none"), Text: p.T("figures.none-text")}
		return
	}
	page.Numbers = v.numbers()
	page.Heat, page.Weeks = v.heat(), v.weeks()
	page.Lead = v.bars(listLead, "figures.lead.", f.Lead[:])
	page.Length = v.bars(listLength, "figures.length.", f.Length[:])
	page.Missed, page.Rating, page.Ranking = v.missed(), v.rated(), v.ranking()
}

// figureView writes figures in a language; query is that of the page, which the
// links keep.
type figureView struct {
	*i18n.Printer
	Figures
	query url.Values
	style sheet.Style // of its lists
}

// list is the address of a table as a list for a spreadsheet.
func (v figureView) list(name string) string {
	return Root + "/" + name + v.kept()
}

// files are the lists beside a figure: its table, and the bookings that it is
// made of.
type files struct{ Table, Rows string }

func (v figureView) files(name string) files { return files{v.list(name), v.list(listRows)} }

// kept is the query of the page with some parameters set, or left out, as pairs.
func (v figureView) kept(set ...string) string {
	q := url.Values{}
	for name, values := range v.query {
		if name != "lang" && len(values) > 0 && values[0] != "" {
			q[name] = slices.Clone(values)
		}
	}
	for i := 0; i+1 < len(set); i += 2 {
		if q.Set(set[i], set[i+1]); set[i+1] == "" {
			q.Del(set[i])
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func (v figureView) percent(n int) string { return v.T("coworking.percent", "n", n) }

// share is n of total in words: "12 %"; "–" of nothing.
func (v figureView) share(n, total int) string {
	if total == 0 {
		return "–"
	}
	return v.percent((n*100 + total/2) / total)
}

func (v figureView) numbers() (list []headNumber) {
	if v.Load.Open > 0 {
		list = append(list, headNumber{v.percent(v.Load.Percent()), v.T("figures.head.load"), "#occupazione"})
	}
	if v.Bookings > 0 {
		list = append(list,
			headNumber{v.Number(v.Bookings), v.T("figures.head.bookings", "count", v.Bookings), "#settimane"},
			headNumber{v.share(v.Cancelled, v.Bookings), v.T("figures.head.cancelled"), "#settimane"},
		)
	}
	if v.Visits > 0 && (v.NoShows == 0 || v.NoShows >= coworking.Fewest) {
		list = append(list, headNumber{v.share(v.NoShows, v.Visits), v.T("figures.head.missed"), "#assenze"})
	}
	if v.Rating.Count > 0 {
		list = append(list, headNumber{v.average(v.Rating), v.T("figures.head.rating"), "#voti"})
	}
	return list
}
