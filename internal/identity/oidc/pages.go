package oidc

import (
	"cmp"
	"embed"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// Pages are the templates of the package.
//
//go:embed pages/*.gohtml
var Pages embed.FS

// The addresses of the pages beside Path.
const (
	knownPath = identity.SignInPath + "/riconosci" // is the answer somebody known?
	leftPath  = identity.SignInPath + "/uscita"    // signed out here, and there?
	linksPath = "/profilo/accessi"                 // the providers of who is signed in

	statementPath = "/.well-known/openid-federation"
	resolvePath   = Path + "/resolve"
)

// LinksPath is the page on which people see by which providers they come in.
const LinksPath = linksPath

// What the session remembers.
const (
	keepBrowser = "oidc.browser" // the secret that answers must come back to
	keepConfirm = "oidc.confirm" // an answer that waits for a code
	keepCode    = "oidc.code"    // that code
	keepOut     = "oidc.out"     // provider and token of who is signed in
)

// RegisterPages adds the pages of the providers to a mux; o are the options of the
// pages of identity. They stand behind Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, s *Service, o identity.PageOptions) error {
	if err := ui.Add("oidc", Pages); err != nil {
		return err
	}
	h := &pages{PageOptions: o, Service: s, ui: ui}
	for pattern, handler := range map[string]web.Handler{
		"GET " + statementPath:            h.serveStatement,
		"GET " + resolvePath:              h.serveResolved,
		"GET " + Path + "/jwks.json":      s.serveKeys,
		"GET " + Path + "/{name}":         h.open,
		"POST " + Path + "/{name}":        h.start,
		"GET " + Path + "/{name}/ritorno": h.finish,
		"GET " + knownPath:                h.showKnown,
		"POST " + knownPath:               h.answerKnown,
		"GET " + leftPath:                 h.showLeft,
		"GET " + linksPath:                h.own(h.showLinks),
		"POST " + linksPath + "/{name}":   h.own(h.changeLink),
	} {
		mux.Handle(pattern, ui.Handle(handler))
	}
	return nil
}

type pages struct {
	identity.PageOptions
	*Service

	ui *web.Renderer
}

// Ways are the buttons of the providers. Of several identity providers behind one
// official button none comes first: their order is another each time.
func (s *Service) Ways(p *i18n.Printer) (list []identity.Way) {
	official := map[string]int{}
	for _, x := range s.providers {
		w := identity.Way{Action: Path + "/" + x.Name, Label: x.label(), Look: x.Button, Logo: x.Logo, Demo: x.Demo, Best: x.best()}
		i, there := official[x.Button]
		switch {
		case x.Button == "":
			w.Label = p.T("oidc.way", "provider", x.label())
			list = append(list, w)
		case !there:
			official[x.Button] = len(list)
			list = append(list, w)
		case list[i].Several == nil:
			list[i].Several = []identity.Way{plain(list[i]), plain(w)}
			list[i].Action, list[i].Best = "", max(list[i].Best, w.Best)
		default:
			list[i].Several, list[i].Best = append(list[i].Several, plain(w)), max(list[i].Best, w.Best)
		}
	}
	for i := range list {
		switch list[i].Look {
		case "spid":
			list[i].Label = p.T("oidc.way.spid")
		case "cie":
			list[i].Label = p.T("oidc.way.cie")
		}
		several := list[i].Several
		rand.Shuffle(len(several), func(a, b int) { several[a], several[b] = several[b], several[a] })
	}
	return list
}

func plain(w identity.Way) identity.Way {
	w.Look = ""
	return w
}

// goingPage leads on from a form to a provider. It is a page, and no redirection:
// where forms may lead is closed by our policy, and where a provider leads on to
// nobody knows.
type goingPage struct {
	web.Head
	Provider, Address string
}

func (goingPage) Template() string { return "oidc/going" }

// open begins to sign in by the link of a provider. Who follows a link of somebody
// else's page begins at the page to sign in.
func (h *pages) open(w http.ResponseWriter, r *http.Request) error {
	if from := r.Header.Get("Sec-Fetch-Site"); from != "" && from != "same-origin" && from != "none" {
		return web.Redirect(w, r, identity.SignInPath)
	}
	q := r.URL.Query()
	return h.lead(w, r, r.PathValue("name"), Wish{Next: q.Get("next"), Level: levelOf(q.Get("livello")), Anew: self(r) != ""})
}

// start begins the same by a form, or begins to prove anew who is signed in.
func (h *pages) start(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	wish := Wish{Next: f.Raw("next"), Level: levelOf(f.Raw("livello"))}
	if me := self(r); me != "" { // who is in already comes to prove it now
		if wish.Anew = true; f.Raw("conferma") != "" {
			wish.Person = me
		}
	}
	return h.lead(w, r, r.PathValue("name"), wish)
}

// self is the id of who is signed in, for whomever they act; "" for nobody.
func self(r *http.Request) string {
	actor := identity.ActorFrom(r.Context())
	return cmp.Or(actor.By, actor.Person)
}

func levelOf(text string) identity.Level {
	switch text {
	case "2":
		return identity.LevelSubstantial
	case "3":
		return identity.LevelHigh
	}
	return identity.LevelNone
}

// starts is how many sign-ins a client begins: each is kept for a while. A whole
// organisation may share the address of a client.
var starts = identity.Limit{Name: "oidc.starts", Burst: 300, Each: 2 * time.Second}

// lead leads to a provider: a link at once, a form by a page.
func (h *pages) lead(w http.ResponseWriter, r *http.Request, name string, wish Wish) error {
	p, err := h.provider(name)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if err := h.Access.Limits.Take(ctx, starts, identity.ClientName(web.ClientAddr(ctx))); err != nil {
		return err
	}
	if wish.Browser = h.Sessions.Look(ctx, keepBrowser); wish.Browser == "" {
		wish.Browser = newSecret()
		h.Sessions.Keep(ctx, keepBrowser, wish.Browser)
	}
	printer := h.ui.Printer(r)
	wish.Lang = string(printer.Lang)
	address, err := h.Start(ctx, name, wish)
	if err != nil {
		return h.stop(w, r, name, wish.Next, err)
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, address, http.StatusSeeOther) // where the settings and the provider say, not the client
		return nil
	}
	w.Header().Set("Refresh", "0; url="+address)
	return h.ui.Render(w, r, http.StatusOK, goingPage{
		Head: web.Head{Title: printer.T("oidc.going.title", "provider", p.label()), Private: true}, Provider: p.label(), Address: address,
	})
}

// finish lets in whom an answer proves.
func (h *pages) finish(w http.ResponseWriter, r *http.Request) error {
	ctx, name := r.Context(), r.PathValue("name")
	out, err := h.Finish(ctx, name, h.Sessions.Look(ctx, keepBrowser), r.URL.Query())
	if err == nil && out.Person != "" && out.Person != self(r) {
		err = bad("somebody else is signed in now")
	}
	if errs.HasKey(err, "oidc.answer.over") && self(r) != "" { // the way back of a browser, or a second tab: they are in
		return web.Redirect(w, r, "/")
	}
	if err != nil {
		return h.stop(w, r, name, out.Next, err)
	}
	if out.Confirm != "" {
		h.Sessions.Keep(ctx, keepConfirm, out.Confirm)
		h.Sessions.Keep(ctx, keepCode, "")
		return web.Redirect(w, r, knownPath)
	}
	given := name + " " + out.Token
	if out.Person != "" {
		if err := h.Sessions.Prove(ctx, out.Proof); err != nil {
			return err
		}
		h.Sessions.Fresh(out.Person)
		h.Sessions.Keep(ctx, keepOut, given)
		if out.Connect {
			return h.ui.Done(w, r, linksPath, "oidc.links.connected")
		}
		return web.Redirect(w, r, out.Next)
	}
	h.Sessions.Carry(ctx, keepOut, given)
	return h.LetIn(w, r, h.ui, out.Proof, out.Next, "")
}

// stoppedPage says why somebody is not in, and what to do.
type stoppedPage struct {
	web.Head
	Text, Next string
	Retry      string // address to try once more; "" where that is of no use
	Back       string // where they wanted to go
	Level      int
	SignIn     string
}

func (stoppedPage) Template() string { return "oidc/stopped" }

// stop shows why somebody is not in. What nobody can be told more of is an error
// like any other.
func (h *pages) stop(w http.ResponseWriter, r *http.Request, name, next string, err error) error {
	e := errs.As(err)
	p, bad := h.provider(name)
	if bad != nil || !strings.HasPrefix(e.Key, "oidc.") {
		return err
	}
	h.Log.WarnContext(r.Context(), "a sign-in by a provider failed", "provider", name, "why", e.Key, "err", e.Err)
	printer := h.ui.Printer(r)
	args := e.Args
	if args == nil {
		args = errs.Args{}
	}
	page := stoppedPage{
		Head: web.Head{Title: printer.T("oidc.stopped.title"), Private: true}, Text: printer.T(e.Key, args), Back: identity.Back(next),
		SignIn: identity.SignInPath + "?next=" + url.QueryEscape(identity.Back(next)),
	}
	if e.Kind == errs.Conflict {
		page.SignIn = linksPath
	} else if e.Key != "oidc.level.none" {
		page.Retry = Path + "/" + p.Name
	}
	if e.Kind == errs.Unavailable {
		w.Header().Set("Retry-After", "60")
	}
	return h.ui.Render(w, r, errs.Status(e.Kind), page)
}

// Left is where somebody goes who signs out: where a provider let them in, to the
// page that says how to sign out there too. What it gave is given back.
func (s *Service) Left(sessions *identity.Sessions, failed func(error)) func(r *http.Request) string {
	return func(r *http.Request) string {
		name, token, _ := strings.Cut(sessions.Look(r.Context(), keepOut), " ")
		if name == "" {
			return ""
		}
		address, err := s.Leave(r.Context(), name, token)
		if err != nil {
			failed(err)
		}
		if address == "" {
			return ""
		}
		return leftPath + "?presso=" + url.QueryEscape(name)
	}
}

// leftPage says how to sign out at a provider too.
type leftPage struct {
	web.Head
	Provider, Address string
}

func (leftPage) Template() string { return "oidc/left" }

func (h *pages) showLeft(w http.ResponseWriter, r *http.Request) error {
	name := r.URL.Query().Get("presso")
	p, err := h.provider(name)
	if err != nil {
		return err
	}
	address, err := h.Leave(r.Context(), name, "")
	if err != nil {
		return err
	}
	if address == "" {
		return web.Redirect(w, r, "/")
	}
	return h.ui.Render(w, r, http.StatusOK, leftPage{
		Head: web.Head{Title: h.ui.Printer(r).T("oidc.left.title"), Private: true}, Provider: p.label(), Address: address,
	})
}
