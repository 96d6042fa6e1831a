package office

import "testing"

func TestAmounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text    string
		italian bool
		want    string // "" where it is refused
	}{
		{"7831999.5", false, "7831999.5"},
		{"7831999,5", true, "7831999.5"},
		{"1.234.567,89", true, "1234567.89"},
		{"1,234,567.89", false, "1234567.89"},
		{"1,234.50", false, "1234.50"},
		{"13950000000", true, "13950000000"},
		{"€ 1.250,00", true, "1250.00"},
		{"1 250,00\u00a0EUR", true, "1250.00"},
		{"-12,30", true, "-12.30"},
		{"0.125", true, "0.125"},
		{"1.500", false, "1.500"},
		{"1.500", true, ""}, // 1500, or 1 and a half?
		{"1.500.000", true, "1500000"},
		{"12.34,5", true, ""},
		{"1,2,3", true, ""},
		{"1e9", false, ""},
		{"1,23E+05", true, ""},
		{"=1+1", false, ""},
		{"NaN", false, ""},
		{"Inf", false, ""},
		{"99999999999999999999", false, ""},
		{"", false, ""},
		{",", true, ""},
		{"1.", false, ""},
	} {
		got, ok := amount(c.text, c.italian)
		if !ok {
			got = ""
		}
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-11-22": "2026-11-22", "22/11/2026": "2026-11-22", "2/1/2026": "2026-01-02", "22.11.2026": "2026-11-22", "22-11-2026": "2026-11-22",
		"2026-11-22T00:00:00Z": "2026-11-22", "22/11/2026 00:00": "2026-11-22",
		"31/02/2026": "", "00/01/1900": "", "11/22/2026": "", "2026": "", "22/11/26": "", "": "", "domani": "", "3026-01-01": "",
	} {
		got, ok := day(text)
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"N/A", "####################", "00/01/1900", "null"} {
		if !nothing(text) {
			t.Errorf("%q is something", text)
		}
	}
	if nothing("") || nothing("0") || nothing("2022-01-01") {
		t.Error("something is nothing")
	}
}
