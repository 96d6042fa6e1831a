package forecast

import (
	"math"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter/queue"
)

var morning = time.Date(2026, time.November, 23, 9, 0, 0, 0, agenda.Rome)

func waitingSince(id string, minutes int, services ...string) queue.Entry {
	return queue.Entry{ID: id, Services: services, Taken: morning.Add(-time.Duration(minutes) * time.Minute), Arrived: true}
}

func anything(string) bool { return true }

func TestForesee(t *testing.T) {
	t.Parallel()
	line := []queue.Entry{waitingSince("a", 9, "cedolino"), waitingSince("b", 8, "carta-identita"), waitingSince("c", 0, "cedolino")}
	one := []Desk{{ID: "1", Can: anything}}
	minutes := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	for name, tt := range map[string]struct {
		s         Situation
		low, high time.Duration // within which the range must begin, and end
		today     float64
	}{
		"nobody else":   {Situation{Waiting: line[2:], Desks: one}, 0, minutes(2), 1},
		"two before":    {Situation{Waiting: line, Desks: one}, minutes(5), minutes(75), 1},
		"two desks":     {Situation{Waiting: line, Desks: append(one, Desk{ID: "2"})}, 0, minutes(20), 1},
		"desk at lunch": {Situation{Waiting: line[2:], Desks: []Desk{{ID: "1", From: morning.Add(minutes(30))}}}, minutes(30), minutes(45), 1},
		"a family under way": {Situation{
			Waiting: line[2:], Desks: []Desk{{ID: "1", Busy: []string{"carta-identita", "carta-identita", "passaporto"}, Since: morning.Add(-minutes(5))}},
		}, minutes(12), minutes(150), 1},
		"nobody can": {Situation{
			Waiting: line[2:], Closes: morning.Add(minutes(50)), Desks: []Desk{{ID: "1", Can: func(string) bool { return false }}},
		}, minutes(50), minutes(50), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.s.Now = morning
			r := Foresee(tt.s, "c")
			if r.Low < tt.low || r.High > tt.high || r.Low > r.High || r.Today != tt.today {
				t.Errorf("%v to %v, today %v", r.Low, r.High, r.Today)
			}
			if again := Foresee(tt.s, "c"); again != r {
				t.Errorf("then %v", again)
			}
		})
	}
	if r := Foresee(Situation{Now: morning, Desks: one}, "x"); r != (Range{}) {
		t.Errorf("of nobody: %v", r)
	}
}

// As a service goes on the next is called sooner; what is left of it is never nothing,
// and never all day where somebody forgot to finish.
func TestWhatIsLeft(t *testing.T) {
	t.Parallel()
	s := Situation{Now: morning, Waiting: []queue.Entry{waitingSince("a", 0, "cedolino")}}
	last := time.Duration(math.MaxInt64)
	for _, elapsed := range []time.Duration{0, 5 * time.Minute, 12 * time.Minute, 5 * time.Hour} {
		s.Desks = []Desk{{ID: "1", Busy: []string{"passaporto"}, Since: morning.Add(-elapsed)}}
		r := Foresee(s, "a")
		if r.High < time.Minute || r.High > 5*time.Hour || elapsed < time.Hour && r.Low >= last {
			t.Errorf("after %v: %v", elapsed, r)
		}
		last = r.Low
	}
}

// An appointment that is expected goes before who is there when its time comes.
func TestExpectedGoBefore(t *testing.T) {
	t.Parallel()
	s := Situation{Now: morning, Desks: []Desk{{ID: "1"}}}
	for i := range 6 {
		s.Waiting = append(s.Waiting, waitingSince(string(rune('a'+i)), 10-i, "carta-identita"))
	}
	without := Foresee(s, "f")
	for i := range 3 {
		s.Expected = append(s.Expected, queue.Entry{ID: "due" + string(rune('0'+i)), Services: []string{"passaporto"}, Due: morning.Add(time.Duration(15+20*i) * time.Minute)})
	}
	with := Foresee(s, "f")
	if with.High < without.High+15*time.Minute {
		t.Errorf("%v without, %v with three appointments", without, with)
	}
	if first := Foresee(s, "due0"); first.Low > 25*time.Minute || first.High > 75*time.Minute {
		t.Errorf("the appointment itself: %v", first)
	}
}

func BenchmarkForesee(b *testing.B) {
	s := Situation{Now: morning, Closes: morning.Add(4 * time.Hour), Desks: []Desk{{ID: "1", Busy: []string{"cedolino"}, Since: morning}, {ID: "2"}, {ID: "3", To: morning.Add(time.Hour)}}}
	for i := range 20 {
		s.Waiting = append(s.Waiting, waitingSince(string(rune('a'+i)), 30-i, "carta-identita"))
	}
	for i := range 4 {
		s.Expected = append(s.Expected, queue.Entry{ID: "due" + string(rune('0'+i)), Services: []string{"passaporto"}, Due: morning.Add(time.Duration(15+20*i) * time.Minute)})
	}
	for b.Loop() {
		Foresee(s, "t")
	}
}
