package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"polis/internal/territory"
)

const codesSample = `[
	{"nome":"Grande","codice":"001001","sigla":"TO","codiceCatastale":"A001","provincia":{"nome":"Torino"},
	 "regione":{"nome":"Piemonte"},"popolazione":100},
	{"nome":"Piccolo","codice":"001002","sigla":"TO","codiceCatastale":"A002","provincia":{"nome":"Torino"},
	 "regione":{"nome":"Piemonte"},"popolazione":20},
	{"nome":"Brunico","codice":"021013","sigla":"BZ","codiceCatastale":"B220","provincia":{"nome":"Bolzano/Bozen"},
	 "regione":{"nome":"Trentino-Alto Adige/Südtirol"},"popolazione":3}]`

func sampleTowns(t *testing.T) map[string]*territory.Municipality {
	t.Helper()
	towns, err := readCodes([]byte(codesSample))
	if err != nil {
		t.Fatal(err)
	}
	return towns
}

func TestReadCodes(t *testing.T) {
	t.Parallel()
	want := &territory.Municipality{
		ISTAT: "021013", Belfiore: "B220", Name: "Brunico", Province: "BZ", ProvinceName: "Bolzano/Bozen",
		Region: "Trentino-Alto Adige", Population: 3, PopulationYear: 2011,
	}
	got := sampleTowns(t)["021013"]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	rename(got, "Brunico/Bruneck")
	if got.Name != "Brunico" || got.AltName != "Bruneck" {
		t.Errorf("%q and %q", got.Name, got.AltName)
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	towns := sampleTowns(t)
	formerly, err := apply([]change{{istat: "001003", belfiore: "M001", name: "Nuovo", from: []string{"001001", "001002"}}}, towns)
	if err != nil {
		t.Fatal(err)
	}
	if len(towns) != 2 || towns["001003"].Population != 120 || towns["001003"].Province != "TO" {
		t.Errorf("%+v", towns)
	}
	places := gazetteer{"001002": {{name: "Piccolo", feature: "PPLA3", population: 20, lat: 45, lon: 7}}}
	places.locate(towns["001003"], formerly["001003"])
	if m := towns["001003"]; m.Lat != 45 || !m.Approximate {
		t.Errorf("a municipality with the place of its part is %+v", m)
	}
	for _, c := range []change{{istat: "999001", from: []string{"001001"}}, {istat: "001001", from: []string{"001009"}}} {
		if _, err := apply([]change{c}, sampleTowns(t)); err == nil {
			t.Errorf("%+v is no error", c)
		}
	}
}

func TestMainPlace(t *testing.T) {
	t.Parallel()
	hamlet := place{name: "Frazione", feature: "PPL", population: 9000}
	seat := place{name: "Capoluogo", feature: "PPLA3", population: 10}
	german := place{name: "Sand", otherNames: []string{"Campo Tures"}, feature: "PPL", population: 5}
	named := place{name: "Campo-Tures", feature: "PPL", population: 1}
	for _, c := range []struct {
		places []place
		want   string
	}{
		{[]place{hamlet, seat, german, named}, "Campo-Tures"},
		{[]place{hamlet, seat, german}, "Sand"},
		{[]place{hamlet, seat}, "Capoluogo"},
		{[]place{hamlet, {name: "Minore", feature: "PPL"}}, "Frazione"},
	} {
		if got, ok := mainPlace(c.places, "Campo Tures", ""); !ok || got.name != c.want {
			t.Errorf("%q of %v", got.name, c.places)
		}
	}
	if _, ok := mainPlace(nil, "Campo Tures"); ok {
		t.Error("a place out of none")
	}
}

func TestFillAndRenumber(t *testing.T) {
	t.Parallel()
	rows := []territory.Municipality{
		{ISTAT: "090001", Province: "SS", Lat: 40, Lon: 8},
		{ISTAT: "090002", Province: "SS", Lat: 41, Lon: 9},
		{ISTAT: "090003", Province: "SS"},
	}
	if n := fillFromProvince(rows); n != 1 || rows[2].Lat != 40.5 || rows[2].Lon != 8.5 || !rows[2].Approximate || rows[0].Approximate {
		t.Errorf("%d filled: %+v", n, rows)
	}
	if err := renumber([]renumbered{{"113", "OT", "Gallura", "090003 - 090001"}}, rows); err != nil {
		t.Fatal(err)
	}
	if rows[2].ISTAT != "113001" || rows[0].ISTAT != "113003" || rows[0].Province != "OT" || rows[1].ISTAT != "090002" {
		t.Errorf("%+v", rows)
	}
	if err := renumber([]renumbered{{"113", "OT", "Gallura", "090009"}}, rows); err == nil {
		t.Error("a municipality that is not there got a number")
	}
}

func TestReadersRefuseOtherForms(t *testing.T) {
	t.Parallel()
	if _, err := readCodes([]byte(`{"nome":1}`)); err == nil {
		t.Error("codes")
	}
	if _, err := readNames([]byte("[City.AGLIE_001001]: { name: 'Agliè', },")); err == nil {
		t.Error("names: one alone is no list")
	}
	for _, line := range []string{"a\tb", strings.Repeat("\t", 8) + "IT" + strings.Repeat("\t", 10)} {
		if _, err := readPlaces([]byte(line)); err == nil {
			t.Errorf("places: %q", line)
		}
	}
	if err := writeTable(filepath.Join(t.TempDir(), "out.csv"), []territory.Municipality{{Name: "A"}}); err == nil {
		t.Error("a table that cannot be read back was written")
	}
}

func TestReadMember(t *testing.T) {
	t.Parallel()
	var archive bytes.Buffer
	zipped := gzip.NewWriter(&archive)
	w := tar.NewWriter(zipped)
	if err := w.WriteHeader(&tar.Header{Name: "package/a.txt", Size: 5, Mode: 0o600}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("facts")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	got, err := readMember(bytes.NewReader(archive.Bytes()), "package/a.txt")
	if string(got) != "facts" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := readMember(bytes.NewReader(archive.Bytes()), "package/b.txt"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
