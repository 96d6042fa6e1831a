package agenda

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// openMinutes watches the clocks of the zone: the minutes, from the start of a
// UTC day on, at which the place is open by a span that begins on one of the dates around.
func openMinutes(o *Opening, day Day) (open [24 * 60]bool) {
	start := day.Start()
	around := DateOf(start.In(o.Zone))
	for i := -2; i <= 2; i++ {
		d := around.AddDays(i)
		spans, replaced := o.Exceptions[d]
		if !replaced {
			spans = o.Hours.On(d.Weekday(), IsHoliday(d, o.Patron))
		}
		for _, span := range spans {
			_, from := watch(d, span.From, o.Zone)
			_, to := watch(d, span.To, o.Zone)
			for m := range open {
				at := start.Add(time.Duration(m) * time.Minute)
				open[m] = open[m] || !at.Before(from) && at.Before(to)
			}
		}
	}
	return open
}

func TestOpeningMaskMinuteByMinute(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		day := DayOf(drawInstant(t, loc))
		text, _, _ := drawHours(t)
		o := &Opening{Hours: MustHours(text), Zone: loc, Exceptions: map[Date][]Span{}}
		if rapid.Bool().Draw(t, "patron") {
			d := DateOf(day.Start())
			o.Patron = MonthDay{d.Month, d.Day}
		}
		if rapid.Bool().Draw(t, "exception") {
			d := DateOf(day.Start().In(loc)).AddDays(rapid.IntRange(-1, 1).Draw(t, "on"))
			exception, _, _ := drawHours(t)
			o.Exceptions[d] = MustHours(exception).On(d.Weekday(), false)
		}
		minutes := openMinutes(o, day)
		want := fromBits(func(q int) bool {
			for m := q * 15; m < q*15+15; m++ {
				if !minutes[m] {
					return false
				}
			}
			return true
		})
		if got := o.Mask(day); got != want {
			t.Fatalf("%q in %v on UTC day %v: %v, want %v", text, loc, day.Start(), got, want)
		}
	})
}

func TestOpeningOn(t *testing.T) {
	t.Parallel()
	o := &Opening{
		Hours:  MustHours("Mo-Fr 08:20-13:35,14:00-19:05; Sa 20:00-02:30; PH off"),
		Patron: MonthDay{time.May, 5},
		Exceptions: map[Date][]Span{
			{2026, 5, 6}:  nil,
			{2026, 5, 10}: {{15 * 60, 16 * 60}, {9 * 60, 15 * 60}}, // unsorted, touching
		},
	}
	tests := []struct {
		name, date string
		want       []string
	}{
		{"a Monday", "2026-05-04", []string{"2026-05-04T08:20 2026-05-04T13:35", "2026-05-04T14:00 2026-05-04T19:05"}},
		{"the day of the patron", "2026-05-05", nil},
		{"closed by exception", "2026-05-06", nil},
		{"a national holiday", "2026-06-02", nil},
		{"over midnight", "2026-05-09", []string{"2026-05-09T20:00 2026-05-10T02:30"}},
		{"open by exception", "2026-05-10", []string{"2026-05-10T09:00 2026-05-10T16:00"}},
		{"closes within the skipped hour", "2026-03-28", []string{"2026-03-28T20:00 2026-03-29T03:00"}},
		{"closes within the repeated hour", "2026-10-24", []string{"2026-10-24T20:00 2026-10-25T02:30"}},
	}
	for _, tt := range tests {
		var got []string
		for _, i := range o.On(mustDate(t, tt.date)) {
			got = append(got, reading(i.From)+" "+reading(i.To))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", tt.name, diff)
		}
	}
	// In the repeated hour the first pass counts.
	night := o.On(mustDate(t, "2026-10-24"))[0]
	if want := mustLocal(t, "2026-10-25T02:30+02:00", Rome); !night.To.Equal(want) || night.Elapsed() != 6*time.Hour+30*time.Minute {
		t.Errorf("closes at %v", night.To)
	}
}

func TestEdge06_ManyDaysOverAClosedWeekday(t *testing.T) {
	t.Parallel()
	always := &Opening{Hours: MustHours("24/7")}
	notSunday := &Opening{Hours: MustHours("24/7; Su off")}
	cells := func(from, to string) []Cell { return mustCells(t, mustLocal(t, from, Rome), mustLocal(t, to, Rome)) }
	weekend := cells("2026-05-08T12:00", "2026-05-11T12:00")
	if !always.Contains(weekend) || notSunday.Contains(weekend) {
		t.Error("Friday to Monday holds a Sunday")
	}
	if !notSunday.Contains(cells("2026-05-08T12:00", "2026-05-10T00:00")) {
		t.Error("up to the first minute of Sunday is open")
	}
	if notSunday.Contains(cells("2026-05-09T12:00", "2026-05-10T00:15")) {
		t.Error("the first quarter of Sunday is open")
	}
	if !notSunday.Contains(nil) {
		t.Error("nothing asked, nothing closed")
	}
}

func TestEdge10_OpeningOffTheGrain(t *testing.T) {
	t.Parallel()
	o := &Opening{Hours: MustHours("Mo-Fr 08:20-13:35; Sa 08:20-08:40; Su 09:00-09:10,09:10-09:15")}
	for date, want := range map[string]Mask{
		"2026-05-04": Quarters(26, 46), // 08:30-13:30 in Rome, 06:30-11:30 UTC
		"2026-05-09": {},               // 08:30-08:40 is not a whole quarter
		"2026-05-10": Quarters(28, 29), // two pieces make one quarter
	} {
		if got := o.Mask(DayOf(mustLocal(t, date+"T12:00", Rome))); got != want {
			t.Errorf("%s: %v, want %v", date, got, want)
		}
	}
	// Two pieces of one quarter on either side of midnight, from two dates.
	split := &Opening{Hours: MustHours("Mo 23:00-00:05; Tu 00:05-01:00")}
	if got := split.Mask(DayOf(mustLocal(t, "2026-05-04T12:00", Rome))); got != Quarters(84, 92) {
		t.Errorf("over midnight: %v", got)
	}
}

func TestEdge12_AlwaysOpenLasts25Hours(t *testing.T) {
	t.Parallel()
	o := &Opening{Hours: MustHours("Su 00:00-24:00")}
	for date, want := range map[string]time.Duration{
		"2026-03-29": 23 * time.Hour, "2026-05-10": 24 * time.Hour, "2026-10-25": 25 * time.Hour,
	} {
		d := mustDate(t, date)
		on := o.On(d)
		if len(on) != 1 || on[0].Elapsed() != want || DayLength(d, Rome) != want {
			t.Errorf("%s: %v", date, on)
		}
		at := DayOf(on[0].From)
		if quarters := o.Mask(at).Count() + o.Mask(at+1).Count(); time.Duration(quarters)*Quarter != want {
			t.Errorf("%s: %d quarters", date, quarters)
		}
	}
}

func TestEdge18_PlaceWithoutZoneIsInRome(t *testing.T) {
	t.Parallel()
	with, without := &Opening{Hours: MustHours("09:00-18:00"), Zone: Rome}, &Opening{Hours: MustHours("09:00-18:00")}
	for day := DayOf(mustLocal(t, "2026-03-27T12:00", Rome)); day < DayOf(mustLocal(t, "2026-04-02T12:00", Rome)); day++ {
		if with.Mask(day) != without.Mask(day) || without.Mask(day).Count() != 36 {
			t.Errorf("%v: %v and %v", day.Start(), with.Mask(day), without.Mask(day))
		}
	}
}

// Hours at the edge of the local day are in the middle of the UTC day, or on
// the UTC day before; whoever looks, from wherever, sees the same quarters.
func TestEdge21_LateHoursSeenFromAnotherZone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		zone, hours string
		local       string // a time inside
		utcDay      string
		want        Mask
	}{
		{"Europe/Rome", "Mo 23:00-24:00", "2026-05-04T23:30", "2026-05-04", Quarters(84, 88)},
		{"Europe/Rome", "Mo 00:00-01:00", "2026-05-04T00:30", "2026-05-03", Quarters(88, 92)},
		{"Pacific/Kiritimati", "Mo 00:00-01:00", "2026-05-04T00:30", "2026-05-03", Quarters(40, 44)},
		{"Pacific/Kiritimati", "Mo 23:00-24:00", "2026-05-04T23:30", "2026-05-04", Quarters(36, 40)},
		{"America/Sao_Paulo", "Mo 23:00-24:00", "2026-05-04T23:30", "2026-05-05", Quarters(8, 12)},
		{"Asia/Kathmandu", "Mo 23:00-24:00", "2026-05-04T23:30", "2026-05-04", Quarters(69, 73)},
	}
	for _, tt := range tests {
		o := &Opening{Hours: MustHours(tt.hours), Zone: load(t, tt.zone)}
		at := mustLocal(t, tt.local, o.Zone)
		day := DayOf(at)
		if got := DateOf(day.Start()).String(); got != tt.utcDay || o.Mask(day) != tt.want {
			t.Errorf("%s %s: %v on %s, want %v on %s", tt.zone, tt.hours, o.Mask(day), got, tt.want, tt.utcDay)
		}
		if o.Mask(day-1).Overlaps(tt.want) || o.Mask(day+1).Overlaps(tt.want) {
			t.Errorf("%s %s: also open on the days beside", tt.zone, tt.hours)
		}
		from := at.Truncate(Quarter).In(load(t, "America/St_Johns"))
		if !o.Contains(mustCells(t, from, from.Add(Quarter))) {
			t.Errorf("%s %s: closed when asked in another zone", tt.zone, tt.hours)
		}
	}
}

func BenchmarkOpeningMask(b *testing.B) {
	for _, bench := range []struct{ name, hours, date string }{
		{"an office", "Mo-Fr 08:20-13:35; Sa 08:20-12:35; PH off", "2026-05-04"},
		{"with a break, the night of the change", "Mo-Su 09:00-13:00,14:00-02:30", "2026-10-25"},
	} {
		o := &Opening{Hours: MustHours(bench.hours), Patron: MonthDay{time.December, 7}, Exceptions: map[Date][]Span{{2026, 8, 14}: nil}}
		day := DayOf(mustDate(b, bench.date).UTC())
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if o.Mask(day).IsZero() {
					b.Fatal("closed")
				}
			}
		})
	}
}
