package app

import (
	"context"
	"fmt"
	"os"
	"strings"

	"polis/internal/counter"
	"polis/internal/counter/appointment"
	"polis/internal/coworking"
	"polis/internal/feedback"
	"polis/internal/identity"
	"polis/internal/identity/mandate"
	"polis/internal/identity/oidc"
	"polis/internal/identity/privacy"
	"polis/internal/manage/lists"
	"polis/internal/notify"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/programme"
	"polis/internal/programme/follow"
	"polis/internal/programme/office"
	"polis/internal/reserve"
	"polis/internal/site"
)

// holders are the rooms that hold something of people. A table that none of them
// claims fails a test.
func holders(rooms ...interface{ Holder() privacy.Holder }) []privacy.Holder {
	list := []privacy.Holder{programme.Holder(), follow.Holder(), office.Holder()}
	for _, r := range rooms {
		list = append(list, r.Holder())
	}
	return list
}

// startPrivacy makes the room in which people see and end what is held about
// them.
func (p *program) startPrivacy() {
	p.privacy = privacy.New(privacy.Options{
		DB: p.db, People: p.people, Access: p.access, Sessions: p.sessions, Clock: p.env.clock, IDs: p.env.ids, Words: p.words, Log: p.env.log,
		About: aboutRead, Holders: holders(p.coworking, p.feedback, p.notes, p.lists, p.oidc, p.mandates, p.counter, p.appointments),
	})
}

// aboutRead leads to that for which somebody's record was read.
func aboutRead(p *i18n.Printer, about string) web.Link {
	if id, ok := strings.CutPrefix(about, identity.ForBooking("")); ok {
		return web.Link{Href: "/prenotazioni/" + id, Text: p.T("app.about.booking", "code", reserve.Reference(id))}
	}
	if number, ok := strings.CutPrefix(about, identity.ForReport("")); ok {
		return web.Link{Href: feedback.ReportPath(number), Text: p.T("app.about.report", "code", number)}
	}
	return web.Link{}
}

// privacyWithout is privacy without rooms at work: it can forget, in a
// transaction of the caller.
func privacyWithout(e *env) *privacy.Service {
	notes := notify.New(notify.Options{})
	return privacy.New(privacy.Options{
		Clock: e.clock, IDs: e.ids,
		Holders: holders(coworking.New(coworking.Options{Clock: e.clock}), feedback.New(feedback.Options{Notes: notes}), notes, lists.New(lists.Options{}), &oidc.Service{}, mandate.New(mandate.Options{}), counter.New(counter.Options{}), appointment.New(appointment.Options{Notes: notes})),
	})
}

// openPrivacy opens a store with what privacy needs of it.
func (f *storeFlags) openPrivacy(ctx context.Context, e *env) (s *store, p *privacy.Service, stop func(), err error) {
	if s, err = f.openStore(ctx, e); err != nil {
		return nil, nil, nil, err
	}
	live, err := site.NewLive(ctx, s.sites)
	if err != nil {
		s.close()
		return nil, nil, nil, err
	}
	words, err := allWords()
	if err != nil {
		s.close()
		return nil, nil, nil, err
	}
	engine := reserve.New(s.db, live, e.clock, e.ids)
	notes := notify.New(notify.Options{DB: s.db, People: s.people, Clock: e.clock, IDs: e.ids, Log: e.log})
	tokens := identity.NewTokens(s.people, s.grants, false)
	access := identity.NewAccess(identity.AccessOptions{People: s.people, Grants: s.grants, Tokens: tokens, Words: words, Scopes: newScopes(s.db, live.Network, e), Log: e.log})
	rooms := holders(
		coworking.New(coworking.Options{DB: s.db, Live: live, Sites: s.sites, Engine: engine, People: s.people, Grants: s.grants, Notes: notes, Clock: e.clock, Words: words}),
		feedback.New(feedback.Options{DB: s.db, Live: live, People: s.people, Notes: notes, Clock: e.clock, IDs: e.ids, Words: words}),
		notes,
		lists.New(lists.Options{DB: s.db, Live: live, Sites: s.sites, Engine: engine, People: s.people, Grants: s.grants, Groups: s.grants.Groups, Clock: e.clock, IDs: e.ids}), &oidc.Service{}, mandate.New(mandate.Options{DB: s.db, People: s.people}), counter.New(counter.Options{DB: s.db, Live: live, Clock: e.clock}), appointment.New(appointment.Options{DB: s.db, Live: live, People: s.people, Notes: notes, Clock: e.clock, IDs: e.ids, Words: words}))
	if err := engine.Start(ctx); err != nil {
		s.close()
		return nil, nil, nil, err
	}
	return s, privacy.New(privacy.Options{
			DB: s.db, People: s.people, Access: access, Clock: e.clock, IDs: e.ids, Words: words, Log: e.log, Holders: rooms,
		}), func() {
			engine.Stop()
			s.close()
		}, nil
}

type personExportCmd struct {
	storeFlags
	Person string `arg:"" help:"Fiscal number of the person."`
	Out    string `help:"File to write, which is not there yet; by default to standard output." placeholder:"FILE"`
}

func (c *personExportCmd) Run(ctx context.Context, e *env) error {
	s, p, stop, err := c.openPrivacy(ctx, e)
	if err != nil {
		return err
	}
	defer stop()
	who, err := s.people.ByFiscalNumber(ctx, c.Person)
	if err != nil {
		return err
	}
	file, err := p.Make(ctx, who.ID, func(int) error { return nil })
	if err != nil {
		return err
	}
	if c.Out == "" {
		_, err := e.Stdout.Write(file)
		return err
	}
	return writeNew(c.Out, file)
}

type personForgetCmd struct {
	storeFlags
	Person string `arg:"" help:"Fiscal number of the person."`
	Yes    bool   `help:"Do it; without it the command only says what would happen."`
}

// Run does not cancel bookings beside a server on SQLite, whose index would not
// hear of it.
func (c *personForgetCmd) Run(ctx context.Context, e *env) error {
	s, p, stop, err := c.openPrivacy(ctx, e)
	if err != nil {
		return err
	}
	defer stop()
	who, err := s.people.ByFiscalNumber(ctx, c.Person)
	if err != nil {
		return err
	}
	coming, err := p.Coming(ctx, who.ID)
	if err != nil {
		return err
	}
	if err := p.MayForget(ctx, who.ID); errs.Is(err, errs.Rule) {
		fmt.Fprintln(e.Stderr, p.Words.Printer(langOf(e.Lang), i18n.Rome).T(errs.As(err).Key, errs.As(err).Args))
		return errExit
	} else if err != nil {
		return err
	}
	if !c.Yes {
		fmt.Fprintf(e.Stdout, "%d bookings to come would be cancelled, and the person's key destroyed: nobody can undo it. --yes does it.\n", coming)
		return nil
	}
	if serves, err := reserve.Serving(ctx, s.db, e.clock.Now()); err != nil {
		return err
	} else if serves && c.Database == "" && coming > 0 {
		return fmt.Errorf("a server is running on this database, and %d bookings are to come: stop it first, or let the person do it by page", coming)
	}
	if err := p.ForgetPerson(ctx, who.ID); err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "forgotten; %d bookings were cancelled. Replace copies of people's keys by a new one: polis key backup DIR\n", coming)
	return nil
}

type keyBackupCmd struct {
	storeFlags
	Dir string `arg:"" help:"Folder, on another disk than the backups."`
}

// Run writes the keys of people, in place of those that were there.
func (c *keyBackupCmd) Run(ctx context.Context, e *env) error {
	d, err := c.openExisting(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return err
	}
	path, n, err := privacy.CopyKeys(ctx, d, e.clock.Now(), c.Dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "the keys of %d people in %s; keep only the newest\n", n, path)
	return nil
}
