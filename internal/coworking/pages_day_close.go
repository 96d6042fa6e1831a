package coworking

import (
	"cmp"
	"crypto/rand"
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
	"polis/internal/reserve"
	"polis/internal/site"
)

const (
	closeRoot     = dayRoot + "/chiudi"
	blocksRoot    = dayRoot + "/chiusure"
	choiceOf      = "scelta-" // and the id of a booking
	closeSome     = "posti"   // value of "cosa": the places that are ticked
	affectedShown = 200       // affected bookings with a choice of their own
	stuckField    = "senza"   // the choice for those that can go nowhere
	asTheStuck    = "come-le-altre"
)

func closePath(q url.Values) string       { return closeRoot + "?" + q.Encode() }
func blocksPath(code string) string       { return blocksRoot + "?sede=" + url.QueryEscape(code) }
func clearingPath(id string) string       { return blocksRoot + "/" + url.PathEscape(id) }
func reopenPath(id string) string         { return clearingPath(id) + "/riapri" }
func allOf(kind site.ResourceKind) string { return "tipo:" + string(kind) }
func inRoom(rm *site.Room) string         { return "stanza:" + rm.Code }

// closePage asks what to close when and why, then shows what that affects.
type closePage struct {
	web.Head
	House, Code string
	Form        *form.Form
	Told        *refusal
	Whats       []web.Option
	When        when
	Rooms       []closeRoom   // the places, for who wants some of them
	Ticked      string        // those that are
	Pick        bool          // some are to be
	Preview     *closePreview // once everything is said
	Back        string
}

func (closePage) Template() string { return "coworking/day-close" }

// closeRoom is the places of a room to tick.
type closeRoom struct {
	Name   string
	Places []closePlace
}

type closePlace struct {
	ID, Code, Name string
	Chosen         bool
}

// closePreview is what a closure would do.
type closePreview struct {
	Key         string
	What        string // places
	When        string
	Fields      []web.Option // what was asked, to be sent again
	Count       string
	Relocations bool         // some can go elsewhere
	Stuck       string       // how many cannot
	Nobody      []web.Option // what to do for all of these; nil where there is one at most
	Rows        []affectedRow
	Rest        string // how many more there are, that go to the nearest place
	Mails       bool
}

// affectedRow is an affected booking with what can be done about it.
type affectedRow struct {
	ID, Field, Name string
	Href            string
	When, Places    string
	State           web.State
	Options         []web.Option
	Chosen          string
}

// closing is a closure as somebody asks for it.
type closing struct {
	ClosureRequest
	when
	what  string
	looks bool // all is said: what that affects can be looked at
}

// readClosing reads what to close when; faults stay in the form.
func (h *pages) readClosing(p *i18n.Printer, f *form.Form, st *site.Site, zone *time.Location) closing {
	net := h.live.Network()
	c := closing{ClosureRequest: ClosureRequest{Site: st.ID}, when: when{zone: zone}}
	now := h.clock.Now().In(zone)
	what := f.String("cosa", "day.close.what").Value
	if what == "" {
		what = "sede"
		f.Set("cosa", what)
	}
	first := f.Date(fieldDay, "day.close.from-day").Default(agenda.DateOf(now)).Value
	last := f.Date("fino", "day.close.to-day").Value
	from, to := f.Time(fieldFrom, "coworking.when.from").Step(15), f.Time(fieldTo, "coworking.when.to").Step(15)
	f.String("posto", "day.close.places")
	if f.Blank() || f.Err() != nil {
		return c
	}
	if last == (agenda.Date{}) {
		last = first
	}
	c.span(p, f, first, from.Value, last, to.Value)
	if !c.Valid() {
		return c
	}
	c.ClosureRequest.From, c.ClosureRequest.To = c.when.From, c.when.To
	if start := quarterOf(now); c.ClosureRequest.From.Before(start) { // what is over cannot be closed
		c.ClosureRequest.From = start
	}
	if !now.Before(c.ClosureRequest.To) {
		f.Add(errs.New(errs.Invalid, "coworking.when.reversed", nil).On(fieldTo))
	}
	c.what, c.Resources = h.whatCloses(p, f, net, st, what)
	if what != "sede" && len(c.Resources) == 0 {
		f.Add(errs.New(errs.Invalid, "day.close.none", nil).On("cosa"))
	}
	return c
}

// whatCloses are the places that an answer means, in words and by their ids; the
// whole house has none.
func (h *pages) whatCloses(p *i18n.Printer, f *form.Form, net *site.Network, st *site.Site, what string) (words string, ids []string) {
	var in func(u *site.Resource) bool
	kind, isKind := strings.CutPrefix(what, "tipo:")
	room, isRoom := strings.CutPrefix(what, "stanza:")
	switch {
	case what == "sede":
		return p.T("day.close.whole"), nil
	case isKind:
		words = p.T("day.close.all-of", "kind", p.T("coworking.kind."+kind))
		in = func(u *site.Resource) bool { return string(u.Kind) == kind }
	case isRoom:
		in = func(u *site.Resource) bool {
			rm, err := net.Room(u.Room)
			if err == nil && rm.Code == room {
				words = roomName(p, rm)
				return true
			}
			return false
		}
	default:
		in = func(u *site.Resource) bool { return slices.Contains(f.All("posto"), u.Code) }
	}
	var list []string
	for _, u := range net.Resources(st.ID) {
		if slices.Contains(site.Bookable, u.Kind) && in(u) {
			ids = append(ids, u.ID)
			list = append(list, u.Name)
		}
	}
	if words == "" {
		words = someNames(p, list)
	}
	return words, ids
}

func (h *pages) closePage(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	st, err := h.closable(r, f)
	if err != nil {
		return err
	}
	looks := f.Raw("guarda") != ""
	if !looks { // it comes from the day with some of it filled in: nothing is wrong yet
		f = form.Of(r.URL.Query())
	}
	f.Set("motivo", "") // free text does not stand in addresses
	c := h.readClosing(h.ui.Printer(r), f, st, h.live.Network().Zone(st))
	c.looks = looks && f.Err() == nil
	return h.showClose(w, r, st, f, c, nil)
}

// closable is the house that a form is about, for who may close it.
func (h *pages) closable(r *http.Request, f *form.Form) (*site.Site, error) {
	st, err := h.live.Network().ByCode(f.Raw("sede"))
	if err == nil {
		err = actor(r).Check(identity.ClosureWrite, identity.Site(st.ID))
	}
	return st, err
}

// showClose shows the form, or what that affects where all is said.
func (h *pages) showClose(w http.ResponseWriter, r *http.Request, st *site.Site, f *form.Form, c closing, refused error) error {
	net := h.live.Network()
	zone := net.Zone(st)
	p := h.ui.Printer(r).In(zone)
	page := closePage{
		Head:  web.DeskHead(dayRoot, p.T("day.close.title", "house", st.Name), dayCrumb(p, st)),
		House: st.Name, Code: st.Code, Form: f, Whats: h.whatOptions(p, net, st), When: c.when, Back: TodayPath(st.Code),
	}
	page.Rooms, page.Ticked = closeRooms(p, net, st, f.All("posto"))
	page.Pick = f.Fault("cosa") != nil
	status := f.Status()
	if c.looks {
		affected, err := h.Preview(r.Context(), actor(r), c.ClosureRequest)
		if err != nil {
			return err
		}
		page.Preview = h.closePreview(p, f, c, affected, zone)
	}
	if refused != nil {
		told, ok := h.refused(h.ui.Printer(r), refused, zone)
		if !ok || errs.Is(refused, errs.Forbidden) {
			return refused
		}
		page.Told, status = &told, told.Status
	}
	return h.ui.Render(w, r, status, page)
}

func (h *pages) whatOptions(p *i18n.Printer, net *site.Network, st *site.Site) []web.Option {
	out := []web.Option{{Value: "sede", Text: p.T("day.close.whole")}}
	for _, k := range h.Kinds(st.ID) {
		out = append(out, web.Option{Value: allOf(k), Text: p.T("day.close.all-of", "kind", p.T("coworking.kind."+string(k)))})
	}
	for _, rm := range net.Rooms(st.ID) {
		if slices.ContainsFunc(net.Resources(st.ID), func(u *site.Resource) bool { return u.Room == rm.ID && slices.Contains(site.Bookable, u.Kind) }) {
			out = append(out, web.Option{Value: inRoom(rm), Text: roomName(p, rm)})
		}
	}
	return append(out, web.Option{Value: closeSome, Text: p.T("day.close.some")})
}

func closeRooms(p *i18n.Printer, net *site.Network, st *site.Site, chosen []string) (out []closeRoom, ticked string) {
	var room *site.Room
	var list []string
	for i, row := range dayRows(net, st) {
		if i == 0 || row.Room != room {
			room = row.Room
			out = append(out, closeRoom{Name: roomName(p, room)})
		}
		place := closePlace{ID: row.Place.ID, Code: row.Place.Code, Name: row.Place.Name, Chosen: slices.Contains(chosen, row.Place.Code)}
		if place.Chosen {
			list = append(list, place.Name)
		}
		last := &out[len(out)-1]
		last.Places = append(last.Places, place)
	}
	return out, someNames(p, list)
}

// closePreview is what a closure would do, with a choice for each booking.
func (h *pages) closePreview(p *i18n.Printer, f *form.Form, c closing, affected []AffectedBooking, zone *time.Location) *closePreview {
	look := &closePreview{
		Key: f.Raw("chiave"), What: c.what, When: spanText(p, c.ClosureRequest.From.In(zone), c.ClosureRequest.To.In(zone)),
		Count: p.T("day.close.count", "count", len(affected)), Mails: h.notes.Enabled(),
	}
	if look.Key == "" {
		look.Key = rand.Text()
	}
	for _, name := range []string{"sede", "cosa", fieldDay, fieldFrom, fieldFirst, "fino", fieldTo, fieldEnd} {
		if f.Raw(name) != "" {
			look.Fields = append(look.Fields, web.Option{Value: f.Raw(name), Text: name})
		}
	}
	if f.Raw("cosa") == closeSome {
		for _, code := range f.All("posto") {
			look.Fields = append(look.Fields, web.Option{Value: code, Text: "posto"})
		}
	}
	none := 0
	for _, x := range affected {
		look.Relocations = look.Relocations || len(x.Relocations) > 0
		if nowhere(x) {
			none++
		}
	}
	if none > 0 {
		look.Stuck = p.T("day.close.no-way", "count", none)
	}
	if none > 1 {
		look.Nobody = []web.Option{{Value: ChoiceLeave, Text: p.T("day.way.leave")}, {Value: ChoiceCancel, Text: p.T("day.way.cancel")}}
		if f.Raw(stuckField) == "" {
			f.Set(stuckField, ChoiceLeave)
		}
	}
	if len(affected) > affectedShown {
		look.Rest = p.T("day.close.rest", "count", len(affected)-affectedShown)
		affected = affected[:affectedShown]
	}
	for _, x := range affected {
		look.Rows = append(look.Rows, h.affectedRow(p, f, x, c.Site, none > 1))
	}
	return look
}

// nowhere tells whether an affected booking can go nowhere; a hold need not.
func nowhere(x AffectedBooking) bool { return len(x.Relocations) == 0 && x.Status != reserve.Held }

// affectedRow is an affected booking; the first of its relocations is chosen. Where several
// can go nowhere, what is to become of them is said once.
func (h *pages) affectedRow(p *i18n.Printer, f *form.Form, x AffectedBooking, siteID string, once bool) affectedRow {
	row := affectedRow{
		ID: x.ID, Field: choiceOf + x.ID, Name: named(p, x.Name), Href: VisitPath(x.ID), State: h.visitState(p, x.Booking.Booking),
		Chosen: f.Raw(choiceOf + x.ID),
	}
	var places, times []string
	for _, part := range x.Places {
		if slices.Contains(x.Parts, part.N) {
			places = append(places, namesOf(part)...)
			if when := p.Span(part.From.In(part.Zone), part.To.In(part.Zone)); !slices.Contains(times, when) {
				times = append(times, when)
			}
		}
	}
	row.Places, row.When = names(p, places), strings.Join(times, ", ")
	if x.Status == reserve.Held {
		row.Options = []web.Option{{Text: p.T("day.way.hold")}}
		return row
	}
	for i, relocation := range x.Relocations {
		o := web.Option{Value: relocation.String(), Text: h.relocationText(p, relocation, siteID)}
		if i == 0 { // offered rather than chosen: if it is taken meanwhile, the nearest by then
			o.Value = offeredFirst + o.Value
		}
		row.Options = append(row.Options, o)
	}
	cancel := web.Option{Value: ChoiceCancel, Text: p.T("day.way.cancel")}
	switch {
	case x.Status == reserve.CheckedIn:
		cancel.Text = p.T("day.way.end")
	case len(x.Parts) < len(x.Places):
		cancel.Text = p.T("day.way.drop")
	}
	leave := web.Option{Value: ChoiceLeave, Text: p.T("day.way.leave")}
	switch {
	case !nowhere(x):
		row.Options = append(row.Options, cancel, leave)
	case once:
		row.Options = []web.Option{{Value: asTheStuck, Text: p.T("day.way.as-others")}, leave, cancel}
	default:
		row.Options = []web.Option{leave, cancel}
	}
	if !slices.ContainsFunc(row.Options, func(o web.Option) bool { return o.Value == row.Chosen }) {
		row.Chosen = row.Options[0].Value
	}
	return row
}

// closeNow closes as was asked and settles what that affects.
func (h *pages) closeNow(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	st, err := h.closable(r, f)
	if err != nil {
		return err
	}
	c := h.readClosing(h.ui.Printer(r), f, st, h.live.Network().Zone(st))
	c.looks = f.Err() == nil
	c.Reason = f.String("motivo", "day.reason").Max(maxReason).Required().Value
	if f.Err() != nil || f.Raw("chiave") == "" {
		return h.showClose(w, r, st, f, c, nil)
	}
	choices := map[string]string{ForNowhere: f.Raw(stuckField)}
	for name := range r.PostForm {
		if id, ok := strings.CutPrefix(name, choiceOf); ok {
			choices[id] = f.Raw(name)
			if choices[id] == asTheStuck {
				choices[id] = cmp.Or(choices[ForNowhere], ChoiceLeave)
			}
		}
	}
	id, err := h.CloseAndTell(r.Context(), actor(r), c.ClosureRequest, choices, f.Raw("chiave"))
	if err != nil {
		return h.showClose(w, r, st, f, c, err)
	}
	return h.ui.Done(w, r, clearingPath(id), "day.done.closed")
}

func (h *pages) closeRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET " + closeRoot:                    h.closePage,
		"POST " + closeRoot:                   h.closeNow,
		"GET " + blocksRoot:                   h.blocksPage,
		"GET " + blocksRoot + "/{id}":         h.clearingPage,
		"POST " + blocksRoot + "/{id}/riapri": h.reopen,
		"GET " + blocksRoot + "/{id}/riapri": func(w http.ResponseWriter, r *http.Request) error {
			return web.Redirect(w, r, clearingPath(r.PathValue("id")))
		},
	}
}
