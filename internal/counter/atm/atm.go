// Package atm is the counter at a cash machine: screens of a few short lines and at
// most eight numbered choices, which any machine can show beside its keys.
//
// The machine says who stands in front of it: they have put in their card and typed
// its secret, and the machine is an enrolled device of its house. What has been chosen
// so far travels with each answer, sealed for that machine and for a few minutes;
// nothing of it is kept here. An answer that is sent twice has one effect.
package atm

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"embed"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
)

// Pages are the templates, Words the texts in Italian and English.
var (
	//go:embed pages/*.gohtml
	Pages embed.FS
	//go:embed words/*.json
	Words embed.FS
)

// What a cash machine can show.
const (
	Width   = 40 // characters of a line or a choice
	Lines   = 8
	Choices = 8
)

// How long a session waits for an answer, and lasts in all.
const (
	idle = 90 * time.Second
	life = 10 * time.Minute
)

// Appointments are what the room of appointments does for the machine.
type Appointments struct {
	Slots  func(ctx context.Context, actor identity.Actor, office, service string, from, to agenda.Date) ([]time.Time, error)
	Book   func(ctx context.Context, actor identity.Actor, office, service string, at time.Time, once string) (Booked, error)
	List   func(ctx context.Context, actor identity.Actor) ([]Booked, error) // to come, the earliest first
	Cancel func(ctx context.Context, actor identity.Actor, id string) error
}

// Booked is an appointment.
type Booked struct {
	ID, Office, Service string
	At                  time.Time
	Code                string // to show or type at the office
}

// Options are what the machines work with.
type Options struct {
	Counter      *counter.Service
	Appointments Appointments
	// IsATM tells whether a device is a cash machine.
	IsATM func(ctx context.Context, device string) (bool, error)
	// Known is the id of the person of a fiscal number, who is made where new.
	Known func(ctx context.Context, number string) (person string, err error)
	Words *i18n.Bundle
	Clock clock.Clock
	IDs   clock.IDs
	Key   []byte // 32 bytes: seals what travels
}

// Service shows the screens.
type Service struct {
	Options
	seal cipher.AEAD
}

// New makes the service.
func New(o Options) (*Service, error) {
	block, err := aes.NewCipher(o.Key)
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	return &Service{o, seal}, err
}

// Screen is what the machine shows.
type Screen struct {
	Title   string
	Lines   []string
	Choices []string // the first is answered with 1
	Over    bool     // the session has ended: the machine gives the card back
}

// pick is what a choice leads to.
type pick struct {
	To      string `json:"t"`
	Service string `json:"s,omitempty"`
	Day     string `json:"d,omitempty"`
	At      int64  `json:"a,omitempty"` // µs
	ID      string `json:"i,omitempty"`
	Page    int    `json:"p,omitempty"`
}

// state is a session as it travels.
type state struct {
	ID     string    `json:"id"`
	Device string    `json:"device"`
	Office string    `json:"office"`
	Person string    `json:"person,omitempty"`
	Lang   i18n.Lang `json:"lang"`
	Began  int64     `json:"began"`
	Seen   int64     `json:"seen"`
	Step   int       `json:"step"`
	Picks  []pick    `json:"picks"`
}

// Session is a session after a step.
type Session struct {
	Token  string // what the next answer comes with
	Screen Screen
	Ends   time.Time // without an answer
}

// Begin begins a session at a machine, for somebody of a fiscal number that the
// machine attests, or "" for who has put in no card. Errors: Forbidden for who is no
// cash machine; Invalid on "fiscal_number".
func (s *Service) Begin(ctx context.Context, actor identity.Actor, number string, lang i18n.Lang) (x Session, err error) {
	defer errs.Wrap(&err, "atm.Begin")
	if err := s.check(ctx, actor); err != nil {
		return x, err
	}
	person := ""
	if number != "" {
		if person, err = s.Known(ctx, number); err != nil {
			return x, err
		}
	}
	return s.begin(ctx, actor.Device, actor.Scope.ID, person, lang)
}

func (s *Service) begin(ctx context.Context, device, office, person string, lang i18n.Lang) (Session, error) {
	now := clock.Micros(s.Clock.Now())
	return s.show(ctx, &state{ID: s.IDs(), Device: device, Office: office, Person: person, Lang: lang, Began: now, Seen: now}, pick{To: "home"})
}

// check refuses who is no cash machine of an office.
func (s *Service) check(ctx context.Context, actor identity.Actor) error {
	refused := errs.New(errs.Forbidden, "atm.device", nil)
	if actor.Device == "" || actor.SignedIn() || !actor.May(identity.QueueDevice, actor.Scope) {
		return refused
	}
	is, err := s.IsATM(ctx, actor.Device)
	if err == nil && !is {
		err = refused
	}
	return err
}

// Answer takes the number of a choice. Errors: Forbidden; Rule "atm.over" once the
// session has ended; Invalid on "answer" for what is no choice.
func (s *Service) Answer(ctx context.Context, actor identity.Actor, token string, answer int) (x Session, err error) {
	defer errs.Wrap(&err, "atm.Answer(%d)", answer)
	if err := s.check(ctx, actor); err != nil {
		return x, err
	}
	return s.answer(ctx, actor.Device, token, answer)
}

func (s *Service) answer(ctx context.Context, device, token string, answer int) (x Session, err error) {
	st, err := s.open(device, token)
	if err != nil {
		return x, err
	}
	if answer < 1 || answer > len(st.Picks) {
		return x, errs.New(errs.Invalid, "atm.answer", errs.Args{"max": len(st.Picks)}).On("answer")
	}
	st.Step++
	st.Seen = clock.Micros(s.Clock.Now())
	return s.show(ctx, st, st.Picks[answer-1])
}

// open reads what a machine brings back.
func (s *Service) open(device, token string) (*state, error) {
	over := errs.New(errs.Rule, "atm.over", nil)
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return nil, over
	}
	plain, err := s.seal.Open(nil, nil, sealed, []byte(device))
	if err != nil {
		return nil, over
	}
	st := &state{}
	if err := json.Unmarshal(plain, st); err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	if now.Sub(clock.FromMicros(st.Seen)) > idle || now.Sub(clock.FromMicros(st.Began)) > life {
		return nil, over
	}
	return st, nil
}

// show makes the screen that was chosen, and seals where its choices lead.
func (s *Service) show(ctx context.Context, st *state, p pick) (Session, error) {
	v := &view{Service: s, ctx: ctx, state: st, p: s.Words.Printer(st.Lang, agenda.Rome), pick: p}
	office, err := s.Counter.Office(st.Office)
	if err != nil {
		return Session{}, err
	}
	v.office, v.zone = office, s.Counter.Live.Network().Zone(office)
	v.p = v.p.In(v.zone)
	if err := screens[p.To](v); err != nil {
		if !v.sorry(err) {
			return Session{}, err
		}
	}
	st.Picks = v.picks
	x := Session{Screen: v.screen, Ends: clock.FromMicros(st.Seen).Add(idle)}
	if x.Screen.Over {
		return x, nil
	}
	plain, err := json.Marshal(st)
	if err != nil {
		return x, err
	}
	x.Token = base64.RawURLEncoding.EncodeToString(s.seal.Seal(nil, nil, plain, []byte(st.Device)))
	return x, nil
}

// sorry shows why something was refused, and leads back; false for what is nobody's
// to mend.
func (v *view) sorry(err error) bool {
	e := errs.As(err)
	switch e.Kind {
	case errs.Rule, errs.Conflict, errs.NotFound, errs.Invalid, errs.TooMany:
	default:
		return false
	}
	v.screen, v.picks = Screen{}, nil
	v.title("atm.sorry")
	args := e.Args
	if args == nil {
		args = errs.Args{}
	}
	v.say(v.p.T(e.Key, args))
	v.choose(v.p.T("atm.home"), pick{To: "home"})
	v.choose(v.p.T("atm.exit"), pick{To: "bye"})
	return true
}

// fit cuts a text to a line.
func fit(text string) string {
	if utf8.RuneCountInString(text) <= Width {
		return text
	}
	r := []rune(text)
	return strings.TrimRight(string(r[:Width-1]), " ,;:") + "…"
}

// wrap breaks a text into lines.
func wrap(text string) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= Width:
			line += " " + word
		default:
			lines, line = append(lines, fit(line)), word
		}
	}
	if line != "" {
		lines = append(lines, fit(line))
	}
	return lines
}
