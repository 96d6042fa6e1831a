package installation

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// SetUpPath is the address of the set-up.
const SetUpPath = "/avvio"

// SetUpOptions are what the pages of the set-up stand on.
type SetUpOptions struct {
	SetUp    *SetUp
	Sessions *identity.Sessions
	Welcome  func(w http.ResponseWriter, r *http.Request, person string) error // as PageOptions has it
	// Link is an address by which a person signs in once, where the pages are to
	// be from now on.
	Link func(ctx context.Context, person string) (string, error)
	Home string // where the first administrator goes
	// After is the way there, by what they had better do first.
	After func(r *http.Request, home string) string
}

// RegisterSetUp adds the set-up to a mux, in which there is little else: every
// other address leads there. The pages stand behind Sessions.Middleware.
func RegisterSetUp(mux *http.ServeMux, ui *web.Renderer, o SetUpOptions) error {
	if err := ui.Add("installation", Pages); err != nil {
		return err
	}
	h := &setUpPages{SetUpOptions: o, view: &view{ui: ui, s: o.SetUp.Service}}
	ui.AllowBody("POST "+SetUpPath+"/{slug}", maxLogoBody)
	for pattern, handler := range map[string]web.Handler{
		"GET " + SetUpPath:                    h.door,
		"POST " + SetUpPath:                   h.admit,
		"GET " + SetUpPath + "/{slug}":        h.inside(h.show),
		"POST " + SetUpPath + "/{slug}":       h.inside(h.save),
		"GET " + SetUpPath + "/testi":         h.inside(h.texts),
		"POST " + SetUpPath + "/testi":        h.inside(h.passTexts),
		"GET " + lawPath + "{slug}":           h.inside(h.show),
		"POST " + lawPath + "{slug}":          h.inside(h.save),
		"GET " + SetUpPath + "/" + trialPath:  h.inside(h.showTrial),
		"POST " + SetUpPath + "/" + trialPath: h.inside(h.try),
		"GET " + adminPath:                    h.inside(h.showAdmin),
		"POST " + adminPath:                   h.inside(h.nameAdmin),
		"GET " + endPath:                      h.inside(h.summary),
		"POST " + endPath:                     h.inside(h.finish),
		"/":                                   h.elsewhere,
	} {
		mux.Handle(pattern, ui.Handle(h.onlyWhile(handler)))
	}
	return nil
}

// onlyWhile leads on who comes to a set-up that is over, as the rooms change behind it: where an administrator was made otherwise.
func (h *setUpPages) onlyWhile(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		over, err := h.SetUp.Overtaken(r.Context())
		switch {
		case err != nil:
			return err
		case !over:
			return next(w, r)
		case strings.HasPrefix(r.URL.Path, SetUpPath):
			return web.Redirect(w, r, "/")
		}
		return web.Redirect(w, r, r.URL.RequestURI())
	}
}

const (
	lawPath   = SetUpPath + "/testi/"
	adminPath = SetUpPath + "/amministratore"
	endPath   = SetUpPath + "/fine"
)

// steps are the screens of the set-up by their last part of the address, each
// with the key of its short name.
var steps = []struct{ slug, name string }{
	{"lingue", "installation.step.languages"},
	{"nome", "installation.step.name"},
	{"aspetto", "installation.step.look"},
	{"indirizzo", "installation.step.address"},
	{"titolare", "installation.step.owner"},
	{"posta", "installation.step.mail"},
	{"testi", "installation.step.law"},
	{"amministratore", "installation.step.admin"},
	{"fine", "installation.step.end"},
}

type setUpPages struct {
	SetUpOptions
	*view
}

// keptTicket is under what a session keeps that the browser was admitted.
const keptTicket = "set-up"

func (h *setUpPages) ticket(r *http.Request) string { return h.Sessions.Holds(r.Context(), keptTicket) }

// elsewhere leads from all other addresses to the set-up.
func (h *setUpPages) elsewhere(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	return web.Redirect(w, r, SetUpPath)
}

// inside is a page for who was admitted; others are led to the door.
func (h *setUpPages) inside(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !h.SetUp.Admitted(h.ticket(r)) {
			return h.elsewhere(w, r)
		}
		return next(w, r)
	}
}

// secretPage asks for the secret.
type secretPage struct {
	web.Head
	Form *form.Form
}

func (secretPage) Template() string { return "installation/secret" }

func (h *setUpPages) door(w http.ResponseWriter, r *http.Request) error {
	if h.SetUp.Admitted(h.ticket(r)) {
		return web.Redirect(w, r, h.next(""))
	}
	f := form.Of(url.Values{})
	f.String("segreto", "installation.secret.secret").Required()
	return h.showDoor(w, r, f)
}

func (h *setUpPages) showDoor(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	p := h.ui.Printer(r)
	return h.ui.Render(w, r, f.Status(), secretPage{Head: web.Head{Title: p.T("installation.secret.title"), Private: true}, Form: f})
}

func (h *setUpPages) admit(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	secret := f.String("segreto", "installation.secret.secret").Required().Max(100)
	if f.Err() != nil {
		return h.showDoor(w, r, f)
	}
	ticket, err := h.SetUp.Admit(r.Context(), secret.Value, web.ClientAddr(r.Context()))
	if err != nil {
		if !f.Add(err) {
			return err
		}
		return h.showDoor(w, r, f)
	}
	if err := h.Sessions.Renew(r.Context()); err != nil {
		return err
	}
	h.Sessions.Keep(r.Context(), keptTicket, ticket)
	return web.Redirect(w, r, h.next(""))
}

// next is the step after one: the first that was not seen to its end, from there on; once all were, the last.
func (h *setUpPages) next(after string) string {
	at := 0
	for i, s := range steps {
		if s.slug == after {
			at = i + 1
		}
	}
	for _, s := range append(steps[at:len(steps)-1:len(steps)-1], steps[:at]...) {
		if !h.SetUp.Passed(s.slug) {
			return SetUpPath + "/" + s.slug
		}
	}
	return endPath
}

// steps are where a step stands among all.
func (h *setUpPages) steps(p *i18n.Printer, slug string) *web.Steps {
	out := &web.Steps{}
	for i, s := range steps {
		out.Names = append(out.Names, p.T(s.name))
		if s.slug == slug {
			out.Current = i + 1
		}
	}
	return out
}

func (h *setUpPages) before(slug string) string {
	for i, s := range steps {
		if s.slug == slug && i > 0 {
			return SetUpPath + "/" + steps[i-1].slug
		}
	}
	return ""
}

// stepOf is the step that a section belongs to.
func stepOf(sec section) string {
	if sec.ofLaw() {
		return "testi"
	}
	return sec.slug
}

// here is the section of a request; texts of the law have an address of their own.
func (h *setUpPages) here(r *http.Request) (section, error) {
	sec, err := asked(r)
	if err == nil && sec.ofLaw() != strings.HasPrefix(r.URL.Path, lawPath) {
		err = errs.New(errs.NotFound, "error.not_found", nil)
	}
	return sec, err
}

func (h *setUpPages) show(w http.ResponseWriter, r *http.Request) error {
	sec, err := h.here(r)
	if err != nil {
		return err
	}
	f, rev := h.filled(sec)
	if rev == 0 {
		h.propose(r, sec, f)
	}
	return h.section(w, r, sec, f, rev)
}

// propose fills in what can be guessed.
func (h *setUpPages) propose(r *http.Request, sec section, f *form.Form) {
	if sec.part != PartAddress || f.Raw("indirizzo") != "" {
		return
	}
	scheme := "http://"
	if web.Secure(r.Context()) {
		scheme = "https://"
	}
	f.Set("indirizzo", scheme+r.Host)
}

// section shows a section as a step.
func (h *setUpPages) section(w http.ResponseWriter, r *http.Request, sec section, f *form.Form, rev int64) error {
	p := h.ui.Printer(r)
	page := h.page(p, sec, f, rev)
	page.Head = web.Head{Title: p.T(sec.title), Private: true}
	page.Steps, page.Back, page.Save = h.steps(p, stepOf(sec)), h.before(stepOf(sec)), p.T("installation.set-up.go-on")
	if sec.ofLaw() {
		page.Back, page.Save = SetUpPath+"/testi", p.T("installation.save")
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *setUpPages) save(w http.ResponseWriter, r *http.Request) error {
	sec, err := h.here(r)
	if err != nil {
		return err
	}
	if len(h.s.shut(sec)) == len(sec.fields) { // flags say all of it: there is nothing to save
		return h.saved(w, r, sec)
	}
	f, c, ok, err := h.take(w, r, sec)
	if err != nil {
		return err
	}
	if ok {
		err := h.SetUp.Save(r.Context(), h.ticket(r), c)
		switch {
		case err == nil:
			return h.saved(w, r, sec)
		case !f.Add(err):
			return err
		}
	}
	return h.section(w, r, sec, f, c.Rev)
}

// saved goes on after a section was saved.
func (h *setUpPages) saved(w http.ResponseWriter, r *http.Request, sec section) error {
	if sec.ofLaw() {
		return web.Redirect(w, r, SetUpPath+"/testi")
	}
	if err := h.SetUp.Pass(r.Context(), h.ticket(r), sec.slug); err != nil {
		return err
	}
	if sec.part == PartMail && h.s.Live.Now().Mail.Host != "" {
		return web.Redirect(w, r, SetUpPath+"/"+trialPath)
	}
	return web.Redirect(w, r, h.next(sec.slug))
}

// textsPage lists the texts of the law.
type textsPage struct {
	web.Head
	Steps *web.Steps
	Rows  []row
	Back  string
}

func (textsPage) Template() string { return "installation/texts" }

func (h *setUpPages) texts(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	groups := h.rows(p, SetUpPath+"/", lawPath)
	return h.ui.Render(w, r, http.StatusOK, textsPage{
		Head:  web.Head{Title: p.T("installation.law.title"), Private: true},
		Steps: h.steps(p, "testi"), Rows: groups[len(groups)-1].Rows, Back: h.before("testi"),
	})
}

func (h *setUpPages) passTexts(w http.ResponseWriter, r *http.Request) error {
	if err := h.SetUp.Pass(r.Context(), h.ticket(r), "testi"); err != nil {
		return err
	}
	return web.Redirect(w, r, h.next("testi"))
}

func (h *setUpPages) showTrial(w http.ResponseWriter, r *http.Request) error {
	f := form.Of(url.Values{})
	trialForm(f)
	return h.stepTrial(w, r, f, nil)
}

func (h *setUpPages) stepTrial(w http.ResponseWriter, r *http.Request, f *form.Form, notice *web.Alert) error {
	p := h.ui.Printer(r)
	page := h.trial(p, f, notice)
	page.Head = web.Head{Title: p.T("installation.trial.title"), Private: true}
	page.Steps, page.Back = h.steps(p, "posta"), SetUpPath+"/posta"
	page.Next, page.Go = h.next("posta"), p.T("installation.set-up.go-on")
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *setUpPages) try(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	notice, err := h.tried(r, f, func(p *i18n.Printer, to string) error { return h.SetUp.TryMail(r.Context(), h.ticket(r), p, to) })
	if err != nil {
		return err
	}
	return h.stepTrial(w, r, f, notice)
}

// adminPage names the first administrator.
type adminPage struct {
	web.Head
	Steps *web.Steps
	Form  *form.Form
	Back  string
}

func (adminPage) Template() string { return "installation/admin" }

// adminForm declares the fields of a person.
func adminForm(f *form.Form) identity.Person {
	return identity.Person{
		GivenName:    f.String("nome", "installation.admin.given").Required().Value,
		FamilyName:   f.String("cognome", "installation.admin.family").Required().Value,
		Email:        f.String("email", "installation.admin.email").Required().Value,
		FiscalNumber: f.String("codice_fiscale", "installation.admin.fiscal").Value,
	}
}

// adminFields are the inputs of the fields of a person.
var adminFields = form.Inputs{"given_name": "nome", "family_name": "cognome", "email": "email", "fiscal_number": "codice_fiscale"}

func (h *setUpPages) showAdmin(w http.ResponseWriter, r *http.Request) error {
	person, err := h.SetUp.Admin(r.Context(), h.ticket(r))
	if err != nil {
		return err
	}
	f := form.Of(url.Values{
		"nome": {person.GivenName}, "cognome": {person.FamilyName}, "email": {person.Email}, "codice_fiscale": {person.FiscalNumber},
	})
	adminForm(f)
	return h.stepAdmin(w, r, f)
}

func (h *setUpPages) stepAdmin(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	p := h.ui.Printer(r)
	return h.ui.Render(w, r, f.Status(), adminPage{
		Head:  web.Head{Title: p.T("installation.admin.title"), Private: true},
		Steps: h.steps(p, "amministratore"), Form: f, Back: h.before("amministratore"),
	})
}

func (h *setUpPages) nameAdmin(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	person := adminForm(f)
	person.Language = string(h.ui.Printer(r).Lang)
	if f.Err() == nil {
		err := h.SetUp.NameAdmin(r.Context(), h.ticket(r), person)
		if err == nil {
			err = h.SetUp.Pass(r.Context(), h.ticket(r), "amministratore")
		}
		if err == nil {
			return web.Redirect(w, r, h.next("amministratore"))
		}
		if !f.AddAs(err, adminFields) {
			return err
		}
	}
	return h.stepAdmin(w, r, f)
}

// summaryPage is all that was said, to be looked at before it holds.
type summaryPage struct {
	web.Head
	Steps   *web.Steps
	Groups  []rowGroup
	Admin   []web.Fact
	Edit    string // of the administrator
	Missing []web.Link
	Notices []web.Alert
	Back    string
}

func (summaryPage) Template() string { return "installation/summary" }

func (h *setUpPages) summary(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	person, err := h.SetUp.Admin(r.Context(), h.ticket(r))
	if err != nil {
		return err
	}
	page := summaryPage{
		Head:  web.Head{Title: p.T("installation.end.title"), Private: true},
		Steps: h.steps(p, "fine"), Groups: h.rows(p, SetUpPath+"/", lawPath), Edit: adminPath, Back: h.before("fine"),
	}
	if person.Email != "" {
		page.Admin = []web.Fact{{Name: p.T("installation.admin.name"), Value: person.FullName()}, {Name: p.T("installation.admin.email"), Value: person.Email}}
	}
	for _, s := range steps[:len(steps)-1] {
		if !h.SetUp.Passed(s.slug) {
			page.Missing = append(page.Missing, web.Link{Href: SetUpPath + "/" + s.slug, Text: p.T(s.name)})
		}
	}
	page.Notices = h.notices(p, r)
	return h.ui.Render(w, r, http.StatusOK, page)
}

// notices are what to know before the end.
func (h *setUpPages) notices(p *i18n.Printer, r *http.Request) (list []web.Alert) {
	now := h.s.Live.Now()
	if now.Mail.Host == "" {
		list = append(list, web.Alert{Tone: web.Warning, Text: p.T("installation.end.no-mail")})
	}
	if elsewhere(r, now.Address.URL) {
		list = append(list, web.Alert{Tone: web.Info, Text: p.T("installation.end.elsewhere", "address", now.Address.URL)})
	}
	return list
}

func (h *setUpPages) finish(w http.ResponseWriter, r *http.Request) error {
	person, err := h.SetUp.Finish(r.Context(), h.ticket(r))
	if errs.HasKey(err, "installation.set-up.no-admin") {
		return web.Redirect(w, r, adminPath)
	}
	if err != nil {
		return err
	}
	if err := h.Welcome(w, r, person); err != nil {
		return err
	}
	address := h.s.Live.Now().Address.URL
	if !elsewhere(r, address) {
		return h.ui.Done(w, r, h.After(r, h.Home), "installation.end.done")
	}
	link, err := h.Link(r.Context(), person)
	if err != nil {
		return err
	}
	_, code, _ := strings.Cut(link, "#") // which a page without scripts asks for
	return h.ui.Render(w, r, http.StatusOK, donePage{
		Head: web.Head{Title: h.ui.Printer(r).T("installation.end.ready"), Private: true}, Address: address, Link: link, Code: code, Home: h.Home,
	})
}

// elsewhere tells whether an address is not that by which a request came.
func elsewhere(r *http.Request, address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && u.Host != r.Host
}

// donePage leads to where the pages are from now on.
type donePage struct {
	web.Head
	Address, Link, Code, Home string
}

func (donePage) Template() string { return "installation/done" }
