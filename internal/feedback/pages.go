package feedback

import (
	"net/http"
	"net/url"
	"strings"

	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// The addresses of the pages.
const (
	formPath   = "/segnala"
	listPath   = "/segnalazioni"
	managePath = listPath + "/gestione"
)

// Door leads from the first page to the form.
var Door = web.Door{Href: formPath, Icon: "it-comment", Title: "feedback.door.title", Text: "feedback.door.text"}

// DeskEntry leads to the reports, for who answers them.
var DeskEntry = web.Entry{Href: managePath, Key: "feedback.nav.desk"}

// ReportPath is a report.
func ReportPath(number string) string { return listPath + "/" + url.PathEscape(number) }

// OpenPath is the open reports of a house.
func OpenPath(house string) string { return managePath + "?" + url.Values{"dove": {house}}.Encode() }

// pages are the handlers; they parse, call the Service and show.
type pages struct {
	*Service
	ui     *web.Renderer
	limits *limits
}

// RegisterPages adds the pages of feedback to a mux. They stand behind
// Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, s *Service) error {
	if err := ui.Add("feedback", Pages); err != nil {
		return err
	}
	h := &pages{Service: s, ui: ui, limits: newLimits(s.clock)}
	for pattern, handler := range map[string]web.Handler{
		"GET " + formPath:                         h.form,
		"POST " + formPath:                        h.send,
		"GET " + formPath + "/sedi":               h.suggest,
		"GET " + listPath:                         own(h.mine),
		"GET " + managePath:                       own(h.manage),
		"GET " + listPath + "/{number}":           h.report,
		"POST " + listPath + "/{number}/risposta": own(h.answer),
		// A refused answer stands at this address; whoever loads it again comes to
		// the report.
		"GET " + listPath + "/{number}/risposta": func(w http.ResponseWriter, r *http.Request) error {
			return web.Redirect(w, r, ReportPath(r.PathValue("number")))
		},
	} {
		mux.Handle(pattern, ui.Handle(handler))
	}
	return nil
}

func actor(r *http.Request) identity.Actor { return identity.ActorFrom(r.Context()) }

// own is a page for who is signed in; a form that was sent comes back to the page
// of its report.
func own(next web.Handler) web.Handler {
	return identity.SignedIn(next, func(r *http.Request) string { return ReportPath(r.PathValue("number")) })
}

// siteName is a house as people pick it: "Spazio Aurora, Gavirate (VA)".
func siteName(net *site.Network, st *site.Site) string {
	if place := net.Place(st); place != "" {
		return st.Name + ", " + place
	}
	return st.Name
}

// mostSites is how many houses are offered where the words fit several.
const mostSites = 12

// findSites finds the houses that somebody means: the one of that very name,
// else those whose words begin so.
func findSites(net *site.Network, text string) (found []*site.Site, more bool) {
	name, _, _ := strings.Cut(text, " (") // the province is no word of a search
	for _, hit := range net.Sites(site.Filter{Query: name}) {
		if siteName(net, hit.Site) == text {
			return []*site.Site{hit.Site}, false
		}
		if len(found) == mostSites {
			more = true
			continue
		}
		found = append(found, hit.Site)
	}
	return found, more
}

// stateOf is how a report stands, by shape and word.
func (h *pages) stateOf(p *i18n.Printer, r Report) web.State {
	switch {
	case !r.Open():
		return web.State{Kind: "free", Text: p.T("feedback.state.answered")}
	case r.Overdue(h.clock.Now()):
		return web.State{Kind: "warning", Text: p.T("feedback.state.overdue")}
	}
	return web.State{Kind: "pending", Text: p.T("feedback.state.open")}
}

// kindText is what a report is about, in words.
func kindText(p *i18n.Printer, k Kind) string { return p.T("feedback.kind." + string(k)) }

// whereText is the house of a report in words; of the service itself where it
// has none.
func whereText(p *i18n.Printer, net *site.Network, r Report) string {
	if r.Site == "" {
		return p.T("feedback.service")
	}
	st, err := net.Site(r.Site)
	if err != nil {
		return p.T("feedback.site-gone")
	}
	return siteName(net, st)
}
