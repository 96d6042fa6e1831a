package console

import (
	"net/http"

	"polis/internal/counter"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// choosePage asks for the office, and then for the desk.
type choosePage struct {
	web.Head
	Form   *form.Form
	Houses []web.Link
	More   string
	Empty  *web.Empty

	House  string // of the desks
	Desks  []deskCard
	Manage string
	Other  bool // the actor has other offices
}

func (choosePage) Template() string { return "console/choose" }

// deskCard is a desk to sit down at.
type deskCard struct {
	Name, Action string
	State        web.State
	Who          string
	Has          []string
	Mine         bool
}

func (h *pages) choose(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).CheckSomewhere(identity.QueueWork); err != nil {
		return err
	}
	houses := h.Houses(actor(r))
	switch len(houses) {
	case 0:
		return errs.New(errs.NotFound, "console.no-office", nil)
	case 1:
		return web.Redirect(w, r, Path+"/"+houses[0].Code)
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	page := choosePage{Head: head(p.T("console.choose.title")), Form: f}
	net := h.Counter.Live.Network()
	found, more := counter.Matching(net, houses, f.String("sede", "console.choose.office").Max(80).Value)
	for _, st := range found {
		page.Houses = append(page.Houses, web.Link{Href: Path + "/" + st.Code, Text: counter.HouseName(net, st)})
	}
	if more > 0 {
		page.More = p.T("console.choose.more", "count", more)
	}
	if len(page.Houses) == 0 {
		page.Empty = &web.Empty{Title: p.T("console.choose.none"), Text: p.T("console.choose.none-text")}
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// chooseDesk shows the desks of an office; who sits at one comes back to it.
func (h *pages) chooseDesk(w http.ResponseWriter, r *http.Request) error {
	work, err := h.Counter.Work(r.Context(), actor(r), r.PathValue("office"))
	if err != nil {
		return err
	}
	me, free := actor(r).Agent(), r.URL.Query().Has("cambia")
	for _, d := range work.Desks {
		if d.Operator == me && !free {
			return web.Redirect(w, r, DeskPath(work.Office.Code, d.Number))
		}
	}
	p := h.ui.Printer(r)
	page := choosePage{
		Head: head(p.T("console.desks.title")), House: counter.HouseName(h.Counter.Live.Network(), work.Office),
		Other: len(h.Houses(actor(r))) > 1,
	}
	if actor(r).May(identity.DeskWrite, identity.Site(work.Office.ID)) && h.Manage != nil {
		page.Manage = h.Manage(work.Office.Code)
	}
	for _, d := range work.Desks {
		card, err := h.card(r, p, work.Office, d, me)
		if err != nil {
			return err
		}
		page.Desks = append(page.Desks, card)
	}
	if len(page.Desks) == 0 {
		page.Empty = &web.Empty{Title: p.T("console.desks.none"), Text: p.T("console.desks.none-text")}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) card(r *http.Request, p *i18n.Printer, st *site.Site, d counter.Desk, me string) (deskCard, error) {
	c := deskCard{Name: deskName(p, d.Number), Action: DeskPath(st.Code, d.Number) + "/apri", Mine: d.Operator == me}
	for _, e := range d.Equipment {
		c.Has = append(c.Has, equipment(p, e))
	}
	switch {
	case c.Mine:
		c.State = web.State{Kind: "mine", Text: p.T("console.desk.yours")}
	case d.Open():
		c.State = web.State{Kind: "taken", Text: p.T("console.desk.taken")}
		who, err := h.People.Get(r.Context(), d.Operator)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return c, err
		}
		c.Who = who.DisplayName()
	default:
		c.State = web.State{Kind: "free", Text: p.T("console.desk.free")}
	}
	return c, nil
}

func deskName(p *i18n.Printer, n int) string { return p.T("console.desk", "n", n) }

// equipment is what a desk has, in words; a word of the network's own stays as it is.
func equipment(p *i18n.Printer, word string) string {
	if key := site.FeatureLabel(word); p.Has(key) {
		return p.T(key)
	}
	return word
}
