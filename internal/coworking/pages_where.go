package coworking

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
	"polis/internal/territory"
)

// somewhere is where somebody searches.
type somewhere struct {
	name   string
	filter site.Filter
	others []territory.Municipality
	values url.Values // the same as an address has it, always alike
}

// readPlace understands where somebody wants to go: a municipality, a province
// or a region as typed, or a point of the address. Nothing is the whole country.
func readPlace(p *i18n.Printer, f *form.Form, net *site.Network) somewhere {
	terr := net.Territory()
	if f.Raw("q") == "" {
		if province, ok := terr.Province(f.Raw("provincia")); ok {
			f.Set("q", p.T("coworking.search.province-of", "province", province.Name))
		} else if region, ok := terr.Region(f.Raw("regione")); ok {
			f.Set("q", region)
		}
	}
	if q := strings.TrimSpace(f.Raw("q")); q != "" {
		at, ok := findPlace(terr, q)
		if !ok {
			f.Add(errs.New(errs.Invalid, "coworking.search.unknown-place", nil).On("q"))
		}
		return at
	}
	lat := f.Decimal("lat", "coworking.search.latitude").Between(-90, 90)
	lon := f.Decimal("lon", "coworking.search.longitude").Between(-180, 180)
	if !lat.Given() || !lon.Given() || f.Fault("lat") != nil || f.Fault("lon") != nil {
		return somewhere{}
	}
	at := site.Point{Lat: round2(lat.Value), Lon: round2(lon.Value)}
	return somewhere{
		name: p.T("coworking.search.here"), filter: site.Filter{Near: &at},
		values: url.Values{"lat": {strconv.FormatFloat(at.Lat, 'f', 2, 64)}, "lon": {strconv.FormatFloat(at.Lon, 'f', 2, 64)}},
	}
}

func inProvince(p territory.Province) somewhere {
	return somewhere{name: p.Name, filter: site.Filter{Province: p.Code}, values: url.Values{"provincia": {p.Code}}}
}

func inRegion(region string) somewhere {
	return somewhere{name: region, filter: site.Filter{Region: region}, values: url.Values{"regione": {region}}}
}

// between is a number of an address within bounds; the lower one where it is
// no number.
func between(text string, low, high int) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return low
	}
	return min(max(n, low), high)
}

// round2 keeps a kilometre: nobody's door stands in the address.
func round2(degrees float64) float64 { return math.Round(degrees*100) / 100 }

// provinceWords are what people write before the name of a province.
var provinceWords = []string{"provincia di ", "provincia del ", "provincia dell ", "provincia della ", "prov ", "province of ", "provincia "}

func findPlace(terr *territory.Table, q string) (somewhere, bool) {
	folded := territory.Fold(q)
	if len(q) > 200 || folded == "" {
		return somewhere{}, false
	}
	for _, word := range provinceWords {
		if name, ok := strings.CutPrefix(folded, word); ok {
			if province, ok := terr.Province(name); ok {
				return inProvince(province), true
			}
		}
	}
	if region, ok := terr.Region(q); ok {
		return inRegion(region), true
	}
	if len(q) == 2 && q == strings.ToUpper(q) {
		if province, ok := terr.Province(q); ok {
			return inProvince(province), true
		}
	}
	found := terr.Search(q, besides)
	if len(found) == 0 {
		if province, ok := terr.Province(q); ok {
			return inProvince(province), true
		}
		return somewhere{}, false
	}
	m := found[0]
	at := somewhere{
		name: townName(m), filter: site.Filter{Near: &site.Point{Lat: m.Lat, Lon: m.Lon}}, values: url.Values{"q": {townName(m)}},
	}
	if territory.Fold(townName(m)) == folded {
		return at, true
	}
	exact := territory.Fold(m.Name) == folded
	for _, other := range found[1:] {
		if !exact || territory.Fold(other.Name) == folded {
			at.others = append(at.others, other)
		}
	}
	return at, true
}

// townName is a municipality as people write it: "Gavirate (VA)".
func townName(m territory.Municipality) string { return m.Name + " (" + m.Province + ")" }

// suggestions answers the box "where" while somebody types.
func (h *pages) suggestions(w http.ResponseWriter, r *http.Request) error {
	p, terr := h.ui.Printer(r), h.live.Network().Territory()
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	var options []web.Option
	if folded := territory.Fold(q); len([]rune(folded)) >= 2 && len(q) <= 100 {
		for _, region := range terr.Regions() {
			if strings.HasPrefix(territory.Fold(region), folded) {
				options = append(options, web.Option{Value: region, Text: p.T("coworking.search.region")})
			}
		}
		for _, m := range terr.Search(q, 8) {
			options = append(options, web.Option{Value: townName(m), Text: m.ProvinceName + ", " + m.Region})
		}
		if province, ok := terr.Province(q); ok {
			options = append(options, web.Option{Value: p.T("coworking.search.province-of", "province", province.Name), Text: province.Region})
		}
	}
	return h.ui.Suggestions(w, r, options)
}
