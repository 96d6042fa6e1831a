package appointment

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/identity"
	"polis/internal/platform/document"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// confirmPage shows what would be booked and asks for whom.
type confirmPage struct {
	web.Head
	Form   *form.Form
	Facts  []web.Fact
	Bring  []string
	Action string
	Until  time.Time
	Kept   string
	Ask    bool // who it is for
	SignIn string
	Other  string // address of other times
	Told   *web.Alert
}

func (confirmPage) Template() string { return "appointment/confirm" }

func (h *pages) confirmation(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	return h.showConfirm(w, r, f, nil)
}

// guestFields declares what is asked of who has no account.
func guestFields(f *form.Form) Guest {
	given := f.String("nome", "appointment.field.given").Max(100)
	family := f.String("cognome", "appointment.field.family").Max(100)
	email := f.String("email", "appointment.field.email").Max(254)
	return Guest{given.Value, family.Value, email.Value}
}

func (h *pages) showConfirm(w http.ResponseWriter, r *http.Request, f *form.Form, told *web.Alert) error {
	a, err := h.Get(r.Context(), actor(r), r.PathValue("id"), keyOf(r))
	if err != nil {
		return err
	}
	if s := a.StateAt(h.Clock.Now()); s != Held && s != Expired {
		return web.Redirect(w, r, linked(r, a.ID))
	}
	st, p, err := h.placed(r, a)
	if err != nil {
		return err
	}
	guestFields(f)
	text := textOf(a.Service, string(p.Lang))
	page := confirmPage{
		Head: web.Head{Title: p.T("appointment.confirm.title"), Private: true, Crumbs: []web.Link{{Href: TakePath(st.Code, a.Service), Text: p.T("appointment.take.title", "office", st.Name)}}},
		Form: f, Facts: h.facts(p, st, a), Bring: text.Bring, Action: withKey(r, Path(a.ID)+"/conferma"), Told: told,
		Ask: a.Person == "" && !actor(r).SignedIn(), Other: TakePath(st.Code, a.Service),
	}
	if a.StateAt(h.Clock.Now()) == Held {
		page.Kept = p.T("appointment.confirm.kept", "time", p.Time(a.Hold))
	} else if told == nil {
		page.Told = &web.Alert{Tone: web.Warning, Title: p.T("appointment.confirm.late")}
	}
	if page.Ask {
		page.SignIn = identity.SignInPath + "?next=" + escape(withKey(r, Path(a.ID)+"/conferma"))
	}
	status := f.Status()
	if told != nil {
		status = http.StatusConflict
	}
	return h.ui.Render(w, r, status, page)
}

func (h *pages) confirm(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	a, err := h.Confirm(r.Context(), actor(r), r.PathValue("id"), keyOf(r), guestFields(f))
	if err != nil {
		if errs.Is(err, errs.Invalid) && f.AddAs(err, inputs) {
			return h.showConfirm(w, r, f, nil)
		}
		if told := h.told(r, err); told != nil {
			return h.showConfirm(w, r, f, told)
		}
		return err
	}
	return h.ui.Done(w, r, linked(r, a.ID), "appointment.done.booked")
}

// placed finds the office of an appointment and a printer in its zone.
func (h *pages) placed(r *http.Request, a Appointment) (*site.Site, *i18n.Printer, error) {
	st, err := h.Live.Network().Site(a.Office)
	if err != nil {
		return nil, nil, err
	}
	return st, h.ui.Printer(r).In(h.Live.Network().Zone(st)), nil
}

// facts are what an appointment is.
func (s *Service) facts(p *i18n.Printer, st *site.Site, a Appointment) []web.Fact {
	return []web.Fact{
		{Name: p.T("appointment.fact.service"), Value: textOf(a.Service, string(p.Lang)).Name},
		{Name: p.T("appointment.fact.when"), Value: p.Date(a.From.In(p.Zone)) + ", " + p.Time(a.From.In(p.Zone))},
		{Name: p.T("appointment.fact.where"), Value: houseText(s.Live.Network(), st) + ", " + st.Address, Href: officePath + st.Code},
		{Name: p.T("appointment.fact.people"), Value: strconv.Itoa(a.People)},
		{Name: p.T("appointment.fact.minutes"), Value: p.Duration(time.Duration(a.Minutes) * time.Minute)},
	}
}

// state is how an appointment stands, by shape and word.
func stateOf(p *i18n.Printer, s State) web.State {
	kind := map[State]string{Booked: "mine", Displaced: "warning", Arrived: "free", Held: "pending"}[s]
	if kind == "" {
		kind = "closed"
	}
	return web.State{Kind: kind, Text: p.T("appointment.state." + string(s))}
}

// onePage is one appointment.
type onePage struct {
	web.Head
	Form   *form.Form
	State  web.State
	Lead   string
	Facts  []web.Fact
	Code   string // "" where there is no use of it
	Image  string
	Bring  []string
	File   string
	Move   string
	Cancel string // action
	Arrive string // action, on the day
	Ticket string
	Link   string // whole address that opens this page, for who has no account
	Next   []web.Link
	Rev    string
}

func (onePage) Template() string { return "appointment/one" }

func (h *pages) show(w http.ResponseWriter, r *http.Request) error {
	if keyOf(r) == "" && !actor(r).SignedIn() {
		return identity.ToSignIn(w, r, r.URL.RequestURI())
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	a, err := h.Get(r.Context(), actor(r), r.PathValue("id"), keyOf(r))
	if err != nil {
		return err
	}
	now := h.Clock.Now()
	state := a.StateAt(now)
	if state == Held || state == Expired {
		return web.Redirect(w, r, withKey(r, Path(a.ID)+"/conferma"))
	}
	st, p, err := h.placed(r, a)
	if err != nil {
		return err
	}
	page := onePage{
		Head: web.Head{Title: p.T("appointment.one.title", "office", st.Name), Private: true},
		Form: f, State: stateOf(p, state), Lead: p.T("appointment.lead." + string(state)), Facts: h.facts(p, st, a), Rev: strconv.FormatInt(a.Rev, 10),
	}
	if actor(r).SignedIn() && keyOf(r) == "" {
		page.Crumbs = []web.Link{{Href: listPath, Text: p.T("appointment.list.title")}}
	}
	if a.Stands(now) {
		page.Code, page.Image = h.Code(a.ID), withKey(r, Path(a.ID)+"/codice.svg")
		page.Bring, page.File = textOf(a.Service, string(p.Lang)).Bring, withKey(r, Path(a.ID)+"/appuntamento.ics")
		page.Move, page.Cancel = withKey(r, Path(a.ID)+"/cambia"), withKey(r, Path(a.ID)+"/annulla")
		if agenda.DateOf(now.In(p.Zone)) == a.Day {
			page.Arrive = withKey(r, Path(a.ID)+"/arrivo")
		}
		if !actor(r).SignedIn() {
			page.Link = h.ui.URL(r, linked(r, a.ID))
		}
	}
	if state == Arrived {
		page.Ticket = counter.NumberPath(a.Ticket)
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) cancel(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	rev, _ := strconv.ParseInt(f.Raw("rev"), 10, 64)
	a, err := h.Cancel(r.Context(), actor(r), r.PathValue("id"), keyOf(r), rev)
	if err != nil {
		return err
	}
	return h.ui.Done(w, r, linked(r, a.ID), "appointment.done.cancelled")
}

func (h *pages) arrive(w http.ResponseWriter, r *http.Request) error {
	a, err := h.ArriveBy(r.Context(), actor(r), r.PathValue("id"), keyOf(r))
	if err != nil {
		return err
	}
	return h.ui.Done(w, r, linked(r, a.ID), "appointment.done.arrived")
}

func (h *pages) moving(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	return h.showMove(w, r, f, nil)
}

func (h *pages) showMove(w http.ResponseWriter, r *http.Request, f *form.Form, told *web.Alert) error {
	a, err := h.Get(r.Context(), actor(r), r.PathValue("id"), keyOf(r))
	if err != nil {
		return err
	}
	if !a.Stands(h.Clock.Now()) {
		return web.Redirect(w, r, linked(r, a.ID))
	}
	st, p, err := h.placed(r, a)
	if err != nil {
		return err
	}
	if f.Raw("persone") == "" {
		f.Set("persone", strconv.Itoa(a.People))
	}
	_, people, from := askFields(f)
	text := textOf(a.Service, string(p.Lang))
	page := takePage{
		Head:  web.Head{Title: p.T("appointment.move.title"), Private: true, Crumbs: []web.Link{{Href: linked(r, a.ID), Text: p.T("appointment.one.title", "office", st.Name)}}},
		offer: offer{Form: f}, Office: houseText(h.Live.Network(), st), Action: withKey(r, Path(a.ID)+"/cambia"), Told: told, Back: linked(r, a.ID),
		Lead:  p.T("appointment.move.lead", "service", text.Name, "when", p.Date(a.From.In(p.Zone))+", "+p.Time(a.From.In(p.Zone))),
		Extra: []web.Fact{{Name: "rev", Value: strconv.FormatInt(a.Rev, 10)}},
	}
	if key := keyOf(r); key != "" {
		page.Extra = append(page.Extra, web.Fact{Name: "chiave", Value: key})
	}
	staff := (a.State == Displaced || !a.Public) && actor(r).May(identity.AppointmentWrite, identity.Site(a.Office))
	ask := Ask{Office: st.ID, Service: a.Service, People: people, From: from, Staff: staff, Except: a.ID}
	if err := h.times(r, &page.offer, ask); err != nil {
		return err
	}
	status := f.Status()
	if told != nil {
		status = http.StatusConflict
	}
	return h.ui.Render(w, r, status, page)
}

func (h *pages) move(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	_, people, _ := askFields(f)
	rev, _ := strconv.ParseInt(f.Raw("rev"), 10, 64)
	a, err := h.Move(r.Context(), actor(r), r.PathValue("id"), keyOf(r), rev, Change{From: instant(f.Raw("ora")), People: people})
	if err != nil {
		if told := h.told(r, err); told != nil {
			return h.showMove(w, r, f, told)
		}
		return err
	}
	return h.ui.Done(w, r, linked(r, a.ID), "appointment.done.moved")
}

// image is the code of an appointment as a picture that a kiosk reads.
func (h *pages) image(w http.ResponseWriter, r *http.Request) error {
	a, err := h.Get(r.Context(), actor(r), r.PathValue("id"), keyOf(r))
	if err != nil {
		return err
	}
	svg, err := document.QRSVG(CodeMark+h.Code(a.ID), h.ui.Printer(r).T("appointment.code-image"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "private, no-store")
	_, err = w.Write(svg)
	return err
}

// file is an appointment as a calendar file.
func (h *pages) file(w http.ResponseWriter, r *http.Request) error {
	a, err := h.Get(r.Context(), actor(r), r.PathValue("id"), keyOf(r))
	if err != nil {
		return err
	}
	_, p, err := h.placed(r, a)
	if err != nil {
		return err
	}
	file, _, err := h.calendar(p, a, "")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "appuntamento.ics"))
	w.Header().Set("Cache-Control", "private, no-store")
	_, err = w.Write(file)
	return err
}

// listPage are one's own appointments.
type listPage struct {
	web.Head
	Coming, Past []web.Card
	Empty        *web.Empty
	Pages        web.Pages
}

func (listPage) Template() string { return "appointment/list" }

// perPage is how many appointments a page shows.
const perPage = 20

func (h *pages) list(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	before, id := Last, "~"
	if at, rest, ok := cutPlace(r.URL.Query().Get(web.AfterField)); ok {
		before, id = at, rest
	}
	found, err := h.List(r.Context(), actor(r), before, id, perPage+1)
	if err != nil {
		return err
	}
	found, next := web.Cut(found, perPage, func(a Appointment) string { return strconv.FormatInt(a.From.UnixMicro(), 10) + "." + a.ID })
	page := listPage{Head: web.Head{Title: p.T("appointment.list.title"), Private: true, Section: listPath}, Pages: web.PagesAfter(r.URL, next)}
	now := h.Clock.Now()
	for _, a := range found {
		state := a.StateAt(now)
		if state == Expired {
			continue
		}
		st, at, err := h.placed(r, a)
		if err != nil {
			continue // a house that is no more
		}
		c := card(at, h.Live.Network(), st, a, state)
		if a.Stands(now) || state == Held {
			page.Coming = append([]web.Card{c}, page.Coming...) // the next first
		} else {
			page.Past = append(page.Past, c)
		}
	}
	if len(page.Coming)+len(page.Past) == 0 {
		page.Empty = &web.Empty{
			Title: p.T("appointment.list.none"), Text: p.T("appointment.list.none-text"),
			Links: []web.Link{{Href: "/sportello", Text: p.T("appointment.list.go")}},
		}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}
