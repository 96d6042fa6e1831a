package opendata_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"
)

// The addresses of the files and the names of their columns are a promise: new
// columns come at the end. testdata/columns.txt is what was promised.
func TestColumnsStay(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 6)
	text, err := os.ReadFile("testdata/columns.txt")
	if err != nil {
		t.Fatal(err)
	}
	promised := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		name, columns, _ := strings.Cut(strings.TrimSpace(line), ": ")
		promised[name] = strings.Split(columns, ",")
	}
	for _, name := range names() {
		file := string(w.body(t, "/opendata/"+name+".csv"))
		header, err := csv.NewReader(strings.NewReader(file)).Read()
		if err != nil {
			t.Fatal(err)
		}
		if was := promised[name]; len(was) == 0 || len(header) < len(was) || !slices.Equal(was, header[:len(was)]) {
			t.Errorf("promised of %s is %v, it has %v", name, was, header)
		}
		delete(promised, name)
	}
	for name := range promised {
		t.Errorf("%s was promised and is gone", name)
	}
}
