package coworking

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

const (
	perPage     = 12
	maxPage     = 100
	usualRadius = 50
	besides     = 6 // houses shown besides those that have places free
)

// radii are how far around a point one can search, in km; 0 is anywhere.
var radii = []int{10, 25, 50, 100, 0}

// searchPage is the page on which people look for a place: without a question,
// what the spaces are; with one, its answer as a list and a map.
type searchPage struct {
	web.Head
	Form      *form.Form
	When      when
	Kinds     []web.Option
	Radii     []web.Option
	Sizes     []web.Option
	Amenities []web.Option
	More      bool       // whether the second part of the form stands open
	Chips     []web.Link // what is asked for in it, each with the way to leave it out
	Point     string     // the point searched around, where nothing was typed
	Amend     bool       // whether that point is to be corrected
	Drop      string     // href without that point
	Near      string     // "Gavirate (VA)", "Lombardia"; empty for the whole country
	Others    []web.Link // other places of the same name
	Landing   *landing   // where nothing is asked
	Notice    *web.Alert // why nothing can be booked at that time
	Shown     bool       // whether there was a search
	Found     string     // heading of the results
	Time      string     // the time searched, in words
	Cards     []spaceCard
	Pages     web.Pages
	Times     []choice // what can be booked instead, at other times
	Places    []choice // and elsewhere
	Empty     *web.Empty
	Full      []spaceCard
	Coming    []spaceCard
	Rest      *web.Link // all houses that are not open yet
	Map       *web.Map
	Ask       string  // the search as an address has it, to be kept
	Adding    *adding // the hold that what is chosen is added to
}

func (searchPage) Template() string { return "coworking/search" }

func (h *pages) searchPage(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	net := h.live.Network()
	asked := slices.ContainsFunc(askFields, f.Has)
	a := readAsk(p, f, net, h.clock.Now())
	page := searchPage{
		Head: web.Head{Title: p.T("coworking.search.title"), Description: p.T("coworking.search.description"), Section: "/spazi"},
		Form: f, When: a.when, Kinds: kindOptions(p, site.Bookable), Radii: radiusOptions(p),
		Sizes: sizeOptions(p), Amenities: amenityOptions(p), Chips: chips(p, r.URL, a),
		More: slices.ContainsFunc([]string{fieldRadius, fieldKind, fieldCount, fieldSize}, func(n string) bool { return f.Fault(n) != nil }),
	}
	if page.Adding, err = h.adding(r, f.Raw(fieldAdding)); err != nil {
		return err
	}
	page.Private = page.Adding != nil
	if f.Raw(fieldWhere) == "" && a.Where.Near != nil {
		page.Point = strconv.FormatFloat(a.Where.Near.Lat, 'f', 2, 64) + ", " + strconv.FormatFloat(a.Where.Near.Lon, 'f', 2, 64)
		page.Drop = without(r.URL, "lat", "lon", web.PageField)
	}
	page.Near, page.Amend = a.at.name, f.Fault("lat") != nil || f.Fault("lon") != nil
	for _, m := range a.at.others {
		page.Others = append(page.Others, web.Link{Href: with(r.URL, fieldWhere, townName(m)), Text: townName(m)})
	}
	switch {
	case !asked:
		page.Title = p.T("coworking.landing.title")
		if page.Landing, err = h.landing(r, p); err != nil {
			return err
		}
	case f.Err() == nil:
		status, err := h.search(r, p, &page, a, f.Raw(web.PageField))
		if err != nil {
			return err
		}
		return h.ui.Render(w, r, max(status, f.Status()), page)
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// search looks for free places and fills the page; it returns the status.
func (h *pages) search(r *http.Request, p *i18n.Printer, page *searchPage, a ask, asked string) (int, error) {
	q := a.Query
	q.Limit = perPage * maxPage
	page.Shown, page.Time, page.Ask = true, p.Span(q.From, q.To), a.values().Encode()
	found, err := h.Search(r.Context(), actor(r), q)
	status := http.StatusOK
	if err != nil {
		if onPage(page.Form, err) {
			page.Shown = false
			return page.Form.Status(), nil
		}
		told, ok := h.refused(p, err, i18n.Rome)
		if !ok {
			return 0, err
		}
		told.Title = "" // nobody has done anything wrong
		told.Links = []web.Link{later(p, r.URL, h.clock.Now())}
		page.Notice, status = &told.Alert, told.Status
	}
	net := h.live.Network()
	times := timeQuery(q.From, q.To, i18n.Rome)
	times.Set(fieldKind, string(q.Kind))
	if q.Count > 1 {
		times.Set(fieldCount, strconv.Itoa(q.Count))
	}
	page.Adding.carry(times)
	part := web.RangeOf(asked, len(found.Hits), perPage)
	for i, hit := range found.Hits[part.From:part.To] {
		c := h.card(p, net, hit.Site, hit.DistanceKm, q, times)
		c.States = []web.State{{Kind: "free", Text: p.T("coworking.free."+string(q.Kind), "count", hit.Free)}}
		c.Go = p.T("coworking.search.choose")
		c.Number = strconv.Itoa(part.From + i + 1)
		page.Cards = append(page.Cards, c)
	}
	if page.Notice == nil {
		page.Found = p.T("coworking.search.found", "count", len(found.Hits))
		page.Pages = part.Links(p, r.URL)
		if len(found.Hits) == 0 {
			page.Found, page.Empty = p.T("coworking.search.none"), nothing(p, r.URL, q)
		}
	}
	if len(found.Hits) == 0 {
		instead := h.Instead(r.Context(), actor(r), q)
		page.Times, page.Places = h.otherTimes(p, instead.Times), h.otherPlaces(p, instead.Places)
		page.Adding.carryAll(page.Times)
		page.Adding.carryAll(page.Places)
	}
	var shown []site.Hit
	if part.Prev == 0 {
		shown = h.besides(p, page, net, found, q, times)
	}
	page.Map = h.resultMap(p, page, found, q, shown)
	return status, nil
}

// besides adds the open houses nearby that have no places free at that time,
// and those that are not open yet, and returns them as they are shown.
func (h *pages) besides(p *i18n.Printer, page *searchPage, net *site.Network, found Found, q Query, times url.Values) (shown []site.Hit) {
	where := q.Where
	if where.Near == nil && where.Province == "" && where.Region == "" {
		page.Rest = &web.Link{Href: "/sedi?tipo=space&stato=works", Text: p.T("coworking.search.works-all")}
		return nil
	}
	free := map[string]bool{}
	for _, hit := range found.Hits {
		free[hit.Site.ID] = true
	}
	where.Kind = site.Space
	shelves := h.catalog().shelves[q.Kind]
	for _, hit := range net.Sites(where) {
		st := hit.Site
		if !q.Needs.met(st) {
			continue
		}
		switch {
		case st.State == site.Open && !free[st.ID] && shelves[st.ID] != nil && len(page.Full) < besides/2 && len(page.Cards) > 0:
			c := h.card(p, net, st, hit.DistanceKm, q, times)
			c.States = []web.State{{Kind: "taken", Text: p.T("coworking.search.full")}}
			c.Go = p.T("coworking.search.other-times")
			page.Full = append(page.Full, c)
		case st.State != site.Open && len(page.Coming) < besides:
			c := h.card(p, net, st, hit.DistanceKm, q, nil)
			c.States = []web.State{siteState(p, st)}
			page.Coming = append(page.Coming, c)
		default:
			continue
		}
		shown = append(shown, hit)
	}
	return shown
}

// otherTimes are alternatives at other times, of which the time matters most.
func (h *pages) otherTimes(p *i18n.Printer, list []Alternative) []choice {
	choices := h.choices(p, list)
	for i := range choices {
		c, a := &choices[i], list[i]
		c.Text = p.Span(a.From, a.To)
		c.Detail = p.T("coworking.instead.at", "site", a.SiteName, "place", h.placeAway(p, a), "names", names(p, a.Names))
	}
	return choices
}

// otherPlaces are alternatives elsewhere, of which the house matters most.
func (h *pages) otherPlaces(p *i18n.Printer, list []Alternative) []choice {
	choices := h.choices(p, list)
	for i := range choices {
		c, a := &choices[i], list[i]
		c.Text = p.T("coworking.instead.house", "site", a.SiteName, "place", h.placeAway(p, a))
		c.Detail = p.Span(a.From, a.To) + " · " + names(p, a.Names)
	}
	return choices
}

// placeAway is where an alternative is, with its distance where that is known.
func (h *pages) placeAway(p *i18n.Printer, a Alternative) string {
	if a.DistanceKm == 0 {
		return a.Municipality
	}
	return p.T("coworking.search.away", "place", a.Municipality, "distance", p.Distance(a.DistanceKm))
}

// nothing says what to do where nothing is free.
func nothing(p *i18n.Printer, u *url.URL, q Query) *web.Empty {
	e := &web.Empty{Title: p.T("coworking.search.try"), Text: p.T("coworking.search.none-text")}
	if q.Where.Near != nil && q.Where.RadiusKm > 0 {
		for i, km := range radii {
			if float64(km) == q.Where.RadiusKm {
				wider := radii[i+1]
				text := p.T("coworking.search.anywhere")
				if wider > 0 {
					text = p.T("coworking.search.within", "km", wider)
				}
				e.Links = append(e.Links, web.Link{Href: with(u, "raggio", strconv.Itoa(wider)), Text: text})
			}
		}
	}
	if q.Count > 1 {
		e.Links = append(e.Links, web.Link{Href: with(u, "posti", "1"), Text: p.T("coworking.search.one-place")})
	}
	e.Links = append(e.Links, later(p, u, q.To.Add(nightfall)))
	return e
}

// nightfall is how long after a time that is full the next one is proposed:
// mostly the next working day.
const nightfall = 6 * time.Hour

// later leads to the same search at the next working time.
func later(p *i18n.Printer, u *url.URL, after time.Time) web.Link {
	from, to := nextWorkingTime(after, i18n.Rome)
	q := u.Query()
	for _, f := range []string{fieldFirst, fieldEnd, fieldLast, web.PageField} {
		q.Del(f)
	}
	for name, value := range timeQuery(from, to, i18n.Rome) {
		q[name] = value
	}
	return web.Link{Href: u.Path + "?" + q.Encode(), Text: p.T("coworking.search.later", "time", p.Span(from, to))}
}

func kindOptions(p *i18n.Printer, kinds []site.ResourceKind) (out []web.Option) {
	for _, k := range kinds {
		out = append(out, web.Option{Value: string(k), Text: p.T("coworking.kind." + string(k))})
	}
	return out
}

func kindValues(kinds []site.ResourceKind) (out []string) {
	for _, k := range kinds {
		out = append(out, string(k))
	}
	return out
}

func radiusValues() (out []string) {
	for _, km := range radii {
		out = append(out, strconv.Itoa(km))
	}
	return out
}

func radiusOptions(p *i18n.Printer) (out []web.Option) {
	for _, km := range radii {
		o := web.Option{Value: strconv.Itoa(km), Text: p.T("coworking.search.km", "km", km)}
		if km == 0 {
			o.Text = p.T("coworking.search.all-italy")
		}
		out = append(out, o)
	}
	return out
}

// with is an address with one parameter set; another search starts on its
// first page.
func with(u *url.URL, name, value string) string {
	q := u.Query()
	q.Del(web.PageField)
	if name == "q" {
		for _, other := range []string{"lat", "lon", "provincia", "regione"} {
			q.Del(other)
		}
	}
	q.Set(name, value)
	return u.Path + "?" + q.Encode()
}

// without is an address without some parameters.
func without(u *url.URL, names ...string) string {
	q := u.Query()
	for name := range q {
		if slices.Contains(names, name) {
			q.Del(name)
		}
	}
	if len(q) == 0 {
		return u.Path
	}
	return u.Path + "?" + q.Encode()
}

func (h *pages) searchRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET /spazi":        h.searchPage,
		"GET /spazi/comuni": h.suggestions,
	}
}
