package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/i18n"
	"polis/internal/platform/machine"
	"polis/internal/platform/web"
)

// doctorCmd takes the flags of serve that say what there is to look at, so that
// the environment of the server serves it too.
type doctorCmd struct {
	storeFlags
	backupFlags
	PublicURL   string `help:"Address by which the world reaches the server." placeholder:"URL"`
	TLSCert     string `help:"Certificate that the server uses (PEM)." placeholder:"FILE"`
	TLSKey      string `help:"Its key (PEM)." placeholder:"FILE"`
	SMTP        string `help:"Mail server." placeholder:"URL"`
	MailFrom    string `help:"Sender of messages." placeholder:"ADDRESS"`
	MailBounces string `help:"Address to which reports of failure go." placeholder:"ADDRESS"`
	Quick       bool   `help:"Leave out what reads everything: the pages of SQLite, the whole backup, all reservations."`
	JSON        bool   `help:"Write for monitors."`
}

// level is how a finding is to be taken.
type level string

const (
	fine    level = "ok"
	warning level = "warning"
	wrong   level = "wrong"
)

// finding is one line of the doctor.
type finding struct {
	Check string `json:"check"`
	Level level  `json:"level"`
	Text  string `json:"text"`
	Mend  string `json:"mend,omitempty"`
	name  string // of its words
}

// doctor looks at an installation, beside its server or without one, and
// changes nothing.
type doctor struct {
	*doctorCmd
	now      time.Time
	clock    func() time.Time // of this machine
	outside  outside
	p        *i18n.Printer
	patience time.Duration // with open transactions
	found    []finding

	db     *db.DB // nil where it cannot be opened
	facts  db.Facts
	keys   *identity.Keys // nil where they cannot be opened
	serves bool           // a server works on the database
}

// Run looks at everything and exits 1 if something is wrong.
func (c *doctorCmd) Run(ctx context.Context, e *env) error {
	words, err := allWords()
	if err != nil {
		return err
	}
	if err := words.Add(web.Words); err != nil { // of forms, for what is wrong with settings
		return err
	}
	p := words.Printer(i18n.Negotiate("", strings.ToLower(e.Lang[:min(len(e.Lang), 2)]), "en"), i18n.Rome)
	d := &doctor{doctorCmd: c, now: e.clock.Now(), clock: e.clock.Now, outside: outside{machine.ClockSynced, machine.VolumeOf}, p: p, patience: 5 * time.Minute}
	d.examine(ctx)
	if err := d.report(e); err != nil {
		return err
	}
	for _, f := range d.found {
		if f.Level == wrong {
			return errExit
		}
	}
	return nil
}

// examine goes through all checks. What needs the database is left out where it
// cannot be opened: that is said once.
func (d *doctor) examine(ctx context.Context) {
	d.openDatabase(ctx)
	if d.db != nil {
		defer d.db.Close()
	}
	d.checkClock(ctx)
	d.checkDisks()
	if d.db != nil {
		d.checkDatabase(ctx)
		d.checkKeys(ctx)
		d.checkWork(ctx)
		d.checkReservations(ctx)
	}
	d.checkBackups(ctx)
	d.checkMail(ctx)
	d.checkCertificate()
	d.checkAddress(ctx)
}

// say notes a finding; its words are those of "doctor." and its name. args are
// pairs. What is not fine has words on how to mend it too.
func (d *doctor) say(check string, l level, name string, args ...any) {
	f := finding{Check: check, Level: l, Text: d.p.T("doctor."+name, args...), name: name}
	if l != fine {
		f.Mend = d.p.T("doctor."+name+".mend", args...)
	}
	d.found = append(d.found, f)
}

// failed notes that a check could not be made.
func (d *doctor) failed(check string, err error) { d.say(check, wrong, "failed", "why", err.Error()) }

func (d *doctor) report(e *env) error {
	count := map[level]int{}
	for _, f := range d.found {
		count[f.Level]++
	}
	if d.JSON {
		out := json.NewEncoder(e.Stdout)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(map[string]any{"ok": count[wrong] == 0, "checks": d.found})
	}
	for _, f := range d.found {
		fmt.Fprintf(e.Stdout, "%-11s %-13s %s\n", d.p.T("doctor.level."+string(f.Level)), f.Check, f.Text)
		if f.Mend != "" {
			fmt.Fprintf(e.Stdout, "%-11s %-13s → %s\n", "", "", f.Mend)
		}
	}
	_, err := fmt.Fprintln(e.Stdout, d.p.T("doctor.sum", "wrong", count[wrong], "warnings", count[warning], "fine", count[fine]))
	return err
}

// megabytes rounds up, so that what is there is never shown as nothing.
func megabytes(n int64) int64 { return (n + 1<<20 - 1) >> 20 }
