// Package manage is the desk of who runs a network: its lists brought in and
// written out, its houses changed and checked against what is booked, all of
// them watched on one page.
package manage

import (
	"context"
	"embed"
	"net/http"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/web"
	"polis/internal/reserve"
	"polis/internal/site"
)

// Pages are the templates, Words the texts in Italian and English.
var (
	//go:embed pages/*.gohtml
	Pages embed.FS
	//go:embed words/*.json
	Words embed.FS
)

// Root is the address of the first page of the desk.
const Root = "/gestione"

// Entry leads to it.
var Entry = web.Entry{Href: Root, Key: "manage.nav.network"}

// Options are what the desk stands on.
type Options struct {
	DB     *db.DB
	Live   *site.Live
	Sites  *site.Store
	Engine *reserve.Engine
	Clock  clock.Clock
	IDs    clock.IDs
	// Problems counts the open reports of problems of each house, by id.
	Problems func(ctx context.Context) (map[string]int, error)
	// Groups are those that a person belongs to.
	Groups func(ctx context.Context, person string) ([]string, error)
	// Report finds a report of a problem by its number; an empty link where there
	// is none that the actor may see.
	Report func(ctx context.Context, actor identity.Actor, number string) (web.Link, error)
	// Read notes that records of people are shown.
	Read  func(ctx context.Context, actor identity.Actor, r identity.Reading) error
	Links Links
}

// Links are the addresses of pages of other rooms, to which the desk leads.
type Links struct {
	House     func(code string) string // for everyone
	Photos    func(code string) string
	Reception func(code string) string
	Today     func(code string) string // what happens at a house
	Day       func(code string, day agenda.Date) string
	Figures   func(code string) string
	Booking   func(id string) string
	Place     func(house, place string) string
	Reports   func(house string) string // those that are open
}

// Service is what can be done at the desk; it checks the actor itself.
type Service struct {
	Options
	rolls rollKeeper
}

// New returns the desk.
func New(o Options) *Service { return &Service{Options: o} }

// pages are the handlers; they parse, call the Service and show.
type pages struct {
	*Service
	ui *web.Renderer
}

// RegisterPages adds the pages of the desk to a mux. They stand behind
// Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, s *Service) error {
	if err := ui.Add("manage", Pages); err != nil {
		return err
	}
	h := &pages{Service: s, ui: ui}
	for _, routes := range []map[string]web.Handler{
		h.networkRoutes(),
		h.lotRoutes(),
		h.findRoutes(),
		h.houseRoutes(),
		h.roomsRoutes(),
		h.planRoutes(),
		h.rulesRoutes(),
	} {
		for pattern, handler := range routes {
			mux.Handle(pattern, ui.Handle(own(handler)))
		}
	}
	return nil
}

func actor(r *http.Request) identity.Actor { return identity.ActorFrom(r.Context()) }

// own is a page for who is signed in; a form that was sent comes back to the
// page at its own address.
func own(next web.Handler) web.Handler {
	return identity.SignedIn(next, func(r *http.Request) string { return r.URL.Path })
}
