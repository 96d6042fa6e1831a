package forecast_test

import (
	"fmt"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter/forecast"
	"polis/internal/counter/queue"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var nine = time.Date(2026, time.November, 23, 9, 0, 0, 0, agenda.Rome)

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func learn(t *testing.T, d *db.DB, b *forecast.Book, office, service string, at time.Time, minutes ...int) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		for _, m := range minutes {
			if err := b.Learn(t.Context(), tx, office, forecast.Served{Service: service, At: at, Took: time.Duration(m) * time.Minute}); err != nil {
				return err
			}
		}
		return nil
	})
}

// An office that saw much says its own times, one that saw nothing those of the
// network, and where nobody saw anything there is the plan.
func TestLearning(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		at := clock.NewManual(nine)
		b := forecast.New(d, at)
		median := func(office, service string, at time.Time) time.Duration {
			times, err := b.Times(t.Context(), d, office, at)
			if err != nil {
				t.Fatal(err)
			}
			return times.Median(service).Round(time.Minute)
		}
		if m := median("slow", "cedolino", nine); m < 4*time.Minute || m > 6*time.Minute {
			t.Errorf("planned 6 minutes: %v", m)
		}
		for range 30 {
			learn(t, d, b, "slow", "cedolino", nine, 11, 12, 13)
			learn(t, d, b, "slow", "cedolino", nine.Add(4*time.Hour), 19, 20, 21)
			learn(t, d, b, "quick", "cedolino", nine, 4, 4, 4)
			learn(t, d, b, "slow", "passaporto", nine, 0, 24*60) // nobody pressed the button
		}
		at.Advance(2 * time.Hour)
		for _, tt := range []struct {
			office, service string
			at              time.Time
			low, high       int
		}{
			{"slow", "cedolino", nine, 12, 14},
			{"slow", "cedolino", nine.Add(4 * time.Hour), 18, 21},
			{"quick", "cedolino", nine, 4, 5},
			{"new", "cedolino", nine, 6, 11},
			{"new", "certificati", nine, 6, 8},
			{"slow", "passaporto", nine, 12, 22},
		} {
			if m := median(tt.office, tt.service, tt.at); m < time.Duration(tt.low)*time.Minute || m > time.Duration(tt.high)*time.Minute {
				t.Errorf("%s in %s at %v: %v", tt.service, tt.office, tt.at, m)
			}
		}
	})
}

// Where waits are longer than was foreseen the ranges move until nine of ten hold;
// the account says what became of each.
func TestCalibration(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx, b := t.Context(), forecast.New(d, clock.NewManual(nine))
		waitingNow := []queue.Entry{
			{ID: "first", Services: []string{"cedolino"}, Taken: nine, Arrived: true},
			{ID: "then", Services: []string{"cedolino"}, Taken: nine, Arrived: true},
		}
		late := 0
		for i := range 300 {
			times, err := b.Times(ctx, d, "o", nine)
			if err != nil {
				t.Fatal(err)
			}
			r := forecast.Foresee(forecast.Situation{Now: nine, Waiting: waitingNow, Desks: []forecast.Desk{{ID: "1"}}, Times: times}, "then")
			waited := time.Duration(12+i%10) * time.Minute // planned: six
			if i >= 100 && !r.Holds(waited) {
				late++
			}
			write(t, d, func(tx *db.Tx) error {
				id := fmt.Sprint("t", i)
				for range 2 { // a repeated request
					if err := b.Said(ctx, tx, "o", id, r, nine); err != nil {
						return err
					}
				}
				for range 2 {
					if err := b.Came(ctx, tx, "o", id, waited); err != nil {
						return err
					}
				}
				return b.Came(ctx, tx, "o", "nobody", waited)
			})
		}
		if late < 5 || late > 30 {
			t.Errorf("%d of 200 did not hold", late)
		}
		day := agenda.DateOf(nine)
		days, err := b.HeldOf(ctx, "o", day, day)
		if err != nil || len(days) != 1 || days[0].Told != 300 || days[0].Later < 10 || days[0].Day != day || days[0].Width < time.Minute || days[0].Share() < 0.7 {
			t.Errorf("%+v %v", days, err)
		}
	})
}

// Who leaves having waited longer than was told is a miss; who leaves before is not
// known to be one.
func TestLeft(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx, b := t.Context(), forecast.New(d, clock.NewManual(nine))
		s := forecast.Situation{Now: nine, Waiting: []queue.Entry{{ID: "a", Services: []string{"cedolino"}, Taken: nine, Arrived: true}}, Desks: []forecast.Desk{{ID: "1"}}}
		r := forecast.Foresee(s, "a")
		for id, waited := range map[string]time.Duration{"patient": r.High + time.Second, "impatient": r.High - time.Second} {
			write(t, d, func(tx *db.Tx) error {
				if err := b.Said(ctx, tx, "o", id, r, nine); err != nil {
					return err
				}
				if err := b.Left(ctx, tx, "o", id, waited); err != nil {
					return err
				}
				return b.Came(ctx, tx, "o", id, waited)
			})
		}
		day := agenda.DateOf(nine)
		if days, err := b.HeldOf(ctx, "o", day, day); err != nil || len(days) != 1 || days[0].Told != 1 || days[0].Later != 1 {
			t.Errorf("%+v %v", days, err)
		}
	})
}
