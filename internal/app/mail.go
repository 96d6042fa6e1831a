package app

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"polis/internal/notify"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
	"polis/internal/platform/letter"
	"polis/internal/platform/mail"
)

// startNotes readies the messages to people: to a mail server, or, in a
// demonstration without one, to a folder. While the set-up goes on there is
// nobody to write to.
func (p *program) startNotes() (err error) {
	o := notify.Options{DB: p.db, People: addressees{p.people, p.store}, Clock: p.env.clock, IDs: p.env.ids, Log: p.env.log, From: p.now.Sender(), Look: p.look()}
	server := p.now.Mail.Address()
	switch {
	case p.setUp != nil:
	case server != "" && o.From.Address != "":
		if o.Transport, err = mail.NewSMTP(server); err != nil {
			return err
		}
	case p.demo:
		p.mailbox = &mail.Folder{Dir: filepath.Join(p.cmd.Data, "mail")}
		o.Transport = p.mailbox
		if o.From.Address == "" {
			o.From.Address = "polis@polis.example"
		}
	}
	p.notes = notify.New(o)
	return nil
}

// look is how letters look.
func (p *program) look() letter.Look {
	return letter.Look{Name: p.now.Called(), Color: p.now.Look.Tint()}
}

type mailCmd struct {
	Bounce mailBounceCmd `cmd:"" help:"Read a report of failure on standard input and note it; for the mail server to call."`
}

type mailBounceCmd struct{ storeFlags }

// Run notes what a report says. What is no report of a message of ours is no
// error: a mail server would send a report on it to whoever wrote it.
func (c *mailBounceCmd) Run(ctx context.Context, e *env) error {
	report, err := mail.ReadReport(e.Stdin)
	switch {
	case err != nil:
		fmt.Fprintf(e.Stdout, "nothing noted: %v\n", err)
		return nil
	case report.ID == "" || !report.Failed():
		fmt.Fprintf(e.Stdout, "nothing noted: message %q, %s\n", report.ID, report.Action)
		return nil
	}
	s, err := c.openStore(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	err = notify.New(notify.Options{DB: s.db, Clock: e.clock}).Bounced(ctx, report.ID, report.Status)
	if errs.Is(err, errs.NotFound) {
		fmt.Fprintf(e.Stdout, "nothing noted: message %q is not known here\n", report.ID)
		return nil
	}
	if err == nil {
		fmt.Fprintf(e.Stdout, "message %s did not arrive: %s\n", report.ID, report.Status)
	}
	return err
}

type jobsCmd struct {
	Dead  jobsDeadCmd  `cmd:"" help:"List work that was given up after its last attempt, oldest first."`
	Retry jobsRetryCmd `cmd:"" help:"Give work that was given up all its attempts again."`
}

type jobsDeadCmd struct{ storeFlags }

// maxDead is how many are listed at once.
const maxDead = 1000

func (c *jobsDeadCmd) Run(ctx context.Context, e *env) error {
	s, err := c.openStore(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	list, err := jobs.DeadList(ctx, s.db, maxDead)
	for _, d := range list {
		fmt.Fprintf(e.Stdout, "%s  %s  %s  %s  %s\n", d.ID, d.At.Format(time.RFC3339), d.Kind, d.Args, d.Error)
	}
	fmt.Fprintf(e.Stderr, "%d given up\n", len(list))
	return err
}

type jobsRetryCmd struct {
	storeFlags
	ID []string `arg:"" help:"From polis jobs dead."`
}

// Run revives all of them or, where one is not dead, none.
func (c *jobsRetryCmd) Run(ctx context.Context, e *env) error {
	s, err := c.openStore(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, id := range c.ID {
			err := jobs.Revive(ctx, tx, id, e.clock.Now())
			if errs.Is(err, errs.NotFound) {
				return fmt.Errorf("no work that was given up has the id %q", id)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
