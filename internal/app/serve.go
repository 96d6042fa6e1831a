package app

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"polis/internal/counter/appointment"
	"polis/internal/counter/atm"
	"polis/internal/coworking"
	"polis/internal/coworking/figures"
	"polis/internal/feedback"
	"polis/internal/home"
	"polis/internal/identity"
	"polis/internal/identity/device"
	"polis/internal/identity/mandate"
	"polis/internal/identity/oidc"
	"polis/internal/identity/organisation"
	"polis/internal/identity/passkey"
	"polis/internal/identity/privacy"
	"polis/internal/identity/stepup"
	"polis/internal/installation"
	"polis/internal/manage"
	"polis/internal/manage/lists"
	"polis/internal/notify"
	"polis/internal/platform/i18n"
	"polis/internal/platform/jobs"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
	"polis/internal/programme/follow"
	"polis/internal/programme/office"
	"polis/internal/programme/opendata"
	"polis/internal/register"
	"polis/internal/simulate/idp"
)

type serveCmd struct {
	storeFlags
	backupFlags
	journalFlags
	oidcFlags
	sessionFlags
	Listen           string   `help:"Address to listen on." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	PublicURL        string   `help:"Address by which the world reaches this program." placeholder:"URL"`
	SpacesHost       string   `help:"Host name under which the page of the spaces comes first." placeholder:"HOST"`
	TrustedProxy     []string `help:"Networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed." placeholder:"CIDR"`
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
	OwnerCode        string   `help:"Their code in the index of public bodies (IPA), or partita IVA: names the publisher of open data." placeholder:"CODE"`
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
	ln, err := net.Listen("tcp", c.Listen) // before any work: who starts it twice by mistake does none
	if err != nil {
		return err
	}
	defer ln.Close()
	b, err := c.found(ctx, e, s)
	if err != nil {
		return err
	}
	defer b.stop()
	d, err := b.openDoor(ctx)
	if err != nil {
		return err
	}
	defer d.stop()
	srv := web.Server(d, e.log)
	if c.TLSCert != "" {
		if ln, err = listenTLS(ln, c.TLSCert, c.TLSKey); err != nil {
			return err
		}
	}
	relaxGC()
	if err := b.tellSecret(ctx); err != nil {
		return err
	}
	fmt.Fprintln(e.Stdout, "ready", d.now.Load().public)
	context.AfterFunc(ctx, func() {
		b.health.Stopping()
		b.streams.Stop() // who watches would hold us up
	})
	return web.Serve(ctx, srv, ln, grace)
}

// program is the rooms as the settings of the installation are; when these
// change another program takes its place on the same base.
type program struct {
	*base
	now    installation.Settings
	setUp  *installation.SetUp // nil unless the set-up goes on
	public string              // address to tell people

	words        *i18n.Bundle
	owner        home.Owner
	coworking    *coworking.Service
	figures      *figures.Service
	feedback     *feedback.Service
	appointments *appointment.Service
	atm          *atm.Service
	follow       *follow.Service
	register     *register.Service
	manage       *manage.Service
	lists        *lists.Service
	office       *office.Service
	notes        *notify.Service
	privacy      *privacy.Service
	mailbox      *mail.Folder // nil unless a demonstration that sends nothing
	tokens       *identity.Tokens
	sessions     *identity.Sessions
	access       *identity.Access
	idp          *idp.Provider // stands in for SPID and CIE; nil unless a demonstration
	devices      *device.Service
	mandates     *mandate.Service
	oidc         *oidc.Service
	parties      *organisation.Service
	passkeys     *passkey.Service
	forms        *stepup.Forms
	opendata     *opendata.Service
	worker       *jobs.Worker
	end          []func() // in reverse order
}

// start brings everything up but the listener.
func (c *serveCmd) start(ctx context.Context, e *env, s *store) (*program, error) {
	b, err := c.found(ctx, e, s)
	if err != nil {
		return nil, err
	}
	p, err := b.program(ctx)
	if err != nil {
		b.stop()
		return nil, err
	}
	p.end = append(append([]func(){b.stop}, p.end...), b.hurry) // which come last first
	return p, nil
}

// program makes the rooms with the settings as they are now.
func (b *base) program(ctx context.Context) (p *program, err error) {
	p = &program{base: b, now: b.settings.Now()}
	b.settings.Log(ctx, b.env.log)
	defer func() {
		if err != nil {
			p.stop()
		}
	}()
	c := b.cmd
	address := p.now.Address.URL
	if b.setUpOpen() {
		p.setUp, address = b.firstRun, c.PublicURL // what was said holds at the end
	}
	if p.public, err = publicAddress(address, c.Listen, c.TLSCert != ""); err != nil {
		return p, err
	}
	p.owner = home.Owner(p.now.Owner)
	p.tokens = identity.NewTokens(p.people, p.grants, p.demo)
	sessions := c.sessionFlags.options(strings.HasPrefix(p.public, "https:"))
	sessions.Passkeys = passkey.Domain(p.public)
	p.sessions = identity.NewSessions(p.people, p.grants, sessions)
	if p.words, err = allWords(); err != nil {
		return p, err
	}
	p.words.Offer(p.now.Languages.Offered())
	if err = p.startNotes(); err != nil {
		return p, err
	}
	p.startAccess()
	p.idp = p.standIn()
	p.startDevices()
	if err = p.startMandates(ctx); err != nil {
		return p, err
	}
	if err = p.startOIDC(); err != nil {
		return p, err
	}
	if err = p.startProof(); err != nil {
		return p, err
	}
	if err = p.startRooms(ctx); err != nil {
		return p, err
	}
	p.startWork()
	return p, nil
}

// startRooms makes the capabilities, with the keys of the installation that they
// sign with.
func (p *program) startRooms(ctx context.Context) error {
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
		Parties: p.namesOfParties, PassKey: passKey, FeedKey: feedKey, Issuer: p.public,
	})
	p.figures = figures.New(figures.Options{DB: p.db, Live: p.live, Engine: p.engine, Clock: p.env.clock})
	p.feedback = feedback.New(feedback.Options{
		DB: p.db, Live: p.live, People: p.people, Notes: p.notes, Clock: p.env.clock, IDs: p.env.ids, Words: p.words, URL: p.public, Key: reportKey,
	})
	if err := p.startAppointments(ctx); err != nil {
		return err
	}
	if err := p.startATM(ctx); err != nil {
		return err
	}
	if err := p.startFollow(ctx); err != nil {
		return err
	}
	p.startRegister()
	p.startManage()
	p.startLists()
	p.startOffice()
	p.startPrivacy()
	p.startOpendata()
	return nil
}

// startWork starts what the rooms do again and again, once for all replicas.
func (p *program) startWork() {
	p.worker = jobs.New(jobs.Config{DB: p.db, Clock: p.env.clock, Log: p.env.log})
	p.worker.Every("identity.sessions", 10*time.Minute, p.sessions.Sweep)
	p.worker.Every("coworking.alerts", time.Minute, p.coworking.TellFreed)
	p.notes.Register(p.worker)
	p.access.Register(p.worker)
	p.worker.Every("identity.devices", 10*time.Minute, p.devices.Sweep)
	p.mandates.Register(p.worker)
	p.oidc.Register(p.worker)
	p.parties.Register(p.worker)
	p.proofWork()
	p.lists.Register(p.worker)
	p.office.Register(p.worker)
	coworking.RegisterMails(p.worker, p.coworking)
	coworking.RegisterClearing(p.worker, p.coworking)
	p.figures.Register(p.worker)
	coworking.RegisterGuests(p.worker, p.coworking)
	followLeaving(p.worker, p.db, p.env.clock, p.coworking)
	followVisits(p.worker, p.db, p.engine, p.live)
	p.privacy.Register(p.worker)
	p.follow.Register(p.worker)
	p.end = append(p.end, p.work(p.worker))
}

// stop ends what start began, last first.
func (p *program) stop() { stopAll(&p.end) }

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
