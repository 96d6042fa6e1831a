package site

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"polis/internal/agenda"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Store keeps the houses in the database. Each change is one transaction with
// its act in the journal and a notice to the other programs on the database;
// the caller reloads its own Live. The errors are Invalid (naming the field),
// Conflict (a code or number that another has) and NotFound.
type Store struct {
	db    *db.DB
	clock clock.Clock
	ids   clock.IDs
	rev   int64 // see From
	atoms func(ctx context.Context, tx *db.Tx, atoms map[string][]int64) error
}

// NewStore returns the store of a database.
func NewStore(d *db.DB, c clock.Clock, ids clock.IDs) *Store {
	return &Store{db: d, clock: c, ids: ids}
}

// OnAtoms lets somebody take part in each change that writes places, in its
// transaction: fn is told their atoms by site, new ones and others.
func (s *Store) OnAtoms(fn func(ctx context.Context, tx *db.Tx, atoms map[string][]int64) error) {
	s.atoms = fn
}

// From is the store for one change of one site that somebody has seen at a
// revision: if it is at another by now, the change is refused with Conflict
// "site.changed-since".
func (s *Store) From(rev int64) *Store {
	from := *s
	from.rev = rev
	return &from
}

var lockAt = db.Q("site.lock-at", `UPDATE site SET rev = rev WHERE id = $1 AND rev = $2`)

// unchanged keeps a site at the revision that somebody has seen.
func (s *Store) unchanged(ctx context.Context, tx *db.Tx, siteID string) error {
	if s.rev == 0 {
		return nil
	}
	n, err := tx.Exec(ctx, lockAt, siteID, s.rev)
	if err == nil && n == 0 {
		return errs.New(errs.Conflict, "site.changed-since", nil)
	}
	return err
}

// channel is where programs on one database tell each other of changes, and
// the name of the revision that counts them.
const channel = "site"

// change runs fn, appends one act and tells the other programs.
func (s *Store) change(ctx context.Context, act journal.Act, fn func(tx *db.Tx) error) error {
	return s.changing(ctx, &act, fn)
}

// changing is change for an act of which fn has more to say.
func (s *Store) changing(ctx context.Context, act *journal.Act, fn func(tx *db.Tx) error) error {
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Bump(ctx, channel); err != nil {
			return err
		}
		act.ID, act.At = s.ids(), s.clock.Now()
		if err := s.unchanged(ctx, tx, act.Subject); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		if err := journal.Append(ctx, tx, *act); err != nil {
			return err
		}
		return tx.Notify(ctx, channel, act.Kind)
	})
	if db.IsUnique(err) {
		return errs.New(errs.Conflict, "site.code-taken", nil).Because(err)
	}
	return err
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own structs of text and numbers
	}
	return string(b)
}

var saveSites = db.Rows("site.save", `
	INSERT INTO site (id, code, kind, name, municipality, address, lat, lon, zone, size,
		state, state_since, opens_on, hours, patron, groups, generated, profile, rev)
	SELECT column1, column2, column3, column4, column5, column6, column7, column8, column9, column10,
		column11, column12, column13, column14, column15, column16, column17, column18, 1 FROM {rows}
	WHERE column1 IS NOT NULL
	ON CONFLICT (id) DO UPDATE SET code = excluded.code, kind = excluded.kind, name = excluded.name,
		municipality = excluded.municipality, address = excluded.address, lat = excluded.lat, lon = excluded.lon,
		zone = excluded.zone, size = excluded.size, opens_on = excluded.opens_on, hours = excluded.hours,
		patron = excluded.patron, groups = excluded.groups, generated = excluded.generated,
		profile = excluded.profile, rev = site.rev + 1
	WHERE (site.code, site.kind, site.name, site.municipality, site.address, site.lat, site.lon, site.zone, site.size,
		site.opens_on, site.hours, site.patron, site.groups, site.generated, site.profile) <>
		(excluded.code, excluded.kind, excluded.name, excluded.municipality, excluded.address, excluded.lat, excluded.lon,
		excluded.zone, excluded.size, excluded.opens_on, excluded.hours, excluded.patron, excluded.groups, excluded.generated,
		excluded.profile)`,
	"TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "DOUBLE PRECISION", "DOUBLE PRECISION", "TEXT", "TEXT",
	"TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BOOLEAN", "TEXT")

// SaveSites adds sites, or changes those whose id is there, all or none. The
// state of a site that is there stays (SetState), and so do its exceptions.
func (s *Store) SaveSites(ctx context.Context, sites []Site) (err error) {
	defer errs.Wrap(&err, "site.Store.SaveSites(%d)", len(sites))
	args, err := siteRows(sites)
	if err != nil {
		return err
	}
	return s.change(ctx, saved("site.saved", len(sites)), func(tx *db.Tx) error { return saveSites.Exec(ctx, tx, args) })
}

func siteRows(sites []Site) ([]any, error) {
	args := make([]any, 0, len(sites)*18)
	for i := range sites {
		if err := sites[i].Validate(); err != nil {
			return nil, fmt.Errorf("site %d: %w", i, err)
		}
		args = siteArgs(args, &sites[i])
	}
	return args, nil
}

func siteArgs(args []any, h *Site) []any {
	return append(args, h.ID, h.Code, h.Kind, h.Name, h.Municipality, h.Address, h.Lat, h.Lon, h.Zone, h.Size,
		h.State, h.StateSince, h.OpensOn, h.Hours.String(), h.Patron.String(), list(h.Groups), h.Generated, asJSON(h.Profile))
}

// SaveSite adds one site, or changes the one that has its id, as SaveSites; the
// act names it, with what somebody changed of it.
func (s *Store) SaveSite(ctx context.Context, h *Site, what []string, by string) (err error) {
	defer errs.Wrap(&err, "site.Store.SaveSite(%q)", h.ID)
	if err := h.Validate(); err != nil {
		return err
	}
	act := journal.Act{Kind: "site.changed", Subject: h.ID, Person: by, Data: asJSON(struct {
		What []string `json:"what"`
	}{what})}
	return s.change(ctx, act, func(tx *db.Tx) error { return saveSites.Exec(ctx, tx, siteArgs(nil, h)) })
}

func saved(kind string, n int) journal.Act {
	return journal.Act{Kind: kind, Data: asJSON(struct {
		Count int `json:"count"`
	}{n})}
}

var saveRooms = db.Rows("site.saveRooms", `
	INSERT INTO room (id, site, code, name, floor, purpose, x, y, w, h)
	SELECT column1, column2, column3, column4, column5, column6, column7, column8, column9, column10 FROM {rows}
	WHERE column1 IS NOT NULL
	ON CONFLICT (id) DO UPDATE SET code = excluded.code, name = excluded.name, floor = excluded.floor,
		purpose = excluded.purpose, x = excluded.x, y = excluded.y, w = excluded.w, h = excluded.h`,
	"TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT")

// SaveRooms adds rooms, or changes those whose id is there, all or none. A room
// does not move to another site.
func (s *Store) SaveRooms(ctx context.Context, rooms []Room) (err error) {
	defer errs.Wrap(&err, "site.Store.SaveRooms(%d)", len(rooms))
	args, err := roomRows("", rooms)
	if err != nil {
		return err
	}
	return s.change(ctx, saved("room.saved", len(rooms)), func(tx *db.Tx) error {
		if err := saveRooms.Exec(ctx, tx, args); err != nil {
			return err
		}
		return checkAreas(ctx, tx)
	})
}

// roomRows are the values of saveRooms; all rooms are of one site where siteID
// says of which.
func roomRows(siteID string, rooms []Room) ([]any, error) {
	args := make([]any, 0, len(rooms)*10)
	for i := range rooms {
		r := &rooms[i]
		if err := r.Validate(); err != nil {
			return nil, fmt.Errorf("room %d: %w", i, err)
		}
		args = append(args, r.ID, cmp.Or(siteID, r.Site), r.Code, r.Name, r.Floor, r.Purpose, r.Area.X, r.Area.Y, r.Area.W, r.Area.H)
	}
	return args, nil
}

var (
	saveResources = db.Rows("site.saveResources", `
	INSERT INTO resource (ordinal, id, site, room, kind, code, name, seats, features, groups, active, x, y, w, h)
	SELECT column1, column2, column3, column4, column5, column6, column7, column8, column9, column10, column11,
		column12, column13, column14, column15 FROM {rows}
	WHERE column1 IS NOT NULL
	ON CONFLICT (id) DO UPDATE SET room = excluded.room, kind = excluded.kind, code = excluded.code, name = excluded.name,
		seats = excluded.seats, features = excluded.features, groups = excluded.groups, active = excluded.active,
		x = excluded.x, y = excluded.y, w = excluded.w, h = excluded.h`,
		"BIGINT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "TEXT", "TEXT", "BOOLEAN",
		"BIGINT", "BIGINT", "BIGINT", "BIGINT")

	dropParts = db.Rows("site.dropParts", `
	DELETE FROM composite_part WHERE composite IN (SELECT column1 FROM {rows} WHERE column1 IS NOT NULL)`, "BIGINT")

	saveParts = db.Rows("site.saveParts", `
	INSERT INTO composite_part (composite, atom)
	SELECT column1, column2 FROM {rows} WHERE column1 IS NOT NULL`, "BIGINT", "BIGINT")

	wrongParts = db.Q("site.wrongParts", `
	SELECT COUNT(*) FROM composite_part p
	JOIN resource c ON c.ordinal = p.composite
	JOIN resource a ON a.ordinal = p.atom
	WHERE a.site <> c.site OR EXISTS (SELECT 1 FROM composite_part q WHERE q.composite = p.atom)`)

	wrongAreas = db.Q("site.wrongAreas", `
	SELECT COUNT(*) FROM resource p
	JOIN room r ON r.id = p.room
	WHERE p.w > 0 AND (p.x < r.x OR p.y < r.y OR p.x + p.w > r.x + r.w OR p.y + p.h > r.y + r.h)`)
)

// SaveResources adds resources with their parts, or changes those whose id is
// there, all or none. The ordinal and the site of a resource never change: its
// bookings know it by them.
func (s *Store) SaveResources(ctx context.Context, resources []Resource) (err error) {
	defer errs.Wrap(&err, "site.Store.SaveResources(%d)", len(resources))
	return s.change(ctx, saved("resource.saved", len(resources)), func(tx *db.Tx) error {
		return s.writeResources(ctx, tx, resources)
	})
}

// writeResources writes resources with their parts and looks at what came of it.
func (s *Store) writeResources(ctx context.Context, tx *db.Tx, resources []Resource) error {
	args := make([]any, 0, len(resources)*15)
	var ordinals, parts []any
	atoms := map[string][]int64{}
	for i := range resources {
		r := &resources[i]
		if err := r.Validate(); err != nil {
			return fmt.Errorf("resource %d: %w", i, err)
		}
		args = append(args, r.Ordinal, r.ID, r.Site, r.Room, r.Kind, r.Code, r.Name, r.Seats,
			list(r.Features), list(r.Groups), r.Active, r.Area.X, r.Area.Y, r.Area.W, r.Area.H)
		ordinals = append(ordinals, r.Ordinal)
		for _, atom := range r.Atoms {
			parts = append(parts, r.Ordinal, atom)
		}
		if !r.Composite() {
			atoms[r.Site] = append(atoms[r.Site], r.Ordinal)
		}
	}
	if err := saveResources.Exec(ctx, tx, args); err != nil {
		return err
	}
	if err := dropParts.Exec(ctx, tx, ordinals); err != nil {
		return err
	}
	if err := saveParts.Exec(ctx, tx, parts); err != nil {
		return err
	}
	if err := checkParts(ctx, tx); err != nil {
		return err
	}
	if err := checkAreas(ctx, tx); err != nil || s.atoms == nil {
		return err
	}
	return s.atoms(ctx, tx, atoms)
}

var atomsOfSite = db.Q("site.atomsOf", `
	SELECT ordinal FROM resource WHERE site = $1 AND ordinal NOT IN (SELECT composite FROM composite_part) ORDER BY ordinal`)

// AtomsIn are the atoms of a site as a transaction sees them, in use or not.
func AtomsIn(ctx context.Context, tx *db.Tx, siteID string) ([]int64, error) {
	return db.All(ctx, tx, atomsOfSite, func(rows *sql.Rows) (o int64, err error) { return o, rows.Scan(&o) }, siteID)
}

// checkParts: the parts of a composite are atoms of its site.
func checkParts(ctx context.Context, tx *db.Tx) error {
	var wrong int64
	if err := db.One(ctx, tx, wrongParts, nil, &wrong); err != nil {
		return err
	}
	if wrong > 0 {
		return invalid("atoms")
	}
	return nil
}

// checkAreas: a place that is drawn lies in the area of its room.
func checkAreas(ctx context.Context, tx *db.Tx) error {
	var wrong int64
	if err := db.One(ctx, tx, wrongAreas, nil, &wrong); err != nil {
		return err
	}
	if wrong > 0 {
		return invalid("area")
	}
	return nil
}

var (
	changeState = db.Q("site.changeState", `
	UPDATE site SET state = $2, state_since = $3, rev = rev + 1 WHERE id = $1`)
	setState = db.Q("site.setState", `
	UPDATE site SET state = $2, state_since = $3, opens_on = $4, rev = rev + 1 WHERE id = $1`)
)

// SetState says that since a date a site is in another state, and when its
// opening is announced for; "" for no date.
func (s *Store) SetState(ctx context.Context, siteID string, to State, since agenda.Date, opensOn, by string) (err error) {
	defer errs.Wrap(&err, "site.Store.SetState(%q, %q)", siteID, to)
	switch {
	case !isState(to):
		return invalid("state")
	case !since.Valid():
		return invalid("state_since")
	case !isDate(opensOn):
		return invalid("opens_on")
	}
	act := journal.Act{Kind: "site.state", Subject: siteID, Person: by, Data: stateFacts(to, since.String(), &opensOn)}
	return s.change(ctx, act, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, setState, siteID, to, since.String(), opensOn)
		return found(n, err)
	})
}

// stateFacts are what the act of a state says.
func stateFacts(to State, since string, opensOn *string) string {
	return asJSON(struct {
		State   State   `json:"state"`
		Since   string  `json:"since"`
		OpensOn *string `json:"opens_on,omitempty"`
	}{to, since, opensOn})
}

var (
	touchSite      = db.Q("site.touch", `UPDATE site SET rev = rev + 1 WHERE id = $1`)
	saveExceptions = db.Rows("site.saveExceptions", `
	INSERT INTO site_exception (site, date, hours)
	SELECT column1, column2, column3 FROM {rows} WHERE column1 IS NOT NULL
	ON CONFLICT (site, date) DO UPDATE SET hours = excluded.hours`, "TEXT", "TEXT", "TEXT")
	dropException = db.Q("site.dropException", `DELETE FROM site_exception WHERE site = $1 AND date = $2`)
)

// exceptionFacts are what the acts of an exception say.
type exceptionFacts struct {
	Date  string `json:"date"`
	To    string `json:"to,omitempty"` // the last date, of several
	Hours string `json:"hours"`        // "" = closed
}

// MaxException is how many dates at once can be given other hours.
const MaxException = 366

// SaveExceptions gives a site other hours on all dates from the first to the
// last; no spans mean closed.
func (s *Store) SaveExceptions(ctx context.Context, siteID string, first, last agenda.Date, spans []agenda.Span, by string) (err error) {
	defer errs.Wrap(&err, "site.Store.SaveExceptions(%q)", siteID)
	hours := writeSpans(spans)
	if _, err := parseSpans(hours); err != nil || !first.Valid() {
		return invalid("hours")
	}
	if !last.Valid() || last.Before(first) || first.AddDays(MaxException-1).Before(last) {
		return invalid("to")
	}
	facts := exceptionFacts{Date: first.String(), Hours: hours}
	if last != first {
		facts.To = last.String()
	}
	var args []any
	for d := first; !last.Before(d); d = d.AddDays(1) {
		args = append(args, siteID, d.String(), hours)
	}
	act := journal.Act{Kind: "site.exception", Subject: siteID, Person: by, Data: asJSON(facts)}
	return s.change(ctx, act, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, touchSite, siteID)
		if err := found(n, err); err != nil {
			return err
		}
		return saveExceptions.Exec(ctx, tx, args)
	})
}

// DropException lets a site keep its usual hours on a date; NotFound where it
// has no others.
func (s *Store) DropException(ctx context.Context, siteID string, on agenda.Date, by string) (err error) {
	defer errs.Wrap(&err, "site.Store.DropException(%q)", siteID)
	act := journal.Act{Kind: "site.exception-dropped", Subject: siteID, Person: by, Data: asJSON(exceptionFacts{Date: on.String()})}
	return s.change(ctx, act, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, touchSite, siteID); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, dropException, siteID, on.String())
		return found(n, err)
	})
}

var saveRules = db.Q("site.saveRules", `
	INSERT INTO rule (kind, site, rules) VALUES ($1, $2, $3)
	ON CONFLICT (kind, site) DO UPDATE SET rules = excluded.rules`)

// SaveRules sets the rules of a kind of place in one site, or, where siteID is
// "", in all that have none of their own.
func (s *Store) SaveRules(ctx context.Context, siteID string, kind ResourceKind, r Rules, by string) (err error) {
	defer errs.Wrap(&err, "site.Store.SaveRules(%q, %q)", siteID, kind)
	if rank(kind) == len(Kinds) {
		return invalid("kind")
	}
	if err := r.Validate(); err != nil {
		return err
	}
	act := journal.Act{Kind: "site.rules", Subject: siteID, Person: by, Data: asJSON(struct {
		Kind  ResourceKind `json:"kind"`
		Rules Rules        `json:"rules"`
	}{kind, r})}
	return s.change(ctx, act, func(tx *db.Tx) error {
		if siteID != "" {
			n, err := tx.Exec(ctx, touchSite, siteID)
			if err := found(n, err); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, saveRules, kind, siteID, asJSON(r))
		return err
	})
}

var dropRules = db.Q("site.dropRules", `DELETE FROM rule WHERE kind = $1 AND site = $2`)

// DropRules lets a kind of place in one site have the rules of the network
// again, or, where siteID is "", the network the defaults; NotFound where there
// are no rules to drop.
func (s *Store) DropRules(ctx context.Context, siteID string, kind ResourceKind, by string) (err error) {
	defer errs.Wrap(&err, "site.Store.DropRules(%q, %q)", siteID, kind)
	act := journal.Act{Kind: "site.rules-dropped", Subject: siteID, Person: by, Data: asJSON(struct {
		Kind ResourceKind `json:"kind"`
	}{kind})}
	return s.change(ctx, act, func(tx *db.Tx) error {
		if siteID != "" {
			if _, err := tx.Exec(ctx, touchSite, siteID); err != nil {
				return err
			}
		}
		n, err := tx.Exec(ctx, dropRules, kind, siteID)
		if err == nil && n == 0 {
			return unknown("rules.no-own")
		}
		return err
	})
}

// found turns "no row changed" into NotFound.
func found(n int64, err error) error {
	if err == nil && n == 0 {
		return unknown("site.unknown")
	}
	return err
}

// list writes words that hold no comma.
func list(words []string) string { return strings.Join(words, ",") }

// writeSpans writes the hours of a date, "" for closed; parseSpans reads them.
func writeSpans(spans []agenda.Span) string {
	texts := make([]string, len(spans))
	for i, span := range spans {
		texts[i] = span.String()
	}
	return strings.Join(texts, ",")
}

func parseSpans(s string) ([]agenda.Span, error) {
	if s == "" {
		return nil, nil
	}
	h, err := agenda.ParseHours(s)
	return h.On(0, false), err
}
