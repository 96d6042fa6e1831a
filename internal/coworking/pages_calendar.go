package coworking

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"
	"time"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// calendarPath is the page of one's own calendar.
const calendarPath = "/prenotazioni/calendario"

func (h *pages) calendarRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET " + calendarPath:                       own(h.calendarPage),
		"GET " + calendarPath + "/nuovo-indirizzo":  own(h.renewPage),
		"POST " + calendarPath + "/nuovo-indirizzo": own(h.renew),
		"GET " + feedRoot + "{name}":                h.feed,
	}
}

// calendarPage gives the address of one's own calendar.
type calendarPage struct {
	web.Head
	Path      string
	Address   string
	Subscribe template.URL // the same for the program that keeps calendars here
}

func (calendarPage) Template() string { return "coworking/calendar" }

func (h *pages) calendarHead(p *i18n.Printer, title string, more ...web.Link) web.Head {
	return web.Head{
		Title: p.T(title), Private: true, Section: "/prenotazioni",
		Crumbs: append([]web.Link{{Href: "/prenotazioni", Text: p.T("coworking.nav.bookings")}}, more...),
	}
}

func (h *pages) calendarPage(w http.ResponseWriter, r *http.Request) error {
	address, err := h.CalendarAddress(r.Context(), actor(r))
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(address, "://")
	p := h.ui.Printer(r)
	return h.ui.Render(w, r, http.StatusOK, calendarPage{
		Head: h.calendarHead(p, "coworking.calendar.title"), Path: calendarPath, Address: address,
		Subscribe: template.URL("webcal://" + rest), //nolint:gosec // the address is ours
	})
}

// renewPage asks whether the address is really to be ended.
type renewPage struct {
	web.Head
	Path string
}

func (renewPage) Template() string { return "coworking/calendar-renew" }

func (h *pages) renewPage(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	return h.ui.Render(w, r, http.StatusOK, renewPage{
		Head: h.calendarHead(p, "coworking.calendar.renew-title", web.Link{Href: calendarPath, Text: p.T("coworking.calendar.title")}),
		Path: calendarPath,
	})
}

func (h *pages) renew(w http.ResponseWriter, r *http.Request) error {
	if _, err := h.RenewCalendarAddress(r.Context(), actor(r)); err != nil {
		return err
	}
	return h.ui.Done(w, r, calendarPath, "coworking.calendar.renewed")
}

// feed is the calendar itself, for calendar programs: they bring the address
// and nothing else.
func (h *pages) feed(w http.ResponseWriter, r *http.Request) error {
	header := w.Header()
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Robots-Tag", "noindex")
	header.Del("Content-Language") // that of the person, not of who asks
	ics, err := h.Feed(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(ics)
	header.Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:15])+`"`)
	header.Set("Cache-Control", "private, no-cache")
	header.Set("Content-Type", "text/calendar; charset=utf-8")
	header.Set("Content-Disposition", `inline; filename="polis.ics"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(ics))
	return nil
}
