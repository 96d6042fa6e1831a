package doctor

import (
	"context"
	"fmt"
	"time"

	"polis/internal/platform/db"
	"polis/internal/platform/jobs"
	"polis/internal/reserve"
	"polis/internal/schema"
)

// openDatabase opens the database without making anything.
func (d *doctor) openDatabase(ctx context.Context) {
	open, err := d.Open(ctx)
	if err != nil {
		d.say("database", wrong, "database.away", "why", err.Error())
		return
	}
	at, _, err := open.SchemaVersion(ctx, schema.Files)
	switch {
	case err != nil:
		d.say("database", wrong, "database.away", "why", err.Error())
	case at == 0:
		d.say("database", wrong, "database.empty")
	default:
		if d.facts, err = open.Inspect(ctx); err == nil {
			d.db = open
			return
		}
		d.say("database", wrong, "database.away", "why", err.Error())
	}
	open.Close()
}

func (d *doctor) checkDatabase(ctx context.Context) {
	if d.db.Engine == db.Postgres {
		d.judgePostgres(d.facts)
	} else {
		d.judgeSQLite(ctx, d.facts)
	}
	at, newest, err := d.db.SchemaVersion(ctx, schema.Files)
	switch {
	case err != nil:
		d.failed("schema", err)
	case at < newest:
		d.say("schema", warning, "schema.older", "at", fmt.Sprint(at), "newest", fmt.Sprint(newest))
	case at > newest:
		d.say("schema", warning, "schema.newer", "at", fmt.Sprint(at), "newest", fmt.Sprint(newest))
	default:
		d.say("schema", fine, "schema.same", "at", fmt.Sprint(at))
	}
}

// muchLog is how much may be written before the database itself until somebody
// should ask why.
const muchLog = 1 << 30

func (d *doctor) judgeSQLite(ctx context.Context, f db.Facts) {
	d.say("database", fine, "database.sqlite", "version", f.Version, "size", megabytes(f.Size))
	if mode := f.Settings["journal_mode"]; mode != "wal" { // which it falls back from where a disk cannot do it
		d.say("database", wrong, "database.journal", "mode", mode)
	}
	if f.ReadOnly {
		d.say("database", wrong, "database.file", "file", d.Location)
	}
	if f.Log > muchLog {
		d.say("database", warning, "database.wal", "size", megabytes(f.Log))
	}
	if d.Quick {
		return
	}
	damage, err := d.db.Damage(ctx)
	switch {
	case err != nil:
		d.failed("damage", err)
	case damage != "":
		d.say("damage", wrong, "damage.found", "what", fmt.Sprintf("%.300s", damage))
	default:
		d.say("damage", fine, "damage.none")
	}
}

// What one server and who looks after it need.
const (
	oldestPostgres = 150000
	perServer      = 20
	spare          = 5
)

func (d *doctor) judgePostgres(f db.Facts) {
	before := len(d.found)
	if f.Number < oldestPostgres {
		d.say("database", wrong, "database.old", "version", f.Version)
	}
	if f.Encoding != "UTF8" {
		d.say("database", wrong, "database.encoding", "encoding", f.Encoding)
	}
	for _, name := range []string{"synchronous_commit", "fsync", "full_page_writes"} {
		if f.Settings[name] == "off" {
			d.say("database", wrong, "database.setting", "name", name)
		}
	}
	switch {
	case f.Standby:
		d.say("database", wrong, "database.standby")
	case f.ReadOnly:
		d.say("database", wrong, "database.read-only")
	}
	if f.Foreign > 0 {
		d.say("database", wrong, "database.foreign", "count", f.Foreign)
	}
	switch {
	case f.Allowed < perServer+spare:
		d.say("database", wrong, "database.connections", "allowed", f.Allowed, "used", f.Connections)
	case f.Allowed-f.Connections < perServer:
		d.say("database", warning, "database.connections", "allowed", f.Allowed, "used", f.Connections)
	}
	if f.Log > muchLog {
		d.say("database", warning, "database.slot", "size", megabytes(f.Log))
	}
	if f.Oldest > d.patience {
		d.say("database", wrong, "database.open", "age", f.Oldest.Round(time.Second), "process", fmt.Sprint(f.OldestID))
	}
	if f.Deadlocks > 0 {
		d.say("database", warning, "database.deadlocks", "count", f.Deadlocks)
	}
	if len(d.found) == before {
		d.say("database", fine, "database.postgres", "version", f.Version, "size", megabytes(f.Size))
	}
}

// Late is how long work may wait while a server runs.
const Late = 15 * time.Minute

// checkWork looks whether a server works, and at what it should have done.
func (d *doctor) checkWork(ctx context.Context) {
	serves, err := reserve.Serving(ctx, d.db, d.now)
	if err != nil {
		d.failed("work", err)
		return
	}
	d.serves = serves
	o, err := jobs.Look(ctx, d.db, d.now.Add(-Late))
	if err != nil {
		d.failed("work", err)
		return
	}
	if o.Dead > 0 {
		d.say("work", warning, "work.dead", "count", o.Dead)
	}
	switch {
	case o.Late > 0 && serves:
		d.say("work", wrong, "work.late", "count", o.Late, "since", o.Oldest)
	case o.Late > 0:
		d.say("work", warning, "work.waits", "count", o.Late, "since", o.Oldest)
	case serves:
		d.say("work", fine, "work.done")
	default:
		d.say("work", fine, "work.nobody")
	}
}

// shown is how many differences the doctor names; polis check names all.
const shown = 3

func (d *doctor) checkReservations(ctx context.Context) {
	if d.Quick {
		return
	}
	differences, first := 0, ""
	cells, err := reserve.Check(ctx, d.db, func(text string) {
		if differences++; differences <= shown {
			first += "; " + text
		}
	})
	switch {
	case err != nil:
		d.failed("reservations", err)
	case differences > 0:
		d.say("reservations", wrong, "reservations.differ", "count", differences, "first", first[2:])
	default:
		d.say("reservations", fine, "reservations.same", "count", cells)
	}
}
