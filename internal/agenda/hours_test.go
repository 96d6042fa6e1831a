package agenda

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseHours(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"Mo-Fr 08:20-13:35; Sa 08:20-12:35; PH off", "Mo-Fr 08:20-13:35; Sa 08:20-12:35; PH off"},
		{"Mo-Fr 08:20-19:05;Sa 08:20-12:35", "Mo-Fr 08:20-19:05; Sa 08:20-12:35"},
		{"Mo,We,Fr 08:20-13:45", "Mo,We,Fr 08:20-13:45"},
		{"Mo 09:00-12:00; Tu 09:00-12:00; We 09:00-12:00", "Mo-We 09:00-12:00"},
		{"Mo-Fr 14:00-18:00,09:00-13:00", "Mo-Fr 09:00-13:00,14:00-18:00"},
		{"Mo-Fr 09:00-13:00,13:00-18:00", "Mo-Fr 09:00-18:00"},
		{"24/7", "24/7"},
		{"00:00-24:00", "24/7"},
		{"Mo-Su 00:00-24:00; PH off", "24/7; PH off"},
		{"24/7; PH 00:00-24:00", "24/7"},
		{"08:00-20:00", "Mo-Su 08:00-20:00"},
		{"Fr 20:00-02:00", "Fr 20:00-02:00"},
		{"Fr 20:00-00:00", "Fr 20:00-24:00"},
		{"Fr 23:00-24:00,00:00-01:00", "Fr 00:00-01:00,23:00-24:00"},
		{"Sa-Mo 10:00-12:00", "Mo,Sa,Su 10:00-12:00"},
		{"Mo-Fr 08:00-12:00; We off", "Mo,Tu,Th,Fr 08:00-12:00"},
		{"Mo-Fr 08:00-12:00; We 14:00-18:00", "Mo,Tu,Th,Fr 08:00-12:00; We 14:00-18:00"},
		{"Mo-Fr 08:00-12:00; closed", "off"},
		{"off", "off"},
		{"Su off", "off"},
		{"PH off", "off"},
		{"PH 09:00-12:00", "PH 09:00-12:00"},
		{"Mo-Fr,PH 09:00-12:00", "Mo-Fr 09:00-12:00; PH 09:00-12:00"},
		{"Mo-Su,PH 09:00-12:00", "Mo-Su 09:00-12:00"},
		{"Mo-Fr 09:00-12:00; PH,Su off", "Mo-Fr 09:00-12:00; PH off"},
		{" Mo - Fr , Su  08:00 - 12:00 , 14:00-18:00 ", "Mo-Fr,Su 08:00-12:00,14:00-18:00"},
	}
	for _, tt := range tests {
		h, err := ParseHours(tt.in)
		if err != nil {
			t.Errorf("ParseHours(%q): %v", tt.in, err)
			continue
		}
		if got := h.String(); got != tt.want {
			t.Errorf("ParseHours(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if again, err := ParseHours(h.String()); err != nil || !again.Equal(h) {
			t.Errorf("ParseHours(%q), read back: %v, %v", tt.in, again, err)
		}
	}
}

func TestParseHoursNamesThePieceAtFault(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, piece string
		reason    Reason
	}{
		{"", "", ReasonEmpty},
		{"Mo-Fr 08:00-12:00;", "", ReasonEmpty},
		{"Mo-Fr", "Mo-Fr", ReasonEmpty},
		{"PH", "PH", ReasonEmpty},
		{"Mo, 08:00-12:00", "Mo, 08:00-12:00", ReasonEmpty},
		{"Lu-Ve 08:00-12:00", "Lu-Ve", ReasonDay},
		{"Mo-Fr 08:00-12:00; Sab 08:00-12:00", "Sab", ReasonDay},
		{"Mo-Mo 08:00-12:00", "Mo-Mo", ReasonDay},
		{"Mo-PH 08:00-12:00", "Mo-PH", ReasonDay},
		{"Jan Mo 08:00-12:00", "Jan Mo", ReasonDay},
		{"domani", "domani", ReasonDay},
		{"Mo 8:00-12:00", "8:00-12:00", ReasonTime},
		{"Mo 08:00", "08:00", ReasonTime},
		{"Mo 08:00-12:00,", "", ReasonTime},
		{"Mo 08:00-26:00", "08:00-26:00", ReasonTime},
		{"Mo 24:00-24:00", "24:00-24:00", ReasonTime},
		{"Mo 10:00-10:00", "10:00-10:00", ReasonTime},
		{"Mo 08:00+", "08:00+", ReasonTime},
		{"Mo 24/7", "24/7", ReasonTime},
		{"Mo-Fr 08:00-12:00, We 14:00-18:00", "We 14:00-18:00", ReasonTime},
		{`Mo 08:00-12:00 "a note"`, `08:00-12:00 "a note"`, ReasonTime},
		{"Mo 08:00-12:00,11:00-13:00", "11:00-13:00", ReasonOverlap},
		{"Mo 20:00-02:00,23:00-24:00", "23:00-24:00", ReasonOverlap},
		{"Mo 08:00-20:00,20:00-08:00", "08:00-20:00,20:00-08:00", ReasonOverlap},
		{"Mo 00:00-12:00,12:00-02:00", "00:00-12:00,12:00-02:00", ReasonOverlap},
		{"PH off; Mo-Fr 08:00-12:00", "Mo-Fr 08:00-12:00", ReasonOrder},
		{strings.Repeat("Mo 08:00-12:00;", 100), "Mo 08:00-12:00;Mo 08", ReasonLong},
	}
	for _, tt := range tests {
		h, err := ParseHours(tt.in)
		var fault *HoursError
		if !errors.As(err, &fault) {
			t.Errorf("ParseHours(%.40q) = %v, %v", tt.in, h, err)
			continue
		}
		if fault.Piece != tt.piece || fault.Reason != tt.reason {
			t.Errorf("ParseHours(%.40q): %q %s, want %q %s", tt.in, fault.Piece, fault.Reason, tt.piece, tt.reason)
		}
		if reasonText[fault.Reason] == "" || !strings.Contains(err.Error(), reasonText[fault.Reason]) {
			t.Errorf("ParseHours(%.40q): %v", tt.in, err)
		}
	}
}

func TestHoursOn(t *testing.T) {
	t.Parallel()
	h := MustHours("Mo-Fr 08:20-13:35,14:00-19:05; Fr 20:00-02:00; PH 09:00-12:00")
	for _, tt := range []struct {
		wd      time.Weekday
		holiday bool
		want    []Span
	}{
		{time.Monday, false, []Span{{500, 815}, {840, 1145}}},
		{time.Friday, false, []Span{{1200, 1560}}},
		{time.Sunday, false, nil},
		{time.Monday, true, []Span{{540, 720}}},
		{time.Sunday, true, []Span{{540, 720}}},
	} {
		if diff := cmp.Diff(tt.want, h.On(tt.wd, tt.holiday)); diff != "" {
			t.Errorf("%v, holiday %v: -want +got\n%s", tt.wd, tt.holiday, diff)
		}
	}
	asWeekday := MustHours("Mo-Fr 08:00-12:00")
	if got := asWeekday.On(time.Monday, true); len(got) != 1 {
		t.Errorf("without PH, a holiday on Monday: %v", got)
	}
	if got := (Hours{}).On(time.Monday, false); len(got) != 0 {
		t.Errorf("the zero value is open: %v", got)
	}
}

func TestMustHoursPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	MustHours("sempre")
}

// drawHours writes random rules and lays them, minute by minute, over a model:
// for each weekday, then for holidays, the minutes open counted from its midnight.
func drawHours(t *rapid.T) (text string, open [8][2 * 24 * 60]bool, holiday bool) {
	names := []string{"Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"} // by time.Weekday
	var rules []string
	for range rapid.IntRange(1, 4).Draw(t, "rules") {
		var on []int
		var words []string
		switch rapid.IntRange(0, 3).Draw(t, "form") {
		case 0:
			on = []int{0, 1, 2, 3, 4, 5, 6}
		case 1:
			from, n := rapid.IntRange(0, 6).Draw(t, "from day"), rapid.IntRange(1, 6).Draw(t, "more days")
			for i := range n + 1 {
				on = append(on, (from+i)%7)
			}
			words = append(words, names[from]+"-"+names[(from+n)%7])
		default:
			on = rapid.SliceOfNDistinct(rapid.IntRange(0, 6), 1, 7, rapid.ID[int]).Draw(t, "days")
			for _, wd := range on {
				words = append(words, names[wd])
			}
		}
		if rapid.IntRange(0, 3).Draw(t, "with PH") == 0 && len(words) > 0 {
			words, on = append(words, "PH"), append(on, 7)
		}
		if holiday { // from the first PH on, rules may only name PH
			words, on = []string{"PH"}, []int{7}
		}
		holiday = holiday || slices.Contains(on, 7)

		// Ends that ascend, five minutes apart at least, the last perhaps past midnight.
		var minutes [2 * 24 * 60]bool
		var spans []string
		ends := rapid.SliceOfNDistinct(rapid.IntRange(0, 287), 0, 6, rapid.ID[int]).Draw(t, "ends")
		slices.Sort(ends)
		for i := 0; i+1 < len(ends); i += 2 {
			from, to := ends[i]*5, ends[i+1]*5
			if i+3 >= len(ends) && ends[0] > 0 && rapid.Bool().Draw(t, "past midnight") {
				to = 24*60 + rapid.IntRange(0, from-1).Draw(t, "to")
			}
			for m := from; m < to; m++ {
				minutes[m] = true
			}
			spans = append(spans, Span{Clock(from), Clock(to)}.String())
		}
		hours := strings.Join(spans, ",")
		if hours == "" {
			hours = "off"
		}
		for _, day := range on {
			open[day] = minutes
		}
		rules = append(rules, strings.TrimSpace(strings.Join(words, ",")+" "+hours))
	}
	return strings.Join(rules, "; "), open, holiday
}

func TestHoursMinuteByMinute(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, open, holiday := drawHours(t)
		h, err := ParseHours(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		again, err := ParseHours(h.String())
		if err != nil || !again.Equal(h) || again.String() != h.String() {
			t.Fatalf("%q became %q and %q, %v", text, h, again, err)
		}
		for wd := range 7 {
			for _, isHoliday := range []bool{false, true} {
				want := open[wd]
				if isHoliday && holiday {
					want = open[7]
				}
				var got [2 * 24 * 60]bool
				for _, span := range h.On(time.Weekday(wd), isHoliday) {
					for m := span.From; m < span.To; m++ {
						got[m] = true
					}
				}
				if got != want {
					t.Fatalf("%q on %v (holiday: %v): %v", text, time.Weekday(wd), isHoliday, h.On(time.Weekday(wd), isHoliday))
				}
			}
		}
	})
}

func FuzzParseHours(f *testing.F) {
	for _, s := range []string{
		"Mo-Fr 08:20-13:35; Sa 08:20-12:35; PH off", "24/7", "24/7; PH off", "off", "Fr 20:00-02:00",
		"Mo,We,Fr 09:00-13:00,14:00-18:00; PH 09:00-12:00", "Sa-Mo,PH 00:00-24:00", "Mo-Fr 08:00-12:00, We 14:00-18:00",
		"Mo 10:00-10:00", ";;", "PH-PH off", "Mo\x00 08:00-12:00", "Mo \xff", "Mo-Fr 09:00-00:00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, err := ParseHours(s)
		if err != nil {
			var fault *HoursError
			if !errors.As(err, &fault) || fault.Error() == "" {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		again, err := ParseHours(h.String())
		if err != nil || !again.Equal(h) || again.String() != h.String() {
			t.Fatalf("%q became %q and %q, %v", s, h, again, err)
		}
	})
}
