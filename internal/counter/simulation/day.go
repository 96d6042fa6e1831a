package simulation

import (
	"container/heap"
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/counter/appointment"
	"polis/internal/counter/catalog"
	"polis/internal/counter/queue"
	"polis/internal/identity"
)

// event is something that happens at an instant.
type event struct {
	at time.Time
	n  int // events of one instant happen in the order in which they were foreseen
	do func() error
}

type events []event

func (h events) Len() int { return len(h) }
func (h events) Less(i, j int) bool {
	if c := h[i].at.Compare(h[j].at); c != 0 {
		return c < 0
	}
	return h[i].n < h[j].n
}
func (h events) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *events) Push(x any)   { *h = append(*h, x.(event)) }
func (h *events) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// day is a day of one office under way.
type day struct {
	w       *world
	ctx     context.Context
	office  *office
	date    agenda.Date
	opening []agenda.Interval
	chance  *rand.Rand
	pace    float64
	coming  events
	made    int
	sum     *Sum

	people map[string]*visitor // by ticket
	ahead  int                 // who wait now
	alone  []counter.TakeRequest
	down   bool // the link of the kiosk
	block  counter.Block
	given  int
	booked []appointment.Appointment
}

// visitor is somebody who came.
type visitor struct {
	ticket  *counter.Ticket
	waiting bool
	called  bool
	paper   bool // went for one
	typed   minutes
}

// play plays a day of an office and counts it.
func (w *world) play(ctx context.Context, x *office, date agenda.Date, seed uint64, sum *Sum) error {
	h := fnv.New64a()
	fmt.Fprint(h, x.id, date)
	y := &day{
		w: w, ctx: ctx, office: x, date: date, opening: w.Live.Network().Opening(x.id).On(date), sum: sum,
		chance: rand.New(rand.NewPCG(seed, h.Sum64())), people: map[string]*visitor{},
	}
	y.pace = math.Exp(0.08 * y.chance.NormFloat64())
	w.clock.Set(y.opening[0].From.Add(-time.Hour))
	if err := w.Lapse(ctx); err != nil {
		return err
	}
	for _, d := range x.desks {
		d.there, d.going, d.busy, d.trying = false, false, false, false
	}
	y.plan()
	for len(y.coming) > 0 {
		e := heap.Pop(&y.coming).(event)
		w.clock.Set(e.at)
		if err := e.do(); err != nil {
			return fmt.Errorf("%s, %s, %s: %w", x.shape.name, date, e.at.In(agenda.Rome).Format("15:04:05"), err)
		}
	}
	return y.account()
}

func (y *day) now() time.Time { return y.w.clock.Now() }

func (y *day) at(t time.Time, do func() error) {
	y.made++
	heap.Push(&y.coming, event{t.Truncate(time.Second), y.made, do})
}

func (y *day) after(d time.Duration, do func() error) { y.at(y.now().Add(d), do) }

// between draws a time between two.
func (y *day) between(low, high time.Duration) time.Duration {
	return low + time.Duration(y.chance.Float64()*float64(high-low))
}

// plan foresees the day: desks, who comes, and what goes wrong.
func (y *day) plan() {
	for i, o := range y.opening {
		last := i == len(y.opening)-1
		for _, d := range y.office.desks {
			y.at(o.From.Add(y.between(-5*time.Minute, 2*time.Minute)), func() error { return y.sit(d) })
			y.at(o.To, func() error { return y.leaveDesk(d, last) })
		}
		y.planPeople(o)
	}
	end := y.opening[len(y.opening)-1].To
	if y.office.shape.noon {
		d := y.office.desks[len(y.office.desks)-1]
		y.at(noonOf(y.date).Add(y.between(-15*time.Minute, 15*time.Minute)), func() error { return y.leaveDesk(d, false) })
	}
	if y.office.shape.linkDown {
		from := y.opening[0].From.Add(y.between(0, end.Sub(y.opening[0].From)-2*time.Hour))
		y.at(y.opening[0].From.Add(-30*time.Minute), y.prepare)
		y.at(from, func() error { y.down = true; return nil })
		y.at(from.Add(2*time.Hour), y.handOver)
	}
}

// planPeople foresees who comes during an opening: most just come, some have an
// appointment.
func (y *day) planPeople(o agenda.Interval) {
	c := y.office.shape.crowd(y.date)
	length := o.To.Sub(o.From)
	rate := c.factor * y.office.shape.load * float64(len(y.office.desks)) / y.meanTime(everyday) // people a minute
	booked := 0.12
	for at := 0.0; ; {
		at += y.chance.ExpFloat64() / (rate * (1 - booked) * 1.25)
		t := o.From.Add(time.Duration(at * float64(time.Minute)))
		if !t.Before(o.To) {
			break
		}
		if y.chance.Float64() < come(float64(t.Sub(o.From))/float64(length))/1.25 {
			y.at(t, func() error { return y.walkIn(y.wants(c.mix)) })
		}
	}
	for at := 0.0; ; {
		if at += y.chance.ExpFloat64() / (rate * booked); at > length.Minutes() {
			return
		}
		y.at(y.now(), func() error { return y.book(y.wants(c.mix)) }) // before the office opens
	}
}

// meanTime is how many minutes a desk of the office really takes for one person, so
// that an office has as many desks as those who come need.
func (y *day) meanTime(mix map[string]float64) (mean float64) {
	for _, s := range catalog.All() { // in one order: sums of fractions depend on it
		mean += mix[s.ID] * 0.8 * float64(s.Minutes) * y.w.habits[s.ID] * y.office.pace * 1.06
	}
	return 1.12*mean + 0.9 // some come for two things; between two people passes a while
}

// wants draws what somebody comes for: one thing, sometimes two.
func (y *day) wants(mix map[string]float64) []string {
	one := func() string {
		x := y.chance.Float64()
		for _, s := range catalog.All() {
			if x -= mix[s.ID]; mix[s.ID] > 0 && x < 0 {
				return s.ID
			}
		}
		return "bollettini"
	}
	list := []string{one()}
	if second := one(); y.chance.Float64() < 0.12 && second != list[0] {
		list = append(list, second)
	}
	return list
}

func (y *day) walkIn(services []string) error {
	req := counter.TakeRequest{Office: y.office.id, Services: services, Origin: counter.ByKiosk}
	switch x := y.chance.Float64(); {
	case x < 0.05:
		req.Priority = queue.Frail
	case x < 0.06:
		req.Priority = queue.Pregnant
	}
	if y.down {
		req.Number, req.At, req.Key = y.block.High-y.given, y.now(), fmt.Sprint("alone", y.date, y.given)
		y.given++
		y.alone = append(y.alone, req)
		return nil
	}
	req.Key = fmt.Sprint(y.date, y.made, len(y.people))
	return y.take(req)
}

// prepare gives the kiosk numbers for when it is alone.
func (y *day) prepare() (err error) {
	y.block, err = y.w.GiveBlock(y.ctx, y.office.kiosk, y.office.id, y.date, 60)
	return err
}

// handOver hands over what the kiosk did alone; the answers to some are lost, so that
// it hands them over again.
func (y *day) handOver() error {
	y.down = false
	for i, req := range y.alone {
		for again := 0; again <= i%2; again++ {
			if err := y.take(req); err != nil {
				return err
			}
		}
	}
	return nil
}

// take takes a number, and remembers what was told with it.
func (y *day) take(req counter.TakeRequest) error {
	who := identity.Anonymous
	if req.Number > 0 {
		who = y.office.kiosk
	}
	t, err := y.w.Take(y.ctx, who, req)
	if err != nil {
		return err
	}
	y.came(t)
	return nil
}

// came remembers who has a number, and has them wait; the same one twice is one.
func (y *day) came(t *counter.Ticket) {
	if y.people[t.ID] != nil {
		return
	}
	v := &visitor{ticket: t, typed: y.typed()}
	y.people[t.ID] = v
	if y.chance.Float64() < 0.03 {
		y.after(y.between(15*time.Minute, 90*time.Minute), func() error { return y.leave(v) })
	}
	y.wait(v)
}

// wait has somebody stand in the line.
func (y *day) wait(v *visitor) {
	v.waiting = true
	y.ahead++
	y.poke()
}

func (y *day) leave(v *visitor) error {
	if !v.waiting || v.called {
		return nil
	}
	v.waiting = false
	y.ahead--
	_, err := y.w.Leave(y.ctx, identity.Anonymous, v.ticket.ID)
	return err
}
