package doctor

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"time"

	"polis/internal/identity"
	"polis/internal/installation"
	"polis/internal/pass"
	"polis/internal/platform/backup"
	"polis/internal/platform/clock"
	"polis/internal/schema"
)

// KeyCopied is the secret whose presence says that a copy of the key file was
// made; it says when.
const KeyCopied = "key-copied"

// passSecret is what the keys of passes are kept as.
const passSecret = "ed25519-pass"

func (d *doctor) checkKeys(ctx context.Context) {
	keys, err := identity.LookKeys(ctx, d.db, d.KeyFile)
	file := d.KeyFile.Path
	switch {
	case errors.Is(err, identity.ErrNoKey), errors.Is(err, fs.ErrNotExist):
		d.say("keys", wrong, "keys.gone", "file", file)
	case errors.Is(err, identity.ErrWrongKey):
		d.say("keys", wrong, "keys.other", "file", file)
	case err != nil:
		d.say("keys", wrong, "keys.refused", "file", file, "why", err.Error())
	}
	if err != nil {
		return
	}
	d.keys = keys
	d.readSettings(ctx)
	d.say("keys", fine, "keys.fit", "file", file)
	copied, err := keys.Has(ctx, KeyCopied)
	switch {
	case err != nil:
		d.failed("keys", err)
	case !copied:
		d.say("keys", warning, "keys.single", "file", file)
	default:
		d.say("keys", fine, "keys.copied")
	}
	d.checkPasses(ctx)
}

func (d *doctor) checkPasses(ctx context.Context) {
	there, err := d.keys.Has(ctx, passSecret)
	switch {
	case err != nil:
		d.failed("passes", err)
		return
	case !there:
		d.say("passes", warning, "passes.none")
		return
	}
	text, err := pass.PublicOf(ctx, d.keys)
	if err != nil {
		d.failed("passes", err)
		return
	}
	if d.Database == "" {
		path := filepath.Join(d.Data, "pass.pub")
		if old, err := os.ReadFile(path); err != nil || !bytes.Equal(old, text) {
			d.say("passes", warning, "passes.file", "file", path)
			return
		}
	}
	d.say("passes", fine, "passes.there")
}

// readSettings takes what the installation says of itself, where no flag says
// otherwise. Tables of an earlier version have no settings.
func (d *doctor) readSettings(ctx context.Context) {
	if at, newest, err := d.db.SchemaVersion(ctx, schema.Files); err != nil || at < newest {
		return
	}
	live, err := installation.NewLive(ctx, installation.NewStore(d.db, d.keys, clock.System{}), installation.Flags{
		PublicURL: d.PublicURL, SMTP: d.SMTP, MailFrom: d.MailFrom, MailBounces: d.MailBounces,
	})
	if err != nil {
		d.failed("settings", err)
		return
	}
	for _, x := range live.Faults() {
		if x.Part == installation.PartMail && d.SMTP != "" { // the flags are looked at with the mail
			continue
		}
		title, why := x.Explain(d.p)
		d.say("settings", wrong, "settings.fault", "part", title, "why", why)
	}
	now := live.Now()
	d.PublicURL = now.Address.URL
	if d.SMTP == "" { // what a flag says is looked at as it stands there
		d.SMTP = now.Mail.Address()
	}
	if d.MailFrom == "" && now.Mail.From != "" {
		d.MailFrom = (&mail.Address{Name: now.Mail.FromName, Address: now.Mail.From}).String()
	}
	d.MailBounces = now.Mail.Bounces
}

// daylong is the age at which a daily backup is missing.
const daylong = 26 * time.Hour

func (d *doctor) checkBackups(ctx context.Context) {
	if d.BackupDir == "" {
		d.say("backups", warning, "backups.off")
		return
	}
	paths, err := backup.List(d.BackupDir)
	if err != nil {
		d.failed("backups", err)
		return
	}
	if len(paths) == 0 {
		d.say("backups", wrong, "backups.none", "dir", d.BackupDir)
		return
	}
	last := paths[len(paths)-1]
	info, ok := backup.Newest(d.BackupDir)
	if ok && !d.Quick {
		_, newest, err := d.newestSchema(ctx)
		if err == nil {
			info, err = backup.VerifyFile(ctx, last, newest, backup.Pace{})
		}
		ok = err == nil
	}
	age := d.now.Sub(info.Taken)
	switch {
	case !ok:
		d.say("backups", wrong, "backups.broken", "file", last)
	case age > daylong:
		d.say("backups", wrong, "backups.old", "taken", info.Taken)
	case len(paths) > 1 && shrank(info.Size, paths[len(paths)-2]):
		d.say("backups", warning, "backups.small", "file", last, "size", megabytes(info.Size))
	default:
		d.say("backups", fine, "backups.good", "taken", info.Taken, "size", megabytes(info.Size), "count", len(paths))
	}
}

// newestSchema is the newest version of the tables that this program knows; 0
// where there is no database to ask by.
func (d *doctor) newestSchema(ctx context.Context) (at, newest int64, err error) {
	if d.db == nil {
		return 0, 0, nil
	}
	return d.db.SchemaVersion(ctx, schema.Files)
}

// shrank tells whether a backup has less than half of the one before it.
func shrank(size int64, before string) bool {
	info, err := os.Stat(before)
	return err == nil && size < info.Size()/2
}
