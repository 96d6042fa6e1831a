package appointment

import (
	"context"
	"strings"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// lookupsOfPerson are the looks of one member of the staff for people's appointments.
var lookupsOfPerson = identity.Limit{Name: "appointments.lookup", Burst: 60, Each: 30 * time.Second}

// mostFound is how many appointments a look for somebody finds.
const mostFound = 20

// Look finds the appointments of who phones or stands at a counter: by the code of
// one, by fiscal number or e-mail address, among those that the actor looks after.
// The latest first. Looking is counted and noted. Invalid where there are none.
func (s *Service) Look(ctx context.Context, actor identity.Actor, text string) (list []Appointment, err error) {
	defer errs.Wrap(&err, "appointment.Look")
	if err := actor.CheckSomewhere(identity.AppointmentWrite); err != nil {
		return nil, err
	}
	if err := s.Limits.Take(ctx, lookupsOfPerson, actor.Person); err != nil {
		return nil, err
	}
	found, err := s.look(ctx, strings.TrimSpace(text))
	for _, a := range found {
		if staffOf(actor, &a) {
			list = append(list, a)
		}
	}
	if err == nil && len(list) == 0 {
		err = errs.New(errs.Invalid, "appointment.none-found", nil).On("cerca")
	}
	if err != nil {
		return nil, err
	}
	return list, s.noteRead(ctx, actor, list...)
}

func (s *Service) look(ctx context.Context, text string) ([]Appointment, error) {
	people := []identity.Person{}
	if strings.Contains(text, "@") {
		found, err := s.People.ByContact(ctx, text)
		if err != nil && !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Invalid) {
			return nil, err
		}
		people = found
	} else if p, err := s.People.ByFiscalNumber(ctx, text); err == nil {
		people = append(people, p)
	} else if !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Invalid) {
		return nil, err
	}
	var list []Appointment
	for _, p := range people {
		its, err := db.All(ctx, s.DB, ofPerson, scan, p.ID, Last.UnixMicro(), "~", mostFound)
		if err != nil {
			return nil, err
		}
		list = append(list, its...)
	}
	if a, err := one(ctx, s.DB, byCode, s.codeHash(text)); err == nil {
		list = append(list, a)
	} else if !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	return list, nil
}
