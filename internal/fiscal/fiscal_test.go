package fiscal

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var now = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// people are synthetic. Their codes were worked out by the rules, not taken from anyone's card.
var people = []struct {
	surname, given string
	birth          Date
	sex            Sex
	place, code    string
}{
	{"Rossi", "Mario", Date{1985, 12, 10}, Male, "A562", "RSSMRA85T10A562S"}, // the Agency's own specimen
	{"Bianchi", "Giovanna", Date{1970, 1, 1}, Female, "H501", "BNCGNN70A41H501V"},
	{"Rossi", "Gianfranco", Date{1960, 3, 31}, Male, "F205", "RSSGFR60C31F205Q"}, // four consonants: the 1st, 3rd, 4th
	{"Fo", "Ugo", Date{1999, 2, 28}, Male, "L219", "FOXGUO99B28L219V"},           // filled with X
	{"Aia", "Ea", Date{2004, 2, 29}, Female, "D612", "AIAEAX04B69D612Q"},         // vowels alone, a leap day
	{"D'Amico", "Nicolò", Date{2020, 7, 9}, Male, "F839", "DMCNCL20L09F839B"},
	{"De' Rossi", "Anna Maria", Date{1931, 11, 30}, Female, "G273", "DRSNMR31S70G273H"},
	{"Müller", "Jürgen", Date{1948, 5, 5}, Male, "A952", "MLLJGN48E05A952K"},
	{"Weiß", "Ève", Date{1977, 8, 18}, Female, "Z112", "WSSVEE77M58Z112B"}, // born abroad
	{"Čuk", "Øyvind", Date{2001, 10, 20}, Male, "L424", "CKUYND01R20L424S"},
	{"Lo Re", "Io", Date{1990, 4, 4}, Female, "A271", "LROIOX90D44A271X"},
	{"Qu", "Xi", Date{1988, 9, 9}, Male, "Z210", "QUXXIX88P09Z210R"},
}

func TestMakeAndParse(t *testing.T) {
	t.Parallel()
	for _, p := range people {
		got, err := Make(p.surname, p.given, p.birth, p.sex, p.place)
		if got != p.code || err != nil {
			t.Errorf("Make(%s %s) = %q, %v; want %q", p.given, p.surname, got, err, p.code)
			continue
		}
		want := CF{Code: p.code, BirthDate: p.birth, Sex: p.sex, Place: p.place}
		parsed, err := Parse(" "+strings.ToLower(p.code[:6])+" "+p.code[6:]+"\t", now)
		if err != nil {
			t.Errorf("Parse(%q): %v", p.code, err)
		}
		if diff := cmp.Diff(want, parsed); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", p.code, diff)
		}
	}
}

func TestParseOmocodia(t *testing.T) {
	t.Parallel()
	want, err := Parse("RSSMRA85T10A562S", now)
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"RSSMRA85T10A56NH", "RSSMRA85T10A5S2E", "RSSMRA85T10ARSNO", "RSSMRAURTMLARSNL"} {
		got, err := Parse(code, now)
		if err != nil {
			t.Errorf("%s: %v (its check character would be %c)", code, err, checkCharacter(code[:15]))
			continue
		}
		if !got.Omocodia || got.BirthDate != want.BirthDate || got.Place != want.Place || got.Sex != want.Sex || got.Code != code {
			t.Errorf("%s: %+v", code, got)
		}
	}
}

func TestCentury(t *testing.T) {
	t.Parallel()
	code := func(birth Date) string {
		c, err := Make("Prova", "Anna", birth, Female, "H501")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, c := range []struct {
		born, want Date
		now        string
	}{
		{Date{2026, 6, 15}, Date{2026, 6, 15}, "2026-06-15"}, // today
		{Date{1926, 6, 16}, Date{1926, 6, 16}, "2026-06-15"}, // tomorrow, so a century ago
		{Date{1925, 1, 1}, Date{2025, 1, 1}, "2026-06-15"},   // 101 years old: the code cannot tell
		{Date{1999, 12, 31}, Date{1999, 12, 31}, "2026-06-15"},
		{Date{2000, 2, 29}, Date{2000, 2, 29}, "2026-06-15"},
		{Date{2000, 2, 29}, Date{2000, 2, 29}, "2100-03-01"}, // 1900 and 2100 are no leap years
		{Date{1904, 2, 29}, Date{1904, 2, 29}, "2004-02-28"},
	} {
		at, err := time.Parse(time.DateOnly, c.now)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(code(c.born), at)
		if err != nil || got.BirthDate != c.want {
			t.Errorf("born %v, on %s: %v, %v; want %v", c.born, c.now, got.BirthDate, err, c.want)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	withCheck := func(first15 string) string { return first15 + string(checkCharacter(first15)) }
	for _, c := range []struct {
		why, code string
		want      error
	}{
		{"a person", "RSSMRA85T10A562S", nil},
		{"small letters and spaces", "rss mra 85t10 a562s", nil},
		{"an organisation", "00743110157", nil},
		{"empty", "", ErrLength},
		{"one short", "RSSMRA85T10A562", ErrLength},
		{"one long", "RSSMRA85T10A562SS", ErrLength},
		{"3 MB", strings.Repeat("A", 3<<20), ErrLength},
		{"another check character", "RSSMRA85T10A562T", ErrCheck},
		{"two letters changed places", "RSSMAR85T10A562S", ErrCheck},
		{"a digit in the name", "RSSMR085T10A562S", ErrCharacter},
		{"a letter that stands for no digit", "RSSMRA8AT10A562S", ErrCharacter},
		{"a digit for the month", "RSSMRA85110A562S", ErrCharacter},
		{"a digit for the check", "RSSMRA85T10A5620", ErrCharacter},
		{"a NUL", "RSSMRA85T10A562\x00", ErrCharacter},
		{"broken UTF-8", "RSSMRA85T10A56\xff\xfe", ErrLength},
		{"accents of the right number of bytes", "ÀÀÀ85T10A562S", ErrCharacter},
		{"a letter whose upper case is I", "RSSMRı5T10A562S", ErrCharacter},
		{"no such month", withCheck("RSSMRA85F10A562"), ErrDate},
		{"day 0", withCheck("RSSMRA85T00A562"), ErrDate},
		{"day 40", withCheck("RSSMRA85T40A562"), ErrDate},
		{"day 72", withCheck("RSSMRA85T72A562"), ErrDate},
		{"31 November", withCheck("RSSMRA85S31A562"), ErrDate},
		{"29 February of no leap year", withCheck("RSSMRA85B29A562"), ErrDate},
		{"place 000", withCheck("RSSMRA85T10A000"), ErrPlace},
		{"an organisation's wrong digit", "00743110158", ErrCheck},
		{"eleven zeros", "00000000000", ErrCheck},
		{"a letter among eleven", "0074311O157", ErrCharacter},
		{"a digit of another script", "0074311015٧", ErrLength},
	} {
		if got := Check(c.code); !errors.Is(got, c.want) {
			t.Errorf("%s: %v, want %v", c.why, got, c.want)
		}
	}
}

func TestErrorsHoldNoCode(t *testing.T) {
	t.Parallel()
	for _, e := range []Error{ErrLength, ErrCharacter, ErrDate, ErrPlace, ErrCheck, ErrName, ErrSex, ErrNumber} {
		if text := e.Error(); text == "fiscal: "+string(e) || !strings.HasPrefix(text, "fiscal: ") {
			t.Errorf("%q has the text %q", string(e), text)
		}
	}
}

func TestMakeRefuses(t *testing.T) {
	t.Parallel()
	day := Date{1985, 12, 10}
	for _, c := range []struct {
		surname, given string
		birth          Date
		sex            Sex
		place          string
		want           error
	}{
		{"", "Mario", day, Male, "A562", ErrName},
		{"Rossi", " '- ", day, Male, "A562", ErrName},
		{"Иванов", "Mario", day, Male, "A562", ErrName},
		{"Rossi", "Mario", Date{1985, 2, 29}, Male, "A562", ErrDate},
		{"Rossi", "Mario", Date{1985, 13, 1}, Male, "A562", ErrDate},
		{"Rossi", "Mario", Date{}, Male, "A562", ErrDate},
		{"Rossi", "Mario", day, "X", "A562", ErrSex},
		{"Rossi", "Mario", day, Male, "a562", ErrPlace},
		{"Rossi", "Mario", day, Male, "A56", ErrPlace},
		{"Rossi", "Mario", day, Male, "A5O2", ErrPlace},
		{"Rossi", "Mario", day, Male, "A000", ErrPlace},
	} {
		if code, err := Make(c.surname, c.given, c.birth, c.sex, c.place); !errors.Is(err, c.want) || code != "" {
			t.Errorf("%+v: %q, %v", c, code, err)
		}
	}
}

// Whatever is made is read back, also after any omocodia, and not after any one change that the check character sees.
func TestMakeParseProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[A-Za-zàèéìòùÄÖÜßñçČŠ' -]{0,12}[A-Za-z]`)
		day := time.Date(1927, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 36000).Draw(t, "day"))
		birth := Date{day.Year(), int(day.Month()), day.Day()}
		sex := rapid.SampledFrom([]Sex{Male, Female}).Draw(t, "sex")
		place := fmt.Sprintf("%c%03d", rapid.RuneFrom([]rune("ABCDEFGHILMZ")).Draw(t, "letter"), rapid.IntRange(1, 999).Draw(t, "place"))
		code, err := Make(name.Draw(t, "surname"), name.Draw(t, "given"), birth, sex, place)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(code, now)
		if want := (CF{code, birth, sex, place, false}); err != nil || got != want {
			t.Fatalf("Parse(%q) = %+v, %v; want %+v", code, got, err, want)
		}

		other := []byte(code[:15])
		for _, i := range digitsAt {
			if rapid.Bool().Draw(t, "replace") {
				other[i] = omocodia[other[i]-'0']
			}
		}
		omocode := string(other) + string(checkCharacter(string(other)))
		again, err := Parse(omocode, now)
		want := CF{omocode, birth, sex, place, omocode[:15] != code[:15]}
		if err != nil || again != want {
			t.Fatalf("Parse(%q) = %+v, %v; want %+v", omocode, again, err, want)
		}
	})
}

func TestPartitaIVA(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		number, office int
		want           string
	}{
		{743110, 15, "07431100150"},
		{1, 1, "00000010017"},
		{9999999, 999, "99999999990"},
		{114601, 58, "01146010580"},
	} {
		if got, err := MakePartitaIVA(c.number, c.office); got != c.want || err != nil {
			t.Errorf("MakePartitaIVA(%d, %d) = %q, %v; want %q", c.number, c.office, got, err, c.want)
		}
	}
	for _, c := range [][2]int{{0, 1}, {-1, 1}, {10_000_000, 1}, {1, 0}, {1, 1000}} {
		if got, err := MakePartitaIVA(c[0], c[1]); !errors.Is(err, ErrNumber) || got != "" {
			t.Errorf("MakePartitaIVA(%v) = %q, %v", c, got, err)
		}
	}
}

func TestPartitaIVAProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		code, err := MakePartitaIVA(rapid.IntRange(1, 9_999_999).Draw(t, "number"), rapid.IntRange(1, 999).Draw(t, "office"))
		if err != nil || Check(code) != nil || CheckPartitaIVA(code) != nil {
			t.Fatalf("%q: %v, %v", code, err, CheckPartitaIVA(code))
		}
		// The formula sees every single wrong digit.
		at, by := rapid.IntRange(0, 10).Draw(t, "at"), rapid.IntRange(1, 9).Draw(t, "by")
		wrong := []byte(code)
		wrong[at] = '0' + (wrong[at]-'0'+byte(by))%10
		if CheckPartitaIVA(string(wrong)) == nil {
			t.Fatalf("%q passes as %q does", wrong, code)
		}
	})
}

// TestVectors reads 300 more synthetic people where the file is present.
func TestVectors(t *testing.T) {
	t.Parallel()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "cf_test_vectors.csv"))
	if err != nil {
		t.Skip("SKIPPED: no vectors beside the repository: ", err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows[1:] {
		day, err := time.Parse(time.DateOnly, row[3])
		if err != nil {
			t.Fatal(err)
		}
		birth := Date{day.Year(), int(day.Month()), day.Day()}
		got, err := Make(row[0], row[1], birth, Sex(row[2]), row[4])
		if err != nil || got != row[5] {
			t.Errorf("row %d: made %q, %v; want %q", i+2, got, err, row[5])
		}
		if cf, err := Parse(row[5], now); err != nil || cf.Sex != Sex(row[2]) || cf.Place != row[4] {
			t.Errorf("row %d: read %+v, %v", i+2, cf, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, p := range people {
		f.Add(p.code, int64(2026))
	}
	f.Add("00743110157", int64(-1))
	f.Add("RSSMRAURTMLARSNL", int64(1<<40))
	f.Fuzz(func(t *testing.T, code string, seconds int64) {
		at := time.Unix(seconds%(1<<36), 0).UTC()
		cf, err := Parse(code, at)
		if err != nil {
			if (cf != CF{}) {
				t.Fatalf("%+v beside %v", cf, err)
			}
			return
		}
		if Check(code) != nil || cf.Code != Normalize(code) || cf.BirthDate.time().After(at) {
			t.Fatalf("Parse(%q) = %+v", code, cf)
		}
	})
}

// Everyone with one base has it, whichever of their digits are letters; and of no
// other base.
func TestBaseAndVariants(t *testing.T) {
	t.Parallel()
	const base = "RSSMRA85T10A562S"
	all := Variants(base)
	seen := map[string]bool{}
	for _, code := range all {
		if Check(code) != nil || Base(code) != base {
			t.Errorf("%s: base %q, %v", code, Base(code), Check(code))
		}
		seen[code] = true
	}
	if len(all) != 128 || len(seen) != 128 || all[0] != base {
		t.Errorf("%d variants, %d different, the first %s", len(all), len(seen), all[0])
	}
	for _, code := range []string{"RSSMRA85T10A56NH", "rss mra 85t10 a5s2e", "RSSMRAURTMLARSNL"} {
		if !seen[Normalize(code)] || Base(code) != base {
			t.Errorf("%s: base %q", code, Base(code))
		}
	}
	for _, code := range []string{"", "RSSMRA85T10A562T", "00743110157"} {
		if Base(code) != "" || Variants(code) != nil {
			t.Errorf("%q has a base", code)
		}
	}
	cf, err := Parse(base, now)
	if err != nil || !cf.Fits("Rossi", "Mario") || cf.Fits("Rossi", "Marta") || cf.Fits("", "Mario") {
		t.Errorf("fits: %v", err)
	}
}
