package app

import (
	"context"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/identity"
	"polis/internal/installation"
	"polis/internal/pass"
	"polis/internal/platform/jobs"
	"polis/internal/platform/observe"
	"polis/internal/platform/stream"
	"polis/internal/programme"
	"polis/internal/programme/works"
	"polis/internal/reserve"
	"polis/internal/schema"
	"polis/internal/simulate/idp"
	"polis/internal/site"
)

// base is what a running program stands on, whatever the settings of the
// installation are: it lasts from start to end.
type base struct {
	*store
	env  *env
	cmd  *serveCmd
	demo bool
	// spacesHost is the name under which the page of the spaces comes first.
	spacesHost string
	trusted    []netip.Prefix

	settings     *installation.Live
	installation *installation.Service
	firstRun     *installation.SetUp // nil where the store is past that
	live         *site.Live
	scopes       *scopes
	programme    *programme.Service
	works        *works.Service
	engine       *reserve.Engine
	counter      *counter.Service
	streams      *stream.Hub
	testers      *identity.Demo // nil unless a demonstration
	standInKeys  *idp.Keys      // of its identity provider
	chores       *jobs.Worker
	health       *observe.Health
	metrics      *observe.Metrics
	numbers      []prometheus.Collector // for metrics, of what starts before them
	passKey      []byte                 // PEM
	flashKey     []byte
	forgotten    int64 // people, when their keys were last copied
	door         *door // nil where nothing is served
	ending       context.Context
	hurry        func()   // ends ending
	end          []func() // in reverse order
}

// found brings up the base.
func (c *serveCmd) found(ctx context.Context, e *env, s *store) (b *base, err error) {
	b = &base{store: s, env: e, cmd: c, demo: c.Demo, spacesHost: c.SpacesHost}
	b.ending, b.hurry = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			b.stop()
		}
	}()
	if err = checkHost(c.SpacesHost); err != nil {
		return b, err
	}
	for _, text := range c.TrustedProxy {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return b, fmt.Errorf("--trusted-proxy: %w", err)
		}
		b.trusted = append(b.trusted, prefix)
	}
	if b.live, err = site.NewLive(ctx, s.sites); err != nil {
		return b, err
	}
	b.background(func(ctx context.Context) { b.live.Run(ctx) })
	b.scopes = newScopes(s.db, b.live.Network, e)
	s.grants.Know(b.scopes.inside)
	b.programme = programme.New(programme.Options{DB: s.db, Sites: b.live, Clock: e.clock, IDs: e.ids})
	b.background(b.programme.Run)
	b.works = works.New(works.Options{DB: s.db, Live: b.live, Programme: b.programme, Clock: e.clock})
	b.engine = reserve.New(s.db, b.live, e.clock, e.ids)
	s.sites.OnAtoms(b.engine.Cover)
	if err = b.engine.Start(ctx); err != nil {
		return b, err
	}
	b.end = append(b.end, b.engine.Stop)
	b.startCounter()
	b.startStreams()
	if err = b.findSettings(ctx); err != nil {
		return b, err
	}
	if b.flashKey, err = b.keys.Secret(ctx, "flash", random32); err != nil {
		return b, err
	}
	if c.Demo {
		b.standInKeys = idp.NewKeys()
		if b.testers, err = testPeople(ctx, s, b.live.Network()); err != nil {
			return b, err
		}
		if err = b.fillLine(ctx); err != nil {
			return b, err
		}
	}
	if b.passKey, err = pass.PublicOf(ctx, s.keys); err != nil {
		return b, err
	}
	if c.Database == "" {
		if err = writePassKey(c.Data, b.passKey); err != nil {
			return b, err
		}
	}
	if err = b.startSealing(ctx); err != nil {
		return b, err
	}
	if err = b.startChores(); err != nil {
		return b, err
	}
	b.startHealth()
	return b, nil
}

// startChores starts the work that knows nothing of the settings, once for all
// replicas.
func (b *base) startChores() error {
	b.chores = jobs.New(jobs.Config{DB: b.db, Clock: b.env.clock, Log: b.env.log})
	b.chores.Every(reserve.SweepTurn, time.Second, func(ctx context.Context) error {
		_, err := b.engine.Sweep(ctx)
		return err
	})
	b.chores.Every("reserve.forget-keys", time.Hour, func(ctx context.Context) error { return b.engine.ForgetKeys(ctx) })
	b.counterChores()
	if err := b.startBackups(&b.cmd.backupFlags); err != nil {
		return err
	}
	b.end = append(b.end, b.work(b.chores))
	b.background(func(ctx context.Context) {
		tick := time.NewTicker(time.Hour)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				b.engine.Index.Forget(agenda.DayOf(b.env.clock.Now()) - 1)
			}
		}
	})
	return nil
}

// work starts a worker; what it returns stops it. It finishes what it has begun,
// in a short time where the whole program ends.
func (b *base) work(w *jobs.Worker) (stop func()) {
	w.Start()
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		defer context.AfterFunc(b.ending, func() { time.AfterFunc(workGrace, cancel) })()
		if err := w.Stop(ctx); err != nil {
			b.env.log.Warn("work was cut short", "err", err)
		}
	}
}

func (b *base) startHealth() {
	b.health = observe.NewHealth(2 * time.Second)
	b.health.Add("database", observe.DatabaseCheck(b.db))
	b.health.Add("schema", observe.SchemaCheck(b.db, schema.Files))
	b.health.Add("clock", observe.SkewCheck(2*time.Second, func(ctx context.Context) (time.Duration, error) {
		return b.db.Skew(ctx, b.env.clock.Now)
	}))
	b.metrics = observe.NewMetrics(observe.ReadBuild(b.env.Version), b.env.ids)
	b.metrics.MustRegister(b.numbers...)
	b.numbersToWatch()
	m := &b.engine.Metrics
	for _, c := range []struct {
		name, help string
		n          *atomic.Int64
	}{
		{"batches", "Transactions of the reservation writer.", &m.Batches},
		{"plans", "Plans carried out or refused.", &m.Plans},
		{"refused", "Plans refused.", &m.Refused},
		{"deadlocks", "Deadlocks that the database broke; there should be none.", &m.Deadlocks},
		{"singly", "Plans run one by one after their batch failed.", &m.Singly},
	} {
		b.metrics.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "polis_reserve_" + c.name + "_total", Help: c.help,
		}, func() float64 { return float64(c.n.Load()) }))
	}
}

// background runs fn until the program stops.
func (b *base) background(fn func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn(ctx)
	}()
	b.end = append(b.end, func() {
		cancel()
		<-done
	})
}

// stop ends what found began, last first.
func (b *base) stop() {
	b.hurry()
	stopAll(&b.end)
}

func stopAll(end *[]func()) {
	for i := len(*end) - 1; i >= 0; i-- {
		(*end)[i]()
	}
	*end = nil
}
