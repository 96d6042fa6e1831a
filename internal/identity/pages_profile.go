package identity

import (
	"net/http"
	"net/url"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// The addresses of the pages on which somebody says who they are.
const (
	profilePath     = "/profilo"
	contactPath     = profilePath + "/indirizzo"
	contactCodePath = contactPath + "/codice"
)

// keepContact remembers the code for a new address.
const keepContact = "contact"

func (h *pages) profileRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET " + profilePath:      h.showProfile,
		"POST " + profilePath:     h.saveProfile,
		"GET " + contactPath:      h.showContact,
		"POST " + contactPath:     h.askContact,
		"GET " + contactCodePath:  h.showContactCode,
		"POST " + contactCodePath: h.answerContact,
	}
}

// profilePage is what is known of the person who looks at it.
type profilePage struct {
	web.Head
	Form     *form.Form
	New      bool // their name is asked for before they go on
	Next     string
	Langs    []web.Option
	Email    string
	Verified bool
	Change   bool // the address can be changed
	Roles    []web.Fact
}

func (profilePage) Template() string { return "identity/profile" }

func (h *pages) profileFields(f *form.Form) (given, family *form.Text, language *form.Choice) {
	given = f.String("nome", "identity.profile.given").Max(maxName).Required()
	family = f.String("cognome", "identity.profile.family").Max(maxName).Required()
	return given, family, h.languageField(f, "identity.profile.language")
}

func (h *pages) showProfile(w http.ResponseWriter, r *http.Request) error {
	p, err := h.Access.People.Get(r.Context(), ActorFrom(r.Context()).Person)
	if err != nil {
		return err
	}
	f := form.Of(url.Values{"nome": {p.GivenName}, "cognome": {p.FamilyName}, "lingua": {p.Language}})
	h.profileFields(f)
	next := ""
	if given := r.URL.Query().Get("next"); given != "" {
		next = back(given)
	}
	return h.renderProfile(w, r, f, next)
}

func (h *pages) renderProfile(w http.ResponseWriter, r *http.Request, f *form.Form, next string) error {
	p, actor := h.ui.Printer(r), ActorFrom(r.Context())
	person, err := h.Access.People.Get(r.Context(), actor.Person)
	if err != nil {
		return err
	}
	page := profilePage{
		Head: web.Head{Title: p.T("identity.profile.title"), Private: true}, Form: f, Next: next, Langs: h.languages(p),
		New: person.GivenName == "" || person.FamilyName == "", Email: person.Email, Verified: !person.Verified.IsZero(), Change: h.Access.Mails(),
	}
	if page.New {
		page.Title = p.T("identity.profile.new")
	}
	grants, err := h.Access.Grants.Of(r.Context(), actor.Person)
	if err != nil {
		return err
	}
	for _, g := range grants {
		if g.Role != Member && g.Role != Citizen {
			page.Roles = append(page.Roles, web.Fact{Name: p.T(g.Role.Label()), Value: h.Access.grantText(p, g)})
		}
	}
	return h.ui.Render(w, r, f.Status(), page)
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
	given, family, language := h.profileFields(f)
	next := ""
	if f.Raw("next") != "" {
		next = back(f.Raw("next"))
	}
	if f.Err() != nil {
		return h.renderProfile(w, r, f, next)
	}
	actor := ActorFrom(r.Context())
	err = h.Access.SaveProfile(r.Context(), actor, Profile{GivenName: given.Value, FamilyName: family.Value, Language: language.Value})
	if err != nil {
		if onPage(f, err) {
			return h.renderProfile(w, r, f, next)
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
}

func (contactPage) Template() string { return "identity/contact" }

func (h *pages) showContact(w http.ResponseWriter, r *http.Request) error {
	f := form.Of(nil)
	emailField(f)
	return h.renderContact(w, r, f)
}

func (h *pages) renderContact(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	p := h.ui.Printer(r)
	person, err := h.Access.People.Get(r.Context(), ActorFrom(r.Context()).Person)
	if err != nil {
		return err
	}
	return h.ui.Render(w, r, f.Status(), contactPage{
		Head: web.Head{Title: p.T("identity.contact.title"), Private: true, Crumbs: h.profileCrumbs(p)}, Form: f, Now: person.Email,
	})
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
	id, err := h.Access.Ask(ctx, h.asking(r, email.Value, ActorFrom(ctx).Person, keepContact))
	if err != nil {
		if onPage(f, err) {
			return h.renderContact(w, r, f)
		}
		return later(w, err)
	}
	h.Sessions.Keep(ctx, keepContact, id)
	return web.Redirect(w, r, contactCodePath)
}

func (h *pages) showContactCode(w http.ResponseWriter, r *http.Request) error {
	f := form.Of(nil)
	codeField(f)
	return h.renderContactCode(w, r, f)
}

func (h *pages) renderContactCode(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	return h.showCodePage(w, r, f, keepContact, codePage{Action: contactCodePath, Again: contactPath, Button: "identity.contact.go"})
}

func (h *pages) answerContact(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	ctx, code := r.Context(), codeField(f)
	if f.Err() != nil {
		return h.renderContactCode(w, r, f)
	}
	id := h.Sessions.Look(ctx, keepContact)
	err = h.Access.Answer(ctx, id, code.Value)
	if err == nil {
		err = h.Access.TakeContact(ctx, ActorFrom(ctx), id)
	}
	if err != nil {
		f.Set("codice", "")
		if errs.Is(err, errs.Rule) && onPage(f, err) {
			return h.renderContactCode(w, r, f)
		}
		return later(w, err)
	}
	h.Sessions.Kept(ctx, keepContact)
	return h.ui.Done(w, r, profilePath, "identity.contact.done")
}
