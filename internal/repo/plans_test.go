package repo

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

// longLists are the statements that read a page of a list which may be long.
var longLists = []string{
	"organisation.list", "organisation.members", "organisation.invitation.of", "reserve.list-of-organisation", "reserve.alive-of-organisation",
	"reserve.list-of-person", "mandate.given-now", "mandate.given-once", "mandate.of-agent", "privacy.accesses", "device.list", "device.list-of-site",
	"follow.behind", "appointment.of-person", "appointment.on-days", "identity.staff.page", "identity.staff.of-house", "identity.invitation.open",
}

// A page of a long list is found by an index, in the order in which it is shown: no
// table is read from one end to the other, and nothing is sorted.
func TestLongListsAreReadByAnIndex(t *testing.T) {
	t.Parallel()
	var list []db.Query
	for _, q := range db.Registered() {
		if slices.Contains(longLists, q.Name()) {
			list = append(list, q)
		}
	}
	if len(list) != len(longLists) {
		t.Errorf("%d of %d statements are there", len(list), len(longLists))
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		h, err := sql.Open("sqlite", dbtest.SQLite(t).URL)
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		for _, q := range list {
			if plan := litePlan(t, h, q.Text(db.SQLite)); scans.MatchString(plan) || strings.Contains(plan, "TEMP B-TREE FOR ORDER") {
				t.Errorf("%s:\n%s", q.Name(), plan)
			}
		}
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		c, err := pgx.Connect(t.Context(), dbtest.PostgresURL(t))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(context.WithoutCancel(t.Context()))
		// Of empty tables all is as good: whatever an index can do it is to do.
		for _, set := range []string{"plan_cache_mode = force_generic_plan", "enable_seqscan = off", "enable_bitmapscan = off", "enable_sort = off"} {
			if _, err := c.Exec(t.Context(), "SET "+set); err != nil {
				t.Fatal(err)
			}
		}
		for i, q := range list {
			if plan := postgresPlan(t, c, fmt.Sprint("plan", i), q.Text(db.Postgres)); strings.Contains(plan, "Seq Scan") || sorts.MatchString(plan) {
				t.Errorf("%s:\n%s", q.Name(), plan)
			}
		}
	})
}

// sorts finds what is sorted as a whole: those who begin at one instant may be.
var sorts = regexp.MustCompile(`(?m)^\s*(?:->\s+)?Sort  \(`)

// scans finds a table that is read whole, without an index.
var scans = regexp.MustCompile(`(?m)^SCAN \w+$`)

func litePlan(t *testing.T, h *sql.DB, text string) string {
	t.Helper()
	args := make([]any, params(text))
	for i := range args {
		args[i] = ""
	}
	rows, err := h.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var id, parent, unused int
		var line string
		if err := rows.Scan(&id, &parent, &unused, &line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func postgresPlan(t *testing.T, c *pgx.Conn, name, text string) string {
	t.Helper()
	if _, err := c.Exec(t.Context(), "PREPARE "+name+" AS "+text); err != nil {
		t.Fatal(err)
	}
	nothing := strings.TrimSuffix(strings.Repeat("NULL,", params(text)), ",")
	rows, err := c.Query(t.Context(), "EXPLAIN EXECUTE "+name+"("+nothing+")", pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

var param = regexp.MustCompile(`\$(\d+)`)

// params is how many parameters a statement has.
func params(text string) (n int) {
	for _, m := range param.FindAllStringSubmatch(text, -1) {
		k, _ := strconv.Atoi(m[1]) // digits
		n = max(n, k)
	}
	return n
}
