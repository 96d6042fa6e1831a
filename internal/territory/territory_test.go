package territory

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEmbedded(t *testing.T) {
	t.Parallel()
	table := Embedded()
	if table.Len() != 7894 || len(table.Provinces()) != 110 || len(table.Regions()) != 20 {
		t.Errorf("%d municipalities, %d provinces, %d regions", table.Len(), len(table.Provinces()), len(table.Regions()))
	}
	approximate, people := 0, 0
	for _, m := range table.All() {
		people += m.Population
		if m.Approximate {
			approximate++
		}
		if m.PopulationYear != 2011 && m.PopulationYear != 2021 {
			t.Errorf("%s: population of %d", m.Name, m.PopulationYear)
		}
		if i, ok := table.ByISTAT(m.ISTAT); !ok || i != m {
			t.Errorf("ByISTAT(%s) = %+v", m.ISTAT, i)
		}
		if b, ok := table.ByBelfiore(m.Belfiore); !ok || b != m {
			t.Errorf("ByBelfiore(%s) = %+v", m.Belfiore, b)
		}
	}
	if approximate > 10 {
		t.Errorf("%d municipalities have only an approximate place", approximate)
	}
	if people < 59_000_000 || people > 60_000_000 {
		t.Errorf("%d people", people)
	}
	got, _ := table.ByBelfiore("A952")
	want := Municipality{
		ISTAT: "021008", Belfiore: "A952", Name: "Bolzano", AltName: "Bozen", Province: "BZ", ProvinceName: "Bolzano/Bozen",
		Region: "Trentino-Alto Adige", Population: 102575, PopulationYear: 2011, Lat: 46.4907, Lon: 11.3398,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("Bolzano (-want +got):\n", diff)
	}
	for _, code := range []string{"", "1008", "0210080", "M999", "a952"} {
		if m, ok := table.ByISTAT(code); ok {
			t.Errorf("ByISTAT(%q) = %v", code, m)
		}
		if m, ok := table.ByBelfiore(code); ok {
			t.Errorf("ByBelfiore(%q) = %v", code, m)
		}
	}
}

// The facts kept by hand are about municipalities that exist, and well formed.
func TestFactsByHand(t *testing.T) {
	t.Parallel()
	table := Embedded()
	for file, text := range map[string]string{"patrons.csv": patronsCSV, "names.csv": namesCSV} {
		seen := map[string]bool{}
		for _, f := range factLines(text) {
			m, ok := table.ByBelfiore(f[0])
			name := f[1]
			if file == "patrons.csv" {
				name = f[2]
				if !isDay(f[1]) || m.Patron != f[1] {
					t.Errorf("%s: %s has the day %q, the table %q", file, name, f[1], m.Patron)
				}
			}
			if !ok || m.Name != name || seen[f[0]] {
				t.Errorf("%s: %s is %q, or twice", file, f[0], m.Name)
			}
			seen[f[0]] = true
		}
	}
	roma, _ := table.ByBelfiore("H501")
	own := roma
	own.Patron = "01-02"
	imported, err := New([]Municipality{own})
	if err != nil || imported.All()[0].Patron != "01-02" {
		t.Errorf("a list's own patron's day gave way: %v, %v", imported.All(), err)
	}
}

func TestTableCannotBeChanged(t *testing.T) {
	t.Parallel()
	table := Embedded()
	before := table.All()[0]
	table.All()[0].Name = "changed"
	table.Provinces()[0].Name = "changed"
	table.Regions()[0] = "changed"
	table.Search("agliè", 1)[0].Name = "changed"
	if table.All()[0] != before || table.Provinces()[0].Name == "changed" || table.Regions()[0] == "changed" {
		t.Error("a caller changed the table")
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	a := Municipality{ISTAT: "000001", Belfiore: "A001", Name: "A", Province: "AA", Lat: 45, Lon: 9}
	with := func(change func(*Municipality)) Municipality {
		m := a
		change(&m)
		return m
	}
	for why, ms := range map[string][]Municipality{
		"none":           nil,
		"ISTAT twice":    {a, with(func(m *Municipality) { m.Belfiore = "A002" })},
		"Belfiore twice": {a, with(func(m *Municipality) { m.ISTAT = "000002" })},
		"no ISTAT":       {with(func(m *Municipality) { m.ISTAT = "" })},
		"no Belfiore":    {with(func(m *Municipality) { m.Belfiore = "" })},
		"no name":        {with(func(m *Municipality) { m.Name = "" })},
		"no province":    {with(func(m *Municipality) { m.Province = "" })},
	} {
		if table, err := New(ms); err == nil {
			t.Errorf("%s: %v", why, table.All())
		}
	}
}

func TestProvinceAndRegion(t *testing.T) {
	t.Parallel()
	table := Embedded()
	for q, want := range map[string]string{
		"AQ": "AQ", "aq": "AQ", "L'Aquila": "AQ", "l’aquila": "AQ", "BOZEN": "BZ", "bolzano": "BZ", "Bolzano/Bozen": "BZ",
		"forli cesena": "FC", "FORLÌ-CESENA": "FC", "Reggio Emilia": "RE", "Reggio di Calabria": "RC", "Monza e Brianza": "MB",
		"Aosta": "AO", "Vallée d'Aoste": "AO", "NA": "NA", "Massa": "MS", "ogliastra": "OG",
		"": "", "XX": "", "Abruzzo": "", "A": "",
	} {
		if got, ok := table.Province(q); got.Code != want || ok != (want != "") {
			t.Errorf("Province(%q) = %q, %t; want %q", q, got.Code, ok, want)
		}
	}
	for q, want := range map[string]string{
		"Abruzzo": "Abruzzo", "ABRUZZO": "Abruzzo", "valle d’aosta": "Valle d'Aosta", "Vallée d'Aoste": "Valle d'Aosta",
		"Südtirol": "Trentino-Alto Adige", "trentino alto adige": "Trentino-Alto Adige",
		"Trentino-Alto Adige/Südtirol": "Trentino-Alto Adige", "emilia romagna": "Emilia-Romagna",
		"Friuli Venezia Giulia": "Friuli-Venezia Giulia", "": "", "AQ": "", "Bavaria": "",
	} {
		if got, ok := table.Region(q); got != want || ok != (want != "") {
			t.Errorf("Region(%q) = %q, %t; want %q", q, got, ok, want)
		}
	}
	for _, p := range table.Provinces() {
		if got, ok := table.Province(p.Name); !ok || got != p || !latInItaly(p.Lat) || !lonInItaly(p.Lon) {
			t.Errorf("Province(%q) = %+v", p.Name, got)
		}
	}
	if _, err := New([]Municipality{{ISTAT: "1", Belfiore: "A", Name: "A", Province: "AA", Region: "R"}}); err != nil {
		t.Error(err) // other names of provinces and regions that are not in the list do no harm
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lat1, lon1, lat2, lon2, want float64 }{
		{45, 9, 45, 9, 0},
		{0, 0, 0, 1, 111.195},                      // a degree of the equator
		{0, 0, 0, 180, 20015.115},                  // half a turn
		{90, 0, -90, 0, 20015.115},                 // pole to pole
		{0, 179.5, 0, -179.5, 111.195},             // across the date line
		{45.4643, 9.1895, 41.8919, 12.5113, 478.6}, // Milano to Roma
	} {
		if got := Distance(c.lat1, c.lon1, c.lat2, c.lon2); math.Abs(got-c.want) > 0.1 {
			t.Errorf("Distance(%v) = %f", c, got)
		}
	}
}

// TestAgainstNewerList compares the embedded table with a list made apart from it, where that is present.
func TestAgainstNewerList(t *testing.T) {
	t.Parallel()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "comuni_core.csv"))
	if err != nil {
		t.Skip("SKIPPED: no other list beside the repository: ", err)
	}
	defer file.Close()
	list, err := ParseCSV(file)
	if err != nil {
		t.Fatal(err)
	}
	table := Embedded()
	if len(list) != table.Len() {
		t.Errorf("%d municipalities, the table has %d", len(list), table.Len())
	}
	var far []string
	for _, m := range list {
		ours, ok := table.ByISTAT(m.ISTAT)
		if !ok {
			t.Errorf("%s %s is not in the table", m.ISTAT, m.Name)
			continue
		}
		if d := Distance(m.Lat, m.Lon, ours.Lat, ours.Lon); d > 10 {
			far = append(far, fmt.Sprintf("%s %.0f km", m.Name, d))
		}
		ours.Population, ours.PopulationYear, ours.CAP, ours.Lat, ours.Lon = m.Population, 0, m.CAP, m.Lat, m.Lon
		ours.Approximate, ours.Patron = false, ""
		if diff := cmp.Diff(m, ours); diff != "" {
			t.Errorf("%s (-list +table):\n%s", m.Name, diff)
		}
	}
	t.Logf("%d of %d lie within 10 km of each other; farther: %s", len(list)-len(far), len(list), strings.Join(far, ", "))
	if len(far) > 10 {
		t.Error("too many lie farther")
	}
}
