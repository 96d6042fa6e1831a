package device

import (
	"cmp"
	"context"
	"database/sql"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Asked narrows a list of devices; zero fields narrow nothing.
type Asked struct {
	Site  string // id of a house
	Kind  Kind
	State State
}

const columns = `id, kind, site, name, by, made, enrolled, seen, revoked`

var listDevices = db.Q("device.list", `
	SELECT `+columns+` FROM device
	WHERE id < $1 AND ($2 = '' OR site = $2) AND ($3 = '' OR kind = $3)
		AND ($4 = '' OR $4 = CASE WHEN revoked IS NOT NULL THEN 'revoked' WHEN enrolled IS NOT NULL THEN 'enrolled' ELSE 'awaited' END)
	ORDER BY id DESC LIMIT $5`)

// listOfSite is listDevices of one house.
var listOfSite = db.Q("device.list-of-site", `
	SELECT `+columns+` FROM device
	WHERE id < $1 AND site = $2 AND ($3 = '' OR kind = $3)
		AND ($4 = '' OR $4 = CASE WHEN revoked IS NOT NULL THEN 'revoked' WHEN enrolled IS NOT NULL THEN 'enrolled' ELSE 'awaited' END)
	ORDER BY id DESC LIMIT $5`)

// atOnce is how many devices are read at a time to find those that somebody may
// see.
const atOnce = 500

// List are the devices that the actor looks after, the last made first: at most so
// many, after the one with an id ("" = from the beginning).
func (s *Service) List(ctx context.Context, actor identity.Actor, in Asked, after string, most int) (list []Device, err error) {
	defer errs.Wrap(&err, "device.List")
	if err := actor.CheckSomewhere(identity.DeviceWrite); err != nil {
		return nil, err
	}
	query := listDevices
	if only, ok := actor.OnlySite(identity.DeviceWrite); ok && in.Site == "" {
		in.Site = only
	}
	if in.Site != "" {
		query = listOfSite
	}
	after = cmp.Or(after, "~") // after every id
	for {
		found, err := db.All(ctx, s.DB, query, scanDevice, after, in.Site, string(in.Kind), string(in.State), atOnce)
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			if actor.May(identity.DeviceWrite, identity.Site(d.Site)) {
				list = append(list, d)
			}
			if len(list) == most {
				return list, nil
			}
		}
		if len(found) < atOnce {
			return list, nil
		}
		after = found[len(found)-1].ID
	}
}

func scanDevice(rows *sql.Rows) (d Device, err error) { return scan(rows) }

func scanSession(rows *sql.Rows) (out Session, err error) {
	var ends int64
	out.Device, err = scan(rows, &ends)
	out.Ends = clock.FromMicros(ends)
	return out, err
}

// scan reads a device, and what stands behind it.
func scan(rows *sql.Rows, more ...any) (d Device, err error) {
	var made int64
	var enrolled, seen, revoked sql.NullInt64
	err = rows.Scan(append([]any{&d.ID, &d.Kind, &d.Site, &d.Name, &d.By, &made, &enrolled, &seen, &revoked}, more...)...)
	d.Made, d.Enrolled, d.Seen, d.Revoked = clock.FromMicros(made), instant(enrolled), instant(seen), instant(revoked)
	return d, err
}

func instant(us sql.NullInt64) time.Time {
	if !us.Valid {
		return time.Time{}
	}
	return clock.FromMicros(us.Int64)
}
