package manage

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
	"polis/internal/territory"
)

// newPage makes a house.
type newPage struct {
	web.Head
	Form         *form.Form
	Kinds, Sizes []web.Option
	Map          *web.Map
	Proposed     *web.Alert // what was proposed, to be looked at
}

func (newPage) Template() string { return "manage/new-house" }

// readNew reads a new house. What was left empty is proposed: the code from the
// name, the point and the patron from the municipality.
func (h *pages) readNew(f *form.Form, st *site.Site) (proposed bool) {
	h.readSite(f, st)
	f.String("codice-sede", "manage.field.code").Max(site.MaxCode)
	net := h.Live.Network()
	st.Code = strings.ToLower(strings.TrimSpace(f.Raw("codice-sede")))
	if st.Code == "" && st.Name != "" {
		st.Code, proposed = freeCode(net, st.Name), true
		f.Set("codice-sede", st.Code)
	}
	m, ok := net.Territory().ByISTAT(st.Municipality)
	if !ok {
		return proposed
	}
	if patron, err := agenda.ParseMonthDay(m.Patron); err == nil {
		st.Patron = patron
	}
	point := coordinate(m.Lat) + " " + coordinate(m.Lon)
	typed := f.Raw("lat") + " " + f.Raw("lon")
	if strings.TrimSpace(typed) == "" || typed == f.Raw(pointField) && typed != point { // of another municipality
		st.Lat, st.Lon, proposed = m.Lat, m.Lon, true
		f.Set("lat", coordinate(m.Lat))
		f.Set("lon", coordinate(m.Lon))
	}
	f.Set(pointField, point)
	return proposed
}

// pointField keeps which point was proposed: that of a municipality.
const pointField = "proposto"

// freeCode is a code made of a name that no other house has.
func freeCode(net *site.Network, name string) string {
	words := strings.FieldsFunc(territory.Fold(name), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
	base := strings.Join(words, "-")
	base = strings.Trim(base[:min(len(base), 60)], "-")
	if base == "" {
		base = "sede"
	}
	for code, n := base, 2; ; n++ {
		if _, err := net.ByCode(code); err != nil && code != newHouse {
			return code
		}
		code = base + "-" + strconv.Itoa(n)
	}
}

// newHours are those of a house until somebody says others.
const newHours = "Mo-Fr 09:00-18:00; PH off"

func (h *pages) newPage(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).Check(identity.SiteWrite, identity.Network); err != nil {
		return err
	}
	f := form.Of(url.Values{"tipo": {string(site.Space)}})
	h.readNew(f, &site.Site{})
	return h.showNew(w, r, f, false, http.StatusOK)
}

func (h *pages) showNew(w http.ResponseWriter, r *http.Request, f *form.Form, proposed bool, status int) error {
	p := h.ui.Printer(r)
	page := newPage{
		Head:  web.DeskHead(Root, p.T("manage.new.title"), web.Link{Href: Root, Text: p.T("manage.nav.network")}),
		Form:  f,
		Kinds: choices(p, "site.kind.", []site.Kind{site.Space, site.Office}),
		Sizes: append([]web.Option{{Text: p.T("manage.none")}}, choices(p, "site.size.", []site.Size{site.Small, site.Medium, site.Large})...),
		Map:   h.houseMap(p, f.Raw("nome"), degrees(f.Raw("lat")), degrees(f.Raw("lon"))),
	}
	if proposed && f.Err() == nil {
		page.Proposed = &web.Alert{Tone: web.Info, Text: p.T("manage.new.proposed")}
	}
	return h.ui.Render(w, r, status, page)
}

func (h *pages) addHouse(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).Check(identity.SiteWrite, identity.Network); err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	st := site.Site{Hours: agenda.MustHours(newHours)}
	proposed := h.readNew(f, &st)
	if !proposed && f.Err() == nil {
		made, err := h.AddHouse(r.Context(), actor(r), st)
		if err == nil {
			return h.ui.Done(w, r, housePath(made.Code), "manage.new.done")
		}
		if !h.refused(r, &change{Form: f}, err) {
			return err
		}
	}
	return h.showNew(w, r, f, proposed, f.Status())
}
