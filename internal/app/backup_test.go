package app

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the test puts rows of its own

	"polis/internal/platform/backup"
	"polis/internal/platform/db"
	"polis/internal/schema"
)

// rowsOfShortLife has a row for each table that no backup holds, and a visit
// that began before now and goes on.
var rowsOfShortLife = []string{
	`INSERT INTO session (hash, id, data, created, seen, expires, ends) VALUES (x'01', 's', x'', 1, 1, 4000000000000000, 4000000000000000)`,
	`INSERT INTO signin_code (contact, id, data, expires) VALUES (x'01', 'c', x'', 4000000000000000)`,
	`INSERT INTO signin_limit (id, free) VALUES (x'01', 4000000000000000)`,
	`INSERT INTO passkey_challenge (hash, data, expires) VALUES (x'01', x'', 4000000000000000)`,
	`INSERT INTO kept_form (hash, data, expires) VALUES (x'01', x'', 4000000000000000)`,
	`INSERT INTO person (id, key, data, created) VALUES ('p', x'01', x'', 1)`,
	`INSERT INTO signin_link (hash, person, expires) VALUES (x'01', 'p', 4000000000000000)`,
	`INSERT INTO oidc_ticket (id, kind, data, expires) VALUES (x'01', 'flow', x'', 4000000000000000)`,
	`INSERT INTO oidc_seen (id, expires) VALUES (x'01', 4000000000000000)`,
	`INSERT INTO invitation (id, hash, contact, data, role, scope_kind, scope, language, given_by, state, created, expires)
		VALUES ('i', x'01', x'', x'', 'manager', 'network', '', 'it', '', 'open', 1, 4000000000000000)`,
	`INSERT INTO list_upload (id, list, person, state, data, created) VALUES ('u', 'sites', 'p', 'waiting', x'', 1)`,
	`INSERT INTO programme_follow_request (id, contact, data, expires) VALUES ('f', x'01', x'', 4000000000000000)`,
	`INSERT INTO programme_news (seq, id, known) VALUES (7, 'late', 1)`,
	`INSERT INTO personal_export (person, id, total, data, created, expires) VALUES ('p', 'x', 1, x'', 1, 4000000000000000)`,
	`INSERT INTO retention_run (kind, at, ended, total) VALUES ('messages', 1, 1, 1)`,
	`INSERT INTO job_turn (name, next) VALUES ('backup.daily', 4000000000000000)`,
	`INSERT INTO booking (id, person, status, starts, ends, due, parts, uses, created, changed, rev)
		VALUES ('b', 'p', 'confirmed', 1, 4000000000000000, 2, '[]', '[]', 1, 1, 1)`,
}

// What admits somebody for a while, and lists that nobody confirmed, are not in
// a backup, nor brought back by one of before; and who was expected since is
// not missed.
func TestBackupsLeaveOutWhatIsShortLived(t *testing.T) {
	flags, env := emptyStore(t)
	d, err := flags.openExisting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	raw, err := sql.Open("sqlite", flags.location())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, row := range rowsOfShortLife {
		if _, err := raw.Exec(row); err != nil {
			t.Fatalf("%s: %v", row, err)
		}
	}
	dir := t.TempDir()
	file, older := filepath.Join(dir, "now.jsonl.gz"), filepath.Join(dir, "older.jsonl.gz")
	if err := (&backupCmd{storeFlags: flags, File: file}).Run(t.Context(), env); err != nil {
		t.Fatal(err)
	}
	whole := backup.Source{DB: d, Schema: schema.Files}
	if _, err := whole.WriteFile(t.Context(), time.Now(), older, backup.Pace{}, func(string, int64) {}); err != nil {
		t.Fatal(err)
	}
	for _, table := range shortLived {
		if line := fmt.Sprintf("{%q:%q", "table", table); strings.Contains(unzipped(t, file), line) || !strings.Contains(unzipped(t, older), line) {
			t.Errorf("%s: in the backup, or not in the one of before", table)
		}
	}
	for _, from := range []string{file, older} {
		to, out := storeFlags{Data: t.TempDir()}, &bytes.Buffer{}
		visited, err := to.openStore(t.Context(), env)
		if err != nil {
			t.Fatal(err)
		}
		if err := visited.db.Write(t.Context(), func(tx *db.Tx) error { // by somebody who tried to sign in
			_, err := tx.Exec(t.Context(), anyLimit)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		visited.close()
		e := *env
		e.Stdout = out
		if err := (&restoreCmd{storeFlags: to, File: from}).Run(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
		copied, err := to.openExisting(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer copied.Close()
		if err := copied.Write(t.Context(), func(tx *db.Tx) error {
			for _, table := range shortLived {
				if empty, err := tx.Empty(t.Context(), table); err != nil || !empty {
					t.Errorf("%s is brought back, %v", table, err)
				}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		var due int64
		if err := db.One(t.Context(), copied, dueOfAll, nil, &due); err != nil || due != 4000000000000000 {
			t.Errorf("the visit is due at %d, %v", due, err)
		}
		if !strings.Contains(out.String(), "1 visits that began since") {
			t.Errorf("it says %q", out)
		}
	}
}

var anyLimit = db.Q("app-test.limit", `INSERT INTO signin_limit (id, free) VALUES (x'02', 4000000000000000)`)

var dueOfAll = db.Q("app-test.due", `SELECT MIN(due) FROM booking`)

func unzipped(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
