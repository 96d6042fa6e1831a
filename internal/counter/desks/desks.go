// Package desks is where an office's counter is managed: what each desk is doing,
// which services the office has and since when, who works at which desk with which
// skills and permissions, when a desk is closed and what becomes of its
// appointments, and how long people waited.
package desks

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/counter/forecast"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// Pages are the templates, Words the texts in Italian and English.
var (
	//go:embed pages/*.gohtml
	Pages embed.FS
	//go:embed words/*.json
	Words embed.FS
)

// Root is where who manages counters begins.
const Root = "/gestione/sportelli"

// Entry leads there.
var Entry = web.Entry{Href: Root, Key: "desks.nav"}

// Path is the counter of an office.
func Path(office string) string { return Root + "/" + url.PathEscape(office) }

// Fate is what becomes of an appointment when its desk is closed.
type Fate struct {
	From    time.Time
	Service string // id
	Desk    int    // that takes it at the same time; 0 none can
	Next    []time.Time
}

// Options are what the pages work with.
type Options struct {
	Counter  *counter.Service
	People   *identity.People
	Access   *identity.Access
	Forecast *forecast.Book
	// Houses are the offices at which the actor may see how they work.
	Houses func(actor identity.Actor) []*site.Site
	// Console is the desk of who serves, Staff where roles at an office are given.
	Console func(office string, n int) string
	Staff   func(office string) string
	// IfClosed tells what would become of the appointments of a desk, and Settle does
	// it in the transaction that closes the desk. They are nil where nobody books.
	IfClosed func(ctx context.Context, actor identity.Actor, office string, x counter.Closure) ([]Fate, error)
	Settle   func(ctx context.Context, tx *db.Tx, office string, x counter.Closure) error
}

type pages struct {
	Options
	ui *web.Renderer
}

// RegisterPages adds the pages to a mux. They stand behind Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, o Options) error {
	if err := ui.Add("desks", Pages); err != nil {
		return err
	}
	h := &pages{Options: o, ui: ui}
	const office = Root + "/{office}"
	for pattern, handler := range map[string]web.Handler{
		"GET " + Root:                           h.choose,
		"GET " + office:                         h.today,
		"GET " + office + "/servizi":            h.services,
		"GET " + office + "/servizi/{service}":  h.showService,
		"POST " + office + "/servizi/{service}": h.service,
		"GET " + office + "/persone":            h.staff,
		"GET " + office + "/persone/{person}":   h.showPerson,
		"POST " + office + "/persone/{person}":  h.person,
		"GET " + office + "/turni/{n}":          h.showWeek,
		"POST " + office + "/turni/{n}":         h.week,
		"GET " + office + "/chiudi/{n}":         h.showClose,
		"POST " + office + "/chiudi/{n}":        h.close,
		"POST " + office + "/riapri/{closure}":  h.reopen,
		"GET " + office + "/riapri/{closure}":   h.back,
		"GET " + office + "/resoconti":          h.report,
		"GET " + office + "/resoconti/{table}":  h.table,
	} {
		mux.Handle(pattern, ui.Handle(identity.SignedIn(handler, func(r *http.Request) string { return r.URL.Path })))
	}
	return nil
}

func actor(r *http.Request) identity.Actor { return identity.ActorFrom(r.Context()) }

func (h *pages) back(w http.ResponseWriter, r *http.Request) error {
	return web.Redirect(w, r, Path(r.PathValue("office")))
}

// room is what every page of an office needs.
type room struct {
	st   *site.Site
	p    *i18n.Printer
	zone *time.Location
	now  time.Time
	runs bool // the actor may change it
}

// enter finds the office of a request for who may see how it works.
func (h *pages) enter(r *http.Request, need identity.Permission) (x room, err error) {
	if x.st, err = h.Counter.Office(r.PathValue("office")); err != nil {
		return x, err
	}
	if err = actor(r).Check(need, identity.Site(x.st.ID)); err != nil {
		return x, err
	}
	x.zone, x.now = h.Counter.Live.Network().Zone(x.st), h.Counter.Clock.Now()
	x.p = h.ui.Printer(r).In(x.zone)
	x.runs = actor(r).May(identity.DeskWrite, identity.Site(x.st.ID))
	return x, nil
}

func (x *room) today() agenda.Date { return agenda.DateOf(x.now.In(x.zone)) }

// head is that of a page of the office: at is the part of it, "" the first page.
func (x *room) head(title, at string) web.Head {
	path, p := Path(x.st.Code), x.p
	head := web.DeskHead(Root, title)
	head.Styles, head.At = "console.css", strings.TrimSuffix(path+"/"+at, "/")
	head.Sub = []web.Link{
		{Href: path, Text: p.T("desks.tab.today")},
		{Href: path + "/servizi", Text: p.T("desks.tab.services")},
		{Href: path + "/persone", Text: p.T("desks.tab.staff")},
		{Href: path + "/resoconti", Text: p.T("desks.tab.report")},
	}
	if x.runs {
		head.Sub = append(head.Sub, web.Link{Href: path + "/appuntamenti", Text: p.T("desks.tab.appointments")})
	}
	return head
}

// desk is the desk of a request.
func (h *pages) desk(r *http.Request, x *room) (counter.Desk, error) {
	list, err := h.Counter.Desks(r.Context(), actor(r), x.st.ID)
	if err != nil {
		return counter.Desk{}, err
	}
	n, _ := strconv.Atoi(r.PathValue("n")) // no number is no desk
	for _, d := range list {
		if d.Number == n {
			return d, nil
		}
	}
	return counter.Desk{}, errs.New(errs.NotFound, "counter.desk.unknown", nil)
}

// choosePage finds an office.
type choosePage struct {
	web.Head
	Form   *form.Form
	Houses []web.Link
	More   string
	Empty  *web.Empty
}

func (choosePage) Template() string { return "desks/choose" }

func (h *pages) choose(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).CheckSomewhere(identity.QueueRead); err != nil {
		return err
	}
	houses := h.Houses(actor(r))
	if len(houses) == 1 {
		return web.Redirect(w, r, Path(houses[0].Code))
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	p, net := h.ui.Printer(r), h.Counter.Live.Network()
	page := choosePage{Head: web.DeskHead(Root, p.T("desks.choose.title")), Form: f}
	found, more := counter.Matching(net, houses, f.String("sede", "desks.choose.office").Max(80).Value)
	for _, st := range found {
		page.Houses = append(page.Houses, web.Link{Href: Path(st.Code), Text: counter.HouseName(net, st)})
	}
	if more > 0 {
		page.More = p.T("desks.choose.more", "count", more)
	}
	if len(found) == 0 {
		page.Empty = &web.Empty{Title: p.T("desks.choose.none"), Text: p.T("desks.choose.none-text")}
	}
	return h.ui.Render(w, r, f.Status(), page)
}
