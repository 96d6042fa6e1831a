package manage

import (
	"net/http"
	"net/url"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// housesRoot is above the pages of all houses.
const housesRoot = Root + "/sedi"

// newHouse stands in the address of the page that makes a house, where others
// have their code.
const newHouse = "nuova"

// housePath is the address of the pages of a house at the desk.
func housePath(code string) string { return housesRoot + "/" + url.PathEscape(code) }

// houseTabs are the pages of a house in the order in which they are shown, each
// with the key of its name under manage.house.tab.
var houseTabs = []struct {
	key  string
	path func(code string, others Links) string
}{
	{"facts", func(code string, _ Links) string { return housePath(code) }},
	{"hours", func(code string, _ Links) string { return hoursPath(code) }},
	{"rules", func(code string, _ Links) string { return housePath(code) + "/regole" }},
	{"places", func(code string, _ Links) string { return placesPath(code) }},
	{"day", func(code string, others Links) string { return others.Today(code) }},
	{"figures", func(code string, others Links) string { return others.Figures(code) }},
	{"photos", func(code string, others Links) string { return others.Photos(code) }},
}

// houseHead is what every page of a house has: the house, its state, and the way
// to its other pages. A page embeds it and shows it with the template
// "house-head".
type houseHead struct {
	web.Head
	House  string
	State  web.State
	Public string // its page for everyone
	Tabs   []tab
}

// tab leads to one of several pages about one thing.
type tab struct {
	web.Link
	Current bool
}

// stateKind is how a state of a house is drawn.
var stateKind = map[site.State]string{
	site.Open: "free", site.Testing: "pending", site.Works: "works", site.Planned: "pending", site.Suspended: "closed",
}

// house is the house of a request that the actor may change, with the head of
// its page under one of houseTabs.
func (h *pages) house(r *http.Request, current string) (*site.Site, houseHead, error) {
	st, err := h.House(actor(r), r.PathValue("code"))
	if err != nil {
		return nil, houseHead{}, err
	}
	return st, h.houseHeadOf(h.ui.Printer(r), st, current), nil
}

// houseHeadOf is the head of a page of a house, under one of houseTabs or, where
// current is "", under none.
func (h *pages) houseHeadOf(p *i18n.Printer, st *site.Site, current string) houseHead {
	head := houseHead{
		Head:   web.DeskHead(Root, st.Name, web.Link{Href: Root, Text: p.T("manage.nav.network")}),
		House:  st.Name,
		State:  web.State{Kind: stateKind[st.State], Text: p.T(st.State.Label())},
		Public: h.Links.House(st.Code),
	}
	if current != "" {
		head.Title = p.T("manage.house.title", "house", st.Name, "tab", p.T("manage.house.tab."+current))
	}
	for _, t := range houseTabs {
		link := web.Link{Href: t.path(st.Code, h.Links), Text: p.T("manage.house.tab." + t.key)}
		head.Tabs = append(head.Tabs, tab{link, t.key == current})
	}
	return head
}

func (h *pages) houseRoutes() map[string]web.Handler {
	const house = housesRoot + "/{code}"
	return map[string]web.Handler{
		"GET " + housesRoot + "/" + newHouse:  h.newPage,
		"POST " + housesRoot + "/" + newHouse: h.addHouse,

		"GET " + house:                      h.factsPage,
		"GET " + house + "/scheda/{parte}":  h.partPage,
		"POST " + house + "/scheda/{parte}": h.savePart,
		"GET " + Root + "/comuni":           h.towns,
		"GET " + house + "/orari":           h.hoursPage,
		"POST " + house + "/orari":          h.saveHours,

		"GET " + house + "/da-sistemare":                 h.unsettledPage,
		"GET " + house + "/orari/giorni":                 h.dayPage,
		"POST " + house + "/orari/giorni":                h.saveDay,
		"GET " + house + "/orari/giorni/{giorno}":        h.dayPage,
		"POST " + house + "/orari/giorni/{giorno}":       h.saveDay,
		"GET " + house + "/orari/giorni/{giorno}/togli":  h.askDropDay,
		"POST " + house + "/orari/giorni/{giorno}/togli": h.dropDay,
	}
}
