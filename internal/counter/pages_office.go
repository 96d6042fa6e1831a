package counter

import (
	"crypto/rand"
	"net/http"
	"strings"

	"polis/internal/counter/queue"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// officePage is an office: what it does, and how long the wait is.
type officePage struct {
	web.Head
	Office     *site.Site
	Place      string
	State      web.State
	Open       bool
	Waiting    string
	Facts      []web.Fact
	Groups     []offerGroup
	Form       *form.Form
	Key        string // tells this form from another
	Priorities []web.Option
	Take       string // where a number is taken
	Alert      *web.Alert
	Usual      *usual
	Board      string
}

func (officePage) Template() string { return "counter/office" }

// offerGroup is services of one kind.
type offerGroup struct {
	ID, Title string
	Rows      []offerRow
}

// offerRow is a service as an office has it.
type offerRow struct {
	ID, Name, About, Authority string
	State                      web.State
	Since                      string // active since, or why not and from when
	Wait                       string // of who comes now
	Bring                      []string
	Active, Takes, Checked     bool
	Appointment                string // where one is made; "" where none can be
}

func (h *pages) office(w http.ResponseWriter, r *http.Request) error {
	return h.showOffice(w, r, nil, nil)
}

// showOffice shows an office with the form for a number, and what is wrong with the
// one that was sent.
func (h *pages) showOffice(w http.ResponseWriter, r *http.Request, f *form.Form, refused error) error {
	p := h.ui.Printer(r)
	st, err := h.Office(r.PathValue("office"))
	if err != nil {
		return err
	}
	o, err := h.Waiting(r.Context(), actor(r), st.ID)
	if err != nil {
		return err
	}
	now := h.Clock.Now()
	page := officePage{
		Head: web.Head{
			Title: st.Name, Section: Root, Framed: true, Crumbs: []web.Link{{Href: Root, Text: p.T("counter.nav")}},
			Description: p.T("counter.office.description", "name", st.Name),
		},
		Office: st, Place: h.Live.Network().Place(st), State: h.openState(p, st, now), Open: o.Open, Form: f, Key: rand.Text(),
		Take: OfficePath(st) + "/numero", Board: "/tabellone/" + st.Code,
		Priorities: []web.Option{
			{Text: p.T("counter.priority.none")},
			{Value: string(queue.Frail), Text: p.T("counter.priority.frail")},
			{Value: string(queue.Pregnant), Text: p.T("counter.priority.pregnant")},
		},
	}
	page.Facts = []web.Fact{
		{Name: p.T("counter.find.address"), Value: strings.TrimSuffix(st.Address+", "+page.Place, ", ")},
		{Name: p.T("counter.office.hours"), Value: hoursInWords(p, st)},
	}
	if st.Profile.Phone != "" {
		page.Facts = append(page.Facts, web.Fact{Name: p.T("counter.office.phone"), Value: st.Profile.Phone, Dial: strings.ReplaceAll(st.Profile.Phone, " ", "")})
	}
	if o.Open {
		page.Waiting = p.T("counter.office.now", "waiting", p.T("counter.waiting", "count", o.Waiting))
		if o.Desks > 0 {
			page.Waiting = p.T("counter.office.now-desks", "waiting", p.T("counter.waiting", "count", o.Waiting), "desks", p.T("counter.desks", "count", o.Desks))
		}
	}
	if page.Groups, err = h.groups(r, p, st, o, f); err != nil {
		return err
	}
	if err = h.usually(r.Context(), &page, p, st, now); err != nil {
		return err
	}
	if page.Form == nil {
		page.Form = form.Of(nil)
		declareTake(page.Form)
	}
	status := http.StatusOK
	if refused != nil {
		e := errs.As(refused)
		status = errs.Status(e.Kind)
		page.Alert = &web.Alert{Tone: web.Warning, Title: p.T("counter.take.refused"), Text: p.T(e.Key, e.Args)}
	} else if page.Form.Err() != nil {
		status = page.Form.Status()
	}
	return h.ui.Render(w, r, status, page)
}

// hoursInWords is the week of an office on one line.
func hoursInWords(p *i18n.Printer, st *site.Site) string {
	var parts []string
	for _, d := range site.WeekInWords(p, st.Hours) {
		parts = append(parts, d.Days+" "+d.Hours)
	}
	return strings.Join(parts, "; ")
}

// groups are the services of an office: those of the State, and those of the post.
func (h *pages) groups(r *http.Request, p *i18n.Printer, st *site.Site, o Overview, f *form.Form) ([]offerGroup, error) {
	offers, err := h.Offers(r.Context(), actor(r), st.ID)
	if err != nil {
		return nil, err
	}
	waits := map[string]string{}
	for _, w := range o.Waits {
		waits[w.Service] = RangeText(p, w.Range)
	}
	groups := []offerGroup{{ID: "servizi", Title: p.T("counter.group.state")}, {ID: "poste", Title: p.T("counter.group.post")}}
	for _, of := range offers {
		sv, text := of.Service, of.Service.In(string(p.Lang))
		row := offerRow{
			ID: sv.ID, Name: text.Name, About: text.About, Authority: sv.Authority, Bring: text.Bring, Active: of.Active,
			Wait: waits[sv.ID], Takes: of.Active && o.Open,
		}
		row.State, row.Since = offerState(p, of)
		if f != nil {
			for _, chosen := range f.All("servizio") {
				row.Checked = row.Checked || chosen == sv.ID
			}
		}
		if of.Active && sv.Bookable && h.appointment != nil {
			row.Appointment = h.appointment(st, sv.ID)
		}
		g := &groups[0]
		if sv.Postal {
			g = &groups[1]
		}
		g.Rows = append(g.Rows, row)
	}
	return groups, nil
}

// offerState says whether a service is active, since when, or why not.
func offerState(p *i18n.Printer, of Offer) (web.State, string) {
	day := ""
	if of.Since.Valid() {
		day = p.Date(of.Since.UTC())
	}
	if of.Active {
		if day != "" {
			return web.State{Kind: "free", Text: p.T("counter.offer.active")}, p.T("counter.offer.since", "day", day)
		}
		return web.State{Kind: "free", Text: p.T("counter.offer.active")}, ""
	}
	text := p.T("counter.offer.why." + string(of.Reason))
	if day != "" && of.State != OfferEnded {
		text += " " + p.T("counter.offer.from", "day", day)
	}
	if of.State == OfferEnded {
		return web.State{Kind: "closed", Text: p.T("counter.offer.ended")}, text
	}
	return web.State{Kind: "pending", Text: p.T("counter.offer.not-yet")}, text
}

// declareTake declares the inputs of the form for a number.
func declareTake(f *form.Form) (priority *form.Choice, key *form.Text) {
	f.String("servizio", "counter.take.services")
	return f.Choice("precedenza", "counter.take.priority", string(queue.Frail), string(queue.Pregnant)),
		f.String("richiesta", "counter.take.services")
}

// take takes a number for who comes soon.
func (h *pages) take(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	priority, key := declareTake(f)
	if f.Err() != nil {
		return h.showOffice(w, r, f, nil)
	}
	t, err := h.TakeLimited(r.Context(), actor(r), web.ClientAddr(r.Context()).String(), TakeRequest{
		Office: r.PathValue("office"), Services: f.All("servizio"), Priority: queue.Priority(priority.Value), Origin: ByPhone,
		Language: string(p.Lang), Key: key.Value,
	})
	if err != nil {
		if errs.Is(err, errs.Rule) || errs.Is(err, errs.Invalid) || errs.Is(err, errs.TooMany) {
			return h.showOffice(w, r, f, err)
		}
		return err
	}
	return web.Redirect(w, r, NumberPath(t.ID))
}

// numberPage is a number as its holder watches it.
type numberPage struct {
	web.Head
	Path    string
	Office  *site.Site
	Href    string
	Kind    State // of the ticket
	State   web.State
	Heading string
	Text    string
	Next    string
	Come    []string // what to bring
	Waits   bool     // it looks again by itself
	Leaves  bool
	Returns bool
	Events  string
}

func (numberPage) Template() string { return "counter/number" }

func (h *pages) number(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	x, err := h.Standing(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	t := x.Ticket
	page := numberPage{
		Head: web.Head{Title: p.T("counter.number.title", "number", t.Name()), Section: Root, Private: true, Framed: true},
		Path: NumberPath(t.ID), Kind: t.State, Office: x.Office, Href: OfficePath(x.Office), Waits: t.State.Alive(),
		Leaves: t.State == Waiting || t.State == Called || t.State == Missed || t.State == Parked, Returns: t.State == Missed || t.State == Parked,
		Events: "/api/v1/offices/" + x.Office.ID + "/events",
	}
	page.State = web.State{Kind: stateKind[t.State], Text: p.T("counter.state." + string(t.State))}
	page.Text = p.T("counter.number.text."+string(t.State), "desk", x.Desk)
	page.Heading = page.State.Text
	switch {
	case t.State == Waiting && x.Range != nil:
		page.Heading = h.position(p, x)
		page.Text = p.T("counter.number.wait", "wait", RangeText(p, *x.Range))
		page.Next = p.T("counter.number.seen", "time", p.In(h.Live.Network().Zone(x.Office)).Time(h.Clock.Now()))
	case t.State.AtDesk() && x.Desk > 0:
		page.Heading = p.T("counter.number.desk", "desk", x.Desk)
	}
	for _, it := range t.Items {
		page.Come = append(page.Come, mustBring(it.Service, string(p.Lang))...)
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// position says in words which place somebody has.
func (h *pages) position(p *i18n.Printer, x Standing) string {
	if x.Ahead == 0 {
		return p.T("counter.number.first")
	}
	return p.T("counter.number.ahead", "count", x.Ahead)
}

// stateKind is how a state is drawn.
var stateKind = map[State]string{
	Waiting: "pending", Called: "mine", Serving: "mine", Parked: "pending", Missed: "warning", Finished: "free", Left: "closed", Lapsed: "closed",
}

func (h *pages) leave(w http.ResponseWriter, r *http.Request) error {
	t, err := h.Leave(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return h.ui.Done(w, r, NumberPath(t.ID), "counter.number.left")
}

func (h *pages) back(w http.ResponseWriter, r *http.Request) error {
	t, err := h.Return(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return h.ui.Done(w, r, NumberPath(t.ID), "counter.number.back")
}
