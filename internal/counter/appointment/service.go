package appointment

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter/catalog"
	"polis/internal/identity"
	"polis/internal/notify"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/mail"
	"polis/internal/site"
)

// Roster tells of the desks of an office on some days: who works at them and what
// they can do. It is read once and asked for each day.
type Roster func(ctx context.Context, r db.Reader, office *site.Site, from, to agenda.Date) (func(agenda.Date) []Desk, error)

// Admit gives who comes for an appointment a number in the line: the id of the
// ticket. A second time it is the same.
type Admit func(ctx context.Context, actor identity.Actor, a Appointment) (ticket string, err error)

// Offered tells which services an office has, today or from a day that is known.
type Offered func(ctx context.Context, office string) (map[string]bool, error)

// Options are what a Service stands on.
type Options struct {
	DB     *db.DB
	Live   *site.Live
	People *identity.People
	Limits *identity.Limits
	Clock  clock.Clock
	IDs    clock.IDs
	Notes  *notify.Service
	Words  *i18n.Bundle // those of the program, for mails
	URL    string       // public address of the installation, in mails
	From   mail.Sender  // who invites in calendar files
	Key    []byte       // makes codes and links; the same on all replicas
	Roster Roster
	Admit  Admit
	Offers Offered
}

// Service is what can be done with appointments. Its methods check who acts.
type Service struct{ Options }

// New makes the service, and says how its mails are written.
func New(o Options) *Service {
	s := &Service{o}
	s.compose()
	return s
}

// Office finds an office that gives appointments by its id or code. NotFound for
// what is none, Rule while it is not open.
func (s *Service) Office(name string) (*site.Site, error) {
	st, err := s.Live.Network().ByCode(name)
	switch {
	case err != nil:
		return nil, errs.As(err).On("office")
	case st.Kind != site.Office:
		return nil, errs.New(errs.NotFound, "appointment.no-office", nil).On("office")
	case st.State != site.Open:
		return nil, errs.New(errs.Rule, "appointment.office-shut", nil).On("office")
	}
	return st, nil
}

// serviceOf finds a service that can be booked. Invalid.
func serviceOf(id string) (*catalog.Service, error) {
	sv, ok := catalog.Find(id)
	switch {
	case !ok:
		return nil, errs.New(errs.Invalid, "appointment.service-unknown", nil).On("service")
	case !sv.Bookable:
		return nil, errs.New(errs.Invalid, "appointment.not-bookable", nil).On("service")
	}
	return sv, nil
}

// checkPeople tells whether one appointment can be for so many. Invalid.
func checkPeople(n int) error {
	if n < 1 || n > MaxPeople {
		return errs.New(errs.Invalid, "appointment.people", errs.Args{"max": MaxPeople}).On("people")
	}
	return nil
}

// MostDays is of how many days slots can be asked at once.
const MostDays = 31

// Ask is a question for slots.
type Ask struct {
	Office   string // id or code
	Service  string
	People   int
	From, To agenda.Date // zero From: today; zero To: a week
	Staff    bool        // with what is kept for those whom the staff books
	Except   string      // id of an appointment that would be moved
}

// Found are the slots of some days of an office.
type Found struct {
	Office   *site.Site
	Zone     *time.Location
	From, To agenda.Date
	Minutes  int
	Slots    []Slot
}

// Slots are the free times of an office for a service and so many people. Errors:
// NotFound, Invalid, Rule; those of Actor.Check for the staff's.
func (s *Service) Slots(ctx context.Context, actor identity.Actor, ask Ask) (f Found, err error) {
	defer errs.Wrap(&err, "appointment.Slots(%q)", ask.Service)
	if f.Office, err = s.Office(ask.Office); err != nil {
		return f, err
	}
	sv, err := serviceOf(ask.Service)
	if err == nil {
		err = checkPeople(ask.People)
	}
	if err == nil && ask.Staff {
		err = actor.Check(identity.AppointmentWrite, identity.Site(f.Office.ID))
	}
	if err == nil {
		err = actor.Check(identity.NetworkRead, identity.Network)
	}
	if err != nil {
		return f, err
	}
	now := s.Clock.Now()
	f.Zone, f.Minutes = s.Live.Network().Zone(f.Office), ask.People*sv.Minutes
	if err := f.span(ask, agenda.DateOf(now.In(f.Zone))); err != nil {
		return f, err
	}
	req := Request{Service: ask.Service, Minutes: f.Minutes, Public: !ask.Staff, Except: ask.Except}
	days, err := s.days(ctx, s.DB, f.Office, f.From, f.To, now)
	for _, d := range days {
		f.Slots = append(f.Slots, d.Slots(req)...)
	}
	return f, err
}

// span works out the days of a question. Invalid.
func (f *Found) span(ask Ask, today agenda.Date) error {
	f.From, f.To = ask.From, ask.To
	if f.From == (agenda.Date{}) {
		f.From = today
	}
	if f.To == (agenda.Date{}) {
		f.To = f.From.AddDays(6)
	}
	switch {
	case f.To.Before(f.From):
		return errs.New(errs.Invalid, "appointment.days-order", nil).On("to")
	case f.From.AddDays(MostDays - 1).Before(f.To):
		return errs.New(errs.Invalid, "appointment.days-many", errs.Args{"max": MostDays}).On("to")
	}
	return nil
}

// days are some days of an office as its rule sees them.
func (s *Service) days(ctx context.Context, r db.Reader, st *site.Site, from, to agenda.Date, now time.Time) ([]*Day, error) {
	set, _, err := rules(ctx, r, st.ID)
	if err != nil {
		return nil, err
	}
	taken, err := takenOn(ctx, r, st.ID, from, to, now)
	if err != nil {
		return nil, err
	}
	desks, err := s.Roster(ctx, r, st, from, to)
	if err != nil {
		return nil, err
	}
	opening := s.Live.Network().Opening(st.ID)
	var list []*Day
	for date := from; !to.Before(date); date = date.AddDays(1) {
		list = append(list, &Day{Now: now, Opening: opening.On(date), Desks: desks(date), Taken: taken[date], Rules: set})
	}
	return list, nil
}

// lock takes the locks of some days of an office, and returns them as they are
// then, in the order in which they were asked for.
func (s *Service) lock(ctx context.Context, tx *db.Tx, st *site.Site, now time.Time, dates ...agenda.Date) ([]*Day, error) {
	sorted := slices.Clone(dates) // in one order, so that nobody waits in a circle
	slices.SortFunc(sorted, agenda.Date.Compare)
	for _, d := range slices.Compact(sorted) {
		if _, err := tx.Exec(ctx, lockDay, st.ID, d.String()); err != nil {
			return nil, err
		}
	}
	list := make([]*Day, len(dates))
	for i, d := range dates {
		days, err := s.days(ctx, tx, st, d, d, now)
		if err != nil {
			return nil, err
		}
		list[i] = days[0]
	}
	return list, nil
}

func (s *Service) mac(parts ...string) []byte {
	mac := hmac.New(sha256.New, s.Key)
	for _, part := range parts {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return mac.Sum(nil)
}

// LinkKey is what opens an appointment without signing in.
func (s *Service) LinkKey(id string) string {
	return base64.RawURLEncoding.EncodeToString(s.mac("appointment.link", id)[:16])
}

// alphabet is without what is easily taken for something else.
var alphabet = base32.NewEncoding("ABCDEFGHJKLMNPQRSTUVWXYZ23456789").WithPadding(base32.NoPadding)

// CodeMark begins what the QR code of an appointment says.
const CodeMark = "POLISA:"

// Code is what somebody shows or types to arrive: "K7P4Q-2MXQR". It is made from
// the id and is written down nowhere.
func (s *Service) Code(id string) string {
	text := alphabet.EncodeToString(s.mac("appointment.code", id))[:10]
	return text[:5] + "-" + text[5:]
}

// codeHash is by what the appointment of a code is found.
func (s *Service) codeHash(code string) string {
	code = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(code)), CodeMark)
	code = strings.NewReplacer("-", "", " ", "").Replace(code)
	return hex.EncodeToString(s.mac("appointment.find", code))
}
