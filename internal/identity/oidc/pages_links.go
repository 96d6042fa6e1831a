package oidc

import (
	"net/http"
	"slices"

	"polis/internal/identity"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// own is a page for who is signed in.
func (h *pages) own(next web.Handler) web.Handler {
	return identity.SignedIn(next, func(*http.Request) string { return linksPath })
}

// linksPage lists by which providers somebody comes in, and by which they could.
type linksPage struct {
	web.Head
	Links []linkRow
	More  []moreRow
}

type linkRow struct {
	Link

	Action string
}

type moreRow struct{ Label, Action string }

func (linksPage) Template() string { return "oidc/links" }

func (h *pages) showLinks(w http.ResponseWriter, r *http.Request) error {
	printer := h.ui.Printer(r)
	page := linksPage{Head: web.Head{
		Title: printer.T("oidc.links.title"), Private: true, Crumbs: []web.Link{{Href: "/profilo", Text: printer.T("identity.profile.title")}},
	}}
	links, err := h.Connected(r.Context(), self(r))
	if err != nil {
		return err
	}
	for _, l := range links {
		page.Links = append(page.Links, linkRow{l, linksPath + "/" + l.Provider})
	}
	for _, p := range h.providers {
		if !slices.ContainsFunc(links, func(l Link) bool { return l.Provider == p.Name }) {
			page.More = append(page.More, moreRow{p.label(), linksPath + "/" + p.Name})
		}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// changeLink connects a provider, or disconnects it, for who has proved lately who
// they are: it is a way in.
func (h *pages) changeLink(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if err := identity.ActorFrom(r.Context()).CheckDanger(identity.DangerProviders, h.Clock.Now()); err != nil {
		return err
	}
	name := r.PathValue("name")
	if f.Raw("azione") == "collega" {
		return h.lead(w, r, name, Wish{Next: linksPath, Person: self(r), Connect: true})
	}
	if err := h.Disconnect(r.Context(), self(r), name); err != nil {
		return err
	}
	return h.ui.Done(w, r, linksPath, "oidc.links.disconnected")
}
