package coworking

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/document"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/register"
	"polis/internal/reserve"
)

// bookingPage is one booking: what it is, how it stands, what can be done.
type bookingPage struct {
	web.Head
	Path   string
	Ref    string         // what people say of it on the telephone
	Status reserve.Status // as it stands now
	Rev    string
	Told   *refusal
	Form   *form.Form
	Houses []houseParts
	Total  string
	For    string      // for which organisation, and by whom it was made; empty for oneself
	Missed []string    // what of it was released because nobody came
	Intro  string      // what that means
	Next   []string    // what comes next
	Mailed string      // where the mail about it went
	Hold   *holdView   // while it is kept to be confirmed
	Retry  string      // key of the form that holds the same again; empty where it cannot
	Rules  []rulesView // that are still to be accepted
	Rating *ratingView // where the visit can be rated
	Leave  bool        // whether it can be cancelled
	Change bool        // whether its time can be changed
	Arrive bool        // whether check-in is open
	Pass   string      // text of the pass; empty where there is none
	Valid  string      // from when to when the pass opens the door
	Again  string      // href to book the like once more
	// Receipts is the page of the receipts of what was done with it; empty where it
	// is somebody else's.
	Receipts string
}

func (bookingPage) Template() string { return "coworking/booking" }

// read reads the booking that an address names, its parts in the order of time.
func (h *pages) read(r *http.Request) (Booking, error) {
	b, err := h.Get(r.Context(), actor(r), r.PathValue("id"))
	slices.SortStableFunc(b.Places, func(x, y PlacePart) int { return x.From.Compare(y.From) })
	return b, err
}

func (h *pages) bookingPage(w http.ResponseWriter, r *http.Request) error {
	b, err := h.read(r)
	if err != nil {
		return err
	}
	return h.showBooking(w, r, b, nil, nil)
}

// showBooking shows a booking; told is what went wrong with what was just asked,
// f the form that it was asked by.
func (h *pages) showBooking(w http.ResponseWriter, r *http.Request, b Booking, told *refusal, f *form.Form) error {
	p, now := h.ui.Printer(r), h.clock.Now()
	status := standing(b.Booking, now)
	if f == nil {
		f = form.Of(nil)
	}
	page := bookingPage{
		Head: web.Head{
			Title: p.T("coworking.booking.title." + string(status)), Private: true, Section: "/prenotazioni",
			Crumbs: []web.Link{{Href: "/prenotazioni", Text: p.T("coworking.nav.bookings")}},
		},
		Path: bookingPath(b.ID), Ref: reserve.Reference(b.ID), Status: status, Form: f,
		Rev: strconv.FormatInt(b.Rev, 10), Told: told, Again: h.again(b),
		Intro: p.T("coworking.booking.intro." + string(status)),
	}
	page.Houses, page.Total, page.Missed = partsOf(p, b), total(p, b), missedOf(p, b)
	mine := b.Person == actor(r).Person
	if mine {
		page.Receipts = register.ReceiptsPath + b.ID
	}
	whose, err := h.Belongings(r.Context(), []Booking{b})
	if err != nil {
		return err
	}
	if b.For != "" {
		page.For = p.T("coworking.booking.for", "name", whose.For(b), "by", whose.By(b))
	}
	switch status {
	case reserve.Held:
		page.Crumbs, page.Section = nil, "/spazi" // the crumbs are for places one comes back to
		page.Leave = MayChange(actor(r), b)
		if mine {
			err = h.showHold(r, p, &page, b)
		}
	case reserve.Confirmed, reserve.CheckedIn:
		err = h.showComing(r, p, &page, b, mine)
	case reserve.Expired:
		if mine && b.Ends.After(now) {
			page.Retry = rand.Text()
		}
	}
	if err == nil && mine {
		page.Rating, err = h.rating(r, p, b)
	}
	if err != nil {
		return err
	}
	if !page.asks(f.Faults()) {
		return web.Redirect(w, r, page.Path) // says how it stands: there is nothing to mend
	}
	code := f.Status()
	if told != nil {
		code = told.Status
	}
	return h.ui.Render(w, r, code, page)
}

// asks tells whether the page has the inputs in which faults are to be mended:
// what was a hold when it was asked for may be none any more.
func (page *bookingPage) asks(faults []errs.Error) bool {
	asked := map[string]bool{"giorni": page.Hold != nil, "regolamento": len(page.Rules) > 0}
	return !slices.ContainsFunc(faults, func(e errs.Error) bool { return e.Field != "" && !asked[e.Field] })
}

// showComing shows what concerns a visit that is to come or going on.
func (h *pages) showComing(r *http.Request, p *i18n.Printer, page *bookingPage, b Booking, mine bool) (err error) {
	rules, now, zone := h.rulesOf(b.Booking), h.clock.Now(), zoneOf(b)
	opens := b.Starts.Add(-time.Duration(rules.CheckInEarly) * time.Minute)
	page.Arrive = page.Status == reserve.Confirmed && !now.Before(opens) && !ofAnother(actor(r), b)
	page.Leave = page.Status == reserve.Confirmed && MayChange(actor(r), b)
	page.Change = page.Leave && now.Before(b.Starts)
	page.Next = h.whatNext(p, b, page.Status, opens)
	page.Valid = p.Span(opens.In(zone), b.Ends.In(zone))
	if page.Change && !oneTime(b) { // each part has its own time, and its own link to change it
		page.Change = false
		for i := range page.Houses {
			page.Houses[i].movable(page.Path)
		}
	}
	if !mine {
		return nil
	}
	if page.Pass, err = h.Service.Pass(r.Context(), actor(r), b.ID); err != nil {
		return err
	}
	if page.Mailed, err = h.mailed(r, p, b); err != nil {
		return err
	}
	page.Rules, err = h.rulesOpen(r, p, b)
	return err
}

// whatNext says what happens between now and the end of a visit.
func (h *pages) whatNext(p *i18n.Printer, b Booking, status reserve.Status, opens time.Time) (next []string) {
	at := sayer(p, b, zoneOf(b))
	if status == reserve.CheckedIn {
		return []string{at("coworking.next.stay", "coworking.next.stay-on", b.Ends)}
	}
	next = append(next, at("coworking.next.enter", "coworking.next.enter-on", opens))
	if b.Due.Before(b.Ends) {
		next = append(next, at("coworking.next.check-in", "coworking.next.check-in-on", b.Due))
		next = append(next, ofSeveral(p, b)...)
	} else {
		next = append(next, p.T("coworking.next.no-check-in"))
	}
	return append(next, p.T("coworking.next.change"))
}

// sayer says a sentence about an instant of a booking: with the hour alone where
// the booking has one day, in the other words with the day too where it has
// several.
func sayer(p *i18n.Printer, b Booking, zone *time.Location) func(key, dated string, t time.Time) string {
	several := agenda.DateOf(b.Starts.In(zone)) != agenda.DateOf(b.Ends.Add(-1).In(zone))
	return func(key, dated string, t time.Time) string {
		if several {
			return p.T(dated, "time", t.In(zone))
		}
		return p.T(key, "time", p.Time(t.In(zone)))
	}
}

// ofSeveral says what holds for arrival where a booking has several times.
func ofSeveral(p *i18n.Printer, b Booking) []string {
	if oneTime(b) {
		return nil
	}
	return []string{p.T("coworking.next.check-in-once"), p.T("coworking.next.missed")}
}

// oneTime tells whether all parts of a booking have the same time, so that it
// can be moved.
func oneTime(b Booking) bool {
	return !slices.ContainsFunc(b.Places, func(p PlacePart) bool { return !p.From.Equal(b.Starts) || !p.To.Equal(b.Ends) })
}

func zoneOf(b Booking) *time.Location {
	if len(b.Places) > 0 {
		return b.Places[0].Zone
	}
	return i18n.Rome
}

// bookingState is how a booking stands, by shape and word.
func bookingState(p *i18n.Printer, status reserve.Status) web.State {
	kinds := map[reserve.Status]string{
		reserve.Held: "pending", reserve.Confirmed: "mine", reserve.CheckedIn: "mine",
		reserve.Cancelled: "closed", reserve.Expired: "closed", reserve.NoShow: "warning", reserve.Completed: "taken",
	}
	return web.State{Kind: kinds[status], Text: p.T("coworking.status." + string(status))}
}

// again is the page on which the like can be booked once more: the same places
// in the first week to come in which that can be.
func (h *pages) again(b Booking) string {
	if len(b.Places) == 0 {
		return "/spazi"
	}
	first := b.Places[0]
	from, to := first.From.In(first.Zone), first.To.In(first.Zone)
	for weeks := 1; !from.After(h.clock.Now()); weeks++ {
		start, end, err := sameHours(first.From.In(first.Zone), first.To.In(first.Zone), agenda.DateOf(first.From.In(first.Zone)).AddDays(7*weeks))
		if err == nil { // the clocks do not skip this hour that day
			from, to = start, end
		}
	}
	q := timeQuery(from, to, first.Zone)
	q.Set("tipo", string(first.Kind))
	for i, u := range first.Units {
		if i < maxInAddress {
			q.Add("posto", u.ID)
		}
	}
	return spacePath(first.Site, q)
}

// revOf is the revision of the booking that the person saw.
func revOf(f *form.Form) int64 {
	rev, err := strconv.ParseInt(f.Raw("rev"), 10, 64)
	if err != nil || rev < 1 {
		return -1 // was never shown
	}
	return rev
}

// acted shows how a booking stands after an act that was refused.
func (h *pages) acted(w http.ResponseWriter, r *http.Request, err error) error {
	b, readErr := h.read(r)
	if readErr != nil {
		return readErr
	}
	told, ok := h.refused(h.ui.Printer(r), err, zoneOf(b))
	if !ok {
		return err
	}
	return h.showBooking(w, r, b, &told, nil)
}

func (h *pages) cancelPage(w http.ResponseWriter, r *http.Request) error {
	b, err := h.read(r)
	if err != nil {
		return err
	}
	if status := standing(b.Booking, h.clock.Now()); status != reserve.Confirmed || !MayChange(actor(r), b) {
		return web.Redirect(w, r, bookingPath(b.ID)) // says why there is nothing to cancel
	}
	p := h.ui.Printer(r)
	return h.ui.Render(w, r, http.StatusOK, cancelPage{
		Head:  h.stepHead(p, b, "coworking.cancel.title"),
		Path:  bookingPath(b.ID),
		Rev:   strconv.FormatInt(b.Rev, 10),
		Parts: partsOf(p, b),
	})
}

// cancelPage asks whether a booking is really to be cancelled.
type cancelPage struct {
	web.Head
	Path, Rev string
	Parts     []houseParts
}

func (cancelPage) Template() string { return "coworking/cancel" }

func (h *pages) stepHead(p *i18n.Printer, b Booking, title string) web.Head {
	return web.Head{
		Title: p.T(title), Private: true, Section: "/prenotazioni",
		Crumbs: []web.Link{
			{Href: "/prenotazioni", Text: p.T("coworking.nav.bookings")},
			{Href: bookingPath(b.ID), Text: p.T("coworking.booking.crumb")},
		},
	}
}

func (h *pages) cancel(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	b, err := h.Cancel(r.Context(), actor(r), r.PathValue("id"), revOf(f))
	if err != nil {
		return h.acted(w, r, err)
	}
	return web.Redirect(w, r, bookingPath(b.ID)) // whose heading says what was done
}

func (h *pages) checkIn(w http.ResponseWriter, r *http.Request) error {
	b, err := h.CheckIn(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return h.acted(w, r, err)
	}
	return web.Redirect(w, r, bookingPath(b.ID)) // whose heading says what was done
}

// passImage is the pass as a QR code.
func (h *pages) passImage(w http.ResponseWriter, r *http.Request) error {
	text, err := h.Service.Pass(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	svg, err := document.QRSVG(text, h.ui.Printer(r).T("booking.pass-image"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(svg) // the client may have gone; there is nobody to tell
	return nil
}

// calendarFile is a booking for the person's calendar.
func (h *pages) calendarFile(w http.ResponseWriter, r *http.Request) error {
	ics, err := h.Calendar(r.Context(), actor(r), r.PathValue("id"), h.ui.Printer(r))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="polis.ics"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(ics) // as above
	return nil
}

func (h *pages) bookingRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET /prenotazioni":                     own(h.listPage),
		"GET /prenotazioni/{id}":                own(h.bookingPage),
		"POST /prenotazioni/{id}/conferma":      own(h.confirm),
		"POST /prenotazioni/{id}/rinuncia":      own(h.giveUp),
		"GET /prenotazioni/{id}/annulla":        own(h.cancelPage),
		"POST /prenotazioni/{id}/annulla":       own(h.cancel),
		"GET /prenotazioni/{id}/sposta":         own(h.movePage),
		"POST /prenotazioni/{id}/sposta":        own(h.move),
		"POST /prenotazioni/{id}/arrivo":        own(h.checkIn),
		"POST /prenotazioni/{id}/giorni":        own(h.addDays),
		"POST /prenotazioni/{id}/togli":         own(h.drop),
		"POST /prenotazioni/{id}/riprova":       own(h.retry),
		"POST /prenotazioni/{id}/regolamento":   own(h.acceptRules),
		"POST /prenotazioni/{id}/voto":          own(h.rate),
		"GET /prenotazioni/{id}/conferma":       toBooking, // as /prenota, for who loads a refused form again
		"GET /prenotazioni/{id}/rinuncia":       toBooking,
		"GET /prenotazioni/{id}/arrivo":         toBooking,
		"GET /prenotazioni/{id}/giorni":         toBooking,
		"GET /prenotazioni/{id}/togli":          toBooking,
		"GET /prenotazioni/{id}/riprova":        toBooking,
		"GET /prenotazioni/{id}/regolamento":    toBooking,
		"GET /prenotazioni/{id}/voto":           toBooking,
		"GET /prenotazioni/{id}/pass.svg":       h.passImage,
		"GET /prenotazioni/{id}/calendario.ics": h.calendarFile,
	}
}
