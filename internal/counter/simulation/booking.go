package simulation

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/counter/appointment"
	"polis/internal/counter/catalog"
	"polis/internal/identity"
	"polis/internal/notify"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/site"
)

// booker is who takes all appointments: fair use does not bind them, as they stand
// for everybody.
const booker = "Tutti"

// bookings readies the real appointments of the simulated offices, with keys that last
// as long as the simulation.
func (w *world) bookings(ctx context.Context, d *db.DB, live *site.Live) error {
	dir, err := os.MkdirTemp("", "polis-simulation-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	keys, err := identity.OpenKeys(ctx, d, identity.KeyFile{Path: filepath.Join(dir, "kek.json")})
	if err != nil {
		return err
	}
	people := identity.NewPeople(d, keys, w.clock, clock.NewID)
	p, err := people.Create(ctx, identity.Person{GivenName: booker, FamilyName: booker})
	if err != nil {
		return err
	}
	w.citizen = identity.Actor{Person: p.ID, Role: identity.Citizen, Held: []identity.Held{{Role: identity.Citizen}}, Unlimited: true}
	w.appointments = appointment.New(appointment.Options{
		DB: d, Live: live, People: people, Limits: identity.NewLimits(d, keys, w.clock), Clock: w.clock, IDs: clock.NewID, Words: i18n.NewBundle(), Key: []byte(booker),
		Notes:  notify.New(notify.Options{DB: d, People: people, Clock: w.clock, IDs: clock.NewID, Log: slog.New(slog.DiscardHandler)}),
		Roster: appointment.RosterOf(w.Service), Admit: appointment.AdmitTo(w.Service), Offers: appointment.OfferedBy(w.Service),
	})
	return nil
}

// book takes an appointment for one thing that can be booked, at a time that is
// offered; of eight some are asked for twice, moved or given back. Of twelve people one
// does not come.
func (y *day) book(wants []string) error {
	service := "certificati"
	if sv, ok := catalog.Find(wants[0]); ok && sv.Bookable {
		service = sv.ID
	}
	f, err := y.w.appointments.Slots(y.ctx, y.w.citizen, appointment.Ask{Office: y.office.id, Service: service, People: 1, From: y.date, To: y.date})
	if err != nil || len(f.Slots) == 0 {
		return err
	}
	y.made++
	once := y.office.name + y.date.String() + string(rune('a'+y.made%26)) + clock.NewID()
	want := appointment.Wanted{
		Office: y.office.id, Service: service, People: 1, From: f.Slots[y.chance.IntN(len(f.Slots))].From, Origin: appointment.ByWeb, Lang: i18n.IT, Once: once,
	}
	a, err := y.w.appointments.Book(y.ctx, y.w.citizen, want)
	if err != nil {
		return err
	}
	switch y.chance.IntN(8) {
	case 0:
		again, err := y.w.appointments.Book(y.ctx, y.w.citizen, want)
		if err != nil {
			return err
		}
		if again.ID != a.ID {
			y.fault("an appointment that was asked for twice is two")
		}
	case 1:
		to := f.Slots[y.chance.IntN(len(f.Slots))].From
		if a, err = y.w.appointments.Move(y.ctx, y.w.citizen, a.ID, "", a.Rev, appointment.Change{From: to, People: 1}); err != nil {
			return err
		}
	case 2:
		_, err := y.w.appointments.Cancel(y.ctx, y.w.citizen, a.ID, "", a.Rev)
		return err
	}
	y.booked = append(y.booked, a)
	y.comeFor(a)
	return nil
}

// comeFor foresees when somebody comes for an appointment, if they do.
func (y *day) comeFor(a appointment.Appointment) {
	if y.chance.Float64() < 1.0/12 {
		return
	}
	comes := a.From.Add(-6*time.Minute + time.Duration(5*float64(time.Minute)*y.chance.NormFloat64()))
	for _, o := range y.opening {
		if !a.From.Before(o.From) && a.From.Before(o.To) && comes.Before(o.From) { // they wait at the door
			comes = o.From
		}
	}
	y.at(comes, func() error {
		a, err := y.w.appointments.Arrive(y.ctx, identity.Anonymous, y.office.id, y.w.appointments.Code(a.ID))
		if errs.HasKey(err, "counter.closed") { // too late, and past closing
			return nil
		}
		if err != nil {
			return err
		}
		t, _, err := y.w.Ticket(y.ctx, actor("operator", identity.CounterOperator, y.office.id), a.Ticket)
		if err != nil {
			return err
		}
		y.came(t)
		return nil
	})
}

// overbooked holds the appointments of the day against what its desks can do, counting
// anew: none has more than a quarter-hour of work in a quarter-hour, and none works
// outside the opening or without what the service needs.
func (y *day) overbooked() {
	type cell struct {
		desk string
		at   int64
	}
	work := map[cell]int{}
	for _, a := range y.booked {
		sv, _ := catalog.Find(a.Service)
		end := a.From.Add(time.Duration(a.Minutes) * time.Minute)
		inside := false
		for _, o := range y.opening {
			inside = inside || !a.From.Before(o.From) && !end.After(o.To)
		}
		if !inside {
			y.fault("an appointment from %s to %s is outside the opening", a.From, end)
		}
		if !y.equipped(a.Desk, sv) {
			y.fault("%s at a desk that cannot do it", a.Service)
		}
		left := a.Minutes
		for at := a.From; left > 0; at = at.Add(agenda.Quarter) {
			c := cell{a.Desk, at.Unix()}
			if work[c] += min(left, 15); work[c] > 15 {
				y.fault("a desk has %d minutes of work in the quarter of %s", work[c], at)
			}
			left -= 15
		}
	}
}

func (y *day) equipped(desk string, sv *catalog.Service) bool {
	for _, r := range y.w.Live.Network().OfKind(y.office.id, site.Counter) {
		if d := (counter.Desk{ID: r.ID, Equipment: r.Features}); d.ID == desk {
			return d.Equipped(sv)
		}
	}
	return false
}
