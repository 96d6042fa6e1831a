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
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/reserve"
	"polis/internal/site"
)

// VisitPath is a booking as who works at the desk sees it.
func VisitPath(id string) string { return dayRoot + "/prenotazioni/" + url.PathEscape(id) }

// visitPage is a booking as the people of a house see it: who, when, where, and
// what can be done.
type visitPage struct {
	web.Head
	Path, Rev string
	Told      *refusal
	Form      *form.Form
	State     web.State
	Note      string // what happens next by itself
	Facts     []web.Fact
	Needs     []needView
	Houses    []houseParts
	Missed    []string
	Arrive    bool
	Miss      bool
	Return    bool
	Change    bool
	Undo      bool
	Moves     []web.Link // one for each part, where it has several
	Back      string
}

// needView is what somebody needs at a house.
type needView struct{ Icon, Text string }

func (visitPage) Template() string { return "coworking/day-visit" }

// visit reads the booking that an address names, its parts in the order of time.
func (h *pages) visit(r *http.Request) (Visit, error) {
	v, err := h.Visit(r.Context(), actor(r), r.PathValue("id"))
	slices.SortStableFunc(v.Places, func(x, y PlacePart) int { return x.From.Compare(y.From) })
	return v, err
}

func (h *pages) visitPage(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	return h.showVisit(w, r, v, nil, form.Of(nil))
}

func (h *pages) showVisit(w http.ResponseWriter, r *http.Request, v Visit, told *refusal, f *form.Form) error {
	zone := zoneOf(v.Booking)
	p := h.ui.Printer(r).In(zone)
	page := visitPage{
		Head: h.visitHead(p, r, v, p.T("day.visit.title", "name", named(p, v.Name))),
		Path: VisitPath(v.ID), Rev: strconv.FormatInt(v.Rev, 10), Told: told, Form: f,
		State: h.visitState(p, v.Booking.Booking), Arrive: v.Arrive, Miss: v.Miss, Return: v.Return, Change: v.Change, Undo: v.Undo,
		Missed: missedOf(p, v.Booking), Houses: partsOf(p, v.Booking), Back: h.dayOf(r, v),
	}
	for _, need := range v.Needs {
		page.Needs = append(page.Needs, needView{need.Icon(), p.T(need.Label())})
	}
	page.Facts = []web.Fact{{Name: p.T("day.visit.who"), Value: named(p, v.Name)}}
	contact := p.T("day.visit.no-contact")
	if v.Reachable {
		contact = p.T("day.visit.contact")
	}
	if v.Guest {
		contact = p.T("day.visit.guest")
	}
	page.Facts = append(page.Facts, web.Fact{Name: p.T("day.visit.reach"), Value: contact},
		web.Fact{Name: p.T("day.visit.reference"), Value: reserve.Reference(v.ID)})
	if v.Status == reserve.Confirmed && v.Due.Before(v.Ends) {
		page.Note = p.T("coworking.reception.released", "time", p.Time(v.Due.In(zone)))
	}
	if v.Change && len(v.Places) > 1 {
		for _, part := range v.Places {
			page.Moves = append(page.Moves, web.Link{
				Href: page.Path + "/sposta?parte=" + strconv.Itoa(part.N),
				Text: p.T("day.visit.move-part", "places", names(p, namesOf(part)), "when", p.Span(part.From.In(part.Zone), part.To.In(part.Zone))),
			})
		}
	}
	status := f.Status()
	if told != nil {
		status = told.Status
	}
	return h.ui.Render(w, r, status, page)
}

func (h *pages) visitHead(p *i18n.Printer, r *http.Request, v Visit, title string) web.Head {
	head := web.DeskHead(dayRoot, title)
	for _, part := range v.Places {
		if actor(r).May(identity.BookingRead, identity.Site(part.Site.ID)) {
			head.Crumbs = []web.Link{{Href: h.dayOf(r, v), Text: p.T("day.crumb", "house", part.Site.Name, "day", p.DateShort(part.From.In(part.Zone)))}}
			break
		}
	}
	return head
}

// dayOf is the day of a visit in the first of its houses that the actor may see.
func (h *pages) dayOf(r *http.Request, v Visit) string {
	for _, part := range append(slices.Clip(v.Places), v.Missed...) {
		if actor(r).May(identity.BookingRead, identity.Site(part.Site.ID)) {
			return DayPath(part.Site.Code, agenda.DateOf(part.From.In(part.Zone)))
		}
	}
	return dayRoot
}

// visitState is how a visit stands, by shape and word.
func (h *pages) visitState(p *i18n.Printer, b reserve.Booking) web.State {
	switch state := spanState(b, h.clock.Now()); state {
	case SpanExpected, SpanHeld:
		return web.State{Kind: "pending", Text: p.T("day.span." + string(state))}
	case SpanLate:
		return web.State{Kind: "warning", Text: p.T("day.span.late")}
	case SpanIn:
		return web.State{Kind: "mine", Text: p.T("day.span.in")}
	case SpanOver:
		return web.State{Kind: "taken", Text: p.T("day.span.over")}
	}
	return bookingState(p, b.Status)
}

// actOn does something to the booking of an address and says so on its page.
func (h *pages) actOn(act func(r *http.Request, f *form.Form) error, done string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := form.New(w, r)
		if err != nil {
			return err
		}
		if err = act(r, f); err == nil {
			return h.ui.Done(w, r, VisitPath(r.PathValue("id")), done)
		}
		v, again := h.visit(r)
		if again != nil {
			return again
		}
		if errs.As(err).Field == "reason" && f.AddAs(err, form.Inputs{"reason": "motivo"}) {
			return h.showVisit(w, r, v, nil, f)
		}
		told, ok := h.refused(h.ui.Printer(r), err, zoneOf(v.Booking))
		if !ok || errs.Is(err, errs.Forbidden) {
			return err
		}
		told.Choices = nil
		return h.showVisit(w, r, v, &told, f)
	}
}

// visitMovePage asks where a booking, or one of its parts, is to go.
type visitMovePage struct {
	web.Head
	Path, Rev, Part string
	Told            *refusal
	Form            *form.Form
	Now             string // what it has
	Options         []web.Option
	Places          []web.Option // of the house, for who wants another
	When            when
	Single          bool // one place: any place and time can be chosen
}

func (visitMovePage) Template() string { return "coworking/day-move" }

// movable are the parts of a visit that an address asks to move.
func (h *pages) movable(r *http.Request, v Visit, text string) (parts []int, first PlacePart) {
	for _, part := range v.Places {
		if (text == "" || text == strconv.Itoa(part.N)) && actor(r).May(identity.BookingWrite, identity.Site(part.Site.ID)) {
			if len(parts) == 0 {
				first = part
			}
			parts = append(parts, part.N)
		}
	}
	return parts, first
}

func (h *pages) visitMovePage(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	return h.showVisitMove(w, r, v, nil, f, when{})
}

// showVisitMove asks where to; in is the time that was written, if any was.
func (h *pages) showVisitMove(w http.ResponseWriter, r *http.Request, v Visit, told *refusal, f *form.Form, in when) error {
	parts, first := h.movable(r, v, f.Raw("parte"))
	if !v.Change || len(parts) == 0 {
		return web.Redirect(w, r, VisitPath(v.ID)) // says how it stands
	}
	p := h.ui.Printer(r).In(first.Zone)
	page := visitMovePage{
		Head: h.visitHead(p, r, v, p.T("day.move.title", "name", named(p, v.Name))),
		Path: VisitPath(v.ID), Rev: strconv.FormatInt(v.Rev, 10), Part: f.Raw("parte"), Told: told, Form: f, When: in,
		Single: len(parts) == 1 && len(first.Units) == 1 && v.Status == reserve.Confirmed,
	}
	page.Crumbs = append(page.Crumbs, web.Link{Href: page.Path, Text: named(p, v.Name)})
	var now []string
	for _, part := range v.Places {
		if slices.Contains(parts, part.N) {
			now = append(now, names(p, namesOf(part))+", "+p.Span(part.From.In(part.Zone), part.To.In(part.Zone)))
		}
	}
	page.Now = strings.Join(now, "; ")
	relocations, err := h.Relocations(r.Context(), actor(r), v.ID, parts)
	if err != nil {
		return err
	}
	for _, x := range relocations {
		page.Options = append(page.Options, web.Option{Value: x.String(), Text: h.relocationText(p, x, first.Site.ID)})
	}
	if len(relocations) > 0 && f.Raw("dove") == "" {
		f.Set("dove", relocations[0].String())
	}
	if page.Single {
		h.freeMove(p, f, &page, first)
	}
	status := f.Status()
	if told != nil {
		status = told.Status
	}
	return h.ui.Render(w, r, status, page)
}

// freeMove fills in the fields by which any place and time can be chosen.
func (h *pages) freeMove(p *i18n.Printer, f *form.Form, page *visitMovePage, first PlacePart) {
	for _, u := range h.live.Network().OfKind(first.Site.ID, first.Kind) {
		if u.Active {
			page.Places = append(page.Places, web.Option{Value: u.ID, Text: u.Name})
		}
	}
	if f.Raw("posto") == "" {
		f.Set("posto", first.Units[0].ID)
	}
	if f.Raw("libero") == "" {
		for name, list := range timeQuery(first.From, first.To, first.Zone) {
			f.Set(name, list...)
		}
		page.When = readWhen(p, f, first.Zone, first.From, first.To)
	}
}

// relocationText is where a relocation leads, in words; from is the house that is left.
func (h *pages) relocationText(p *i18n.Printer, w Relocation, from string) string {
	texts := make([]string, len(w.Spots))
	sameTime := len(w.Spots) == 1 || w.Kind == OtherPlace
	var all []string
	for i, x := range w.Spots {
		var places []string
		for _, u := range x.Units {
			places = append(places, u.Name)
		}
		all = append(all, places...)
		texts[i] = h.spotText(p, w, x, places, from, sameTime)
	}
	if w.Kind == OtherPlace {
		return p.T("day.way.place", "places", names(p, all))
	}
	return strings.Join(texts, "; ")
}

func (h *pages) spotText(p *i18n.Printer, w Relocation, x Spot, places []string, from string, sameTime bool) string {
	st, err := h.live.Network().Site(x.Units[0].Site)
	if err != nil {
		return names(p, places)
	}
	zone := h.live.Network().Zone(st)
	hours := p.Time(x.From.In(zone)) + "–" + endTime(p, x.To.In(zone))
	switch {
	case st.ID == from:
		return p.T("day.way.time", "places", names(p, places), "hours", hours)
	case sameTime:
		return p.T("day.way.house", "house", st.Name, "km", p.Number(w.Km), "places", names(p, places))
	}
	return p.T("day.way.elsewhere", "house", st.Name, "places", names(p, places), "hours", hours)
}

// visitMove moves a booking to the place that was chosen.
func (h *pages) visitMove(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	reason := f.String("motivo", "day.reason").Max(maxReason).Value
	relocation, in, err := h.readRelocation(r, f, v)
	if err == nil && f.Err() != nil {
		return h.showVisitMove(w, r, v, nil, f, in)
	}
	if err == nil {
		_, err = h.MoveForHouse(r.Context(), actor(r), v.ID, relocation, reason, revOf(f))
	}
	if err == nil {
		return h.ui.Done(w, r, VisitPath(v.ID), "day.done.moved")
	}
	told, ok := h.refused(h.ui.Printer(r), err, zoneOf(v.Booking))
	if !ok || errs.Is(err, errs.Forbidden) {
		return err
	}
	told.Choices = nil
	return h.showVisitMove(w, r, v, &told, f, in)
}

// readRelocation reads where a booking is to go: one of the relocations that were offered, or
// a place and a time that were written.
func (h *pages) readRelocation(r *http.Request, f *form.Form, v Visit) (relocation Relocation, in when, err error) {
	if f.Raw("libero") == "" {
		relocation, err = h.parseRelocation(f.Raw("dove"))
		return relocation, in, err
	}
	parts, first := h.movable(r, v, f.Raw("parte"))
	if len(parts) != 1 {
		return relocation, in, errs.New(errs.NotFound, "booking.unknown-part", nil)
	}
	u, err := h.live.Network().Resource(f.Raw("posto"))
	if err != nil {
		return relocation, in, err
	}
	in = readWhen(h.ui.Printer(r), f, first.Zone, first.From, first.To)
	return Relocation{Kind: OtherTime, Spots: []Spot{{parts[0], []*site.Resource{u}, in.From.UTC(), in.To.UTC()}}}, in, nil
}

func (h *pages) visitRoutes() map[string]web.Handler {
	back := func(w http.ResponseWriter, r *http.Request) error {
		return web.Redirect(w, r, VisitPath(r.PathValue("id")))
	}
	path := dayRoot + "/prenotazioni/{id}"
	routes := map[string]web.Handler{
		"GET " + path:              h.visitPage,
		"GET " + path + "/sposta":  h.visitMovePage,
		"POST " + path + "/sposta": h.visitMove,
	}
	for name, handler := range map[string]web.Handler{
		"arrivo": h.actOn(func(r *http.Request, _ *form.Form) error {
			_, err := h.CheckIn(r.Context(), actor(r), r.PathValue("id"))
			return err
		}, "coworking.reception.done"),
		"assenza": h.actOn(func(r *http.Request, _ *form.Form) error {
			return h.NoteMissed(r.Context(), actor(r), r.PathValue("id"))
		}, "day.done.missed"),
		"rientro": h.actOn(func(r *http.Request, _ *form.Form) error {
			_, err := h.ComeAfterAll(r.Context(), actor(r), r.PathValue("id"))
			return err
		}, "coworking.reception.done"),
		"ripensa": func(w http.ResponseWriter, r *http.Request) error {
			b, err := h.UndoWalkIn(r.Context(), actor(r), r.PathValue("id"))
			if err != nil {
				return err
			}
			return h.ui.Done(w, r, TodayPath(b.Places[0].Site.Code), "day.done.undone")
		},
		"annulla": h.actOn(func(r *http.Request, f *form.Form) error {
			return h.CancelForHouse(r.Context(), actor(r), r.PathValue("id"), f.String("motivo", "day.reason").Value, revOf(f))
		}, "day.done.cancelled"),
	} {
		routes["POST "+path+"/"+name], routes["GET "+path+"/"+name] = handler, back
	}
	return routes
}

// until is a time of an address or form; zero where it is none.
func until(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t
}
