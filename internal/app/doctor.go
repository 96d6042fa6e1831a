package app

import (
	"context"
	"strings"

	"polis/internal/doctor"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// doctorCmd takes the flags of serve that say what there is to look at, so that
// the environment of the server serves it too.
type doctorCmd struct {
	storeFlags
	backupFlags
	journalFlags
	PublicURL   string `help:"Address by which the world reaches the server." placeholder:"URL"`
	TLSCert     string `help:"Certificate that the server uses (PEM)." placeholder:"FILE"`
	TLSKey      string `help:"Its key (PEM)." placeholder:"FILE"`
	SMTP        string `help:"Mail server." placeholder:"URL"`
	MailFrom    string `help:"Sender of messages." placeholder:"ADDRESS"`
	MailBounces string `help:"Address to which reports of failure go." placeholder:"ADDRESS"`
	Quick       bool   `help:"Leave out what reads everything: the pages of SQLite, the whole backup, all reservations."`
	JSON        bool   `help:"Write for monitors."`
}

// Run looks at everything and exits 1 if something is wrong.
func (c *doctorCmd) Run(ctx context.Context, e *env) error {
	words, err := allWords()
	if err == nil {
		err = words.Add(web.Words) // of forms, for what is wrong with settings
	}
	if err != nil {
		return err
	}
	file, err := c.keyFile()
	if err != nil {
		return err
	}
	found := doctor.Examine(ctx, doctor.Options{
		Data: c.Data, Database: c.Database, KeyFile: file, Location: c.location(), Open: c.openExisting, BackupDir: c.BackupDir,
		BackupKeys: c.keys(), Witness: c.witnesses(&c.storeFlags),
		PublicURL: c.PublicURL, TLSCert: c.TLSCert, TLSKey: c.TLSKey, SMTP: c.SMTP, MailFrom: c.MailFrom, MailBounces: c.MailBounces,
		Quick: c.Quick, Now: e.clock.Now, Printer: words.Printer(i18n.Negotiate("", strings.ToLower(e.Lang[:min(len(e.Lang), 2)]), "en"), i18n.Rome),
	})
	write := found.Write
	if c.JSON {
		write = found.WriteJSON
	}
	if err := write(e.Stdout); err != nil {
		return err
	}
	if !found.Well() {
		return errExit
	}
	return nil
}
