package stepup

import (
	"cmp"
	"embed"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"polis/internal/identity"
	"polis/internal/identity/passkey"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// Pages are the templates of this room.
//
//go:embed pages/*.gohtml
var Pages embed.FS

// resumePath is the address at which somebody goes on where they were.
const resumePath = "/riprendi"

// What a session remembers.
const (
	keepForm = "stepup.form" // ticket of the form that waits
	keepNext = "stepup.next" // where to go on
	keepBack = "stepup.back" // where they came from
	keepCode = "stepup.code" // the code that was mailed
	keepLost = "stepup.lost" // what they sent could not wait: they send it again
)

// PageOptions are what the pages work with.
type PageOptions struct {
	identity.PageOptions

	Passkeys *passkey.Service
	Forms    *Forms
}

type pages struct {
	PageOptions

	ui *web.Renderer
}

// RegisterPages adds the pages to a mux. They stand behind Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, o PageOptions) error {
	if err := ui.Add("stepup", Pages); err != nil {
		return err
	}
	h := &pages{o, ui}
	for pattern, handler := range map[string]web.Handler{
		"GET " + identity.ConfirmPath:                          h.show,
		"POST " + identity.ConfirmPath:                         h.confirm,
		"POST " + identity.ConfirmPath + "/" + passkey.AskPart: h.ask,
		"GET " + resumePath:                                    h.resume,
	} {
		mux.Handle(pattern, ui.Handle(signedIn(handler)))
	}
	return nil
}

func signedIn(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !identity.ActorFrom(r.Context()).SignedIn() {
			return identity.ToSignIn(w, r, "/")
		}
		return next(w, r)
	}
}

// own is the id of who is signed in, whomever they act for.
func own(r *http.Request) string {
	actor := identity.ActorFrom(r.Context())
	return cmp.Or(actor.By, actor.Person)
}

// Instead leads to the page at which somebody proves anew who they are, in place
// of the error page of an act that needs it; false for any other error. What they
// had sent waits; files do not, and who sent some is told so, and comes back to the
// page from which they did.
func Instead(sessions *identity.Sessions, forms *Forms) func(w http.ResponseWriter, r *http.Request, err error) bool {
	return func(w http.ResponseWriter, r *http.Request, err error) bool {
		if !errs.HasKey(err, "identity.step-up") {
			return false
		}
		next, back, ctx := r.URL.RequestURI(), from(r), r.Context()
		sessions.Kept(ctx, keepForm)
		sessions.Kept(ctx, keepLost)
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			next = back
			if values, ok := valuesOf(r); ok {
				ticket, err := forms.put(ctx, sent{own(r), r.URL.RequestURI(), values})
				if err != nil {
					return false
				}
				sessions.Keep(ctx, keepForm, ticket)
			} else {
				sessions.Keep(ctx, keepLost, "yes")
			}
		}
		sessions.Keep(ctx, keepNext, next)
		sessions.Keep(ctx, keepBack, back)
		return web.Redirect(w, r, identity.ConfirmPath) == nil
	}
}

// from is the page of ours from which a form was sent; the first page where that
// is not known.
func from(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return "/"
	}
	return identity.Back(u.RequestURI())
}

// valuesOf is what a form holds; false where it cannot wait.
func valuesOf(r *http.Request) (url.Values, bool) {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") || r.PostForm == nil && r.ParseForm() != nil {
		return nil, false
	}
	size := 0
	for name, values := range r.PostForm {
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	return r.PostForm, size <= maxForm
}

// confirmPage offers the ways to prove anew who one is.
type confirmPage struct {
	web.Head
	Form    *form.Form
	Next    string // where to go on, for the ways of other rooms
	Passkey bool   // they have one that works here
	Must    bool   // and must use it, or what is as sure
	Mail    string // address to which a code can be mailed; "" where none can
	Code    string // address to which one was mailed that is alive; "" where none was
	Demo    bool   // a test person only says so
	Ways    []identity.Way
	Mailbox string
	Back    string // href of the page from which they came
	Lost    bool   // what they sent, a file perhaps, is to be sent again
}

func (confirmPage) Template() string { return "stepup/confirm" }

// Nothing tells that there is no way at all.
func (p confirmPage) Nothing() bool {
	return !p.Passkey && p.Mail == "" && p.Code == "" && !p.Demo && len(p.Ways) == 0
}

func codeField(f *form.Form) *form.Text {
	return f.String("codice", "identity.code.label").Max(40).Required().Says("identity.code.form")
}

func (h *pages) show(w http.ResponseWriter, r *http.Request) error {
	f := form.Of(nil)
	codeField(f)
	return h.render(w, r, f)
}

func (h *pages) render(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	p, actor, ctx := h.ui.Printer(r), identity.ActorFrom(r.Context()), r.Context()
	page := confirmPage{
		Head: web.Head{Title: p.T("stepup.title"), Private: true}, Form: f, Mailbox: h.Mailbox,
		Lost: h.Sessions.Look(ctx, keepLost) != "", Passkey: actor.Passkey && h.Passkeys.Possible(), Must: actor.MustUsePasskey(), Back: cmp.Or(h.Sessions.Look(ctx, keepBack), "/"),
	}
	if h.Ways != nil {
		page.Ways = slices.DeleteFunc(h.Ways(p), func(x identity.Way) bool {
			return x.Action == passkey.EnterPath || page.Must && x.Action != "" && x.Best < identity.LevelSubstantial
		})
	}
	if !page.Must {
		page.Demo = h.Demo != nil && actor.Method == "demo"
		if err := h.mail(r, &page); err != nil {
			return err
		}
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// mail says how far a code is that proves who somebody is.
func (h *pages) mail(r *http.Request, page *confirmPage) error {
	person, err := h.Access.People.Get(r.Context(), own(r))
	if err != nil {
		return err
	}
	if h.Access.Mails() && !person.Verified.IsZero() {
		page.Mail = person.Email
	}
	page.Code, err = h.Access.Asked(r.Context(), h.Sessions.Look(r.Context(), keepCode))
	if errs.Is(err, errs.Rule) {
		err = nil
	}
	return err
}

// ask answers the browser with what its passkey is to sign.
func (h *pages) ask(w http.ResponseWriter, r *http.Request) error {
	options, ticket, err := h.Passkeys.AskToProve(r.Context(), own(r))
	if err != nil {
		return identity.Later(w, err)
	}
	return passkey.Ask(w, r, h.Sessions, options, ticket)
}

func (h *pages) confirm(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	var proof identity.Proof
	switch f.Raw("come") {
	case "passkey":
		proof, err = h.byPasskey(r, f)
	case "demo":
		proof, err = h.byWord(r)
	case "messaggio":
		if err = h.askCode(r); err == nil {
			return web.Redirect(w, r, identity.ConfirmPath)
		}
	default:
		proof, err = h.byCode(r, f)
	}
	if err == nil && f.Err() == nil {
		err = h.Sessions.Prove(r.Context(), proof)
	}
	switch {
	case err != nil && !f.AddAs(err, form.Inputs{"code": "codice"}):
		return identity.Later(w, err)
	case f.Err() != nil:
		return h.render(w, r, f)
	}
	return web.Redirect(w, r, resumePath)
}

func (h *pages) byPasskey(r *http.Request, f *form.Form) (identity.Proof, error) {
	answer, err := h.Passkeys.Answer(f)
	if err != nil {
		return identity.Proof{}, err
	}
	return h.Passkeys.Prove(r.Context(), own(r), passkey.Ticket(r, h.Sessions), answer, web.ClientAddr(r.Context()))
}

// byWord takes a test person of a demonstration at their word.
func (h *pages) byWord(r *http.Request) (identity.Proof, error) {
	if actor := identity.ActorFrom(r.Context()); h.Demo == nil || actor.Method != "demo" || actor.MustUsePasskey() {
		return identity.Proof{}, errs.New(errs.Forbidden, "identity.forbidden", nil)
	}
	return identity.Proof{Person: own(r), Method: "demo", Level: identity.LevelSubstantial}, nil
}

func (h *pages) askCode(r *http.Request) error {
	id, err := h.Access.AskConfirm(r.Context(), own(r), identity.Asking{
		Language: string(h.ui.Printer(r).Lang), Client: web.ClientAddr(r.Context()), Mark: h.Sessions.MarkOf(r), Before: h.Sessions.Look(r.Context(), keepCode),
	})
	if err == nil {
		h.Sessions.Keep(r.Context(), keepCode, id)
	}
	return err
}

func (h *pages) byCode(r *http.Request, f *form.Form) (p identity.Proof, err error) {
	code, id := codeField(f), h.Sessions.Look(r.Context(), keepCode)
	if f.Err() != nil {
		return p, nil //nolint:nilerr // the form tells it
	}
	f.Set("codice", "")
	if err := h.Access.AnswerFrom(r.Context(), web.ClientAddr(r.Context()), h.Sessions.MarkOf(r), id, code.Value); err != nil {
		return p, err
	}
	p, err = h.Access.Confirm(r.Context(), own(r), id)
	if err == nil {
		h.Sessions.Kept(r.Context(), keepCode)
	}
	return p, err
}

// resumePage sends the form that waited.
type resumePage struct {
	web.Head
	Action string
	Values []value
	Back   string
}

func (resumePage) Template() string { return "stepup/resume" }

type value struct{ Name, Value string }

// resume goes on where somebody was. A form is sent by them: the page has it
// whole, and a button.
func (h *pages) resume(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	next := cmp.Or(h.Sessions.Kept(ctx, keepNext), "/")
	ticket := h.Sessions.Kept(ctx, keepForm)
	if h.Sessions.Kept(ctx, keepLost) != "" {
		return h.ui.Done(w, r, next, "stepup.send-again")
	}
	if ticket == "" {
		return web.Redirect(w, r, next)
	}
	s, ok, err := h.Forms.take(ctx, ticket, own(r))
	if err != nil {
		return err
	}
	if !ok { // its time is over
		return h.ui.Done(w, r, next, "stepup.again")
	}
	page := resumePage{Head: web.Head{Title: h.ui.Printer(r).T("stepup.resume.title"), Private: true}, Action: s.Action, Back: next}
	for _, name := range slices.Sorted(maps.Keys(s.Values)) {
		for _, v := range s.Values[name] {
			page.Values = append(page.Values, value{name, v})
		}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}
