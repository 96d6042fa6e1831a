package coworking

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	netmail "net/mail"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/notify"
	"polis/internal/platform/db"
	"polis/internal/platform/document"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
	"polis/internal/reserve"
)

// The mails, each as what it adds to the letter.

func (s *Service) writeConfirmed(ctx context.Context, l *letter) error {
	if !l.stands(s.clock.Now()) {
		return notify.ErrMoot
	}
	l.Subject = l.T("mail.confirmed.subject", "what", l.gist())
	l.Title, l.Lead = l.T("mail.confirmed.title"), []string{l.T("mail.confirmed.lead")}
	s.comes(l)
	return s.enclose(ctx, l)
}

func (s *Service) writeMoved(ctx context.Context, l *letter) error {
	if !l.stands(s.clock.Now()) {
		return notify.ErrMoot
	}
	l.Subject = l.T("mail.moved.subject", "what", l.gist())
	l.Title, l.Lead = l.T("mail.moved.title"), []string{l.T("mail.moved.lead")}
	if l.facts.House {
		if err := s.movedByHouse(ctx, l); err != nil {
			return err
		}
		s.comes(l)
		return s.enclose(ctx, l)
	}
	if before := l.before(); before != "" {
		l.Lead = append(l.Lead, l.T("mail.moved.before", "when", before))
	}
	s.comes(l)
	return s.enclose(ctx, l)
}

// writeReleased tells of days that were missed. Who has come by now is told too:
// no other mail would take them out of their calendar.
func (s *Service) writeReleased(ctx context.Context, l *letter) error {
	comes := l.stands(s.clock.Now())
	if !comes && l.booking.Status != reserve.CheckedIn && l.booking.Status != reserve.Completed {
		return notify.ErrMoot
	}
	var when []string
	for _, p := range l.booking.Missed {
		told := slices.ContainsFunc(l.facts.Was, func(w reserve.Was) bool { return w.Part == p.N })
		if text := l.when(p); told && !slices.Contains(when, text) {
			when = append(when, text)
		}
	}
	l.Subject = l.T("mail.released.subject", "what", l.gist())
	l.Title, l.Lead = l.T("mail.released.title"), []string{l.T("mail.released.lead")}
	for _, text := range when {
		l.Lead = append(l.Lead, l.T("mail.released.when", "when", text))
	}
	l.Lead = append(l.Lead, l.T("mail.released.rest"))
	if comes {
		s.comes(l)
	} else {
		l.Links = []web.Link{{Href: s.issuer + bookingPath(l.booking.ID), Text: l.T("mail.link.booking")}}
	}
	return s.enclose(ctx, l)
}

func (s *Service) writeReminder(_ context.Context, l *letter) error {
	now := s.clock.Now()
	if !l.stands(now) || !now.Before(l.booking.Starts) {
		return notify.ErrMoot
	}
	l.Subject = l.T("mail.reminder.subject", "what", l.gist())
	l.Title, l.Lead = l.T("mail.reminder.title"), []string{l.T("mail.reminder.lead")}
	zone := s.firstZone(l.booking.Booking)
	switch agenda.DateOf(l.booking.Starts.In(zone)) {
	case agenda.DateOf(now.In(zone)):
		l.Lead[0] = l.T("mail.reminder.today")
	case agenda.DateOf(now.In(zone)).AddDays(1):
		l.Lead[0] = l.T("mail.reminder.tomorrow")
	}
	s.comes(l)
	return nil
}

func (s *Service) writeCancelled(ctx context.Context, l *letter) error {
	if l.booking.Status != reserve.Cancelled {
		return notify.ErrMoot
	}
	l.Subject = l.T("mail.cancelled.subject", "what", l.gist())
	l.Title, l.Lead = l.T("mail.cancelled.title"), []string{l.T("mail.cancelled.by-person")}
	if l.facts.House {
		l.Lead[0] = l.T("mail.cancelled.by-house")
		why, _, err := s.houseChange(ctx, l)
		if err != nil {
			return err
		}
		if why != "" {
			l.Lead = append(l.Lead, l.T("mail.house.reason", "reason", why))
		} else if why, err = s.closureOver(ctx, l); err != nil {
			return err
		} else if why != "" {
			l.Lead = append(l.Lead, l.T("mail.cancelled.closure", "reason", why))
		}
	}
	l.Links = s.otherwise(l)
	return s.enclose(ctx, l)
}

func (s *Service) writeNoShow(ctx context.Context, l *letter) error {
	if l.booking.Status != reserve.NoShow {
		return notify.ErrMoot
	}
	l.Subject = l.T("mail.no-show.subject", "what", l.gist())
	l.Title, l.Lead = l.T("mail.no-show.title"), []string{l.T("mail.no-show.lead")}
	fair, err := s.fairUse(ctx, l)
	if err != nil {
		return err
	}
	l.Next = append(fair, l.T("mail.no-show.cancel"))
	l.NextTitle = l.T("mail.no-show.next")
	l.Links = s.otherwise(l)
	return nil
}

// comes says what happens until the end of a visit, and what can be done.
func (s *Service) comes(l *letter) {
	b := l.booking
	zone := s.firstZone(b.Booking)
	opens := b.Starts.Add(-time.Duration(s.rulesOf(b.Booking).CheckInEarly) * time.Minute)
	l.NextTitle = l.T("mail.next.title")
	at := sayer(l.Printer, b, zone)
	l.Next = []string{at("mail.next.enter", "mail.next.enter-on", opens)}
	if b.Due.Before(b.Ends) {
		l.Next = append(l.Next, at("mail.next.check-in", "mail.next.check-in-on", b.Due))
		l.Next = append(l.Next, ofSeveral(l.Printer, b)...)
	} else {
		l.Next = append(l.Next, l.T("coworking.next.no-check-in"))
	}
	l.Next = append(l.Next, l.T("coworking.next.change"))
	path := s.issuer + bookingPath(b.ID)
	l.Links = []web.Link{
		{Href: path + "/pass", Text: l.T("mail.link.pass")},
		{Href: path, Text: l.T("mail.link.booking")},
		{Href: path + "/sposta", Text: l.T("mail.link.move")},
		{Href: path + "/annulla", Text: l.T("mail.link.cancel")},
	}
}

// otherwise are the links of a letter about what will not be.
func (s *Service) otherwise(l *letter) []web.Link {
	return []web.Link{
		{Href: s.issuer + spacePath(l.booking.Places[0].Site, nil), Text: l.T("mail.link.again")},
		{Href: s.issuer + bookingPath(l.booking.ID), Text: l.T("mail.link.booking")},
	}
}

// movedByHouse says why a house moved a booking, and what it was before.
func (s *Service) movedByHouse(ctx context.Context, l *letter) error {
	why, was, err := s.houseChange(ctx, l)
	if err != nil {
		return err
	}
	l.Lead = []string{l.T("mail.moved.by-house")}
	if why != "" {
		l.Lead = append(l.Lead, l.T("mail.house.reason", "reason", why))
	}
	before := s.view(reserve.Booking{Parts: was})
	for _, p := range before.Places {
		if slices.ContainsFunc(l.booking.Places, func(now PlacePart) bool {
			return now.From.Equal(p.From) && now.To.Equal(p.To) && slices.Equal(now.Units, p.Units)
		}) {
			continue
		}
		l.Lead = append(l.Lead, l.T("mail.moved.was", "house", p.Site.Name, "places", names(l.Printer, namesOf(p)), "when", l.when(p)))
	}
	l.Lead = append(l.Lead, l.T("mail.moved.choose"))
	return nil
}

// houseChange is why a house changed a booking, and the parts that it had.
func (s *Service) houseChange(ctx context.Context, l *letter) (reason string, was []reserve.Part, err error) {
	if l.facts.Why == "" {
		return "", nil, nil
	}
	var text string
	err = db.One(ctx, s.db, getChange, []any{l.facts.Why, l.booking.ID}, &reason, &text)
	if errors.Is(err, db.ErrNoRow) {
		return "", nil, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &was)
	}
	return reason, was, err
}

// closureOver is why the places of a booking are closed, "" if they are not.
func (s *Service) closureOver(ctx context.Context, l *letter) (reason string, err error) {
	for _, p := range l.booking.Places {
		list, err := s.engine.ClosuresOver(ctx, ordinals(p.Units), p.From, p.To)
		if err != nil {
			return "", err
		}
		if len(list) > 0 {
			return list[0].Reason, nil
		}
	}
	return "", nil
}

// fairUse says what a missed visit means for the next bookings.
func (s *Service) fairUse(ctx context.Context, l *letter) ([]string, error) {
	rules, now := s.rulesOf(l.booking.Booking), s.clock.Now()
	if rules.SuspendDays == 0 || rules.NoShows == 0 {
		return nil, nil
	}
	days := func(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }
	all, err := s.engine.NoShows(ctx, l.booking.Person, now.Add(-days(rules.NoShowDays+rules.SuspendDays)))
	if err != nil {
		return nil, err
	}
	lately := 0
	for _, t := range all {
		if t.After(now.Add(-days(rules.NoShowDays))) {
			lately++
		}
	}
	out := []string{
		l.T("mail.no-show.count", "count", max(lately, 1), "days", days(rules.NoShowDays)),
		l.T("mail.no-show.rule", "count", rules.NoShows, "days", days(rules.NoShowDays), "pause", days(rules.SuspendDays)),
	}
	if until := suspendedUntil(all, rules.NoShows, rules.NoShowDays, rules.SuspendDays); until.After(now) {
		out[1] = l.T("fair-use.suspended", "count", rules.NoShows, "until", until.In(s.firstZone(l.booking.Booking)))
	}
	return out, nil
}

// enclose adds the entries for the person's calendar, one file each, since mail
// programs take one entry from a file. What earlier changes took out of the
// booking is cancelled again: the mail that would have said so may be moot.
func (s *Service) enclose(ctx context.Context, l *letter) error {
	if a, err := netmail.ParseAddress(l.to.Email); err != nil || a.Address != l.to.Email {
		return nil //nolint:nilerr // the server will say what it thinks of the address
	}
	events := s.events(l.Printer, l.booking)
	gone, err := s.removed(ctx, l)
	if err != nil {
		return err
	}
	for i, e := range append(events, gone...) {
		e.Organizer, e.Attendee = s.notes.From.Address, l.to.Email
		method := document.Request
		if e.Cancelled {
			method = document.Cancel
		}
		file, err := document.Calendar(document.Head{Method: method}, e)
		if err != nil {
			return err
		}
		l.calendars = append(l.calendars, mail.Calendar{Name: fileName(i), Method: string(method), Data: file})
	}
	return nil
}

// removed are the entries of parts that the booking no longer has.
func (s *Service) removed(ctx context.Context, l *letter) (events []document.Event, err error) {
	told, err := s.notes.About(ctx, l.booking.ID)
	if err != nil {
		return nil, err
	}
	former := formerParts(told)
	for _, n := range slices.Sorted(maps.Keys(former)) {
		was := former[n]
		if n < len(l.booking.Parts) && len(l.booking.Parts[n].Units) > 0 {
			continue
		}
		events = append(events, document.Event{
			UID: uid(l.booking.ID, n), Sequence: int(l.booking.Rev), Stamp: l.booking.Changed, Changed: l.booking.Changed,
			Start: time.Unix(was.From, 0), End: time.Unix(was.To, 0), Summary: l.T("calendar.removed"), Cancelled: true,
		})
	}
	return events, nil
}
