package appointment

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter/catalog"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// The addresses of the pages.
const (
	listPath   = "/appuntamenti"
	officePath = "/sportello/"
	phonePath  = "/operatore/telefono"
)

// DeskEntry leads to the appointments of those who phone or stand at the counter.
var DeskEntry = web.Entry{Href: phonePath, Key: "appointment.nav.phone"}

// Path is an appointment.
func Path(id string) string { return listPath + "/" + url.PathEscape(id) }

// TakePath is where an appointment at an office is taken, for a service or for none
// yet.
func TakePath(office, service string) string {
	path := officePath + url.PathEscape(office) + "/appuntamento"
	if service != "" {
		path += "?" + url.Values{"servizio": {service}}.Encode()
	}
	return path
}

// pages are the handlers; they parse, call the Service and show.
type pages struct {
	*Service
	ui *web.Renderer
}

// RegisterPages adds the pages of appointments to a mux. They stand behind
// Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, s *Service) error {
	if err := ui.Add("appointment", Pages); err != nil {
		return err
	}
	h := &pages{s, ui}
	to := func(path func(r *http.Request) string) web.Handler {
		return func(w http.ResponseWriter, r *http.Request) error { return web.Redirect(w, r, path(r)) }
	}
	own := func(r *http.Request) string { return linked(r, r.PathValue("id")) }
	for pattern, handler := range map[string]web.Handler{
		"GET " + officePath + "{office}/appuntamento":  h.take,
		"POST " + officePath + "{office}/appuntamento": h.hold,
		"GET " + listPath:                               identity.SignedIn(h.list, func(*http.Request) string { return listPath }),
		"GET " + listPath + "/{id}":                     h.show,
		"GET " + listPath + "/{id}/conferma":            h.confirmation,
		"POST " + listPath + "/{id}/conferma":           h.confirm,
		"GET " + listPath + "/{id}/cambia":              h.moving,
		"POST " + listPath + "/{id}/cambia":             h.move,
		"POST " + listPath + "/{id}/annulla":            h.cancel,
		"GET " + listPath + "/{id}/annulla":             to(own),
		"POST " + listPath + "/{id}/arrivo":             h.arrive,
		"GET " + listPath + "/{id}/arrivo":              to(own),
		"GET " + listPath + "/{id}/codice.svg":          h.image,
		"GET " + listPath + "/{id}/appuntamento.ics":    h.file,
		"GET " + managePath + "/{office}/appuntamenti":  identity.SignedIn(h.rules, func(r *http.Request) string { return RulesPath(r.PathValue("office")) }),
		"POST " + managePath + "/{office}/appuntamenti": identity.SignedIn(h.setRules, func(r *http.Request) string { return RulesPath(r.PathValue("office")) }),
		"GET " + phonePath:                              identity.SignedIn(h.phone, func(*http.Request) string { return phonePath }),
		"POST " + phonePath:                             identity.SignedIn(h.phoneBook, func(*http.Request) string { return phonePath }),
		"POST " + phonePath + "/cerca":                  identity.SignedIn(h.phoneLook, func(*http.Request) string { return phonePath }),
		"GET " + phonePath + "/cerca":                   to(func(*http.Request) string { return phonePath }),
		"GET " + phonePath + "/uffici":                  identity.SignedIn(h.offices, func(*http.Request) string { return phonePath }),
	} {
		mux.Handle(pattern, ui.Handle(handler))
	}
	return nil
}

func actor(r *http.Request) identity.Actor { return identity.ActorFrom(r.Context()) }

// keyOf is the key of the link by which somebody comes.
func keyOf(r *http.Request) string { return r.URL.Query().Get("chiave") }

// linked is the page of an appointment, with the key by which it was opened.
func linked(r *http.Request, id string) string { return withKey(r, Path(id)) }

func withKey(r *http.Request, path string) string {
	if key := keyOf(r); key != "" {
		return path + "?" + url.Values{"chiave": {key}}.Encode()
	}
	return path
}

// bookable are the services that can be booked, of those that an office has, as a
// list to choose from.
func bookable(lang i18n.Lang, has map[string]bool) (list []web.Option) {
	for _, sv := range catalog.All() {
		if sv.Bookable && (has == nil || has[sv.ID]) {
			list = append(list, web.Option{Value: sv.ID, Text: sv.In(string(lang)).Name})
		}
	}
	return list
}

// freeDay are the free times of a day, as a page shows them.
type freeDay struct {
	Name  string
	Count string // how many there are, in words
	Open  bool   // shown at once: the first
	Times []freeTime
}

// freeTime is a free time: what the form sends, what is read, what is heard.
type freeTime struct{ Value, Text, Said string }

// shownDays is how many days with free times a page shows at once.
const shownDays = 6

// offer is the choice of a time: fields, days, and where others are.
type offer struct {
	Form     *form.Form
	Services []web.Option // to choose from; none where the service stands
	People   []web.Option
	Days     []freeDay
	None     bool // nothing is free in the month that was asked for
	Asked    bool // a service was chosen: times are shown
	Minutes  string
	Service  string // that was chosen, and for how many
	Persons  string
	Earlier  string // addresses of other days
	Later    string
}

// fields declares what is asked to find times.
func askFields(f *form.Form) (service *form.Text, people int, from agenda.Date) {
	service = f.String("servizio", "appointment.field.service").Max(100)
	if f.Raw("persone") == "" {
		f.Set("persone", "1")
	}
	f.String("persone", "appointment.field.people").Max(2)
	people, _ = strconv.Atoi(f.Raw("persone"))
	return service, people, dateField(f.Raw("dal"))
}

// times fills in the free times of an offer.
func (h *pages) times(r *http.Request, o *offer, ask Ask) error {
	p := h.ui.Printer(r)
	for n := 1; n <= MaxPeople; n++ {
		o.People = append(o.People, web.Option{Value: strconv.Itoa(n), Text: p.T("appointment.people-n", "count", n)})
	}
	if ask.Service == "" {
		return nil
	}
	if ask.From != (agenda.Date{}) && ask.From.Valid() {
		ask.To = ask.From.AddDays(MostDays - 1)
	} else {
		ask.From = dayOf(h.Live, ask.Office, h.Clock.Now())
		ask.To = ask.From.AddDays(MostDays - 1)
	}
	found, err := h.Slots(r.Context(), actor(r), ask)
	if err != nil {
		if errs.Is(err, errs.Invalid) && o.Form.AddAs(err, inputs) {
			return nil
		}
		return err
	}
	o.Service, o.Persons = ask.Service, strconv.Itoa(ask.People)
	o.Asked, o.Minutes = true, p.Duration(time.Duration(found.Minutes)*time.Minute)
	p = p.In(found.Zone)
	today := agenda.DateOf(h.Clock.Now().In(found.Zone))
	var last agenda.Date
	for _, s := range found.Slots {
		day := agenda.DateOf(s.From.In(found.Zone))
		if day != last {
			if len(o.Days) == shownDays {
				o.Later = again(r, day)
				break
			}
			o.Days, last = append(o.Days, freeDay{Name: p.Day(day), Open: len(o.Days) == 0}), day
		}
		times := &o.Days[len(o.Days)-1].Times
		*times = append(*times, freeTime{s.From.UTC().Format(time.RFC3339), p.Time(s.From), p.Day(day) + ", " + p.Time(s.From)})
	}
	for i := range o.Days {
		o.Days[i].Count = p.T("appointment.times-n", "count", len(o.Days[i].Times))
	}
	if o.None = len(o.Days) == 0; o.None {
		o.Later = again(r, found.To.AddDays(1))
	}
	if today.Before(found.From) {
		o.Earlier = again(r, agenda.Date{})
	}
	return nil
}

// again is the address of a page with other days.
func again(r *http.Request, from agenda.Date) string {
	q := r.URL.Query()
	q.Del("dal")
	if from != (agenda.Date{}) {
		q.Set("dal", from.String())
	}
	return (&url.URL{Path: r.URL.Path, RawQuery: q.Encode()}).String()
}

// inputs are the inputs for the fields of the Service's errors.
var inputs = form.Inputs{
	"service": "servizio", "people": "persone", "from": "ora", "given_name": "nome", "family_name": "cognome", "email": "email",
	"office": "ufficio", "given": "nome", "family": "cognome",
}

// instant reads the time that a button sends; the zero time for what is none.
func instant(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// houseText is an office with its place.
func houseText(net *site.Network, st *site.Site) string {
	if place := net.Place(st); place != "" {
		return st.Name + ", " + place
	}
	return st.Name
}

// cutPlace reads the place in the list after which a page goes on.
func cutPlace(text string) (at time.Time, id string, ok bool) {
	micros, id, ok := strings.Cut(text, ".")
	n, err := strconv.ParseInt(micros, 10, 64)
	return clock.FromMicros(n), id, ok && err == nil
}

func escape(text string) string { return url.QueryEscape(text) }
