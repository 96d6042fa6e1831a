package privacy

import (
	"cmp"
	"net/http"

	"polis/internal/identity"
	"polis/internal/platform/api"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// The addresses of the pages.
const (
	profilePath  = "/profilo"
	AccessesPath = profilePath + "/consultazioni"
	DataPath     = profilePath + "/dati"
)

// perPage is how many accesses a page shows.
const perPage = 50

// pages are the handlers; they parse, call the Service and show.
type pages struct {
	*Service
	ui *web.Renderer
}

// RegisterPages adds the pages of privacy to a mux. They stand behind
// Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, s *Service) error {
	if err := ui.Add("privacy", Pages); err != nil {
		return err
	}
	h := &pages{Service: s, ui: ui}
	own := func(next web.Handler) web.Handler { // whatever is sent comes back to the page of one's data
		return identity.SignedIn(next, func(*http.Request) string { return DataPath })
	}
	for pattern, handler := range map[string]web.Handler{
		"GET " + AccessesPath: h.showAccesses,
		"GET " + DataPath:     h.showData,
		"POST " + DataPath:    sure(h.askExport),
		"GET " + filePath:     sure(h.takeExport),
		"GET " + forgetPath:   h.showForget,
		"POST " + forgetPath:  sure(h.forget),
		"GET " + keepPath:     h.showKept,
	} {
		mux.Handle(pattern, ui.Handle(own(handler)))
	}
	return nil
}

func actor(r *http.Request) identity.Actor { return identity.ActorFrom(r.Context()) }

func crumbs(p *i18n.Printer) []web.Link {
	return []web.Link{{Href: profilePath, Text: p.T("identity.profile.title")}}
}

// accessesPage says who has seen one's record.
type accessesPage struct {
	web.Head
	Rows  []accessRow
	Empty *web.Empty
	Pages web.Pages
}

func (accessesPage) Template() string { return "privacy/accesses" }

// accessRow is one look: when, whose, at what, and for which booking or case.
type accessRow struct {
	When, Who, What string
	About           web.Link // without Text where it was for none
}

func (h *pages) showAccesses(w http.ResponseWriter, r *http.Request) error {
	var after Position
	if cursor := r.URL.Query().Get(web.AfterField); cursor != "" && api.DecodeCursor(cursor, &after) != nil {
		return errs.New(errs.Invalid, "privacy.bad-page", nil)
	}
	list, err := h.Accesses(r.Context(), actor(r), after, perPage+1)
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	page := accessesPage{Head: web.Head{Title: p.T("privacy.accesses.title"), Private: true, Crumbs: crumbs(p)}}
	list, next := web.Cut(list, perPage, func(a Access) string { return api.EncodeCursor(a.Position) })
	page.Pages = web.PagesAfter(r.URL, next)
	if len(list) == 0 {
		page.Empty = &web.Empty{Title: p.T("privacy.accesses.none"), Text: p.T("privacy.accesses.none-text")}
		return h.ui.Render(w, r, http.StatusOK, page)
	}
	for _, a := range list {
		page.Rows = append(page.Rows, accessRow{p.DateTime(a.At.In(i18n.Rome)), h.readerText(p, a), p.T("privacy.read." + a.Page), h.About(p, a.About)})
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// readerText is who saw a record: "Anna R., Reception, Aurora".
func (h *pages) readerText(p *i18n.Printer, a Access) string {
	where := p.T("identity.scope.network")
	if a.Scope != identity.Network {
		where = cmp.Or(h.Access.Scopes.ScopeName(a.Scope), p.T("identity.scope.gone"))
	}
	return p.T("privacy.accesses.reader", "name", a.Reader, "role", p.T(a.Role.Label()), "where", where)
}
