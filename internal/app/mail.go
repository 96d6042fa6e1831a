package app

import (
	"fmt"
	"path/filepath"

	"polis/internal/notify"
	"polis/internal/platform/mail"
)

// startNotes readies the messages to people: to a mail server, or, in a
// demonstration without one, to a folder.
func (p *program) startNotes(c *serveCmd) (err error) {
	o := notify.Options{DB: p.db, People: p.people, Clock: p.env.clock, IDs: p.env.ids, Log: p.env.log}
	from := c.MailFrom
	switch {
	case c.SMTP != "":
		if o.Transport, err = mail.NewSMTP(c.SMTP); err != nil {
			return fmt.Errorf("--smtp: %w", err)
		}
		if from == "" {
			return fmt.Errorf("--smtp wants --mail-from too")
		}
	case c.Demo:
		p.mailbox = &mail.Folder{Dir: filepath.Join(c.Data, "mail")}
		o.Transport = p.mailbox
		if from == "" {
			from = "Polis <polis@polis.example>"
		}
	}
	if o.Transport != nil {
		if o.From, err = mail.ParseSender(from, c.MailBounces); err != nil {
			return fmt.Errorf("--mail-from: %w", err)
		}
	}
	p.notes = notify.New(o)
	return nil
}
