package identity

import (
	"context"
	"net/http"

	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// openForm takes the secret of a link, which a small script fills in from behind
// "#" and sends; without scripts it is pasted or typed.
type openForm struct {
	Action              string
	Lead, Label, Button string // keys
	None                string // of a secret that opens nothing
	Over, Again         string // of what was opened and is over, and what to do
}

func (o openForm) field(f *form.Form) *form.Text {
	return f.String("chiave", o.Label).Max(500).Required().Says("identity.open.form")
}

// take is what the session is to keep of the secret that was sent; false where
// it is none, and the form says so.
func (h *pages) take(r *http.Request, f *form.Form, o openForm, open func(context.Context, string) (string, error)) (opened string, ok bool, err error) {
	secret := o.field(f)
	if f.Err() != nil {
		return "", false, nil //nolint:nilerr // the form says it
	}
	err = h.attempt(r, wrongLinks, func() (err error) {
		opened, err = open(r.Context(), secret.Value)
		return err
	})
	if errs.Is(err, errs.NotFound) {
		f.Set("chiave", "")
		f.Add(errs.New(errs.Rule, o.None, nil).On("chiave"))
		return "", false, nil
	}
	return opened, err == nil, err
}

// openPage asks for the secret of a link.
type openPage struct {
	web.Head
	Form *form.Form
	Open openForm
	Over bool // what was opened is worth nothing any more
}

func (openPage) Template() string { return "identity/open" }

func (h *pages) renderOpen(w http.ResponseWriter, r *http.Request, f *form.Form, title string, o openForm) error {
	return h.ui.Render(w, r, f.Status(), openPage{Head: web.Head{Title: h.ui.Printer(r).T(title), Private: true}, Form: f, Open: o})
}

// renderOver says that what was opened is over; another can be opened there.
func (h *pages) renderOver(w http.ResponseWriter, r *http.Request, title string, o openForm) error {
	f := form.Of(nil)
	o.field(f)
	return h.ui.Render(w, r, http.StatusNotFound, openPage{Head: web.Head{Title: h.ui.Printer(r).T(title), Private: true}, Form: f, Open: o, Over: true})
}

// keepOpenedLink remembers which link to sign in a browser has opened.
const keepOpenedLink = "link"

var openLink = openForm{
	Action: linkPath, Lead: "identity.link.open-text", Label: "identity.link.code", Button: "identity.link.open",
	None: "identity.link.none", Over: "identity.link.over", Again: "identity.link.again",
}

// linkPage asks whoever opened a link whether to sign in.
type linkPage struct {
	web.Head
	Form *form.Form
	Open openForm
	Name string
}

func (linkPage) Template() string { return "identity/link" }

// showLink shows whom the link that this browser has opened lets in, or where to
// open one.
func (h *pages) showLink(w http.ResponseWriter, r *http.Request) error {
	ctx, f := r.Context(), form.Of(nil)
	openLink.field(f)
	opened := h.Sessions.Look(ctx, keepOpenedLink)
	if opened == "" {
		return h.renderOpen(w, r, f, "identity.link.title", openLink)
	}
	person, err := h.Access.Linked(ctx, opened)
	if errs.HasKey(err, "identity.link.over") {
		h.Sessions.Kept(ctx, keepOpenedLink)
		return h.renderOver(w, r, "identity.link.title", openLink)
	}
	if err != nil {
		return err
	}
	return h.ui.Render(w, r, http.StatusOK, linkPage{
		Head: web.Head{Title: h.ui.Printer(r).T("identity.link.title"), Private: true}, Form: f, Open: openLink, Name: person.DisplayName(),
	})
}

// openPath opens the secret in the path of a request.
func (h *pages) openPath(r *http.Request, open func(context.Context, string) (string, error)) (opened string, err error) {
	return opened, h.attempt(r, wrongLinks, func() error {
		opened, err = open(r.Context(), r.PathValue("secret"))
		return err
	})
}

// openOldLink is for links that were made when their secret still stood in the
// path.
func (h *pages) openOldLink(w http.ResponseWriter, r *http.Request) error {
	opened, err := h.openPath(r, h.Access.OpenLink)
	if errs.HasKey(err, "identity.link.over") {
		return h.renderOver(w, r, "identity.link.title", openLink)
	}
	if err != nil {
		return err
	}
	h.Sessions.Keep(r.Context(), keepOpenedLink, opened)
	return web.Redirect(w, r, linkPath)
}

// sendLink opens a link with its secret, or uses the one that was opened.
func (h *pages) sendLink(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if f.Has("entra") {
		person, err := h.Access.UseLink(ctx, h.Sessions.Kept(ctx, keepOpenedLink))
		if errs.HasKey(err, "identity.link.over") {
			return h.renderOver(w, r, "identity.link.title", openLink)
		}
		if err != nil {
			return err
		}
		return h.enter(w, r, Proof{Person: person, Method: "link", Level: LevelLow}, h.offerPasskey(r, person, home), "")
	}
	opened, ok, err := h.take(r, f, openLink, h.Access.OpenLink)
	if err != nil {
		return Later(w, err)
	}
	if !ok {
		return h.renderOpen(w, r, f, "identity.link.title", openLink)
	}
	h.Sessions.Keep(ctx, keepOpenedLink, opened)
	return web.Redirect(w, r, linkPath)
}
