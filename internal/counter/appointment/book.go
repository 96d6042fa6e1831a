package appointment

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/site"
)

// Wanted is an appointment that somebody asks for.
type Wanted struct {
	Office  string // id or code
	Service string
	People  int
	From    time.Time
	Staff   bool   // the staff books for somebody: with the internal capacity
	Person  string // of whom the staff books for; "" with Guest
	Guest   Guest  // of who has no account
	Hold    bool   // keep it for a moment only
	Origin  Origin
	Lang    i18n.Lang
	Once    string // a request that comes twice with one Once is one appointment

	unlimited bool // fair use does not bind who asks (load tests of a demonstration)
}

// Guest is somebody without an account.
type Guest struct{ Given, Family, Email string }

// maxOpen is how many appointments a person or an address may have to come.
const maxOpen = 6

// holdsOfClient are the holds of one client, signed in or not: a house or an office
// may share an address.
var holdsOfClient = identity.Limit{Name: "appointments.client", Burst: 30, Each: 2 * time.Minute}

// errMade says that the same request was made before.
var errMade = errors.New("made before")

// Book makes an appointment, or a hold of one. Errors: NotFound, Invalid naming the
// fields, Rule "appointment.too-soon", "appointment.too-far", "appointment.most",
// Conflict "appointment.taken" with free alternatives of that day, and those of
// Actor.Check.
func (s *Service) Book(ctx context.Context, actor identity.Actor, w Wanted) (a Appointment, err error) {
	defer errs.Wrap(&err, "appointment.Book(%q)", w.Service)
	w.unlimited = actor.Unlimited
	st, a, err := s.plan(actor, w)
	if err != nil {
		return Appointment{}, err
	}
	request, asked := s.requestHash(actor, w, a)
	if made, err := s.made(ctx, request, asked); err == nil || !errs.Is(err, errs.NotFound) {
		return made, err
	}
	planned := a
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		a = planned
		return s.insert(ctx, tx, st, &a, w, request, asked)
	})
	if errors.Is(err, errMade) { // sent twice at the same moment
		return s.made(ctx, request, asked)
	}
	return a, err
}

// plan checks a request and makes its appointment without a desk.
func (s *Service) plan(actor identity.Actor, w Wanted) (*site.Site, Appointment, error) {
	st, err := s.Office(w.Office)
	if err != nil {
		return nil, Appointment{}, err
	}
	a := Appointment{
		ID: s.IDs(), Office: st.ID, Service: w.Service, People: w.People, From: w.From.UTC(), Public: !w.Staff, State: Booked,
		Origin: w.Origin, Language: string(w.Lang), Created: s.Clock.Now(), Person: actor.Person, Rev: 1,
	}
	switch {
	case w.Staff:
		err = actor.Check(identity.AppointmentWrite, identity.Site(st.ID))
		a.Person = w.Person
	case actor.SignedIn():
		err = actor.Check(identity.AppointmentOwn, identity.Of(actor.Person))
	default:
		err = actor.Check(identity.QueueTake, identity.Network)
	}
	if err != nil {
		return nil, a, err
	}
	sv, err := serviceOf(w.Service)
	if err == nil {
		err = checkPeople(w.People)
	}
	if err == nil && a.Person == "" && !w.Hold {
		err = w.Guest.check(!w.Staff)
	}
	if err != nil {
		return nil, a, err
	}
	a.Minutes = w.People * sv.Minutes
	if y := a.From.Year(); y < 2000 || y > 2200 {
		return nil, a, errs.New(errs.Invalid, "appointment.from", nil).On("from")
	}
	a.Day = agenda.DateOf(a.From.In(s.Live.Network().Zone(st)))
	if w.Hold {
		a.State = Held
	}
	return st, a, nil
}

// check tells what is missing of a guest. Invalid.
func (g Guest) check(mail bool) error {
	var faults []errs.Error
	for _, f := range []struct{ field, value string }{{"given_name", g.Given}, {"family_name", g.Family}, {"email", g.Email}} {
		if f.value == "" && (mail || f.field != "email") {
			faults = append(faults, errs.Error{Kind: errs.Invalid, Key: "appointment.guest." + f.field, Field: f.field})
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return &errs.Error{Kind: errs.Invalid, Key: "appointment.guest", Fields: faults}
}

// requestHash tells one request from another, and what it asks for. It is keyed,
// since names could be guessed from a plain hash.
func (s *Service) requestHash(actor identity.Actor, w Wanted, a Appointment) (request, asked string) {
	once := cmp.Or(w.Once, a.ID)
	caller := cmp.Or(actor.By, actor.Person, actor.Device)
	return hex.EncodeToString(s.mac("appointment.request", once, caller)),
		hex.EncodeToString(s.mac("appointment.asked", a.Office, a.Service, fmt.Sprint(a.People, a.From.Unix(), w.Staff, w.Hold), w.Person, w.Guest.Given, w.Guest.Family, w.Guest.Email))
}

// made finds what a request made before. Rule "appointment.key-reused" where it
// asked for something else.
func (s *Service) made(ctx context.Context, request, asked string) (Appointment, error) {
	a, err := one(ctx, s.DB, byRequest, request, asked)
	if !errs.Is(err, errs.NotFound) {
		return a, err
	}
	used := 0
	if err := db.One(ctx, s.DB, countRequest, []any{request}, &used); err != nil {
		return a, err
	}
	if used > 0 {
		return a, errs.New(errs.Rule, "appointment.key-reused", nil)
	}
	return a, errUnknown()
}

var countRequest = db.Q("appointment.count-request", `SELECT COUNT(*) FROM appointment WHERE request = $1`)

// insert decides and writes a new appointment behind the lock of its day.
func (s *Service) insert(ctx context.Context, tx *db.Tx, st *site.Site, a *Appointment, w Wanted, request, asked string) error {
	now := s.Clock.Now()
	days, err := s.lock(ctx, tx, st, now, a.Day)
	if err != nil {
		return err
	}
	used := 0
	if err := db.One(ctx, tx, countRequest, []any{request}, &used); err != nil {
		return err
	}
	if used > 0 {
		return errMade
	}
	if a.Person == "" && !w.Hold {
		if a.Person, err = s.guest(ctx, tx, w.Guest, a.Language); err != nil {
			return err
		}
	}
	if w.Person != "" { // one that is somebody's
		if _, err := s.People.GetIn(ctx, tx, w.Person); err != nil {
			return errs.As(err).On("person")
		}
	}
	slot, err := days[0].grant(Request{Service: a.Service, Minutes: a.Minutes, Public: a.Public}, a.From)
	if err != nil {
		return err
	}
	a.Desk = slot.Desk
	if w.Hold {
		a.Hold = now.Add(days[0].Rules.Hold)
	}
	if a.Public && a.Person != "" && !w.unlimited {
		if err := s.few(ctx, tx, a, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, letGo, a.Person); err != nil { // one hold each is enough
			return err
		}
	}
	made, err := a.insert(ctx, tx, s.codeHash(s.Code(a.ID)), request, asked)
	if err != nil {
		return err
	}
	if !made {
		return errMade
	}
	if _, err := tx.Exec(ctx, dropFreed, a.Office, a.Day.String(), now.UnixMicro()); err != nil {
		return err
	}
	if w.Hold {
		return nil // nobody is told of what is not yet
	}
	return s.booked(ctx, tx, a, "appointment.booked", noteBooked, now)
}

// guest makes a person of who has no account.
func (s *Service) guest(ctx context.Context, tx *db.Tx, g Guest, lang string) (string, error) {
	p, err := s.People.CreateIn(ctx, tx, identity.Person{GivenName: g.Given, FamilyName: g.Family, Email: g.Email, Language: lang})
	return p.ID, err
}

// few refuses who has too many appointments to come, or one at the same time already,
// under whatever id their address is known. Rule "appointment.most", Conflict
// "appointment.twice".
func (s *Service) few(ctx context.Context, tx *db.Tx, a *Appointment, now time.Time) error {
	ids := []string{a.Person}
	p, err := s.People.GetIn(ctx, tx, a.Person)
	if err == nil && p.Email != "" {
		same, err := s.People.ByContactIn(ctx, tx, p.Email)
		if err != nil {
			return err
		}
		for _, x := range same {
			if !slices.Contains(ids, x.ID) {
				ids = append(ids, x.ID)
			}
		}
	}
	total := 0
	for _, id := range ids {
		coming, err := db.All(ctx, tx, comingOf, scan, id, now.UnixMicro())
		if err != nil {
			return err
		}
		for _, b := range coming {
			if b.ID != a.ID && b.From.Before(a.To()) && a.From.Before(b.To()) {
				return errs.New(errs.Conflict, "appointment.twice", nil).On("from")
			}
		}
		total += len(coming)
	}
	if total >= maxOpen {
		return errs.New(errs.Rule, "appointment.most", errs.Args{"max": maxOpen}).With(map[string]any{"limit": maxOpen})
	}
	return nil
}

// grant is the slot of an instant, or why it is none.
func (d *Day) grant(r Request, from time.Time) (Slot, error) {
	if slot, ok := d.At(r, from); ok {
		return slot, nil
	}
	switch {
	case from.Before(d.Now):
		return Slot{}, errs.New(errs.Rule, "appointment.past", nil).On("from")
	case from.After(d.Now.AddDate(0, 0, d.Rules.Days)):
		return Slot{}, errs.New(errs.Rule, "appointment.too-far", errs.Args{"days": d.Rules.Days}).On("from")
	case !d.inTime(from, r.Public):
		return Slot{}, errs.New(errs.Rule, "appointment.too-soon", nil).On("from")
	}
	free := []string{}
	for _, slot := range d.Slots(r) {
		if len(free) == mostAlternatives {
			break
		}
		free = append(free, slot.From.UTC().Format(time.RFC3339))
	}
	return Slot{}, errs.New(errs.Conflict, "appointment.taken", nil).On("from").With(map[string]any{"alternatives": free})
}

// mostAlternatives is how many free times are named where the wanted one is taken.
const mostAlternatives = 6

// booked tells of a change of an appointment: act, mail, reminder.
func (s *Service) booked(ctx context.Context, tx *db.Tx, a *Appointment, act, note string, now time.Time) error {
	if err := s.tell(ctx, tx, a, note, now); err != nil {
		return err
	}
	return journal.Append(ctx, tx, journal.Act{
		ID: s.IDs(), At: now, Kind: act, Subject: a.ID, Person: a.Person,
		Data: fmt.Sprintf(`{"office":%q,"service":%q,"people":%d,"from":%d}`, a.Office, a.Service, a.People, a.From.Unix()),
	})
}
