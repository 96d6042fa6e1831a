package backup_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"polis/internal/platform/backup"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/schema"
)

// Rows of every table there is go to the other engine and back as they were:
// texts, numbers, bytes, truth values and what is missing.
func TestEveryTableGoesThereAndBack(t *testing.T) {
	lite, pg, again := dbtest.SQLite(t), dbtest.Postgres(t), dbtest.SQLite(t)
	names := must(backup.Tables(schema.Files))
	for _, name := range names {
		for i := range 2 {
			insertMadeUp(t, lite, name, i)
		}
	}
	first := write(t, lite)
	info, err := backup.Verify(t.Context(), bytes.NewReader(first), 0, backup.Pace{})
	if err != nil || info.Rows != int64(2*len(names)) {
		t.Fatalf("%+v of %d tables, %v", info, len(names), err)
	}
	if err := read(t, pg, first); err != nil {
		t.Fatal(err)
	}
	if err := read(t, again, write(t, pg)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, write(t, again)) {
		t.Error("what came back differs")
	}
}

// insertMadeUp puts the i-th made-up row into a table, of values that all
// tables agree on, so that rows refer to each other: 0 has everything, 1 lacks
// what may be missing.
func insertMadeUp(t *testing.T, d *db.DB, table string, i int) {
	t.Helper()
	h := must(sql.Open("sqlite", d.URL))
	defer h.Close()
	rows := must(h.Query("SELECT name, type, \"notnull\" OR pk > 0 FROM pragma_table_info(?)", table))
	defer rows.Close()
	var columns, marks []string
	var values []any
	for rows.Next() {
		var name, typ string
		var needed bool
		if err := rows.Scan(&name, &typ, &needed); err != nil {
			t.Fatal(err)
		}
		columns, marks = append(columns, name), append(marks, "?")
		switch {
		case i == 1 && !needed:
			values = append(values, nil)
		case typ == "TEXT":
			values = append(values, fmt.Sprintf("è \"%d\" \\ <\n>", i))
		case typ == "REAL":
			values = append(values, 8.7141592653589793+float64(i))
		case typ == "BLOB":
			values = append(values, bytes.Repeat([]byte{0, 255, '"', byte(i)}, i*40000)) // longer than a buffer, or empty
		default:
			values = append(values, i)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Exec(fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(columns, ", "), strings.Join(marks, ", ")), values...); err != nil {
		t.Fatalf("%s: %v", table, err)
	}
}

// A database that this version has not been brought to yet is backed up as it
// is; one of a later version is not, as tables would be left out.
func TestOtherVersions(t *testing.T) {
	dbtest.RunAt(t, 5, func(t *testing.T, d *db.DB) {
		old := write(t, d)
		info, err := backup.Verify(t.Context(), bytes.NewReader(old), 0, backup.Pace{})
		if err != nil || info.Schema != 5 {
			t.Errorf("%+v, %v", info, err)
		}
		to := dbtest.SQLite(t)
		if err := read(t, to, old); err != nil {
			t.Error(err)
		}
		must(0, to.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), later)
			return err
		}))
		var b bytes.Buffer
		if _, err := (backup.Source{DB: to, Schema: schema.Files}).Write(t.Context(), noon, &b, backup.Pace{}, func(string, int64) {}); !errors.Is(err, backup.ErrNewerDatabase) {
			t.Errorf("of a later version: %v", err)
		}
	})
}

var later = db.Q("test.later", `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)

// What later versions did to rows, when the tables were brought to them, is done
// to those of an older backup too, and to no others: who had a token in a role
// before roles and tokens went together gets the role.
func TestRowsCatchUp(t *testing.T) {
	for version, want := range map[int64]int{17: 1, 18: 0} {
		dbtest.RunAt(t, version, func(t *testing.T, d *db.DB) {
			must(0, d.Write(t.Context(), func(tx *db.Tx) error {
				for _, q := range []db.Query{somebody, theirToken} {
					if _, err := tx.Exec(t.Context(), q, []byte{}); err != nil {
						return err
					}
				}
				return nil
			}))
			to := dbtest.SQLite(t)
			if err := read(t, to, write(t, d)); err != nil {
				t.Fatal(err)
			}
			var roles int
			if err := db.One(t.Context(), to, rolesHeld, nil, &roles); err != nil || roles != want {
				t.Errorf("from version %d: %d roles, want %d, %v", version, roles, want, err)
			}
		})
	}
}

var (
	somebody   = db.Q("test.somebody", `INSERT INTO person (id, key, data, created) VALUES ('p', $1, $1, 1)`)
	theirToken = db.Q("test.their-token", `
		INSERT INTO token (id, hash, person, name, role, scope_kind, scope, created) VALUES ('t', $1, 'p', $1, 'manager', 'network', '', 1)`)
	rolesHeld = db.Q("test.roles-held", `SELECT COUNT(*) FROM role_grant WHERE person = 'p' AND role = 'manager'`)
)
