package appointment

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter/catalog"
	"polis/internal/identity"
	"polis/internal/notify"
	"polis/internal/platform/db"
	"polis/internal/platform/document"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// The kinds of messages; each is about the id of an appointment.
const (
	noteBooked    = "appointment.booked"
	noteMoved     = "appointment.moved"
	noteCancelled = "appointment.cancelled"
	noteDisplaced = "appointment.displaced"
	noteReminder  = "appointment.reminder"
)

// Choices are the mails that people may do without.
var Choices = []notify.Choice{{Kind: noteReminder, Key: "appointment.choice.reminder"}}

// noted is what a message is about: it is moot once the appointment is another.
type noted struct {
	Rev int64 `json:"rev"`
}

// tell asks for the mail of a change and for the reminder of the day before.
func (s *Service) tell(ctx context.Context, tx *db.Tx, a *Appointment, kind string, now time.Time) error {
	data, err := json.Marshal(noted{a.Rev})
	if err != nil {
		return err
	}
	n := notify.Note{Person: a.Person, Kind: kind, About: a.ID, Data: string(data)}
	if err := s.Notes.Send(ctx, tx, now, n); err != nil {
		return err
	}
	if at := a.From.Add(-24 * time.Hour); kind != noteCancelled && at.After(now.Add(2*time.Hour)) {
		n.Kind = noteReminder
		return s.Notes.Send(ctx, tx, at, n)
	}
	return nil
}

func (s *Service) compose() {
	for _, kind := range []string{noteBooked, noteMoved, noteCancelled, noteDisplaced, noteReminder} {
		s.Notes.Compose(kind, func(ctx context.Context, n notify.Note, to identity.Person) (mail.Message, error) {
			return s.letter(ctx, kind, n, to)
		})
	}
}

// letter writes a message; ErrMoot where the appointment has changed since.
func (s *Service) letter(ctx context.Context, kind string, n notify.Note, to identity.Person) (m mail.Message, err error) {
	a, err := one(ctx, s.DB, getAppointment, n.About)
	var about noted
	if json.Unmarshal([]byte(n.Data), &about) != nil || errs.Is(err, errs.NotFound) || err == nil && (a.Rev != about.Rev || kind != noteCancelled && !a.Stands(s.Clock.Now())) {
		return m, notify.ErrMoot
	}
	if err != nil {
		return m, err
	}
	st, err := s.Live.Network().Site(a.Office)
	if err != nil {
		return m, notify.ErrMoot
	}
	zone := s.Live.Network().Zone(st)
	p := s.Words.Printer(i18n.Lang(to.Language), zone)
	l := s.Notes.Letter(p, to)
	when := l.Date(a.From.In(zone)) + ", " + l.Time(a.From.In(zone))
	l.Subject = l.T("appointment.mail."+suffix(kind)+".subject", "office", st.Name, "when", when)
	l.Title = l.Subject
	l.Lead = []string{l.T("appointment.mail." + suffix(kind) + ".text")}
	text := textOf(a.Service, string(p.Lang))
	part := notify.Part{Title: text.Name, Href: s.URL + Path(a.ID) + "?chiave=" + s.LinkKey(a.ID), Facts: []web.Fact{
		{Name: l.T("appointment.fact.when"), Value: when},
		{Name: l.T("appointment.fact.where"), Value: st.Name + ", " + st.Address + ", " + s.Live.Network().Place(st)},
		{Name: l.T("appointment.fact.people"), Value: fmt.Sprint(a.People)},
	}}
	if kind != noteCancelled {
		part.Facts = append(part.Facts, web.Fact{Name: l.T("appointment.fact.code"), Value: s.Code(a.ID)})
	}
	l.Parts = []notify.Part{part}
	if kind != noteCancelled && len(text.Bring) > 0 {
		l.NextTitle, l.Next = l.T("appointment.bring"), text.Bring
	}
	if kind == noteDisplaced {
		if l.Lead, err = s.instead(ctx, a, l.Lead, p); err != nil {
			return m, err
		}
	}
	l.Links = []web.Link{{Href: s.URL + Path(a.ID) + "?chiave=" + s.LinkKey(a.ID), Text: l.T("appointment.mail.link")}}
	l.Footer = []string{l.T("appointment.mail.where"), l.T("appointment.mail.no-reply")}
	if m, err = l.Message(); err != nil || kind == noteReminder || kind == noteDisplaced {
		return m, err
	}
	file, method, err := s.calendar(p, a, to.Email)
	m.Calendars = []mail.Calendar{{Method: string(method), Name: "appuntamento.ics", Data: file}}
	return m, err
}

// suffix is the last word of the kind of a message.
func suffix(kind string) string { return kind[len("appointment."):] }

// textOf is what a service says of itself.
func textOf(service, lang string) catalog.Text {
	if sv, ok := catalog.Find(service); ok {
		return sv.In(lang)
	}
	return catalog.Text{Name: service}
}

// instead names the next free times in the letter to who was displaced.
func (s *Service) instead(ctx context.Context, a Appointment, lead []string, p *i18n.Printer) ([]string, error) {
	free, err := s.next(ctx, s.DB, &a, mostAlternatives)
	if err != nil || len(free) == 0 {
		return append(lead, p.T("appointment.mail.displaced.none")), err
	}
	text := ""
	for i, slot := range free {
		if i > 0 {
			text += "; "
		}
		text += p.Date(slot.From.In(p.Zone)) + " " + p.Time(slot.From.In(p.Zone))
	}
	return append(lead, p.T("appointment.mail.displaced.next", "times", text)), nil
}

// calendar is an appointment as a calendar file; mailed to somebody, or taken from
// its page where there is no attendee.
func (s *Service) calendar(p *i18n.Printer, a Appointment, attendee string) (file []byte, method document.Method, err error) {
	st, err := s.Live.Network().Site(a.Office)
	if err != nil {
		return nil, "", err
	}
	text := textOf(a.Service, string(p.Lang))
	e := document.Event{
		UID: a.ID + "@appointment.polis", Sequence: int(a.Rev), Stamp: a.Changed, Changed: a.Changed, Start: a.From, End: a.To(),
		Zone: s.Live.Network().Zone(st).String(), Summary: p.T("appointment.calendar", "service", text.Name), Lat: st.Lat, Lon: st.Lon,
		Location: st.Name + ", " + st.Address, URL: s.URL + Path(a.ID), Cancelled: a.State == Cancelled,
	}
	for _, b := range text.Bring {
		e.Description += "- " + b + "\n"
	}
	if attendee != "" {
		e.Organizer, e.Attendee, method = s.From.Address, attendee, document.Request
		if e.Cancelled {
			method = document.Cancel
		}
	}
	file, err = document.Calendar(document.Head{Method: method}, e)
	return file, method, err
}

// dayOf is the civil date of an instant in an office.
func dayOf(live *site.Live, office string, at time.Time) agenda.Date {
	st, err := live.Network().Site(office)
	if err != nil {
		return agenda.DateOf(at)
	}
	return agenda.DateOf(at.In(live.Network().Zone(st)))
}
