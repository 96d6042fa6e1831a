package coworking

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/reserve"
)

// pastPerPage is how many past bookings a page shows.
const pastPerPage = 20

// listPage is somebody's bookings: what is to come, then what was.
type listPage struct {
	web.Head
	Self   bool        // the reader's own, not those of whom they act for
	More   bool        // there is more to come than the page shows
	Notice *web.Alert  // mails do not arrive
	Rating *ratingView // of the last visit
	Coming []comingDay
	Past   []bookingRow
	First  bool // the first page, which has the coming ones
	Empty  *web.Empty
	Pages  web.Pages
}

func (listPage) Template() string { return "coworking/list" }

// comingDay is what is to come on one day.
type comingDay struct {
	Day  string
	Rows []bookingRow
}

// bookingRow is a booking in a list.
type bookingRow struct {
	Href  string
	Title string // of its house
	When  string
	What  string
	State web.State
	Until string // by when it is to be confirmed; empty where it is
	Pass  string // href; empty where there is none
	For   string // for which organisation, or by whom of it; empty where the reader knows
}

func (h *pages) listPage(w http.ResponseWriter, r *http.Request) error {
	p, who := h.ui.Printer(r), actor(r)
	page := listPage{Head: web.Head{Title: p.T("coworking.list.title"), Private: true, Section: "/prenotazioni"}, Self: who.By == "" && party(who) == ""}
	if party(who) != "" {
		page.Title = p.T("coworking.list.title-for", "name", who.ForName)
	}
	after, first, err := readPosition(r.URL.Query().Get(web.AfterField))
	if err != nil {
		return err
	}
	now := h.clock.Now()
	if page.First = first; first {
		if err := h.showList(r, p, &page, now); err != nil {
			return err
		}
	}
	past, more, err := h.past(r, after, now)
	if err != nil {
		return err
	}
	tell, err := h.forWhom(r, p, past)
	if err != nil {
		return err
	}
	for _, b := range past {
		v := row(p, b, standing(b.Booking, now))
		tell(b, &v)
		page.Past = append(page.Past, v)
	}
	next := ""
	if more {
		next = position(past[len(past)-1])
	}
	page.Pages = web.PagesAfter(r.URL, next)
	return h.ui.Render(w, r, http.StatusOK, page)
}

// showList shows what is to come, and what is said on the first page alone.
func (h *pages) showList(r *http.Request, p *i18n.Printer, page *listPage, now time.Time) error {
	coming, err := h.Coming(r.Context(), actor(r))
	if err != nil {
		return err
	}
	tell, err := h.forWhom(r, p, coming)
	if err != nil {
		return err
	}
	page.Coming, page.More = byDay(p, coming, now, tell), len(coming) == most
	if len(page.Coming) == 0 {
		page.Empty = &web.Empty{
			Title: p.T("coworking.list.none"), Text: p.T("coworking.list.none-text"),
			Links: []web.Link{{Href: "/spazi", Text: p.T("coworking.list.find")}},
		}
	}
	if party(actor(r)) != "" { // the rest is the reader's own
		return nil
	}
	if page.Notice, err = h.mailNotice(r, p); err != nil {
		return err
	}
	page.Rating, err = h.lastVisit(r, p)
	return err
}

// byDay groups what is to come by the day of its next part.
func byDay(p *i18n.Printer, coming []Booking, now time.Time, tell teller) (days []comingDay) {
	type dated struct {
		Booking
		next time.Time // on the clocks of its house
	}
	var list []dated
	for _, b := range coming {
		if !standing(b.Booking, now).Alive() {
			continue
		}
		next := b.Ends.In(zoneOf(b))
		for _, part := range b.Places {
			if part.To.After(now) && part.From.Before(next) {
				next = part.From.In(part.Zone)
			}
		}
		list = append(list, dated{b, next})
	}
	slices.SortStableFunc(list, func(a, b dated) int { return a.next.Compare(b.next) })
	for _, b := range list {
		day := p.Date(b.next)
		if n := len(days); n == 0 || days[n-1].Day != day {
			days = append(days, comingDay{Day: day})
		}
		last := &days[len(days)-1]
		v := row(p, b.Booking, standing(b.Booking.Booking, now))
		if from, to := b.Starts.In(zoneOf(b.Booking)), b.Ends.In(zoneOf(b.Booking)); agenda.DateOf(from) == agenda.DateOf(to) {
			v.When = p.Hours(from, to) // the day stands above
		}
		if b.Status == reserve.Held {
			v.Until = p.T("coworking.list.until", "time", p.Time(b.Due.In(zoneOf(b.Booking))))
		}
		tell(b.Booking, &v)
		last.Rows = append(last.Rows, v)
	}
	return days
}

// teller adds to the row of a booking for which organisation it is, or, where the
// reader acts for that, by whom it was made.
type teller func(b Booking, v *bookingRow)

func (h *pages) forWhom(r *http.Request, p *i18n.Printer, list []Booking) (teller, error) {
	x, err := h.Belongings(r.Context(), list)
	return func(b Booking, v *bookingRow) {
		switch {
		case b.For == "":
		case ofParty(actor(r), b.Booking):
			v.For = p.T("coworking.list.by", "name", x.By(b))
		default:
			v.For = p.T("coworking.list.for", "name", x.For(b))
		}
		if b.Person != actor(r).Person {
			v.Pass = "" // who made it has it
		}
	}, err
}

// past lists a page of bookings of which nothing is to come, and whether there
// are more.
func (h *pages) past(r *http.Request, after reserve.Position, now time.Time) (out []Booking, more bool, err error) {
	for {
		list, err := h.List(r.Context(), actor(r), after, pastPerPage+1)
		if err != nil {
			return nil, false, err
		}
		for _, b := range list {
			if standing(b.Booking, now).Alive() {
				continue
			}
			if len(out) == pastPerPage {
				return out, true, nil
			}
			out = append(out, b)
		}
		if len(list) <= pastPerPage {
			return out, false, nil
		}
		last := list[len(list)-1]
		after = reserve.Position{Starts: last.Starts, ID: last.ID}
	}
}

func row(p *i18n.Printer, b Booking, status reserve.Status) bookingRow {
	zone := zoneOf(b)
	out := bookingRow{
		Href: bookingPath(b.ID), Title: p.T("coworking.list.gone"),
		When: p.Span(b.Starts.In(zone), b.Ends.In(zone)), State: bookingState(p, status),
	}
	if status == reserve.Confirmed || status == reserve.CheckedIn {
		out.Pass = out.Href + "/pass"
	}
	var places []string
	for _, part := range b.Places {
		places = append(places, namesOf(part)...)
	}
	if list := houses(b); len(list) > 0 {
		out.Title = strings.Join(list, ", ")
		out.What = names(p, places)
	}
	if len(b.Places) > 1 {
		out.What = total(p, b)
	}
	return out
}

// position is where a list goes on after a booking.
func position(b Booking) string {
	return strconv.FormatInt(b.Starts.UnixMicro(), 10) + "-" + b.ID
}

func readPosition(text string) (at reserve.Position, first bool, err error) {
	if text == "" {
		return reserve.Last, true, nil
	}
	micros, id, ok := strings.Cut(text, "-")
	n, parseErr := strconv.ParseInt(micros, 10, 64)
	if !ok || parseErr != nil || n < 0 || len(id) > 60 {
		return at, false, errs.New(errs.Invalid, "coworking.list.bad-page", nil)
	}
	return reserve.Position{Starts: time.UnixMicro(n).UTC(), ID: id}, false, nil
}
