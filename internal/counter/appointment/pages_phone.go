package appointment

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// phonePage is where the contact centre and the counters look up appointments and
// take them for others.
type phonePage struct {
	web.Head
	offer
	Found   []web.Card // of whom was looked for
	Office  string     // chosen, as it is shown
	Code    string
	Offices []web.Option // to choose from, where the words fit several
	Day     *web.Table   // the appointments of the day
	DayName string
	Chosen  *chosen // the time that was chosen: who is it for
	Told    *web.Alert
	Again   string // other times
}

// chosen is a time that waits for a name.
type chosen struct {
	Key                 string // tells this form from another
	Service, People, At string // as the form sends them
	Facts               []web.Fact
}

func (phonePage) Template() string { return "appointment/phone" }

func (h *pages) phone(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	f.Set("cerca", "") // what is looked for stands in no address
	return h.showPhone(w, r, f, nil)
}

// phoneLook looks an appointment up: by its code, or by who it belongs to.
func (h *pages) phoneLook(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	return h.showPhone(w, r, f, nil)
}

func (h *pages) showPhone(w http.ResponseWriter, r *http.Request, f *form.Form, told *web.Alert) error {
	if err := actor(r).CheckSomewhere(identity.AppointmentWrite); err != nil {
		return err
	}
	p := h.ui.Printer(r)
	page := phonePage{Head: web.DeskHead(phonePath, p.T("appointment.phone.title")), offer: offer{Form: f, Services: bookable(p.Lang, nil)}, Told: told}
	look := f.String("cerca", "appointment.phone.look").Max(254)
	if look.Given() {
		list, err := h.Look(r.Context(), actor(r), look.Value)
		if err != nil && !f.AddAs(err, inputs) {
			return err
		}
		page.Found = h.cards(r, list)
	}
	name := f.String("ufficio", "appointment.phone.office").Max(200)
	service, people, from := askFields(f)
	guestFields(f)
	if st := h.officeOf(actor(r), f, name.Value, &page); st != nil {
		page.Office, page.Code = houseText(h.Live.Network(), st), st.Code
		if err := h.dayOfOffice(r, st, from, &page); err != nil {
			return err
		}
		if at := instant(f.Raw("ora")); !at.IsZero() && service.Given() && people > 0 {
			zone := h.Live.Network().Zone(st)
			a := Appointment{Service: service.Value, People: people, From: at, Office: st.ID}
			if sv, err := serviceOf(a.Service); err == nil {
				a.Minutes = sv.Minutes * people
			}
			page.Again = phonePath + "?" + url.Values{"ufficio": {st.Code}, "servizio": {a.Service}, "persone": {strconv.Itoa(people)}}.Encode()
			page.Chosen = &chosen{rand.Text(), a.Service, strconv.Itoa(people), f.Raw("ora"), h.facts(p.In(zone), st, a)}
		} else if err := h.times(r, &page.offer, Ask{Office: st.ID, Service: service.Value, People: people, From: from, Staff: true}); err != nil {
			return err
		}
	}
	if page.People == nil {
		for n := 1; n <= MaxPeople; n++ {
			page.People = append(page.People, web.Option{Value: strconv.Itoa(n), Text: p.T("appointment.people-n", "count", n)})
		}
	}
	status := f.Status()
	if told != nil {
		status = http.StatusConflict
	}
	return h.ui.Render(w, r, status, page)
}

// officeOf finds the office that somebody means among those they look after; where
// the words fit none or several the form says so.
func (h *pages) officeOf(who identity.Actor, f *form.Form, text string, page *phonePage) *site.Site {
	if text == "" {
		return nil
	}
	found := h.findOffices(who, text)
	switch len(found) {
	case 0:
		f.Add(errs.New(errs.Invalid, "appointment.phone.no-office", nil).On("ufficio"))
	case 1:
		return found[0]
	default:
		f.Add(errs.New(errs.Invalid, "appointment.phone.many-offices", nil).On("ufficio"))
		for _, st := range found {
			page.Offices = append(page.Offices, web.Option{Value: st.Code, Text: houseText(h.Live.Network(), st)})
		}
	}
	return nil
}

// mostOffices is how many offices are offered where the words fit several.
const mostOffices = 12

func (h *pages) findOffices(who identity.Actor, text string) (list []*site.Site) {
	net := h.Live.Network()
	may := func(st *site.Site) bool {
		return st.Kind == site.Office && st.State == site.Open && who.May(identity.AppointmentWrite, identity.Site(st.ID))
	}
	if st, err := net.ByCode(text); err == nil && may(st) {
		return []*site.Site{st}
	}
	name, _, _ := strings.Cut(text, " (")
	for _, hit := range net.Sites(site.Filter{Query: name}) {
		if !may(hit.Site) {
			continue
		}
		if houseText(net, hit.Site) == text {
			return []*site.Site{hit.Site}
		}
		if len(list) < mostOffices {
			list = append(list, hit.Site)
		}
	}
	return list
}

// offices answers the search of an office.
func (h *pages) offices(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).CheckSomewhere(identity.AppointmentWrite); err != nil {
		return err
	}
	text := r.URL.Query().Get("ufficio")
	var options []web.Option
	if len([]rune(text)) >= 2 && len(text) <= 200 {
		for _, st := range h.findOffices(actor(r), text) {
			options = append(options, web.Option{Value: houseText(h.Live.Network(), st), Text: st.Address})
		}
	}
	return h.ui.Suggestions(w, r, options)
}

// dayOfOffice lists the appointments of an office on a day.
func (h *pages) dayOfOffice(r *http.Request, st *site.Site, day agenda.Date, page *phonePage) error {
	if !day.Valid() {
		day = dayOf(h.Live, st.ID, h.Clock.Now())
	}
	list, err := h.On(r.Context(), actor(r), st.ID, day)
	if err != nil {
		return err
	}
	p := h.ui.Printer(r).In(h.Live.Network().Zone(st))
	page.DayName = p.T("appointment.phone.day", "day", p.Day(day))
	if len(list) == 0 {
		return nil
	}
	var ids []string
	for _, a := range list {
		ids = append(ids, a.Person)
	}
	people, err := h.People.Many(r.Context(), ids)
	if err != nil {
		return err
	}
	page.Day = &web.Table{Caption: page.DayName, Columns: []web.Column{
		{Text: p.T("appointment.fact.when")},
		{Text: p.T("appointment.fact.who")},
		{Text: p.T("appointment.fact.service")},
		{Text: p.T("appointment.fact.people"), Number: true},
		{Text: p.T("appointment.fact.state")},
	}}
	for _, a := range list {
		name := p.T("appointment.nobody")
		if x, ok := people[a.Person]; ok {
			name = x.FullName()
		}
		page.Day.Rows = append(page.Day.Rows, []web.Cell{
			{Text: p.Time(a.From.In(p.Zone)), Href: Path(a.ID)},
			{Text: name},
			{Text: textOf(a.Service, string(p.Lang)).Name},
			{Text: strconv.Itoa(a.People)},
			{Text: p.T("appointment.state." + string(a.StateAt(h.Clock.Now())))},
		})
	}
	return nil
}

// cards are appointments of whom was looked for.
func (h *pages) cards(r *http.Request, list []Appointment) (cards []web.Card) {
	for _, a := range list {
		st, p, err := h.placed(r, a)
		if err != nil {
			continue // a house that is no more
		}
		cards = append(cards, card(p, h.Live.Network(), st, a, a.StateAt(h.Clock.Now())))
	}
	return cards
}

// card is an appointment in a list.
func card(p *i18n.Printer, net *site.Network, st *site.Site, a Appointment, state State) web.Card {
	return web.Card{
		Title: textOf(a.Service, string(p.Lang)).Name, Href: Path(a.ID), Kicker: p.Date(a.From.In(p.Zone)) + ", " + p.Time(a.From.In(p.Zone)),
		Text: houseText(net, st), States: []web.State{stateOf(p, state)},
	}
}

// phoneBook takes an appointment for who phones.
func (h *pages) phoneBook(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	who := actor(r)
	service, people, _ := askFields(f)
	origin := ByPhone
	if who.May(identity.QueueWork, identity.Site(f.Raw("ufficio"))) {
		origin = ByCounter
	}
	a, err := h.Book(r.Context(), who, Wanted{
		Office: f.Raw("ufficio"), Service: service.Value, People: people, From: instant(f.Raw("ora")), Staff: true,
		Guest: guestFields(f), Origin: origin, Lang: h.ui.Printer(r).Lang, Once: onceOf(f, "ora", "servizio", "persone", "cognome"),
	})
	if err != nil {
		if errs.Is(err, errs.Invalid) && f.AddAs(err, inputs) {
			return h.showPhone(w, r, f, nil)
		}
		if told := h.told(r, err); told != nil {
			f.Set("ora", "")
			return h.showPhone(w, r, f, told)
		}
		return err
	}
	return h.ui.Done(w, r, Path(a.ID), "appointment.done.booked")
}
