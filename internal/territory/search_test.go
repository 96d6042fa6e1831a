package territory

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                             "",
		"  ":                           "",
		"L'Aquila":                     "l aquila",
		"L’AQUILA":                     "l aquila",
		"Forlì-Cesena":                 "forli cesena",
		"Eppan an der Weinstraße":      "eppan an der weinstrasse",
		"STRAẞE":                       "strasse",
		"Südtirol":                     "sudtirol",
		"Su\u0308dtirol":               "sudtirol",
		"Rhêmes-Notre-Dame":            "rhemes notre dame",
		"Sovodnje ob Soči":             "sovodnje ob soci",
		"Reggio  nell'Emilia":          "reggio nell emilia",
		"Bolzano/Bozen":                "bolzano bozen",
		"Forli'":                       "forli",
		"San Floriano del Collio (GO)": "san floriano del collio go",
		"Østerbro Æ Œuvre Łódź Đ":      "osterbro ae oeuvre lodz d",
		"\x00a\u200bb\xffc":            "a b c",
		"İstanbul ı":                   "istanbul i",
		"Москва 12":                    "москва 12",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func names(ms []Municipality) []string {
	out := []string{}
	for _, m := range ms {
		out = append(out, m.Name+" "+m.Province)
	}
	return out
}

func TestSearch(t *testing.T) {
	t.Parallel()
	table := Embedded()
	for _, c := range []struct {
		q    string
		want []string // the first answers
	}{
		{"Gavirate", []string{"Gavirate VA"}},
		{"gavir", []string{"Gavirate VA"}},
		{"Gavirate (VA)", []string{"Gavirate VA"}},
		{"gavirate, varese", []string{"Gavirate VA"}},
		{"GAVIRATE va", []string{"Gavirate VA"}},
		{"012072", []string{"Gavirate VA"}},
		{" d946 ", []string{"Gavirate VA"}},
		{"l'aquila", []string{"L'Aquila AQ"}},
		{"L`Aquila", []string{"L'Aquila AQ"}},
		{"aquila", []string{"Aquila d'Arroscia IM", "L'Aquila AQ"}}, // the beginning before a later word
		{"laquila", []string{"L'Aquila AQ"}},
		{"Roma", []string{"Roma RM", "Romano di Lombardia BG"}}, // the whole name before larger places that begin so
		{"bozen", []string{"Bolzano BZ"}},
		{"Bolzano/Bozen", []string{"Bolzano BZ"}},
		{"Bozen/Bolzano", []string{"Bolzano BZ"}},
		{"st. ulrich", []string{"Ortisei BZ"}},
		{"Urtijëi", []string{"Ortisei BZ"}},
		{"eppan", []string{"Appiano sulla strada del vino BZ"}},
		{"weinstrasse", []string{"Appiano sulla strada del vino BZ"}},
		{"florence", []string{"Firenze FI"}},
		{"MAILAND", []string{"Milano MI"}},
		{"Sgonik", []string{}},
		{"zgonik", []string{"Sgonico TS"}},
		{"Aoste", []string{"Aosta AO"}},
		{"reggio emilia", []string{"Reggio nell'Emilia RE"}},
		{"reggio emil", []string{"Reggio nell'Emilia RE"}},
		{"reggio cal", []string{"Reggio di Calabria RC"}},
		{"castro", []string{"Castro LE", "Castro BG"}}, // one name: the larger first
		{"castro bg", []string{"Castro BG"}},
		{"Castro (BG)", []string{"Castro BG"}},
		{"San Vito (CA)", []string{"San Vito CA"}},
		{"san vito ca", []string{"San Vito CA"}},
		{"Sant Angelo Lodigiano", []string{"Sant'Angelo Lodigiano LO"}},
		{"santangelo lodi", []string{"Sant'Angelo Lodigiano LO"}},
		{"s. angelo lodigiano", []string{"Sant'Angelo Lodigiano LO"}},
		{"Forli'", []string{"Forlì FC"}},
		{"Gavirate (MI)", []string{}},
		{"Gavirate (XX)", []string{}},
		{"999999", []string{}},
		{"Z999", []string{}},
		{"", []string{}},
		{" ' - ", []string{}},
		{"xyzzy", []string{}},
		{strings.Repeat("san ", 1000), []string{}},
	} {
		got := names(table.Search(c.q, 50))
		if len(c.want) == 0 && len(got) > 0 {
			t.Errorf("Search(%q) = %v, want none", c.q, got)
		}
		if diff := cmp.Diff(c.want, got[:min(len(c.want), len(got))]); diff != "" {
			t.Errorf("Search(%q) begins (-want +got):\n%s", c.q, diff)
		}
	}
	if got := table.Search("san", 0); got != nil {
		t.Errorf("limit 0: %v", got)
	}
	if got := table.Search("san", 7); len(got) != 7 {
		t.Errorf("limit 7: %d", len(got))
	}
}

func TestSearchPostalCode(t *testing.T) {
	t.Parallel()
	table, err := New([]Municipality{
		{ISTAT: "000001", Belfiore: "A001", Name: "Uno", Province: "AA", CAP: "21026", Population: 1},
		{ISTAT: "000002", Belfiore: "A002", Name: "Due", Province: "AA", CAP: "21026", Population: 2},
		{ISTAT: "000003", Belfiore: "A003", Name: "Tre", Province: "AA", CAP: "21027", Population: 3},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Due AA", "Uno AA"}, names(table.Search("21026", 9))); diff != "" {
		t.Error(diff)
	}
}

// Every municipality is found by each of its names, however it is written, first or beside others of the very same
// name.
func TestSearchFindsEveryMunicipality(t *testing.T) {
	t.Parallel()
	table := Embedded()
	all := table.All()
	spellings := map[string]func(string) string{
		"as it is":           func(s string) string { return s },
		"upper case":         strings.ToUpper,
		"folded":             Fold,
		"curly apostrophe":   func(s string) string { return strings.ReplaceAll(s, "'", "’") },
		"no apostrophe":      func(s string) string { return strings.ReplaceAll(s, "'", "") },
		"hyphens for spaces": func(s string) string { return strings.ReplaceAll(s, " ", "-") },
		"more spaces":        func(s string) string { return "  " + strings.ReplaceAll(s, " ", "  ") },
		"accents apart": func(s string) string {
			return strings.NewReplacer("à", "a'", "è", "e'", "ì", "i'", "ò", "o'", "ù", "u'").Replace(s)
		},
	}
	found := func(m Municipality, q string) bool {
		for _, got := range table.Search(q, 20) {
			if got == m {
				return true
			}
			if Fold(got.Name) != Fold(m.Name) && Fold(got.AltName) != Fold(m.AltName) {
				return false
			}
		}
		return false
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 10 {
			m := rapid.SampledFrom(all).Draw(t, "municipality")
			for how, spell := range spellings {
				if !found(m, spell(m.Name)) {
					t.Fatalf("%s: %q is not first for %q", how, m.Name, spell(m.Name))
				}
				if m.AltName != "" && !found(m, spell(m.AltName)) {
					t.Fatalf("%s: %q is not first for %q", how, m.Name, spell(m.AltName))
				}
			}
			with := m.Name + " (" + m.Province + ")"
			if got := table.Search(with, 1); len(got) == 0 || got[0] != m {
				t.Fatalf("Search(%q) = %v", with, got)
			}
		}
	})
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"L'Aquila", "ẞ", "İ", "\u0345", "a\u0301\xff", "ǅ", "Ω", "ﬀ", "한글"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Fold(s)
		if twice := Fold(once); twice != once {
			t.Fatalf("Fold(%q) = %q, and again %q", s, once, twice)
		}
		if !utf8.ValidString(once) || strings.Contains(once, "  ") || strings.TrimSpace(once) != once {
			t.Fatalf("Fold(%q) = %q", s, once)
		}
	})
}

func FuzzSearch(f *testing.F) {
	for _, s := range []string{"san", "Gavirate (VA)", ", va", "(", ")", "va", "a va", "00100", "H501", "\xff(va)"} {
		f.Add(s, 10)
	}
	table := Embedded()
	f.Fuzz(func(t *testing.T, q string, limit int) {
		got := table.Search(q, limit)
		if len(got) > max(limit, 0) {
			t.Fatalf("%d results of at most %d", len(got), limit)
		}
		seen := map[string]bool{}
		for _, m := range got {
			if seen[m.ISTAT] {
				t.Fatalf("%s twice for %q", m.Name, q)
			}
			seen[m.ISTAT] = true
		}
	})
}

func TestNamed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Gavirate": "012072", "GAVIRATE ": "012072", "l'aquila": "066049", "L AQUILA": "066049", "Bozen": "021008", "castro": "016065 075096", "Gavi": "006081", "Gavirat": "", "": "",
	} {
		var got []string
		for _, m := range Embedded().Named(name) {
			got = append(got, m.ISTAT)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v, want %s", name, got, want)
		}
	}
}
