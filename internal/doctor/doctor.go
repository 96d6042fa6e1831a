// Package doctor looks at an installation, beside its server or without one, and
// says what is wrong and how to mend it. It changes nothing.
package doctor

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/i18n"
	"polis/internal/platform/machine"
)

// Words are the texts, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// Options are the installation, and what of it there is to look at: what is not
// named is not looked at, or warned of.
type Options struct {
	Data, Database              string
	KeyFile                     identity.KeyFile // its path is never empty
	Location                    string           // of the database
	Open                        func(ctx context.Context) (*db.DB, error)
	BackupDir, BackupKeys       string // BackupKeys is where the keys of people are
	Witness                     string // the folder in which witnesses find checkpoints
	PublicURL, TLSCert, TLSKey  string
	SMTP, MailFrom, MailBounces string
	Quick                       bool // leave out what reads everything
	Now                         func() time.Time
	Printer                     *i18n.Printer // of Words, and those of settings and forms
}

// Examination is what a doctor found.
type Examination struct {
	found []finding
	p     *i18n.Printer
}

// Examine looks at everything.
func Examine(ctx context.Context, o Options) Examination {
	d := &doctor{Options: &o, now: o.Now(), clock: o.Now, outside: outside{machine.ClockSynced, machine.VolumeOf}, p: o.Printer, patience: 5 * time.Minute}
	d.examine(ctx)
	return Examination{d.found, d.p}
}

// Well tells whether nothing is wrong; there may be warnings.
func (x Examination) Well() bool { return x.count()[wrong] == 0 }

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
	*Options
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
		d.checkRecord(ctx)
		d.checkReservations(ctx)
	}
	d.checkBackups(ctx)
	d.checkPersonKeys(ctx)
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

func (x Examination) count() map[level]int {
	count := map[level]int{}
	for _, f := range x.found {
		count[f.Level]++
	}
	return count
}

// WriteJSON writes what was found for monitors.
func (x Examination) WriteJSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(map[string]any{"ok": x.Well(), "checks": x.found})
}

// Write writes what was found for people.
func (x Examination) Write(w io.Writer) error {
	for _, f := range x.found {
		fmt.Fprintf(w, "%-11s %-13s %s\n", x.p.T("doctor.level."+string(f.Level)), f.Check, f.Text)
		if f.Mend != "" {
			fmt.Fprintf(w, "%-11s %-13s → %s\n", "", "", f.Mend)
		}
	}
	count := x.count()
	_, err := fmt.Fprintln(w, x.p.T("doctor.sum", "wrong", count[wrong], "warnings", count[warning], "fine", count[fine]))
	return err
}

// megabytes rounds up, so that what is there is never shown as nothing.
func megabytes(n int64) int64 { return (n + 1<<20 - 1) >> 20 }
