package territory

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

const (
	header = "istat,belfiore,name,name_alt_language,province,province_name,region,population,cap,lat,lon\n"
	aglie  = "001001,A074,Agliè,,TO,Torino,Piemonte,2562,10011,45.3680,7.7680\n"
	airasc = "001002,A109,Airasca,,TO,Torino,Piemonte,3660,10060,44.9172,7.4832\n"
)

func TestParseCSV(t *testing.T) {
	t.Parallel()
	want := []Municipality{
		{
			ISTAT: "001001", Belfiore: "A074", Name: "Agliè", Province: "TO", ProvinceName: "Torino", Region: "Piemonte",
			Population: 2562, CAP: "10011", Lat: 45.3680, Lon: 7.7680,
		},
		{
			ISTAT: "021008", Belfiore: "A952", Name: "Bolzano", AltName: "Bozen", Province: "BZ", ProvinceName: "Bolzano/Bozen",
			Region: "Trentino-Alto Adige", Population: 106601, PopulationYear: 2021, Lat: 46.4907, Lon: 11.3398,
			Approximate: true, Patron: "02-29",
		},
	}
	rows := [][2]string{ // a column and its fields
		{"istat", "001001|021008"},
		{"belfiore", "A074|A952"},
		{"name", "Agliè|Bolzano"},
		{"name_alt_language", "|Bozen"},
		{"province", "TO|BZ"},
		{"province_name", "Torino|Bolzano/Bozen"},
		{"region", "Piemonte|Trentino-Alto Adige"},
		{"population", "2562|106601"},
		{"population_year", "|2021"},
		{"cap", "10011|"},
		{"lat", "45.3680|46.4907"},
		{"lon", "7.7680|11.3398"},
		{"approximate", "false|true"},
		{"patron", "|02-29"},
		{"of no interest", "x|y"},
	}
	file := func(turn int, line func([]string) string) string {
		lines := make([][]string, 3)
		for i := range rows {
			row := rows[(i+turn)%len(rows)]
			first, second, _ := strings.Cut(row[1], "|")
			lines[0] = append(lines[0], row[0])
			lines[1] = append(lines[1], first)
			lines[2] = append(lines[2], second)
		}
		return line(lines[0]) + line(lines[1]) + line(lines[2])
	}
	plain := func(fields []string) string { return strings.Join(fields, ",") + "\n" }
	for name, text := range map[string]string{
		"plain":           file(0, plain),
		"another order":   file(5, plain),
		"CRLF":            file(3, func(f []string) string { return strings.Join(f, ",") + "\r\n" }),
		"byte order mark": "\uFEFF" + file(0, plain),
		"quotes":          file(1, func(f []string) string { return `"` + strings.Join(f, `","`) + "\"\n" }),
		"spaces":          file(0, func(f []string) string { return strings.Join(f, " , ") + "\n" }),
		"blank lines":     strings.ReplaceAll(file(0, plain), "\n", "\n\n"),
		"no last newline": strings.TrimSuffix(file(0, plain), "\n"),
		"capital header":  strings.Replace(file(0, plain), "istat", "ISTAT", 1),
	} {
		got, err := ParseCSV(strings.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestParseCSVRefuses(t *testing.T) {
	t.Parallel()
	// with puts other fields into the line of Airasca, which stands on line 3.
	with := func(pairs ...string) string { return header + aglie + strings.NewReplacer(pairs...).Replace(airasc) }
	line3 := func(column, reason string) RowErrors { return RowErrors{{3, column, reason}} }
	for name, c := range map[string]struct {
		text string
		want RowErrors
	}{
		"empty file":             {"", RowErrors{{1, "", ReasonNoRows}}},
		"a byte order mark only": {"\uFEFF", RowErrors{{1, "", ReasonNoRows}}},
		"header only":            {header, RowErrors{{1, "", ReasonNoRows}}},
		"a column missing":       {strings.Replace(header, ",lat", ",latitude", 1) + aglie, RowErrors{{1, "lat", ReasonColumn}}},
		"no header": {aglie + airasc, RowErrors{
			{1, "istat", ReasonColumn},
			{1, "belfiore", ReasonColumn},
			{1, "name", ReasonColumn},
			{1, "province", ReasonColumn},
			{1, "province_name", ReasonColumn},
			{1, "region", ReasonColumn},
			{1, "population", ReasonColumn},
			{1, "lat", ReasonColumn},
			{1, "lon", ReasonColumn},
		}},
		"a column twice":                 {strings.Replace(header, "cap", "lat", 1) + aglie, RowErrors{{1, "lat", ReasonColumnTwice}}},
		"a NUL in the header":            {strings.Replace(header, "lon", "lo\x00n", 1) + aglie, RowErrors{{1, "lon", ReasonColumn}}},
		"too few fields":                 {with(",7.4832", ""), line3("", ReasonFieldCount)},
		"too many fields":                {with(",7.4832", ",7.4832,x"), line3("", ReasonFieldCount)},
		"semicolons":                     {with(",", ";"), line3("", ReasonFieldCount)},
		"a quote in a field":             {with("Airasca", `Air"asca`), line3("", ReasonQuotes)},
		"an open quote":                  {with("Airasca", `"Airasca`), line3("", ReasonQuotes)},
		"broken UTF-8":                   {with("Airasca", "Airasca\xff"), line3("name", ReasonEncoding)},
		"another encoding":               {with("Airasca", "Agli\xe8"), line3("name", ReasonEncoding)},
		"a NUL":                          {with("Airasca", "Air\x00asca"), line3("name", ReasonControl)},
		"a line break in a name":         {with("Airasca", "\"Air\nasca\""), line3("name", ReasonControl)},
		"a name of 1,000 letters":        {with("Airasca", strings.Repeat("a", 1000)), line3("name", ReasonTooLong)},
		"no name":                        {with("Airasca", " "), line3("name", ReasonEmpty)},
		"a name without letters":         {with("Airasca", "--"), line3("name", ReasonEmpty)},
		"no region":                      {with("Piemonte", ""), line3("region", ReasonEmpty)},
		"leading zeros lost":             {with("001002", "1002"), line3("istat", ReasonISTAT)},
		"letters in the ISTAT code":      {with("001002", "OO1002"), line3("istat", ReasonISTAT)},
		"small Belfiore":                 {with("A109", "a109"), line3("belfiore", ReasonBelfiore)},
		"no Belfiore":                    {with("A109", ""), line3("belfiore", ReasonEmpty)},
		"province by name":               {with("TO,Torino", "Torino,Torino"), line3("province", ReasonProvince)},
		"four digits of CAP":             {with("10060", "1006"), line3("cap", ReasonCAP)},
		"ISTAT twice":                    {with("001002", "001001"), line3("istat", ReasonDuplicate)},
		"Belfiore twice":                 {with("A109", "A074"), line3("belfiore", ReasonDuplicate)},
		"one line twice":                 {header + aglie + aglie, RowErrors{{3, "istat", ReasonDuplicate}, {3, "belfiore", ReasonDuplicate}}},
		"no population":                  {with("3660", ""), line3("population", ReasonEmpty)},
		"population 0":                   {with("3660", "0"), line3("population", ReasonPopulation)},
		"population below 0":             {with("3660", "-5"), line3("population", ReasonPopulation)},
		"population with a dot":          {with("3660", "3.660"), line3("population", ReasonPopulation)},
		"population beyond all integers": {with("3660", "99999999999999999999"), line3("population", ReasonPopulation)},
		"population of a billion":        {with("3660", "1000000000"), line3("population", ReasonPopulation)},
		"population in other digits":     {with("3660", "٣٦٦٠"), line3("population", ReasonPopulation)},
		"decimal comma":                  {with("44.9172", `"44,9172"`), line3("lat", ReasonNumber)},
		"not a number":                   {with("44.9172", "NaN"), line3("lat", ReasonNumber)},
		"infinity":                       {with("7.4832", "+Inf"), line3("lon", ReasonNumber)},
		"hexadecimal":                    {with("7.4832", "0x7p1"), line3("lon", ReasonNumber)},
		"latitude and longitude changed": {with("44.9172,7.4832", "7.4832,44.9172"), RowErrors{{3, "lat", ReasonOutside}, {3, "lon", ReasonOutside}}},
		"in the sea of Guinea":           {with("44.9172,7.4832", "0,0"), RowErrors{{3, "lat", ReasonOutside}, {3, "lon", ReasonOutside}}},
		"in Spain":                       {with("7.4832", "-3.7"), line3("lon", ReasonOutside)},
		"another name of the province":   {with("TO,Torino", "TO,Turin"), line3("province", ReasonContradicts)},
		"another region of the province": {with("Piemonte", "Liguria"), line3("province", ReasonContradicts)},
		"several in one line": {with("001002", "x", "3660", "y", "44.9172", "z"), RowErrors{
			{3, "istat", ReasonISTAT}, {3, "population", ReasonPopulation}, {3, "lat", ReasonNumber},
		}},
		"errors of several lines": {header + strings.Replace(aglie, "A074", "", 1) + strings.Replace(airasc, "3660", "many", 1), RowErrors{
			{2, "belfiore", ReasonEmpty}, {3, "population", ReasonPopulation},
		}},
		"lines after a name of two lines": {header + strings.Replace(aglie, "Agliè", "\"Ag\nliè\"", 1) + strings.Replace(airasc, "A109", "", 1), RowErrors{
			{2, "name", ReasonControl}, {4, "belfiore", ReasonEmpty},
		}},
		"no day": {
			strings.Replace(header, "cap", "patron", 1) + strings.Replace(aglie, "10011", "02-30", 1),
			RowErrors{{2, "patron", ReasonDay}},
		},
		"no year": {
			strings.Replace(header, "cap", "population_year", 1) + strings.Replace(aglie, "10011", "21", 1),
			RowErrors{{2, "population_year", ReasonYear}},
		},
		"neither true nor false": {
			strings.Replace(header, "cap", "approximate", 1) + strings.Replace(aglie, "10011", "yes", 1),
			RowErrors{{2, "approximate", ReasonFlag}},
		},
	} {
		got, err := ParseCSV(strings.NewReader(c.text))
		rows, ok := errors.AsType[RowErrors](err)
		if !ok || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
			continue
		}
		if diff := cmp.Diff(c.want, rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestParseCSVListsAtMostTwenty(t *testing.T) {
	t.Parallel()
	bad := header + strings.Repeat(strings.Replace(aglie, "2562", "many", 1), 500)
	_, err := ParseCSV(strings.NewReader(bad))
	rows, ok := errors.AsType[RowErrors](err)
	if !ok || len(rows) != MaxRowErrors {
		t.Fatalf("%d errors: %v", len(rows), err)
	}
	if got, want := rows[0].Error(), "line 2, population: not a possible population"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if strings.Contains(err.Error(), "many") {
		t.Error("the text holds what was written in the file")
	}
	if got := (RowError{Line: 3, Reason: ReasonFieldCount}).Error(); got != "line 3: wrong number of fields" {
		t.Error(got)
	}
}

func TestParseCSVReaderFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken pipe")
	for name, r := range map[string]io.Reader{
		"at once": iotest.ErrReader(broken),
		"later":   io.MultiReader(strings.NewReader(header+aglie), iotest.ErrReader(broken)),
	} {
		if got, err := ParseCSV(r); !errors.Is(err, broken) || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if got, err := ParseCSV(iotest.OneByteReader(strings.NewReader("\uFEFF" + header + aglie))); err != nil || len(got) != 1 {
		t.Errorf("byte by byte: %v, %v", got, err)
	}
}

func FuzzParseCSV(f *testing.F) {
	f.Add(header + aglie + airasc)
	f.Add("\uFEFF" + strings.ReplaceAll(header+aglie, "\n", "\r\n"))
	f.Add(header + `"a""b` + "\n" + aglie)
	f.Add(strings.Replace(header, "cap", "patron", 1) + strings.Replace(aglie, "10011", "12-07", 1))
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseCSV(strings.NewReader(text))
		if err != nil {
			rows, ok := errors.AsType[RowErrors](err)
			if !ok || len(rows) == 0 || len(rows) > MaxRowErrors || got != nil {
				t.Fatalf("%v, %v", got, err)
			}
			return
		}
		// What is read makes a table.
		if table, err := New(got); err != nil || table.Len() == 0 {
			t.Fatalf("%v of %+v", err, got)
		}
	})
}
