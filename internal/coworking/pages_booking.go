package coworking

import (
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
	"polis/internal/reserve"
)

// bookingPage is one booking: what it is, how it stands, what can be done.
type bookingPage struct {
	web.Head
	Path   string
	Status reserve.Status // as it stands now
	Rev    string
	Told   *refusal
	Parts  []partView
	Intro  string     // what that means
	Next   []string   // what comes next
	Until  *time.Time // of a hold, in the zone of the place
	Left   string     // of a hold: "9 minuti"
	Leave  bool       // whether it can be cancelled
	Change bool       // whether its time can be changed
	Arrive bool       // whether check-in is open
	Pass   string     // text of the pass; empty where there is none
	Valid  string     // from when to when the pass opens the door
	Again  string     // href to book the like once more
}

func (bookingPage) Template() string { return "coworking/booking" }

// partView is a part of a booking, as facts.
type partView struct {
	Site, Href string
	Facts      []web.Fact
}

// read reads the booking that an address names.
func (h *pages) read(r *http.Request) (Booking, error) {
	return h.Get(r.Context(), actor(r), r.PathValue("id"))
}

func (h *pages) bookingPage(w http.ResponseWriter, r *http.Request) error {
	b, err := h.read(r)
	if err != nil {
		return err
	}
	return h.showBooking(w, r, b, nil)
}

// showBooking shows a booking; told is what went wrong with what was just asked.
func (h *pages) showBooking(w http.ResponseWriter, r *http.Request, b Booking, told *refusal) error {
	p, now := h.ui.Printer(r), h.clock.Now()
	status := standing(b.Booking, now)
	page := bookingPage{
		Head: web.Head{
			Title: p.T("coworking.booking.title." + string(status)), Private: true, Section: "/prenotazioni",
			Crumbs: []web.Link{{Href: "/prenotazioni", Text: p.T("coworking.nav.bookings")}},
		},
		Path: bookingPath(b.ID), Status: status,
		Rev: strconv.FormatInt(b.Rev, 10), Told: told, Parts: h.partViews(p, b), Again: h.again(b),
		Intro: p.T("coworking.booking.intro." + string(status)),
	}
	if status == reserve.Held { // the crumbs are for places one comes back to
		page.Crumbs, page.Section = nil, "/spazi"
	}
	zone := zoneOf(b)
	mine := b.Person == actor(r).Person
	switch status {
	case reserve.Held:
		until := b.Due.In(zone)
		page.Until, page.Left = &until, p.Duration(max(b.Due.Sub(now), time.Minute).Truncate(time.Minute))
		page.Leave = true
	case reserve.Confirmed, reserve.CheckedIn:
		rules := h.rulesOf(b.Booking)
		opens := b.Starts.Add(-time.Duration(rules.CheckInEarly) * time.Minute)
		page.Arrive = status == reserve.Confirmed && !now.Before(opens)
		page.Leave = status == reserve.Confirmed
		page.Change = status == reserve.Confirmed && now.Before(b.Starts) && oneTime(b)
		page.Next = h.whatNext(p, b, status, opens)
		page.Valid = p.Span(opens.In(zone), b.Ends.In(zone))
		if mine {
			var err error
			if page.Pass, err = h.Service.Pass(r.Context(), actor(r), b.ID); err != nil {
				return err
			}
		}
	}
	code := http.StatusOK
	if told != nil {
		code = told.Status
	}
	return h.ui.Render(w, r, code, page)
}

// whatNext says what happens between now and the end of a visit.
func (h *pages) whatNext(p *i18n.Printer, b Booking, status reserve.Status, opens time.Time) (next []string) {
	zone := zoneOf(b)
	at := func(t time.Time) string { return p.Time(t.In(zone)) }
	if status == reserve.CheckedIn {
		return []string{p.T("coworking.next.stay", "time", at(b.Ends))}
	}
	next = append(next, p.T("coworking.next.enter", "time", at(opens)))
	if b.Due.Before(b.Ends) {
		next = append(next, p.T("coworking.next.check-in", "time", at(b.Due)))
	} else {
		next = append(next, p.T("coworking.next.no-check-in"))
	}
	return append(next, p.T("coworking.next.change"))
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

func (h *pages) partViews(p *i18n.Printer, b Booking) (views []partView) {
	for _, part := range b.Places {
		var list []string
		seats := 0
		for _, u := range part.Units {
			list = append(list, u.Name)
			seats += u.Seats
		}
		v := partView{Site: part.Site.Name, Href: spacePath(part.Site, nil)}
		v.Facts = []web.Fact{
			{Name: p.T("coworking.fact.when"), Value: p.Span(part.From.In(part.Zone), part.To.In(part.Zone))},
			{Name: p.T("coworking.fact.length"), Value: p.Duration(part.To.Sub(part.From))},
			{Name: p.T("coworking.kind." + string(part.Kind)), Value: names(p, list)},
			{Name: p.T("coworking.fact.where"), Value: part.Site.Address + ", " + part.Where},
		}
		if seats > len(part.Units) {
			v.Facts = slices.Insert(v.Facts, 3, web.Fact{Name: p.T("coworking.fact.seats"), Value: p.Number(seats)})
		}
		views = append(views, v)
	}
	return views
}

// again is the page on which the like can be booked once more.
func (h *pages) again(b Booking) string {
	if len(b.Places) == 0 {
		return "/spazi"
	}
	first := b.Places[0]
	q := timeQuery(first.From, first.To, first.Zone)
	if !first.From.After(h.clock.Now()) { // the time is over: the page proposes another
		for name := range q {
			q.Del(name)
		}
	}
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
	return h.showBooking(w, r, b, &told)
}

func (h *pages) confirm(w http.ResponseWriter, r *http.Request) error {
	b, err := h.Confirm(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return h.acted(w, r, err)
	}
	return web.Redirect(w, r, bookingPath(b.ID)) // whose heading says what was done
}

// giveUp releases a hold and goes back to its house. It knows the revision, so
// that the button of an old page does not cancel what was confirmed since.
func (h *pages) giveUp(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	b, err := h.Cancel(r.Context(), actor(r), r.PathValue("id"), revOf(f))
	if err != nil {
		return h.acted(w, r, err)
	}
	return h.ui.Done(w, r, h.again(b), "coworking.done.released")
}

func (h *pages) cancelPage(w http.ResponseWriter, r *http.Request) error {
	b, err := h.read(r)
	if err != nil {
		return err
	}
	if status := standing(b.Booking, h.clock.Now()); status != reserve.Confirmed {
		return web.Redirect(w, r, bookingPath(b.ID)) // says why there is nothing to cancel
	}
	p := h.ui.Printer(r)
	return h.ui.Render(w, r, http.StatusOK, cancelPage{
		Head:  h.stepHead(p, b, "coworking.cancel.title"),
		Path:  bookingPath(b.ID),
		Rev:   strconv.FormatInt(b.Rev, 10),
		Parts: h.partViews(p, b),
	})
}

// cancelPage asks whether a booking is really to be cancelled.
type cancelPage struct {
	web.Head
	Path, Rev string
	Parts     []partView
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

// movePage asks for another time of a booking.
type movePage struct {
	web.Head
	Path, Rev string
	Form      *form.Form
	When      when
	Told      *refusal
	Now       string   // the time it has
	Places    string   // its places
	Free      []string // when they are free on the chosen day
	Day       string
}

func (movePage) Template() string { return "coworking/move" }

func (h *pages) movePage(w http.ResponseWriter, r *http.Request) error {
	b, f, in, err := h.readMove(w, r)
	if err != nil {
		return err
	}
	if status := standing(b.Booking, h.clock.Now()); status != reserve.Confirmed || !oneTime(b) {
		return web.Redirect(w, r, bookingPath(b.ID)) // says why it cannot be changed
	}
	return h.showMove(w, r, b, f, in, nil)
}

func (h *pages) readMove(w http.ResponseWriter, r *http.Request) (Booking, *form.Form, when, error) {
	b, err := h.read(r)
	if err != nil {
		return b, nil, when{}, err
	}
	f, err := form.New(w, r)
	if err != nil {
		return b, nil, when{}, err
	}
	in := readWhen(h.ui.Printer(r), f, zoneOf(b), b.Starts, b.Ends)
	in.SeveralOK = in.SeveralOK || severalDays(h.rulesOf(b.Booking))
	return b, f, in, nil
}

func (h *pages) move(w http.ResponseWriter, r *http.Request) error {
	b, f, in, err := h.readMove(w, r)
	if err != nil {
		return err
	}
	if f.Err() != nil {
		return h.showMove(w, r, b, f, in, nil)
	}
	_, err = h.Move(r.Context(), actor(r), b.ID, in.From, in.To, revOf(f))
	switch {
	case err == nil:
		return h.ui.Done(w, r, bookingPath(b.ID), "coworking.done.moved")
	case errs.Is(err, errs.Stale), !b.Status.Alive():
		return h.acted(w, r, err)
	case onPage(f, err):
		return h.showMove(w, r, b, f, in, nil)
	}
	told, ok := h.refused(h.ui.Printer(r), err, zoneOf(b))
	if !ok {
		return err
	}
	told.Choices = nil // other places are not what a change of time is about
	return h.showMove(w, r, b, f, in, &told)
}

func (h *pages) showMove(w http.ResponseWriter, r *http.Request, b Booking, f *form.Form, in when, told *refusal) error {
	p := h.ui.Printer(r)
	page := movePage{
		Head: h.stepHead(p, b, "coworking.move.title"), Path: bookingPath(b.ID), Rev: strconv.FormatInt(b.Rev, 10),
		Form: f, When: in, Told: told, Now: p.Span(b.Starts.In(in.zone), b.Ends.In(in.zone)),
	}
	var list []string
	for _, part := range b.Places {
		for _, u := range part.Units {
			list = append(list, u.Name)
		}
	}
	page.Places = names(p, list)
	day := agenda.DateOf(b.Starts.In(in.zone))
	if !in.From.IsZero() {
		day = agenda.DateOf(in.From)
	}
	page.Day = p.Day(day)
	for _, i := range h.freeFor(b, day) {
		page.Free = append(page.Free, p.Time(i.From.In(in.zone))+"–"+endTime(p, i.To.In(in.zone)))
	}
	code := f.Status()
	if told != nil {
		code = told.Status
	}
	return h.ui.Render(w, r, code, page)
}

// endTime is the time of an end; midnight is the end of the day.
func endTime(p *i18n.Printer, t time.Time) string {
	if clockOf(t) == 0 {
		return agenda.Midnight24.String()
	}
	return p.Time(t)
}

// freeFor is when on a day all places of a booking are free, or its own.
func (h *pages) freeFor(b Booking, day agenda.Date) (free []Interval) {
	for n, part := range b.Places {
		for m, u := range part.Units {
			days, err := h.Timetable(u.ID, day, day)
			if err != nil || len(days) != 1 {
				return nil
			}
			own := Interval{part.From, part.To}
			list := join(days[0].Free, own, days[0].Open)
			if n == 0 && m == 0 {
				free = list
			} else {
				free = meet(free, list)
			}
		}
	}
	return free
}

// join adds what of own lies in open to sorted free times.
func join(free []Interval, own Interval, open []Interval) (out []Interval) {
	all := append(slices.Clone(free), meet([]Interval{own}, open)...)
	slices.SortFunc(all, func(a, b Interval) int { return a.From.Compare(b.From) })
	for _, i := range all {
		if n := len(out); n > 0 && !i.From.After(out[n-1].To) {
			if i.To.After(out[n-1].To) {
				out[n-1].To = i.To
			}
			continue
		}
		out = append(out, i)
	}
	return out
}

// meet is the time that two lists have in common.
func meet(a, b []Interval) (out []Interval) {
	for _, x := range a {
		for _, y := range b {
			i := x
			if y.From.After(i.From) {
				i.From = y.From
			}
			if y.To.Before(i.To) {
				i.To = y.To
			}
			if i.From.Before(i.To) {
				out = append(out, i)
			}
		}
	}
	return out
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
		"GET /prenotazioni":                     h.own(h.listPage),
		"GET /prenotazioni/{id}":                h.own(h.bookingPage),
		"POST /prenotazioni/{id}/conferma":      h.own(h.confirm),
		"POST /prenotazioni/{id}/rinuncia":      h.own(h.giveUp),
		"GET /prenotazioni/{id}/annulla":        h.own(h.cancelPage),
		"POST /prenotazioni/{id}/annulla":       h.own(h.cancel),
		"GET /prenotazioni/{id}/sposta":         h.own(h.movePage),
		"POST /prenotazioni/{id}/sposta":        h.own(h.move),
		"POST /prenotazioni/{id}/arrivo":        h.own(h.checkIn),
		"GET /prenotazioni/{id}/conferma":       toBooking, // as /prenota, for who loads a refused form again
		"GET /prenotazioni/{id}/rinuncia":       toBooking,
		"GET /prenotazioni/{id}/arrivo":         toBooking,
		"GET /prenotazioni/{id}/pass.svg":       h.passImage,
		"GET /prenotazioni/{id}/calendario.ics": h.calendarFile,
	}
}
