package forecast

import (
	"context"
	"database/sql"
	"math"
	"sync"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// Book keeps what was learned of all offices.
type Book struct {
	db    *db.DB
	clock clock.Clock

	mu      sync.Mutex
	network *network // what the offices say together; made anew now and then
	made    time.Time
}

// New returns the book kept in a database.
func New(d *db.DB, c clock.Clock) *Book { return &Book{db: d, clock: c} }

// Served is one thing that was done at a desk: a service, or Calling.
type Served struct {
	Service string
	At      time.Time     // when it began
	Took    time.Duration // as long as the desk was taken by it, from the call on
}

const (
	// Of one service in one office at one hour about so many are remembered: older
	// ones fade, as people and desks change.
	remembered = 200
	// Somebody who forgot to press a button is no proof that a service can take a
	// day: more and less than so many times the planned is taken for so much.
	plausible = 8.0
	// How long the word of the network is repeated before it is asked again.
	repeated = time.Hour
)

var (
	learnTime = db.Q("forecast.learn", `
		INSERT INTO forecast_time (office, service, hour, n, total, squares) VALUES ($1, $2, $3, 1, $4, $5)
		ON CONFLICT (office, service, hour) DO UPDATE SET
			n = forecast_time.n * CASE WHEN forecast_time.n < $6 THEN 1.0 ELSE 1.0 - 1.0 / $6 END + 1,
			total = forecast_time.total * CASE WHEN forecast_time.n < $6 THEN 1.0 ELSE 1.0 - 1.0 / $6 END + excluded.total,
			squares = forecast_time.squares * CASE WHEN forecast_time.n < $6 THEN 1.0 ELSE 1.0 - 1.0 / $6 END + excluded.squares`)
	officeTimes   = db.Q("forecast.times", `SELECT service, hour, n, total, squares FROM forecast_time WHERE office = $1`)
	officeMargins = db.Q("forecast.margins", `SELECT band, low, high, seen FROM forecast_margin WHERE office = $1`)
	networkTimes  = db.Q("forecast.network-times", `
		SELECT service, hour, SUM(n), SUM(total), SUM(squares), SUM(total * total / n), COUNT(*) FROM forecast_time GROUP BY service, hour`)
	networkMargins = db.Q("forecast.network-margins", `
		SELECT band, SUM(low * seen), SUM(high * seen), SUM(seen) FROM forecast_margin GROUP BY band`)
)

// Learn notes what was done at a desk, in the transaction that ends it.
func (b *Book) Learn(ctx context.Context, tx *db.Tx, office string, served ...Served) error {
	for _, s := range served {
		y := math.Log(max(s.Took.Seconds(), 1))
		typical := planned(s.Service).mu
		y = max(typical-math.Log(plausible), min(y, typical+math.Log(plausible)))
		if _, err := tx.Exec(ctx, learnTime, office, s.Service, hourOf(s.At), y, y*y, float64(remembered)); err != nil {
			return err
		}
	}
	return nil
}

func hourOf(at time.Time) int { return at.In(agenda.Rome).Hour() }

// sums are what is remembered of some times: how many, the sum of their logarithms
// and that of the squares of these.
type sums struct{ n, total, squares float64 }

func (s *sums) add(o sums) { s.n, s.total, s.squares = s.n+o.n, s.total+o.total, s.squares+o.squares }

func (s sums) mean() float64 { return s.total / s.n }

// around is the sum of the squared deviations from the mean.
func (s sums) around() float64 { return max(0, s.squares-s.total*s.total/s.n) }

// hours are the sums by hour of the day.
type hours map[int]sums

func (h hours) all() (a sums) {
	for _, s := range h {
		a.add(s)
	}
	return a
}

// network is what all offices say together.
type network struct {
	times   map[string]hours
	around  map[string]sums // n: degrees of freedom; squares: deviations within offices and hours
	margins [bands]Margin
}

// How many times something must have been seen to count as much as what is known
// from wider around it: in the network against the plan, in an office against the
// network, at an hour against the whole day.
const (
	trustPlan, trustNetwork, trustDay = 10.0, 8.0, 25.0
	trustSpread                       = 20.0 // of how much times differ
)

// lean is a mean that leans on a wider one by so many observations.
func lean(wide, trust float64, s sums) float64 {
	return (trust*wide + s.total) / (trust + s.n)
}

// spreadOf is how long a service takes in an office at an hour; of an office that
// saw nothing its own times are empty.
func (w *network) spreadOf(service string, hour int, own hours) spread {
	plan := planned(service)
	mu, variance := plan.mu, plan.sigma*plan.sigma
	shift := 0.0 // of the hour
	if h := w.times[service]; h != nil {
		all := h.all()
		mu = lean(plan.mu, trustPlan, all)
		in := w.around[service]
		variance = (trustPlan*variance + in.squares) / (trustPlan + in.n)
		if at, ok := h[hour]; ok {
			shift = (at.mean() - all.mean()) * at.n / (at.n + trustDay)
		}
	}
	all := own.all()
	if all.n > 0 {
		mu = lean(mu, trustNetwork, all)
		variance = (trustSpread*variance + all.around()) / (trustSpread + all.n - min(1, all.n))
	}
	mu = lean(mu+shift, trustDay, own[hour])
	return spread{mu, math.Sqrt(variance * (1 + 1/(trustNetwork+all.n)))}
}

// Times is how long everything takes in an office at an instant.
func (b *Book) Times(ctx context.Context, r db.Reader, office string, at time.Time) (Times, error) {
	w, err := b.ofNetwork(ctx, r)
	if err != nil {
		return Times{}, err
	}
	own := map[string]hours{}
	err = db.Each(ctx, r, officeTimes, func(rows *sql.Rows) error {
		var service string
		var hour int
		var s sums
		if err := rows.Scan(&service, &hour, &s.n, &s.total, &s.squares); err != nil {
			return err
		}
		put(own, service, hour, s)
		return nil
	}, office)
	if err != nil {
		return Times{}, err
	}
	t := Times{spreads: map[string]spread{}, margins: w.margins}
	hour := hourOf(at)
	for service := range w.times {
		t.spreads[service] = w.spreadOf(service, hour, own[service])
	}
	for service := range own { // the network may not have heard of it yet
		t.spreads[service] = w.spreadOf(service, hour, own[service])
	}
	return t, addMargins(ctx, r, office, &t)
}

// addMargins puts those of an office over those of the network.
func addMargins(ctx context.Context, r db.Reader, office string, t *Times) error {
	return db.Each(ctx, r, officeMargins, func(rows *sql.Rows) error {
		var band int
		var m Margin
		if err := rows.Scan(&band, &m.low, &m.high, &m.seen); err != nil {
			return err
		}
		if band >= 0 && band < bands {
			t.margins[band] = m
		}
		return nil
	}, office)
}

func put(times map[string]hours, service string, hour int, s sums) {
	if times[service] == nil {
		times[service] = hours{}
	}
	times[service][hour] = s
}

// ofNetwork is what all offices say together, at most an hour old.
func (b *Book) ofNetwork(ctx context.Context, r db.Reader) (*network, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	if b.network != nil && now.Sub(b.made) < repeated && !now.Before(b.made) {
		return b.network, nil
	}
	w := &network{times: map[string]hours{}, around: map[string]sums{}}
	err := db.Each(ctx, r, networkTimes, func(rows *sql.Rows) error {
		var service string
		var hour int
		var s sums
		var between, groups float64
		if err := rows.Scan(&service, &hour, &s.n, &s.total, &s.squares, &between, &groups); err != nil {
			return err
		}
		put(w.times, service, hour, s)
		in := w.around[service]
		in.add(sums{n: max(0, s.n-groups), squares: max(0, s.squares-between)})
		w.around[service] = in
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = db.Each(ctx, r, networkMargins, func(rows *sql.Rows) error {
		var band int
		var m Margin
		if err := rows.Scan(&band, &m.low, &m.high, &m.seen); err != nil {
			return err
		}
		if band >= 0 && band < bands && m.seen > 0 {
			w.margins[band] = Margin{low: m.low / m.seen, high: m.high / m.seen, seen: min(m.seen, stepsUntil)}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	b.network, b.made = w, now
	return w, nil
}
