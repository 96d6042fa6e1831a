package office

import (
	"context"
	"embed"
	"net/http"
	"net/url"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/programme"
	"polis/internal/programme/account"
	"polis/internal/site"
)

// Pages are the templates.
//
//go:embed pages/*.gohtml
var Pages embed.FS

// The addresses.
const (
	Root          = "/gestione/programma"
	proposalsPath = Root + "/proposte"
	enterPath     = Root + "/inserisci/"
	importPath    = Root + "/importa"
	historyPath   = programme.StoryPath
	SummaryPath   = programme.Root + "/sintesi"
)

// Entry leads to the desk.
var Entry = web.Entry{Href: Root, Key: "office.nav"}

// Options are what the office stands on.
type Options struct {
	Programme *programme.Service
	DB        *db.DB
	Sites     *site.Live
	// Names are those of people, by id, as others see them; who is gone is missing.
	Names func(ctx context.Context, ids []string) (map[string]string, error)
	// Verified counts the houses that are done by more than a word, by their target.
	Verified func(ctx context.Context) (map[string]int, error)
	Public   string // address of the installation
	Clock    clock.Clock
	IDs      clock.IDs
}

// Service is the programme office.
type Service struct{ Options }

// New makes the office.
func New(o Options) *Service { return &Service{o} }

// pages are the handlers; they parse, call the Service and show.
type pages struct {
	*Service
	ui *web.Renderer
}

// uploadPattern is where a file is sent to, entryPattern where a document may come
// with what is entered; each with how much may be sent.
const (
	uploadPattern = "POST " + importPath + "/{kind}"
	entryPattern  = "POST " + enterPath + "{kind}"
	maxUpload     = 20 << 20
)

// RegisterPages adds the pages to a mux. They stand behind Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, s *Service) error {
	if err := ui.Add("office", Pages); err != nil {
		return err
	}
	ui.AllowBody(uploadPattern, 2*maxUpload)
	ui.AllowBody(entryPattern, 2*maxDocument)
	h := &pages{Service: s, ui: ui}
	for pattern, handler := range map[string]web.Handler{
		"GET " + Root:                               h.desk,
		"GET " + proposalsPath:                      h.proposals,
		"GET " + proposalsPath + "/elenco.csv":      h.proposalList,
		"GET " + proposalsPath + "/{id}":            h.proposal,
		"POST " + proposalsPath + "/{id}":           h.decide,
		"GET " + enterPath + "{kind}":               h.entry,
		entryPattern:                                h.enter,
		"GET " + importPath:                         h.imports,
		"GET " + importPath + "/{kind}":             h.importOne,
		uploadPattern:                               h.send,
		"GET " + importPath + "/{kind}/modello.csv": h.template,
		"GET " + importPath + "/{kind}/elenco.csv":  h.download,
		"GET " + importPath + "/{kind}/file/{id}":   h.file,
		"POST " + importPath + "/{kind}/file/{id}":  h.propose,
	} {
		mux.Handle(pattern, ui.Handle(identity.SignedIn(handler, func(r *http.Request) string { return r.URL.Path })))
	}
	for pattern, handler := range map[string]web.Handler{
		"GET " + historyPath:               h.history,
		"GET " + historyPath + "/dati.csv": h.historyList,
		"GET " + SummaryPath:               h.summary,
	} {
		mux.Handle(pattern, ui.Handle(handler))
	}
	return nil
}

func actor(r *http.Request) identity.Actor { return identity.ActorFrom(r.Context()) }

func head(p *i18n.Printer, title string, crumbs ...web.Link) web.Head {
	return web.DeskHead(Root, title, append([]web.Link{{Href: Root, Text: p.T("office.title")}}, crumbs...)...)
}

// today is the day in Rome.
func (s *Service) today() agenda.Date { return agenda.DateOf(s.Clock.Now().In(i18n.Rome)) }

// world is what rows of somebody are held against: of houses, those of theirs.
func (s *Service) world(who identity.Actor) World {
	net := s.Sites.Network()
	return World{Account: s.Programme.Account(), Today: s.today(), Site: func(code string) bool {
		st, err := net.ByCode(code)
		return err == nil && who.May(identity.WorksWrite, identity.Site(st.ID))
	}}
}

// enters tells whether somebody may propose rows of a kind, anywhere.
func enters(who identity.Actor, kind *account.Kind) bool {
	return who.MaySomewhere(programme.Permission(kind))
}

// kindOf is the kind that an address names, for who may propose rows of it.
func kindIn(r *http.Request) (*account.Kind, error) {
	kind, ok := account.KindOf(r.PathValue("kind"))
	if !ok {
		return nil, errs.New(errs.NotFound, "error.not_found", nil)
	}
	return kind, actor(r).CheckSomewhere(programme.Permission(kind))
}

// title is the name of a kind.
func title(p *i18n.Printer, kind *account.Kind) string { return p.T("office.kind." + kind.Name) }

// whoIs names people; "" is a command.
type whoIs map[string]string

// people are the names of who entered and who decided.
func (s *Service) people(ctx context.Context, list ...programme.Batch) (whoIs, error) {
	var ids []string
	for _, b := range list {
		for _, id := range []string{b.EnteredBy, b.DecidedBy} {
			if id != "" {
				ids = append(ids, id)
			}
		}
	}
	names, err := s.Names(ctx, ids)
	return names, err
}

// name is a person as the desk shows them.
func (w whoIs) name(p *i18n.Printer, id string) string {
	if id == "" {
		return p.T("office.fact.command")
	}
	if name := w[id]; name != "" {
		return name
	}
	return p.T("office.fact.former")
}

// state shows where a proposal stands.
func state(p *i18n.Printer, s programme.State) *web.State {
	kinds := map[programme.State]string{programme.Proposed: "pending", programme.Published: "free", programme.Refused: "closed", programme.Withdrawn: "taken"}
	return &web.State{Kind: kinds[s], Text: p.T("office.state." + string(s))}
}

func proposalPath(id string) string { return proposalsPath + "/" + url.PathEscape(id) }

// batchTitle says what a proposal is about.
func batchTitle(p *i18n.Printer, b *programme.Batch) string {
	if b.Title == "" {
		return title(p, b.Kind)
	}
	return title(p, b.Kind) + ": " + b.Title
}

// batchTable lists proposals.
func batchTable(p *i18n.Printer, caption string, list []programme.Batch, who whoIs) *web.Table {
	t := &web.Table{Caption: caption, Columns: []web.Column{
		{Text: p.T("office.head.proposal")},
		{Text: p.T("office.head.rows"), Number: true},
		{Text: p.T("office.head.who")},
		{Text: p.T("office.head.when")},
		{Text: p.T("office.head.origin")},
		{Text: p.T("office.head.state")},
	}}
	for _, b := range list {
		t.Rows = append(t.Rows, []web.Cell{
			{Text: batchTitle(p, &b), Href: proposalPath(b.ID)},
			{Text: p.Number(b.Lines)},
			{Text: who.name(p, b.EnteredBy)},
			{Text: p.DateShort(b.Entered) + ", " + p.Time(b.Entered)},
			{Text: b.Source},
			{State: state(p, b.State)},
		})
	}
	return t
}
