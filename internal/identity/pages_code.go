package identity

import (
	"net/http"
	"net/url"

	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// choicePath is the address of the page on which one of several people with an
// address is chosen.
const choicePath = SignInPath + "/chi"

// What the session remembers between the pages.
const (
	keepCode = "code" // the code that this browser asked for
	keepNext = "next" // the way back
)

// askCode mails a code to the address that was typed. The answer is the same for
// every address.
func (h *pages) askCode(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	email, next := emailField(f), back(f.Raw("next"))
	if f.Err() != nil {
		return h.render(w, r, f, next)
	}
	id, err := h.Access.Ask(r.Context(), h.asking(r, email.Value, "", keepCode))
	if err != nil {
		if OnPage(f, err) {
			return h.render(w, r, f, next)
		}
		return Later(w, err)
	}
	h.Sessions.Keep(r.Context(), keepCode, id)
	h.Sessions.Keep(r.Context(), keepNext, next)
	return web.Redirect(w, r, codePath)
}

// asking is what the browser of a request asks a code for, instead of the one
// that the session remembers under a key.
func (h *pages) asking(r *http.Request, address, person, key string) Asking {
	ctx := r.Context()
	return Asking{
		Address: address, Person: person, Language: string(h.ui.Printer(r).Lang), Client: web.ClientAddr(ctx),
		Mark: h.Sessions.MarkOf(r), Before: h.Sessions.Look(ctx, key),
	}
}

// codePage takes the code that was mailed.
type codePage struct {
	web.Head
	Form    *form.Form
	Address string // to which it was mailed; "" where no code is alive that this browser asked for
	Again   string // href to ask for another
	Mailbox string
}

func (codePage) Template() string { return "identity/code" }

func codeField(f *form.Form) *form.Text {
	return f.String("codice", "identity.code.label").Max(40).Required().Says("identity.code.form")
}

// showCode shows where to type the code. Opening it signs nobody in: programs
// that look at mail open links too.
func (h *pages) showCode(w http.ResponseWriter, r *http.Request) error {
	if ActorFrom(r.Context()).SignedIn() && h.Sessions.Look(r.Context(), keepCode) == "" { // the way back of their browser
		return web.Redirect(w, r, home)
	}
	f := form.Of(nil)
	codeField(f)
	return h.renderCode(w, r, f)
}

func (h *pages) renderCode(w http.ResponseWriter, r *http.Request, f *form.Form) (err error) {
	page := codePage{Head: web.Head{Title: h.ui.Printer(r).T("identity.code.title"), Private: true}, Form: f, Again: SignInPath, Mailbox: h.Mailbox}
	if next := h.Sessions.Look(r.Context(), keepNext); next != "" {
		page.Again += "?next=" + url.QueryEscape(next)
	}
	page.Address, err = h.Access.Asked(r.Context(), h.Sessions.Look(r.Context(), keepCode))
	if err != nil && !errs.Is(err, errs.Rule) {
		return err
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) answerCode(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	ctx, code := r.Context(), codeField(f)
	id := h.Sessions.Look(ctx, keepCode)
	if f.Err() != nil {
		return h.renderCode(w, r, f)
	}
	if err := h.Access.AnswerFrom(ctx, web.ClientAddr(ctx), h.Sessions.MarkOf(r), id, code.Value); err != nil {
		f.Set("codice", "")
		if OnPage(f, err) {
			return h.renderCode(w, r, f)
		}
		return Later(w, err)
	}
	if err := h.mark(w, r, id); err != nil {
		return err
	}
	person, err := h.Access.Enter(ctx, id, "")
	if errs.HasKey(err, "identity.choose") {
		if err := h.Sessions.Renew(ctx); err != nil {
			return err
		}
		return web.Redirect(w, r, choicePath)
	}
	if err != nil {
		return err
	}
	return h.enter(w, r, Proof{Person: person.ID, Method: "code", Level: LevelLow}, back(h.Sessions.Look(ctx, keepNext)), "")
}

// mark gives the browser its mark, after the code of an id was right.
func (h *pages) mark(w http.ResponseWriter, r *http.Request, id string) error {
	address, err := h.Access.Asked(r.Context(), id)
	if err != nil {
		return err
	}
	mark, err := h.Access.MarkBrowser(r.Context(), address)
	if err == nil {
		h.Sessions.KeepMark(w, mark)
	}
	return err
}

// choicesPage lists the people who share an address.
type choicesPage struct {
	web.Head
	People []Person
}

func (choicesPage) Template() string { return "identity/choices" }

func (h *pages) showChoices(w http.ResponseWriter, r *http.Request) error {
	people, err := h.Access.Choices(r.Context(), h.Sessions.Look(r.Context(), keepCode))
	if errs.Is(err, errs.Rule) {
		return web.Redirect(w, r, codePath)
	}
	if err != nil {
		return err
	}
	return h.ui.Render(w, r, http.StatusOK, choicesPage{
		Head: web.Head{Title: h.ui.Printer(r).T("identity.choices.title"), Private: true}, People: people,
	})
}

func (h *pages) chooseWho(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	ctx, choice := r.Context(), f.Raw("chi")
	if choice == "" {
		return web.Redirect(w, r, choicePath)
	}
	person, err := h.Access.Enter(ctx, h.Sessions.Look(ctx, keepCode), choice)
	if errs.Is(err, errs.Rule) {
		return web.Redirect(w, r, codePath)
	}
	if err != nil {
		return err
	}
	return h.enter(w, r, Proof{Person: person.ID, Method: "code", Level: LevelLow}, back(h.Sessions.Look(ctx, keepNext)), "")
}
