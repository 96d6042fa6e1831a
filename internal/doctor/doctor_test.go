package doctor

import (
	"context"
	"database/sql"
	"embed"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the tests damage rows of its files

	"polis/internal/identity"
	"polis/internal/identity/privacy"
	"polis/internal/installation"
	"polis/internal/journal"
	"polis/internal/journal/journaltest"
	"polis/internal/pass"
	"polis/internal/platform/backup"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/machine"
	"polis/internal/platform/web"
	"polis/internal/schema"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// patientOf is an installation that a doctor finds nothing wrong with.
type patientOf struct {
	*testing.T
	Options
	doctor *doctor
}

func newPatient(t *testing.T) *patientOf {
	t.Helper()
	x := &patientOf{T: t}
	x.Data = t.TempDir()
	x.KeyFile.Path = filepath.Join(x.Data, "kek.json")
	x.Now, x.Open = time.Now, x.open
	x.start()
	x.BackupDir, x.BackupKeys, x.Witness = t.TempDir(), t.TempDir(), t.TempDir()
	x.backUp(0)
	x.copyKeys()
	x.see()
	return x
}

// location is the URL or the path of the database.
func (x *patientOf) location() string {
	if x.Database != "" {
		return x.Database
	}
	return filepath.Join(x.Data, "polis.db")
}

// open opens a database that is there; it makes nothing.
func (x *patientOf) open(ctx context.Context) (*db.DB, error) {
	if x.Database == "" {
		if _, err := os.Stat(x.location()); err != nil {
			return nil, err
		}
	}
	return db.Open(ctx, x.location())
}

func (x *patientOf) words() *i18n.Bundle {
	x.Helper()
	words := i18n.NewBundle()
	for _, files := range []embed.FS{Words, installation.Words, web.Words, privacy.Words} {
		x.must(words.Add(files))
	}
	return words
}

// see gives the patient a new doctor.
func (x *patientOf) see() {
	x.doctor = &doctor{
		Options: &x.Options, now: x.Now(), clock: x.Now, patience: time.Hour, p: x.words().Printer(i18n.IT, i18n.Rome),
		outside: outside{
			synced: func() (bool, bool) { return true, true },
			volume: func(dir string) (machine.Volume, error) {
				_, err := os.Stat(dir)
				v := machine.Volume{Free: 100 << 30, Device: 1}
				if dir == x.BackupDir {
					v.Device = 2
				}
				return v, err
			},
		},
	}
}

// start makes what the first start of a server makes, and a copy of the key.
func (x *patientOf) start() {
	x.Helper()
	ctx := context.Background()
	x.Location = x.location()
	d, err := db.Open(ctx, x.Location)
	x.must(err)
	defer d.Close()
	_, err = d.Migrate(ctx, schema.Files)
	x.must(err)
	keys, err := identity.OpenKeys(ctx, d, x.KeyFile)
	x.must(err)
	text, err := pass.PublicOf(ctx, keys)
	x.must(err)
	x.write(filepath.Join(x.Data, "pass.pub"), string(text))
	_, err = keys.Secret(ctx, KeyCopied, func() ([]byte, error) { return time.Now().AppendText(nil) })
	x.must(err)
}

// backUp writes a backup as of some time ago.
func (x *patientOf) backUp(ago time.Duration) string {
	x.Helper()
	d, err := x.open(x.Context())
	if err != nil {
		x.Fatal(err)
	}
	defer d.Close()
	now := time.Now().Add(-ago)
	path := filepath.Join(x.BackupDir, now.UTC().Format("polis-2006-01-02-1504.jsonl.gz"))
	if _, err := (backup.Source{DB: d, Schema: schema.Files}).WriteFile(x.Context(), now, path, backup.Pace{}, func(string, int64) {}); err != nil {
		x.Fatal(err)
	}
	return path
}

// copyKeys writes the keys of people.
func (x *patientOf) copyKeys() {
	x.Helper()
	d, err := x.open(x.Context())
	x.must(err)
	defer d.Close()
	_, _, err = privacy.CopyKeys(x.Context(), d, time.Now(), x.BackupKeys)
	x.must(err)
}

// acted writes an act of some time ago, and seals it.
func (x *patientOf) acted(ago time.Duration, seal bool) {
	x.Helper()
	d, err := x.open(x.Context())
	x.must(err)
	defer d.Close()
	x.must(d.Write(x.Context(), func(tx *db.Tx) error {
		return journal.Append(x.Context(), tx, journal.Act{At: time.Now().Add(-ago), Kind: "a"})
	}))
	if seal {
		journaltest.Seal(x, journaltest.Sealer(x, d))
	}
}

// retained notes a run of retention.
func (x *patientOf) retained(ago time.Duration, failed string) {
	x.Helper()
	x.exec(`INSERT INTO retention_run (kind, at, ended, total, failed) VALUES ('messages', $1, 0, 0, $2)`, time.Now().Add(-ago).UnixMicro(), failed)
}

// exec changes rows behind the program's back.
func (x *patientOf) exec(statement string, args ...any) {
	x.Helper()
	driver := "sqlite"
	if x.Database != "" {
		driver = "pgx"
	}
	d, err := sql.Open(driver, x.location())
	if err != nil {
		x.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Exec(statement, args...); err != nil {
		x.Fatalf("%s: %v", statement, err)
	}
}

func (x *patientOf) write(path, text string) string {
	x.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		x.Fatal(err)
	}
	return path
}

// finds lets the doctor look, who must find this and nothing else that is as bad
// or worse.
func (x *patientOf) finds(l level, name string) {
	x.Helper()
	x.doctor.examine(x.Context())
	words, found := x.words(), false
	for _, f := range x.doctor.found {
		key := "doctor." + f.name
		if !words.Has(key) || f.Level != fine && !words.Has(key+".mend") || !words.Has("doctor.level."+string(f.Level)) {
			x.Errorf("%s has no words", key)
		}
		if strings.Contains(f.Text+f.Mend, "<no value>") || strings.Contains(f.Text+f.Mend, "{{") {
			x.Errorf("%s lacks something: %s → %s", key, f.Text, f.Mend)
		}
		switch {
		case f.name == name && f.Level == l:
			found = true
		case f.Level == wrong || f.Level == warning && l != wrong && f.Level == l && f.name != "mail.off":
			x.Errorf("%s: %s %s", f.Check, f.Level, f.Text)
		}
	}
	if !found {
		x.Errorf("%s (%s) is not among %+v", name, l, x.doctor.found)
	}
}

// Each thing that can be wrong is made so, and found; beside it nothing is.
func TestDoctorFindsWhatIsWrong(t *testing.T) {
	day := 24 * time.Hour
	for _, c := range []struct {
		name  string
		level level
		spoil func(x *patientOf)
	}{
		{"work.nobody", fine, func(*patientOf) {}},
		{"damage.none", fine, func(*patientOf) {}},
		{"reservations.same", fine, func(*patientOf) {}},
		{"backups.good", fine, func(*patientOf) {}},
		{"keys.copied", fine, func(*patientOf) {}},
		{"passes.there", fine, func(*patientOf) {}},
		{"clock.unknown", fine, func(x *patientOf) { x.doctor.outside.synced = func() (bool, bool) { return false, false } }},

		{"clock.alone", warning, func(x *patientOf) { x.doctor.outside.synced = func() (bool, bool) { return false, true } }},
		{"clock.back", wrong, func(x *patientOf) {
			x.exec(`INSERT INTO act (id, at, kind, subject, person, data) VALUES ('zz', $1, 'x', '', '', '{}')`, time.Now().Add(time.Hour).UnixMicro())
		}},
		{"disk.full", warning, func(x *patientOf) { x.room(700 << 20) }},
		{"disk.full", wrong, func(x *patientOf) { x.room(100 << 20) }},
		{"disk.network", wrong, func(x *patientOf) { x.volume("network", x.Data) }},
		{"disk.memory", warning, func(x *patientOf) { x.volume("memory", x.BackupDir) }},
		{"disk.same", warning, func(x *patientOf) {
			x.doctor.outside.volume = func(string) (machine.Volume, error) { return machine.Volume{Free: 100 << 30, Device: 1}, nil }
		}},
		{"disk.refuses", wrong, func(x *patientOf) {
			x.doctor.checkDisk("disk.data", x.write(filepath.Join(x.TempDir(), "file"), ""), 1, 1)
		}},

		{"disk.missing", wrong, func(x *patientOf) { x.doctor.checkDisk("disk.backups", filepath.Join(x.Data, "nowhere"), 1, 1) }},

		{"database.away", wrong, func(x *patientOf) { x.Data = x.TempDir() }},
		{"database.empty", wrong, func(x *patientOf) {
			x.Data = x.TempDir()
			x.exec("CREATE TABLE other (id TEXT)")
		}},
		{"schema.older", warning, func(x *patientOf) {
			x.exec("DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)")
		}},
		{"schema.newer", warning, func(x *patientOf) { x.exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)") }},
		{"database.wal", warning, func(x *patientOf) {
			x.Quick = true
			x.doctor.judgeSQLite(x.Context(), db.Facts{Version: "3.0.0", Log: 2 << 30, Settings: map[string]string{"journal_mode": "wal"}})
		}},
		{"database.journal", wrong, func(x *patientOf) {
			x.Quick = true
			x.doctor.judgeSQLite(x.Context(), db.Facts{Version: "3.0.0", Settings: map[string]string{"journal_mode": "delete"}})
		}},
		{"damage.found", wrong, func(x *patientOf) {
			x.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
				INSERT INTO act (id, at, kind, subject, person, data) SELECT printf('%08d', i), 1, 'x', '', '', '{}' FROM n`)
			x.exec("PRAGMA wal_checkpoint(TRUNCATE)")
			f, err := os.OpenFile(filepath.Join(x.Data, "polis.db"), os.O_RDWR, 0)
			if err != nil {
				x.Fatal(err)
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				x.Fatal(err)
			}
			if _, err := f.WriteAt([]byte(strings.Repeat("damage", 700)), info.Size()-3*4096+8); err != nil {
				x.Fatal(err)
			}
		}},

		{"keys.gone", wrong, func(x *patientOf) { x.must(os.Remove(x.KeyFile.Path)) }},
		{"keys.other", wrong, func(x *patientOf) {
			other := newPatient(x.T)
			x.KeyFile.Path = other.KeyFile.Path
		}},
		{"keys.refused", wrong, func(x *patientOf) { x.must(os.Chmod(x.KeyFile.Path, 0o644)) }},
		{"keys.single", warning, func(x *patientOf) { x.exec("DELETE FROM secret WHERE name = 'key-copied'") }},
		{"passes.none", warning, func(x *patientOf) { x.exec("DELETE FROM secret WHERE name = 'ed25519-pass'") }},
		{"passes.file", warning, func(x *patientOf) { x.must(os.Remove(filepath.Join(x.Data, "pass.pub"))) }},

		{"work.dead", warning, func(x *patientOf) { x.job("dead", time.Hour) }},
		{"work.waits", warning, func(x *patientOf) { x.job("ready", time.Hour) }},
		{"work.late", wrong, func(x *patientOf) {
			x.job("ready", time.Hour)
			x.serving()
		}},
		{"work.done", fine, func(x *patientOf) { x.serving() }},
		{"sealing.none", fine, func(*patientOf) {}},
		{"sealing.good", fine, func(x *patientOf) { x.acted(time.Hour, true) }},
		{"sealing.waits", warning, func(x *patientOf) { x.acted(time.Hour, false) }},
		{"sealing.behind", wrong, func(x *patientOf) {
			x.acted(time.Hour, true)
			x.acted(time.Minute, false)
			x.serving()
		}},
		{"witness.good", fine, func(*patientOf) {}},
		{"witness.off", warning, func(x *patientOf) { x.Witness = "" }},
		{"witness.missing", warning, func(x *patientOf) { x.Witness = filepath.Join(x.Data, "nowhere") }},
		{"witness.refuses", wrong, func(x *patientOf) { x.Witness = x.write(filepath.Join(x.TempDir(), "file"), "") }},
		{"retention.never", fine, func(*patientOf) {}},
		{"retention.done", fine, func(x *patientOf) { x.retained(day/2, "") }},
		{"retention.failed", wrong, func(x *patientOf) { x.retained(day/2, "no") }},
		{"retention.late", wrong, func(x *patientOf) {
			x.retained(2*day, "")
			x.serving()
		}},
		{"person-keys.good", fine, func(*patientOf) {}},
		{"person-keys.none", wrong, func(x *patientOf) { x.BackupKeys = x.TempDir() }},
		{"person-keys.old", wrong, func(x *patientOf) { x.backUp(-time.Hour) }},
		{"person-keys.broken", wrong, func(x *patientOf) {
			files, err := filepath.Glob(filepath.Join(x.BackupKeys, "*.gz"))
			x.must(err)
			x.write(files[0], "hello")
		}},
		{"reservations.differ", wrong, func(x *patientOf) { x.exec("INSERT INTO occupancy (day, resource, am, pm) VALUES (20000, 1, 1, 0)") }},

		{"backups.off", warning, func(x *patientOf) { x.BackupDir = "" }},
		{"backups.none", wrong, func(x *patientOf) { x.BackupDir = x.TempDir() }},
		{"backups.old", wrong, func(x *patientOf) {
			x.BackupDir = x.TempDir()
			x.backUp(2 * day)
		}},
		{"backups.broken", wrong, func(x *patientOf) {
			x.BackupKeys = "" // which would be older
			path := x.backUp(-time.Hour)
			text, err := os.ReadFile(path)
			x.must(err)
			x.write(path, string(text[:len(text)-9]))
		}},
		{"backups.small", warning, func(x *patientOf) {
			x.write(filepath.Join(x.BackupDir, "polis-2020-01-01-0230.jsonl.gz"), strings.Repeat("large", 10_000))
		}},
	} {
		t.Run(c.name+"-"+string(c.level), func(t *testing.T) {
			t.Parallel()
			x := newPatient(t)
			c.spoil(x)
			x.finds(c.level, c.name)
		})
	}
}

func (x *patientOf) must(err error) {
	x.Helper()
	if err != nil {
		x.Fatal(err)
	}
}

// room leaves so much on the disk of the data.
func (x *patientOf) room(free int64) {
	x.doctor.outside.volume = func(dir string) (machine.Volume, error) {
		if dir == x.Data {
			return machine.Volume{Free: free, Device: 1}, nil
		}
		return machine.Volume{Free: 100 << 30, Device: 2}, nil
	}
}

// volume puts a folder on a file system of a kind.
func (x *patientOf) volume(kind, on string) {
	x.doctor.outside.volume = func(dir string) (machine.Volume, error) {
		v := machine.Volume{Free: 100 << 30, Device: uint64(len(dir))}
		if dir == on {
			v.Kind, v.Device = kind, 99
		}
		return v, nil
	}
}

// job puts a job that was due some time ago.
func (x *patientOf) job(state string, ago time.Duration) {
	x.Helper()
	x.exec(`INSERT INTO job (id, kind, args, state, run_at) VALUES ('j', 'notify.send', '{}', $1, $2)`, state, time.Now().Add(-ago).UnixMicro())
}

// serving makes it look as if a server worked.
func (x *patientOf) serving() {
	x.Helper()
	x.exec(`INSERT INTO job_turn (name, next) VALUES ('reserve.sweep', $1)`, time.Now().Add(time.Minute).UnixMicro())
}

// With --quick nothing is read wholly; what is told of the rest stays.
func TestDoctorInAHurry(t *testing.T) {
	x := newPatient(t)
	x.Quick = true
	x.doctor.examine(t.Context())
	var names []string
	for _, f := range x.doctor.found {
		names = append(names, f.name)
	}
	for _, name := range []string{"damage.none", "reservations.same"} {
		if slices.Contains(names, name) {
			t.Errorf("%s takes long", name)
		}
	}
	if !slices.Contains(names, "backups.good") || !slices.Contains(names, "keys.fit") {
		t.Errorf("%v", names)
	}
}

// The doctor makes nothing, not even where there is nothing.
func TestDoctorLeavesThingsAlone(t *testing.T) {
	x := newPatient(t)
	x.Data = filepath.Join(t.TempDir(), "nowhere")
	x.doctor.examine(t.Context())
	if _, err := os.Stat(x.Data); err == nil {
		t.Error("the doctor made a folder")
	}
	x.Data = t.TempDir()
	x.doctor.examine(t.Context())
	if left, err := os.ReadDir(x.Data); err != nil || len(left) > 0 {
		t.Errorf("the doctor left %v, %v", left, err)
	}
}
