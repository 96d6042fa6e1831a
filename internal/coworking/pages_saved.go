package coworking

import (
	"net/http"
	"net/url"
	"strings"

	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// savedPath is the page of the saved searches.
const savedPath = "/prenotazioni/ricerche"

// savedPage is somebody's saved searches.
type savedPage struct {
	web.Head
	Rows   []savedRow
	Alerts bool // whether people can be told by mail
	Empty  *web.Empty
}

func (savedPage) Template() string { return "coworking/saved" }

// savedRow is a saved search in words, with what can be done with it.
type savedRow struct {
	Href   string // makes it again
	Where  string
	When   string
	What   string
	Path   string // of what is done with it
	Alert  bool
	State  *web.State
	Remove string // name of the button for who does not see the row
}

func (h *pages) savedPage(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	page := savedPage{
		Head:   web.Head{Title: p.T("coworking.saved.title"), Private: true, Section: "/prenotazioni", Crumbs: []web.Link{{Href: "/prenotazioni", Text: p.T("coworking.list.title")}}},
		Alerts: h.Alerts(),
	}
	list, err := h.SavedSearches(r.Context(), actor(r))
	if err != nil {
		return err
	}
	for _, s := range list {
		row := savedRow{Href: "/spazi?" + s.Query, Path: savedPath + "/" + url.PathEscape(s.ID), Alert: s.Alert, Where: p.T("coworking.saved.gone")}
		if a, err := h.readSaved(s.Query, string(p.Lang)); err == nil {
			row.Where, row.When, row.What = whereText(p, a), p.Span(a.From.In(i18n.Rome), a.To.In(i18n.Rome)), whatText(p, a)
		}
		switch {
		case !s.Told.IsZero():
			row.State = &web.State{Kind: "free", Text: p.T("coworking.saved.told", "time", p.DateTime(s.Told))}
		case s.Alert:
			row.State = &web.State{Kind: "pending", Text: p.T("coworking.saved.waiting")}
		}
		row.Remove = p.T("coworking.saved.remove-one", "where", row.Where)
		page.Rows = append(page.Rows, row)
	}
	if len(list) == 0 {
		page.Empty = &web.Empty{
			Title: p.T("coworking.saved.none"), Text: p.T("coworking.saved.none-text"),
			Links: []web.Link{{Href: "/spazi", Text: p.T("coworking.list.find")}},
		}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// whatText is what a search wants, in words.
func whatText(p *i18n.Printer, a ask) string {
	parts := []string{p.T("coworking.kind." + string(a.Kind))}
	for _, c := range chips(p, &url.URL{}, ask{Query: withoutKind(a.Query)}) {
		parts = append(parts, c.Text)
	}
	return strings.Join(parts, " · ")
}

func withoutKind(q Query) Query {
	q.Kind = ""
	return q
}

func (h *pages) saveSearch(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	query := f.Raw("ricerca")
	if !actor(r).SignedIn() { // afterwards the search is there again, and its button
		if _, err := h.readSaved(query, ""); err != nil {
			return err
		}
		return identity.ToSignIn(w, r, "/spazi?"+query)
	}
	if err := h.SaveSearch(r.Context(), actor(r), query); err != nil {
		return err
	}
	return h.ui.Done(w, r, savedPath, "coworking.saved.done")
}

func (h *pages) alertSearch(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	on := f.Raw("avviso") == "1"
	if err := h.AlertSearch(r.Context(), actor(r), r.PathValue("saved"), on); err != nil {
		return err
	}
	if on {
		return h.ui.Done(w, r, savedPath, "coworking.saved.alert-on")
	}
	return h.ui.Done(w, r, savedPath, "coworking.saved.alert-off")
}

func (h *pages) removeSearch(w http.ResponseWriter, r *http.Request) error {
	if err := h.RemoveSearch(r.Context(), actor(r), r.PathValue("saved")); err != nil {
		return err
	}
	return h.ui.Done(w, r, savedPath, "coworking.saved.removed")
}

func (h *pages) savedRoutes() map[string]web.Handler {
	// What changes a saved search, asked for as a page, is the list.
	list := func(w http.ResponseWriter, r *http.Request) error { return web.Redirect(w, r, savedPath) }
	own := func(next web.Handler) web.Handler {
		return identity.SignedIn(next, func(*http.Request) string { return savedPath })
	}
	return map[string]web.Handler{
		"GET " + savedPath:                       own(h.savedPage),
		"POST " + savedPath:                      h.saveSearch,
		"GET " + savedPath + "/{saved}/avviso":   list,
		"POST " + savedPath + "/{saved}/avviso":  own(h.alertSearch),
		"GET " + savedPath + "/{saved}/rimuovi":  list,
		"POST " + savedPath + "/{saved}/rimuovi": own(h.removeSearch),
	}
}
