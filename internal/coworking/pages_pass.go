package coworking

import (
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"polis/internal/platform/document"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/reserve"
)

// passPage is the pass alone, to show at a door. A device keeps it, so it says
// nothing but what the pass is for.
type passPage struct {
	web.Head
	Path, Self string
	Ref        string
	Image      template.URL // the QR code, within the page: it is kept with it
	Text       string
	Valid      string
	Places     []houseParts
}

func (passPage) Template() string { return "coworking/pass" }

func (h *pages) passPage(w http.ResponseWriter, r *http.Request) error {
	b, err := h.read(r)
	if err != nil {
		return err
	}
	text, err := h.Service.Pass(r.Context(), actor(r), b.ID)
	switch {
	case errs.Is(err, errs.Conflict), errs.Is(err, errs.Rule):
		return web.Redirect(w, r, bookingPath(b.ID)) // says why there is no pass
	case err != nil:
		return err
	}
	zone := zoneOf(b)
	p := h.ui.Printer(r).In(zone)
	svg, err := document.QRSVG(text, p.T("booking.pass-image"))
	if err != nil {
		return err
	}
	opens := b.Starts.Add(-time.Duration(h.rulesOf(b.Booking).CheckInEarly) * time.Minute)
	page := passPage{
		Head: web.Head{Title: p.T("coworking.pass.title-none"), Private: true, Kept: true, Section: "/prenotazioni"},
		Path: bookingPath(b.ID), Self: bookingPath(b.ID) + "/pass", Ref: reserve.Reference(b.ID), Text: text,
		Image:  template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg)),
		Valid:  p.Span(opens.In(zone), b.Ends.In(zone)),
		Places: partsOf(p, b),
	}
	if len(b.Places) > 0 {
		page.Title = p.T("coworking.pass.title", "house", b.Places[0].Site.Name)
	}
	// Until when a device keeps the page, in milliseconds of Unix time.
	w.Header().Set("Polis-Keep-Until", strconv.FormatInt(b.Ends.UnixMilli(), 10))
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) passRoutes() map[string]web.Handler {
	return map[string]web.Handler{"GET /prenotazioni/{id}/pass": own(h.passPage)}
}
