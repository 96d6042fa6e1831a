package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"polis/internal/coworking"
	"polis/internal/coworking/figures"
	"polis/internal/identity"
	"polis/internal/identity/privacy"
	"polis/internal/journal"
	"polis/internal/notify"
	"polis/internal/platform/backup"
	"polis/internal/platform/db"
	"polis/internal/platform/machine"
	"polis/internal/reserve"
	"polis/internal/schema"
)

type backupCmd struct {
	storeFlags
	File string `arg:"" help:"File to write."`
	Keys string `help:"Folder for the keys of people, which are not in the backup; by default the one of the backup." placeholder:"DIR"`
}

// Run writes the backup, with less right to the machine than a server beside it.
func (c *backupCmd) Run(ctx context.Context, e *env) error {
	d, err := c.openExisting(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	machine.StepAside()
	bar := newTally(e.Stderr)
	info, err := sourceOf(d).WriteFile(ctx, e.clock.Now(), c.File, backup.Pace{}, bar.table)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "%d rows in %s\n", info.Rows, c.File)
	keys, n, err := privacy.CopyKeys(ctx, d, e.clock.Now(), cmp.Or(c.Keys, filepath.Dir(c.File)))
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "the keys of %d people, which are not in it, in %s: keep only the newest\n", n, keys)
	fmt.Fprintf(e.Stdout, "Keep a copy of %s too, elsewhere: without it personal data cannot be read.\n", c.kek())
	return nil
}

// shortLived are the tables that no backup holds: what admits somebody for a
// while, lists that nobody has confirmed, and when work has its turn. Who got out
// of a session, or took up an invitation, must not find it open again in a copy;
// and a copy has a backup to make, whenever its origin made one. Without a list of
// the news that are known, a copy takes all for history: its origin has told them.
var shortLived = []string{
	"session", "signin_code", "signin_limit", "signin_link", "passkey_challenge", "kept_form", "oidc_ticket", "oidc_seen", "invitation", "device_code", "device_proof", "device_session",
	"list_upload", "programme_upload", "programme_follow_request", "programme_news", "personal_export", "job_turn", "retention_run", "sealer",
}

// sourceOf is a database as it is backed up.
func sourceOf(d *db.DB) backup.Source {
	return backup.Source{DB: d, Schema: schema.Files, Without: slices.Concat(shortLived, figures.Kept), Blank: privacy.KeyColumns}
}

type restoreCmd struct {
	storeFlags
	File        string `arg:"" help:"File written by polis backup." type:"existingfile"`
	SendWaiting bool   `help:"Go on with what was waiting in the backup too, messages and closures, though it may have been done since."`
	Keys        string `help:"File with the keys of people; by default the one of this installation beside the backup, or in the folder keys there." type:"existingfile" placeholder:"FILE"`
	WithoutKeys bool   `help:"Restore though the keys of people are lost: all of them are forgotten."`
}

// startsWith are the tables that a program fills by itself at its first start,
// its own secret for the set-up among them, and as visitors come by.
var startsWith = append([]string{"secret", "bookmark", "setting", "revision"}, shortLived...)

// Run fills an empty database, or one that a program was only started on. The
// key file is the one of the backup's origin.
func (c *restoreCmd) Run(ctx context.Context, e *env) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.Migrate(ctx, schema.Files); err != nil {
		return err
	}
	serves, err := reserve.Serving(ctx, d, e.clock.Now())
	if err != nil {
		return err
	}
	info, err := backup.Look(c.File)
	if err != nil {
		return fmt.Errorf("%s: %w; nothing was changed", c.File, err)
	}
	silenced, pardoned, lost := 0, int64(0), 0
	to := backup.Target{DB: d, Schema: schema.Files, Own: startsWith, Then: func(ctx context.Context, tx *db.Tx) (err error) {
		if serves {
			return errors.New("a server is running on this database: stop it first")
		}
		if pardoned, err = settle(ctx, tx, e.clock.Now()); err == nil && !c.SendWaiting {
			silenced, err = silence(ctx, tx, e.clock.Now())
		}
		if err == nil {
			lost, err = c.restoreKeys(ctx, e, tx, info.Taken)
		}
		return err
	}}
	rows, err := backup.Read(ctx, to, f, newTally(e.Stderr).table)
	if err != nil {
		return fmt.Errorf("%s: %w; nothing was changed", c.File, err)
	}
	fmt.Fprintf(e.Stdout, "%d rows restored\n", rows)
	if lost > 0 {
		fmt.Fprintf(e.Stdout, "%d people who are in the backup were forgotten since: they are forgotten here too\n", lost)
	}
	if silenced > 0 {
		fmt.Fprintf(e.Stdout, "%d messages that were waiting in the backup are not sent again; --send-waiting would have sent them\n", silenced)
	}
	if pardoned > 0 {
		fmt.Fprintf(e.Stdout, "%d visits that began since the backup are taken as made\n", pardoned)
	}
	file, err := c.keyFile()
	if err != nil {
		return err
	}
	switch _, err := identity.LookKeys(ctx, d, file); {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, identity.ErrNoKey):
		fmt.Fprintf(e.Stdout, "Now put the key file of the backup at %s.\n", c.kek())
	case err != nil:
		fmt.Fprintf(e.Stdout, "Now put the key file of the backup at %s. The one that is there does not fit: %v\n", c.kek(), err)
	}
	return nil
}

// restoreKeys brings in the keys of people, and forgets again whom the file of
// keys no longer has.
func (c *restoreCmd) restoreKeys(ctx context.Context, e *env, tx *db.Tx, taken time.Time) (lost int, err error) {
	dir := filepath.Dir(c.File)
	_, people, err := privacy.RestoreKeys(ctx, tx, taken, c.Keys, dir, filepath.Join(dir, keysFolder))
	switch {
	case errors.Is(err, privacy.ErrNoKeys) && c.WithoutKeys:
		if people, err = privacy.Keyless(ctx, tx); err != nil {
			return 0, err
		}
	case errors.Is(err, privacy.ErrNoKeys):
		return 0, fmt.Errorf("%w: name the file person-keys-… with --keys; where it is lost, --without-keys forgets everybody", err)
	case err != nil:
		return 0, err
	}
	return len(people), privacyWithout(e).ForgetLost(ctx, tx, people)
}

// toStart is the time that somebody has, after a restore, to start the server
// at which people are checked in.
const toStart = time.Hour

// settle makes a restored copy fit to go on from now. Nobody could note in it
// who came since the backup, so that nobody is missed for it. Backups of earlier
// versions have what is short-lived.
func settle(ctx context.Context, tx *db.Tx, now time.Time) (pardoned int64, err error) {
	for _, table := range shortLived {
		if err := tx.Clear(ctx, table); err != nil {
			return 0, err
		}
	}
	if err := journal.Reopen(ctx, tx, now); err != nil {
		return 0, err
	}
	return reserve.Pardon(ctx, tx, now, now.Add(toStart))
}

// silence keeps a restored copy from telling people again what its origin has
// told them, and from moving them again: messages that were due by now, acts
// that nobody had yet been told of, saved searches, closures half made.
func silence(ctx context.Context, tx *db.Tx, now time.Time) (messages int, err error) {
	if err := coworking.Silence(ctx, tx, now); err != nil {
		return 0, err
	}
	if messages, err = notify.Forget(ctx, tx, now); err != nil {
		return 0, err
	}
	mails, err := identity.ForgetMails(ctx, tx, now)
	return messages + mails, err
}
