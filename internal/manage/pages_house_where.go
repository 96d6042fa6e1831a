package manage

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
	"polis/internal/territory"
)

func (h *pages) whereValues(st *site.Site) url.Values {
	zone := st.Zone
	if zone == "" {
		zone = agenda.Rome.String()
	}
	return url.Values{
		"tipo": {string(st.Kind)}, "nome": {st.Name}, "indirizzo": {st.Address}, "comune": {h.Live.Network().Place(st)},
		"lat": {coordinate(st.Lat)}, "lon": {coordinate(st.Lon)}, "taglia": {string(st.Size)}, "fuso": {zone},
	}
}

func (h *pages) readWhere(f *form.Form, st *site.Site) {
	h.readSite(f, st)
	zone := f.String("fuso", "manage.field.zone").Max(60)
	if st.Zone = zone.Value; st.Zone == agenda.Rome.String() {
		st.Zone = ""
	}
}

// readSite reads what a house has from the first day on.
func (h *pages) readSite(f *form.Form, st *site.Site) {
	st.Kind = site.Kind(f.Choice("tipo", "manage.field.kind", string(site.Space), string(site.Office)).Required().Value)
	st.Name = f.String("nome", "manage.field.name").Required().Max(site.MaxName).Value
	town := f.String("comune", "manage.field.municipality").Required().Max(120).Value
	if town != "" {
		m, ok := townOf(h.Live.Network().Territory(), town)
		if !ok {
			f.Add(errs.New(errs.Invalid, "manage.field.no-such-town", nil).On("comune"))
		} else {
			f.Set("comune", townName(m))
		}
		st.Municipality = m.ISTAT
	}
	st.Address = f.String("indirizzo", "manage.field.address").Required().Max(site.MaxAddress).Value
	lat := f.Decimal("lat", "manage.field.lat").Between(-90, 90)
	lon := f.Decimal("lon", "manage.field.lon").Between(-180, 180)
	if lat.Given() != lon.Given() {
		f.Add(errs.New(errs.Invalid, "manage.field.half-point", nil).On("lat"))
	}
	st.Lat, st.Lon = lat.Value, lon.Value
	st.Size = site.Size(f.Choice("taglia", "manage.field.size", string(site.Small), string(site.Medium), string(site.Large)).Value)
	if st.Kind == site.Office {
		st.Size = ""
	}
}

// townOf is the municipality that somebody means: as the suggestions write it,
// or by a name that only one has.
func townOf(terr *territory.Table, q string) (m territory.Municipality, ok bool) {
	found := terr.Search(q, 20)
	folded := territory.Fold(q)
	var exact []territory.Municipality
	for _, m := range found {
		if territory.Fold(townName(m)) == folded || m.ISTAT == strings.TrimSpace(q) {
			return m, true
		}
		if territory.Fold(m.Name) == folded || territory.Fold(m.AltName) == folded {
			exact = append(exact, m)
		}
	}
	switch {
	case len(exact) == 1:
		return exact[0], true
	case len(found) == 1:
		return found[0], true
	}
	return m, false
}

// townName is a municipality as people write it: "Gavirate (VA)".
func townName(m territory.Municipality) string { return m.Name + " (" + m.Province + ")" }

// towns answers the box of a municipality while somebody types.
func (h *pages) towns(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).CheckSomewhere(identity.SiteWrite); err != nil {
		return err
	}
	var list []web.Option
	if q := strings.TrimSpace(r.URL.Query().Get("comune")); len([]rune(q)) >= 2 && len(q) <= 100 {
		for _, m := range h.Live.Network().Territory().Search(q, 8) {
			list = append(list, web.Option{Value: townName(m), Text: m.ProvinceName + ", " + m.Region})
		}
	}
	return h.ui.Suggestions(w, r, list)
}

func (h *pages) whereFacts(p *i18n.Printer, st *site.Site) []web.Fact {
	list := []web.Fact{
		{Name: p.T("manage.field.kind"), Value: p.T(st.Kind.Label())},
		{Name: p.T("manage.field.name"), Value: st.Name},
		{Name: p.T("manage.field.code"), Value: st.Code},
		{Name: p.T("manage.field.address"), Value: st.Address},
		{Name: p.T("manage.field.municipality"), Value: h.Live.Network().Place(st)},
		{Name: p.T("manage.field.point"), Value: orNone(p, strings.Join(slices.DeleteFunc([]string{coordinate(st.Lat), coordinate(st.Lon)}, empty), ", "))},
	}
	if st.Kind == site.Space {
		size := ""
		if st.Size != "" {
			size = p.T(st.Size.Label())
		}
		list = append(list, web.Fact{Name: p.T("manage.field.size"), Value: orNone(p, size)})
	}
	if st.Zone != "" && st.Zone != agenda.Rome.String() {
		list = append(list, web.Fact{Name: p.T("manage.field.zone"), Value: st.Zone})
	}
	return list
}

func empty(s string) bool { return s == "" }

// orNone is a text, or the words for that there is none.
func orNone(p *i18n.Printer, text string) string {
	if text == "" {
		return p.T("manage.none")
	}
	return text
}

// Sizes of the map of a house, in units, and how far it shows, in km.
const (
	houseMapWidth, houseMapHeight = 480, 300
	houseMapReach                 = 12
)

// houseMap is where a house is; nil where nobody knows.
func (h *pages) houseMap(p *i18n.Printer, name string, lat, lon float64) *web.Map {
	if lat == 0 && lon == 0 || !(site.Point{Lat: lat, Lon: lon}).Valid() {
		return nil
	}
	o := web.MapOptions{
		Label: p.T("manage.map", "house", name), Width: houseMapWidth, Height: houseMapHeight, Box: territory.Around(lat, lon, houseMapReach),
		Around: &web.Place{Lat: lat, Lon: lon},
	}
	seen := territory.Project(o.Box, float64(o.Width), float64(o.Height)).Box()
	o.Towns = h.Live.Network().Territory().Largest(seen, 12)
	return web.NewMap(p, o)
}
