package repo

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/reserve"
	"polis/internal/schema"
	"polis/internal/site"
)

// schemaOf is the version of the tables of each release.
var schemaOf = map[string]int64{"1": 5, "2": 9, "3": 14, "4": 26, "5": 31}

// While replicas are brought to a new version one after the other, the earlier
// program works on the new tables: every statement of an earlier release can
// still be prepared. testdata/releases has them, in the form that each engine
// got.
func TestEarlierProgramsWorkOnTheseTables(t *testing.T) {
	t.Parallel()
	for release := range schemaOf {
		var statements []struct{ Name, SQLite, Postgres string }
		data, err := os.ReadFile(filepath.Join("testdata", "releases", release+".json"))
		if err == nil {
			err = json.Unmarshal(data, &statements)
		}
		if err != nil || len(statements) == 0 {
			t.Fatalf("release %s: %d statements, %v", release, len(statements), err)
		}
		lite, err := sql.Open("sqlite", dbtest.SQLite(t).URL)
		if err != nil {
			t.Fatal(err)
		}
		defer lite.Close()
		post, err := pgx.Connect(t.Context(), dbtest.PostgresURL(t))
		if err != nil {
			t.Fatal(err)
		}
		defer post.Close(t.Context())
		for _, s := range statements {
			if err := prepare(t.Context(), lite, s.SQLite); err != nil {
				t.Errorf("release %s on SQLite: %s: %v", release, s.Name, err)
			}
			if s.Postgres == "" {
				s.Postgres = s.SQLite
			}
			if _, err := post.Prepare(t.Context(), s.Name, s.Postgres); err != nil {
				t.Errorf("release %s on PostgreSQL: %s: %v", release, s.Name, err)
			}
		}
	}
}

// release1 are rows as the first release wrote them.
var release1 = []db.Query{
	db.Q("release1.site", `INSERT INTO site (id, code, kind, name, municipality, address, lat, lon, zone, size, state, state_since, opens_on, hours, patron, groups, generated, rev)
		VALUES ('s1', 'gavirate', 'space', 'Gavirate', '012072', 'Via Roma 1', 45.84, 8.72, '', 'small', 'open', '2026-01-07', '', 'Mo-Fr 08:00-20:00', '', '', FALSE, 3)`),
	db.Q("release1.room", `INSERT INTO room (id, site, code, name, floor) VALUES ('r1', 's1', 'O-0', 'Open space', 0)`),
	db.Q("release1.resource", `INSERT INTO resource (ordinal, id, site, room, kind, code, name, seats, features, groups, active)
		VALUES (1, 'd1', 's1', 'r1', 'desk', 'D-001', 'D-001', 1, 'monitor', '', TRUE)`),
	db.Q("release1.booking", `INSERT INTO booking (id, person, status, starts, ends, due, parts, uses, created, changed, rev)
		VALUES ('b1', 'p1', 'cancelled', 1795420800000000, 1795435200000000, NULL, '[]', '[]', 1795400000000000, 1795400000000000, 2)`),
	db.Q("release1.act", `INSERT INTO act (id, at, kind, subject, person, data) VALUES ('a1', 1795400000000000, 'booking.confirmed', 'b1', 'p1', '{}')`),
}

// A store of the first release is brought to these tables with all it holds.
func TestFirstReleaseUpgrades(t *testing.T) {
	t.Parallel()
	dbtest.RunAt(t, schemaOf["1"], func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		err := d.Write(ctx, func(tx *db.Tx) error {
			for _, q := range release1 {
				if _, err := tx.Exec(ctx, q); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Migrate(ctx, schema.Files); err != nil {
			t.Fatal(err)
		}
		store := site.NewStore(d, clock.System{}, clock.NewID)
		net, err := store.LoadNetwork(ctx)
		if err != nil {
			t.Fatal(err)
		}
		st, err := net.ByCode("gavirate")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(site.Profile{}, st.Profile); diff != "" || st.Rev != 3 || st.State != site.Open || len(net.OfKind(st.ID, site.Desk)) != 1 {
			t.Errorf("the house changed: %+v %s", st, diff)
		}
		live, err := site.NewLive(ctx, store)
		if err != nil {
			t.Fatal(err)
		}
		engine := reserve.New(d, live, clock.System{}, clock.NewID)
		if err := engine.Start(ctx); err != nil {
			t.Fatal(err)
		}
		defer engine.Stop()
		b, err := engine.Get(ctx, "b1")
		if err != nil || b.Status != reserve.Cancelled || b.Rev != 2 || agenda.DayOf(b.Starts) != agenda.DayOf(clock.FromMicros(1795420800000000)) {
			t.Errorf("the booking changed: %+v, %v", b, err)
		}
	})
}
