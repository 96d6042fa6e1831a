package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"polis/internal/platform/db/pgserver"
)

// bookings measures booking over HTTP on both engines.
func (b *bench) bookings(ctx context.Context) error {
	return b.onBoth(ctx, "booking", func(t *booking) error {
		if err := b.bookOn(ctx, t); err != nil || t.pg == nil {
			return err
		}
		return b.bookFarAway(ctx, t)
	})
}

// onBoth measures something on a new store of each engine, of PostgreSQL where
// its programs are.
func (b *bench) onBoth(ctx context.Context, name string, measure func(*booking) error) error {
	dir, err := b.store(ctx, name)
	if err != nil {
		return err
	}
	if err := measure(&booking{title: "SQLite", place: sqlitePlace(dir)}); err != nil {
		return err
	}
	pg, err := startPostgres()
	if errors.Is(err, pgserver.ErrNoServer) {
		b.report.machine.postgres = "not found on this machine, so not measured"
		return nil
	}
	if err != nil {
		return err
	}
	defer pg.Stop()
	if b.report.machine.postgres, err = pg.describe(ctx); err != nil {
		return err
	}
	url, err := pg.Database(ctx, "polis")
	if err != nil {
		return err
	}
	return measure(&booking{title: "PostgreSQL", place: postgresPlace(url, filepath.Join(b.dir, "pg-"+name+"-kek.json")), pg: pg})
}

// booking is a store that is booked on.
type booking struct {
	title   string
	place   place
	pg      *postgres // nil on SQLite
	tokens  []string
	slots   []slot
	next    atomic.Int64
	request atomic.Int64
}

// bookOn books with 1, 16 and 64 callers, each beside its floor.
func (b *bench) bookOn(ctx context.Context, t *booking) error {
	b.say("booking on %s", t.title)
	s, err := b.serve(ctx, nil, append([]string{"--demo"}, t.place.flags...)...)
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // where it matters it is stopped below
	if t.tokens, err = t.place.tokens(ctx); err != nil {
		return err
	}
	net, err := t.place.network(ctx)
	if err != nil {
		return err
	}
	t.slots = slots(net, time.Now())
	for _, callers := range []int{1, 16, 64} {
		w := row{what: fmt.Sprintf("booking over HTTP, %s, %s", t.title, callersText(callers))}
		var before, after, alike inserted
		if before, err = t.floor(ctx, bareFloor, callers, b.Length/2); err != nil {
			return err
		}
		sum, err := t.run(ctx, s, callers, b.Length)
		if err != nil {
			return err
		}
		if after, err = t.floor(ctx, bareFloor, callers, b.Length/2); err != nil {
			return err
		}
		if alike, err = t.floor(ctx, bookingFloor, callers, b.Length/2); err != nil {
			return err
		}
		w.measured, w.detail = perSecond(sum.rate()), t.describe(sum)
		if t.pg != nil {
			floor := (before.rate + after.rate) / 2
			w.floor, w.ratio = perSecond(floor), ratio(sum.rate()/floor)
			w.detail += fmt.Sprintf("; floor %s before and %s after, CPU per insert: pgbench and PostgreSQL %s; "+
				"one row into a table like that of the bookings, with its indexes: %s, %s, of which this is %s",
				perSecond(before.rate), perSecond(after.rate), micros((before.cpu+after.cpu)/2),
				perSecond(alike.rate), micros(alike.cpu), ratio(sum.rate()/alike.rate))
			if least := map[int]float64{16: 0.2, 64: 0.3}[callers]; least > 0 {
				w.budget, w.met = fmt.Sprintf("≥ %.1f of the floor", least), yes(sum.rate() >= least*floor)
			}
		}
		b.report.add(w)
	}
	return b.unharmed(ctx, t, s)
}

// floor is what the database could do without us, half before and half after
// a load, since on a machine with other work no two moments are alike.
func (t *booking) floor(ctx context.Context, f floor, callers int, length time.Duration) (inserted, error) {
	if t.pg == nil {
		return inserted{}, nil
	}
	return t.pg.inserts(ctx, f, callers, length)
}

// farAway is what is added to each round trip between server and database.
const farAway = 500 * time.Microsecond

// bookFarAway books with 64 callers while the database is far away.
func (b *bench) bookFarAway(ctx context.Context, t *booking) error {
	b.say("booking on %s with %s added", t.title, farAway)
	d, err := newDelay(t.pg.address(), farAway/2)
	if err != nil {
		return err
	}
	defer d.Close()
	near, err := roundTrip(ctx, t.place.location)
	if err != nil {
		return err
	}
	url := t.pg.at(d.Addr().String(), "polis")
	far, err := roundTrip(ctx, url)
	if err != nil {
		return err
	}
	s, err := b.serve(ctx, nil, append([]string{"--demo"}, postgresPlace(url, t.place.kek).flags...)...)
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // only its work counts
	sum, err := t.run(ctx, s, 64, b.Length)
	if err != nil {
		return err
	}
	b.report.add(row{
		what: "the same, 64 callers, 0.5 ms added to the database", measured: perSecond(sum.rate()),
		budget: "≥ 1,500/s", met: yes(sum.rate() >= 1500),
		detail: fmt.Sprintf("SELECT 1 takes %s instead of %s; %s, the delay included in the generator's", micros(far), micros(near), t.describe(sum)),
	})
	return b.unharmed(ctx, t, s)
}

// run books with some callers at once.
func (t *booking) run(ctx context.Context, s *server, callers int, length time.Duration) (*tally, error) {
	l := &load{addr: s.addr, callers: callers, length: length, want: 201, next: t.write}
	l.measure = func() []time.Duration {
		cpu := []time.Duration{cpuOf(s.pid()), cpuOf(self())}
		if t.pg != nil {
			cpu = append(cpu, cpuOfFamily(t.pg.Pid()))
		}
		return cpu
	}
	sum, err := l.run(ctx)
	if err == nil && sum.count == 0 {
		err = fmt.Errorf("nothing could be booked: %s", sum.complaint())
	}
	return sum, err
}

// write is the next request: one hour at one desk for one of the people.
func (t *booking) write(_ int, buf []byte) []byte {
	n := t.request.Add(1)
	at := t.slots[int(t.next.Add(1))%len(t.slots)]
	var body [256]byte
	b := append(body[:0], `{"resources":["`...)
	b = append(b, at.resource...)
	b = append(b, `"],"from":"`...)
	b = at.from.UTC().AppendFormat(b, time.RFC3339)
	b = append(b, `","to":"`...)
	b = at.from.UTC().Add(time.Hour).AppendFormat(b, time.RFC3339)
	b = append(b, `"}`...)
	buf = append(buf, "POST /api/v1/bookings HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"...)
	buf = append(buf, "Authorization: Bearer "...)
	buf = append(buf, t.tokens[int(n)%len(t.tokens)]...)
	buf = append(buf, "\r\nIdempotency-Key: bench-"...)
	buf = strconv.AppendInt(buf, n, 10)
	buf = append(buf, "\r\nContent-Length: "...)
	buf = strconv.AppendInt(buf, int64(len(b)), 10)
	buf = append(buf, "\r\n\r\n"...)
	return append(buf, b...)
}

func (t *booking) describe(sum *tally) string {
	text := fmt.Sprintf("%s; CPU per booking: server %s, generator %s", spread(sum.times), micros(sum.each(0)), micros(sum.each(1)))
	if t.pg != nil {
		text += ", PostgreSQL " + micros(sum.each(2))
	}
	if c := sum.complaint(); c != "" {
		return text + "; " + c
	}
	return text + "; every request succeeded"
}

// unharmed asks whether anything went wrong in the store.
func (b *bench) unharmed(ctx context.Context, t *booking, s *server) error {
	found, err := b.check(ctx, t.place.flags...)
	if err != nil {
		return err
	}
	w := row{what: "afterwards, " + t.title, measured: "polis check is silent", budget: "silent", met: yes(found == "")}
	if found != "" {
		w.measured, w.detail = "polis check finds differences", fmt.Sprintf("%.500s", found)
	}
	if t.pg != nil {
		n, err := t.pg.deadlocks(ctx)
		if err != nil {
			return err
		}
		w.measured += fmt.Sprintf(", %d deadlocks", n)
		w.budget, w.met = "silent, 0 deadlocks", yes(found == "" && n == 0)
	}
	b.report.add(w)
	return s.stop()
}

func callersText(n int) string {
	if n == 1 {
		return "1 caller"
	}
	return fmt.Sprintf("%d callers", n)
}
