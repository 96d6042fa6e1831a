package mandate

import (
	"context"
	"embed"
	"net/http"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// Pages are the templates of mandates.
//
//go:embed pages/*.gohtml
var Pages embed.FS

// The addresses of the pages.
const (
	Path     = "/deleghe"
	BackPath = Path + "/torna" // POST: act for oneself again
	newPath  = Path + "/nuova"
)

// PageOptions are what the pages work with.
type PageOptions struct {
	Service  *Service
	Sessions *identity.Sessions
	// Organisations are those for which the actor may act.
	Organisations func(ctx context.Context, actor identity.Actor) ([]Party, error)
	// Houses are the houses at which the actor works, each by its id.
	Houses func(actor identity.Actor) []web.Option
	// Start is the page with which somebody begins who acts for another at a
	// house; "" for any.
	Start func(site string) string
}

// Party is an organisation for which somebody may act.
type Party struct{ ID, Name string }

// RegisterPages adds the pages to a mux. They stand behind Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, o PageOptions) error {
	if err := ui.Add("mandate", Pages); err != nil {
		return err
	}
	h := &pages{PageOptions: o, ui: ui}
	signedIn := func(next web.Handler) web.Handler {
		return identity.SignedIn(next, func(*http.Request) string { return Path })
	}
	for pattern, handler := range map[string]web.Handler{
		"GET " + Path:                      signedIn(h.list),
		"POST " + Path + "/{id}/accetta":   signedIn(h.act(h.Service.Accept, "mandate.done.accepted")),
		"POST " + Path + "/{id}/rifiuta":   signedIn(h.act(h.Service.Decline, "mandate.done.declined")),
		"POST " + Path + "/{id}/termina":   signedIn(h.act(h.Service.End, "mandate.done.ended")),
		"POST " + Path + "/{id}/agisci":    signedIn(h.begin),
		"POST " + Path + "/organizzazione": signedIn(h.beginOrganisation),
		"POST " + BackPath:                 h.back,
		"GET " + newPath:                   signedIn(h.showOffer),
		"POST " + newPath:                  signedIn(h.offer),
		"GET " + assistPath:                signedIn(h.showAssist),
		"POST " + assistPath:               signedIn(h.find),
		"POST " + assistPath + "/inizia":   signedIn(h.assist),
		"GET " + assistPath + "/codice":    signedIn(h.showCode),
		"POST " + assistPath + "/codice":   signedIn(h.code),
		"GET " + recordPath:                signedIn(h.showRecord),
		"POST " + recordPath:               signedIn(h.record),
	} {
		mux.Handle(pattern, ui.Handle(handler))
	}
	return nil
}

type pages struct {
	PageOptions

	ui *web.Renderer
}

// crumbs are the way to the pages below the list.
func crumbs(p *i18n.Printer) []web.Link {
	return []web.Link{{Href: "/profilo", Text: p.T("identity.profile.title")}, {Href: Path, Text: p.T("mandate.title")}}
}

func actor(r *http.Request) identity.Actor { return identity.ActorFrom(r.Context()) }

// listPage says for whom somebody may act, and who may act for them.
type listPage struct {
	web.Head
	Offers  []offerRow
	For     []actRow
	Given   []givenRow
	Past    []givenRow
	Part    bool // a further page of one list, alone
	Assists bool // works at a counter

	ForPages, GivenPages, PastPages web.Pages
}

func (listPage) Template() string { return "mandate/list" }

// offerRow is a mandate that waits for the reader.
type offerRow struct{ Path, Name, Until string }

// actRow is somebody for whom the reader may act.
type actRow struct {
	Action string
	Name   string
	About  string // as what, until when

	Organisation string // id, sent with the form; "" for people
	End          string // action of the form that ends it; "" where the reader cannot
}

// givenRow is somebody who may act for the reader.
type givenRow struct {
	Name  string
	State web.State
	Facts []web.Fact
	End   string // action; "" where it is over
}

// perPage is how many mandates of a kind a page lists.
const perPage = 20

// What the cursor of a further page begins with, which lists mandates of one kind
// alone.
const (
	afterHeld  = "h:"
	afterGiven = "g:"
	afterPast  = "p:"
)

func (h *pages) list(w http.ResponseWriter, r *http.Request) error {
	page := listPage{Head: web.Head{Title: h.ui.Printer(r).T("mandate.title"), Private: true, Crumbs: crumbs(h.ui.Printer(r))[:1]}, Assists: len(h.Houses(actor(r))) > 0}
	after := r.URL.Query().Get(web.AfterField)
	page.Part = after != ""
	for begin, show := range map[string]func(*http.Request, *listPage, string) error{afterHeld: h.showHeld, afterGiven: h.showGiven, afterPast: h.showPast} {
		if rest, ok := strings.CutPrefix(after, begin); ok || !page.Part {
			if err := show(r, &page, rest); err != nil {
				return err
			}
		}
	}
	if !page.Part {
		if err := h.showOffers(r, &page); err != nil {
			return err
		}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) showOffers(r *http.Request, page *listPage) error {
	p := h.ui.Printer(r).In(zone)
	offers, err := h.Service.Offers(r.Context(), actor(r))
	if err != nil {
		return err
	}
	names, err := h.names(r.Context(), offers)
	for _, m := range offers {
		page.Offers = append(page.Offers, offerRow{Path + "/" + m.ID, names(m.Principal), day(p, m.Ends)})
	}
	return err
}

// showHeld lists for whom the reader may act: people, then organisations.
func (h *pages) showHeld(r *http.Request, page *listPage, after string) error {
	p, ctx := h.ui.Printer(r).In(zone), r.Context()
	held, err := h.Service.Held(ctx, actor(r), after, perPage+1)
	if err != nil {
		return err
	}
	held, next := web.Cut(held, perPage, func(m Mandate) string { return afterHeld + m.ID })
	page.ForPages = web.PagesAfter(r.URL, next)
	names, err := h.names(ctx, held)
	if err != nil {
		return err
	}
	for _, m := range held {
		page.For = append(page.For, actRow{
			Action: Path + "/" + m.ID + "/agisci", Name: names(m.Principal), End: Path + "/" + m.ID + "/termina",
			About: p.T("mandate.as", "kind", p.T(m.Kind.Label()), "day", day(p, m.Ends)),
		})
	}
	if page.Part {
		return nil
	}
	parties, err := h.Organisations(ctx, actor(r))
	for _, x := range parties[:min(len(parties), perPage)] {
		page.For = append(page.For, actRow{Action: Path + "/organizzazione", Organisation: x.ID, Name: x.Name, About: p.T("mandate.as-member")})
	}
	return err
}

// showGiven lists who may act for the reader, or is asked to.
func (h *pages) showGiven(r *http.Request, page *listPage, after string) (err error) {
	page.Given, page.GivenPages, err = h.givenRows(r, h.Service.Given, afterGiven, after)
	return err
}

// showPast lists who could once.
func (h *pages) showPast(r *http.Request, page *listPage, after string) (err error) {
	page.Past, page.PastPages, err = h.givenRows(r, h.Service.Past, afterPast, after)
	return err
}

func (h *pages) givenRows(r *http.Request, read func(context.Context, identity.Actor, string, int) ([]Mandate, error), begin, after string) (rows []givenRow, further web.Pages, err error) {
	p, now := h.ui.Printer(r).In(zone), h.Service.Clock.Now()
	list, err := read(r.Context(), actor(r), after, perPage+1)
	if err != nil {
		return nil, further, err
	}
	list, next := web.Cut(list, perPage, func(m Mandate) string { return begin + m.ID })
	names, err := h.names(r.Context(), list)
	for _, m := range list {
		rows = append(rows, h.givenRow(p, m, names(m.Agent), now))
	}
	return rows, web.PagesAfter(r.URL, next), err
}

// names are the names of all who are in some mandates, in the short form for
// other people's eyes.
func (h *pages) names(ctx context.Context, lists ...[]Mandate) (func(id string) string, error) {
	var ids []string
	for _, list := range lists {
		for _, m := range list {
			ids = append(ids, m.Principal, m.Agent)
		}
	}
	people, err := h.Service.People.Many(ctx, ids)
	return func(id string) string { return people[id].DisplayName() }, err
}

// day is the last day on which something that ends at an instant holds.
func day(p *i18n.Printer, ends time.Time) string {
	return p.DateShort(ends.Add(-time.Microsecond).In(zone))
}

// givenRow shows a mandate to its principal.
func (h *pages) givenRow(p *i18n.Printer, m Mandate, agent string, now time.Time) givenRow {
	row := givenRow{Name: agent, Facts: []web.Fact{{Name: p.T("mandate.fact.kind"), Value: p.T(m.Kind.Label())}}}
	if m.Agent == "" {
		row.Name = m.To
	}
	if m.Kind == Counter {
		row.Facts = append(row.Facts, web.Fact{Name: p.T("mandate.fact.when"), Value: p.DateTime(m.Starts.In(zone))})
	} else {
		row.Facts = append(row.Facts, web.Fact{Name: p.T("mandate.fact.until"), Value: day(p, m.Ends)})
	}
	switch {
	case m.State == Declined:
		row.State = web.State{Kind: "closed", Text: p.T("mandate.state.declined")}
	case m.State == Ended || !m.Ends.After(now):
		row.State = web.State{Kind: "closed", Text: p.T("mandate.state.ended")}
	case m.State == Offered:
		row.State, row.End = web.State{Kind: "pending", Text: p.T("mandate.state.offered")}, Path+"/"+m.ID+"/termina"
	default:
		row.State, row.End = web.State{Kind: "free", Text: p.T("mandate.state.active")}, Path+"/"+m.ID+"/termina"
	}
	used := p.T("mandate.fact.never")
	if !m.Used.IsZero() {
		used = p.DateTime(m.Used.In(zone))
	}
	row.Facts = append(row.Facts, web.Fact{Name: p.T("mandate.fact.used"), Value: used})
	return row
}

// act does something with the mandate of an address and says so on the list.
func (h *pages) act(do func(ctx context.Context, actor identity.Actor, id string) error, done string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := do(r.Context(), actor(r), r.PathValue("id")); err != nil {
			return err
		}
		return h.ui.Done(w, r, Path, done)
	}
}

// begin makes the session act under a mandate.
func (h *pages) begin(w http.ResponseWriter, r *http.Request) error {
	under, err := h.Service.Begin(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := h.Sessions.ActUnder(r.Context(), under.Under.ID); err != nil {
		return err
	}
	return web.Redirect(w, r, h.Start(under.Under.At.ID))
}

func (h *pages) beginOrganisation(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	parties, err := h.Organisations(r.Context(), actor(r))
	if err != nil {
		return err
	}
	for _, x := range parties {
		if x.ID == f.Raw("organizzazione") && actor(r).By == "" {
			if err := h.Sessions.ActForOrganisation(r.Context(), x.ID, x.Name); err != nil {
				return err
			}
			next := h.Start("")
			if f.Raw("next") != "" {
				next = identity.Back(f.Raw("next"))
			}
			return web.Redirect(w, r, next)
		}
	}
	return errUnknown()
}

// back makes the session that of its person alone.
func (h *pages) back(w http.ResponseWriter, r *http.Request) error {
	who := actor(r)
	h.Sessions.ActAsSelf(r.Context())
	if who.Under.Kind == string(Counter) { // the citizen leaves the counter
		if err := h.Service.Leave(r.Context(), who); err != nil {
			return err
		}
		to := assistPath
		if back := h.Sessions.Kept(r.Context(), KeepBack); back != "" { // the desk from which they began
			to = web.LocalPath(back)
		}
		return h.ui.Done(w, r, to, "mandate.done.back")
	}
	return h.ui.Done(w, r, Path, "mandate.done.back")
}

// offerPage asks whom to give a mandate.
type offerPage struct {
	web.Head
	Form     *form.Form
	Min, Max string
}

func (offerPage) Template() string { return "mandate/offer" }

func offerFields(f *form.Form) (to *form.Text, until *form.Date) {
	return f.String("chi", "mandate.offer.to").Max(254).Required().Says("identity.target"), f.Date("fino", "mandate.offer.until").Required().Says("mandate.until")
}

func (h *pages) showOffer(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).Check(identity.MandateOwn, identity.Of(actor(r).Person)); err != nil {
		return err
	}
	f := form.Of(nil)
	offerFields(f)
	return h.renderOffer(w, r, f)
}

func (h *pages) renderOffer(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	p, today := h.ui.Printer(r), agenda.DateOf(h.Service.Clock.Now().In(zone))
	return h.ui.Render(w, r, f.Status(), offerPage{
		Head: web.Head{Title: p.T("mandate.offer.title"), Private: true, Crumbs: crumbs(p)},
		Form: f, Min: today.String(), Max: agenda.DateOf(h.Service.Clock.Now().Add(kinds[Delegate].most)).AddDays(-1).String(),
	})
}

func (h *pages) offer(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	to, until := offerFields(f)
	if f.Err() != nil {
		return h.renderOffer(w, r, f)
	}
	if _, err := h.Service.Offer(r.Context(), actor(r), Offer{To: to.Value, Until: until.Value}); err != nil {
		if onPage(f, err) {
			return h.renderOffer(w, r, f)
		}
		return err
	}
	return h.ui.Done(w, r, Path, "mandate.done.offered")
}

// inputs are the inputs for the fields of the Service's errors.
var inputs = form.Inputs{
	"target": "chi", "email": "chi", "until": "fino", "document": "documento", "number": "numero", "date": "data",
	"kind": "tipo", "fiscal_number": "codice_fiscale", "given_name": "nome", "family_name": "cognome", "code": "codice",
}

// onPage puts an error of the Service beside its input; false where it is not
// about what was typed.
func onPage(f *form.Form, err error) bool {
	e := *errs.As(err)
	if e.Kind == errs.TooMany && e.Field != "" {
		e.Kind = errs.Rule
	}
	return f.AddAs(&e, inputs)
}
