package coworking

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

const figuresRoot = "/gestione/cifre"

// FiguresPath is the figures of a house.
func FiguresPath(code string) string { return figuresRoot + "?" + url.Values{"sede": {code}}.Encode() }

// FiguresEntry leads to the figures, for who reads the bookings of a house.
var FiguresEntry = web.Entry{Href: figuresRoot, Key: "coworking.nav.figures"}

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
	Rows    string // href of the bookings as a list
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

func (figuresPage) Template() string { return "coworking/figures" }

// headNumber is a number at the top that leads to what is behind it.
type headNumber struct{ Value, Text, Href string }

// figureAsk is what a page of figures is asked for.
type figureAsk struct {
	FigureQuery
	site *site.Site // nil is the network
}

// askFigures reads what is asked for. Who reads the bookings of one house is
// asked about no other.
func (h *pages) askFigures(r *http.Request, f *form.Form) (a figureAsk, own bool, err error) {
	who, net := actor(r), h.live.Network()
	if err := who.CheckSomewhere(identity.BookingRead); err != nil {
		return a, false, err
	}
	where := f.String("sede", "coworking.figures.house").Max(200).Value
	if who.Scope.Kind == "site" && where == "" {
		where = who.Scope.ID
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
	a.Kind = site.ResourceKind(f.Choice("tipo", "coworking.figures.kind", kindValues(site.Bookable)...).Value)
	period := f.Choice("periodo", "coworking.figures.period", periods...).Default(periodWeeks).Value
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
	from, to := f.Date("dal", "coworking.figures.from"), f.Date("al", "coworking.figures.to")
	if own = period == periodOwn; own {
		from.Default(a.From)
		to.Default(a.To)
		a.From, a.To = from.Value, to.Value
	}
	return a, own, nil
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
		return nil, errs.New(errs.Invalid, "coworking.figures.no-house", nil).On("sede")
	}
	return nil, errs.New(errs.Invalid, "coworking.figures.which-house", nil).On("sede")
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
		Head: web.DeskHead(figuresRoot, p.T("coworking.figures.title")),
		Form: f, Pick: actor(r).Scope.Kind == "network", Own: own,
		Kinds: append([]web.Option{{Text: p.T("coworking.figures.all-kinds")}}, kindOptions(p, site.Bookable)...),
	}
	for _, name := range periods {
		page.Periods = append(page.Periods, web.Option{Value: name, Text: p.T("coworking.figures.period." + name)})
	}
	if f.Err() != nil {
		return h.ui.Render(w, r, f.Status(), page)
	}
	figures, err := h.Figures(r.Context(), actor(r), a.FigureQuery)
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
	page.House = p.T("coworking.figures.network", "houses", p.T("coworking.figures.houses", "count", f.Houses))
	if a.site != nil {
		page.House = a.site.Name + ", " + h.live.Network().Place(a.site)
		if page.Pick {
			page.Links = append(page.Links, web.Link{Href: without(r.URL, "sede", "lang"), Text: p.T("coworking.figures.whole")})
		}
		if actor(r).May(identity.SiteWrite, identity.Site(a.Site)) {
			page.Links = append(page.Links, web.Link{Href: "/gestione/sedi/" + url.PathEscape(a.site.Code), Text: p.T("coworking.figures.the-house")})
		}
		page.Links = append(page.Links, web.Link{Href: TodayPath(a.site.Code), Text: p.T("coworking.figures.the-day")})
	}
	page.Period = p.T("coworking.figures.from-to", "from", p.Day(f.Since), "to", p.Day(f.To))
	if f.From.Before(f.Since) {
		page.Note = p.T("coworking.figures.since", "day", p.Day(f.Since))
	}
	page.Made = p.T("coworking.figures.made", "time", p.DateTime(h.clock.Now().In(p.Zone)))
	if f.Bookings == 0 && f.Load.Taken == 0 {
		page.Empty = &web.Empty{Title: p.T("coworking.figures.none"), Text: p.T("coworking.figures.none-text")}
		return
	}
	v := figureView{Printer: p, Figures: f, query: r.URL.Query()}
	page.Rows = v.list(listRows)
	page.Numbers = v.numbers()
	page.Heat, page.Weeks = v.heat(), v.weeks()
	page.Lead = v.bars(listLead, "coworking.figures.lead.", f.Lead[:])
	page.Length = v.bars(listLength, "coworking.figures.length.", f.Length[:])
	page.Missed, page.Rating, page.Ranking = v.missed(), v.rated(), v.ranking()
}

// figureView writes figures in a language; query is that of the page, which the
// links keep.
type figureView struct {
	*i18n.Printer
	Figures
	query url.Values
}

// list is the address of a table as a list for a spreadsheet.
func (v figureView) list(name string) string {
	return figuresRoot + "/" + name + v.kept()
}

// kept is the query of the page with some parameters set, as pairs.
func (v figureView) kept(set ...string) string {
	q := url.Values{}
	for name, values := range v.query {
		if name != "lang" && len(values) > 0 && values[0] != "" {
			q[name] = slices.Clone(values)
		}
	}
	for i := 0; i+1 < len(set); i += 2 {
		q.Set(set[i], set[i+1])
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

// few is a count that would point at single people where it is small.
func (v figureView) few(n int) string {
	if n > 0 && n < fewest {
		return v.T("coworking.figures.few", "n", fewest)
	}
	return v.Number(n)
}

func (v figureView) numbers() (list []headNumber) {
	if v.Load.Open > 0 {
		list = append(list, headNumber{v.percent(v.Load.Percent()), v.T("coworking.figures.head.load"), "#occupazione"})
	}
	list = append(list,
		headNumber{v.Number(v.Bookings), v.T("coworking.figures.head.bookings", "count", v.Bookings), "#settimane"},
		headNumber{v.share(v.Cancelled, v.Bookings), v.T("coworking.figures.head.cancelled"), "#settimane"},
	)
	if v.Visits > 0 && (v.NoShows == 0 || v.NoShows >= fewest) {
		list = append(list, headNumber{v.share(v.NoShows, v.Visits), v.T("coworking.figures.head.missed"), "#assenze"})
	}
	if v.Rating.Count > 0 {
		list = append(list, headNumber{v.average(v.Rating), v.T("coworking.figures.head.rating"), "#voti"})
	}
	return list
}

func (h *pages) figureRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET " + figuresRoot:              own(h.figuresPage),
		"GET " + figuresRoot + "/{table}": own(h.figureList),
	}
}
