package identity

import (
	"net/http"
	"net/url"
	"time"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// The addresses of the pages on which somebody says who they are.
const (
	profilePath     = "/profilo"
	namePath        = profilePath + "/nome"
	contactPath     = profilePath + "/indirizzo"
	contactCodePath = contactPath + "/codice"
)

// ProfileEntry leads to one's own profile.
var ProfileEntry = web.Entry{Href: profilePath, Key: "identity.profile.title"}

// What the session remembers of a change of address.
const (
	keepContact = "contact" // the code for the new one
	keepLeaving = "leaving" // the code for the one so far
)

func (h *pages) profileRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET " + profilePath:      h.showProfile,
		"POST " + profilePath:     h.saveProfile,
		"GET " + namePath:         h.showName,
		"GET " + contactPath:      h.showContact,
		"POST " + contactPath:     h.askContact,
		"GET " + contactCodePath:  h.showContactCode,
		"POST " + contactCodePath: h.answerContact,
	}
}

// namePage asks for the names and the language of who looks at it.
type namePage struct {
	web.Head
	Form    *form.Form
	Rev     string
	Changed string     // what the profile says by now, where somebody changed it since; "" where not
	New     bool       // their name is asked for before they go on
	Proved  []web.Fact // what somebody vouches for, which is not changed here; nil where nobody does
	Next    string
	Langs   []web.Option
}

func (namePage) Template() string { return "identity/name" }

// Fixed tells that there is nothing to change.
func (p namePage) Fixed() bool { return p.Proved != nil && p.Langs == nil && p.Next == "" }

// profileFields are the inputs; names that are proved are none.
func (h *pages) profileFields(f *form.Form, proved bool) (given, family *form.Text, language *form.Choice) {
	given = f.String("nome", "identity.profile.given").Max(maxName)
	family = f.String("cognome", "identity.profile.family").Max(maxName)
	if !proved {
		given.Required()
		family.Required()
	}
	return given, family, h.languageField(f, "identity.profile.language")
}

// showProfile is the profile; for who has no name yet, or was asked for it on the
// way to somewhere else, the page of the name.
func (h *pages) showProfile(w http.ResponseWriter, r *http.Request) error {
	person, err := h.Access.People.Get(r.Context(), ActorFrom(r.Context()).Person)
	if err != nil {
		return err
	}
	if person.GivenName == "" || person.FamilyName == "" || r.URL.Query().Get("next") != "" {
		return h.showName(w, r)
	}
	return h.renderHub(w, r, person)
}

func (h *pages) showName(w http.ResponseWriter, r *http.Request) error {
	p, err := h.Access.People.Get(r.Context(), ActorFrom(r.Context()).Person)
	if err != nil {
		return err
	}
	f := form.Of(url.Values{"nome": {p.GivenName}, "cognome": {p.FamilyName}, "lingua": {p.Language}})
	h.profileFields(f, false)
	next := ""
	if given := r.URL.Query().Get("next"); given != "" {
		next = back(given)
	}
	return h.renderName(w, r, f, next, false)
}

func (h *pages) renderName(w http.ResponseWriter, r *http.Request, f *form.Form, next string, changed bool) error {
	p, actor := h.ui.Printer(r), ActorFrom(r.Context())
	person, err := h.Access.People.Get(r.Context(), actor.Person)
	if err != nil {
		return err
	}
	page := namePage{
		Head: web.Head{Title: p.T("identity.name.title"), Private: true}, Form: f, Next: next, Langs: h.languages(p),
		Rev: profileOf(person).Rev(), New: person.GivenName == "" || person.FamilyName == "",
	}
	proved, err := h.Access.People.Proved(r.Context(), actor.Person)
	if err != nil {
		return err
	}
	if !proved.IsZero() && !page.New {
		page.Proved = provedFacts(p, person)
	}
	if changed {
		page.Changed = p.T("identity.profile.changed", "name", person.FullName(), "language", p.T("identity.language."+person.Language))
	}
	switch {
	case page.New:
		page.Title = p.T("identity.profile.new")
	case next == "":
		page.Crumbs = h.profileCrumbs(p)
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// provedFacts are what somebody vouches for.
func provedFacts(p *i18n.Printer, person Person) (list []web.Fact) {
	list = []web.Fact{{Name: p.T("identity.profile.given"), Value: person.GivenName}, {Name: p.T("identity.profile.family"), Value: person.FamilyName}}
	if birth, err := time.Parse(time.DateOnly, person.BirthDate); err == nil {
		list = append(list, web.Fact{Name: p.T("identity.profile.birth"), Value: p.Date(birth)})
	}
	if person.FiscalNumber != "" {
		list = append(list, web.Fact{Name: p.T("identity.profile.fiscal"), Value: person.FiscalNumber})
	}
	return list
}

// languages are the languages of the pages, each in its own words; nil where
// there is nothing to choose.
func (h *pages) languages(p *i18n.Printer) (list []web.Option) {
	if len(h.ui.Langs()) == 1 {
		return nil
	}
	for _, lang := range h.ui.Langs() {
		list = append(list, web.Option{Value: string(lang), Text: p.T("identity.language." + string(lang))})
	}
	return list
}

// languageField asks for one of them.
func (h *pages) languageField(f *form.Form, label string) *form.Choice {
	return f.Choice("lingua", label, "it", "en").Default(string(h.ui.Langs()[0]))
}

func (h *pages) saveProfile(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	actor := ActorFrom(r.Context())
	proved, err := h.Access.People.Proved(r.Context(), actor.Person)
	if err != nil {
		return err
	}
	given, family, language := h.profileFields(f, !proved.IsZero())
	next := ""
	if f.Raw("next") != "" {
		next = back(f.Raw("next"))
	}
	if f.Err() != nil {
		return h.renderName(w, r, f, next, false)
	}
	err = h.Access.SaveProfile(r.Context(), actor, Profile{GivenName: given.Value, FamilyName: family.Value, Language: language.Value}, f.Raw("rev"))
	if err != nil {
		if OnPage(f, err) {
			return h.renderName(w, r, f, next, errs.HasKey(err, "identity.changed"))
		}
		return err
	}
	h.Sessions.Fresh(actor.Person)
	to := next
	if to == "" {
		to = profilePath
	}
	if language.Value != string(h.ui.Printer(r).Lang) {
		to = inLanguage(to, language.Value)
	}
	if next != "" {
		return web.Redirect(w, r, to)
	}
	return h.ui.Done(w, r, to, "identity.profile.saved")
}

// inLanguage is an address whose page is shown in a language from now on.
func inLanguage(path, lang string) string {
	u, err := url.Parse(path)
	if err != nil {
		return path
	}
	q := u.Query()
	q.Set("lang", lang)
	u.RawQuery = q.Encode()
	return u.String()
}

// contactPage asks for a new address.
type contactPage struct {
	web.Head
	Form *form.Form
	Now  string // the address so far
	// Verify tells that this one is still to be verified: it is filled in.
	Verify bool
}

func (contactPage) Template() string { return "identity/contact" }

func (h *pages) showContact(w http.ResponseWriter, r *http.Request) error {
	person, err := h.Access.People.Get(r.Context(), ActorFrom(r.Context()).Person)
	if err != nil {
		return err
	}
	f := form.Of(nil)
	if person.Verified.IsZero() {
		f.Set("email", person.Email)
	}
	emailField(f)
	return h.renderContact(w, r, f)
}

func (h *pages) renderContact(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	p := h.ui.Printer(r)
	person, err := h.Access.People.Get(r.Context(), ActorFrom(r.Context()).Person)
	if err != nil {
		return err
	}
	page := contactPage{
		Head: web.Head{Title: p.T("identity.contact.title"), Private: true, Crumbs: h.profileCrumbs(p)}, Form: f, Now: person.Email,
		Verify: person.Email != "" && person.Verified.IsZero(),
	}
	if page.Verify {
		page.Title = p.T("identity.contact.verify")
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) profileCrumbs(p *i18n.Printer) []web.Link {
	return []web.Link{{Href: profilePath, Text: p.T("identity.profile.title")}}
}

func (h *pages) askContact(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	email := emailField(f)
	if f.Err() != nil {
		return h.renderContact(w, r, f)
	}
	ctx := r.Context()
	m, err := h.Access.AskContact(ctx, ActorFrom(ctx), h.asking(r, email.Value, "", ""), h.moving(r))
	if err != nil {
		if OnPage(f, err) {
			return h.renderContact(w, r, f)
		}
		return Later(w, err)
	}
	h.Sessions.Kept(ctx, keepMore)
	h.Sessions.Keep(ctx, keepContact, m.New)
	h.Sessions.Keep(ctx, keepLeaving, m.Old)
	return web.Redirect(w, r, contactCodePath)
}

// moving are the codes that this browser asked for.
func (h *pages) moving(r *http.Request) Moving {
	return Moving{New: h.Sessions.Look(r.Context(), keepContact), Old: h.Sessions.Look(r.Context(), keepLeaving)}
}

// contactCodePage takes the codes that were mailed to the two addresses.
type contactCodePage struct {
	web.Head
	Form     *form.Form
	New, Old proving
	Mailbox  string
	Contacts string
}

func (contactCodePage) Template() string { return "identity/contact-code" }

// proving is an address of which a code is awaited.
type proving struct {
	Address string // "" where no code is alive that this browser asked for
	Proved  bool
}

func (h *pages) proving(r *http.Request, id string) (p proving, err error) {
	if p.Address, err = h.Access.Asked(r.Context(), id); errs.Is(err, errs.Rule) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.Proved, err = h.Access.Proved(r.Context(), id)
	return p, err
}

// contactCodeFields ask for the codes that were mailed to the new address and to
// the one so far.
func contactCodeFields(f *form.Form) {
	f.String("codice", "identity.contact.new-code").Max(40).Says("identity.code.form")
	f.String("vecchio", "identity.contact.old-code").Max(40).Says("identity.code.form")
}

func (h *pages) showContactCode(w http.ResponseWriter, r *http.Request) error {
	f := form.Of(nil)
	contactCodeFields(f)
	return h.renderContactCode(w, r, f)
}

func (h *pages) renderContactCode(w http.ResponseWriter, r *http.Request, f *form.Form) (err error) {
	p, m := h.ui.Printer(r), h.moving(r)
	page := contactCodePage{
		Head: web.Head{Title: p.T("identity.contact.codes"), Private: true, Crumbs: h.profileCrumbs(p)}, Form: f, Mailbox: h.Mailbox, Contacts: h.Contacts,
	}
	if page.New, err = h.proving(r, m.New); err != nil {
		return err
	}
	if page.Old, err = h.proving(r, m.Old); err != nil {
		return err
	}
	if m.Old != "" && page.Old.Address == "" { // both are asked for anew
		page.New.Address = ""
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// answerContact proves the addresses, each as soon as its code is right, and
// then changes them.
func (h *pages) answerContact(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	ctx, m := r.Context(), h.moving(r)
	contactCodeFields(f)
	for _, one := range []struct{ input, id string }{{"codice", m.New}, {"vecchio", m.Old}} {
		if f.Fault(one.input) != nil || one.id == "" && one.input == "vecchio" {
			continue
		}
		if err := h.answerOne(r, f, one.input, one.id); err != nil {
			return err
		}
	}
	if f.Err() != nil {
		return h.renderContactCode(w, r, f)
	}
	if err := h.mark(w, r, m.New); err != nil && !errs.Is(err, errs.Rule) {
		return err
	}
	to, done, err := h.takeContact(r, m)
	if err != nil {
		if OnPage(f, err) {
			return h.renderContactCode(w, r, f)
		}
		return err
	}
	h.Sessions.Kept(ctx, keepContact)
	h.Sessions.Kept(ctx, keepLeaving)
	h.Sessions.Kept(ctx, keepMore)
	return h.ui.Done(w, r, to, done)
}

// answerOne answers one of the codes, if it was not answered rightly before.
func (h *pages) answerOne(r *http.Request, f *form.Form, input, id string) error {
	proved, err := h.Access.Proved(r.Context(), id)
	if err != nil || proved {
		return err
	}
	if err = h.Access.AnswerFrom(r.Context(), web.ClientAddr(r.Context()), h.Sessions.MarkOf(r), id, f.Raw(input)); err == nil {
		return nil
	}
	f.Set(input, "")
	if f.AddAs(err, form.Inputs{"code": input}) {
		return nil
	}
	return err
}
