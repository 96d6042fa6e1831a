package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"polis/internal/identity/privacy"
	"polis/internal/journal"
	"polis/internal/platform/backup"
	"polis/internal/schema"
)

// What may wait a while: acts for their seal while a server runs and when none
// does, the nightly work on what is kept.
const (
	sealedWithin = 10 * time.Second
	sealedSoon   = time.Minute
	nightlong    = 26 * time.Hour
)

// checkRecord looks at the record of acts and at how long things are kept. Tables
// of an earlier version may lack something of it.
func (d *doctor) checkRecord(ctx context.Context) {
	if at, newest, err := d.db.SchemaVersion(ctx, schema.Files); err != nil || at < newest {
		return
	}
	d.checkSealing(ctx)
	d.checkWitness()
	d.checkRetention(ctx)
}

func (d *doctor) checkSealing(ctx context.Context) {
	s, err := journal.LookSealing(ctx, d.db)
	if err != nil {
		d.failed("sealing", err)
		return
	}
	who := s.Holder
	if !d.serves || who == "" {
		who = d.p.T("doctor.sealing.nobody")
	}
	age := d.now.Sub(s.Since)
	switch {
	case s.Waiting > 0 && d.serves && age > sealedWithin:
		d.say("sealing", wrong, "sealing.behind", "count", s.Waiting, "since", s.Since, "who", who)
	case s.Waiting > 0 && age > sealedSoon:
		d.say("sealing", warning, "sealing.waits", "count", s.Waiting, "since", s.Since)
	case s.Newest.IsZero():
		d.say("sealing", fine, "sealing.none")
	default:
		d.say("sealing", fine, "sealing.good", "at", s.Newest, "who", who)
	}
}

func (d *doctor) checkWitness() {
	if d.Witness == "" {
		d.say("witness", warning, "witness.off")
		return
	}
	err := tryWriting(d.Witness)
	switch {
	case errors.Is(err, fs.ErrNotExist): // the server makes it
		d.say("witness", warning, "witness.missing", "dir", d.Witness)
	case err != nil:
		d.say("witness", wrong, "witness.refuses", "dir", d.Witness, "why", err.Error())
	default:
		d.say("witness", fine, "witness.good", "dir", d.Witness)
	}
}

func (d *doctor) checkRetention(ctx context.Context) {
	at, failed, err := privacy.LastRun(ctx, d.db)
	switch {
	case err != nil:
		d.failed("retention", err)
	case len(failed) > 0:
		for i, kind := range failed {
			failed[i] = d.p.T("privacy.kind." + kind)
		}
		d.say("retention", wrong, "retention.failed", "at", at, "what", strings.Join(failed, ", "))
	case at.IsZero():
		d.say("retention", fine, "retention.never")
	case d.serves && d.now.Sub(at) > nightlong:
		d.say("retention", wrong, "retention.late", "at", at)
	default:
		d.say("retention", fine, "retention.done", "at", at)
	}
}

// checkPersonKeys looks whether the keys of people, which are in no backup, would
// open the newest one: as a restore does.
func (d *doctor) checkPersonKeys(ctx context.Context) {
	dir := d.BackupKeys
	taken, ok := backup.Newest(d.BackupDir)
	if dir == "" || !ok || d.db == nil {
		return
	}
	mark, err := privacy.Mark(ctx, d.db)
	if err != nil || mark == "" {
		if err != nil {
			d.failed("person-keys", err)
		}
		return
	}
	count := 0
	f, err := os.Open(privacy.KeyFile(dir, mark))
	if err == nil {
		defer f.Close()
		err = privacy.ReadKeys(f, mark, taken.Taken, func(string, []byte) error { count++; return nil })
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.say("person-keys", wrong, "person-keys.none", "dir", dir)
	case errors.Is(err, privacy.ErrKeysOld):
		d.say("person-keys", wrong, "person-keys.old", "file", privacy.KeyFile(dir, mark))
	case err != nil:
		d.say("person-keys", wrong, "person-keys.broken", "file", privacy.KeyFile(dir, mark), "why", err.Error())
	default:
		d.say("person-keys", fine, "person-keys.good", "count", count)
	}
}
