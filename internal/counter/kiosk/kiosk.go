// Package kiosk is what stands in an office for everybody: the kiosk that gives
// numbers, in five languages, and the board that calls them. Both are pages for
// browsers that are devices of the house; they know nobody, and leave nothing
// behind. A kiosk goes on while its link is down, with numbers given to it
// beforehand (alone.go).
package kiosk

import (
	"cmp"
	"context"
	"embed"
	"net/http"
	"net/url"

	"polis/internal/counter"
	"polis/internal/identity"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// Pages are the templates, Words the texts in Italian and English: those of the
// demonstration. Kiosk and board speak five languages, with words of their own
// (speech.go).
var (
	//go:embed pages/*.gohtml
	Pages embed.FS
	//go:embed words/*.json
	Words embed.FS
)

// The addresses of the pages.
const (
	kioskRoot = "/totem/"
	boardRoot = "/tabellone/"
)

// Path is the kiosk of an office, by its code.
func Path(office string) string { return kioskRoot + url.PathEscape(office) }

// BoardPath is the board of an office.
func BoardPath(office string) string { return boardRoot + url.PathEscape(office) }

// Options are what the pages stand on.
type Options struct {
	Counter *counter.Service
	// Arrive gives who comes with an appointment their number, by the code that is
	// shown or typed; it returns the id of the ticket.
	Arrive func(ctx context.Context, actor identity.Actor, office, code string) (ticket string, err error)
	// Watch is the page on which somebody follows their number on a telephone.
	Watch func(ticket string) string
}

type pages struct {
	Options
	ui *web.Renderer
}

// RegisterPages adds the pages of kiosk and board to a mux. They stand behind the
// middleware of devices and of sessions.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, o Options) error {
	if err := ui.Add("kiosk", Pages); err != nil {
		return err
	}
	h := &pages{Options: o, ui: ui}
	for pattern, handler := range map[string]web.Handler{
		"GET " + kioskRoot + "{office}":               h.kiosk,
		"POST " + kioskRoot + "{office}":              h.take,
		"POST " + kioskRoot + "{office}/appuntamento": h.arrive,
		"POST " + kioskRoot + "{office}/numeri":       h.beforehand,
		"POST " + kioskRoot + "{office}/consegna":     h.handOver,
		"GET " + boardRoot + "{office}":               h.board,
	} {
		mux.Handle(pattern, ui.Handle(handler))
	}
	// Forms are sent to these addresses; who loads them again begins anew.
	for _, path := range []string{"/appuntamento", "/numeri", "/consegna"} {
		mux.Handle("GET "+kioskRoot+"{office}"+path, ui.Handle(func(w http.ResponseWriter, r *http.Request) error {
			return web.Redirect(w, r, Path(r.PathValue("office")))
		}))
	}
	return nil
}

// atKiosk is who acts at a kiosk or board: the device of the house, or a visitor.
// Who is signed in there by chance is not meant.
func atKiosk(r *http.Request) identity.Actor {
	if a := identity.ActorFrom(r.Context()); a.Device != "" && !a.SignedIn() {
		return a
	}
	return identity.Anonymous
}

// screen is what every page of kiosk and board has.
type screen struct {
	web.Head
	W      *Speech
	Langs  []language
	Lang   string
	Office string // code
	Place  string // "Ufficio postale di Gavirate"
	Zone   string
}

// screenOf begins a page of an office in the language that was asked for.
func (h *pages) screenOf(r *http.Request, path func(string) string) (screen, *site.Site, error) {
	st, err := h.Counter.Office(r.PathValue("office"))
	if err != nil {
		return screen{}, nil, err
	}
	lang := languageOf(cmp.Or(r.FormValue("lingua"), string(h.ui.Printer(r).Lang)))
	s := screen{W: speech[lang], Lang: lang, Office: st.Code, Place: st.Name, Zone: h.Counter.Live.Network().Zone(st).String()}
	s.Head = web.Head{Title: s.W.Title + ", " + st.Name, Private: true, Bare: true, Kept: true, Framed: true, Speaks: lang, Styles: "counter.css"}
	for _, l := range languages {
		s.Langs = append(s.Langs, language{l, languageNames[l], path(st.Code) + "?lingua=" + l, l == lang})
	}
	return s, st, nil
}

// language is one in which the kiosk speaks.
type language struct {
	Code, Name, Href string
	Current          bool
}
