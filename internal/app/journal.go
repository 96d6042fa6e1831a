package app

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/journal/sealed"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/register"
)

// journalFlags say where checkpoints are left for witnesses.
type journalFlags struct {
	JournalCheckpoints string `help:"Folder in which outside witnesses find the newest checkpoint of the journal. Default: checkpoints in the data folder, none with --database." placeholder:"DIR"`
}

// witnesses is the folder for witnesses; "" for none.
func (f *journalFlags) witnesses(s *storeFlags) string {
	if f.JournalCheckpoints != "" || s.Database != "" {
		return f.JournalCheckpoints
	}
	return filepath.Join(s.Data, "checkpoints")
}

// journalKey is the purpose of the key that signs checkpoints.
const journalKey = "journal"

// startSealing seals the journal, by one replica at a time.
func (b *base) startSealing(ctx context.Context) error {
	key, err := b.keys.SigningKey(ctx, journalKey)
	if err != nil {
		return err
	}
	s := &journal.Sealer{DB: b.db, Clock: b.env.clock, Key: key, Dir: b.cmd.witnesses(&b.cmd.storeFlags), Log: b.env.log}
	b.background(s.Run)
	return nil
}

// startRegister makes the room that shows the journal. A booking is a person's
// own where they may see it as theirs.
func (p *program) startRegister() {
	ofBooking := func(ctx context.Context, actor identity.Actor, id string) (bool, error) {
		b, err := p.coworking.Get(ctx, actor, id)
		if errs.Is(err, errs.NotFound) {
			return false, nil
		}
		return err == nil && b.Person == actor.Person, err
	}
	p.register = register.New(register.Options{
		DB: p.db, Clock: p.env.clock,
		Concerns: map[string]func(context.Context, identity.Actor, string) (bool, error){"booking": ofBooking},
	})
}

type journalCmd struct {
	Verify  journalVerifyCmd  `cmd:"" help:"Check that no act was changed, removed or slipped in since it was sealed; exit 1 if one was."`
	Archive journalArchiveCmd `cmd:"" help:"Write old acts into files that prove themselves."`
}

type journalVerifyCmd struct {
	storeFlags
	journalFlags
	Witness    string   `help:"Folder of a witness, whose every checkpoint the journal must extend. Default: that of --journal-checkpoints." type:"existingdir" placeholder:"DIR"`
	Checkpoint []string `help:"Checkpoint of before, from the folder for witnesses or /api/v1/journal/checkpoint: proves that the journal extends it." type:"existingfile" placeholder:"FILE"`
	Archive    string   `help:"Check the segments of this folder instead of a database; wants --key." type:"existingdir" placeholder:"DIR"`
	Key        []string `help:"File with the public key to believe, instead of the one in the database." type:"existingfile" placeholder:"FILE"`
}

// Run reads; a server may run meanwhile.
func (c *journalVerifyCmd) Run(ctx context.Context, e *env) error {
	var check journal.Check
	var err error
	if check.Keys, err = readKeys(c.Key); err != nil {
		return err
	}
	if c.Archive != "" {
		return verifyArchive(e.Stdout, c.Archive, check.Keys)
	}
	d, err := c.openExisting(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	if check.Old, err = c.before(); err != nil {
		return err
	}
	whose := "the one given"
	if len(check.Keys) == 0 {
		file, err := c.keyFile()
		if err != nil {
			return err
		}
		if check.Own, err = ownJournalKey(ctx, d, file); err != nil {
			return err
		}
		if whose = "the one in the database, and that of the key file " + file.Path; check.Own == nil {
			whose = "the one in the database; without the key file or --key it proves only that all is of one hand"
		}
	}
	bar := newTally(e.Stderr)
	check.Progress = func(done, _ int64) { bar.table("journal", done) }
	v, err := journal.Verify(ctx, d, check)
	if err != nil {
		return err
	}
	tellVerified(e.Stdout, v, whose)
	if len(v.Faults) > 0 {
		return errExit
	}
	return nil
}

// before are the checkpoints of before: those that were given, and those in the
// folder for witnesses. They are read before the journal, which may grow
// meanwhile.
func (c *journalVerifyCmd) before() (list []journal.OldCheckpoint, err error) {
	texts, err := readTexts(c.Checkpoint)
	for i, text := range texts {
		if _, err := sealed.Peek(text); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Checkpoint[i], err)
		}
		list = append(list, journal.OldCheckpoint{Text: text})
	}
	dir := cmp.Or(c.Witness, c.witnesses(&c.storeFlags))
	if err != nil || dir == "" {
		return list, err
	}
	kept, err := journal.Witnessed(dir)
	if errors.Is(err, fs.ErrNotExist) && c.Witness == "" { // nothing was sealed yet
		return list, nil
	}
	return append(list, kept...), err
}

// ownJournalKey is the public key that the key file says a log must name; nil
// where there is no key file.
func ownJournalKey(ctx context.Context, d *db.DB, file identity.KeyFile) (func(string) (string, error), error) {
	if _, err := os.Stat(file.Path); err != nil {
		return nil, nil //nolint:nilerr,nilnil // without it less is proved, which is said
	}
	keys, err := identity.LookKeys(ctx, d, file)
	if err != nil {
		return nil, err
	}
	if has, err := keys.Has(ctx, "ed25519-"+journalKey); err != nil || !has {
		return nil, err
	}
	key, err := keys.SigningKey(ctx, journalKey)
	if err != nil {
		return nil, err
	}
	return func(origin string) (string, error) {
		return sealed.PublicKey(origin, key.Public().(ed25519.PublicKey))
	}, nil
}

func tellVerified(w io.Writer, v journal.Verified, whose string) {
	for _, l := range v.Logs {
		fmt.Fprintf(w, "log %s: %d entries, newest checkpoint %s\n", printable(l.Origin), l.Size, l.Last.Format("2006-01-02 15:04:05 MST"))
		fmt.Fprintf(w, "  public key %s (%s)\n", printable(l.Public), whose)
	}
	fmt.Fprintf(w, "%d acts in their places, of %d some part is forgotten; %d wait for a place\n", v.Acts, v.Forgotten, v.Waiting)
	fmt.Fprintf(w, "%d checkpoints signed, and the acts come to them\n", v.Checkpoints)
	for _, c := range v.Extended {
		fmt.Fprintf(w, "the log extends the given checkpoint of %d entries\n", c.Size)
	}
	if v.Witnessed > 0 {
		fmt.Fprintf(w, "the log extends the %d checkpoints in the folder for witnesses\n", v.Witnessed)
	}
	if len(v.Faults) == 0 {
		fmt.Fprintln(w, "Nothing was changed, removed or slipped in.")
		return
	}
	fmt.Fprintf(w, "NOT AS IT WAS SEALED, %d faults:\n", int64(len(v.Faults))+v.More)
	for _, f := range v.Faults {
		fmt.Fprintln(w, " ", printable(f.String()))
	}
	if v.More > 0 {
		fmt.Fprintf(w, "  and %d more\n", v.More)
	}
}

// printable is a text without what would steer a terminal: who changed a database
// may have written anything.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// readTexts reads small files: what is longer than any key or checkpoint is cut.
func readTexts(files []string) (texts []string, err error) {
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(io.LimitReader(f, sealed.MaxReceipt))
		f.Close()
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(text))
	}
	return texts, nil
}
