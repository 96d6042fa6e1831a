package oidc

import (
	"cmp"
	"net/http"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// knownPage asks who came by a provider whether they are somebody known, who must
// prove it by a code.
type knownPage struct {
	web.Head
	Form    *form.Form
	Email   string // "" where no answer waits (any more)
	Asked   bool   // a code was mailed
	People  []identity.Person
	Mailbox string
}

func (knownPage) Template() string { return "oidc/known" }

func codeField(f *form.Form) *form.Text {
	return f.String("codice", "identity.code.label").Max(40).Required().Says("identity.code.form")
}

func (h *pages) showKnown(w http.ResponseWriter, r *http.Request) error {
	f := form.Of(nil)
	codeField(f)
	return h.renderKnown(w, r, f)
}

func (h *pages) renderKnown(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	ctx := r.Context()
	page := knownPage{Head: web.Head{Title: h.ui.Printer(r).T("oidc.known.title"), Private: true}, Form: f, Mailbox: h.Mailbox}
	email, err := h.Waiting(ctx, h.Sessions.Look(ctx, keepConfirm))
	if err != nil && !errs.Is(err, errs.Rule) {
		return err
	}
	page.Email = email
	if code := h.Sessions.Look(ctx, keepCode); email != "" && code != "" {
		if _, err := h.Access.Asked(ctx, code); err == nil {
			page.Asked = true
			page.People, err = h.Access.Choices(ctx, code)
			if err != nil && !errs.Is(err, errs.Rule) {
				return err
			}
		} else if !errs.Is(err, errs.Rule) {
			return err
		}
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// answerKnown mails the code, takes it, or goes on as somebody new.
func (h *pages) answerKnown(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	confirm := h.Sessions.Look(ctx, keepConfirm)
	email, err := h.Waiting(ctx, confirm)
	if errs.Is(err, errs.Rule) {
		return web.Redirect(w, r, knownPath)
	}
	if err != nil {
		return err
	}
	switch {
	case f.Raw("nuovo") != "":
		return h.confirmed(w, r, confirm, "")
	case f.Raw("manda") != "":
		return h.mailCode(w, r, email)
	case f.Raw("chi") != "":
		return h.enterAs(w, r, f, confirm, f.Raw("chi"))
	}
	code := codeField(f)
	if f.Err() != nil {
		return h.renderKnown(w, r, f)
	}
	if err := h.Access.Answer(ctx, h.Sessions.Look(ctx, keepCode), code.Value); err != nil {
		f.Set("codice", "")
		return h.wrongCode(w, r, f, err)
	}
	return h.enterAs(w, r, f, confirm, "")
}

// mailCode mails the code to the address of the answer.
func (h *pages) mailCode(w http.ResponseWriter, r *http.Request, email string) error {
	ctx := r.Context()
	code, err := h.Access.Ask(ctx, identity.Asking{
		Address: email, Language: string(h.ui.Printer(r).Lang), Client: web.ClientAddr(ctx), Mark: h.Sessions.MarkOf(r), Before: h.Sessions.Look(ctx, keepCode),
	})
	if err != nil {
		return err
	}
	h.Sessions.Keep(ctx, keepCode, code)
	return web.Redirect(w, r, knownPath)
}

func (h *pages) wrongCode(w http.ResponseWriter, r *http.Request, f *form.Form, err error) error {
	if f.AddAs(err, form.Inputs{"code": "codice"}) {
		return h.renderKnown(w, r, f)
	}
	return err
}

// enterAs lets in the person whom the code has proved.
func (h *pages) enterAs(w http.ResponseWriter, r *http.Request, f *form.Form, confirm, choice string) error {
	ctx := r.Context()
	person, err := h.Access.Enter(ctx, h.Sessions.Look(ctx, keepCode), choice)
	switch {
	case errs.HasKey(err, "identity.choose"):
		return web.Redirect(w, r, knownPath)
	case errs.Is(err, errs.Rule):
		return h.wrongCode(w, r, f, err)
	case err != nil:
		return err
	}
	return h.confirmed(w, r, confirm, person.ID)
}

// confirmed lets in the person of an answer that waited.
func (h *pages) confirmed(w http.ResponseWriter, r *http.Request, confirm, person string) error {
	out, err := h.Confirm(r.Context(), confirm, person)
	if err != nil {
		return err
	}
	return h.LetIn(w, r, h.ui, out.Proof, cmp.Or(out.Next, "/"), "")
}
