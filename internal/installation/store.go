package installation

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/blob"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Store keeps the settings, each part as a row.
type Store struct {
	db   *db.DB
	keys *identity.Keys
	clk  clock.Clock
}

// NewStore returns the settings of a database.
func NewStore(d *db.DB, keys *identity.Keys, clk clock.Clock) *Store { return &Store{d, keys, clk} }

// channel is where replicas tell each other that something has changed.
const channel = "polis_setting"

var (
	listSettings = db.Q("installation.list", `SELECT name, value, rev FROM setting`)
	getSetting   = db.Q("installation.get", `SELECT value, rev FROM setting WHERE name = $1`)
	// A part that nobody has said is at rev 0.
	putSetting = db.Q("installation.put", `
		INSERT INTO setting (name, value, rev, changed) VALUES ($1, $2, 1, $3)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value, rev = setting.rev + 1, changed = excluded.changed
		WHERE setting.rev = CAST($4 AS BIGINT)`)
)

// saved is what the database holds.
type saved struct {
	Settings
	revs   map[Part]int64
	unread map[Part]error // parts that are there and cannot be read
	setUp  setUpState
}

// load reads all parts at one moment.
func (s *Store) load(ctx context.Context) (out *saved, err error) {
	defer errs.Wrap(&err, "installation.load")
	out = &saved{revs: map[Part]int64{}, unread: map[Part]error{}}
	type row struct {
		name  string
		value []byte
		rev   int64
	}
	rows, err := db.All(ctx, s.db, listSettings, func(rows *sql.Rows) (r row, err error) {
		return r, rows.Scan(&r.name, &r.value, &r.rev)
	})
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		var into any
		part, known := parts[Part(r.name)]
		switch {
		case known:
			into, out.revs[Part(r.name)] = part.in(&out.Settings), r.rev
		case r.name == setUpRow:
			into = &out.setUp
		default: // of another version of the program
			continue
		}
		switch err := json.Unmarshal(r.value, into); {
		case err != nil && known:
			out.spoilt(Part(r.name), err)
		case err != nil:
			return nil, fmt.Errorf("setting %q: %w", r.name, err)
		}
	}
	if m := &out.Mail; len(m.Sealed) > 0 {
		password, err := s.keys.Open(placeOfPassword, m.Sealed)
		if err != nil {
			out.spoilt(PartMail, err)
		} else {
			m.Password = Secret(password)
		}
	}
	return out, nil
}

// spoilt notes that a part cannot be read, and leaves nothing of it.
func (s *saved) spoilt(part Part, err error) {
	s.unread[part] = err
	clearPart(&s.Settings, part)
}

// clearPart leaves a part unsaid.
func clearPart(s *Settings, part Part) { reflect.ValueOf(parts[part].in(s)).Elem().SetZero() }

const placeOfPassword = "setting:mail.password"

// save puts a part of the settings in the place of the one that the caller saw,
// which was at rev. What is saved already is no change. The error is Conflict
// where somebody else was first.
func (s *Store) save(ctx context.Context, part Part, next Settings, rev int64, person string, files ...blob.File) (err error) {
	defer errs.Wrap(&err, "installation.save(%q)", part)
	if next.Mail.Sealed = nil; part == PartMail && next.Mail.Password != "" {
		if next.Mail.Sealed, err = s.keys.Seal(placeOfPassword, []byte(next.Mail.Password)); err != nil {
			return err
		}
	}
	value, err := json.Marshal(parts[part].in(&next))
	if err != nil {
		return err
	}
	before, err := s.load(ctx)
	if err != nil {
		return err
	}
	if before.revs[part] > 0 && before.unread[part] == nil && parts[part].same(&before.Settings, &next) {
		return nil
	}
	now := s.clk.Now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.putValue(ctx, tx, string(part), value, rev); err != nil {
			return err
		}
		if err := blob.Put(ctx, tx, now, files...); err != nil {
			return err
		}
		if old := before.Look.Logo.ID; part == PartLook && old != "" && old != next.Look.Logo.ID {
			if err := blob.Drop(ctx, tx, old); err != nil {
				return err
			}
		}
		return journal.Append(ctx, tx, journal.Act{At: now, Kind: "installation.changed", Subject: string(part), Person: person})
	})
}

// row reads a row that is no part of the settings into a value.
func (s *Store) row(ctx context.Context, r db.Reader, name string, into any) (rev int64, err error) {
	var value []byte
	err = db.One(ctx, r, getSetting, []any{name}, &value, &rev)
	if errors.Is(err, db.ErrNoRow) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return rev, json.Unmarshal(value, into)
}

var lockSetting = db.Q("installation.lock", `
	INSERT INTO setting (name, value, rev, changed) VALUES ($1, '{}', 1, 0)
	ON CONFLICT (name) DO UPDATE SET rev = setting.rev`)

// lock makes sure of a row, which nobody else changes until the transaction
// ends.
func (s *Store) lock(ctx context.Context, tx *db.Tx, name string) error {
	_, err := tx.Exec(ctx, lockSetting, name)
	return err
}

// put writes a row that is at rev; see putValue.
func (s *Store) put(ctx context.Context, tx *db.Tx, name string, v any, rev int64) error {
	value, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.putValue(ctx, tx, name, value, rev)
}

// putValue writes a row that is at rev, and tells the replicas. Conflict where
// somebody else was first.
func (s *Store) putValue(ctx context.Context, tx *db.Tx, name string, value []byte, rev int64) error {
	n, err := tx.Exec(ctx, putSetting, name, string(value), clock.Micros(s.clk.Now()), rev)
	if err == nil && n == 0 {
		err = errs.New(errs.Conflict, "installation.changed-meanwhile", nil)
	}
	if err != nil {
		return err
	}
	return tx.Notify(ctx, channel, name)
}
