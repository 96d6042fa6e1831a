package coworking

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/notify"
	"polis/internal/platform/db"
	"polis/internal/platform/jobs"
	"polis/internal/platform/mail"
	"polis/internal/reserve"
)

// The mails about a booking. What happens to a booking is an act in the
// journal; a consumer of it asks for the mail, which is written when it is sent,
// from the booking as it then is. A mail that a later change has overtaken is
// moot: the later one tells.
const (
	mailConfirmed = "booking.confirmed"
	mailMoved     = "booking.moved"
	mailCancelled = "booking.cancelled"
	mailNoShow    = "booking.no-show"
	mailReleased  = "booking.released"
	mailReminder  = "booking.reminder"
)

// Choices are the mails that people may do without.
var Choices = []notify.Choice{
	{Kind: mailConfirmed, Key: "mail.choice.confirmed"}, {Kind: mailReminder, Key: "mail.choice.reminder"}, {Kind: noteFree, Key: "mail.choice.free"},
}

// RegisterMails lets a worker follow the bookings and write the mails about
// them.
func RegisterMails(w *jobs.Worker, s *Service) {
	s.ComposeMails()
	journal.Follow(w, s.db, s.MailConsumer())
}

// ComposeMails tells the service of messages how the mails are written.
func (s *Service) ComposeMails() {
	for kind, write := range map[string]writer{
		mailConfirmed: s.writeConfirmed,
		mailMoved:     s.writeMoved,
		mailCancelled: s.writeCancelled,
		mailNoShow:    s.writeNoShow,
		mailReleased:  s.writeReleased,
		mailReminder:  s.writeReminder,
	} {
		s.notes.Compose(kind, func(ctx context.Context, n notify.Note, to identity.Person) (mail.Message, error) {
			return s.compose(ctx, n, to, write)
		})
	}
	s.notes.Compose(noteFree, s.freeMail)
}

// MailFollower is the name of the MailConsumer.
const MailFollower = "coworking.mail"

// MailConsumer follows the acts that somebody is told of.
func (s *Service) MailConsumer() journal.Consumer {
	return journal.Consumer{
		Name: MailFollower, Kinds: []string{"booking.confirmed", "booking.cancelled", "booking.no-show", reserve.Released}, Do: s.askForMails,
	}
}

func (s *Service) askForMails(ctx context.Context, tx *db.Tx, acts []journal.Act) error {
	if !s.notes.Enabled() {
		return nil
	}
	ids := make([]string, len(acts))
	for i, a := range acts {
		ids[i] = a.Subject
	}
	found, err := s.engine.GetMany(ctx, tx, ids)
	if err != nil {
		return err
	}
	people := map[string]bool{}
	for _, b := range found {
		people[b.Person] = true
	}
	reached, err := s.people.WithContact(ctx, tx, slices.Collect(maps.Keys(people)))
	if err != nil {
		return err
	}
	for _, a := range acts {
		b, ok := found[a.Subject]
		if !ok || !reached[b.Person] {
			continue
		}
		var f reserve.Facts
		if err := json.Unmarshal([]byte(a.Data), &f); err != nil {
			return fmt.Errorf("act %s: %w", a.ID, err)
		}
		for _, m := range s.mailsOf(a, f, b) {
			if err := s.notes.Send(ctx, tx, m.at, m.Note); err != nil {
				return err
			}
		}
	}
	return nil
}

// wanted is a mail and when it goes out.
type wanted struct {
	notify.Note
	at time.Time
}

// mailsOf are the mails that an act asks for. Holds that are given up or expire
// were never more than a page somebody looked at.
func (s *Service) mailsOf(a journal.Act, f reserve.Facts, b reserve.Booking) (list []wanted) {
	add := func(kind string, at time.Time, facts mailFacts) {
		text, err := json.Marshal(facts)
		if err != nil {
			panic(err) // numbers and a truth value
		}
		list = append(list, wanted{notify.Note{Person: b.Person, Kind: kind, About: b.ID, Data: string(text)}, at})
	}
	facts := mailFacts{Rev: f.Rev, Was: f.Was, Why: f.Why}
	switch {
	case f.Rev == 0: // written before acts said so
	case a.Kind == "booking.cancelled" && f.From == reserve.Confirmed:
		facts.House = a.Person != b.Person && a.For != b.Person
		add(mailCancelled, a.At, facts)
	case a.Kind == "booking.no-show":
		add(mailNoShow, a.At, facts)
	case a.Kind == "booking.confirmed", a.Kind == reserve.Released:
		kind := mailConfirmed
		switch {
		case a.Kind == reserve.Released:
			kind = mailReleased
		case f.From == reserve.Confirmed:
			kind = mailMoved
			facts.House = a.Person != "" && a.Person != b.Person && a.For != b.Person
		}
		add(kind, a.At, facts)
		if at, ok := s.reminderAt(b, a.At); ok && b.Rev == f.Rev {
			add(mailReminder, at, mailFacts{Rev: f.Rev})
		}
	}
	return list
}

// mailFacts are what a mail must know beside the booking.
type mailFacts struct {
	Rev   int64         `json:"rev"`             // of the booking that it tells of
	House bool          `json:"house,omitempty"` // the house did it, not the person
	Why   string        `json:"why,omitempty"`   // id of the reason of the house
	Was   []reserve.Was `json:"was,omitempty"`   // the parts before
}

const (
	reminderHour  = agenda.Clock(18 * 60) // of the evening before
	reminderLead  = 2 * time.Hour         // before the start, where the evening is too late
	reminderAfter = 2 * time.Hour         // after what the person was told before, at least
)

// reminderAt is when somebody who was told of a booking at an instant is
// reminded of it: on the evening before, or else shortly before the start; not
// soon after the other mail, so not at all where the start is near.
func (s *Service) reminderAt(b reserve.Booking, told time.Time) (at time.Time, ok bool) {
	zone := s.firstZone(b)
	evening, _, err := agenda.Instant(agenda.DateOf(b.Starts.In(zone)).AddDays(-1), reminderHour, zone)
	if err != nil {
		return at, false
	}
	for _, at := range []time.Time{evening, b.Starts.Add(-reminderLead)} {
		if !at.Before(told.Add(reminderAfter)) {
			return at, true
		}
	}
	return at, false
}

// firstZone is the zone of the house in which a booking begins.
func (s *Service) firstZone(b reserve.Booking) *time.Location {
	for _, p := range s.view(b).Places {
		if p.From.Equal(b.Starts) {
			return p.Zone
		}
	}
	return s.zoneOf(b)
}

// writer fills in a letter about a booking, or says that it is moot.
type writer func(ctx context.Context, l *letter) error

// compose writes a mail of some kind about a booking as it is now.
func (s *Service) compose(ctx context.Context, n notify.Note, to identity.Person, write writer) (mail.Message, error) {
	b, err := s.engine.Get(ctx, n.About)
	if errors.Is(err, reserve.ErrUnknown) {
		return mail.Message{}, notify.ErrMoot
	}
	if err != nil {
		return mail.Message{}, err
	}
	if stays, err := s.stillFor(ctx, b); err != nil || !stays {
		return mail.Message{}, cmp.Or(err, notify.ErrMoot)
	}
	l := &letter{Letter: s.notes.Letter(s.printerFor(to), to), to: to, booking: s.view(b)}
	if err := json.Unmarshal([]byte(n.Data), &l.facts); err != nil {
		return mail.Message{}, fmt.Errorf("message about %s: %w", n.About, err)
	}
	if len(l.booking.Places) == 0 { // its houses have left the network
		return mail.Message{}, notify.ErrMoot
	}
	s.address(l)
	if err := write(ctx, l); err != nil {
		return mail.Message{}, err
	}
	return l.message()
}
