package passkey

import (
	"embed"
	"net/http"
	"net/url"
	"strings"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// Pages are the templates of passkeys.
//
//go:embed pages/*.gohtml
var Pages embed.FS

// The addresses of the pages. AskPart behind one is where a browser gets what its
// authenticator is to sign.
const (
	EnterPath   = identity.SignInPath + "/passkey"
	profilePath = "/profilo"
	ListPath    = profilePath + "/passkey"
	NewPath     = ListPath + "/nuova"
	AskPart     = "sfida"
	staffPath   = "/gestione/persone"
)

// PageOptions are what the pages work with.
type PageOptions struct {
	identity.PageOptions

	Service *Service
}

type pages struct {
	PageOptions

	ui *web.Renderer
}

// RegisterPages adds the pages to a mux. They stand behind Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, o PageOptions) error {
	if err := ui.Add("passkey", Pages); err != nil {
		return err
	}
	h := &pages{o, ui}
	mux.HandleFunc("GET /.well-known/webauthn", h.related)
	for pattern, handler := range map[string]web.Handler{
		"GET " + EnterPath:                  h.showEnter,
		"POST " + EnterPath:                 h.enter,
		"POST " + EnterPath + "/" + AskPart: h.askToEnter,
	} {
		mux.Handle(pattern, ui.Handle(handler))
	}
	for pattern, handler := range map[string]web.Handler{
		"GET " + ListPath:                     h.list,
		"GET " + NewPath:                      h.showNew,
		"POST " + NewPath:                     h.make,
		"POST " + NewPath + "/" + AskPart:     h.askToMake,
		"POST " + ListPath + "/{id}/nome":     h.rename,
		"GET " + ListPath + "/{id}/togli":     h.showRemove,
		"POST " + ListPath + "/{id}/togli":    h.remove,
		"GET " + staffPath + "/{id}/passkey":  h.showOthers,
		"POST " + staffPath + "/{id}/passkey": h.removeOthers,
	} {
		mux.Handle(pattern, ui.Handle(ownPage(handler)))
	}
	return nil
}

// ownPage is a page for who is signed in, with or without a name.
func ownPage(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !identity.ActorFrom(r.Context()).SignedIn() {
			return identity.SignedIn(next, func(*http.Request) string { return ListPath })(w, r)
		}
		return next(w, r)
	}
}

// Way is the button on the page to sign in; none where passkeys cannot be used.
func (s *Service) Way(p *i18n.Printer) []identity.Way {
	if !s.Possible() {
		return nil
	}
	return []identity.Way{{Action: EnterPath, Label: p.T("passkey.way"), Look: "passkey", Best: identity.LevelSubstantial}}
}

// Offer is the way to a page by way of the one that makes a passkey, for who comes
// by an address at which passkeys work.
func (s *Service) Offer(r *http.Request, next string) string {
	for _, origin := range s.Origins() {
		if _, host, _ := strings.Cut(origin, "://"); host == r.Host {
			return NewPath + "?next=" + url.QueryEscape(next)
		}
	}
	return next
}

// keepTicket is what a session remembers of a ceremony.
const keepTicket = "passkey"

// Ask answers a browser with what its authenticator is to sign, and keeps the
// ticket for it in the session.
func Ask(w http.ResponseWriter, r *http.Request, sessions *identity.Sessions, options []byte, ticket string) error {
	sessions.Keep(r.Context(), keepTicket, ticket)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write(options)
	return err
}

// Ticket is that of the ceremony that a session began last. It is used once.
func Ticket(r *http.Request, sessions *identity.Sessions) string {
	return sessions.Kept(r.Context(), keepTicket)
}

// Answer is what a browser sent back of a ceremony. The errors are Rule, in words
// that say what happened where its authenticator gave nothing.
func (s *Service) Answer(f *form.Form) (string, error) {
	if answer := f.Raw("risposta"); answer != "" {
		return answer, nil
	}
	key, args := "passkey.fault.failed", errs.Args(nil)
	switch f.Raw("errore") {
	case "":
		key = "passkey.fault.script"
	case "NotAllowedError", "AbortError":
		key = "passkey.fault.cancelled"
	case "InvalidStateError":
		key = "passkey.known"
	case "NotSupportedError", "ConstraintError":
		key = "passkey.fault.unsupported"
	case "SecurityError":
		key = "passkey.fault.address"
		if s.Possible() {
			args = errs.Args{"address": s.Origins()[0]}
		} else {
			key = "passkey.impossible"
		}
	}
	return "", errs.New(errs.Rule, key, args)
}

// related tells browsers at which other addresses of ours passkeys work that were
// made for this one (WebAuthn, level 3, section 5.11.1).
func (h *pages) related(w http.ResponseWriter, _ *http.Request) {
	answer, err := relatedOrigins(h.Service.Origins())
	if err != nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer)
}

// enterPage signs in by a passkey.
type enterPage struct {
	web.Head
	Form     *form.Form
	Next     string
	Possible bool
}

func (enterPage) Template() string { return "passkey/enter" }

func (h *pages) showEnter(w http.ResponseWriter, r *http.Request) error {
	return h.renderEnter(w, r, form.Of(nil), r.URL.Query().Get("next"))
}

func (h *pages) renderEnter(w http.ResponseWriter, r *http.Request, f *form.Form, next string) error {
	return h.ui.Render(w, r, f.Status(), enterPage{
		Head: web.Head{Title: h.ui.Printer(r).T("passkey.enter.title"), Private: true}, Form: f, Next: identity.Back(next), Possible: h.Service.Possible(),
	})
}

func (h *pages) askToEnter(w http.ResponseWriter, r *http.Request) error {
	options, ticket, err := h.Service.AskToEnter(r.Context(), web.ClientAddr(r.Context()))
	if err != nil {
		return identity.Later(w, err)
	}
	return Ask(w, r, h.Sessions, options, ticket)
}

func (h *pages) enter(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	next, proof := f.Raw("next"), identity.Proof{}
	answer, err := h.Service.Answer(f)
	if err == nil {
		proof, err = h.Service.Enter(r.Context(), Ticket(r, h.Sessions), answer, web.ClientAddr(r.Context()))
	}
	if err == nil {
		return h.LetIn(w, r, h.ui, proof, identity.Back(next), "")
	}
	if f.AddAs(err, nil) {
		return h.renderEnter(w, r, f, next)
	}
	return identity.Later(w, err)
}

// newPage makes a passkey.
type newPage struct {
	web.Head
	Form     *form.Form
	Next     string // where to go on; "" where it was asked for on the profile
	Possible bool
}

func (newPage) Template() string { return "passkey/new" }

func nameField(f *form.Form) *form.Text {
	return f.String("nome", "passkey.name").Max(maxName).Required()
}

func (h *pages) showNew(w http.ResponseWriter, r *http.Request) error {
	actor := identity.ActorFrom(r.Context())
	if err := actor.CheckDanger(identity.DangerPasskeys, h.Service.Clock.Now()); err != nil {
		return err
	}
	f := form.Of(url.Values{"nome": {h.ui.Printer(r).T("passkey.name.default")}})
	nameField(f)
	return h.renderNew(w, r, f, r.URL.Query().Get("next"))
}

func (h *pages) renderNew(w http.ResponseWriter, r *http.Request, f *form.Form, next string) error {
	p := h.ui.Printer(r)
	page := newPage{Head: web.Head{Title: p.T("passkey.new.title"), Private: true}, Form: f, Possible: h.Service.Possible()}
	if next != "" {
		page.Next = identity.Back(next)
	} else {
		page.Crumbs = []web.Link{{Href: profilePath, Text: p.T("identity.profile.title")}, {Href: ListPath, Text: p.T("passkey.list.title")}}
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) askToMake(w http.ResponseWriter, r *http.Request) error {
	options, ticket, err := h.Service.AskToMake(r.Context(), identity.ActorFrom(r.Context()))
	if err != nil {
		return err
	}
	return Ask(w, r, h.Sessions, options, ticket)
}

func (h *pages) make(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	name, actor := nameField(f), identity.ActorFrom(r.Context())
	if err := actor.CheckDanger(identity.DangerPasskeys, h.Service.Clock.Now()); err != nil {
		return err
	}
	answer := ""
	if f.Err() == nil {
		answer, err = h.Service.Answer(f)
	}
	if f.Err() == nil && err == nil {
		err = h.Service.Make(r.Context(), actor, Ticket(r, h.Sessions), answer, name.Value)
	}
	switch {
	case err != nil && !f.AddAs(err, form.Inputs{"name": "nome"}):
		return err
	case f.Err() != nil:
		return h.renderNew(w, r, f, f.Raw("next"))
	}
	h.Sessions.Fresh(actor.Person)
	// Who has made it could use it at once: they need not.
	if err := h.Sessions.Prove(r.Context(), h.Service.proofOf(actor.Person)); err != nil {
		return err
	}
	to := ListPath
	if next := f.Raw("next"); next != "" {
		to = identity.Back(next)
	}
	return h.ui.Done(w, r, to, "passkey.made")
}
