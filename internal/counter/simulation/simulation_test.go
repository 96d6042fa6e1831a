package simulation_test

import (
	"os"
	"strings"
	"testing"

	"polis/internal/counter/simulation"
	"polis/internal/platform/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// Days of every shape: nobody is lost or served twice, all periods add up, and the
// ranges hold about as often as they say. At full scale, 200 days of each, they do so
// in each shape.
func TestDaysOfEveryShape(t *testing.T) {
	t.Parallel()
	full := os.Getenv("POLIS_TEST_FULL") == "1"
	days, low, high := 2, 60.0, 100.0

	if full {
		days, low, high = 200, 85, 95
	}
	sums, err := simulation.Run(t.Context(), dbtest.SQLite(t), simulation.Options{Days: days, Offices: simulation.Shapes, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	simulation.Print(&table, sums)
	t.Log("\n" + table.String())
	for _, s := range sums {
		if s.Days == 0 || s.Tickets < 10*days {
			t.Errorf("%s: %d days, %d numbers", s.Shape, s.Days, s.Tickets)
		}
		for _, f := range s.Faults[:min(len(s.Faults), 5)] {
			t.Errorf("%s: %s", s.Shape, f)
		}
		if held := s.Ranges().Percent(); held < low || held > high {
			t.Errorf("%s: %.1f %% of %d ranges held", s.Shape, held, s.Told)
		}
	}
}
