package coworking

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// blocksPage lists the closures of a house.
type blocksPage struct {
	web.Head
	Code  string
	Rows  []blockRow
	Pages web.Pages
	Empty *web.Empty
	Close string // href; "" for who may not
	Back  string
}

func (blocksPage) Template() string { return "coworking/day-blocks" }

type blockRow struct {
	When, What, Reason string
	Href               string // what it affected; "" where nobody looked
	Reopen             string // action; "" for who may not
	State              web.State
}

func (h *pages) blocksPage(w http.ResponseWriter, r *http.Request) error {
	code := r.URL.Query().Get("sede")
	st, list, err := h.Blocks(r.Context(), actor(r), code)
	if err != nil {
		return err
	}
	net := h.live.Network()
	zone, now := net.Zone(st), h.clock.Now()
	p := h.ui.Printer(r).In(zone)
	page := blocksPage{
		Head: web.DeskHead(dayRoot, p.T("day.blocks.title", "house", st.Name), dayCrumb(p, st)),
		Code: st.Code, Back: TodayPath(st.Code),
	}
	may := actor(r).May(identity.ClosureWrite, identity.Site(st.ID))
	if may {
		page.Close = closePath(url.Values{"sede": {st.Code}})
	}
	part := web.RangeOf(r.URL.Query().Get(web.PageField), len(list), blocksShown)
	page.Pages = part.Links(p, r.URL)
	for _, b := range list[part.From:part.To] {
		row := blockRow{What: h.whatIsShut(p, net, b.Units, b.Whole), When: spanText(p, b.Starts.In(zone), b.Ends.In(zone)), Reason: b.Reason, State: web.State{Kind: "pending", Text: p.T("day.blocks.coming")}}
		if !now.Before(b.Starts) {
			row.State = web.State{Kind: "closed", Text: p.T("day.blocks.now")}
		}
		if may && b.Made {
			row.Href = clearingPath(b.ID)
		}
		if may {
			row.Reopen = reopenPath(b.ID)
		}
		page.Rows = append(page.Rows, row)
	}
	if len(page.Rows) == 0 {
		page.Empty = &web.Empty{Title: p.T("day.blocks.none"), Text: p.T("day.blocks.none-text")}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// blocksShown is how many closures one page lists.
const blocksShown = 50

// mostNamed is how many places of a closure are named.
const mostNamed = 6

// whatIsShut names what a closure shuts.
func (h *pages) whatIsShut(p *i18n.Printer, net *site.Network, units []int64, whole bool) string {
	if whole {
		return p.T("day.close.whole")
	}
	var list []string
	for _, o := range units {
		if u, err := net.ByOrdinal(o); err == nil && u.Kind != site.Admission {
			list = append(list, u.Name)
		}
	}
	return someNames(p, list)
}

// someNames are names, or the first of them and how many there are beside.
func someNames(p *i18n.Printer, list []string) string {
	if len(list) > mostNamed {
		return p.T("day.blocks.more", "places", strings.Join(list[:mostNamed], ", "), "count", len(list)-mostNamed)
	}
	return names(p, list)
}

func (h *pages) reopen(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	st, err := h.live.Network().ByCode(f.Raw("sede"))
	if err != nil {
		return err
	}
	err = h.Reopen(r.Context(), actor(r), st.ID, r.PathValue("id"))
	if err != nil && !errs.HasKey(err, "closure.unknown") { // a second tap
		return err
	}
	return h.ui.Done(w, r, blocksPath(st.Code), "day.done.reopened")
}

// clearingPage is how far a closure is with what it affects.
type clearingPage struct {
	web.Head
	Path      string
	Facts     []web.Fact
	Total     int
	Settled   int
	Going     bool
	Progress  string
	Counts    []string
	Left      []clearedRow
	Call      []clearedRow
	Pages     web.Pages
	Day       string
	Blocks    string
	AllIsWell bool // nobody needs to do anything
}

func (clearingPage) Template() string { return "coworking/day-clearing" }

type clearedRow struct {
	Href, Name, When, Places string
	State                    web.State
}

func (h *pages) clearingPage(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Clearing(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	net := h.live.Network()
	st, err := net.Site(c.Site)
	if err != nil {
		return err
	}
	zone := net.Zone(st)
	p := h.ui.Printer(r).In(zone)
	page := clearingPage{
		Head: web.DeskHead(dayRoot, p.T("day.clearing.title", "house", st.Name), web.Link{Href: blocksPath(st.Code), Text: p.T("day.blocks.title", "house", st.Name)}),
		Path: clearingPath(c.ID), Total: len(c.Items), Settled: len(c.Items) - c.Waiting, Going: c.Done.IsZero(),
		Facts: []web.Fact{
			{Name: p.T("day.close.what"), Value: h.whatIsShut(p, net, c.Units, c.Whole)},
			{Name: p.T("coworking.fact.when"), Value: spanText(p, c.Starts.In(zone), c.Ends.In(zone))},
			{Name: p.T("day.reason"), Value: c.Reason},
		},
		Day: DayPath(st.Code, agenda.DateOf(c.Starts.In(zone))), Blocks: blocksPath(st.Code),
	}
	page.Progress = p.T("day.clearing.progress", "n", page.Settled, "total", page.Total)
	page.Counts = []string{
		p.T("day.clearing.moved", "count", c.Moved), p.T("day.clearing.cancelled", "count", c.Cancelled), p.T("day.clearing.left", "count", len(c.Left)),
	}
	all := web.RangeOf(r.URL.Query().Get(web.PageField), max(len(c.Left), len(c.Call)), clearedShown)
	page.Pages = all.Links(p, r.URL)
	on := func(list []AffectedBooking) []AffectedBooking {
		return list[min(all.From, len(list)):min(all.To, len(list))]
	}
	left := on(c.Left)
	shown := slices.Concat(left, on(c.Call))
	if err := h.nameThem(r.Context(), actor(r), st, shown); err != nil {
		return err
	}
	page.Left, page.Call = h.clearedRows(p, shown[:len(left)], c.Site), h.clearedRows(p, shown[len(left):], c.Site)
	page.AllIsWell = !page.Going && len(c.Left)+len(c.Call) == 0
	return h.ui.Render(w, r, http.StatusOK, page)
}

// clearedShown is how many bookings of each list are on a page.
const clearedShown = 100

// clearedRows say where bookings are now; siteID is the house that closes.
func (h *pages) clearedRows(p *i18n.Printer, list []AffectedBooking, siteID string) (out []clearedRow) {
	for _, x := range list {
		row := clearedRow{Href: VisitPath(x.ID), Name: named(p, x.Name), State: h.visitState(p, x.Booking.Booking)}
		var places []string
		for _, part := range x.Places {
			if part.Site.ID != siteID {
				places = append(places, part.Site.Name)
			}
			places = append(places, namesOf(part)...)
		}
		if row.Places = names(p, places); len(x.Places) > 0 {
			zone := x.Places[0].Zone
			row.When = p.Span(x.Starts.In(zone), x.Ends.In(zone))
		}
		out = append(out, row)
	}
	return out
}

// spanText is the time of a closure: whole days without hours, and midnight as
// the end of its day.
func spanText(p *i18n.Printer, from, to time.Time) string {
	first, last := agenda.DateOf(from), agenda.DateOf(to.Add(-1))
	whole := clockOf(from) == 0 && clockOf(to) == 0
	switch {
	case whole && first == last:
		return p.T("day.span-text.day", "day", p.Day(first))
	case whole:
		return p.T("day.span-text.days", "from", p.Day(first), "to", p.Day(last))
	case first == last:
		return p.T("day.span-text.hours", "day", p.Day(first), "from", p.Time(from), "to", endTime(p, to))
	}
	return p.Span(from, to)
}
