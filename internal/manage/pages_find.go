package manage

import (
	"net/http"

	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/reserve"
)

// FindPath is where the desk's search is sent.
const FindPath = Root + "/cerca"

// FindEntry leads to it.
var FindEntry = web.Entry{Href: FindPath, Key: "manage.nav.find"}

// findPage looks for a booking, a report, a house or a place. What was typed
// does not stand in the address: it may be somebody's.
type findPage struct {
	web.Head
	Form   *form.Form
	Found  string
	Groups []findGroup
	Empty  *web.Empty
	More   bool
}

func (findPage) Template() string { return "manage/find" }

type findGroup struct {
	Title string
	Rows  []findRow
}

type findRow struct {
	web.Link
	Detail string
	State  *web.State
}

func (h *pages) findPage(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).CheckSomewhere(identity.BookingRead); err != nil {
		return err
	}
	f := form.Of(nil)
	f.String("cerca", "manage.find.what")
	return h.ui.Render(w, r, http.StatusOK, findPage{Head: h.findHead(r), Form: f})
}

func (h *pages) findHead(r *http.Request) web.Head {
	return web.DeskHead(FindPath, h.ui.Printer(r).T("manage.find.title"))
}

func (h *pages) find(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).CheckSomewhere(identity.BookingRead); err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	page := findPage{Head: h.findHead(r), Form: f}
	what := f.String("cerca", "manage.find.what").Required().Max(100).Value
	if f.Err() != nil {
		return h.ui.Render(w, r, f.Status(), page)
	}
	found, err := h.Find(r.Context(), actor(r), what)
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	page.Groups = h.groups(p, actor(r), found)
	if found.Len() == 1 { // and nothing to choose
		return web.Redirect(w, r, page.Groups[0].Rows[0].Href)
	}
	page.More = found.More
	if page.Found = p.T("manage.find.found", "count", found.Len()); found.Len() == 0 {
		page.Empty = &web.Empty{Title: p.T("manage.find.none"), Text: p.T("manage.find.none-text")}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// groups are what was found, by what it is.
func (h *pages) groups(p *i18n.Printer, a identity.Actor, f Finds) (list []findGroup) {
	net := h.Live.Network()
	add := func(key string, rows []findRow) {
		if len(rows) > 0 {
			list = append(list, findGroup{p.T(key), rows})
		}
	}
	var rows []findRow
	for _, b := range f.Bookings {
		row := findRow{Link: web.Link{Href: h.Links.Booking(b.ID), Text: reserve.Reference(b.ID)}}
		for _, part := range b.Parts {
			if st, err := net.Site(part.Site); err == nil && len(part.Units)+len(part.Missed) > 0 {
				zone := net.Zone(st)
				row.Detail = p.T("manage.find.booking", "house", st.Name, "time", p.Span(part.From.In(zone), part.To.In(zone)))
				break
			}
		}
		rows = append(rows, row)
	}
	add("manage.find.bookings", rows)
	if f.Report.Href != "" {
		add("manage.find.reports", []findRow{{Link: f.Report}})
	}
	rows = nil
	for _, st := range f.Houses {
		href := h.Links.Reception(st.Code)
		if a.May(identity.SiteWrite, identity.Site(st.ID)) {
			href = housePath(st.Code)
		}
		rows = append(rows, findRow{
			Link: web.Link{Href: href, Text: st.Name}, Detail: net.Place(st), State: &web.State{Kind: stateKind[st.State], Text: p.T(st.State.Label())},
		})
	}
	add("manage.find.houses", rows)
	rows = nil
	for _, x := range f.Places {
		rows = append(rows, findRow{
			Link:   web.Link{Href: h.Links.Place(x.Site.Code, x.Place.Code), Text: x.Place.Name},
			Detail: p.T("manage.find.place", "kind", p.T(x.Place.Kind.Label(), "count", 1), "house", x.Site.Name),
		})
	}
	add("manage.find.places", rows)
	return list
}

func (h *pages) findRoutes() map[string]web.Handler {
	return map[string]web.Handler{"GET " + FindPath: h.findPage, "POST " + FindPath: h.find}
}
