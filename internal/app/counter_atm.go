package app

import (
	"context"
	"net/http"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter/appointment"
	"polis/internal/counter/atm"
	"polis/internal/identity"
	"polis/internal/identity/device"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// startATM readies the channel of the cash machines.
func (p *program) startATM(ctx context.Context) error {
	key, err := p.keys.Secret(ctx, "atm-session", random32)
	if err != nil {
		return err
	}
	p.atm, err = atm.New(atm.Options{
		Counter: p.counter, Words: p.words, Clock: p.env.clock, IDs: p.env.ids, Key: key,
		Appointments: atm.Appointments{Slots: p.atmSlots, Book: p.atmBook, List: p.atmList, Cancel: p.atmCancel},
		IsATM: func(ctx context.Context, id string) (bool, error) {
			kind, err := p.devices.KindOf(ctx, id)
			return kind == device.ATM, err
		},
		Known: func(ctx context.Context, number string) (string, error) {
			person, err := p.people.Ensure(ctx, number)
			return person.ID, err
		},
	})
	return err
}

func (p *program) atmSlots(ctx context.Context, actor identity.Actor, office, service string, from, to agenda.Date) ([]time.Time, error) {
	found, err := p.appointments.Slots(ctx, actor, appointment.Ask{Office: office, Service: service, People: 1, From: from, To: to})
	times := make([]time.Time, len(found.Slots))
	for i, s := range found.Slots {
		times[i] = s.From
	}
	return times, err
}

func (p *program) atmBooked(a appointment.Appointment) atm.Booked {
	return atm.Booked{ID: a.ID, Office: a.Office, Service: a.Service, At: a.From, Code: p.appointments.Code(a.ID)}
}

func (p *program) atmBook(ctx context.Context, actor identity.Actor, office, service string, at time.Time, once string) (atm.Booked, error) {
	a, err := p.appointments.Book(ctx, actor, appointment.Wanted{
		Office: office, Service: service, People: 1, From: at, Origin: appointment.ByATM, Lang: i18n.IT, Once: once,
	})
	return p.atmBooked(a), err
}

// atmList are somebody's appointments that are still to come, the earliest first.
func (p *program) atmList(ctx context.Context, actor identity.Actor) (list []atm.Booked, err error) {
	all, err := p.appointments.List(ctx, actor, appointment.Last, "~", 100)
	now := p.env.clock.Now()
	for _, a := range slices.Backward(all) {
		if a.StateAt(now) == appointment.Booked && a.From.After(now) {
			list = append(list, p.atmBooked(a))
		}
	}
	return list, err
}

func (p *program) atmCancel(ctx context.Context, actor identity.Actor, id string) error {
	_, err := p.appointments.Cancel(ctx, actor, id, "", 0)
	return err
}

// atmDemo is the page that plays a cash machine, with the cards of the test people.
func (p *program) atmDemo(personal *http.ServeMux, ui *web.Renderer) error {
	if p.testers == nil {
		return nil
	}
	var cards []atm.Card
	for _, t := range p.testers.People() {
		if t.Role == identity.Citizen {
			cards = append(cards, atm.Card{Key: t.Key, Name: t.Person.GivenName + " " + t.Person.FamilyName})
		}
	}
	return atm.RegisterDemo(personal, ui, atm.DemoOptions{Service: p.atm, Office: showOffice, Cards: cards, Person: p.testers.SignInAs})
}
