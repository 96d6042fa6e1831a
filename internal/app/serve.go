package app

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"polis/internal/agenda"
	"polis/internal/coworking"
	"polis/internal/feedback"
	"polis/internal/home"
	"polis/internal/identity"
	"polis/internal/manage"
	"polis/internal/notify"
	"polis/internal/pass"
	"polis/internal/platform/i18n"
	"polis/internal/platform/jobs"
	"polis/internal/platform/mail"
	"polis/internal/platform/observe"
	"polis/internal/platform/web"
	"polis/internal/reserve"
	"polis/internal/schema"
	"polis/internal/site"
)

type serveCmd struct {
	storeFlags
	backupFlags
	Listen           string   `help:"Address to listen on." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	PublicURL        string   `help:"Address by which the world reaches this program." placeholder:"URL"`
	SpacesHost       string   `help:"Host name under which the page of the spaces comes first." placeholder:"HOST"`
	TrustedProxy     []string `help:"Networks whose X-Forwarded-For is believed." placeholder:"CIDR"`
	TLSCert          string   `help:"Certificate (PEM), to serve HTTPS without a proxy." type:"existingfile" placeholder:"FILE"`
	TLSKey           string   `help:"Key of the certificate (PEM)." type:"existingfile" placeholder:"FILE"`
	SMTP             string   `help:"Mail server that takes messages to people: smtp://user:password@host:587 or smtps://…; without it none are sent." placeholder:"URL"`
	MailFrom         string   `help:"Sender of messages: Name <address>." placeholder:"ADDRESS"`
	MailBounces      string   `help:"Address to which reports of failure go, where it takes name+anything@ too." placeholder:"ADDRESS"`
	Owner            string   `help:"Who runs this installation, named on its pages." placeholder:"NAME"`
	OwnerURL         string   `help:"Their own web site." placeholder:"URL"`
	ContactEmail     string   `help:"Where people write to them." placeholder:"ADDRESS"`
	ContactPhone     string   `help:"Where people call them." placeholder:"NUMBER"`
	AccessibilityURL string   `help:"Their declaration of accessibility, at form.agid.gov.it for public bodies." placeholder:"URL"`
	Demo             bool     `help:"Lay out the national demonstration network in an empty store and let anybody sign in as its test people."`
}

// How long a stopping server finishes the requests it has accepted, and then
// the work of its own; together less than ten seconds.
const (
	grace     = 6 * time.Second
	workGrace = 2 * time.Second
)

// Run serves until ctx ends.
func (c *serveCmd) Run(ctx context.Context, e *env) error {
	s, err := c.openStore(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	if c.Demo {
		if err := layOut(ctx, e, s, newProgress(e.Stdout)); err != nil {
			return err
		}
	}
	p, err := c.start(ctx, e, s)
	if err != nil {
		return err
	}
	defer p.stop()
	handler, err := p.handler()
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	srv := web.Server(handler, e.log)
	if c.TLSCert != "" {
		if ln, err = listenTLS(ln, c.TLSCert, c.TLSKey); err != nil {
			return err
		}
	}
	relaxGC()
	fmt.Fprintln(e.Stdout, "ready", p.public)
	context.AfterFunc(ctx, p.health.Stopping)
	return web.Serve(ctx, srv, ln, grace)
}

// program is the running program.
type program struct {
	*store
	env    *env
	demo   bool
	public string // address to tell people
	// spacesHost is the name under which the page of the spaces comes first.
	spacesHost string
	trusted    []netip.Prefix

	words     *i18n.Bundle
	owner     home.Owner
	live      *site.Live
	engine    *reserve.Engine
	coworking *coworking.Service
	feedback  *feedback.Service
	manage    *manage.Service
	notes     *notify.Service
	mailbox   *mail.Folder // nil unless a demonstration that sends nothing
	tokens    *identity.Tokens
	sessions  *identity.Sessions
	access    *identity.Access
	testers   *identity.Demo // nil unless a demonstration
	worker    *jobs.Worker
	health    *observe.Health
	metrics   *observe.Metrics
	numbers   []prometheus.Collector // for metrics, of what starts before them
	passKey   []byte                 // PEM
	flashKey  []byte
	end       []func() // in reverse order
}

// start brings everything up but the listener.
func (c *serveCmd) start(ctx context.Context, e *env, s *store) (p *program, err error) {
	p = &program{store: s, env: e, demo: c.Demo}
	defer func() {
		if err != nil {
			p.stop()
		}
	}()
	if p.public, err = publicAddress(c.PublicURL, c.Listen, c.TLSCert != ""); err != nil {
		return p, err
	}
	if err = checkHost(c.SpacesHost); err != nil {
		return p, err
	}
	p.spacesHost = c.SpacesHost
	for _, text := range c.TrustedProxy {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return p, fmt.Errorf("--trusted-proxy: %w", err)
		}
		p.trusted = append(p.trusted, prefix)
	}
	p.owner = home.Owner{Name: c.Owner, URL: c.OwnerURL, Email: c.ContactEmail, Phone: c.ContactPhone, Statement: c.AccessibilityURL}
	if err = p.owner.Check(); err != nil {
		return p, err
	}
	if p.live, err = site.NewLive(ctx, s.sites); err != nil {
		return p, err
	}
	p.background(func(ctx context.Context) { p.live.Run(ctx) })
	p.engine = reserve.New(s.db, p.live, e.clock, e.ids)
	if err = p.engine.Start(ctx); err != nil {
		return p, err
	}
	p.end = append(p.end, p.engine.Stop)
	if err = p.startIdentity(ctx, c); err != nil {
		return p, err
	}
	if p.words, err = allWords(); err != nil {
		return p, err
	}
	if err = p.startNotes(c); err != nil {
		return p, err
	}
	p.startAccess()
	if err = p.startRooms(ctx, c); err != nil {
		return p, err
	}
	if err = p.startWork(&c.backupFlags); err != nil {
		return p, err
	}
	p.startHealth()
	return p, nil
}

func (p *program) startIdentity(ctx context.Context, c *serveCmd) (err error) {
	p.tokens = identity.NewTokens(p.people, p.grants, p.demo)
	p.sessions = identity.NewSessions(p.people, p.grants, identity.SessionOptions{Secure: strings.HasPrefix(p.public, "https:")})
	if p.flashKey, err = p.keys.Secret(ctx, "flash", random32); err != nil {
		return err
	}
	if c.Demo {
		p.testers, err = testPeople(ctx, p.store, p.live.Network())
	}
	return err
}

// startRooms makes the capabilities, with the keys of the installation that they
// sign with.
func (p *program) startRooms(ctx context.Context, c *serveCmd) error {
	passKey, err := p.keys.SigningKey(ctx, "pass")
	if err != nil {
		return err
	}
	feedKey, err := p.keys.Secret(ctx, "calendar-feed", random32)
	if err != nil {
		return err
	}
	reportKey, err := p.keys.Secret(ctx, "report-link", random32)
	if err != nil {
		return err
	}
	p.coworking = coworking.New(coworking.Options{
		DB: p.db, Live: p.live, Sites: p.sites, Engine: p.engine, People: p.people, Grants: p.grants, Notes: p.notes, Clock: p.env.clock, Words: p.words,
		PassKey: passKey, FeedKey: feedKey, Issuer: p.public,
	})
	p.feedback = feedback.New(feedback.Options{
		DB: p.db, Live: p.live, People: p.people, Notes: p.notes, Clock: p.env.clock, IDs: p.env.ids, Words: p.words, URL: p.public, Key: reportKey,
	})
	p.startManage()
	p.passKey = pass.MarshalPublicPEM(p.coworking.PassKey())
	if c.Database == "" {
		return writePassKey(c.Data, p.passKey)
	}
	return nil
}

// startWork starts what happens again and again, once for all replicas.
func (p *program) startWork(backups *backupFlags) error {
	p.worker = jobs.New(jobs.Config{DB: p.db, Clock: p.env.clock, Log: p.env.log})
	p.worker.Every(sweepTurn, time.Second, func(ctx context.Context) error {
		_, err := p.engine.Sweep(ctx)
		return err
	})
	p.worker.Every("reserve.forget-keys", time.Hour, func(ctx context.Context) error { return p.engine.ForgetKeys(ctx) })
	p.worker.Every("identity.sessions", 10*time.Minute, p.sessions.Sweep)
	p.worker.Every("coworking.alerts", time.Minute, p.coworking.TellFreed)
	p.notes.Register(p.worker)
	p.access.Register(p.worker)
	coworking.RegisterMails(p.worker, p.coworking)
	coworking.RegisterClearing(p.worker, p.coworking)
	if err := p.startBackups(backups); err != nil {
		return err
	}
	p.worker.Start()
	p.end = append(p.end, func() {
		ctx, cancel := context.WithTimeout(context.Background(), workGrace)
		defer cancel()
		if err := p.worker.Stop(ctx); err != nil {
			p.env.log.Warn("work was cut short", "err", err)
		}
	})
	p.background(func(ctx context.Context) {
		tick := time.NewTicker(time.Hour)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				p.engine.Index.Forget(agenda.DayOf(p.env.clock.Now()) - 1)
			}
		}
	})
	return nil
}

func (p *program) startHealth() {
	p.health = observe.NewHealth(2 * time.Second)
	p.health.Add("database", observe.DatabaseCheck(p.db))
	p.health.Add("schema", observe.SchemaCheck(p.db, schema.Files))
	p.health.Add("clock", observe.SkewCheck(2*time.Second, func(ctx context.Context) (time.Duration, error) {
		return p.db.Skew(ctx, p.env.clock.Now)
	}))
	p.metrics = observe.NewMetrics(observe.ReadBuild(p.env.Version), p.env.ids)
	p.metrics.MustRegister(p.numbers...)
	m := &p.engine.Metrics
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
		p.metrics.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "polis_reserve_" + c.name + "_total", Help: c.help,
		}, func() float64 { return float64(c.n.Load()) }))
	}
}

// background runs fn until the program stops.
func (p *program) background(fn func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn(ctx)
	}()
	p.end = append(p.end, func() {
		cancel()
		<-done
	})
}

// stop ends what start began, last first.
func (p *program) stop() {
	for i := len(p.end) - 1; i >= 0; i-- {
		p.end[i]()
	}
	p.end = nil
}

// publicAddress is where people find the program.
func publicAddress(public, listen string, tls bool) (string, error) {
	if public != "" {
		u, err := url.Parse(public)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return "", fmt.Errorf("--public-url wants an address such as https://polis.example.it")
		}
		return strings.TrimSuffix(public, "/"), nil
	}
	scheme := "http"
	if tls {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("--listen: %w", err)
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port), nil
}
