package manage

import (
	"net/http"

	"polis/internal/identity"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// networkPage is the first page of the desk: the houses that the actor runs.
type networkPage struct {
	web.Head
	Houses []web.Link
}

func (networkPage) Template() string { return "manage/network" }

func (h *pages) networkPage(w http.ResponseWriter, r *http.Request) error {
	a := actor(r)
	if err := a.CheckSomewhere(identity.SiteWrite); err != nil {
		return err
	}
	page := networkPage{Head: web.Head{Title: h.ui.Printer(r).T("manage.network.title"), Private: true, Desk: true, Section: Root}}
	for _, hit := range h.Live.Network().Sites(site.Filter{}) {
		if a.May(identity.SiteWrite, identity.Site(hit.Site.ID)) && len(page.Houses) < 100 {
			page.Houses = append(page.Houses, web.Link{Href: housePath(hit.Site.Code), Text: hit.Site.Name})
		}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) networkRoutes() map[string]web.Handler {
	return map[string]web.Handler{"GET " + Root: h.networkPage}
}
