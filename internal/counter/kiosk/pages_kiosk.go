package kiosk

import (
	"crypto/rand"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"

	"polis/internal/counter"
	"polis/internal/counter/catalog"
	"polis/internal/counter/queue"
	"polis/internal/platform/document"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
)

// How long a screen stays where nobody touches it, in seconds.
const (
	idleSeconds   = 60
	ticketSeconds = 30
)

// kioskPage is all screens of a kiosk in one language: the start, what to bring for
// each service, several services, an appointment. The address's fragment says which
// is seen, so that it works without a script, and without a network once it is kept.
type kioskPage struct {
	screen
	Open     bool
	Told     string // why no number was given
	State    []tile
	Post     []tile
	All      []tile // State, then Post
	Key      string // of the request, for a form that is sent twice
	Idle     int
	Keys     []string // of the keyboard for the code of an appointment
	Keep     []string // addresses that are kept for when there is no network
	Arrivals bool     // there are appointments
}

func (kioskPage) Template() string { return "kiosk/kiosk" }

// tile is a service that can be touched.
type tile struct {
	ID, Letter, Name, About, Wait string
	Bring                         []string
}

func (h *pages) kiosk(w http.ResponseWriter, r *http.Request) error {
	return h.showKiosk(w, r, http.StatusOK, "")
}

// showKiosk shows the start of a kiosk; told says why no number was given.
func (h *pages) showKiosk(w http.ResponseWriter, r *http.Request, status int, told string) error {
	s, st, err := h.screenOf(r, Path)
	if err != nil {
		return err
	}
	now, err := h.Counter.Waiting(r.Context(), atKiosk(r), st.ID)
	if err != nil {
		return err
	}
	page := kioskPage{screen: s, Open: now.Open, Told: told, Key: rand.Text(), Idle: idleSeconds, Arrivals: h.Arrive != nil, Keys: strings.Split("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", "")}
	for _, x := range now.Waits {
		sv, ok := catalog.Find(x.Service)
		if !ok {
			continue
		}
		text := sv.In(s.Lang)
		t := tile{ID: sv.ID, Letter: sv.Letter, Name: text.Name, About: text.About, Bring: text.Bring, Wait: s.W.wait(x.Range)}
		if sv.Postal {
			page.Post = append(page.Post, t)
		} else {
			page.State = append(page.State, t)
		}
	}
	page.All = append(append(page.All, page.State...), page.Post...)
	page.Keep = []string{Path(st.Code)}
	for _, l := range s.Langs {
		page.Keep = append(page.Keep, l.Href)
	}
	return h.ui.Render(w, r, status, page)
}

// take gives a number.
func (h *pages) take(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errs.New(errs.Invalid, "form.unreadable", nil).Because(err)
	}
	t, err := h.Counter.TakeLimited(r.Context(), atKiosk(r), identityOf(r), counter.TakeRequest{
		Office: r.PathValue("office"), Services: r.PostForm["servizio"], Priority: queue.Priority(r.PostForm.Get("precedenza")),
		Origin: counter.ByKiosk, Language: languageOf(r.PostForm.Get("lingua")), Key: r.PostForm.Get("chiave"),
	})
	if err != nil {
		return h.refuse(w, r, err)
	}
	return h.showTicket(w, r, t.ID)
}

// arrive gives who comes with an appointment their number.
func (h *pages) arrive(w http.ResponseWriter, r *http.Request) error {
	if h.Arrive == nil {
		return errs.New(errs.NotFound, "error.not_found", nil)
	}
	office, err := h.Counter.Office(r.PathValue("office"))
	if err != nil {
		return err
	}
	id, err := h.Arrive(r.Context(), atKiosk(r), office.ID, strings.TrimSpace(r.PostFormValue("codice")))
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Invalid), errs.Is(err, errs.Rule), errs.Is(err, errs.Conflict):
		return h.showKiosk(w, r, http.StatusUnprocessableEntity, speech[languageOf(r.PostFormValue("lingua"))].CodeWrong)
	case err != nil:
		return h.refuse(w, r, err)
	}
	return h.showTicket(w, r, id)
}

// refuse says at the kiosk, in its language, why there is no number. What is a
// fault of ours stays one.
func (h *pages) refuse(w http.ResponseWriter, r *http.Request, err error) error {
	kind := errs.As(err).Kind
	status := errs.Status(kind)
	if status >= 500 || kind == errs.NotFound {
		return err
	}
	words := speech[languageOf(r.PostFormValue("lingua"))]
	told := words.Refused
	switch {
	case errs.HasKey(err, "counter.closed"):
		told = words.Closed + ". " + words.ClosedText
	case errs.HasKey(err, "counter.not-offered"), errs.HasKey(err, "counter.service.unknown"):
		told = words.NotHere
	case errs.HasKey(err, "counter.full"):
		told = words.Full
	case errs.HasKey(err, "counter.services.some"):
		told = words.Ask
	}
	return h.showKiosk(w, r, status, told)
}

// ticketPage is a number that was given.
type ticketPage struct {
	screen
	Number   string
	Wait     string
	Services []tile
	Code     template.URL // QR code of the page on which it is followed; empty without one
	Start    string
	Seconds  int
	Day      string // and time, on paper
}

func (ticketPage) Template() string { return "kiosk/ticket" }

func (h *pages) showTicket(w http.ResponseWriter, r *http.Request, id string) error {
	s, _, err := h.screenOf(r, Path)
	if err != nil {
		return err
	}
	at, err := h.Counter.Standing(r.Context(), atKiosk(r), id)
	if err != nil {
		return err
	}
	t := at.Ticket
	page := ticketPage{screen: s, Number: t.Name(), Start: Path(s.Office), Seconds: ticketSeconds, Day: t.Taken.In(h.Counter.Live.Network().Zone(at.Office)).Format("02.01.2006 15:04")}
	page.Again = "30;url=" + page.Start
	if at.Range != nil {
		page.Wait = s.W.wait(*at.Range)
	}
	for _, id := range t.Open() {
		if sv, ok := catalog.Find(id); ok {
			page.Services = append(page.Services, tile{ID: id, Name: sv.In(s.Lang).Name})
		}
	}
	if h.Watch != nil {
		svg, err := document.QRSVG(h.ui.URL(r, h.Watch(t.ID)), s.W.QR)
		if err != nil {
			return err
		}
		page.Code = template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg))
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// identityOf is the client of a request, as limits count them.
func identityOf(r *http.Request) string { return web.ClientAddr(r.Context()).String() }
