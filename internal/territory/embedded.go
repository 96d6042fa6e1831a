package territory

import (
	_ "embed"
	"strings"
	"sync"
)

//go:generate go run ./generate -out municipalities.csv -outline outline.csv

var (
	//go:embed municipalities.csv
	municipalitiesCSV string

	//go:embed patrons.csv
	patronsCSV string

	//go:embed names.csv
	namesCSV string

	//go:embed outline.csv
	outlineCSV string
)

// Embedded returns the table built into the program, read on first use.
func Embedded() *Table { return embedded() }

var embedded = sync.OnceValue(func() *Table {
	ms, err := ParseCSV(strings.NewReader(municipalitiesCSV))
	if err != nil {
		panic(err) // the file is part of the program and a test reads it
	}
	t, err := New(ms)
	if err != nil {
		panic(err)
	}
	return t
})

// patronDays returns the feast of the patron saint, "MM-DD", by Belfiore code.
var patronDays = sync.OnceValue(func() map[string]string {
	days := map[string]string{}
	for _, f := range factLines(patronsCSV) {
		days[f[0]] = f[1]
	}
	return days
})

// otherNames returns names that are usual in other languages but not official, by Belfiore code: "Florence",
// "Mailand".
var otherNames = sync.OnceValue(func() map[string][]string {
	names := map[string][]string{}
	for _, f := range factLines(namesCSV) {
		names[f[0]] = strings.Split(f[2], ";")
	}
	return names
})

// factLines returns the fields of each line below the header of a file without quotes.
func factLines(text string) (lines [][]string) {
	for line := range strings.Lines(text) {
		lines = append(lines, strings.Split(strings.TrimSuffix(line, "\n"), ","))
	}
	return lines[1:]
}
