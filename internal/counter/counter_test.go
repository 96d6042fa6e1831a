package counter_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/counter/forecast"
	"polis/internal/counter/queue"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/site"
	"polis/internal/territory"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// monday is 23 November 2026, 09:00 in Rome.
var monday = time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC)

const office = "01999999-0000-7000-8000-000000000001"

type world struct {
	*counter.Service
	clock *clock.Manual
	t     *testing.T
}

// newWorld is an office with three desks of which the first two have a biometric kit.
func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	data := site.Data{Territory: territory.Embedded(), Sites: []site.Site{{
		ID: office, Code: "ufficio-gavirate", Kind: site.Office, Name: "Ufficio postale di Gavirate", Municipality: "012072", State: site.Open,
		Hours: agenda.MustHours("Mo-Fr 08:20-13:35,14:30-19:05; Sa 08:20-12:35; PH off"),
	}}}
	for n := range 3 {
		r := site.Resource{
			Ordinal: int64(n + 1), ID: fmt.Sprintf("01999999-0000-7000-8000-00000000001%d", n), Site: office, Kind: site.Counter,
			Code: fmt.Sprintf("S-%d", n+1), Name: fmt.Sprintf("Sportello %d", n+1), Seats: 1, Active: true,
		}
		if n < 2 {
			r.Features = []string{"biometric-kit", "cash"}
		}
		data.Resources = append(data.Resources, r)
	}
	net, err := site.NewNetwork(data)
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewManual(monday)
	return &world{clock: c, t: t, Service: counter.New(counter.Options{
		DB: d, Live: site.Still(net), Clock: c, IDs: clock.NewID, Forecast: forecast.New(d, c),
	})}
}

func operator(name string) identity.Actor {
	return identity.Actor{
		Person: name, Role: identity.CounterOperator, Scope: identity.Site(office),
		Held: []identity.Held{{Role: identity.CounterOperator, Scope: identity.Site(office)}},
	}
}

var anna, bruno = operator("anna"), operator("bruno")

func (w *world) take(services ...string) *counter.Ticket {
	w.t.Helper()
	t, err := w.Take(w.t.Context(), identity.Anonymous, counter.TakeRequest{Office: office, Services: services, Origin: counter.ByKiosk})
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

func must[T any](t *testing.T) func(x T, err error) T {
	return func(x T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
}

func TestAVisit(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx, ok := newWorld(t, d), t.Context(), must[*counter.Ticket](t)
		a, b := w.take("spedizioni"), w.take("certificati", "bollettini")
		if a.Name() != "P001" || b.Number != 2 {
			t.Errorf("numbers %s, %s", a.Name(), b.Name())
		}
		w.clock.Advance(4 * time.Minute)
		first := ok(w.CallNext(ctx, anna, office, 1))
		if first.ID != a.ID || first.State != counter.Called {
			t.Fatalf("called %+v", first)
		}
		if again := ok(w.CallNext(ctx, anna, office, 1)); again.ID != a.ID || again.Calls != 1 {
			t.Errorf("a second click: %+v", again)
		}
		w.clock.Advance(time.Minute)
		ok(w.Recall(ctx, anna, a.ID))
		ok(w.Start(ctx, anna, a.ID))
		w.clock.Advance(5 * time.Minute)
		ok(w.Finish(ctx, anna, a.ID))
		if again := ok(w.Finish(ctx, anna, a.ID)); again.State != counter.Finished {
			t.Errorf("finished twice: %+v", again)
		}
		second := ok(w.CallNext(ctx, anna, office, 1))
		if second.ID != b.ID {
			t.Fatalf("called %+v", second)
		}
		ok(w.Start(ctx, anna, b.ID))
		w.clock.Advance(8 * time.Minute)
		half := ok(w.Done(ctx, anna, b.ID, 0))
		if half.State != counter.Serving || !slices.Equal(half.Open(), []string{"bollettini"}) {
			t.Errorf("after the first: %+v", half)
		}
		ok(w.Tick(ctx, anna, b.ID, 1, 0, false))
		w.clock.Advance(2 * time.Minute)
		if end := ok(w.Done(ctx, anna, b.ID, 1)); end.State != counter.Finished {
			t.Errorf("after the last: %+v", end)
		}
		if none, err := w.CallNext(ctx, anna, office, 1); none != nil || err != nil {
			t.Errorf("nobody waits: %+v, %v", none, err)
		}
		w.addUp(a.ID, b.ID)
	})
}

// addUp tells whether the periods of tickets leave no gap from the number to the end.
func (w *world) addUp(ids ...string) {
	w.t.Helper()
	for _, id := range ids {
		k, periods, err := w.Ticket(w.t.Context(), anna, id)
		if err != nil {
			w.t.Fatal(err)
		}
		at := k.Taken
		for _, p := range periods {
			if !p.From.Equal(at) || p.To.Before(p.From) {
				w.t.Errorf("%s: %s from %v to %v after %v", k.Name(), p.Kind, p.From, p.To, at)
			}
			at = p.To
		}
		if !at.Equal(k.Closed) {
			w.t.Errorf("%s: the periods end at %v, the ticket at %v", k.Name(), at, k.Closed)
		}
	}
}

func TestEquipmentSkillsAndPermissions(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx, ok := newWorld(t, d), t.Context(), must[*counter.Ticket](t)
		_, err := w.Take(ctx, identity.Anonymous, counter.TakeRequest{Office: office, Services: []string{"passaporto"}})
		if !errs.HasKey(err, "counter.not-offered") {
			t.Errorf("a passport before the ministry allows it: %v", err)
		}
		boss := operator("carla")
		boss.Role, boss.Held = identity.SiteManager, []identity.Held{{Role: identity.SiteManager, Scope: identity.Site(office)}}
		if err := w.SetOffer(ctx, boss, office, "passaporto", counter.OfferActive, agenda.Date{}, ""); err != nil {
			t.Fatal(err)
		}
		p := w.take("passaporto")
		if none := ok(w.CallNext(ctx, bruno, office, 3)); none != nil {
			t.Errorf("a desk without the kit called %+v", none)
		}
		if got := ok(w.CallNext(ctx, bruno, office, 2)); got == nil || got.ID != p.ID {
			t.Errorf("the desk with the kit called %+v", got)
		}
	})
}

func TestParkMissTransferReturn(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx, ok := newWorld(t, d), t.Context(), must[*counter.Ticket](t)
		a, b, c := w.take("spedizioni"), w.take("spedizioni"), w.take("spedizioni")
		ok(w.CallNext(ctx, anna, office, 1))
		ok(w.Start(ctx, anna, a.ID))
		ok(w.Park(ctx, anna, a.ID, true))
		w.clock.Advance(time.Minute)
		if got := ok(w.CallNext(ctx, anna, office, 1)); got.ID != b.ID {
			t.Fatalf("after parking: %+v", got)
		}
		ok(w.Missed(ctx, anna, b.ID))
		ok(w.Return(ctx, identity.Anonymous, a.ID)) // with the paper
		if got := ok(w.CallNext(ctx, anna, office, 1)); got.ID != a.ID {
			t.Fatalf("who comes back with the paper goes first: %+v", got)
		}
		ok(w.Transfer(ctx, anna, a.ID, 2))
		if got := ok(w.CallNext(ctx, anna, office, 1)); got.ID != c.ID {
			t.Fatalf("the transferred one is for the other desk: %+v", got)
		}
		if got := ok(w.CallNext(ctx, bruno, office, 2)); got.ID != a.ID {
			t.Fatalf("at the other desk: %+v", got)
		}
		if _, err := w.Recall(ctx, anna, b.ID); !errs.HasKey(err, "counter.desk.busy") {
			t.Errorf("recall to a busy desk: %v", err)
		}
		ok(w.Finish(ctx, anna, c.ID))
		if got := ok(w.Recall(ctx, anna, b.ID)); got.State != counter.Called {
			t.Errorf("recalled: %+v", got)
		}
		ok(w.Finish(ctx, anna, b.ID))
		ok(w.Finish(ctx, bruno, a.ID))
		w.addUp(a.ID, b.ID, c.ID)
	})
}

// Desks that call at the same instant never get the same person, and nobody is
// called twice or forgotten.
func TestDesksCallAtTheSameInstant(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		rounds := 60
		if os.Getenv("POLIS_TEST_FULL") == "1" {
			rounds = 5_000               // each with two desks and four clicks
			if d.Engine == db.Postgres { // which takes ten times as long
				rounds = 1_000
			}
		}
		seen := map[string]int{}
		var mu sync.Mutex
		for n := range rounds {
			if n > 0 && n%400 == 0 { // an office has 999 numbers a day
				w.clock.Advance(24 * time.Hour)
				if w.clock.Now().Weekday() == time.Sunday {
					w.clock.Advance(24 * time.Hour)
				}
			}
			w.take("spedizioni")
			w.take("spedizioni")
			var wg sync.WaitGroup
			for n, who := range []identity.Actor{anna, bruno} {
				for range 2 { // each clicks twice
					wg.Go(func() {
						k, err := w.CallNext(ctx, who, office, n+1)
						if err != nil {
							t.Error(err)
							return
						}
						mu.Lock()
						seen[fmt.Sprint(n+1, " ", k.ID)]++
						mu.Unlock()
					})
				}
			}
			wg.Wait()
			work, err := w.Work(ctx, anna, office)
			if err != nil || len(work.At) != 2 {
				t.Fatalf("%d at desks, %v", len(work.At), err)
			}
			for _, k := range work.At {
				if _, err := w.Finish(ctx, anna, k.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		tickets := map[string]bool{}
		for key := range seen {
			id := key[2:]
			if tickets[id] {
				t.Errorf("%s was called by two desks", id)
			}
			tickets[id] = true
		}
		if len(tickets) != rounds*2 {
			t.Errorf("%d of %d were called", len(tickets), rounds*2)
		}
	})
}

func TestARequestThatComesTwice(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		var wg sync.WaitGroup
		ids := make([]string, 8)
		for i := range ids {
			wg.Go(func() {
				k, err := w.Take(ctx, identity.Anonymous, counter.TakeRequest{Office: office, Services: []string{"ritiri"}, Key: "tap"})
				if err != nil {
					t.Error(err)
					return
				}
				ids[i] = k.ID
			})
		}
		wg.Wait()
		if len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 1 {
			t.Errorf("one request made %v", ids)
		}
	})
}

func TestEventsInOrderWithoutSecrets(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		var woken []string
		w.Hub.Tell(func(office string) { woken = append(woken, office) })
		k := w.take("ritiri")
		if !slices.Equal(woken, []string{office}) {
			t.Errorf("told of %q", woken)
		}
		if _, err := w.CallNext(ctx, anna, office, 1); err != nil {
			t.Fatal(err)
		}
		list, err := w.EventsAfter(ctx, office, 0, 10)
		if err != nil || len(list) != 2 || list[0].Kind != "taken" || list[1].Kind != "called" || list[1].Seq <= list[0].Seq {
			t.Fatalf("%+v, %v", list, err)
		}
		if f := list[1].Facts; f.Number != k.Name() || f.Desk != 1 || f.Waiting != 0 {
			t.Errorf("%+v", f)
		}
		if rest, err := w.EventsAfter(ctx, office, list[0].Seq, 10); err != nil || len(rest) != 1 {
			t.Errorf("after the first: %+v, %v", rest, err)
		}
	})
}

func TestNumbersGivenBeforehand(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		kiosk := identity.Actor{
			Device: "k1", Role: identity.Device, Scope: identity.Site(office), Held: []identity.Held{{Role: identity.Device, Scope: identity.Site(office)}},
		}
		day := agenda.DateOf(monday.In(agenda.Rome))
		b, err := w.GiveBlock(ctx, kiosk, office, day, 20)
		if err != nil || b.Low != 980 || b.High != 999 {
			t.Fatalf("%+v, %v", b, err)
		}
		if _, err := w.GiveBlock(ctx, identity.Anonymous, office, day, 20); !errs.Is(err, errs.Forbidden) {
			t.Errorf("numbers for anybody: %v", err)
		}
		online := w.take("spedizioni")
		req := counter.TakeRequest{Office: office, Services: []string{"spedizioni"}, Number: 981, At: monday.Add(-time.Minute), Key: "x"}
		k, err := w.Take(ctx, kiosk, req)
		if err != nil || k.Number != 981 || !k.Taken.Equal(req.At) {
			t.Fatalf("%+v, %v", k, err)
		}
		if again, err := w.Take(ctx, kiosk, req); err != nil || again.ID != k.ID {
			t.Errorf("handed over twice: %+v, %v", again, err)
		}
		req.Key = "y"
		if _, err := w.Take(ctx, kiosk, req); !errs.HasKey(err, "counter.number.used") {
			t.Errorf("the number of another: %v", err)
		}
		req.Number = 12
		if _, err := w.Take(ctx, kiosk, req); !errs.HasKey(err, "counter.number.not-given") {
			t.Errorf("a number that was not given: %v", err)
		}
		if first, err := w.CallNext(ctx, anna, office, 1); err != nil || first.ID != k.ID {
			t.Errorf("who came first is called first: %+v, %v; online %s", first, err, online.Name())
		}
	})
}

func TestWhoIsNeverCalledIsNotLost(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		a, b := w.take("ritiri"), w.take("ritiri")
		if _, err := w.CallNext(ctx, anna, office, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Park(ctx, anna, a.ID, true); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(24 * time.Hour)
		if err := w.Lapse(ctx); err != nil {
			t.Fatal(err)
		}
		k, _, err := w.Ticket(ctx, anna, b.ID)
		if err != nil || k.State != counter.Lapsed || k.Closed.In(agenda.Rome).Format("15:04") != "19:05" {
			t.Errorf("%+v, %v", k, err)
		}
		w.addUp(b.ID)
		day := agenda.DateOf(monday.In(agenda.Rome))
		if held, err := w.Forecast.HeldOf(ctx, office, day, day); err != nil || len(held) != 1 || held[0].Told != 2 || held[0].Later != 1 {
			t.Errorf("what was told who was never called: %+v, %v", held, err)
		}
		w.take("ritiri")
		back, err := w.Return(ctx, identity.Anonymous, a.ID)
		if err != nil || back.Number != 2 || back.Priority != queue.Returning {
			t.Errorf("the day after with the paper: %+v, %v", back, err)
		}
	})
}

func TestClosedOffice(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.clock.Set(monday.Add(-2 * time.Hour))
	_, err := w.Take(context.Background(), identity.Anonymous, counter.TakeRequest{Office: office, Services: []string{"ritiri"}})
	if !errs.HasKey(err, "counter.closed") {
		t.Errorf("before opening: %v", err)
	}
}

// What everybody may see of an office, before anything happened there and after.
func TestLooks(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		empty, err := w.Waiting(ctx, identity.Anonymous, "ufficio-gavirate")
		if err != nil || empty.Waiting != 0 || !empty.Open || len(empty.Waits) == 0 {
			t.Fatalf("%+v, %v", empty, err)
		}
		a, b := w.take("spedizioni"), w.take("spedizioni")
		if _, err := w.CallNext(ctx, anna, office, 2); err != nil {
			t.Fatal(err)
		}
		board, err := w.Board(ctx, identity.Anonymous, office)
		if err != nil || len(board.Called) != 1 || board.Called[0].Number != a.Name() || board.Called[0].Desk != 2 || !slices.Equal(board.Next, []string{b.Name()}) {
			t.Fatalf("%+v, %v", board, err)
		}
		x, err := w.Standing(ctx, identity.Anonymous, b.ID)
		if err != nil || x.Ahead != 0 || x.Range == nil {
			t.Fatalf("%+v, %v", x, err)
		}
		if x, err = w.Standing(ctx, identity.Anonymous, a.ID); err != nil || x.Desk != 2 {
			t.Fatalf("%+v, %v", x, err)
		}
		if left, err := w.Leave(ctx, identity.Anonymous, b.ID); err != nil || left.State != counter.Left {
			t.Fatalf("%+v, %v", left, err)
		}
		if _, err := w.Leave(ctx, identity.Anonymous, b.ID); err != nil {
			t.Errorf("given back twice: %v", err)
		}
		w.addUp(b.ID)
		if _, err := w.Standing(ctx, identity.Anonymous, "nothing"); !errs.Is(err, errs.NotFound) {
			t.Errorf("a number that is none: %v", err)
		}
	})
}

var readLearned = db.Q("app-test.learned", "SELECT SUM(n), SUM(total) FROM forecast_time WHERE office = $1 AND service = 'certificati'")

// Three people who come with one number for the same are three, each with a third of
// the time: also to the forecast.
func TestSeveralPeopleWithOneNumber(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx, ok := newWorld(t, d), t.Context(), must[*counter.Ticket](t)
		k := w.take("certificati", "certificati", "certificati")
		ok(w.CallNext(ctx, anna, office, 1))
		ok(w.Start(ctx, anna, k.ID))
		w.clock.Advance(10 * time.Minute)
		if half := ok(w.Done(ctx, anna, k.ID, 0)); half.State != counter.Serving || len(half.Open()) != 2 {
			t.Fatalf("after the first: %+v", half)
		}
		w.clock.Advance(5 * time.Minute)
		ok(w.Finish(ctx, anna, k.ID))
		var n, total float64
		if err := db.One(ctx, d, readLearned, []any{office}, &n, &total); err != nil {
			t.Fatal(err)
		}
		if each := math.Exp(total / n); math.Abs(n-3) > 0.2 || math.Abs(each-300) > 1 {
			t.Errorf("%v times learned, of %.0f s each", n, each)
		}
		w.addUp(k.ID)
	})
}
