package coworking

import (
	"embed"
	"net/http"
	"net/url"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// Pages are the templates of coworking.
//
//go:embed pages/*.gohtml
var Pages embed.FS

// Nav are the entries of coworking in the main navigation.
var Nav = []web.Entry{
	{Href: "/spazi", Key: "coworking.nav.spaces"},
	{Href: "/prenotazioni", Key: "coworking.nav.bookings"},
}

// SpacesDoor leads from the first page to the search.
var SpacesDoor = web.Door{Href: "/spazi", Icon: "it-map-marker-circle", Title: "coworking.door.spaces", Text: "coworking.door.spaces-text"}

// pages are the handlers; they parse, call the Service and show.
type pages struct {
	*Service
	ui *web.Renderer
}

// RegisterPages adds the pages of coworking to a mux: search, a space, a
// booking with its pass, one's bookings. They stand behind Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, s *Service) error {
	if err := ui.Add("coworking", Pages); err != nil {
		return err
	}
	ui.AllowBody(photoUpload, maxPhotoBody)
	h := &pages{Service: s, ui: ui}
	for _, routes := range []map[string]web.Handler{
		h.searchRoutes(),
		h.savedRoutes(),
		h.spaceRoutes(),
		h.bookingRoutes(),
		h.passRoutes(),
		h.receptionRoutes(),
		h.calendarRoutes(),
		h.photoRoutes(),
		h.dayRoutes(),
	} {
		for pattern, handler := range routes {
			mux.Handle(pattern, ui.Handle(handler))
		}
	}
	return nil
}

// own is a page for who is signed in. A form that was sent comes back to the page
// of its booking, or to its own address, at which there is a page.
func own(next web.Handler) web.Handler {
	return identity.SignedIn(next, func(r *http.Request) string {
		if id := r.PathValue("id"); id != "" {
			return bookingPath(id)
		}
		return r.URL.Path
	})
}

func actor(r *http.Request) identity.Actor { return identity.ActorFrom(r.Context()) }

func bookingPath(id string) string { return "/prenotazioni/" + url.PathEscape(id) }

func spacePath(st *site.Site, q url.Values) string {
	path := "/spazi/" + url.PathEscape(st.Code)
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}

func toBooking(w http.ResponseWriter, r *http.Request) error {
	return web.Redirect(w, r, bookingPath(r.PathValue("id")))
}

func toSpace(w http.ResponseWriter, r *http.Request) error {
	return web.Redirect(w, r, "/spazi/"+url.PathEscape(r.PathValue("code")))
}

// fieldOf are the inputs of the pages for the fields of the Service's errors.
var fieldOf = form.Inputs{"from": "dalle", "to": "alle", "kind": "tipo", "count": "posti", "resources": "posto"}

// refusal is what a page tells of an error that the person can do something
// about, above the form that they sent.
type refusal struct {
	web.Alert
	Status  int
	Choices []choice // what can be had instead, at one tap
}

// refused turns an error of the Service into what the page tells; false for
// errors that have a page of their own.
func (h *pages) refused(p *i18n.Printer, err error, zone *time.Location) (refusal, bool) {
	e := errs.As(err)
	switch e.Kind {
	case errs.Invalid, errs.Rule, errs.Conflict, errs.Stale, errs.Forbidden:
	default:
		return refusal{}, false
	}
	out := refusal{
		Status: errs.Status(e.Kind),
		Alert:  web.Alert{Tone: web.Warning, Title: p.T("coworking.refused." + string(e.Kind)), Text: p.In(zone).T(e.Key, e.Args)},
	}
	if taken, ok := e.Details.(Taken); ok {
		out.Choices = h.choices(p, taken.Alternatives)
	}
	return out, true
}

// onPage adds an error of the Service to a form, beside the input that it is
// about; false for errors that are not about what was typed.
func onPage(f *form.Form, err error) bool {
	return errs.Is(err, errs.Invalid) && f.AddAs(err, fieldOf)
}
