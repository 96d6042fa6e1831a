package mandate

import (
	"net/http"
	"strings"

	"polis/internal/fiscal"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// The addresses of who works at a counter.
const (
	assistPath = "/accoglienza/assistenza"
	recordPath = "/accoglienza/tutela"
)

// DeskEntry leads to them.
var DeskEntry = web.Entry{Href: assistPath, Key: "mandate.assist.nav"}

// What the session remembers between the pages of a counter.
const (
	keepCitizen = "assist-citizen"
	keepSite    = "assist-site"
	keepMandate = "assist-mandate"
	keepCode    = "assist-code"
)

// KeepBack is what the session remembers of the page to which somebody comes back
// who acted for the citizen in front of them; "" is that of the counter.
const KeepBack = "assist-back"

// assistPage looks for the citizen in front of somebody, and begins to act for
// them.
type assistPage struct {
	web.Head
	Form      *form.Form
	Houses    []web.Option // more than one to choose from
	Documents []web.Option
	Found     string // the citizen, found
	Alike     []string
	Mailed    bool   // a code can be mailed to them
	New       string // the fiscal number of somebody who is not known yet
}

func (assistPage) Template() string { return "mandate/assist" }

func assistFields(f *form.Form) *form.Text {
	f.String("sede", "mandate.assist.house").Max(100)
	return f.String("codice_fiscale", "mandate.assist.who").Max(4000).Required().Says("mandate.assist.who-form")
}

// documentFields ask what was shown.
func documentFields(f *form.Form) {
	f.Choice("documento", "mandate.document.kind", Documents...)
	f.String("numero", "mandate.document.number").Max(60)
	f.String("nome", "identity.profile.given").Max(120)
	f.String("cognome", "identity.profile.family").Max(120)
}

// houseOf is the house at which the actor is: the one that was chosen, or their
// only one; Forbidden where it is none of theirs.
func (h *pages) houseOf(r *http.Request, chosen string) (string, error) {
	houses := h.Houses(actor(r))
	for _, o := range houses {
		if o.Value == chosen || chosen == "" && len(houses) == 1 {
			return o.Value, nil
		}
	}
	if len(houses) > 0 {
		return "", errs.New(errs.Rule, "mandate.assist.choose-house", nil).On("sede")
	}
	return "", errs.New(errs.Forbidden, "identity.forbidden", nil)
}

func (h *pages) showAssist(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).CheckSomewhere(identity.PersonAssist); err != nil {
		return err
	}
	f := form.Of(nil)
	f.Set("sede", h.Sessions.Look(r.Context(), keepSite))
	assistFields(f)
	return h.renderAssist(w, r, f, assistPage{})
}

func (h *pages) renderAssist(w http.ResponseWriter, r *http.Request, f *form.Form, page assistPage) error {
	p := h.ui.Printer(r)
	page.Head, page.Form, page.Documents = web.DeskHead(assistPath, p.T("mandate.assist.title")), f, documents(p)
	if houses := h.Houses(actor(r)); len(houses) > 1 {
		page.Houses = houses
	}
	if f.Label("documento") == "" {
		documentFields(f)
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func documents(p *i18n.Printer) (list []web.Option) {
	for _, k := range Documents {
		list = append(list, web.Option{Value: k, Text: p.T("mandate.document." + k)})
	}
	return list
}

// find is sent as a form that acts: fiscal numbers do not belong into addresses.
func (h *pages) find(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	who := assistFields(f)
	site, err := h.houseOf(r, f.Raw("sede"))
	if err != nil && !f.AddAs(err, nil) {
		return err
	}
	if f.Err() != nil {
		return h.renderAssist(w, r, f, assistPage{})
	}
	ctx := r.Context()
	citizen, err := h.Service.Find(ctx, actor(r), site, who.Value)
	number := fiscal.Normalize(who.Value)
	switch {
	case errs.Is(err, errs.NotFound) && len(number) == 16 && fiscal.Check(number) == nil:
		h.Sessions.Keep(ctx, keepSite, site)
		return h.renderAssist(w, r, f, assistPage{New: number})
	case errs.Is(err, errs.NotFound):
		f.Add(errs.New(errs.Rule, "mandate.assist.unknown", nil).On("codice_fiscale"))
		return h.renderAssist(w, r, f, assistPage{})
	case err != nil:
		return err
	}
	h.Sessions.Keep(ctx, keepCitizen, citizen.ID)
	h.Sessions.Keep(ctx, keepSite, site)
	return h.renderFound(w, r, f, citizen)
}

func (h *pages) renderFound(w http.ResponseWriter, r *http.Request, f *form.Form, citizen identity.Person) error {
	return h.renderAssist(w, r, f, assistPage{
		Found: citizen.FullName(), Mailed: h.Service.Access.Mails() && citizen.Email != "" && !citizen.Verified.IsZero(),
	})
}

// assist begins to act for the citizen who was found, or for one who is made:
// with a document that was seen, or with a code that is mailed to them.
func (h *pages) assist(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).CheckSomewhere(identity.PersonAssist); err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	documentFields(f)
	ctx, who := r.Context(), actor(r)
	site, citizen := h.Sessions.Look(ctx, keepSite), h.Sessions.Look(ctx, keepCitizen)
	seen := Document{Kind: f.Raw("documento"), Number: f.Raw("numero")}
	number := f.Raw("nuova")
	switch {
	case number != "":
		made, err := h.Service.Enrol(ctx, who, site, identity.Person{FiscalNumber: number, GivenName: f.Raw("nome"), FamilyName: f.Raw("cognome")}, seen)
		if err != nil {
			if onPage(f, err) {
				return h.renderAssist(w, r, f, assistPage{New: number})
			}
			return err
		}
		citizen = made.ID
	case citizen == "":
		return errs.New(errs.NotFound, "identity.unknown", nil)
	case f.Has("invia-codice"):
		return h.sendCode(w, r, site, citizen)
	}
	if seen.Kind == "" && seen.Number == "" {
		seen.Kind = "-" // a document is asked for: an empty one means a code
	}
	m, err := h.Service.Assist(ctx, who, site, citizen, seen)
	if err != nil {
		if !onPage(f, err) {
			return err
		}
		p, err := h.Service.People.Get(ctx, citizen)
		if err != nil {
			return err
		}
		return h.renderFound(w, r, f, p)
	}
	return h.start(w, r, m.ID)
}

// start makes the session act for the citizen.
func (h *pages) start(w http.ResponseWriter, r *http.Request, mandate string) error {
	under, err := h.Service.Begin(r.Context(), actor(r), mandate)
	if err != nil {
		return err
	}
	for _, key := range []string{keepCitizen, keepMandate, keepCode} {
		h.Sessions.Kept(r.Context(), key)
	}
	if err := h.Sessions.ActUnder(r.Context(), mandate); err != nil {
		return err
	}
	return web.Redirect(w, r, h.Start(under.Under.At.ID))
}

// sendCode mails a code to the citizen, who says it.
func (h *pages) sendCode(w http.ResponseWriter, r *http.Request, site, citizen string) error {
	ctx := r.Context()
	p, err := h.Service.People.Get(ctx, citizen)
	if err != nil {
		return err
	}
	id, err := h.Service.Access.AskOf(ctx, p, identity.Asking{
		Language: p.Language, Client: web.ClientAddr(ctx), Mark: h.Sessions.MarkOf(r), Before: h.Sessions.Look(ctx, keepCode),
	})
	if err != nil {
		return err
	}
	m, err := h.Service.Assist(ctx, actor(r), site, citizen, Document{})
	if err != nil {
		return err
	}
	h.Sessions.Keep(ctx, keepCode, id)
	h.Sessions.Keep(ctx, keepMandate, m.ID)
	return web.Redirect(w, r, assistPath+"/codice")
}

// codePage takes the code that the citizen says.
type codePage struct {
	web.Head
	Form *form.Form
}

func (codePage) Template() string { return "mandate/code" }

func codeField(f *form.Form) *form.Text {
	return f.String("codice", "identity.code.label").Max(40).Required().Says("identity.code.form")
}

func (h *pages) showCode(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).CheckSomewhere(identity.PersonAssist); err != nil {
		return err
	}
	f := form.Of(nil)
	codeField(f)
	return h.renderCode(w, r, f)
}

func (h *pages) renderCode(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	p := h.ui.Printer(r)
	return h.ui.Render(w, r, f.Status(), codePage{
		Head: web.DeskHead(assistPath, p.T("mandate.code.title"), web.Link{Href: assistPath, Text: p.T("mandate.assist.title")}), Form: f,
	})
}

func (h *pages) code(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).CheckSomewhere(identity.PersonAssist); err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	code, ctx := codeField(f), r.Context()
	if f.Err() != nil {
		return h.renderCode(w, r, f)
	}
	id, mandate := h.Sessions.Look(ctx, keepCode), h.Sessions.Look(ctx, keepMandate)
	if err = h.Service.Access.Answer(ctx, id, code.Value); err == nil {
		err = h.Service.Confirm(ctx, actor(r), mandate, id)
	}
	if err != nil {
		f.Set("codice", "")
		if onPage(f, err) {
			return h.renderCode(w, r, f)
		}
		return err
	}
	return h.start(w, r, mandate)
}

// recordPage writes down who acts for a child, or for somebody with a guardian.
type recordPage struct {
	web.Head
	Form      *form.Form
	Houses    []web.Option
	Kinds     []web.Option
	Documents []web.Option
	Max       string
}

func (recordPage) Template() string { return "mandate/record" }

func recordFields(f *form.Form) {
	f.String("sede", "mandate.assist.house").Max(100)
	f.Choice("tipo", "mandate.fact.kind", string(Parent), string(Guardian)).Required()
	f.String("codice_fiscale", "mandate.record.principal").Max(40).Required().Says("identity.invalid.fiscal_number")
	f.String("nome", "identity.profile.given").Max(120)
	f.String("cognome", "identity.profile.family").Max(120)
	f.String("chi", "mandate.record.agent").Max(40).Required().Says("identity.invalid.fiscal_number")
	f.Choice("documento", "mandate.document.kind", Documents...).Required().Says("mandate.document")
	f.String("numero", "mandate.document.number").Max(60).Required().Says("mandate.number")
	f.Date("data", "mandate.document.date").Required().Says("mandate.date")
	f.Date("fino", "mandate.offer.until")
}

func (h *pages) showRecord(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).CheckSomewhere(identity.MandateWrite); err != nil {
		return err
	}
	f := form.Of(nil)
	f.Set("sede", h.Sessions.Look(r.Context(), keepSite))
	recordFields(f)
	return h.renderRecord(w, r, f)
}

func (h *pages) renderRecord(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	p := h.ui.Printer(r)
	page := recordPage{
		Head: web.DeskHead(assistPath, p.T("mandate.record.title"), web.Link{Href: assistPath, Text: p.T("mandate.assist.title")}),
		Form: f, Documents: documents(p), Max: h.Service.Clock.Now().In(zone).Format("2006-01-02"),
	}
	if houses := h.Houses(actor(r)); len(houses) > 1 {
		page.Houses = houses
	}
	for _, k := range []Kind{Parent, Guardian} {
		page.Kinds = append(page.Kinds, web.Option{Value: string(k), Text: p.T(k.Label()), Hint: p.T("mandate.record." + string(k))})
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) record(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	recordFields(f)
	site, err := h.houseOf(r, f.Raw("sede"))
	if err != nil && !f.AddAs(err, nil) {
		return err
	}
	if f.Err() != nil {
		return h.renderRecord(w, r, f)
	}
	err = h.write(r, f, site)
	if err != nil {
		if onPage(f, err) {
			return h.renderRecord(w, r, f)
		}
		return err
	}
	h.Sessions.Keep(r.Context(), keepSite, site)
	return h.ui.Done(w, r, assistPath, "mandate.done.recorded")
}

// write records what a form says; who is not known yet by their fiscal number is
// made.
func (h *pages) write(r *http.Request, f *form.Form, site string) error {
	ctx, who := r.Context(), actor(r)
	seen := Document{Kind: f.Raw("documento"), Number: f.Raw("numero"), Date: f.Raw("data")}
	agent, err := h.Service.Find(ctx, who, site, f.Raw("chi"))
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.Rule, "mandate.record.no-agent", nil).On("target")
	}
	if err != nil {
		return err
	}
	principal, err := h.Service.Find(ctx, who, site, f.Raw("codice_fiscale"))
	if errs.Is(err, errs.NotFound) {
		principal, err = h.Service.Enrol(ctx, who, site, identity.Person{
			FiscalNumber: f.Raw("codice_fiscale"), GivenName: f.Raw("nome"), FamilyName: f.Raw("cognome"), Language: agent.Language,
		}, seen)
	}
	if err != nil {
		return err
	}
	in := Recording{Kind: Kind(f.Raw("tipo")), Principal: principal.ID, Agent: agent.ID, Document: seen}
	if until := f.Raw("fino"); strings.TrimSpace(until) != "" {
		in.Until, err = parseDay(until)
		if err != nil {
			return errs.New(errs.Invalid, "mandate.until", nil).On("until")
		}
	}
	_, err = h.Service.Record(ctx, who, site, in)
	return err
}
