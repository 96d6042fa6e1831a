package identity

import (
	"net/http"
	"net/url"
	"slices"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/territory"
)

// The addresses of the pages on which somebody says what they wish.
const (
	contactsPath = profilePath + "/contatti"
	needsPath    = profilePath + "/esigenze"
	messagesPath = profilePath + "/messaggi"
	birthPath    = profilePath + "/nascita"
)

// keepMore remembers as what a new address is to be added; "" where it takes the
// place of the one so far.
const keepMore = "contact-more"

// Message is a kind of message that somebody may not want, with the key of what
// it is.
type Message struct{ Kind, Key string }

func (h *pages) wishRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET " + contactsPath:                  h.showContacts,
		"POST " + contactsPath + "/telefono":   h.addPhone,
		"POST " + contactsPath + "/email":      h.addEmail,
		"POST " + contactsPath + "/principale": h.prefer,
		"POST " + contactsPath + "/togli":      h.dropContact,
		"GET " + needsPath:                     h.showNeeds,
		"POST " + needsPath:                    h.saveNeeds,
		"GET " + messagesPath:                  h.showMessages,
		"POST " + messagesPath:                 h.saveMessages,
		"GET " + birthPath:                     h.showBirth,
		"POST " + birthPath:                    h.saveBirth,
	}
}

// contactsPage lists how somebody is reached.
type contactsPage struct {
	web.Head
	Form *form.Form
	Rows []contactRow
	Mail bool // codes can be mailed
	Full bool // no more can be added
}

func (contactsPage) Template() string { return "identity/contacts" }

// contactRow is one way to reach somebody.
type contactRow struct {
	ID     string // "" for the first
	Value  string
	Kind   string
	State  web.State
	Note   string
	Prefer bool // can become the first
}

func contactFields(f *form.Form) {
	f.String("telefono", "identity.contact.kind.phone").Max(40)
	f.String("email", "identity.page.email").Max(254)
	f.Choice("tipo", "identity.contacts.kind", string(ContactEmail), string(ContactPEC)).Default(string(ContactEmail))
}

func (h *pages) showContacts(w http.ResponseWriter, r *http.Request) error {
	f := form.Of(nil)
	contactFields(f)
	return h.renderContacts(w, r, f)
}

func (h *pages) renderContacts(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	p, actor := h.ui.Printer(r), ActorFrom(r.Context())
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return err
	}
	person, err := h.Access.People.Get(r.Context(), actor.Person)
	if err != nil {
		return err
	}
	list, err := h.Access.People.Contacts(r.Context(), h.Access.db, actor.Person)
	if err != nil {
		return err
	}
	page := contactsPage{Head: web.Head{Title: p.T("identity.contacts.title"), Private: true, Crumbs: h.profileCrumbs(p)}, Form: f, Mail: h.Access.Mails(), Full: len(list) >= mostContacts}
	if person.Email != "" {
		row := h.contactRow(p, Contact{Kind: ContactEmail, Value: person.Email, Verified: person.Verified})
		row.Note, row.Prefer = p.T("identity.contacts.first"), false
		page.Rows = append(page.Rows, row)
	}
	for _, c := range list {
		page.Rows = append(page.Rows, h.contactRow(p, c))
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) contactRow(p *i18n.Printer, c Contact) contactRow {
	row := contactRow{ID: c.ID, Value: c.Value, Kind: p.T(c.Kind.Label()), State: web.State{Kind: "pending", Text: p.T("identity.profile.unverified")}}
	switch {
	case !c.Verified.IsZero():
		row.State, row.Prefer = web.State{Kind: "free", Text: p.T("identity.profile.verified")}, c.Kind == ContactEmail
	case c.Kind == ContactPhone:
		row.Note = p.T("identity.contacts.no-way")
	}
	return row
}

func (h *pages) addPhone(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	contactFields(f)
	if err := h.Access.AddPhone(r.Context(), ActorFrom(r.Context()), f.Raw("telefono")); err != nil {
		if f.AddAs(err, form.Inputs{"phone": "telefono"}) {
			return h.renderContacts(w, r, f)
		}
		return err
	}
	return h.ui.Done(w, r, contactsPath, "identity.contacts.added")
}

// addEmail mails the codes that prove a new address and the one so far.
func (h *pages) addEmail(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	contactFields(f)
	if f.Err() != nil {
		return h.renderContacts(w, r, f)
	}
	ctx := r.Context()
	m, err := h.Access.AskContact(ctx, ActorFrom(ctx), h.asking(r, f.Raw("email"), "", ""), h.moving(r))
	if err != nil {
		if OnPage(f, err) {
			return h.renderContacts(w, r, f)
		}
		return Later(w, err)
	}
	h.Sessions.Keep(ctx, keepContact, m.New)
	h.Sessions.Keep(ctx, keepLeaving, m.Old)
	h.Sessions.Keep(ctx, keepMore, f.Raw("tipo"))
	return web.Redirect(w, r, contactCodePath)
}

// takeContact takes the address that was proved: in the place of the one so far,
// or beside it.
func (h *pages) takeContact(r *http.Request, m Moving) (to, done string, err error) {
	ctx := r.Context()
	if kind := h.Sessions.Look(ctx, keepMore); kind != "" {
		return contactsPath, "identity.contacts.added", h.Access.TakeMore(ctx, ActorFrom(ctx), m, ContactKind(kind))
	}
	return profilePath, "identity.contact.done", h.Access.TakeContact(ctx, ActorFrom(ctx), m)
}

func (h *pages) prefer(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if err := h.Access.Prefer(r.Context(), ActorFrom(r.Context()), f.Raw("contatto")); err != nil {
		return err
	}
	return h.ui.Done(w, r, contactsPath, "identity.contacts.preferred")
}

func (h *pages) dropContact(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if err := h.Access.DropContact(r.Context(), ActorFrom(r.Context()), f.Raw("contatto")); err != nil {
		return err
	}
	return h.ui.Done(w, r, contactsPath, "identity.contacts.dropped")
}

// needsPage asks what somebody needs.
type needsPage struct {
	web.Head
	Form         *form.Form
	Page, Houses []web.Option
}

func (needsPage) Template() string { return "identity/needs" }

func needFields(f *form.Form) {
	f.String("pagine", "identity.needs.pages").Max(40)
	f.String("sede", "identity.needs.houses").Max(40)
}

// needOptions are needs to choose from, each with what it does.
func needOptions(p *i18n.Printer, list []Need) (out []web.Option) {
	for _, n := range list {
		out = append(out, web.Option{Value: string(n), Text: p.T(n.Label())})
	}
	return out
}

func (h *pages) showNeeds(w http.ResponseWriter, r *http.Request) error {
	actor := ActorFrom(r.Context())
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return err
	}
	wishes, err := h.Access.People.Wishes(r.Context(), actor.Person)
	if err != nil {
		return err
	}
	values := url.Values{}
	for _, n := range wishes.Of(PageNeeds) {
		values.Add("pagine", string(n))
	}
	for _, n := range wishes.Of(HouseNeeds) {
		values.Add("sede", string(n))
	}
	f := form.Of(values)
	needFields(f)
	p := h.ui.Printer(r)
	return h.ui.Render(w, r, http.StatusOK, needsPage{
		Head: web.Head{Title: p.T("identity.needs.title"), Private: true, Crumbs: h.profileCrumbs(p)}, Form: f,
		Page: needOptions(p, PageNeeds), Houses: needOptions(p, HouseNeeds),
	})
}

func (h *pages) saveNeeds(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	actor := ActorFrom(r.Context())
	err = h.Access.SaveWishes(r.Context(), actor, func(w *Wishes) {
		w.Needs = nil
		for _, n := range slices.Concat(PageNeeds, HouseNeeds) {
			if slices.Contains(f.All("pagine"), string(n)) || slices.Contains(f.All("sede"), string(n)) {
				w.Needs = append(w.Needs, n)
			}
		}
	})
	if err != nil {
		return err
	}
	h.Sessions.Fresh(actor.Person)
	return h.ui.Done(w, r, needsPath, "identity.needs.saved")
}

// messagesPage asks which messages somebody wants.
type messagesPage struct {
	web.Head
	Form  *form.Form
	Kinds []web.Option
}

func (messagesPage) Template() string { return "identity/messages" }

func (h *pages) showMessages(w http.ResponseWriter, r *http.Request) error {
	actor := ActorFrom(r.Context())
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return err
	}
	wishes, err := h.Access.People.Wishes(r.Context(), actor.Person)
	if err != nil {
		return err
	}
	p, values := h.ui.Printer(r), url.Values{}
	page := messagesPage{Head: web.Head{Title: p.T("identity.messages.title"), Private: true, Crumbs: h.profileCrumbs(p)}}
	for _, m := range h.Messages {
		page.Kinds = append(page.Kinds, web.Option{Value: m.Kind, Text: p.T(m.Key)})
		if !slices.Contains(wishes.Mute, m.Kind) {
			values.Add("messaggi", m.Kind)
		}
	}
	page.Form = form.Of(values)
	page.Form.String("messaggi", "identity.messages.kinds").Max(80)
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) saveMessages(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	err = h.Access.SaveWishes(r.Context(), ActorFrom(r.Context()), func(w *Wishes) {
		w.Mute = nil
		for _, m := range h.Messages {
			if !slices.Contains(f.All("messaggi"), m.Kind) {
				w.Mute = append(w.Mute, m.Kind)
			}
		}
	})
	if err != nil {
		return err
	}
	return h.ui.Done(w, r, messagesPath, "identity.messages.saved")
}

// birthPage asks when and where somebody was born.
type birthPage struct {
	web.Head
	Form  *form.Form
	Known []web.Fact // what their fiscal number says; nothing to type then
	Max   string
}

func (birthPage) Template() string { return "identity/birth" }

func birthFields(f *form.Form) *form.Date {
	f.String("luogo", "identity.birth.place").Max(120)
	return f.Date("nascita", "identity.profile.birth")
}

func (h *pages) showBirth(w http.ResponseWriter, r *http.Request) error {
	actor := ActorFrom(r.Context())
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return err
	}
	person, err := h.Access.People.Get(r.Context(), actor.Person)
	if err != nil {
		return err
	}
	wishes, err := h.Access.People.Wishes(r.Context(), actor.Person)
	if err != nil {
		return err
	}
	f := form.Of(url.Values{"nascita": {person.BirthDate}, "luogo": {placeName(wishes.Place)}})
	birthFields(f)
	return h.renderBirth(w, r, f, person)
}

func (h *pages) renderBirth(w http.ResponseWriter, r *http.Request, f *form.Form, person Person) error {
	p := h.ui.Printer(r)
	page := birthPage{
		Head: web.Head{Title: p.T("identity.birth.title"), Private: true, Crumbs: h.profileCrumbs(p)}, Form: f,
		Max: h.Access.clk.Now().Format("2006-01-02"),
	}
	if person.FiscalNumber != "" {
		page.Known = bornFacts(p, person, h.Access.clk.Now())
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) saveBirth(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	ctx, actor, date := r.Context(), ActorFrom(r.Context()), birthFields(f)
	if f.Err() == nil {
		day := ""
		if date.Given() {
			day = date.Value.String()
		}
		err = h.Access.SaveBirth(ctx, actor, day, f.Raw("luogo"))
		if err == nil {
			return h.ui.Done(w, r, birthPath, "identity.birth.saved")
		}
		if !f.AddAs(err, form.Inputs{"birth_place": "luogo", "birth_date": "nascita"}) {
			return err
		}
	}
	person, err := h.Access.People.Get(ctx, actor.Person)
	if err != nil {
		return err
	}
	return h.renderBirth(w, r, f, person)
}

// placeName is the name of a place of birth by its code; the code where it is of
// a country, or not known any more.
func placeName(code string) string {
	if m, ok := territory.Embedded().ByBelfiore(code); ok {
		return m.Name
	}
	return code
}
