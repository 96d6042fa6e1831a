package coworking

import (
	"fmt"
	"math"
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
	"polis/internal/site"
	"polis/internal/territory"
)

const (
	perPage     = 12
	maxPage     = 100
	usualRadius = 50
	besides     = 6 // houses shown besides those that have places free
)

// radii are how far around a point one can search, in km; 0 is anywhere.
var radii = []int{10, 25, 50, 100, 0}

// searchPage is the page on which people look for a place.
type searchPage struct {
	web.Head
	Form   *form.Form
	When   when
	Kinds  []web.Option
	Radii  []web.Option
	Point  string     // the point searched around, where nothing was typed
	Amend  bool       // whether that point is to be corrected
	Drop   string     // href without that point
	Near   string     // "Gavirate (VA)", "Lombardia"; empty for the whole country
	Others []web.Link // other places of the same name
	Notice *web.Alert // why nothing can be booked at that time
	Shown  bool       // whether there was a search
	Found  string     // heading of the results
	Time   string     // the time searched, in words
	Cards  []spaceCard
	Pages  web.Pages
	Empty  *web.Empty
	Full   []spaceCard
	Coming []spaceCard
	Rest   *web.Link // all houses that are not open yet
}

func (searchPage) Template() string { return "coworking/search" }

// spaceCard is a house in a list.
type spaceCard struct {
	web.Card
	Go string // text that invites to go on
}

// somewhere is where somebody searches.
type somewhere struct {
	name   string
	filter site.Filter
	others []territory.Municipality
}

func (h *pages) searchPage(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	net, now := h.live.Network(), h.clock.Now()
	page := searchPage{
		Head: web.Head{Title: p.T("coworking.search.title"), Description: p.T("coworking.search.description"), Section: "/spazi"},
		Form: f, Kinds: kindOptions(p, site.Bookable), Radii: radiusOptions(p),
	}
	f.String("q", "coworking.search.where").Max(100)
	at := h.readPlace(p, f, net)
	radius := f.Choice("raggio", "coworking.search.radius", radiusValues()...).Default(strconv.Itoa(usualRadius))
	if at.filter.Near != nil {
		at.filter.RadiusKm, _ = strconv.ParseFloat(radius.Value, 64)
	}
	kind := f.Choice("tipo", "coworking.search.kind", kindValues(site.Bookable)...).Default(string(site.Desk))
	count := f.Int("posti", "coworking.search.count").Default(1).Between(1, maxCount)
	number := between(f.Raw("pagina"), 1, maxPage)
	from, to := nextWorkingTime(now, i18n.Rome)
	page.When = readWhen(p, f, i18n.Rome, from, to)
	page.When.SeveralOK = page.When.SeveralOK || kind.Value != string(site.Desk) && kind.Value != string(site.Meeting)
	if f.Raw("q") == "" && at.filter.Near != nil {
		page.Point = fmt.Sprintf("%.2f, %.2f", at.filter.Near.Lat, at.filter.Near.Lon)
		page.Drop = without(r.URL, "lat", "lon", "pagina")
	}
	page.Near, page.Amend = at.name, f.Fault("lat") != nil || f.Fault("lon") != nil
	for _, m := range at.others {
		page.Others = append(page.Others, web.Link{Href: with(r.URL, "q", townName(m)), Text: townName(m)})
	}
	if f.Err() != nil {
		return h.ui.Render(w, r, f.Status(), page)
	}
	q := Query{
		Where: at.filter, Kind: site.ResourceKind(kind.Value), From: page.When.From, To: page.When.To,
		Count: count.Value, Limit: perPage * maxPage,
	}
	status, err := h.search(r, p, &page, q, number)
	if err != nil {
		return err
	}
	return h.ui.Render(w, r, max(status, f.Status()), page)
}

// search looks for free places and fills the page; it returns the status.
func (h *pages) search(r *http.Request, p *i18n.Printer, page *searchPage, q Query, number int) (int, error) {
	page.Shown = true
	page.Time = p.Span(q.From, q.To)
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
	times.Set("tipo", string(q.Kind))
	if q.Count > 1 {
		times.Set("posti", strconv.Itoa(q.Count))
	}
	first := min((number-1)*perPage, len(found.Hits))
	last := min(first+perPage, len(found.Hits))
	for _, hit := range found.Hits[first:last] {
		c := h.card(p, net, hit.Site, hit.DistanceKm, q, times)
		c.States = []web.State{{Kind: "free", Text: p.T("coworking.free."+string(q.Kind), "count", hit.Free)}}
		c.Go = p.T("coworking.search.choose")
		page.Cards = append(page.Cards, c)
	}
	if page.Notice == nil {
		page.Found = p.T("coworking.search.found", "count", len(found.Hits))
		page.Pages = pagesOf(p, r.URL, first, last, len(found.Hits), number)
		if len(found.Hits) == 0 {
			page.Found, page.Empty = p.T("coworking.search.none"), nothing(p, r.URL, q)
		}
	}
	if number == 1 {
		h.besides(p, page, net, found, q, times)
	}
	return status, nil
}

// card is a house with what one wants to know before going.
func (h *pages) card(p *i18n.Printer, net *site.Network, st *site.Site, km float64, q Query, times url.Values) spaceCard {
	c := spaceCard{Card: web.Card{Title: st.Name, Kicker: net.Place(st), Href: spacePath(st, times)}}
	if q.Where.Near != nil {
		c.Kicker = p.T("coworking.search.away", "place", net.Place(st), "distance", p.Distance(km))
	}
	day := agenda.DateOf(q.From.In(net.Zone(st)))
	c.Facts = []web.Fact{{Name: p.T("coworking.fact.address"), Value: st.Address, Icon: "it-pin"}}
	if st.State == site.Open {
		c.Facts = append(c.Facts, web.Fact{Name: h.hoursLabel(p, net, st, day), Value: hoursOn(p, net.Opening(st.ID), day), Icon: "it-clock"})
	}
	if day := opensOn(p, st); day != "" {
		c.Facts = append(c.Facts, web.Fact{Name: p.T("coworking.fact.opens"), Value: day, Icon: "it-calendar"})
	}
	if st.Size != "" {
		c.Facts = append(c.Facts, web.Fact{Name: p.T("coworking.fact.size"), Value: p.T("coworking.size." + string(st.Size)), Icon: "it-fullscreen"})
	}
	return c
}

// hoursLabel says of which day hours are.
func (h *pages) hoursLabel(p *i18n.Printer, net *site.Network, st *site.Site, day agenda.Date) string {
	if day == agenda.DateOf(h.clock.Now().In(net.Zone(st))) {
		return p.T("coworking.fact.today")
	}
	return p.T("coworking.fact.hours-on", "day", p.Weekday(day.Weekday()))
}

// hoursOn are the hours of a house on a day: "08:00–20:00".
func hoursOn(p *i18n.Printer, o *agenda.Opening, day agenda.Date) string {
	var parts []string
	for _, i := range o.On(day) {
		if i.Elapsed() >= 23*time.Hour {
			return p.T("site.hours.all-day")
		}
		parts = append(parts, i.From.Format("15:04")+"–"+i.To.Format("15:04"))
	}
	if len(parts) == 0 {
		return p.T("site.hours.closed")
	}
	return strings.Join(parts, ", ")
}

// besides adds the open houses nearby that have no places free at that time,
// and those that are not open yet.
func (h *pages) besides(p *i18n.Printer, page *searchPage, net *site.Network, found Found, q Query, times url.Values) {
	where := q.Where
	if where.Near == nil && where.Province == "" && where.Region == "" {
		page.Rest = &web.Link{Href: "/sedi?tipo=space&stato=works", Text: p.T("coworking.search.works-all")}
		return
	}
	free := map[string]bool{}
	for _, hit := range found.Hits {
		free[hit.Site.ID] = true
	}
	where.Kind = site.Space
	shelves := h.catalog().shelves[q.Kind]
	for _, hit := range net.Sites(where) {
		st := hit.Site
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
		}
	}
}

// siteState is how far a house is that cannot be used yet, or now.
func siteState(p *i18n.Printer, st *site.Site) web.State {
	s := web.State{Kind: "works", Text: p.T("coworking.state." + string(st.State))}
	switch st.State {
	case site.Open:
		s.Kind = "free"
	case site.Suspended:
		s.Kind = "closed"
	case site.Planned:
		s.Kind = "pending"
	}
	return s
}

// opensOn is when a house that is not open yet is expected to open; empty where
// nobody has said so.
func opensOn(p *i18n.Printer, st *site.Site) string {
	day, err := agenda.ParseDate(st.OpensOn)
	if err != nil || st.State == site.Open {
		return ""
	}
	return p.DateShort(noonOf(day))
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
	for _, f := range []string{fieldFirst, fieldEnd, fieldLast, "pagina"} {
		q.Del(f)
	}
	for name, value := range timeQuery(from, to, i18n.Rome) {
		q[name] = value
	}
	return web.Link{Href: u.Path + "?" + q.Encode(), Text: p.T("coworking.search.later", "time", p.Span(from, to))}
}

// readPlace understands where somebody wants to go: a municipality, a province
// or a region as typed, or a point of the address. Nothing is the whole country.
func (h *pages) readPlace(p *i18n.Printer, f *form.Form, net *site.Network) somewhere {
	terr := net.Territory()
	if f.Raw("q") == "" {
		if province, ok := terr.Province(f.Raw("provincia")); ok {
			f.Set("q", p.T("coworking.search.province-of", "province", province.Name))
		} else if region, ok := terr.Region(f.Raw("regione")); ok {
			f.Set("q", region)
		}
	}
	if q := strings.TrimSpace(f.Raw("q")); q != "" {
		at, ok := findPlace(terr, q)
		if !ok {
			f.Add(errs.New(errs.Invalid, "coworking.search.unknown-place", nil).On("q"))
		}
		return at
	}
	lat := f.Decimal("lat", "coworking.search.latitude").Between(-90, 90)
	lon := f.Decimal("lon", "coworking.search.longitude").Between(-180, 180)
	if !lat.Given() || !lon.Given() || f.Fault("lat") != nil || f.Fault("lon") != nil {
		return somewhere{}
	}
	return somewhere{name: p.T("coworking.search.here"), filter: site.Filter{Near: &site.Point{Lat: round2(lat.Value), Lon: round2(lon.Value)}}}
}

// between is a number of an address within bounds; the lower one where it is
// no number.
func between(text string, low, high int) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return low
	}
	return min(max(n, low), high)
}

// round2 keeps a kilometre: nobody's door stands in the address.
func round2(degrees float64) float64 { return math.Round(degrees*100) / 100 }

// provinceWords are what people write before the name of a province.
var provinceWords = []string{"provincia di ", "provincia del ", "provincia dell ", "provincia della ", "prov ", "province of ", "provincia "}

func findPlace(terr *territory.Table, q string) (somewhere, bool) {
	folded := territory.Fold(q)
	if len(q) > 200 || folded == "" {
		return somewhere{}, false
	}
	for _, word := range provinceWords {
		if name, ok := strings.CutPrefix(folded, word); ok {
			if province, ok := terr.Province(name); ok {
				return somewhere{name: province.Name, filter: site.Filter{Province: province.Code}}, true
			}
		}
	}
	if region, ok := terr.Region(q); ok {
		return somewhere{name: region, filter: site.Filter{Region: region}}, true
	}
	if len(q) == 2 && q == strings.ToUpper(q) {
		if province, ok := terr.Province(q); ok {
			return somewhere{name: province.Name, filter: site.Filter{Province: province.Code}}, true
		}
	}
	found := terr.Search(q, besides)
	if len(found) == 0 {
		if province, ok := terr.Province(q); ok {
			return somewhere{name: province.Name, filter: site.Filter{Province: province.Code}}, true
		}
		return somewhere{}, false
	}
	m := found[0]
	at := somewhere{name: townName(m), filter: site.Filter{Near: &site.Point{Lat: m.Lat, Lon: m.Lon}}}
	if territory.Fold(townName(m)) == folded {
		return at, true
	}
	exact := territory.Fold(m.Name) == folded
	for _, other := range found[1:] {
		if !exact || territory.Fold(other.Name) == folded {
			at.others = append(at.others, other)
		}
	}
	return at, true
}

// townName is a municipality as people write it: "Gavirate (VA)".
func townName(m territory.Municipality) string { return m.Name + " (" + m.Province + ")" }

// suggestions answers the box "where" while somebody types.
func (h *pages) suggestions(w http.ResponseWriter, r *http.Request) error {
	p, terr := h.ui.Printer(r), h.live.Network().Territory()
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	var options []web.Option
	if folded := territory.Fold(q); len([]rune(folded)) >= 2 && len(q) <= 100 {
		for _, region := range terr.Regions() {
			if strings.HasPrefix(territory.Fold(region), folded) {
				options = append(options, web.Option{Value: region, Text: p.T("coworking.search.region")})
			}
		}
		for _, m := range terr.Search(q, 8) {
			options = append(options, web.Option{Value: townName(m), Text: m.ProvinceName + ", " + m.Region})
		}
		if province, ok := terr.Province(q); ok {
			options = append(options, web.Option{Value: p.T("coworking.search.province-of", "province", province.Name), Text: province.Region})
		}
	}
	return h.ui.Suggestions(w, r, options)
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

// pagesOf leads through a list of total, of which first to last are shown.
func pagesOf(p *i18n.Printer, u *url.URL, first, last, total, number int) web.Pages {
	out := web.Pages{Text: p.T("coworking.pages", "from", first+1, "to", last, "total", total)}
	if number > 1 {
		out.Prev = with(u, "pagina", strconv.Itoa(number-1))
	}
	if last < total {
		out.Next = with(u, "pagina", strconv.Itoa(number+1))
	}
	return out
}

// with is an address with one parameter set; another search starts on its
// first page.
func with(u *url.URL, name, value string) string {
	q := u.Query()
	if name != "pagina" {
		q.Del("pagina")
	}
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

// noonOf is a civil day as an instant that falls on it in Italy.
func noonOf(d agenda.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, i18n.Rome)
}

func (h *pages) searchRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET /spazi":        h.searchPage,
		"GET /spazi/comuni": h.suggestions,
	}
}
