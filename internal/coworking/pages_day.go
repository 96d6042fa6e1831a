package coworking

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

const (
	dayRoot     = "/gestione/giorno"
	dayRowsPage = 100 // places of a page
	dayArrivals = 8   // next arrivals beside the timeline
)

// DayEntry leads to the day of a house.
var DayEntry = web.Entry{Href: dayRoot, Key: "day.nav"}

// DayPath is the day of a house.
func DayPath(code string, day agenda.Date) string {
	return dayRoot + "?" + url.Values{"sede": {code}, "giorno": {day.String()}}.Encode()
}

// TodayPath is the day of a house on which it is opened.
func TodayPath(code string) string { return dayRoot + "?" + url.Values{"sede": {code}}.Encode() }

func dayCrumb(p *i18n.Printer, st *site.Site) web.Link {
	return web.Link{Href: TodayPath(st.Code), Text: p.T("day.title", "house", st.Name)}
}

// dayPage is a house on a day: its places below each other, the hours across.
type dayPage struct {
	web.Head
	House, Code string
	Form        *form.Form
	Day         string
	Opens       string // its hours
	Today       bool
	Several     bool // the actor has other houses
	Tabs        []web.Link
	Kinds       []web.Option
	FreeLabel   string
	Counts      []dayCount
	Take        bool // may take somebody in
	Close       bool // may close places
	WalkIn      string
	CloseHref   string
	Blocks      string
	Hours       []dayHour
	Columns     string // class that says how many hours there are
	Groups      []dayGroup
	Legend      []dayMark
	Empty       *web.Empty
	Pages       web.Pages
	Arrivals    []arrivalRow
	More        string // of the arrivals
	Reception   string
	Missed      []arrivalRow
	Back        string // this page, after an act
}

func (dayPage) Template() string { return "coworking/day" }

// dayCount is a number with what it counts, and where those are on the page.
type dayCount struct{ State, Text, Href string }

// dayHour heads the four quarter-hours below it.
type dayHour struct{ Text, At string }

// dayGroup is the places of one room.
type dayGroup struct {
	Name string
	Rows []dayRowView
}

// dayRowView is a place with its day.
type dayRowView struct {
	Name, Detail string
	Href         string // to close it; "" for who may not
	Free         string // said where nothing is on it
	Now          string
	Off          []dayMark
	Spans        []dayMark
}

// dayMark is a stretch of a row: where it stands is told by classes, since pages
// have no inline style.
type dayMark struct {
	State, At  string // "q12 w8"
	Time, Word string
	Href       string
	Room       string // class that says how narrow it is
}

func (h *pages) dayPage(w http.ResponseWriter, r *http.Request) error {
	code := r.URL.Query().Get("sede")
	if code == "" {
		return h.chooseDay(w, r)
	}
	st, err := h.live.Network().ByCode(code)
	if err != nil {
		return err
	}
	zone := h.live.Network().Zone(st)
	p, today := h.ui.Printer(r).In(zone), agenda.DateOf(h.clock.Now().In(zone))
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	day := f.Date("giorno", "day.day").Default(today).Value
	kind := site.ResourceKind(f.Choice("tipo", "day.kind", kindValues(h.Kinds(st.ID))...).Value)
	free := f.Bool("liberi", "day.free")
	if day == (agenda.Date{}) {
		day = today
	}
	sheet, err := h.DaySheet(r.Context(), actor(r), code, day)
	if err != nil {
		return err
	}
	page := h.dayFrame(r, p, st, f, day, today)
	page.Counts = dayCounts(p, sheet)
	sheet.Rows = slices.DeleteFunc(sheet.Rows, func(row DayRow) bool { return kind != "" && row.Place.Kind != kind || free && !row.Free })
	h.drawSheet(r, p, &page, sheet, day)
	if err := h.dayPeople(r, p, &page, sheet); err != nil {
		return err
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// dayFrame is the page of a day without what happens on it.
func (h *pages) dayFrame(r *http.Request, p *i18n.Printer, st *site.Site, f *form.Form, day, today agenda.Date) dayPage {
	a, scope := actor(r), identity.Site(st.ID)
	page := dayPage{
		Head:  web.DeskHead(dayRoot, p.T("day.title", "house", st.Name)),
		House: st.Name, Code: st.Code, Form: f, Day: capital(p.Day(day)), Today: day == today,
		Several: len(h.Receptions(a)) > 1, Kinds: append([]web.Option{{Text: p.T("day.all-kinds")}}, kindOptions(p, h.Kinds(st.ID))...),
		Take: a.May(identity.BookingTake, scope), Close: a.May(identity.ClosureWrite, scope),
		WalkIn: walkInPath(st.Code), Blocks: blocksPath(st.Code),
		CloseHref: closePath(url.Values{"sede": {st.Code}, "giorno": {day.String()}}),
		Reception: ReceptionPath(st.Code), Back: DayPath(st.Code, day),
	}
	page.Opens = hoursOn(p, h.live.Network().Opening(st.ID), day)
	page.FreeLabel = p.T("day.free-all-day")
	if page.Today {
		page.FreeLabel = p.T("day.free-now")
	}
	page.Tabs = []web.Link{{Href: DayPath(st.Code, day.AddDays(-1)), Text: p.T("day.before")}, {Href: DayPath(st.Code, day.AddDays(1)), Text: p.T("day.after")}}
	if !page.Today {
		page.Tabs = append(page.Tabs, web.Link{Href: DayPath(st.Code, today), Text: p.T("day.today")})
	}
	return page
}

// dayCounts are the numbers above the rows; each leads to whom it counts.
func dayCounts(p *i18n.Printer, sheet DaySheet) []dayCount {
	counts := []dayCount{
		{"expected", p.T("day.count.expected", "count", sheet.Expected), "#chi-arriva"},
		{"in", p.T("day.count.in", "count", sheet.Present), ""},
		{"over", p.T("day.count.over", "count", sheet.Over), ""},
		{"missed", p.T("day.count.missed", "count", len(sheet.Missed)), ""},
	}
	if len(sheet.Missed) > 0 {
		counts[3].Href = "#assenti"
	}
	return counts
}

// drawSheet draws a page of the rows.
func (h *pages) drawSheet(r *http.Request, p *i18n.Printer, page *dayPage, d DaySheet, day agenda.Date) {
	total := len(d.Rows)
	if total == 0 {
		page.Empty = &web.Empty{Title: p.T("day.none"), Text: p.T("day.none-text"), Links: []web.Link{{Href: DayPath(d.Site.Code, day), Text: p.T("day.show-all")}}}
		return
	}
	shown := web.RangeOf(r.URL.Query().Get(web.PageField), total, dayRowsPage)
	rows := d.Rows[shown.From:shown.To]
	page.Pages = shown.Links(p, r.URL)
	quarters := int(d.To.Sub(d.From) / agenda.Quarter)
	page.Columns = "polis-day-h" + strconv.Itoa((quarters+3)/4)
	for at := d.From; at.Before(d.To); at = at.Add(time.Hour) {
		page.Hours = append(page.Hours, dayHour{at.In(d.Zone).Format("15"), d.place(Interval{at, at.Add(time.Hour)})})
	}
	now := ""
	if t := h.clock.Now(); !t.Before(d.From) && t.Before(d.To) {
		now = d.place(Interval{quarterOf(t), quarterOf(t).Add(agenda.Quarter)})
	}
	off := d.off()
	seen := map[SpanState]bool{}
	var room *site.Room
	for i, row := range rows {
		if i == 0 || row.Room != room {
			room = row.Room
			page.Groups = append(page.Groups, dayGroup{Name: roomName(p, room)})
		}
		v := dayRowView{Name: row.Place.Name, Now: now, Off: off}
		if kind := p.T("coworking.kind." + string(row.Place.Kind)); row.Place.Kind != site.Desk && !strings.Contains(row.Place.Name, kind) {
			v.Detail = kind // most are desks, and some names say it
		}
		if page.Close {
			v.Href = closePath(url.Values{"sede": {d.Site.Code}, "giorno": {day.String()}, "cosa": {closeSome}, "posto": {row.Place.Code}})
		}
		for _, x := range row.Spans {
			seen[x.State] = true
			v.Spans = append(v.Spans, d.mark(p, x))
		}
		if len(row.Spans) == 0 {
			v.Free = p.T("day.row-free")
		}
		g := &page.Groups[len(page.Groups)-1]
		g.Rows = append(g.Rows, v)
	}
	for _, state := range []SpanState{SpanExpected, SpanLate, SpanIn, SpanOver, SpanMissed, SpanHeld, SpanShut} {
		if seen[state] {
			page.Legend = append(page.Legend, dayMark{State: string(state), Word: p.T("day.span." + string(state))})
		}
	}
}

// place says where a time stands among the quarter-hours that are drawn.
func (d *DaySheet) place(i Interval) string {
	return placeIn(d.From, d.To, i)
}

func placeIn(first, last time.Time, i Interval) string {
	if i.From.Before(first) {
		i.From = first
	}
	if i.To.After(last) {
		i.To = last
	}
	from := int(i.From.Sub(first) / agenda.Quarter)
	to := int((i.To.Sub(first) + agenda.Quarter - 1) / agenda.Quarter)
	return inQuarters("at", from) + " " + inQuarters("for", max(to-from, 1))
}

// inQuarters are the classes of so many quarter-hours, whole hours apart: the style
// sheet has one for each hour and one for each quarter.
func inQuarters(name string, n int) string {
	text := name + "-" + strconv.Itoa(n/4)
	if n%4 > 0 {
		text += " " + name + "-q" + strconv.Itoa(n%4)
	}
	return text
}

// off are the times at which the house is not open.
func (d *DaySheet) off() (out []dayMark) {
	at := d.From
	for _, o := range d.Open {
		if at.Before(o.From) {
			out = append(out, dayMark{At: d.place(Interval{at, o.From.Truncate(agenda.Quarter)})})
		}
		at = o.To
	}
	if at.Before(d.To) {
		out = append(out, dayMark{At: d.place(Interval{at.Add(agenda.Quarter - 1).Truncate(agenda.Quarter), d.To})})
	}
	return out
}

// What part of the hours that are drawn a span must take to have room for its
// time, and for its word beside it.
const (
	forTime = 8
	forWord = 5
)

func (d *DaySheet) mark(p *i18n.Printer, x DaySpan) dayMark {
	m := dayMark{
		State: string(x.State), At: d.place(x.Interval), Time: p.Time(x.From) + "–" + endTime(p, x.To),
		Word: p.T("day.span." + string(x.State)),
	}
	switch length, all := x.To.Sub(x.From), d.To.Sub(d.From); {
	case length*forTime < all:
		m.Room = "polis-day-short"
	case length*forWord < all:
		m.Room = "polis-day-mid"
	}
	switch {
	case x.Booking != "":
		m.Href = VisitPath(x.Booking)
	case x.State == SpanShut:
		m.Href = blocksPath(d.Site.Code)
	}
	return m
}

func roomName(p *i18n.Printer, rm *site.Room) string {
	if rm == nil {
		return p.T("day.no-room")
	}
	return p.T("coworking.room.on", "room", rm.Name, "floor", floorName(p, rm.Floor))
}

// dayPeople names who comes next and who did not come.
func (h *pages) dayPeople(r *http.Request, p *i18n.Printer, page *dayPage, d DaySheet) error {
	next := d.Arrivals
	if len(next) > dayArrivals {
		page.More = p.T("day.more-arrivals", "count", len(next)-dayArrivals)
		next = next[:dayArrivals]
	}
	missed := d.Missed
	if len(missed) > arrivalsShown {
		missed = missed[:arrivalsShown]
	}
	all := slices.Concat(next, missed)
	all, err := h.Named(r.Context(), actor(r), d.Site, "day", all, "", len(all))
	if err != nil {
		return err
	}
	for _, a := range all[:len(next)] {
		page.Arrivals = append(page.Arrivals, h.dayPerson(p, a))
	}
	for _, a := range all[len(next):] {
		row := h.dayPerson(p, a)
		row.State, row.Arrive, row.Note = web.State{Kind: "warning", Text: p.T("day.span.missed")}, false, ""
		page.Missed = append(page.Missed, row)
	}
	return nil
}

func (h *pages) dayPerson(p *i18n.Printer, a Arrival) arrivalRow {
	row := h.arrivalRow(p, a)
	row.Name = named(p, row.Name)
	return row
}

// named is a short name; a guest may have said none.
func named(p *i18n.Printer, name string) string {
	if strings.Trim(name, "—") == "" {
		return p.T("day.unnamed")
	}
	return name
}

// chooseDay lists the houses whose day the actor may see; who has one is led to it.
func (h *pages) chooseDay(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).CheckSomewhere(identity.BookingRead); err != nil {
		return err
	}
	page := chooseHousePage{
		Head:   web.DeskHead(dayRoot, h.ui.Printer(r).T("day.choose")),
		Action: dayRoot, Field: "cerca",
	}
	return h.chooseHouse(w, r, page, func(st *site.Site) string { return TodayPath(st.Code) })
}

func (h *pages) dayRoutes() map[string]web.Handler {
	own := func(next web.Handler) web.Handler { // whatever is sent comes back to a page at its own address
		return identity.SignedIn(next, func(r *http.Request) string { return r.URL.Path })
	}
	routes := map[string]web.Handler{"GET " + dayRoot: own(h.dayPage)}
	for _, more := range []map[string]web.Handler{h.visitRoutes(), h.walkInRoutes(), h.closeRoutes()} {
		for pattern, handler := range more {
			routes[pattern] = own(handler)
		}
	}
	return routes
}
