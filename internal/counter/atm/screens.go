package atm

import (
	"context"
	"fmt"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/counter/catalog"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/site"
)

// view is a screen in the making.
type view struct {
	*Service
	ctx    context.Context
	state  *state
	pick   pick
	p      *i18n.Printer
	office *site.Site
	zone   *time.Location
	screen Screen
	picks  []pick
}

// screens are all screens by the name by which choices lead to them.
var screens map[string]func(*view) error

func init() {
	screens = map[string]func(*view) error{
		"home": (*view).home, "bye": (*view).bye,
		"book": (*view).bookable, "book-bring": (*view).bringToBook, "days": (*view).days, "times": (*view).times, "sure": (*view).sure, "booked": (*view).booked,
		"mine": (*view).mine, "one": (*view).one, "cancel": (*view).cancel, "cancelled": (*view).cancelled,
		"queue": (*view).queue, "queue-bring": (*view).bringToQueue, "number": (*view).number, "taken": (*view).taken,
	}
}

func (v *view) title(key string, args ...any) { v.screen.Title = fit(v.p.T(key, args...)) }

// say adds lines, as long as there is room.
func (v *view) say(text string) {
	for _, line := range wrap(text) {
		if len(v.screen.Lines) < Lines {
			v.screen.Lines = append(v.screen.Lines, line)
		}
	}
}

// choose adds a choice.
func (v *view) choose(text string, p pick) {
	v.screen.Choices = append(v.screen.Choices, fit(text))
	v.picks = append(v.picks, p)
}

// choice is one of a list.
type choice struct {
	text string
	pick pick
}

// list shows a list a page at a time, with the way on and back.
func (v *view) list(all []choice, back pick) {
	const each = Choices - 2
	from := min(v.pick.Page*each, len(all))
	to := min(from+each, len(all))
	for _, c := range all[from:to] {
		v.choose(c.text, c.pick)
	}
	if to < len(all) {
		next := v.pick
		next.Page++
		v.choose(v.p.T("atm.more"), next)
	}
	if v.pick.Page > 0 {
		back = v.pick
		back.Page--
	}
	v.choose(v.p.T("atm.back"), back)
}

// actor is who stands at the machine.
func (v *view) actor() identity.Actor {
	if v.state.Person == "" {
		return identity.Actor{Role: identity.Visitor, Device: v.state.Device, Channel: identity.ChannelAPI}
	}
	return identity.Actor{Person: v.state.Person, Role: identity.Citizen, Device: v.state.Device, Channel: identity.ChannelAPI, Method: "atm"}
}

// once names what a step does, so that it is done once.
func (v *view) once() string {
	return fmt.Sprintf("atm:%s:%d:%s:%d", v.state.ID, v.state.Step, v.pick.Service, v.pick.At)
}

func (v *view) home() error {
	v.title("atm.home.title")
	v.say(v.office.Name)
	if v.state.Person != "" {
		v.choose(v.p.T("atm.home.book"), pick{To: "book"})
		v.choose(v.p.T("atm.home.mine"), pick{To: "mine"})
	} else {
		v.say(v.p.T("atm.home.no-card"))
	}
	v.choose(v.p.T("atm.home.queue"), pick{To: "queue"})
	v.choose(v.p.T("atm.exit"), pick{To: "bye"})
	return nil
}

func (v *view) bye() error {
	v.title("atm.bye")
	v.screen.Over = true
	return nil
}

// services lists those of the office that are active, as far as they suit.
func (v *view) services(to string, suits func(*catalog.Service) bool) error {
	offers, err := v.Counter.Offers(v.ctx, v.actor(), v.office.ID)
	if err != nil {
		return err
	}
	var list []choice
	for _, o := range offers {
		if o.Active && suits(o.Service) {
			list = append(list, choice{o.Service.In(string(v.state.Lang)).Name, pick{To: to, Service: o.Service.ID}})
		}
	}
	v.title("atm.services")
	if len(list) == 0 {
		v.say(v.p.T("atm.services.none"))
	}
	v.list(list, pick{To: "home"})
	return nil
}

func (v *view) bookable() error {
	return v.services("book-bring", func(s *catalog.Service) bool { return s.Bookable })
}

func (v *view) queue() error {
	return v.services("queue-bring", func(*catalog.Service) bool { return true })
}

// text is the text of the service that was chosen.
func (v *view) text() catalog.Text {
	s, ok := catalog.Find(v.pick.Service)
	if !ok {
		return catalog.Text{}
	}
	return s.In(string(v.state.Lang))
}

func (v *view) bringToBook() error { return v.bring(pick{To: "days", Service: v.pick.Service}, "book") }

func (v *view) bringToQueue() error {
	return v.bring(pick{To: "number", Service: v.pick.Service}, "queue")
}

// bring says what to bring before anything is given, a screen at a time.
func (v *view) bring(next pick, back string) error {
	v.title("atm.bring")
	var lines []string
	for _, thing := range v.text().Bring {
		lines = append(lines, wrap("- "+thing)...)
	}
	if len(lines) == 0 {
		lines = wrap(v.p.T("atm.bring.nothing"))
	}
	from := min(v.pick.Page*Lines, len(lines))
	to := min(from+Lines, len(lines))
	v.screen.Lines = lines[from:to]
	if to < len(lines) {
		next = v.pick
		next.Page++
	}
	v.choose(v.p.T("atm.on"), next)
	v.choose(v.p.T("atm.back"), pick{To: back})
	return nil
}

// ahead is for how many days free times are shown.
const ahead = 21

func (v *view) slots(from, to agenda.Date) ([]time.Time, error) {
	return v.Appointments.Slots(v.ctx, v.actor(), v.office.ID, v.pick.Service, from, to)
}

func (v *view) days() error {
	today := agenda.DateOf(v.Clock.Now().In(v.zone))
	free, err := v.slots(today, today.AddDays(ahead))
	if err != nil {
		return err
	}
	v.title("atm.days")
	var list []choice
	var days []agenda.Date
	for _, at := range free {
		if d := agenda.DateOf(at.In(v.zone)); !slices.Contains(days, d) {
			days = append(days, d)
			list = append(list, choice{v.p.Day(d), pick{To: "times", Service: v.pick.Service, Day: d.String()}})
		}
	}
	if len(list) == 0 {
		v.say(v.p.T("atm.days.none"))
	}
	v.list(list, pick{To: "book"})
	return nil
}

func (v *view) times() error {
	day, err := agenda.ParseDate(v.pick.Day)
	if err != nil {
		return err
	}
	free, err := v.slots(day, day)
	if err != nil {
		return err
	}
	v.title("atm.times", errs.Args{"day": v.p.Day(day)})
	var list []choice
	for _, at := range free {
		list = append(list, choice{v.p.Time(at.In(v.zone)), pick{To: "sure", Service: v.pick.Service, Day: v.pick.Day, At: clock.Micros(at)}})
	}
	if len(list) == 0 {
		v.say(v.p.T("atm.days.none"))
	}
	v.list(list, pick{To: "days", Service: v.pick.Service})
	return nil
}

// what tells of an appointment in a few lines.
func (v *view) what(service string, at time.Time, office string) {
	if s, ok := catalog.Find(service); ok {
		v.say(s.In(string(v.state.Lang)).Name)
	}
	v.say(v.p.DateTime(at))
	if st, err := v.Counter.Office(office); err == nil {
		v.say(st.Name)
	}
}

func (v *view) sure() error {
	v.title("atm.sure")
	v.what(v.pick.Service, clock.FromMicros(v.pick.At), v.office.ID)
	next := v.pick
	next.To = "booked"
	v.choose(v.p.T("atm.sure.yes"), next)
	v.choose(v.p.T("atm.back"), pick{To: "times", Service: v.pick.Service, Day: v.pick.Day})
	return nil
}

func (v *view) booked() error {
	b, err := v.Appointments.Book(v.ctx, v.actor(), v.office.ID, v.pick.Service, clock.FromMicros(v.pick.At), v.once())
	if err != nil {
		return err
	}
	v.title("atm.booked")
	v.what(b.Service, b.At, b.Office)
	v.say(v.p.T("atm.code", errs.Args{"code": b.Code}))
	v.say(v.p.T("atm.booked.code"))
	v.end()
	return nil
}

// end leads from what was done back, or out.
func (v *view) end() {
	v.choose(v.p.T("atm.home"), pick{To: "home"})
	v.choose(v.p.T("atm.exit"), pick{To: "bye"})
}

func (v *view) mine() error {
	mine, err := v.Appointments.List(v.ctx, v.actor())
	if err != nil {
		return err
	}
	v.title("atm.mine")
	var list []choice
	for _, b := range mine {
		list = append(list, choice{v.p.DateTime(b.At), pick{To: "one", ID: b.ID}})
	}
	if len(list) == 0 {
		v.say(v.p.T("atm.mine.none"))
	}
	v.list(list, pick{To: "home"})
	return nil
}

// find finds one of the person's appointments.
func (v *view) find() (Booked, error) {
	mine, err := v.Appointments.List(v.ctx, v.actor())
	for _, b := range mine {
		if b.ID == v.pick.ID {
			return b, nil
		}
	}
	if err == nil {
		err = errs.New(errs.NotFound, "atm.mine.gone", nil)
	}
	return Booked{}, err
}

func (v *view) one() error {
	b, err := v.find()
	if err != nil {
		return err
	}
	v.title("atm.one")
	v.what(b.Service, b.At, b.Office)
	v.say(v.p.T("atm.code", errs.Args{"code": b.Code}))
	v.choose(v.p.T("atm.one.cancel"), pick{To: "cancel", ID: b.ID})
	v.choose(v.p.T("atm.back"), pick{To: "mine"})
	return nil
}

func (v *view) cancel() error {
	b, err := v.find()
	if err != nil {
		return err
	}
	v.title("atm.cancel")
	v.what(b.Service, b.At, b.Office)
	v.choose(v.p.T("atm.cancel.yes"), pick{To: "cancelled", ID: b.ID})
	v.choose(v.p.T("atm.back"), pick{To: "one", ID: b.ID})
	return nil
}

func (v *view) cancelled() error {
	if err := v.Appointments.Cancel(v.ctx, v.actor(), v.pick.ID); err != nil {
		return err
	}
	v.title("atm.cancelled")
	v.say(v.p.T("atm.cancelled.text"))
	v.end()
	return nil
}

func (v *view) number() error {
	o, err := v.Counter.Waiting(v.ctx, v.actor(), v.office.ID)
	if err != nil {
		return err
	}
	if !o.Open {
		return errs.New(errs.Rule, "atm.closed", nil)
	}
	v.title("atm.number")
	v.say(v.text().Name)
	v.say(v.p.T("atm.waiting", errs.Args{"n": o.Waiting}))
	for _, w := range o.Waits {
		if w.Service == v.pick.Service {
			v.wait(w.Range.Low, w.Range.High)
		}
	}
	v.choose(v.p.T("atm.number.yes"), pick{To: "taken", Service: v.pick.Service})
	v.choose(v.p.T("atm.back"), pick{To: "queue"})
	return nil
}

// wait says a range in whole minutes.
func (v *view) wait(low, high time.Duration) {
	v.say(v.p.T("atm.wait", errs.Args{"low": int(low / time.Minute), "high": int((high + time.Minute - 1) / time.Minute)}))
}

func (v *view) taken() error {
	t, err := v.Counter.Take(v.ctx, v.actor(), counter.TakeRequest{
		Office: v.office.ID, Services: []string{v.pick.Service}, Origin: counter.ByATM, Language: string(v.state.Lang), Key: v.once(),
	})
	if err != nil {
		return err
	}
	v.title("atm.taken", errs.Args{"number": t.Name()})
	if t.Told != nil {
		v.wait(t.Told.Low, t.Told.High)
	}
	v.say(v.p.T("atm.taken.text"))
	v.end()
	return nil
}
