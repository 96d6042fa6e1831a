package coworking

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

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
	Coming []bookingRow
	Past   []bookingRow
	First  bool // the first page, which has the coming ones
	Empty  *web.Empty
	Pages  web.Pages
}

func (listPage) Template() string { return "coworking/list" }

// bookingRow is a booking in a list.
type bookingRow struct {
	Href  string
	Title string // of its house
	When  string
	What  string
	State web.State
	Pass  string // href; empty where there is none
}

func (h *pages) listPage(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	page := listPage{Head: web.Head{Title: p.T("coworking.list.title"), Private: true, Section: "/prenotazioni"}}
	after, first, err := readPosition(r.URL.Query().Get("dopo"))
	if err != nil {
		return err
	}
	now := h.clock.Now()
	if page.First = first; first {
		coming, err := h.Coming(r.Context(), actor(r))
		if err != nil {
			return err
		}
		for _, b := range coming {
			if status := standing(b.Booking, now); status.Alive() {
				page.Coming = append(page.Coming, row(p, b, status))
			}
		}
	}
	past, more, err := h.past(r, after, now)
	if err != nil {
		return err
	}
	for _, b := range past {
		page.Past = append(page.Past, row(p, b, standing(b.Booking, now)))
	}
	if more {
		page.Pages.Next = "/prenotazioni?dopo=" + url.QueryEscape(position(past[len(past)-1]))
	}
	if !first {
		page.Pages.Prev = "/prenotazioni"
	}
	if len(page.Coming) == 0 && first {
		page.Empty = &web.Empty{
			Title: p.T("coworking.list.none"), Text: p.T("coworking.list.none-text"),
			Links: []web.Link{{Href: "/spazi", Text: p.T("coworking.list.find")}},
		}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
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
	var houses, places []string
	for _, part := range b.Places {
		houses = append(houses, part.Site.Name)
		for _, u := range part.Units {
			places = append(places, u.Name)
		}
	}
	if len(houses) > 0 {
		out.Title = strings.Join(houses, ", ")
		out.What = names(p, places)
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
