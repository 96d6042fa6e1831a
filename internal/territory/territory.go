// Package territory knows the Italian municipalities: their codes, names, provinces, people and places on the map.
//
// A [Table] never changes once made, so any number of goroutines may use one. [Embedded] is the table built into
// the program; a newer list is read with [ParseCSV] and made into a table with [New]. SOURCES.md beside this file
// says where every fact comes from.
package territory

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Municipality is one Italian comune.
type Municipality struct {
	ISTAT          string  // six digits, as given by the national institute of statistics
	Belfiore       string  // one letter and three digits, as used by the land registry and in the codice fiscale
	Name           string  // Italian name (in Valle d'Aosta the French one is the only one)
	AltName        string  // official second name: German, Ladin, Slovene; empty for most
	Province       string  // two letters, "VA"
	ProvinceName   string  // "Varese"; both languages where it has two, "Bolzano/Bozen"
	Region         string  // "Lombardia"
	Population     int     // people
	PopulationYear int     // year of the count; 0 where the list does not say
	CAP            string  // five digits, one of the postal codes in use; may be empty
	Lat, Lon       float64 // degrees, WGS 84, of the main settlement
	Approximate    bool    // the place is a guess: middle of the province, or of a part
	Patron         string  // feast of the patron saint, "MM-DD"; empty where not known
}

// Province is a province or metropolitan city. Lat and Lon, in degrees, are the mean of its municipalities' places.
type Province struct {
	Code, Name, Region string
	Lat, Lon           float64
}

// Table is an immutable set of municipalities.
type Table struct {
	all        []Municipality // by ISTAT code
	byISTAT    map[string]int
	byBelfiore map[string]int
	provinces  []Province // by code
	byProvince map[string]int
	regions    []string // by name
	byRegion   map[string]string
	index      []indexed        // largest population first
	byName     map[string][]int // folded, without spaces; largest population first
}

// New makes a table of ms. Two municipalities with one code, a missing code or a missing name are errors. Where a
// municipality has no patron's day, the embedded one for its Belfiore code is taken.
func New(ms []Municipality) (*Table, error) {
	if len(ms) == 0 {
		return nil, errors.New("territory: no municipalities")
	}
	t := &Table{
		all:        slices.Clone(ms),
		byISTAT:    make(map[string]int, len(ms)),
		byBelfiore: make(map[string]int, len(ms)),
	}
	slices.SortFunc(t.all, func(a, b Municipality) int { return strings.Compare(a.ISTAT, b.ISTAT) })
	patrons := patronDays()
	for i := range t.all {
		m := &t.all[i]
		if m.ISTAT == "" || m.Belfiore == "" || m.Name == "" || m.Province == "" {
			return nil, fmt.Errorf("territory: municipality %q without a code, a name or a province", m.ISTAT+m.Belfiore)
		}
		if j, twice := t.byISTAT[m.ISTAT]; twice {
			return nil, fmt.Errorf("territory: %s and %s have the ISTAT code %s", t.all[j].Name, m.Name, m.ISTAT)
		}
		if j, twice := t.byBelfiore[m.Belfiore]; twice {
			return nil, fmt.Errorf("territory: %s and %s have the Belfiore code %s", t.all[j].Name, m.Name, m.Belfiore)
		}
		t.byISTAT[m.ISTAT], t.byBelfiore[m.Belfiore] = i, i
		if m.Patron == "" {
			m.Patron = patrons[m.Belfiore]
		}
	}
	t.indexAreas()
	t.indexNames()
	return t, nil
}

// ByISTAT finds a municipality by its six digits.
func (t *Table) ByISTAT(code string) (Municipality, bool) {
	return t.at(t.byISTAT, code)
}

// ByBelfiore finds a municipality by its land registry code, upper case.
func (t *Table) ByBelfiore(code string) (Municipality, bool) {
	return t.at(t.byBelfiore, code)
}

func (t *Table) at(index map[string]int, code string) (Municipality, bool) {
	i, ok := index[code]
	if !ok {
		return Municipality{}, false
	}
	return t.all[i], true
}

// All returns every municipality, sorted by ISTAT code. The slice is the caller's own.
func (t *Table) All() []Municipality { return slices.Clone(t.all) }

// Len returns the number of municipalities.
func (t *Table) Len() int { return len(t.all) }

// Provinces returns every province, sorted by code.
func (t *Table) Provinces() []Province { return slices.Clone(t.provinces) }

// Regions returns the names of the regions, sorted.
func (t *Table) Regions() []string { return slices.Clone(t.regions) }

// Province finds a province by its code or its name in either language, whatever the case and the accents.
func (t *Table) Province(q string) (Province, bool) {
	i, ok := t.byProvince[Fold(q)]
	if !ok {
		return Province{}, false
	}
	return t.provinces[i], true
}

// Region finds the name of a region by its name in either language, whatever the case and the accents.
func (t *Table) Region(q string) (string, bool) {
	name, ok := t.byRegion[Fold(q)]
	return name, ok
}

// otherRegionNames are names by which a region is also known, folded.
var otherRegionNames = map[string]string{
	"alto adige":                   "Trentino-Alto Adige",
	"sudtirol":                     "Trentino-Alto Adige",
	"trentino":                     "Trentino-Alto Adige",
	"trentino sudtirol":            "Trentino-Alto Adige",
	"trentino alto adige sudtirol": "Trentino-Alto Adige",
	"val d aosta":                  "Valle d'Aosta",
	"vallee d aoste":               "Valle d'Aosta",
	"valle d aosta vallee d aoste": "Valle d'Aosta",
	"emilia":                       "Emilia-Romagna",
	"romagna":                      "Emilia-Romagna",
	"friuli":                       "Friuli-Venezia Giulia",
	"furlanija julijska krajina":   "Friuli-Venezia Giulia",
}

// otherProvinceNames are names by which a province is also known, folded, with its code.
var otherProvinceNames = map[string]string{
	"aosta": "AO", "aoste": "AO", "forli": "FC", "cesena": "FC", "massa": "MS", "carrara": "MS", "monza": "MB",
	"monza e brianza": "MB", "monza brianza": "MB", "pesaro": "PU", "urbino": "PU", "reggio emilia": "RE",
	"reggio di calabria": "RC", "reggio calabria": "RC", "sud tirolo": "BZ", "alto adige": "BZ", "sudtirol": "BZ",
	"barletta": "BT", "andria": "BT", "trani": "BT", "verbania": "VB", "gallura": "OT", "sulcis": "SU",
}

// indexAreas gathers the provinces and the regions of t.all.
func (t *Table) indexAreas() {
	count := map[string]float64{}
	areas := map[string]*Province{}
	for _, m := range t.all {
		p := areas[m.Province]
		if p == nil {
			p = &Province{Code: m.Province, Name: m.ProvinceName, Region: m.Region}
			areas[m.Province] = p
		}
		count[m.Province]++
		p.Lat += m.Lat
		p.Lon += m.Lon
	}
	for code, p := range areas {
		p.Lat /= count[code]
		p.Lon /= count[code]
		t.provinces = append(t.provinces, *p)
	}
	slices.SortFunc(t.provinces, func(a, b Province) int { return cmp.Compare(a.Code, b.Code) })

	t.byProvince = map[string]int{}
	t.byRegion = map[string]string{}
	for i, p := range t.provinces {
		for _, name := range append(strings.Split(p.Name, "/"), p.Name, p.Code) {
			t.byProvince[Fold(name)] = i
		}
		for _, name := range append(strings.Split(p.Region, "/"), p.Region) {
			t.byRegion[Fold(name)] = p.Region
		}
		t.regions = append(t.regions, p.Region)
	}
	slices.Sort(t.regions)
	t.regions = slices.Compact(t.regions)
	for name, code := range otherProvinceNames {
		if i, ok := t.byProvince[Fold(code)]; ok {
			if _, taken := t.byProvince[name]; !taken {
				t.byProvince[name] = i
			}
		}
	}
	for name, region := range otherRegionNames {
		if _, taken := t.byRegion[name]; !taken && slices.Contains(t.regions, region) {
			t.byRegion[name] = region
		}
	}
}

// Middle returns the mean of the places of the municipalities of a province, or else of a region; false where it knows
// neither.
func (t *Table) Middle(province, region string) (lat, lon float64, ok bool) {
	if p, known := t.Province(province); known && province != "" {
		return p.Lat, p.Lon, true
	}
	name, known := t.Region(region)
	if !known || region == "" {
		return 0, 0, false
	}
	n := 0.0
	for i := range t.all {
		if m := &t.all[i]; m.Region == name {
			lat, lon, n = lat+m.Lat, lon+m.Lon, n+1
		}
	}
	return lat / n, lon / n, true
}

// Extent returns the box of the municipalities of a province, or else of a region; false where it knows neither.
func (t *Table) Extent(province, region string) (b Box, ok bool) {
	p, byProvince := t.Province(province)
	name, byRegion := t.Region(region)
	byProvince, byRegion = byProvince && province != "", byRegion && region != ""
	for i := range t.all {
		m := &t.all[i]
		switch {
		case byProvince && m.Province != p.Code, !byProvince && (!byRegion || m.Region != name):
		case !ok:
			b, ok = Box{m.Lat, m.Lon, m.Lat, m.Lon}, true
		default:
			b = b.With(m.Lat, m.Lon)
		}
	}
	return b, ok
}
