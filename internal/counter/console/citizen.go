package console

import (
	"net/http"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/counter/console/card"
	"polis/internal/identity"
	"polis/internal/identity/mandate"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// What the session remembers of who is identified: each with the ticket that it is
// for, so that two windows do not mix two people.
const (
	keepCitizen = "console-citizen"
	keepMandate = "console-mandate"
)

// citizenPage asks who is at the desk: a card is read, or a number typed; then the
// operator attests the document that they have seen.
type citizenPage struct {
	web.Head
	Form         *form.Form
	Path, Ticket string
	Number       string // of the ticket
	Told         *web.Alert
	Read         string // the text of a document that was read before its owner was known
	Found        string // the citizen
	New          string // the fiscal number of somebody who is not known yet
	Documents    []web.Option
}

func (citizenPage) Template() string { return "console/citizen" }

func readerField(f *form.Form) *form.Text {
	return f.Long("lettura", "console.citizen.reader", card.Most).Required().Says("console.citizen.reader-form")
}

func documentFields(f *form.Form) {
	f.Choice("documento", "console.citizen.document", mandate.Documents...)
	f.String("numero", "console.citizen.document-number").Max(60)
	f.String("nome", "identity.profile.given").Max(120)
	f.String("cognome", "identity.profile.family").Max(120)
}

// served is the ticket at the desk; nil where there is none.
func (h *pages) served(r *http.Request) (st *site.Site, t *counter.Ticket, err error) {
	office, n, err := at(r)
	if err != nil {
		return nil, nil, err
	}
	work, err := h.Counter.Work(r.Context(), actor(r), office)
	if err != nil {
		return nil, nil, err
	}
	d, err := deskOf(work.Desks, n)
	if err != nil {
		return nil, nil, err
	}
	return work.Office, work.At[d.ID], nil
}

func (h *pages) showCitizen(w http.ResponseWriter, r *http.Request) error {
	_, t, err := h.served(r)
	if err != nil {
		return err
	}
	if t == nil {
		return web.Redirect(w, r, pathOf(r))
	}
	f := form.Of(nil)
	readerField(f)
	return h.renderCitizen(w, r, f, t, citizenPage{})
}

func (h *pages) renderCitizen(w http.ResponseWriter, r *http.Request, f *form.Form, t *counter.Ticket, page citizenPage) error {
	p := h.ui.Printer(r)
	page.Head = head(p.T("console.citizen.title", "number", t.Name()), web.Link{Href: pathOf(r), Text: p.T("console.back")})
	page.Form, page.Path, page.Ticket, page.Number = f, pathOf(r), t.ID, t.Name()
	for _, kind := range mandate.Documents {
		page.Documents = append(page.Documents, web.Option{Value: kind, Text: p.T("mandate.document." + kind)})
	}
	if f.Label("lettura") == "" && page.Found == "" && page.New == "" {
		readerField(f)
	}
	if f.Label("documento") == "" {
		documentFields(f)
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// find looks for the citizen of what was read. It is a form that acts, and answers
// itself: nothing of a card belongs into an address.
func (h *pages) find(w http.ResponseWriter, r *http.Request) error {
	st, t, err := h.served(r)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if t == nil || t.ID != f.Raw("biglietto") {
		return h.refused(w, r, errs.New(errs.Conflict, "console.citizen.gone", nil))
	}
	text := readerField(f).Value
	page := citizenPage{}
	if f.Err() != nil {
		return h.renderCitizen(w, r, f, t, page)
	}
	if f.Raw("letto") != "" {
		text = f.Raw("letto") + "\n" + text
	}
	reading, err := h.read(text)
	if err != nil {
		return h.unread(w, r, f, t, err)
	}
	page.Told = h.warn(r, reading)
	if reading.FiscalNumber == "" {
		page.Read = text
		f.Set("lettura", "")
		return h.renderCitizen(w, r, f, t, page)
	}
	return h.found(w, r, f, st, t, reading, page)
}

// read reads a card; what is on a pass is asked of who knows passes.
func (h *pages) read(text string) (card.Reading, error) {
	if strings.HasPrefix(strings.TrimSpace(text), "POLIS") {
		return card.Reading{FiscalNumber: strings.TrimSpace(text)}, nil
	}
	now := h.Counter.Clock.Now()
	reading, err := card.Read(text, now)
	if err == nil && reading.Differs(now) == "birth" {
		err = errs.New(errs.Invalid, "console.card.birth", nil)
	}
	return reading, err
}

func (h *pages) unread(w http.ResponseWriter, r *http.Request, f *form.Form, t *counter.Ticket, err error) error {
	e := *errs.As(err)
	if e.Field == "" {
		e.Field = "lettura"
	}
	if !f.Add(&e) {
		return err
	}
	return h.renderCitizen(w, r, f, t, citizenPage{})
}

// warn says what an operator should look at in a reading.
func (h *pages) warn(r *http.Request, reading card.Reading) *web.Alert {
	p, d, now := h.ui.Printer(r), reading.Document, h.Counter.Clock.Now()
	switch {
	case d != nil && d.Expired(agenda.DateOf(now.In(agenda.Rome))):
		return &web.Alert{Tone: web.Warning, Title: p.T("console.citizen.expired", "date", p.Day(d.Expires)), Text: p.T("console.citizen.expired-text")}
	case reading.Differs(now) == "names":
		return &web.Alert{Tone: web.Warning, Title: p.T("console.citizen.names"), Text: p.T("console.citizen.names-text", "name", said(reading))}
	case d != nil && reading.FiscalNumber == "":
		return &web.Alert{Tone: web.Success, Title: p.T("console.citizen.read", "name", said(reading)), Text: p.T("console.citizen.read-text")}
	}
	return nil
}

// titled is a name as people write it: documents have it in capitals.
func titled(name string) string {
	return cases.Title(language.Italian).String(name)
}

// said are the names of a reading as people write them.
func said(reading card.Reading) string {
	return titled(reading.Given) + " " + titled(reading.Family)
}

// found shows whom a reading names, and asks for the document that was seen.
func (h *pages) found(w http.ResponseWriter, r *http.Request, f *form.Form, st *site.Site, t *counter.Ticket, reading card.Reading, page citizenPage) error {
	ctx := r.Context()
	if d := reading.Document; d != nil {
		f.Set("documento", d.Kind)
		f.Set("numero", d.Number)
	}
	citizen, err := h.Mandates.Find(ctx, actor(r), st.ID, reading.FiscalNumber)
	switch {
	case errs.Is(err, errs.NotFound) && !strings.HasPrefix(reading.FiscalNumber, "POLIS"):
		page.New = reading.FiscalNumber
		if reading.Family != "" {
			f.Set("nome", titled(reading.Given))
			f.Set("cognome", titled(reading.Family))
		}
		return h.renderCitizen(w, r, f, t, page)
	case err != nil:
		return h.unread(w, r, f, t, err)
	}
	h.Sessions.Keep(ctx, keepCitizen, t.ID+" "+citizen.ID)
	page.Found = citizen.FullName()
	return h.renderCitizen(w, r, f, t, page)
}

// kept is what the session remembers for a ticket.
func (h *pages) kept(r *http.Request, key, ticket string) string {
	of, value, _ := strings.Cut(h.Sessions.Look(r.Context(), key), " ")
	if of != ticket {
		return ""
	}
	return value
}

// identify notes who is at the desk, for all that they came for: the operator has
// seen a document, and attests it.
func (h *pages) identify(w http.ResponseWriter, r *http.Request) error {
	st, t, err := h.served(r)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if t == nil || t.ID != f.Raw("biglietto") {
		return h.refused(w, r, errs.New(errs.Conflict, "console.citizen.gone", nil))
	}
	documentFields(f)
	ctx, who := r.Context(), actor(r)
	seen := mandate.Document{Kind: f.Raw("documento"), Number: f.Raw("numero")}
	citizen, fresh := h.kept(r, keepCitizen, t.ID), f.Raw("nuova")
	if fresh != "" {
		made, err := h.Mandates.Enrol(ctx, who, st.ID, identity.Person{
			FiscalNumber: fresh, GivenName: f.Raw("nome"), FamilyName: f.Raw("cognome"), Language: "it",
		}, seen)
		if err != nil {
			return h.again(w, r, f, t, citizenPage{New: fresh}, err)
		}
		citizen = made.ID
	}
	if citizen == "" {
		return web.Redirect(w, r, pathOf(r)+"/cittadino")
	}
	if seen == (mandate.Document{}) {
		seen.Kind = "-" // a document is asked for: an empty one would mean a code
	}
	m, err := h.Mandates.Assist(ctx, who, st.ID, citizen, seen)
	if err != nil {
		page := citizenPage{New: fresh}
		if fresh == "" {
			p, err := h.People.Get(ctx, citizen)
			if err != nil {
				return err
			}
			page.Found = p.FullName()
		}
		return h.again(w, r, f, t, page, err)
	}
	if _, err := h.Counter.Identify(ctx, who, t.ID, citizen); err != nil {
		return h.refused(w, r, err)
	}
	h.Sessions.Kept(ctx, keepCitizen)
	h.Sessions.Keep(ctx, keepMandate, t.ID+" "+m.ID)
	return h.ui.Done(w, r, pathOf(r), "console.citizen.done")
}

var inputs = form.Inputs{"document": "documento", "number": "numero", "given_name": "nome", "family_name": "cognome", "fiscal_number": "nome"}

// again shows the page with what was refused beside its input.
func (h *pages) again(w http.ResponseWriter, r *http.Request, f *form.Form, t *counter.Ticket, page citizenPage, err error) error {
	if !f.AddAs(err, inputs) {
		return err
	}
	return h.renderCitizen(w, r, f, t, page)
}

// actFor lets the operator do for the citizen what they would do at home. It needs
// that they were identified at this desk a moment ago; otherwise it is asked again.
func (h *pages) actFor(w http.ResponseWriter, r *http.Request) error {
	_, t, err := h.served(r)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if t == nil || t.ID != f.Raw("biglietto") {
		return h.refused(w, r, errs.New(errs.Conflict, "console.citizen.gone", nil))
	}
	ctx := r.Context()
	id := h.kept(r, keepMandate, t.ID)
	if id == "" {
		return web.Redirect(w, r, pathOf(r)+"/cittadino")
	}
	under, err := h.Mandates.Begin(ctx, actor(r), id)
	if errs.Is(err, errs.NotFound) { // a quarter of an hour is over
		return web.Redirect(w, r, pathOf(r)+"/cittadino")
	}
	if err != nil {
		return err
	}
	h.Sessions.Keep(ctx, mandate.KeepBack, pathOf(r))
	if err := h.Sessions.ActUnder(ctx, id); err != nil {
		return err
	}
	return web.Redirect(w, r, h.Start(under.Under.At.ID))
}
