package simulation

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/counter/appointment"
	"polis/internal/counter/catalog"
	"polis/internal/counter/forecast"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/site"
	"polis/internal/territory"
)

// world is the offices and the service that all of them are in front of.
type world struct {
	*counter.Service
	clock   *clock.Manual
	offices []*office
	habits  map[string]float64 // how long services really take, against the plan

	appointments *appointment.Service
	citizen      identity.Actor // who takes them
}

// office is one of the simulation.
type office struct {
	id, name string
	shape    *shape
	desks    []*desk
	kiosk    identity.Actor
	pace     float64 // of everything, against the plan
	next     agenda.Date
}

// desk is one with its operator.
type desk struct {
	n        int
	operator identity.Actor
	pace     float64

	there  bool // the operator is at it
	going  bool // and leaves after who is there now
	busy   bool
	trying bool // a call is about to be made
}

// mostEquipment is what all desks have but the kits, which only the first two have.
func equipmentOf(n int) []string {
	return slices.DeleteFunc(catalog.Equipment(), func(e string) bool { return e == "biometric-kit" && n > 2 })
}

func newWorld(ctx context.Context, d *db.DB, o Options) (*world, error) {
	chance := rand.New(rand.NewPCG(o.Seed, 1))
	w := &world{clock: clock.NewManual(time.Date(2026, time.November, 23, 0, 0, 0, 0, agenda.Rome)), habits: map[string]float64{}}
	for _, s := range catalog.All() {
		w.habits[s.ID] = math.Exp(0.25 * chance.NormFloat64())
	}
	data := site.Data{Territory: territory.Embedded()}
	for i := range o.Offices {
		s := shapes[i%len(shapes)]
		x := &office{id: fmt.Sprintf("01999999-0000-7000-8000-%012d", i), name: fmt.Sprintf("simulated-%d", i), shape: s, pace: math.Exp(0.2 * chance.NormFloat64())}
		x.next = agenda.DateOf(w.clock.Now().In(agenda.Rome))
		x.kiosk = actor("", identity.Device, x.id)
		x.kiosk.Device = fmt.Sprintf("kiosk-%d", i)
		data.Sites = append(data.Sites, site.Site{
			ID: x.id, Code: x.name, Kind: site.Office, Name: x.name, Municipality: "012072", State: site.Open, Hours: agenda.MustHours(s.hours),
		})
		for n := 1; n <= s.desks; n++ {
			x.desks = append(x.desks, &desk{
				n: n, operator: actor(fmt.Sprintf("operator-%d-%d", i, n), identity.CounterOperator, x.id), pace: math.Exp(0.15 * chance.NormFloat64()),
			})
			data.Resources = append(data.Resources, site.Resource{
				Ordinal: int64(100*i + n), ID: fmt.Sprintf("01999999-0000-7000-8001-%09d%03d", i, n), Site: x.id, Kind: site.Counter,
				Code: fmt.Sprint("S-", n), Name: fmt.Sprint("Sportello ", n), Seats: 1, Active: true, Features: equipmentOf(n),
			})
		}
		w.offices = append(w.offices, x)
	}
	net, err := site.NewNetwork(data)
	if err != nil {
		return nil, err
	}
	live := site.Still(net)
	w.Service = counter.New(counter.Options{
		DB: d, Live: live, Clock: w.clock, IDs: clock.NewID, Forecast: forecast.New(d, w.clock), Expected: appointment.Expecting(live),
	})
	if err := w.bookings(ctx, d, live); err != nil {
		return nil, err
	}
	return w, w.offerAll(ctx)
}

// offerAll has every authority allow everything.
func (w *world) offerAll(ctx context.Context) error {
	for _, x := range w.offices {
		manager := actor("manager", identity.SiteManager, x.id)
		for _, s := range catalog.All() {
			if s.Permission == "" {
				continue
			}
			if err := w.SetOffer(ctx, manager, x.id, s.ID, counter.OfferActive, agenda.Date{}, counter.ReasonNone); err != nil {
				return err
			}
		}
	}
	return nil
}

func actor(person string, role identity.Role, office string) identity.Actor {
	scope := identity.Site(office)
	return identity.Actor{Person: person, Role: role, Scope: scope, Held: []identity.Held{{Role: role, Scope: scope}}}
}

// nextDay is the next day on which an office is open that its shape plays.
func (w *world) nextDay(x *office) agenda.Date {
	for {
		d := x.next
		x.next = d.AddDays(1)
		if (x.shape.dates == nil || x.shape.dates(d)) && len(w.Live.Network().Opening(x.id).On(d)) > 0 {
			return d
		}
	}
}

// takes is how long a service really takes at a desk.
func (y *day) takes(d *desk, service string, at time.Time) time.Duration {
	s, _ := catalog.Find(service)
	minutes := 0.8 * float64(s.Minutes) * y.w.habits[service] * y.office.pace * d.pace * y.pace
	if at.In(agenda.Rome).Hour() >= 12 { // it has been a long day
		minutes *= 1.1
	}
	const shape = 4 // of the gamma distribution: what varies is less skewed than the forecast believes
	sum := 0.0
	for range shape {
		sum += y.chance.ExpFloat64() / shape
	}
	minutes *= 0.35 + 0.65*sum
	if y.chance.Float64() < 0.03 { // trouble: a name is wrong, the line of the ministry is down
		minutes *= 3
	}
	return time.Duration(minutes * float64(time.Minute))
}
