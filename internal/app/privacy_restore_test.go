package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"polis/internal/fiscal"
	"polis/internal/identity"
	"polis/internal/identity/privacy"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

// Whoever was forgotten stays so in what is restored from an older backup: the
// keys of people are in no backup, and the newest file of them has theirs no
// more. A backup without keys is refused.
func TestForgettingSurvivesARestore(t *testing.T) {
	kinds := map[string]func(t *testing.T, kek string) storeFlags{
		"sqlite": func(t *testing.T, kek string) storeFlags { return storeFlags{Data: t.TempDir(), KEKFile: kek} },
		"postgres": func(t *testing.T, kek string) storeFlags {
			return storeFlags{Data: t.TempDir(), Database: dbtest.PostgresURL(t), KEKFile: kek}
		},
	}
	for name, store := range kinds {
		t.Run(name, func(t *testing.T) { forgettingSurvives(t, store) })
	}
}

func forgettingSurvives(t *testing.T, store func(t *testing.T, kek string) storeFlags) {
	_, e := emptyStore(t)
	log := &heard{}
	e.log = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctx, dir := t.Context(), t.TempDir()
	flags := store(t, filepath.Join(dir, "kek.json"))
	s, err := flags.openStore(ctx, e)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	bianchi, err := fiscal.Make("Bianchi", "Maria", fiscal.Date{Year: 1990, Month: 4, Day: 12}, fiscal.Female, "H501")
	if err != nil {
		t.Fatal(err)
	}
	people, err := s.people.CreateMany(ctx, []identity.Person{
		{FiscalNumber: "RSSMRA85T10A562S", GivenName: "Mario", FamilyName: "Rossi"}, {FiscalNumber: bianchi, GivenName: "Maria", FamilyName: "Bianchi"},
	})
	if err != nil {
		t.Fatal(err)
	}
	run := func(do interface {
		Run(ctx context.Context, e *env) error
	},
	) string {
		t.Helper()
		out := &bytes.Buffer{}
		with := *e
		with.Stdout, with.Stderr = out, out
		if err := do.Run(ctx, &with); err != nil {
			t.Fatal(err, out)
		}
		return out.String()
	}
	older := filepath.Join(dir, "older.jsonl.gz")
	run(&backupCmd{storeFlags: flags, File: older})
	var stored string
	for _, line := range strings.Split(unzipped(t, older), "\n") {
		if strings.Contains(line, people[0].ID) {
			stored = line
		}
	}
	if !strings.HasPrefix(stored, `["`+people[0].ID+`",{"b":""}`) {
		t.Errorf("the backup has of a person %s", stored)
	}
	zip := filepath.Join(dir, "rossi.zip")
	run(&personExportCmd{storeFlags: flags, Person: "rssmra85t10a562s", Out: zip})
	if file, err := os.ReadFile(zip); err != nil || !strings.Contains(unpacked(t, file)["dati.html"], "Mario Rossi") {
		t.Errorf("the export says nothing of him: %v", err)
	}
	run(&personForgetCmd{storeFlags: flags, Person: "RSSMRA85T10A562S"})
	if _, err := s.people.Get(ctx, people[0].ID); err != nil {
		t.Errorf("forgotten without --yes: %v", err)
	}
	run(&personForgetCmd{storeFlags: flags, Person: "RSSMRA85T10A562S", Yes: true})
	moved := filepath.Join(dir, "keys")
	run(&keyBackupCmd{storeFlags: flags, Dir: moved}) // as the server does within minutes
	mark, err := privacy.Mark(ctx, s.db)
	if err != nil {
		t.Fatal(err)
	}
	before := privacy.KeyFile(dir, mark)
	if err := os.Remove(before); err != nil { // of the time of the backup: only the newest is kept
		t.Fatal(err)
	}

	to := store(t, flags.kek())
	run(&restoreCmd{storeFlags: to, File: older})
	restored, err := to.openStore(ctx, e)
	if err != nil {
		t.Fatal(err)
	}
	defer restored.close()
	if _, err := restored.people.ByFiscalNumber(ctx, "RSSMRA85T10A562S"); !errs.Is(err, errs.NotFound) {
		t.Errorf("he is back: %v", err)
	}
	if _, err := restored.people.Get(ctx, people[0].ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("his row is back: %v", err)
	}
	if p, err := restored.people.ByFiscalNumber(ctx, bianchi); err != nil || p.GivenName != "Maria" {
		t.Errorf("she is %v, %v", p, err)
	}
	run(&checkCmd{storeFlags: to})
	nowhere(t, "forgotten and restored", map[string][]byte{"log": log.text.Bytes(), "tables": everything(t, s.db), "copy": everything(t, restored.db)},
		"RSSMRA85T10A562S", bianchi, "Mario", "Rossi", "Maria", "Bianchi")

	if err := os.Remove(privacy.KeyFile(moved, mark)); err != nil {
		t.Fatal(err)
	}
	if err := (&restoreCmd{storeFlags: store(t, flags.kek()), File: older}).Run(ctx, e); !errors.Is(err, privacy.ErrNoKeys) {
		t.Errorf("restored without keys: %v", err)
	}
	all := run(&restoreCmd{storeFlags: store(t, flags.kek()), File: older, WithoutKeys: true})
	if !strings.Contains(all, "2 people") {
		t.Errorf("without keys: %s", all)
	}
}

// Keys that are older than the backup, of another installation, or cut short, are
// refused: people would be lost without anybody having asked for it.
func TestKeysThatDoNotFit(t *testing.T) {
	flags, e := emptyStore(t)
	ctx, dir := t.Context(), t.TempDir()
	file := filepath.Join(dir, "now.jsonl.gz")
	if err := (&backupCmd{storeFlags: flags, File: file, Keys: t.TempDir()}).Run(ctx, e); err != nil {
		t.Fatal(err)
	}
	s, err := flags.openStore(ctx, e)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	other, _ := emptyStore(t)
	foreign, err := other.openStore(ctx, e)
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.close()
	now := e.clock.Now()
	old, _, err := privacy.CopyKeys(ctx, s.db, now.AddDate(0, 0, -1), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	strange, _, err := privacy.CopyKeys(ctx, foreign.db, now, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	good, _, err := privacy.CopyKeys(ctx, s.db, now.AddDate(0, 0, 1), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(dir, "cut.gz")
	if err := os.WriteFile(cut, whole[:len(whole)-12], 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{old: privacy.ErrKeysOld, strange: privacy.ErrKeysOther, cut: privacy.ErrKeyFile, file: privacy.ErrKeyFile, good: nil} {
		if err := (&restoreCmd{storeFlags: storeFlags{Data: t.TempDir(), KEKFile: flags.kek()}, File: file, Keys: path}).Run(ctx, e); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", filepath.Base(path), err, want)
		}
	}
}
