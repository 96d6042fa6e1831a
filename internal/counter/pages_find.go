package counter

import (
	"context"
	"database/sql"
	"net/http"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter/catalog"
	"polis/internal/platform/db"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// perPage is how many offices a page lists; mostLooked how many are looked at to
// find those with a service.
const (
	perPage    = 12
	mostLooked = 600
)

// findPage finds an office.
type findPage struct {
	web.Head
	Form     *form.Form
	Services []web.Option
	Found    string
	Cards    []web.Card
	Empty    *web.Empty
	Pages    web.Pages
}

func (findPage) Template() string { return "counter/find" }

func (h *pages) offices(w http.ResponseWriter, r *http.Request) error {
	p, net := h.ui.Printer(r), h.Live.Network()
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	page := findPage{
		Head: web.Head{Title: p.T("counter.find.title"), Description: p.T("counter.find.lead"), Section: Root}, Form: f,
		Services: serviceOptions(p),
	}
	query := f.String("q", "counter.find.where").Max(100).Value
	ids := make([]string, 0, len(page.Services))
	for _, o := range page.Services {
		ids = append(ids, o.Value)
	}
	service := f.Choice("servizio", "counter.find.service", ids...).Value
	if f.Err() != nil || query == "" && service == "" {
		return h.ui.Render(w, r, f.Status(), page)
	}
	hits, town := near(net, query)
	if len(hits) == 0 {
		page.Empty = &web.Empty{Title: p.T("counter.find.none"), Text: p.T("counter.find.none-text")}
		return h.ui.Render(w, r, http.StatusOK, page)
	}
	if service != "" {
		if hits, err = h.having(r.Context(), hits, service); err != nil {
			return err
		}
		if len(hits) == 0 {
			page.Empty = &web.Empty{Title: p.T("counter.find.nowhere"), Text: p.T("counter.find.nowhere-text")}
			return h.ui.Render(w, r, http.StatusOK, page)
		}
	}
	page.Found = p.T("counter.find.found", "count", len(hits))
	if town != "" {
		page.Found = p.T("counter.find.near", "place", town)
	}
	part := web.RangeOf(r.URL.Query().Get(web.PageField), len(hits), perPage)
	page.Pages = part.Links(p, r.URL)
	waiting, err := h.waitingNow(r.Context())
	if err != nil {
		return err
	}
	for _, hit := range hits[part.From:part.To] {
		page.Cards = append(page.Cards, h.card(p, hit, waiting[hit.Site.ID], service))
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// near are the offices at a place: those of a municipality of the name and then
// those nearest to it; else those with the words in their name or address.
func near(net *site.Network, query string) (hits []site.Hit, town string) {
	query = strings.TrimSpace(query)
	name := query
	if i := strings.IndexByte(name, '('); i > 0 { // "Gavirate (VA)"
		name = strings.TrimSpace(name[:i])
	}
	if found := net.Territory().Search(name, 1); query != "" && len(found) > 0 {
		m := found[0]
		town = m.Name + " (" + m.Province + ")"
		return net.Sites(site.Filter{Kind: site.Office, Near: &site.Point{Lat: m.Lat, Lon: m.Lon}, RadiusKm: 60}), town
	}
	return net.Sites(site.Filter{Kind: site.Office, Query: query}), ""
}

func serviceOptions(p *i18n.Printer) []web.Option {
	list := []web.Option{{Text: p.T("counter.find.any")}}
	for _, sv := range catalog.All() {
		list = append(list, web.Option{Value: sv.ID, Text: sv.In(string(p.Lang)).Name})
	}
	return list
}

var offersOf = db.Q("counter.offers-of", `SELECT office, state, since, reason FROM office_service WHERE service = $1`)

// having are those of some offices in which a service is active today, the first of
// them looked at.
func (s *Service) having(ctx context.Context, hits []site.Hit, service string) (list []site.Hit, err error) {
	sv, ok := catalog.Find(service)
	if !ok {
		return nil, nil
	}
	written := map[string]Offer{}
	err = db.Each(ctx, s.DB, offersOf, func(rows *sql.Rows) error {
		var office, since string
		o := Offer{Service: sv}
		if err := rows.Scan(&office, &o.State, &since, &o.Reason); err != nil {
			return err
		}
		o.Since, _ = agenda.ParseDate(since)
		written[office] = o
		return nil
	}, service)
	now := s.Clock.Now()
	for _, hit := range hits[:min(len(hits), mostLooked)] {
		o := written[hit.Site.ID]
		o.Service = sv
		if o.judge(hit.Site, s.plainDesks(hit.Site.ID), s.today(hit.Site, now)); o.Active {
			list = append(list, hit)
		}
	}
	return list, err
}

var countWaiting = db.Q("counter.waiting-now", `
	SELECT office, COUNT(*) FROM ticket WHERE state = 'waiting' AND taken > $1 GROUP BY office`)

// waitingNow counts who waits, by office.
func (s *Service) waitingNow(ctx context.Context) (map[string]int, error) {
	n := map[string]int{}
	return n, db.Each(ctx, s.DB, countWaiting, func(rows *sql.Rows) error {
		var office string
		var count int
		err := rows.Scan(&office, &count)
		n[office] = count
		return err
	}, micros(s.Clock.Now().Add(-14*time.Hour)))
}

// card shows an office in a list.
func (h *pages) card(p *i18n.Printer, hit site.Hit, waiting int, service string) web.Card {
	st, now := hit.Site, h.Clock.Now()
	href := OfficePath(st)
	if service != "" {
		href += "#" + service
	}
	c := web.Card{Title: st.Name, Href: href, Kicker: h.Live.Network().Place(st), Facts: []web.Fact{{Name: p.T("counter.find.address"), Value: st.Address, Icon: "it-pin"}}}
	if hit.DistanceKm >= 1 {
		c.Facts = append(c.Facts, web.Fact{Name: p.T("counter.find.distance"), Value: p.Distance(hit.DistanceKm), Icon: "it-map-marker"})
	}
	c.States = []web.State{h.openState(p, st, now)}
	if h.open(st, now) {
		c.Facts = append(c.Facts, web.Fact{Name: p.T("counter.find.waiting"), Value: p.T("counter.waiting", "count", waiting), Icon: "it-clock"})
	}
	return c
}

// openState says whether an office is open, until when, or when next.
func (h *pages) openState(p *i18n.Printer, st *site.Site, now time.Time) web.State {
	in := p.In(h.Live.Network().Zone(st))
	if st.State != site.Open {
		return web.State{Kind: "works", Text: p.T("counter.open.not-yet")}
	}
	if i, ok := h.hours(st, now); ok {
		return web.State{Kind: "free", Text: in.T("counter.open.until", "time", in.Time(i.To))}
	}
	today := h.today(st, now)
	for n := range 8 {
		for _, i := range h.Live.Network().Opening(st.ID).On(today.AddDays(n)) {
			if i.From.After(now) {
				if n == 0 {
					return web.State{Kind: "closed", Text: in.T("counter.open.today", "time", in.Time(i.From))}
				}
				return web.State{Kind: "closed", Text: in.T("counter.open.next", "day", in.Weekday(today.AddDays(n).Weekday()), "time", in.Time(i.From))}
			}
		}
	}
	return web.State{Kind: "closed", Text: p.T("counter.open.closed")}
}
