package coworking

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/reserve"
	"polis/internal/site"
	"polis/internal/territory"
)

const (
	receptionRoot = "/accoglienza"
	arrivalsShown = 50 // rows of a page
)

// ReceptionPath is the reception of a house.
func ReceptionPath(code string) string { return receptionRoot + "?casa=" + url.QueryEscape(code) }

// receptionPage is the reception of a house: passes are checked and arrivals
// noted. Without Person it is what a device keeps for when there is no network:
// the same without the list of people.
type receptionPage struct {
	web.Head
	House, Code string
	Day         string
	Told        *web.Alert
	Form        *form.Form
	Several     bool // the actor has other houses

	// For the script that reads passes.
	Key, Door, Zone string
	Keep, KeepAs    string // what to keep, and for which address
	Verdicts        []verdict
	Waiting, Answer string // of arrivals that wait for the network: {n}; {time}, {says}

	Counts []string
	Search string // what was looked for
	Found  string
	Rows   []arrivalRow
	Empty  *web.Empty
	Pages  web.Pages
}

func (receptionPage) Template() string { return "coworking/reception" }

// arrivalRow is a line of the list.
type arrivalRow struct {
	ID, Hours, Name, Places string
	State                   web.State
	Note                    string
	Arrive                  bool // can be checked in now
}

// verdict is what reception is told about a pass, by shape, colour and word.
// {time} and {says} are filled in by the script.
type verdict struct{ Kind, Title, Text string }

func (h *pages) receptionPage(w http.ResponseWriter, r *http.Request) error {
	code := r.URL.Query().Get("casa")
	if code == "" {
		return h.chooseReception(w, r)
	}
	return h.showReception(w, r, code, http.StatusOK, nil, form.Of(nil))
}

// showReception shows the reception of a house; told is how an act went.
func (h *pages) showReception(w http.ResponseWriter, r *http.Request, code string, status int, told *web.Alert, f *form.Form) error {
	desk, err := h.Reception(r.Context(), actor(r), code)
	if err != nil {
		return err
	}
	p := h.ui.Printer(r).In(desk.Zone)
	page := h.readerPage(p, desk)
	page.Told, page.Form = told, f
	page.Several = len(h.Receptions(actor(r))) > 1
	page.Keep, page.KeepAs = receptionRoot+"/lettore?casa="+url.QueryEscape(desk.Site.Code), ReceptionPath(desk.Site.Code)
	page.Counts = []string{
		p.T("coworking.reception.expected", "count", desk.Expected),
		p.T("coworking.reception.present", "count", desk.Present),
	}
	if err := h.listArrivals(r, p, desk, strings.TrimSpace(f.Raw("cerca")), &page); err != nil {
		return err
	}
	return h.ui.Render(w, r, status, page)
}

// readerPage is the part of the page that names nobody.
func (h *pages) readerPage(p *i18n.Printer, desk Desk) receptionPage {
	return receptionPage{
		Head:  web.Head{Title: p.T("coworking.reception.title-of", "house", desk.Site.Name), Private: true},
		House: desk.Site.Name, Code: desk.Site.Code, Day: p.Day(desk.Day), Form: form.Of(nil),
		Key: base64.StdEncoding.EncodeToString(h.PassKey()), Door: door(desk.Site), Zone: desk.Zone.String(),
		Verdicts: verdicts(p),
		Waiting:  p.T("coworking.reader.waiting", "n", "{n}"),
		Answer:   p.T("coworking.reader.answer", "time", "{time}", "says", "{says}"),
	}
}

func verdicts(p *i18n.Printer) []verdict {
	return []verdict{
		{"valid", p.T("coworking.verdict.valid"), p.T("coworking.verdict.valid-text")},
		{"in", p.T("coworking.verdict.in"), "{says}"},
		{"already", p.T("coworking.verdict.already"), "{says}"},
		{"refused", p.T("coworking.verdict.refused"), "{says}"},
		{"queued", p.T("coworking.verdict.valid"), p.T("coworking.verdict.queued-text")},
		{"early", p.T("coworking.verdict.early"), p.T("coworking.verdict.early-text", "time", "{time}")},
		{"expired", p.T("coworking.verdict.expired"), p.T("coworking.verdict.expired-text", "time", "{time}")},
		{"elsewhere", p.T("coworking.verdict.elsewhere"), p.T("coworking.verdict.elsewhere-text")},
		{"false", p.T("coworking.verdict.false"), p.T("coworking.verdict.false-text")},
	}
}

// listArrivals fills in the rows: a page of all, or those that match some words.
func (h *pages) listArrivals(r *http.Request, p *i18n.Printer, desk Desk, words string, page *receptionPage) error {
	list, all := desk.Arrivals, len(desk.Arrivals)
	shown := web.RangeOf(r.URL.Query().Get(web.PageField), all, arrivalsShown)
	if words == "" { // only the names that are shown are read
		list = list[shown.From:shown.To]
	}
	list, err := h.Named(r.Context(), actor(r), desk.Site, "reception", list, words, arrivalsShown)
	if err != nil {
		return err
	}
	path := ReceptionPath(desk.Site.Code)
	switch {
	case words != "":
		page.Search, page.Found = words, p.T("coworking.reception.found", "count", len(list))
		if len(list) > arrivalsShown {
			list = list[:arrivalsShown]
			page.Found += " " + p.T("coworking.reception.narrow", "n", arrivalsShown)
		}
		if len(list) == 0 {
			page.Empty = &web.Empty{
				Title: p.T("coworking.reception.not-found"), Text: p.T("coworking.reception.not-found-text"),
				Links: []web.Link{{Href: path, Text: p.T("coworking.reception.all")}},
			}
		}
	case all == 0:
		page.Empty = &web.Empty{Title: p.T("coworking.reception.none"), Text: p.T("coworking.reception.none-text")}
	default:
		page.Pages = shown.Links(p, &url.URL{Path: receptionRoot, RawQuery: url.Values{"casa": {desk.Site.Code}}.Encode()})
	}
	for _, a := range list {
		page.Rows = append(page.Rows, h.arrivalRow(p, a))
	}
	return nil
}

func (h *pages) arrivalRow(p *i18n.Printer, a Arrival) arrivalRow {
	row := arrivalRow{ID: a.Booking.ID, Hours: p.Time(a.From) + "–" + p.Time(a.To), Name: a.Name}
	var places []string
	for _, u := range a.Units {
		places = append(places, u.Name)
	}
	row.Places = names(p, places)
	now := h.clock.Now()
	switch {
	case a.Status == reserve.CheckedIn:
		row.State = web.State{Kind: "mine", Text: p.T("coworking.reception.in")}
	case a.Status == reserve.Completed:
		row.State = web.State{Kind: "taken", Text: p.T("coworking.reception.over")}
	case now.After(a.Booking.Starts) && a.Booking.Due.Before(a.Booking.Ends):
		row.State = web.State{Kind: "warning", Text: p.T("coworking.reception.late")}
		row.Note, row.Arrive = p.T("coworking.reception.released", "time", p.Time(a.Booking.Due)), true
	default:
		row.State = web.State{Kind: "pending", Text: p.T("coworking.reception.awaited")}
		opens := a.Booking.Starts.Add(-time.Duration(h.rulesOf(a.Booking).CheckInEarly) * time.Minute)
		if row.Arrive = !now.Before(opens); !row.Arrive {
			row.Note = p.T("coworking.reception.opens", "time", p.Time(opens))
		}
	}
	return row
}

// readerShell is the page that a device keeps: it checks passes without a
// network, and knows nobody.
func (h *pages) readerShell(w http.ResponseWriter, r *http.Request) error {
	desk, err := h.Reception(r.Context(), actor(r), r.URL.Query().Get("casa"))
	if err != nil {
		return err
	}
	p := h.ui.Printer(r).In(desk.Zone)
	page := h.readerPage(p, desk)
	page.Kept = true
	page.Day = ""
	return h.ui.Render(w, r, http.StatusOK, page)
}

// chooseHousePage is the page on which somebody who has several houses finds
// one.
type chooseHousePage struct {
	web.Head
	Action, Field string // of the form that looks for a house
	Form          *form.Form
	Houses        []web.Link
	More          string // how many are not shown
	Empty         *web.Empty
}

func (chooseHousePage) Template() string { return "coworking/choose-house" }

const housesShown = 30

func (h *pages) chooseReception(w http.ResponseWriter, r *http.Request) error {
	page := chooseHousePage{Head: web.Head{Title: h.ui.Printer(r).T("coworking.reception.title"), Private: true}, Action: receptionRoot, Field: "sede"}
	return h.chooseHouse(w, r, page, func(st *site.Site) string { return ReceptionPath(st.Code) })
}

// chooseHouse leads to the house of somebody who has one, and lets others choose.
func (h *pages) chooseHouse(w http.ResponseWriter, r *http.Request, page chooseHousePage, href func(*site.Site) string) error {
	houses := h.Receptions(actor(r))
	switch len(houses) {
	case 0:
		return errs.New(errs.NotFound, "coworking.reception.no-house", nil)
	case 1:
		return web.Redirect(w, r, href(houses[0]))
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	p, net := h.ui.Printer(r), h.live.Network()
	words := strings.Fields(territory.Fold(f.String(page.Field, "coworking.reception.house").Max(80).Value))
	page.Form = f
	more := 0
	for _, st := range houses {
		text := st.Name + ", " + net.Place(st)
		switch folded := territory.Fold(text); {
		case slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(folded, w) }):
		case len(page.Houses) == housesShown:
			more++
		default:
			page.Houses = append(page.Houses, web.Link{Href: href(st), Text: text})
		}
	}
	if more > 0 {
		page.More = p.T("coworking.reception.more-houses", "count", more)
	}
	if len(page.Houses) == 0 {
		page.Empty = &web.Empty{Title: p.T("coworking.reception.house-unknown"), Text: p.T("coworking.reception.house-unknown-text")}
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// searchArrivals shows whom some words fit. It is a POST so that no name stands
// in an address.
func (h *pages) searchArrivals(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	f.String("cerca", "coworking.reception.search").Max(80)
	return h.showReception(w, r, f.Raw("casa"), f.Status(), nil, f)
}

// arrive notes an arrival: of a row of the list, of a pass that was typed, or
// of one that the page's script has checked, which wants to be told as JSON.
func (h *pages) arrive(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	f.String("pass", "coworking.reception.code")
	code, id := f.Raw("casa"), f.Raw("prenotazione")
	if id == "" {
		id, err = h.ReadPass(actor(r), code, f.Raw("pass"))
	}
	var before Booking
	if err == nil {
		before, err = h.Get(r.Context(), actor(r), id)
	}
	if err == nil && before.Status == reserve.CheckedIn {
		return h.arrived(w, r, code, verdict{"already", "coworking.verdict.already", "coworking.reception.already"})
	}
	if err == nil {
		_, err = h.CheckIn(r.Context(), actor(r), id)
	}
	if err == nil {
		return h.arrived(w, r, code, verdict{"in", "coworking.verdict.in", "coworking.reception.done"})
	}
	zone := i18n.Rome
	if st, err := h.live.Network().ByCode(code); err == nil {
		zone = h.live.Network().Zone(st)
	}
	p := h.ui.Printer(r).In(zone)
	e := errs.As(err)
	switch e.Kind {
	case errs.Invalid, errs.Rule, errs.Conflict, errs.Forbidden, errs.NotFound:
	default:
		return err
	}
	title, text := p.T("coworking.verdict.refused"), p.T(e.Key, e.Args)
	if wantsJSON(r) {
		return sendVerdict(w, errs.Status(e.Kind), verdict{"refused", title, text})
	}
	if f.Add(err) {
		return h.showReception(w, r, code, f.Status(), nil, f)
	}
	return h.showReception(w, r, code, errs.Status(e.Kind), &web.Alert{Tone: web.Warning, Title: title, Text: text}, f)
}

// arrived says that somebody came.
func (h *pages) arrived(w http.ResponseWriter, r *http.Request, code string, v verdict) error {
	if wantsJSON(r) {
		p := h.ui.Printer(r)
		return sendVerdict(w, http.StatusOK, verdict{v.Kind, p.T(v.Title), p.T(v.Text)})
	}
	return h.ui.Done(w, r, ReceptionPath(code), v.Text)
}

func wantsJSON(r *http.Request) bool { return r.Header.Get("Accept") == "application/json" }

func sendVerdict(w http.ResponseWriter, status int, v verdict) error {
	body, err := json.Marshal(map[string]string{"kind": v.Kind, "title": v.Title, "text": v.Text})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone; there is nobody to tell
	return nil
}

func (h *pages) receptionRoutes() map[string]web.Handler {
	back := func(w http.ResponseWriter, r *http.Request) error { // a form loaded again
		return web.Redirect(w, r, receptionRoot)
	}
	return map[string]web.Handler{
		"GET /accoglienza":         own(h.receptionPage),
		"POST /accoglienza":        h.searchArrivals,
		"GET /accoglienza/lettore": own(h.readerShell),
		"POST /accoglienza/arrivo": h.arrive,
		"GET /accoglienza/arrivo":  back,
	}
}
