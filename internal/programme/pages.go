package programme

import (
	"embed"
	"net/http"
	"net/url"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/programme/account"
)

// Pages are the templates.
//
//go:embed pages/*.gohtml
var Pages embed.FS

// The addresses of the pages of the programme, here and in its rooms.
const (
	Root           = "/programma"
	MilestonesPath = Root + "/scadenze"
	TargetsPath    = Root + "/quantita"
	MoneyPath      = Root + "/fondi"
	TendersPath    = MoneyPath + "/gare"
	PaymentsPath   = MoneyPath + "/pagamenti"
	MapPath        = Root + "/mappa"
	DataPath       = Root + "/dati"
	FollowPath     = Root + "/segui"
	FeedPath       = Root + "/feed.atom"
)

// Nav leads to the programme from every page, Door from the first one.
var (
	Nav  = []web.Entry{{Href: Root, Key: "programme.nav"}}
	Door = web.Door{Href: Root, Icon: "it-chart-line", Title: "programme.door", Text: "programme.door-text"}
)

// sections are the pages that people find beside one another.
var sections = []web.Entry{
	{Href: Root, Key: "programme.section.overview"},
	{Href: MilestonesPath, Key: "programme.section.milestones"},
	{Href: TargetsPath, Key: "programme.section.targets"},
	{Href: MoneyPath, Key: "programme.section.money"},
	{Href: MapPath, Key: "programme.section.map"},
	{Href: DataPath, Key: "programme.section.data"},
	{Href: FollowPath, Key: "programme.section.follow"},
}

// PageHead is the head of a public page of the programme, under one of its
// sections. A page below one has the way there as crumbs.
func PageHead(p *i18n.Printer, at, title string, crumbs ...web.Link) web.Head {
	h := web.Head{Title: title, Section: Root, At: at, Feed: web.Link{Href: FeedPath + "?lang=" + string(p.Lang), Text: p.T("programme.feed")}}
	for _, e := range sections {
		h.Sub = append(h.Sub, web.Link{Href: e.Href, Text: p.T(e.Key)})
	}
	if len(crumbs) > 0 {
		h.Crumbs = append([]web.Link{{Href: Root, Text: p.T("programme.title")}}, crumbs...)
	}
	return h
}

// StoryPath is where every published value of a row is told, to anybody.
const StoryPath = Root + "/storia"

// HistoryPath is where those of one row are told.
func HistoryPath(kind *account.Kind, key string) string {
	return StoryPath + "?" + url.Values{"tipo": {kind.Name}, "riga": account.SplitKey(key)}.Encode()
}

// storyOf leads to the history of a row of a kind by the parts of its key.
func storyOf(kind string, key ...string) string {
	k, _ := account.KindOf(kind)
	return HistoryPath(k, account.JoinKey(key...))
}

// Front is what the rooms of the programme bring to its first page; what is nil
// is left out.
type Front struct {
	// Verified are the houses that are seen to be ready: by the document of their
	// acceptance, or because people use them.
	Verified func(r *http.Request) ([]Verified, error)
	// News is what changed last of the measure, most of it at once, newest first.
	News func(r *http.Request, p *i18n.Printer, most int) ([]NewsItem, error)
	// Regions are the values by which the list of houses is narrowed to a region.
	Regions func(p *i18n.Printer) []web.Option
	// Followers counts who follows the measure.
	Followers func(r *http.Request) (int, error)
}

// Verified is how many houses count for a target; Href is the list behind it.
type Verified struct {
	Target string
	Houses int
	Href   string
}

// pages are the handlers; they parse, call the Service and show.
type pages struct {
	*Service
	ui    *web.Renderer
	front Front
}

// RegisterPages adds the pages of the measure to a mux.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, s *Service, front Front) error {
	if err := ui.Add("programme", Pages); err != nil {
		return err
	}
	h := &pages{Service: s, ui: ui, front: front}
	for pattern, handler := range map[string]web.Handler{
		"GET " + Root:                  h.overview,
		"GET " + MilestonesPath:        h.milestonesPage,
		"GET " + TargetsPath:           h.targetsPage,
		"GET " + TargetsPath + "/{id}": h.targetPage,
		"GET " + MoneyPath:             h.moneyPage,
		"GET " + TendersPath:           h.tendersPage,
		"GET " + PaymentsPath:          h.paymentsPage,
	} {
		mux.Handle(pattern, ui.Handle(handler))
	}
	return nil
}
