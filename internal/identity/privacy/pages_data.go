package privacy

import (
	"net/http"
	"net/url"
	"strconv"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

const (
	filePath   = DataPath + "/archivio"
	forgetPath = DataPath + "/cancella"
)

// sure leads who proved too long ago who they are to do so again, and back.
func sure(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := next(w, r)
		if !errs.HasKey(err, "identity.step-up") {
			return err
		}
		back := r.URL.Path
		if back == filePath { // a file is no page to come back to
			back = DataPath
		}
		return web.Redirect(w, r, identity.SignInPath+"/conferma?next="+url.QueryEscape(back))
	}
}

// dataPage is where somebody takes what is held about them, or ends it.
type dataPage struct {
	web.Head
	Export   Export
	Progress string // how far it is; "" where it is done, or none was asked for
	Until    string // until when it is there
	Size     string
}

func (dataPage) Template() string { return "privacy/data" }

func (h *pages) showData(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	page := dataPage{Head: web.Head{Title: p.T("privacy.data.title"), Private: true, Crumbs: crumbs(p)}}
	var err error
	if page.Export, err = h.Asked(r.Context(), actor(r)); err != nil {
		return err
	}
	switch x := page.Export; {
	case x.ID != "" && x.Size == 0:
		page.Progress = p.T("privacy.data.progress", "done", x.Done, "total", x.Total)
	case x.ID != "":
		page.Until = p.T("privacy.data.until", "time", p.DateTime(x.Expires.In(i18n.Rome)))
		page.Size = p.T("privacy.data.size", "kb", max(1, x.Size/1024))
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) askExport(w http.ResponseWriter, r *http.Request) error {
	if err := h.AskExport(r.Context(), actor(r)); err != nil {
		return err
	}
	return h.ui.Done(w, r, DataPath, "privacy.data.asked")
}

func (h *pages) takeExport(w http.ResponseWriter, r *http.Request) error {
	file, err := h.TakeExport(r.Context(), actor(r))
	if err != nil {
		return err
	}
	head := w.Header()
	head.Set("Content-Type", "application/zip")
	head.Set("Content-Disposition", `attachment; filename="polis-dati.zip"`)
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Length", strconv.Itoa(len(file)))
	_, _ = w.Write(file) // a client that has gone need not be told
	return nil
}

// forgetPage says what happens, what stays and why, before anything does.
type forgetPage struct {
	web.Head
	Form   *form.Form
	Not    string   // why it cannot be done; "" where it can
	Coming string   // what to come is cancelled; "" where there is nothing
	Stays  []string // what of it stays, for how long and why
}

func (forgetPage) Template() string { return "privacy/forget" }

func (h *pages) showForget(w http.ResponseWriter, r *http.Request) error {
	f := form.Of(nil)
	f.Bool("capito", "privacy.forget.understood")
	return h.renderForget(w, r, f)
}

func (h *pages) renderForget(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	p, ctx := h.ui.Printer(r), r.Context()
	page := forgetPage{
		Head: web.Head{Title: p.T("privacy.forget.title"), Private: true, Crumbs: append(crumbs(p), web.Link{Href: DataPath, Text: p.T("privacy.data.title")})},
		Form: f,
	}
	if err := h.MayForget(ctx, actor(r).Person); errs.Is(err, errs.Rule) {
		page.Not = p.T(errs.As(err).Key, errs.As(err).Args)
	} else if err != nil {
		return err
	}
	coming, err := h.Coming(ctx, actor(r).Person)
	if err != nil {
		return err
	}
	if coming > 0 {
		page.Coming = p.T("privacy.forget.coming", "count", coming)
	}
	for _, k := range h.Keeps() {
		if k.Stays {
			page.Stays = append(page.Stays, p.T("privacy.kind."+k.Kind+"-stays")+" "+p.T("privacy.forget.term", "term", k.Term.text(p), "why", p.T("privacy.kind."+k.Kind+"-why")))
		}
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) forget(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if !f.Bool("capito", "privacy.forget.understood") {
		f.Add(errs.New(errs.Invalid, "privacy.forget.not-understood", nil).On("capito"))
		return h.renderForget(w, r, f)
	}
	err = h.Forget(r.Context(), actor(r))
	if errs.Is(err, errs.Rule) {
		return h.renderForget(w, r, f)
	}
	if err != nil {
		return err
	}
	return h.ui.Done(w, r, "/", "privacy.forget.done")
}
