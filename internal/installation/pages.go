package installation

import (
	"net/http"
	"net/url"
	"slices"

	"polis/internal/identity"
	"polis/internal/platform/blob"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/picture"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// Root is the address of the settings at the desk.
const Root = "/gestione/impostazioni"

// Entry leads there.
var Entry = web.Entry{Href: Root, Key: "installation.nav"}

// What a form may send: a logo more than others, and more than a logo may have,
// so that whoever sends a larger one is told so on the page; texts of the law
// less.
const (
	maxLogoBody = 4 * picture.MaxBytes
	maxLawBody  = 512 << 10
)

// PageOptions are what the pages of the desk stand on.
type PageOptions struct {
	Service *Service
	// Welcome signs a person in with the cookie that sessions now have, after a
	// change of the address.
	Welcome func(w http.ResponseWriter, r *http.Request, person string) error
}

// RegisterPages adds the settings to a mux. They stand behind
// Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, o PageOptions) error {
	if err := ui.Add("installation", Pages); err != nil {
		return err
	}
	h := &pages{PageOptions: o, view: &view{ui: ui, s: o.Service}}
	ui.AllowBody("POST "+Root+"/{slug}", maxLogoBody)
	for pattern, handler := range map[string]web.Handler{
		"GET " + Root:                    h.list,
		"GET " + Root + "/{slug}":        h.show,
		"POST " + Root + "/{slug}":       h.save,
		"GET " + Root + "/" + trialPath:  h.showTrial,
		"POST " + Root + "/" + trialPath: h.try,
	} {
		mux.Handle(pattern, ui.Handle(identity.SignedIn(handler, func(r *http.Request) string { return r.URL.Path })))
	}
	return nil
}

const trialPath = "posta/prova"

type pages struct {
	PageOptions
	*view
}

// view shows sections, at the desk and in the set-up.
type view struct {
	ui *web.Renderer
	s  *Service
}

// settingsPage lists the sections with what they say now.
type settingsPage struct {
	web.Head
	Lead   string
	Alerts []web.Alert
	Groups []rowGroup
}

func (settingsPage) Template() string { return "installation/settings" }

// rowGroup is the sections of one subject.
type rowGroup struct {
	Title string
	Rows  []row
}

// row is a section with what it says.
type row struct {
	Title string
	Lines []string
	Logo  web.Logo
	Color string // style sheet of a sample
	Href  string
	What  string // of the link, for who does not see the row
}

func (h *pages) list(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.May(identity.ActorFrom(r.Context())); err != nil {
		return err
	}
	p := h.ui.Printer(r)
	page := settingsPage{
		Head: web.DeskHead(Root, p.T("installation.nav")),
		Lead: p.T("installation.lead"), Groups: h.rows(p, Root+"/", Root+"/"),
	}
	if h.s.Demo {
		page.Alerts = append(page.Alerts, web.Alert{Tone: web.Info, Text: p.T("installation.demo")})
	}
	for _, x := range h.s.Live.Faults() {
		title, why := x.Explain(p)
		page.Alerts = append(page.Alerts, web.Alert{Tone: web.Danger, Title: title, Text: p.T("installation.fault", "why", why)})
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// sectionPage is one section with its fields.
type sectionPage struct {
	web.Head
	Lead   string
	Steps  *web.Steps
	Form   *form.Form
	Slug   string
	Rev    int64
	Fixed  []fixedValue
	Notice *web.Alert
	Langs  []i18n.Lang // offered
	Demo   bool        // no logo is taken
	Logo   web.Logo
	Accept string // media types of a logo
	Kept   bool   // there is a password
	Better string // a colour that can be read, where the one chosen cannot
	Ratio  string // contrast of the colour with white
	Trial  string // where the mail server is tried
	Save   string // what the button says
	Back   string
	shut   map[string]string
}

func (sectionPage) Template() string { return "installation/section" }

// Open tells whether a field can be changed: no flag says it.
func (p sectionPage) Open(field string) bool { return p.shut[field] == "" }

// Speaks tells whether a language is offered.
func (p sectionPage) Speaks(lang string) bool { return slices.Contains(p.Langs, i18n.Lang(lang)) }

// Nothing tells that all of the section is said by flags.
func (p sectionPage) Nothing() bool { return p.Save == "" }

// fixedValue is what a flag says.
type fixedValue struct{ Name, Value, Flag string }

// asked is the section of a request; NotFound where there is none.
func asked(r *http.Request) (section, error) {
	sec, ok := sectionOf(r.PathValue("slug"))
	if !ok {
		return section{}, errs.New(errs.NotFound, "error.not_found", nil)
	}
	return sec, nil
}

// filled is the form of a section as it is saved, with what flags say over it.
func (v *view) filled(sec section) (f *form.Form, rev int64) {
	seen, rev := v.s.Seen(sec.part)
	values := url.Values{}
	sec.fill(v.s.Live.flags.over(seen), values)
	f = form.Of(values)
	sec.read(f, &seen)
	if sec.part == PartLook {
		f.File(logoField, logoLabel)
	}
	return f, rev
}

const (
	logoField = "logo"
	logoLabel = "installation.look.logo"
)

func (h *pages) show(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.May(identity.ActorFrom(r.Context())); err != nil {
		return err
	}
	sec, err := asked(r)
	if err != nil {
		return err
	}
	f, rev := h.filled(sec)
	return h.desk(w, r, sec, f, rev)
}

// desk shows a section at the desk.
func (h *pages) desk(w http.ResponseWriter, r *http.Request, sec section, f *form.Form, rev int64) error {
	p := h.ui.Printer(r)
	page := h.page(p, sec, f, rev)
	page.Head = web.DeskHead(Root, p.T(sec.title), web.Link{Href: Root, Text: p.T("installation.nav")})
	if page.Save != "" {
		page.Save = p.T("installation.save")
	}
	page.Back = Root
	for _, x := range h.s.Live.Faults() {
		if x.Part == sec.part && page.Notice == nil {
			_, why := x.Explain(p)
			page.Notice = &web.Alert{Tone: web.Danger, Text: p.T("installation.fault", "why", why)}
		}
	}
	if sec.part == PartMail && h.s.Live.Now().Mail.Host != "" && !h.s.Demo {
		page.Trial = Root + "/" + trialPath
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// page is what a section shows, wherever it stands.
func (v *view) page(p *i18n.Printer, sec section, f *form.Form, rev int64) sectionPage {
	now := v.s.Live.Now()
	page := sectionPage{
		Lead: p.T(sec.lead), Form: f, Slug: sec.slug, Rev: rev, Langs: now.Languages.Offered(),
		Accept: picture.Accept, Save: sec.slug, shut: v.s.shut(sec),
	}
	values := url.Values{}
	sec.fill(now, values)
	for _, field := range sec.fields {
		flag := page.shut[field]
		if flag == "" || field == "password" {
			continue
		}
		value := values.Get(field)
		if field == "sicurezza" {
			value = p.T("installation.mail.security-" + value)
		}
		if value == "" {
			value = p.T("installation.none")
		}
		page.Fixed = append(page.Fixed, fixedValue{p.T(f.Label(field)), value, flag})
	}
	if len(page.shut) > 0 && len(page.shut) == len(sec.fields) {
		page.Save = ""
	}
	switch sec.part {
	case PartLook:
		page.Logo = now.Look.Logo.Shown()
		if c, ok := web.ParseColor(f.Raw("colore")); ok {
			ratio, better := Proposal(c)
			page.Ratio = p.Number(ratio)
			if better != c {
				page.Better = better.String()
			}
		}
	case PartMail:
		page.Kept = now.Mail.Password != ""
	}
	if page.Demo = v.s.Demo; page.Demo {
		page.Notice = &web.Alert{Tone: web.Info, Text: p.T("installation.demo")}
		if !tryable(sec.part) {
			page.Save = ""
		}
	}
	return page
}

// shut are the fields of a section that flags say.
func (s *Service) shut(sec section) map[string]string {
	shut := map[string]string{}
	for field, flag := range s.Live.flags.Fixed() {
		if slices.Contains(sec.fields, field) {
			shut[field] = flag
		}
	}
	return shut
}

// take reads what was sent of a section; ok says that it is a change to save,
// else the form is to be shown again.
func (v *view) take(w http.ResponseWriter, r *http.Request, sec section) (f *form.Form, c Change, ok bool, err error) {
	switch {
	case sec.part == PartLook:
		f, err = form.NewUpload(w, r, picture.MaxBytes)
	case sec.ofLaw():
		f, err = form.NewLong(w, r, maxLawBody)
	default:
		f, err = form.New(w, r)
	}
	if err != nil {
		return nil, c, false, err
	}
	c.Part = sec.part
	c.Next, _ = v.s.Seen(sec.part)
	values := url.Values{}
	sec.fill(c.Next, values)
	for field := range v.s.shut(sec) { // what a flag says is not the person's to change
		f.Set(field, values.Get(field))
	}
	if better := f.Raw("proposta"); better != "" {
		f.Set("colore", better)
	}
	sec.read(f, &c.Next)
	c.Rev = int64(f.Int("rev", "installation.rev").Value)
	if sec.part == PartLook {
		if err := c.logo(f); err != nil {
			return nil, c, false, err
		}
	}
	return f, c, f.Err() == nil, nil
}

// logo takes an uploaded logo into the change.
func (c *Change) logo(f *form.Form) error {
	up := f.File(logoField, logoLabel)
	if len(up.Data) == 0 {
		return nil
	}
	logo, err := picture.PrepareLogo(up.Data)
	if err != nil {
		e := *errs.As(err)
		if e.Kind != errs.Invalid && e.Kind != errs.TooLarge {
			return err
		}
		e.Kind, e.Field = errs.Invalid, logoField
		f.Add(&e)
		return nil
	}
	file := blob.File{Type: picture.LogoType, Data: logo.Data}
	c.Next.Look.Logo = Logo{ID: file.ID(), Width: logo.Width, Height: logo.Height, Light: logo.Light, Alt: c.Next.Look.Logo.Alt}
	c.Files = append(c.Files, file)
	return nil
}

func (h *pages) save(w http.ResponseWriter, r *http.Request) error {
	actor := identity.ActorFrom(r.Context())
	if err := h.s.May(actor); err != nil {
		return err
	}
	sec, err := asked(r)
	if err != nil {
		return err
	}
	f, c, ok, err := h.take(w, r, sec)
	if err != nil {
		return err
	}
	if ok {
		err := h.s.Save(r.Context(), actor, c)
		switch {
		case err == nil:
			if sec.part == PartAddress { // the cookie of sessions may have changed with it
				if err := h.Welcome(w, r, actor.Person); err != nil {
					return err
				}
			}
			return h.ui.Done(w, r, Root, "installation.saved")
		case !f.Add(err):
			return err
		}
	}
	return h.desk(w, r, sec, f, c.Rev)
}

// trialPage sends a test message.
type trialPage struct {
	web.Head
	Steps  *web.Steps
	Lead   string
	Form   *form.Form
	Notice *web.Alert
	Sent   bool // the notice is a good one
	Server string
	From   string
	Next   string // where it goes on, and what the link says
	Go     string
	Back   string // to the mail server
}

func (trialPage) Template() string { return "installation/trial" }

func trialForm(f *form.Form) string {
	return f.String("a", "installation.trial.to").Required().Max(maxAddress).Value
}

func (h *pages) showTrial(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.May(identity.ActorFrom(r.Context())); err != nil {
		return err
	}
	f := form.Of(url.Values{})
	trialForm(f)
	return h.deskTrial(w, r, f, nil)
}

func (h *pages) deskTrial(w http.ResponseWriter, r *http.Request, f *form.Form, notice *web.Alert) error {
	p := h.ui.Printer(r)
	page := h.trial(p, f, notice)
	page.Head = web.DeskHead(Root, p.T("installation.trial.title"), web.Link{Href: Root, Text: p.T("installation.nav")}, web.Link{Href: Root + "/posta", Text: p.T("installation.mail.title")})
	page.Next, page.Go, page.Back = Root, p.T("installation.trial.back"), Root+"/posta"
	return h.ui.Render(w, r, f.Status(), page)
}

func (v *view) trial(p *i18n.Printer, f *form.Form, notice *web.Alert) trialPage {
	now := v.s.Live.Now()
	from := now.Sender()
	return trialPage{Lead: p.T("installation.trial.lead"), Form: f, Notice: notice, Sent: notice != nil && notice.Tone == web.Success, Server: now.Mail.Host, From: from.Name + " <" + from.Address + ">"}
}

func (h *pages) try(w http.ResponseWriter, r *http.Request) error {
	actor := identity.ActorFrom(r.Context())
	if err := h.s.May(actor); err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	notice, err := h.tried(r, f, func(p *i18n.Printer, to string) error { return h.s.TryMail(r.Context(), actor, p, to) })
	if err != nil {
		return err
	}
	return h.deskTrial(w, r, f, notice)
}

// tried sends a test message to the address in a form and says what became of
// it: in the form or as a notice.
func (v *view) tried(r *http.Request, f *form.Form, send func(p *i18n.Printer, to string) error) (*web.Alert, error) {
	to := trialForm(f)
	if f.Err() != nil {
		return nil, nil //nolint:nilnil,nilerr // the form says it
	}
	p := v.ui.Printer(r)
	err := send(p, to)
	if e := errs.As(err); err != nil && e.Kind == errs.Rule {
		return &web.Alert{Tone: web.Danger, Title: p.T("installation.trial.failed"), Text: p.T(e.Key, e.Args)}, nil
	}
	if err != nil {
		if !f.Add(err) {
			return nil, err
		}
		return nil, nil //nolint:nilnil // the form says it
	}
	return &web.Alert{Tone: web.Success, Title: p.T("installation.trial.sent"), Text: p.T("installation.trial.sent-text")}, nil
}
