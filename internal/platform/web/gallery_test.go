package web_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/observe"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// galleryPage shows every component, as a capability would write its page.
type galleryPage struct {
	web.Head
	Form         *form.Form
	Method       string
	Found        int
	Steps        web.Steps
	Towns, Kinds []web.Option
	Sizes        []web.Option
	Extras       []web.Option
	When, Until  time.Time
	Alerts       []web.Alert
	States       []web.State
	Cards        []web.Card
	Pages        web.Pages
	Empty        web.Empty
	Facts        []web.Fact
	Table        web.Table
}

func (galleryPage) Template() string { return "gallery/gallery" }

func gallery(ui *web.Renderer, w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	f.String("q", "gallery.where").Required().Max(40)
	f.String("name", "gallery.name").Max(40)
	f.Date("day", "gallery.day").Required()
	f.Time("from", "gallery.from").Step(15)
	f.Int("seats", "gallery.seats").Default(1).Between(1, 500)
	f.Choice("kind", "gallery.kind", "desk", "room")
	f.Choice("size", "gallery.size", "small", "large").Required()
	f.Choice("extras", "gallery.extras", "screen", "board")
	f.Bool("quiet", "gallery.quiet")
	if r.Method == http.MethodPost && f.Err() == nil {
		if f.Raw("q") != "taken" {
			return ui.Done(w, r, "/gallery", "gallery.done")
		}
		if err := errs.New(errs.Conflict, "gallery.taken", nil).On("q"); !f.Add(err) {
			return err
		}
	}
	p := ui.Printer(r)
	when := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	return ui.Render(w, r, f.Status(), galleryPage{
		Head: web.Head{
			Title: p.T("gallery.nav.one"), Description: "Una pagina con tutti i componenti.", Section: "/gallery",
			Crumbs: []web.Link{{Href: "/", Text: "Polis"}},
		},
		Form: f, Method: "post", Found: 1234,
		Steps:  web.Steps{Names: []string{"Luogo", "Ora", "Conferma"}, Current: 2},
		Towns:  []web.Option{{Value: "Gavirate", Text: "Gavirate (VA)"}},
		Kinds:  []web.Option{{Value: "", Text: p.T("gallery.choose")}, {Value: "desk", Text: "Scrivania"}, {Value: "room", Text: "Sala riunioni"}},
		Sizes:  []web.Option{{Value: "small", Text: "Piccola", Hint: "Fino a 8 persone"}, {Value: "large", Text: "Grande"}},
		Extras: []web.Option{{Value: "screen", Text: "Schermo"}, {Value: "board", Text: "Lavagna"}},
		When:   when, Until: when.Add(150 * time.Minute),
		Alerts: []web.Alert{
			{Tone: web.Info, Title: "Orario ridotto", Text: "Martedì la sede chiude alle 13:35."},
			{Tone: web.Success, Text: "Posto tenuto per 10 minuti.", Links: []web.Link{{Href: "/gallery", Text: "Annulla"}}},
			{Tone: web.Warning, Title: "Ascensore fermo", Text: "L’ingresso senza gradini è sul retro."},
			{Tone: web.Danger, Text: "Il posto non è più libero."},
		},
		States: []web.State{
			{Kind: "free", Text: "libero"},
			{Kind: "taken", Text: "occupato"},
			{Kind: "mine", Text: "mio"},
			{Kind: "pending", Text: "in attesa"},
			{Kind: "works", Text: "in lavori"},
			{Kind: "closed", Text: "chiuso"},
		},
		Cards: []web.Card{
			{
				Title: "Spazio di Gavirate", Href: "/gallery?id=1", Kicker: "Gavirate (VA) · 1,2 km", States: []web.State{{Kind: "free", Text: "12 posti liberi"}},
				Facts: []web.Fact{{Name: "Orario", Value: "08:20–19:05", Icon: "it-info-circle"}, {Name: "Ingresso", Value: "senza gradini", Icon: "it-user"}},
			},
			{Title: "Spazio di Varese", Href: "/gallery?id=2", Kicker: "Varese · 14 km", States: []web.State{{Kind: "works", Text: "in lavori"}}, Text: "Apre a marzo 2027."},
			{Title: "Spazio di Luino", Kicker: "Luino (VA) · 22 km", States: []web.State{{Kind: "closed", Text: "chiuso"}, {Kind: "mine", Text: "prenotato"}}},
		},
		Pages: web.Pages{Text: "21–40 di 160", Prev: "/gallery?page=1", Next: "/gallery?page=3"},
		Empty: web.Empty{Title: "Nessuna sede entro 10 km", Text: "La più vicina è a 14 km.", Links: []web.Link{{Href: "/gallery", Text: "Cerca entro 20 km"}}},
		Facts: []web.Fact{{Name: "Sede", Value: "Spazio di Gavirate", Href: "/gallery?id=1"}, {Name: "Quando", Value: p.Span(when, when.Add(time.Hour))}},
		Table: web.Table{
			Caption: "Posti per sala", Columns: []web.Column{{Text: "Sala"}, {Text: "Posti", Number: true}, {Text: "Stato"}},
			Rows: [][]web.Cell{
				{{Text: "Sala A", Href: "/gallery?room=a"}, {Text: "12"}, {State: &web.State{Kind: "free", Text: "libera"}}},
				{{Text: "Sala B"}, {Text: "8"}, {State: &web.State{Kind: "taken", Text: "occupata"}}},
			},
		},
	})
}

// newUI is a Renderer with the gallery, and the handler of a whole site.
func newUI(t testing.TB, change ...func(*web.Config)) (*web.Renderer, http.Handler) {
	t.Helper()
	public, err := url.Parse("https://polis.example")
	if err != nil {
		t.Fatal(err)
	}
	cfg := web.Config{
		Owner: web.Link{Href: "https://www.example.it", Text: "Ente gestore"}, Tagline: map[i18n.Lang]string{i18n.IT: "Case della cittadinanza digitale", i18n.EN: "Houses of digital citizenship"}, Demo: "gallery.demo", PublicURL: public, FlashKey: []byte("k"),
		Nav:    []web.Entry{{Href: "/gallery", Key: "gallery.nav.one"}, {Href: "/bookings", Key: "gallery.nav.two"}, {Href: "/programme", Key: "gallery.nav.three"}},
		Footer: []web.Entry{{Href: "/legal", Key: "gallery.legal"}, {Href: "/privacy", Key: "gallery.privacy"}},
		SignIn: "/sign-in", SignOut: "/sign-out",
		Log: slog.New(slog.DiscardHandler), NewID: clock.NewID,
		Problem: func(w http.ResponseWriter, _ *http.Request, err error) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(errs.Status(errs.As(err).Kind))
		},
	}
	for _, f := range change {
		f(&cfg)
	}
	bundle := i18n.NewBundle()
	ui, err := web.New(bundle, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := bundle.Add(os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	if err := ui.Add("gallery", os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	show := ui.Handle(func(w http.ResponseWriter, r *http.Request) error { return gallery(ui, w, r) })
	mux.Handle("GET /gallery", show)
	mux.Handle("POST /gallery", show)
	mux.Handle("GET /gallery/suggest", ui.Handle(func(w http.ResponseWriter, r *http.Request) error {
		return ui.Suggestions(w, r, []web.Option{{Value: `Gavi"rate`, Text: "Gavirate <VA>"}})
	}))
	ui.Files(mux)
	for name, err := range failures {
		mux.Handle("GET /fail/"+name, ui.Handle(func(http.ResponseWriter, *http.Request) error { return err }))
		mux.Handle("GET /api/fail/"+name, ui.Handle(func(http.ResponseWriter, *http.Request) error { return err }))
	}
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("secret detail") })
	return ui, observe.NewMetrics(observe.Build{}, clock.NewID).Middleware(web.Wrap(ui.Mux(mux), ui.Chain()...))
}
