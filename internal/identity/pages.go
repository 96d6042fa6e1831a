package identity

import (
	"embed"
	"net/http"
	"net/url"
	"strings"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// Pages are the templates of identity.
//
//go:embed pages/*.gohtml
var Pages embed.FS

// The addresses of the pages: to sign in, with the way back in ?next=, and to
// sign out (POST).
const (
	SignInPath  = "/accedi"
	SignOutPath = "/esci"
)

// ToSignIn sends somebody to sign in, and back to an address afterwards.
func ToSignIn(w http.ResponseWriter, r *http.Request, back string) error {
	return web.Redirect(w, r, SignInPath+"?next="+url.QueryEscape(back))
}

// SignedIn lets through who is signed in and sends others to sign in first:
// they come back to the page that they asked for; after a form, which is not
// sent again, to the page that after names.
func SignedIn(next web.Handler, after func(*http.Request) string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		switch {
		case ActorFrom(r.Context()).SignedIn():
			return next(w, r)
		case r.Method == http.MethodPost:
			return ToSignIn(w, r, after(r))
		}
		return ToSignIn(w, r, r.URL.RequestURI())
	}
}

// home is where somebody goes who signed in without a way back.
const home = "/"

// RegisterPages adds the pages to sign in and out to a mux. demo is nil where
// the installation is no demonstration. The pages stand behind
// sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, sessions *Sessions, demo *Demo) error {
	if err := ui.Add("identity", Pages); err != nil {
		return err
	}
	h := &pages{ui: ui, sessions: sessions, demo: demo}
	mux.Handle("GET "+SignInPath, ui.Handle(h.show))
	mux.Handle("POST "+SignInPath, ui.Handle(h.signIn))
	mux.Handle("POST "+SignOutPath, ui.Handle(h.signOut))
	return nil
}

type pages struct {
	ui       *web.Renderer
	sessions *Sessions
	demo     *Demo
}

// signInPage lists the ways to sign in.
type signInPage struct {
	web.Head
	Demo   bool
	Who    string // who is signed in already
	Next   string
	Groups []roleGroup
}

func (signInPage) Template() string { return "identity/sign-in" }

// roleGroup is the test people of a role.
type roleGroup struct {
	Name   string
	People []testRow
}

type testRow struct{ Key, Name, About string }

func (h *pages) show(w http.ResponseWriter, r *http.Request) error {
	return h.render(w, r, http.StatusOK, r.URL.Query().Get("next"))
}

func (h *pages) render(w http.ResponseWriter, r *http.Request, status int, next string) error {
	p := h.ui.Printer(r)
	page := signInPage{
		Head: web.Head{Title: p.T("identity.page.title"), Private: true},
		Demo: h.demo != nil, Who: ActorFrom(r.Context()).Name, Next: back(next),
	}
	if h.demo != nil {
		page.Groups = groups(p, h.demo.People())
	}
	return h.ui.Render(w, r, status, page)
}

func groups(p *i18n.Printer, people []TestPerson) (out []roleGroup) {
	for _, role := range standing {
		g := roleGroup{Name: p.T(role.Label())}
		for _, t := range people {
			if t.Role == role {
				g.People = append(g.People, testRow{t.Key, t.Person.GivenName + " " + t.Person.FamilyName, p.T(t.About)})
			}
		}
		if len(g.People) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// back is a way back that leads to a page of ours, and not to signing in again.
func back(next string) string {
	path := web.LocalPath(next)
	u, err := url.Parse(path)
	if err != nil || len(path) > 8000 || strings.HasPrefix(u.Path, SignInPath) || strings.HasPrefix(u.Path, SignOutPath) {
		return home
	}
	return path
}

func (h *pages) signIn(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if h.demo == nil {
		return errs.New(errs.NotFound, "identity.page.none", nil)
	}
	person, err := h.demo.SignInAs(f.Raw("person"))
	if err != nil {
		return err
	}
	if err := h.sessions.SignIn(r.Context(), person); err != nil {
		return err
	}
	return web.Redirect(w, r, back(f.Raw("next")))
}

func (h *pages) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := h.sessions.SignOut(r.Context()); err != nil {
		return err
	}
	return h.ui.Done(w, r, home, "identity.page.signed-out")
}
