package territory

import (
	"strings"
	"testing"
)

// BenchmarkLoad is what the first use of the table costs the start of the program.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ms, err := ParseCSV(strings.NewReader(municipalitiesCSV))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := New(ms); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	t := Embedded()
	for _, q := range []string{"san", "reggio emil", "L'Aquila", "Gavirate (VA)", "zzz"} {
		b.Run(q, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				t.Search(q, 10)
			}
		})
	}
}

func BenchmarkFold(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Fold("Eppan an der Weinstraße")
	}
}
