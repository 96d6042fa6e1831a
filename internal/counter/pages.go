package counter

import (
	"embed"
	"net/http"
	"net/url"

	"polis/internal/counter/forecast"
	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// Pages are the templates of the room.
//
//go:embed pages/*.gohtml
var Pages embed.FS

// Root is where the counter begins.
const Root = "/sportello"

const numberRoot = "/numero/"

// Nav is the entry of the counter in the main navigation, Door leads to it from the
// first page.
var (
	Nav  = web.Entry{Href: Root, Key: "counter.nav"}
	Door = web.Door{Href: Root, Icon: "it-user", Title: "counter.door", Text: "counter.door-text"}
)

// PageOptions are what the pages work with.
type PageOptions struct {
	Service *Service
	// Appointment is where an appointment is made; "" where none can be.
	Appointment func(office *site.Site, service string) string
}

type pages struct {
	*Service
	ui          *web.Renderer
	appointment func(office *site.Site, service string) string
}

// RegisterPages adds the public pages of the counter to a mux: find an office, what
// it does and how long the wait is, take a number and watch one's place.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, o PageOptions) error {
	if err := ui.Add("counter", Pages); err != nil {
		return err
	}
	h := &pages{Service: o.Service, ui: ui, appointment: o.Appointment}
	for pattern, handler := range map[string]web.Handler{
		"GET " + Root:                        h.offices,
		"GET " + Root + "/{office}":          h.office,
		"POST " + Root + "/{office}/numero":  h.take,
		"GET " + Root + "/{office}/numero":   h.toOffice,
		"GET " + numberRoot + "{id}":         h.number,
		"POST " + numberRoot + "{id}/lascia": h.leave,
		"POST " + numberRoot + "{id}/torno":  h.back,
		"GET " + numberRoot + "{id}/{act}":   h.toNumber,
	} {
		mux.Handle(pattern, ui.Handle(handler))
	}
	return nil
}

func actor(r *http.Request) identity.Actor { return identity.ActorFrom(r.Context()) }

// OfficePath is the page of an office.
func OfficePath(st *site.Site) string { return Root + "/" + url.PathEscape(st.Code) }

// NumberPath is where the holder of a number watches it.
func NumberPath(id string) string { return numberRoot + url.PathEscape(id) }

func (h *pages) toOffice(w http.ResponseWriter, r *http.Request) error {
	return web.Redirect(w, r, Root+"/"+url.PathEscape(r.PathValue("office")))
}

func (h *pages) toNumber(w http.ResponseWriter, r *http.Request) error {
	return web.Redirect(w, r, NumberPath(r.PathValue("id")))
}

// RangeText is a wait in words: "circa 12–20 minuti"; where the turn more likely than
// not comes no more before the desks end, that.
func RangeText(p *i18n.Printer, r forecast.Range) string {
	low, high := r.Minutes()
	switch {
	case r.Today < 0.5:
		return p.T("counter.wait.not-today")
	case high <= 1:
		return p.T("counter.wait.now")
	case low == high:
		return p.T("counter.wait.one", "count", high)
	case low == 0:
		return p.T("counter.wait.most", "count", high)
	}
	return p.T("counter.wait.range", "low", low, "count", high)
}
