package identity

import (
	"cmp"
	"embed"
	"net/http"
	"net/url"
	"strconv"
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
// sent again, to the page that after names. Who has no name yet is asked for it.
func SignedIn(next web.Handler, after func(*http.Request) string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		actor := ActorFrom(r.Context())
		switch {
		case actor.SignedIn() && (actor.Name != unnamed || r.Method == http.MethodPost):
			return next(w, r)
		case actor.SignedIn():
			return web.Redirect(w, r, profilePath+"?next="+url.QueryEscape(r.URL.RequestURI()))
		case r.Method == http.MethodPost:
			return ToSignIn(w, r, after(r))
		}
		return ToSignIn(w, r, r.URL.RequestURI())
	}
}

// home is where somebody goes who signed in without a way back.
const home = "/"

// PageOptions are what the pages of identity work with.
type PageOptions struct {
	Sessions *Sessions
	Access   *Access
	Demo     *Demo     // nil where the installation is no demonstration
	Mailbox  string    // address at which a demonstration shows its messages; "" where they are sent
	Contacts string    // address of the page that says whom to ask
	Messages []Message // the kinds of messages that somebody may not want
	// Work is the address of the page with which somebody in a role begins.
	Work func(Role) string
	// OfferPasskey is the way to a page by way of the one on which somebody makes a
	// passkey, if one can be made where a request came; nil where none ever can.
	OfferPasskey func(r *http.Request, next string) string
	// Ways are more ways to sign in; nil where there are none.
	Ways Ways
	// Parts are what rooms below know of the person of the profile.
	Parts []ProfilePart
	// Left is where somebody goes who signs out, said while they are still in; nil
	// or "" is the first page.
	Left func(r *http.Request) string
}

// RegisterLinks adds to a mux the pages to which links lead: of an invitation,
// and to sign in. RegisterPages has them too.
func RegisterLinks(mux *http.ServeMux, ui *web.Renderer, o PageOptions) error {
	if err := ui.Add("identity", Pages); err != nil {
		return err
	}
	h := &pages{PageOptions: o, ui: ui}
	for pattern, handler := range map[string]web.Handler{
		"GET " + linkPath:                     h.showLink,
		"POST " + linkPath:                    h.sendLink,
		"GET " + linkPath + "/{secret}":       h.openOldLink,
		"GET " + invitationPath:               h.showInvitation,
		"POST " + invitationPath:              h.sendInvitation,
		"GET " + invitationPath + "/{secret}": h.openOldInvitation,
	} {
		mux.Handle(pattern, ui.Handle(handler))
	}
	return nil
}

// RegisterPages adds the pages of identity to a mux. They stand behind
// Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, o PageOptions) error {
	if err := RegisterLinks(mux, ui, o); err != nil {
		return err
	}
	h := &pages{PageOptions: o, ui: ui}
	for pattern, handler := range map[string]web.Handler{
		"GET " + SignInPath:   h.show,
		"POST " + SignInPath:  h.signIn,
		"POST " + SignOutPath: h.signOut,
		"GET " + OverPath:     h.showOver,
		"GET " + SignOutPath:  h.askSignOut,
		"POST " + ProlongPath: h.prolong,
		"POST " + sharePath:   h.share,
		"GET " + codePath:     h.showCode,
		"POST " + codePath:    h.answerCode,
		"GET " + choicePath:   h.showChoices,
		"POST " + choicePath:  h.chooseWho,
	} {
		mux.Handle(pattern, ui.Handle(handler))
	}
	for _, routes := range []map[string]web.Handler{h.profileRoutes(), h.sessionRoutes(), h.staffRoutes(), h.invitationRoutes(), h.wishRoutes(), h.programRoutes()} {
		for pattern, handler := range routes {
			mux.Handle(pattern, ui.Handle(ownPage(handler)))
		}
	}
	return nil
}

// ownPage is a page for who is signed in, with or without a name.
func ownPage(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !ActorFrom(r.Context()).SignedIn() {
			return SignedIn(next, func(r *http.Request) string { return r.URL.Path })(w, r)
		}
		return next(w, r)
	}
}

type pages struct {
	PageOptions

	ui *web.Renderer
}

// signInPage lists the ways to sign in.
type signInPage struct {
	web.Head
	Form     *form.Form
	Ways     []Way
	Level    Level // that is asked for; LevelNone = any
	Mail     bool  // a code can be mailed
	Demo     bool
	Who      string // who is signed in already
	Next     string
	Contacts string
	Groups   []testGroup
	Shared   bool   // others use the device
	House    bool   // it is one of a house, whatever somebody says
	Fill     string // how the address may be filled in: "email", "off"
}

func (signInPage) Template() string { return "identity/sign-in" }

// testGroup is a part of the test people.
type testGroup struct {
	Name   string
	People []testRow
}

type testRow struct{ Key, Name, About string }

func (h *pages) show(w http.ResponseWriter, r *http.Request) error {
	f := form.Of(nil)
	emailField(f)
	return h.render(w, r, f, r.URL.Query().Get("next"))
}

// emailField declares the one input.
func emailField(f *form.Form) *form.Text {
	return f.String("email", "identity.page.email").Max(254).Required().Says("identity.invalid.email")
}

func (h *pages) render(w http.ResponseWriter, r *http.Request, f *form.Form, next string) error {
	p := h.ui.Printer(r)
	page := signInPage{
		Head: web.Head{Title: p.T("identity.page.title"), Private: true}, Form: f, Mail: h.Access.Mails(),
		Demo: h.Demo != nil, Who: ActorFrom(r.Context()).Name, Next: back(next), Contacts: h.Contacts, Level: wanted(r.URL.Query().Get("livello")),
	}
	page.Shared, page.Fill = h.Sessions.Shared(r), "email"
	page.House = ActorFrom(r.Context()).Device != "" || page.Shared && h.Sessions.Holds(r.Context(), keepShared) == ""
	if page.Shared {
		page.Fill = "off"
	}
	if h.Ways != nil {
		page.Ways = reaching(h.Ways(p), page.Level)
	}
	if h.Demo != nil {
		page.Groups = groups(p, h.Demo.People())
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// groups are the test people in the parts of the page, in their order.
func groups(p *i18n.Printer, people []TestPerson) (out []testGroup) {
	for _, t := range people {
		name := p.T(t.Group)
		if len(out) == 0 || out[len(out)-1].Name != name {
			out = append(out, testGroup{Name: name})
		}
		g := &out[len(out)-1]
		g.People = append(g.People, testRow{t.Key, t.Person.GivenName + " " + t.Person.FamilyName, p.T(t.About)})
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

// signIn takes a test person of a demonstration, or the address to which a code
// is mailed.
func (h *pages) signIn(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if h.Demo != nil && f.Has("person") {
		person, err := h.Demo.SignInAs(f.Raw("person"))
		if err != nil {
			return err
		}
		return h.enter(w, r, Proof{Person: person, Method: "demo", Level: max(LevelSubstantial, wanted(f.Raw("livello")))}, back(f.Raw("next")), "")
	}
	return h.askCode(w, r, f)
}

// enter signs somebody in and sends them on, by way of their names where they
// are not known. done is the key of what is said there; it may be "".
func (h *pages) enter(w http.ResponseWriter, r *http.Request, proof Proof, next, done string) error {
	invited := h.Sessions.Look(r.Context(), keepInvitation)
	if err := h.signInOrProve(r, proof); err != nil {
		return err
	}
	if invited != "" && next == invitationPath { // they sign in to accept it
		h.Sessions.Keep(r.Context(), keepInvitation, invited)
	}
	h.Sessions.Fresh(proof.Person)
	p, err := h.Access.People.Get(r.Context(), proof.Person)
	if err != nil {
		return err
	}
	if p.GivenName == "" || p.FamilyName == "" {
		next = profilePath + "?next=" + url.QueryEscape(next)
	}
	if done != "" {
		return h.ui.Done(w, r, next, done)
	}
	return web.Redirect(w, r, next)
}

// offerPasskey is the way to a page by way of the one that makes a passkey, for who
// has none.
func (h *pages) offerPasskey(r *http.Request, person, next string) string {
	has, err := h.Sessions.hasPasskey(r.Context(), person)
	if h.OfferPasskey == nil || has || err != nil { // nobody is held up by it
		return next
	}
	return h.OfferPasskey(r, next)
}

// signInOrProve signs somebody in; who is in already by the same session has
// proved it anew, and loses nothing that it keeps.
func (h *pages) signInOrProve(r *http.Request, proof Proof) error {
	if actor := ActorFrom(r.Context()); actor.SignedIn() && cmp.Or(actor.By, actor.Person) == proof.Person {
		return h.Sessions.Prove(r.Context(), proof)
	}
	return h.Sessions.SignIn(r.Context(), proof)
}

func (h *pages) signOut(w http.ResponseWriter, r *http.Request) error {
	next := ""
	if h.Left != nil {
		next = h.Left(r)
	}
	shared := h.Sessions.Shared(r)
	if err := h.Sessions.SignOut(r.Context()); err != nil {
		return err
	}
	if shared {
		h.Sessions.Clean(w, r)
		return web.Redirect(w, r, cmp.Or(next, OverPath))
	}
	return h.ui.Done(w, r, cmp.Or(next, home), "identity.page.signed-out")
}

// attempt opens something by a long secret. One that opens nothing is counted for the
// client; a right one is let through also where these are too many: nobody guesses it,
// and who shares the client's address is not locked out.
func (h *pages) attempt(r *http.Request, x Limit, try func() error) error {
	err := try()
	if errs.Is(err, errs.NotFound) {
		err = cmp.Or(h.Access.Limits.Take(r.Context(), x, ClientName(web.ClientAddr(r.Context()))), err)
	}
	return err
}

// Later says when to come back to who came too often, and leaves other errors as
// they are.
func Later(w http.ResponseWriter, err error) error {
	if minutes, ok := errs.As(err).Args["count"].(int); ok && errs.HasKey(err, "identity.too-many") {
		w.Header().Set("Retry-After", strconv.Itoa(60*minutes))
	}
	return err
}

// OnPage puts an error of Access beside its input; false where it is not about
// what was typed.
func OnPage(f *form.Form, err error) bool {
	e := *errs.As(err)
	if (e.Kind == errs.Forbidden || e.Kind == errs.TooMany) && e.Field != "" { // said beside what was typed
		e.Kind = errs.Rule
	}
	return f.AddAs(&e, fieldOf)
}

// fieldOf are the inputs for the fields of Access' errors.
var fieldOf = form.Inputs{
	"code": "codice", "given_name": "nome", "family_name": "cognome", "language": "lingua", "role": "ruolo", "scope": "ambito", "ends": "al",
}
