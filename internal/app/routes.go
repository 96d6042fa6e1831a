package app

import (
	"cmp"
	"context"
	"embed"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"polis/internal/counter"
	"polis/internal/counter/appointment"
	"polis/internal/counter/atm"
	"polis/internal/counter/console"
	"polis/internal/counter/desks"
	"polis/internal/counter/kiosk"
	"polis/internal/coworking"
	"polis/internal/coworking/figures"
	"polis/internal/doctor"
	"polis/internal/feedback"
	"polis/internal/home"
	"polis/internal/identity"
	"polis/internal/identity/device"
	"polis/internal/identity/mandate"
	"polis/internal/identity/oidc"
	"polis/internal/identity/organisation"
	"polis/internal/identity/passkey"
	"polis/internal/identity/privacy"
	"polis/internal/identity/stepup"
	"polis/internal/installation"
	"polis/internal/manage"
	"polis/internal/manage/lists"
	"polis/internal/notify"
	"polis/internal/pass"
	"polis/internal/platform/api"
	"polis/internal/platform/blob"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/letter"
	"polis/internal/platform/picture"
	"polis/internal/platform/stream"
	"polis/internal/platform/web"
	"polis/internal/programme"
	"polis/internal/programme/follow"
	"polis/internal/programme/office"
	"polis/internal/programme/opendata"
	"polis/internal/programme/works"
	"polis/internal/register"
	"polis/internal/simulate/idp"
	"polis/internal/site"
)

// handler is the whole of the program's addresses: pages for people behind
// sessions, and what programs and monitors ask for without.
func (p *program) handler() (http.Handler, error) {
	machines := http.NewServeMux()
	a := p.api(machines, p.words)
	ui, err := web.New(p.words, p.webConfig(a))
	if err != nil {
		return nil, err
	}
	p.sessions.OnError(func(w http.ResponseWriter, r *http.Request, err error) {
		ui.Handle(func(http.ResponseWriter, *http.Request) error { return err }).ServeHTTP(w, r)
	})
	pages := http.NewServeMux()
	ui.Files(pages)
	pages.Handle(blob.Pattern, ui.Handle(blob.Serve(p.db)))
	opendata.Register(pages, ui, p.opendata)
	personal := http.NewServeMux()
	rooms := p.pages
	if p.setUp != nil {
		rooms = p.setUpPages
	}
	if err := rooms(personal, ui); err != nil {
		return nil, err
	}
	if err := p.registerStandIn(pages, ui); err != nil {
		return nil, err
	}
	pages.Handle("/", p.devices.Middleware(strings.HasPrefix(p.public, "https:"), p.sessions.Middleware(ui.SameParty(ui.Mux(personal))), ui.Error))
	machines.HandleFunc("GET /healthz", p.health.Live)
	machines.HandleFunc("GET /readyz", p.health.Ready)
	machines.HandleFunc("GET /status", p.health.Status)
	machines.Handle("GET /metrics", p.metrics.Handler())

	people := spacesFirst(p.spacesHost, web.Wrap(ui.Mux(pages), ui.Chain()...))
	bare := web.Wrap(ui.Mux(machines), ui.Bare()...)
	return p.metrics.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if forMachines(r.URL.Path) {
			bare.ServeHTTP(w, r)
			return
		}
		people.ServeHTTP(w, r)
	})), nil
}

// forMachines tells whether an address is not a page.
func forMachines(path string) bool {
	switch path {
	case "/healthz", "/readyz", "/status", "/metrics":
		return true
	}
	return strings.HasPrefix(path, "/api/")
}

// setUpPages are the only ones until the installation is set up, with those of
// links: who was made administrator by a command comes in by one, which ends the
// set-up. What the program knows of the programme is everybody's from the first
// minute.
func (p *program) setUpPages(personal *http.ServeMux, ui *web.Renderer) error {
	if err := p.programmePages(personal, ui); err != nil {
		return err
	}
	if err := opendata.RegisterPages(personal, ui, p.opendata); err != nil {
		return err
	}
	if err := identity.RegisterLinks(personal, ui, p.identityPages()); err != nil {
		return err
	}
	return installation.RegisterSetUp(personal, ui, installation.SetUpOptions{
		SetUp: p.setUp, Sessions: p.sessions, Welcome: p.welcome, Link: p.linkFor, Home: manage.Root, After: p.afterSetUp,
	})
}

// pages are the pages of all capabilities. All but the files of the layout know
// who is signed in.
func (p *program) pages(personal *http.ServeMux, ui *web.Renderer) error {
	if err := coworking.RegisterPages(personal, ui, p.coworking); err != nil {
		return err
	}
	if err := figures.RegisterPages(personal, ui, p.figures); err != nil {
		return err
	}
	if err := p.counterPages(personal, ui); err != nil {
		return err
	}
	if err := appointment.RegisterPages(personal, ui, p.appointments); err != nil {
		return err
	}
	if err := feedback.RegisterPages(personal, ui, p.feedback); err != nil {
		return err
	}
	if err := p.programmePages(personal, ui); err != nil {
		return err
	}
	if err := manage.RegisterPages(personal, ui, p.manage); err != nil {
		return err
	}
	if err := opendata.RegisterPages(personal, ui, p.opendata); err != nil {
		return err
	}
	if err := lists.RegisterPages(personal, ui, p.lists); err != nil {
		return err
	}
	if err := office.RegisterPages(personal, ui, p.office); err != nil {
		return err
	}
	if err := installation.RegisterPages(personal, ui, installation.PageOptions{Service: p.installation, Welcome: p.welcome}); err != nil {
		return err
	}
	if err := identity.RegisterPages(personal, ui, p.identityPages()); err != nil {
		return err
	}
	if err := privacy.RegisterPages(personal, ui, p.privacy); err != nil {
		return err
	}
	if err := p.proofPages(personal, ui); err != nil {
		return err
	}
	if err := p.mandatePages(personal, ui); err != nil {
		return err
	}
	if err := p.consolePages(personal, ui); err != nil {
		return err
	}
	if err := oidc.RegisterPages(personal, ui, p.oidc, p.identityPages()); err != nil {
		return err
	}
	if err := register.RegisterPages(personal, ui, p.register); err != nil {
		return err
	}
	if err := device.RegisterPages(personal, ui, device.PageOptions{Service: p.devices, Secure: strings.HasPrefix(p.public, "https:"), People: p.people}); err != nil {
		return err
	}
	if err := p.atmDemo(personal, ui); err != nil {
		return err
	}
	if err := p.kioskPages(personal, ui); err != nil {
		return err
	}
	front := home.Front{
		Doors: []web.Door{coworking.SpacesDoor, counter.Door, home.Door, programme.Door},
		FreeNow: func(ctx context.Context) (int, string, error) {
			now, err := p.coworking.FreeNow(ctx, identity.Anonymous)
			return now.Places, now.Href(), err
		},
	}
	if err := home.Register(personal, ui, home.Options{
		Live: p.live, Clock: p.env.clock, Front: front, Owner: p.owner, Law: p.law(), Closures: p.engine.Closures, Kept: p.privacy.Table,
		Mails: p.notes.Enabled(), Secure: strings.HasPrefix(p.public, "https:"),
	}); err != nil {
		return err
	}
	if p.mailbox != nil {
		if err := notify.RegisterMailbox(personal, ui, *p.mailbox); err != nil {
			return err
		}
	}
	return nil
}

// law are the owner's own texts.
func (p *program) law() home.Law {
	return home.Law{
		Privacy: home.OwnText(p.now.Privacy), Cookies: home.OwnText(p.now.Cookies),
		Legal: home.OwnText(p.now.Legal), Accessibility: home.OwnText(p.now.Accessibility),
	}
}

// api is the API with the operations of all capabilities.
func (p *program) api(mux *http.ServeMux, words *i18n.Bundle) *api.API {
	limit := api.Quota{PerSecond: 100, Burst: 200}
	if p.demo { // a demonstration is there to be tried hard
		limit = api.Quota{PerSecond: 20_000, Burst: 40_000}
	}
	a := api.New(mux, "Polis", apiVersion, api.Options{
		Translate: func(lang, key string, args errs.Args) string {
			return words.Printer(i18n.Lang(lang), i18n.Rome).T(key, args)
		},
		Authenticate: func(ctx context.Context, bearer string) (context.Context, error) {
			actor, err := p.authenticate(ctx, bearer)
			if errs.HasKey(err, "identity.token") || errs.HasKey(err, "device.proof") {
				err = cmp.Or(p.access.GuessedToken(ctx, web.ClientAddr(ctx)), err)
			}
			if err != nil {
				return ctx, err
			}
			return identity.WithActor(ctx, actor), nil
		},
		Unlimited: func(ctx context.Context) bool { return identity.ActorFrom(ctx).Unlimited },
		Client:    func(r *http.Request) string { return web.ClientAddr(r.Context()).String() },
		Limit:     limit,
		Problems:  home.ProblemsPath,
		Log:       p.env.log,
		Clock:     p.env.clock,
	})
	registerAPI(a, p, words)
	return a
}

// apiVersion is that of the description of the API; it grows with every change
// of it.
const apiVersion = "1.12.0"

func registerAPI(a *api.API, p *program, words *i18n.Bundle) {
	site.RegisterAPI(a, p.live, p.env.clock)
	identity.RegisterAPI(a, p.tokens, p.sessions)
	coworking.RegisterAPI(a, p.coworking, words)
	feedback.RegisterAPI(a, p.feedback)
	appointment.RegisterAPI(a, p.appointments)
	atm.RegisterAPI(a, p.atm)
	register.RegisterAPI(a, p.register)
	privacy.RegisterAPI(a, p.privacy)
	device.RegisterAPI(a, p.devices)
	opendata.RegisterAPI(a, p.opendata)
	counter.RegisterAPI(a, p.counter, p.streams)
}

func (p *program) webConfig(a *api.API) web.Config {
	cfg := web.Config{
		Name: p.now.Called(), Tagline: home.Tagline(p.words), Logo: p.now.Look.Logo.Shown(), Color: p.now.Look.Tint(),
		Trusted: p.trusted, FlashKey: p.flashKey, Problem: a.Error, Log: p.env.log,
		Instead: stepup.Instead(p.sessions, p.forms),
	}
	maps.Copy(cfg.Tagline, p.now.Name.Tagline)
	if p.setUp == nil { // the set-up leads nowhere else
		cfg.Nav, cfg.Footer, cfg.Owner = slices.Concat(coworking.Nav, []web.Entry{counter.Nav}, programme.Nav), slices.Concat(feedback.Footer, register.Footer, p.owner.Footer()), p.owner.Link()
		cfg.Start, cfg.SignIn, cfg.SignOut, cfg.Person, cfg.Desk = "/prenotazioni", identity.SignInPath, identity.SignOutPath, signedIn, deskOf
		cfg.Party = func(r *http.Request) string { return identity.ActorFrom(r.Context()).Party() }
		cfg.Ending, cfg.Shared = p.sessions.EndingOf, p.sessions.Shared
		cfg.DeskFind = manage.FindPath
	}
	cfg.PublicURL, _ = url.Parse(p.public)
	if p.spacesHost != "" {
		cfg.Hosts = []string{p.spacesHost}
	}
	if p.demo {
		cfg.Demo, cfg.DemoLinks = home.Demo, []web.Entry{kiosk.DemoEntry, atm.DemoEntry, standInEntry}
	}
	if p.mailbox != nil {
		cfg.DemoLinks = append(cfg.DemoLinks, notify.Mailbox)
	}
	return cfg
}

// signedIn is who the layout greets.
func signedIn(r *http.Request) *web.Person {
	actor := identity.ActorFrom(r.Context())
	if !actor.SignedIn() {
		return nil
	}
	home := "/prenotazioni"
	switch {
	case actor.MaySomewhere(identity.SiteWrite): // who runs houses
		home = manage.Root
	case actor.MaySomewhere(identity.BookingRead): // who works at one
		home = "/accoglienza"
	case actor.MaySomewhere(identity.SiteRead): // who follows how they stand
		home = manage.Root
	}
	person := &web.Person{Name: cmp.Or(actor.ByName, actor.Name), Home: home, For: actor.ForName, Back: mandate.BackPath, Choose: mandate.Path}
	if actor.By != "" {
		person.For = actor.Name
	}
	for _, need := range actor.Pages {
		person.Looks = strings.TrimSpace(person.Looks + " polis-" + string(need))
	}
	return person
}

// Words are the texts of the terminal, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// allWords are the words of all rooms; web brings its own.
func allWords() (*i18n.Bundle, error) {
	words := i18n.NewBundle()
	for _, files := range []embed.FS{
		Words, api.Words, letter.Words, picture.Words, stream.Words,
		pass.Words, identity.Words, register.Words, device.Words, oidc.Words,
		passkey.Words, stepup.Words, privacy.Words, mandate.Words, organisation.Words,
		installation.Words, site.Words, notify.Words, coworking.Words, figures.Words,
		feedback.Words, counter.Words, appointment.Words, kiosk.Words, programme.Words, follow.Words, office.Words,
		opendata.Words, works.Words, console.Words, desks.Words, atm.Words, manage.Words, lists.Words,
		home.Words, doctor.Words, idp.Words,
	} {
		if err := words.Add(files); err != nil {
			return nil, err
		}
	}
	return words, nil
}
