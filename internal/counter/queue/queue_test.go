package queue

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"
)

var ten = time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)

func at(minutes int) time.Time { return ten.Add(time.Duration(minutes) * time.Minute) }

// The rule of the order, row by row: who goes before whom at ten.
func TestOrder(t *testing.T) {
	for _, x := range []struct {
		name          string
		first, second Entry
	}{
		{"who came first", Entry{Taken: at(-20)}, Entry{Taken: at(-10)}},
		{"an appointment whose time has come before all who only came", Entry{Taken: at(-5), Due: at(0)}, Entry{Taken: at(-60)}},
		{"two minutes before its time an appointment may be called", Entry{Taken: at(-5), Due: at(2)}, Entry{Taken: at(-60)}},
		{"an appointment that is early waits for its time", Entry{Taken: at(-1)}, Entry{Taken: at(-60), Due: at(3)}},
		{"appointments by their time, not by who came first", Entry{Taken: at(-1), Due: at(-5)}, Entry{Taken: at(-30), Due: at(0)}},
		{"ten minutes late keeps the turn", Entry{Taken: at(0), Due: at(-10)}, Entry{Taken: at(-60)}},
		{"later it does not: as if they had come at their time", Entry{Taken: at(-12)}, Entry{Taken: at(1), Due: at(-11)}},
		{"but before who came after that time", Entry{Taken: at(1), Due: at(-11)}, Entry{Taken: at(-10)}},
		{"who comes back with the paper before appointments", Entry{Priority: Returning, Taken: at(-1)}, Entry{Taken: at(-5), Due: at(0)}},
		{"frail people before who came earlier", Entry{Priority: Frail, Taken: at(-1)}, Entry{Taken: at(-60)}},
		{"frail people after appointments", Entry{Taken: at(-1), Due: at(0)}, Entry{Priority: Frail, Taken: at(-60)}},
		{"pregnant women as frail people, by arrival", Entry{Priority: Pregnant, Taken: at(-3)}, Entry{Priority: Frail, Taken: at(-2)}},
		{"frail and early for an appointment: they need not wait for it", Entry{Priority: Frail, Taken: at(-1), Due: at(60)}, Entry{Taken: at(-60)}},
	} {
		if Compare(&x.first, &x.second, ten) >= 0 || Compare(&x.second, &x.first, ten) <= 0 {
			t.Error(x.name)
		}
	}
}

// Whoever is next stands first of those whom the desk may call, and nobody waits for
// ever: of many random lines each is emptied, each person once.
func TestNextIsFirstInOrder(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	services := []string{"a", "b", "c"}
	for range 300 {
		var line []Entry
		for i := range dice.IntN(20) {
			e := Entry{ID: strconv.Itoa(i), Taken: at(-dice.IntN(60)), Arrived: dice.IntN(5) > 0, Services: services[dice.IntN(3):][:1]}
			e.Priority = []Priority{Ordinary, Ordinary, Frail, Pregnant, Returning}[dice.IntN(5)]
			if dice.IntN(3) == 0 {
				e.Due = at(dice.IntN(90) - 45)
			}
			if dice.IntN(6) == 0 {
				e.Desk = "2"
			}
			line = append(line, e)
		}
		can := func(service string) bool { return service != "c" }
		for len(line) > 0 {
			got, ok := Next(line, ten, "1", can)
			allowed := func(e Entry) bool { return e.Arrived && e.Desk != "2" && e.Services[0] != "c" }
			i := slices.IndexFunc(Order(line, ten), allowed)
			if ok != (i >= 0) || ok && got.ID != Order(line, ten)[i].ID {
				t.Fatalf("next is %v (%v), the line %v", got.ID, ok, Order(line, ten))
			}
			if !ok {
				break
			}
			line = slices.DeleteFunc(line, func(e Entry) bool { return e.ID == got.ID })
		}
	}
}
