package atm_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/counter/atm"
	"polis/internal/counter/forecast"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
	"polis/internal/site"
	"polis/internal/territory"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const office = "01999999-0000-7000-8000-000000000001"

// machine is a cash machine of an office on a Monday, at nine.
type machine struct {
	*atm.Service
	counter *counter.Service
	clock   *clock.Manual
	t       *testing.T
	words   *i18n.Bundle
	booked  map[string]atm.Booked // by what made it
}

var device = identity.Actor{
	Role: identity.Device, Scope: identity.Site(office), Held: []identity.Held{{Role: identity.Device, Scope: identity.Site(office)}}, Device: "atm-1",
}

func newMachine(t *testing.T, d *db.DB) *machine {
	t.Helper()
	data := site.Data{Territory: territory.Embedded(), Sites: []site.Site{{
		ID: office, Code: "ufficio-gavirate", Kind: site.Office, Name: "Ufficio postale di Gavirate", Municipality: "012072", State: site.Open,
		Hours: agenda.MustHours("Mo-Fr 08:20-13:35; Sa 08:20-12:35; PH off"),
	}}, Resources: []site.Resource{{
		Ordinal: 1, ID: "01999999-0000-7000-8000-000000000010", Site: office, Kind: site.Counter, Code: "S-1", Name: "Sportello 1", Seats: 1, Active: true,
		Features: []string{"biometric-kit", "cash"},
	}}}
	net, err := site.NewNetwork(data)
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewManual(time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC))
	m := &machine{clock: c, t: t, words: i18n.NewBundle(), booked: map[string]atm.Booked{}, counter: counter.New(counter.Options{
		DB: d, Live: site.Still(net), Clock: c, IDs: clock.NewID, Forecast: forecast.New(d, c),
	})}
	if err := m.words.Add(atm.Words); err != nil {
		t.Fatal(err)
	}
	if err := m.words.Add(counter.Words); err != nil {
		t.Fatal(err)
	}
	m.Service, err = atm.New(atm.Options{
		Counter: m.counter, Words: m.words, Clock: c, IDs: clock.NewID, Key: make([]byte, 32), Appointments: m.appointments(),
		IsATM: func(_ context.Context, id string) (bool, error) { return strings.HasPrefix(id, "atm"), nil },
		Known: func(_ context.Context, number string) (string, error) { return "person-" + number, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// appointments are kept in memory: every quarter of an hour of the coming days.
func (m *machine) appointments() atm.Appointments {
	return atm.Appointments{
		Slots: func(_ context.Context, _ identity.Actor, _, _ string, from, to agenda.Date) (list []time.Time, err error) {
			for d := from; !to.Before(d); d = d.AddDays(1) {
				for n := range 16 {
					list = append(list, time.Date(d.Year, d.Month, d.Day, 8, 15*n, 0, 0, time.UTC))
				}
			}
			return list, nil
		},
		Book: func(_ context.Context, actor identity.Actor, office, service string, at time.Time, once string) (atm.Booked, error) {
			if !actor.SignedIn() {
				return atm.Booked{}, errs.New(errs.Unauthenticated, "identity.sign-in", nil)
			}
			if _, again := m.booked[once]; !again {
				m.booked[once] = atm.Booked{ID: fmt.Sprint("a", len(m.booked)), Office: office, Service: service, At: at, Code: "K7P4Q-2MXQR"}
			}
			return m.booked[once], nil
		},
		List: func(context.Context, identity.Actor) (list []atm.Booked, err error) {
			for _, b := range m.booked {
				list = append(list, b)
			}
			slices.SortFunc(list, func(a, b atm.Booked) int { return a.At.Compare(b.At) })
			return list, nil
		},
		Cancel: func(_ context.Context, _ identity.Actor, id string) error {
			for once, b := range m.booked {
				if b.ID == id {
					delete(m.booked, once)
				}
			}
			return nil
		},
	}
}

func (m *machine) begin(number string, lang i18n.Lang) atm.Session {
	m.t.Helper()
	x, err := m.Begin(m.t.Context(), device, number, lang)
	if err != nil {
		m.t.Fatal(err)
	}
	return x
}

// press answers with the choice of a text.
func (m *machine) press(x atm.Session, choices ...string) atm.Session {
	m.t.Helper()
	for _, text := range choices {
		i := slices.Index(x.Screen.Choices, text)
		if i < 0 {
			m.t.Fatalf("no choice %q in %+v", text, x.Screen)
		}
		next, err := m.Answer(m.t.Context(), device, x.Token, i+1)
		if err != nil {
			m.t.Fatal(err)
		}
		x = next
	}
	return x
}

// fits tells whether a cash machine can show a screen.
func (m *machine) fits(s atm.Screen) {
	m.t.Helper()
	if s.Title == "" || len(s.Lines) > atm.Lines || len(s.Choices) > atm.Choices {
		m.t.Errorf("%+v", s)
	}
	for _, text := range slices.Concat([]string{s.Title}, s.Lines, s.Choices) {
		if n := utf8.RuneCountInString(text); n > atm.Width || strings.HasPrefix(text, "atm.") {
			m.t.Errorf("%d characters: %q", n, text)
		}
	}
}

// Whatever is pressed, the machine can show what comes, in both languages.
func TestEveryScreenFits(t *testing.T) {
	m := newMachine(t, dbtest.SQLite(t))
	for _, lang := range []i18n.Lang{i18n.IT, i18n.EN} {
		seen, waiting := map[string]bool{}, []atm.Session{m.begin("X", lang), m.begin("", lang)}
		for len(waiting) > 0 && len(seen) < 250 {
			x := waiting[0]
			waiting = waiting[1:]
			m.fits(x.Screen)
			name := fmt.Sprint(x.Screen.Title, x.Screen.Lines, x.Screen.Choices)
			if seen[name] || x.Screen.Over {
				continue
			}
			seen[name] = true
			for n := range x.Screen.Choices {
				next, err := m.Answer(t.Context(), device, x.Token, n+1)
				if err != nil {
					t.Fatalf("%q: %v", x.Screen.Choices[n], err)
				}
				waiting = append(waiting, next)
			}
		}
		if len(seen) < 30 {
			t.Errorf("%s: only %d screens", lang, len(seen))
		}
	}
}

func TestAnAppointmentIsMadeOnceAndCancelled(t *testing.T) {
	m := newMachine(t, dbtest.SQLite(t))
	sure := m.press(m.begin("RSSMRA80A01H501U", i18n.IT), "Prendere un appuntamento", "Cambio di residenza", "Avanti", "martedì 24 novembre 2026", "09:15")
	for range 3 { // the line to the machine is bad
		done := m.press(sure, "Sì, confermare")
		if done.Screen.Title != "Appuntamento preso" || !slices.Contains(done.Screen.Lines, "Codice K7P4Q-2MXQR") {
			t.Errorf("%+v", done.Screen)
		}
	}
	if len(m.booked) != 1 {
		t.Fatalf("%d appointments", len(m.booked))
	}
	over := m.press(m.begin("RSSMRA80A01H501U", i18n.EN), "My appointments", "Tuesday 24 November 2026, 09:15", "Cancel it", "Yes, cancel it", "Exit")
	if len(m.booked) != 0 || !over.Screen.Over || over.Token != "" {
		t.Errorf("%d appointments, %+v", len(m.booked), over)
	}
}

func TestANumberIsTakenOnce(t *testing.T) {
	m := newMachine(t, dbtest.SQLite(t))
	last := m.press(m.begin("", i18n.IT), "Prendere un numero per oggi", "Cambio di residenza", "Avanti")
	for range 2 {
		if x := m.press(last, "Prendere il numero"); !strings.HasSuffix(x.Screen.Title, "001") {
			t.Errorf("%+v", x.Screen)
		}
	}
	o, err := m.counter.Waiting(t.Context(), identity.Anonymous, office)
	if err != nil || o.Waiting != 1 {
		t.Errorf("%d wait, %v", o.Waiting, err)
	}
	m.clock.Set(time.Date(2026, time.November, 23, 20, 0, 0, 0, time.UTC))
	closed := m.press(m.begin("", i18n.IT), "Prendere un numero per oggi", "Cambio di residenza", "Avanti")
	if closed.Screen.Title != "Non è stato possibile" {
		t.Errorf("%+v", closed.Screen)
	}
}

func TestWhoMayAnswer(t *testing.T) {
	m := newMachine(t, dbtest.SQLite(t))
	x, ctx := m.begin("X", i18n.IT), t.Context()
	other, kiosk, person := device, device, device
	other.Device, kiosk.Device, person.Person = "atm-2", "kiosk-1", "somebody"
	for name, c := range map[string]struct {
		actor  identity.Actor
		token  string
		answer int
		want   string
	}{
		"another machine": {other, x.Token, 1, "atm.over"}, "a kiosk": {kiosk, x.Token, 1, "atm.device"}, "a person": {person, x.Token, 1, "atm.device"},
		"nobody": {identity.Anonymous, x.Token, 1, "atm.device"}, "no token": {device, "", 1, "atm.over"}, "made up": {device, "AAAA", 1, "atm.over"},
		"changed": {device, x.Token[:len(x.Token)-2] + "AA", 1, "atm.over"}, "no choice": {device, x.Token, 8, "atm.answer"}, "zero": {device, x.Token, 0, "atm.answer"},
	} {
		if _, err := m.Answer(ctx, c.actor, c.token, c.answer); !errs.HasKey(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := m.Begin(ctx, kiosk, "X", i18n.IT); !errs.HasKey(err, "atm.device") {
		t.Errorf("a kiosk attests: %v", err)
	}
	m.clock.Advance(2 * time.Minute)
	if _, err := m.Answer(ctx, device, x.Token, 1); !errs.HasKey(err, "atm.over") {
		t.Errorf("later: %v", err)
	}
}

func TestThePageOfTheDemonstration(t *testing.T) {
	m := newMachine(t, dbtest.SQLite(t))
	ui, err := web.New(m.words, web.Config{})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	if err := atm.RegisterDemo(mux, ui, atm.DemoOptions{
		Service: m.Service, Office: "ufficio-gavirate", Cards: []atm.Card{{Key: "maria", Name: "Maria Bianchi"}},
		Person: func(key string) (string, error) { return key, nil },
	}); err != nil {
		t.Fatal(err)
	}
	h := web.Wrap(ui.Mux(mux), ui.Chain()...)
	_, page := webtest.Get(t, h, atm.DemoPath)
	if !strings.Contains(page.Text(), "Maria Bianchi") {
		t.Error("no card to put in")
	}
	var x struct{ token, title string }
	for _, key := range []string{"", "1"} {
		form := url.Values{"ufficio": {"ufficio-gavirate"}, "carta": {"maria"}, "sessione": {x.token}, "tasto": {key}}
		r := httptest.NewRequest(http.MethodPost, atm.DemoPath, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		got := webtest.Page(t, w.Body.String())
		x.title = got.One(t, "h2").Text()
		for _, in := range got.All("input") {
			if in.Attr["name"] == "sessione" {
				x.token = in.Attr["value"]
			}
		}
	}
	if x.title != "Scegliere il servizio" {
		t.Errorf("%+v", x)
	}
}
