// Package console is the desk of who serves: the line in front of them, the ticket
// they have, who the citizen is, and what was done for them. It is made for hands
// that stay on the keyboard: one key for each act, and a reader that types wherever
// the focus is. Every act is a form, which works without scripts.
package console

import (
	"embed"
	"net/http"
	"net/url"
	"strconv"

	"polis/internal/counter"
	"polis/internal/identity"
	"polis/internal/identity/mandate"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// Pages are the templates, Words the texts in Italian and English.
var (
	//go:embed pages/*.gohtml
	Pages embed.FS
	//go:embed words/*.json
	Words embed.FS
)

// Path is where who works at a desk begins.
const Path = "/operatore"

// Entry leads there.
var Entry = web.Entry{Href: Path, Key: "console.nav"}

// DeskPath is the console of a desk.
func DeskPath(office string, n int) string {
	return Path + "/" + url.PathEscape(office) + "/" + strconv.Itoa(n)
}

// Options are what the pages work with.
type Options struct {
	Counter  *counter.Service
	People   *identity.People
	Mandates *mandate.Service
	Sessions *identity.Sessions
	// Houses are the offices where the actor works.
	Houses func(actor identity.Actor) []*site.Site
	// Events is where what happens in an office is told as it happens; "" nowhere.
	Events func(office string) string
	// Start is where somebody begins who acts for a citizen at a house.
	Start func(site string) string
	// Manage is where the desks of an office are managed.
	Manage func(office string) string
	// Board is what hangs on the wall of an office.
	Board func(office string) string
}

type pages struct {
	Options
	ui *web.Renderer
}

// RegisterPages adds the pages to a mux. They stand behind Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, o Options) error {
	if err := ui.Add("console", Pages); err != nil {
		return err
	}
	h := &pages{Options: o, ui: ui}
	const desk = Path + "/{office}/{n}"
	routes := map[string]web.Handler{
		"GET " + Path:                 h.choose,
		"GET " + Path + "/{office}":   h.chooseDesk,
		"GET " + desk:                 h.show,
		"GET " + desk + "/numero":     h.showTake,
		"POST " + desk + "/numero":    h.take,
		"GET " + desk + "/cittadino":  h.showCitizen,
		"POST " + desk + "/cittadino": h.find,
		"POST " + desk + "/riconosci": h.identify,
		"POST " + desk + "/agisci":    h.actFor,
		"GET " + desk + "/riconosci":  h.back,
		"GET " + desk + "/agisci":     h.back,
		"POST " + desk + "/prossimo":  h.act(h.next),
		"POST " + desk + "/apri":      h.act(h.open),
		"POST " + desk + "/chiudi":    h.act(h.close),
		"POST " + desk + "/chiama":    h.act(h.call),
		"POST " + desk + "/richiama":  h.act(h.ticket(h.Counter.Recall)),
		"POST " + desk + "/inizia":    h.act(h.ticket(h.Counter.Start)),
		"POST " + desk + "/assente":   h.act(h.ticket(h.Counter.Missed)),
		"POST " + desk + "/sospendi":  h.act(h.park),
		"POST " + desk + "/rimetti":   h.act(h.ticket(h.Counter.Return)),
		"POST " + desk + "/passa":     h.act(h.transfer),
		"POST " + desk + "/fatto":     h.act(h.done),
		"POST " + desk + "/passo":     h.act(h.tick),
		"POST " + desk + "/aggiungi":  h.act(h.add),
		"POST " + desk + "/fine":      h.act(h.ticket(h.Counter.Finish)),
		"POST " + desk + "/rinuncia":  h.act(h.ticket(h.Counter.Leave)),
	}
	for _, name := range []string{"prossimo", "apri", "chiudi", "chiama", "richiama", "inizia", "assente", "sospendi", "rimetti", "passa", "fatto", "passo", "aggiungi", "fine", "rinuncia"} {
		routes["GET "+desk+"/"+name] = h.back // a refused act stands at this address
	}
	for pattern, handler := range routes {
		mux.Handle(pattern, ui.Handle(identity.SignedIn(handler, func(r *http.Request) string { return pathOf(r) })))
	}
	return nil
}

func actor(r *http.Request) identity.Actor { return identity.ActorFrom(r.Context()) }

// pathOf is the console that a request is about.
func pathOf(r *http.Request) string {
	office, n := r.PathValue("office"), r.PathValue("n")
	if office == "" {
		return Path
	}
	return Path + "/" + url.PathEscape(office) + "/" + url.PathEscape(n)
}

// at is the desk that a request is about; NotFound where it is no number.
func at(r *http.Request) (office string, n int, err error) {
	n, wrong := strconv.Atoi(r.PathValue("n"))
	if wrong != nil || n < 1 {
		return "", 0, errs.New(errs.NotFound, "counter.desk.unknown", nil)
	}
	return r.PathValue("office"), n, nil
}

func (h *pages) back(w http.ResponseWriter, r *http.Request) error {
	return web.Redirect(w, r, pathOf(r))
}
