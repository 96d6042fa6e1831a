package manage

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/reserve"
	"polis/internal/site"
)

// affectedShown are affected bookings as a page lists them.
type affectedShown struct {
	Title string
	Rows  []affectedRow
	Keep  string // the value of the box
	Label string // its words
	Range web.Range
	Text  string // "1–25 di 160"
}

// affectedRow is one of them.
type affectedRow struct {
	When, Places, People, Why string
	Day                       string // href of the day on which it can be moved
}

// affectedPerPage is how many of them a page lists.
const affectedPerPage = 25

func (h *pages) affectedShown(r *http.Request, affected Affected, f *form.Form) *affectedShown {
	net := h.Live.Network()
	st, err := net.Site(affected.Site)
	if err != nil {
		return nil // it was there a moment ago
	}
	p := h.ui.Printer(r).In(net.Zone(st))
	n := len(affected.Bookings)
	shown := &affectedShown{
		Title: p.T("manage.affected", "count", n), Keep: strconv.FormatInt(clock.Micros(affected.At), 10),
		Label: p.T("manage.affected.keep", "count", n),
	}
	shown.Range = web.RangeOf(f.Raw(web.PageField), n, affectedPerPage)
	shown.Text = shown.Range.Text(p)
	for i := shown.Range.From; i < shown.Range.To; i++ {
		shown.Rows = append(shown.Rows, h.affectedRowOf(p, net, st, &affected.Bookings[i]))
	}
	return shown
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

func (h *pages) affectedRowOf(p *i18n.Printer, net *site.Network, st *site.Site, x *AffectedBooking) affectedRow {
	row := affectedRow{Why: p.T("manage.affected.why." + string(x.Why))}
	var times, places []string
	people := 0
	for _, part := range x.In(st.ID) {
		if row.Day == "" {
			row.Day = h.Links.Day(st.Code, agenda.DateOf(part.From.In(p.Zone)))
		}
		times = append(times, p.Span(part.From, part.To))
		names, seats := placesOf(p, net, part)
		places, people = append(places, names...), people+seats
	}
	slices.Sort(places)
	row.When, row.Places = strings.Join(times, "; "), strings.Join(slices.Compact(places), ", ")
	row.People = p.T("manage.affected.people", "count", people)
	return row
}

// placesOf are the names of the places of a part, and how many people they are
// for.
func placesOf(p *i18n.Printer, net *site.Network, part reserve.Part) (names []string, people int) {
	for _, u := range part.Units {
		res, err := net.ByOrdinal(u)
		if err != nil {
			continue
		}
		name := res.Name
		if name == "" {
			name = p.T(res.Kind.Label(), "count", 1) + " " + res.Code
		}
		names, people = append(names, name), people+max(res.Seats, 1)
	}
	return names, people
}

func unsettledPath(code string) string { return housePath(code) + "/da-sistemare" }

// unsettledPage lists the coming bookings of a house that do not stand as it is
// now: somebody let them stay when it was changed.
type unsettledPage struct {
	houseHead
	Affected *affectedShown
	Pages    web.Pages
	Empty    *web.Empty
}

func (unsettledPage) Template() string { return "manage/unsettled" }

func (h *pages) unsettledPage(w http.ResponseWriter, r *http.Request) error {
	st, _, err := h.house(r, "hours")
	if err != nil {
		return err
	}
	list, err := h.Unsettled(r.Context(), st.ID)
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	page := unsettledPage{houseHead: h.houseHeadOf(p, st, "")}
	page.Title = p.T("manage.house.title", "house", st.Name, "tab", p.T("manage.unsettled.title"))
	if len(list) == 0 {
		page.Empty = &web.Empty{Title: p.T("manage.unsettled.none"), Links: []web.Link{link(housePath(st.Code), p.T("manage.unsettled.back"))}}
		return h.ui.Render(w, r, http.StatusOK, page)
	}
	asked := form.Of(r.URL.Query())
	page.Affected = h.affectedShown(r, Affected{Site: st.ID, Bookings: list}, asked)
	page.Affected.Title = p.T("manage.unsettled", "count", len(list))
	page.Pages = page.Affected.Range.Links(p, r.URL)
	return h.ui.Render(w, r, http.StatusOK, page)
}

// unsettledAlert says that there are such bookings; nil where there are none.
func (h *pages) unsettledAlert(r *http.Request, st *site.Site) (*web.Alert, error) {
	list, err := h.Unsettled(r.Context(), st.ID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	p := h.ui.Printer(r)
	return &web.Alert{
		Tone: web.Warning, Text: p.T("manage.unsettled", "count", len(list)),
		Links: []web.Link{link(unsettledPath(st.Code), p.T("manage.unsettled.see"))},
	}, nil
}

// link is a web.Link.
func link(href, text string) web.Link { return web.Link{Href: href, Text: text} }
