package site

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"slices"
	"strings"

	"polis/internal/journal"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Layout is the rooms and places of a house at one moment, by the same order
// as in Network.
type Layout struct {
	Rooms  []Room
	Places []Resource
}

// Room finds a room by its id; nil if there is none.
func (l *Layout) Room(id string) *Room {
	for i := range l.Rooms {
		if l.Rooms[i].ID == id {
			return &l.Rooms[i]
		}
	}
	return nil
}

// Place finds a place by its id; nil if there is none.
func (l *Layout) Place(id string) *Resource {
	for i := range l.Places {
		if l.Places[i].ID == id {
			return &l.Places[i]
		}
	}
	return nil
}

// ByOrdinal finds a place by its ordinal; nil if there is none.
func (l *Layout) ByOrdinal(ordinal int64) *Resource {
	for i := range l.Places {
		if l.Places[i].Ordinal == ordinal {
			return &l.Places[i]
		}
	}
	return nil
}

// Floor is what of a layout is on one floor.
func (l *Layout) Floor(n int) (on Layout) {
	here := map[string]bool{}
	for _, r := range l.Rooms {
		if r.Floor == n {
			on.Rooms = append(on.Rooms, r)
			here[r.ID] = true
		}
	}
	for _, p := range l.Places {
		if here[p.Room] {
			on.Places = append(on.Places, p)
		}
	}
	return on
}

// Version is another for every other layout: whoever shows one and saves it
// later can tell whether somebody changed it meanwhile.
func (l *Layout) Version() string {
	sum := sha256.Sum256([]byte(asJSON(l)))
	return hex.EncodeToString(sum[:12])
}

// Layout is the rooms and places of a house in this network.
func (n *Network) Layout(siteID string) (l Layout) {
	for _, r := range n.Rooms(siteID) {
		l.Rooms = append(l.Rooms, *r)
	}
	for _, p := range n.Resources(siteID) {
		l.Places = append(l.Places, *p)
	}
	return l
}

// Refit is a change of a layout: what is added or changed, by id, and rooms to
// take away. A place without an ordinal is new and is given the next one. Places
// are never taken away, since bookings know them: they go out of use.
type Refit struct {
	Rooms  []Room
	Places []Resource
	Drop   []string // ids of rooms without places
}

// Empty tells whether nothing changes.
func (c *Refit) Empty() bool { return len(c.Rooms)+len(c.Places)+len(c.Drop) == 0 }

// With is the layout after a change.
func (l *Layout) With(c Refit) (after Layout) {
	for _, r := range l.Rooms {
		if !slices.Contains(c.Drop, r.ID) {
			after.Rooms = append(after.Rooms, r)
		}
	}
	after.Places = slices.Clone(l.Places)
	rooms, places := after.byID() // only what is there: appending moves it
	var newRooms []Room
	for _, r := range c.Rooms {
		if old := rooms[r.ID]; old != nil {
			*old = r
		} else {
			newRooms = append(newRooms, r)
		}
	}
	var newPlaces []Resource
	for _, p := range c.Places {
		if old := places[p.ID]; old != nil {
			*old = p
		} else {
			newPlaces = append(newPlaces, p)
		}
	}
	after.Rooms, after.Places = append(after.Rooms, newRooms...), append(after.Places, newPlaces...)
	return after
}

var (
	layoutRooms = db.Q("site.layoutRooms", `
	SELECT id, code, name, floor, purpose, x, y, w, h FROM room WHERE site = $1`)
	layoutPlaces = db.Q("site.layoutPlaces", `
	SELECT ordinal, id, room, kind, code, name, seats, features, groups, active, x, y, w, h FROM resource WHERE site = $1`)
	layoutParts = db.Q("site.layoutParts", `
	SELECT p.composite, p.atom FROM composite_part p JOIN resource c ON c.ordinal = p.composite
	WHERE c.site = $1 ORDER BY p.composite, p.atom`)
	dropRooms = db.Rows("site.dropRooms", `
	DELETE FROM room WHERE id IN (SELECT column1 FROM {rows} WHERE column1 IS NOT NULL)`, "TEXT")
	lastOrdinal = db.Q("site.lastOrdinal", `SELECT COALESCE(MAX(ordinal), 0) FROM resource`)
)

// NextOrdinals hands out the ordinals of n new places in a transaction: the
// first of n numbers that follow one another. Until the transaction ends nobody
// else is given any.
func NextOrdinals(ctx context.Context, tx *db.Tx, n int) (first int64, err error) {
	if err := tx.Lock(ctx, "site ordinals"); err != nil {
		return 0, err
	}
	if err := db.One(ctx, tx, lastOrdinal, nil, &first); err != nil {
		return 0, err
	}
	return first + 1, nil
}

// layoutOf reads the layout of a house as it is now.
func layoutOf(ctx context.Context, tx *db.Tx, siteID string) (l Layout, err error) {
	l.Rooms, err = db.All(ctx, tx, layoutRooms, func(rows *sql.Rows) (r Room, err error) {
		r.Site = siteID
		return r, rows.Scan(&r.ID, &r.Code, &r.Name, &r.Floor, &r.Purpose, &r.Area.X, &r.Area.Y, &r.Area.W, &r.Area.H)
	}, siteID)
	if err != nil {
		return l, err
	}
	at := map[int64]int{}
	l.Places, err = db.All(ctx, tx, layoutPlaces, func(rows *sql.Rows) (p Resource, err error) {
		var features, groups string
		p.Site = siteID
		err = rows.Scan(&p.Ordinal, &p.ID, &p.Room, &p.Kind, &p.Code, &p.Name, &p.Seats, &features, &groups, &p.Active,
			&p.Area.X, &p.Area.Y, &p.Area.W, &p.Area.H)
		p.Features, p.Groups = unlist(features), unlist(groups)
		return p, err
	}, siteID)
	if err != nil {
		return l, err
	}
	slices.SortFunc(l.Rooms, func(a, b Room) int { return cmp.Or(cmp.Compare(a.Floor, b.Floor), cmp.Compare(a.Code, b.Code)) })
	slices.SortFunc(l.Places, func(a, b Resource) int { return byKindAndCode(&a, &b) })
	for i, p := range l.Places {
		at[p.Ordinal] = i
	}
	return l, db.Each(ctx, tx, layoutParts, func(rows *sql.Rows) error {
		var composite, atom int64
		err := rows.Scan(&composite, &atom)
		p := &l.Places[at[composite]]
		p.Atoms = append(p.Atoms, atom)
		return err
	}, siteID)
}

// unlist reads what list wrote.
func unlist(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// Refit changes the rooms and places of a house: change is told how they are
// now, while nobody else can change them, and says what is to be otherwise. The
// whole change happens or nothing of it.
func (s *Store) Refit(ctx context.Context, siteID, by string, change func(tx *db.Tx, now Layout) (Refit, error)) (err error) {
	defer errs.Wrap(&err, "site.Store.Refit(%q)", siteID)
	act := journal.Act{Kind: "site.refit", Subject: siteID, Person: by}
	return s.changing(ctx, &act, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, touchSite, siteID)
		if err := found(n, err); err != nil {
			return err
		}
		now, err := layoutOf(ctx, tx, siteID)
		if err != nil {
			return err
		}
		c, err := change(tx, now)
		if err != nil {
			return err
		}
		act.Data = asJSON(struct {
			Rooms  int `json:"rooms"`
			Places int `json:"places"`
			Drop   int `json:"rooms_gone"`
		}{len(c.Rooms), len(c.Places), len(c.Drop)})
		return s.refit(ctx, tx, siteID, now, c)
	})
}

func (s *Store) refit(ctx context.Context, tx *db.Tx, siteID string, now Layout, c Refit) error {
	for _, id := range c.Drop {
		moved := func(p Resource) bool {
			return p.Room == id && !slices.ContainsFunc(c.Places, func(q Resource) bool { return q.ID == p.ID })
		}
		if slices.ContainsFunc(now.Places, moved) || slices.ContainsFunc(c.Places, func(p Resource) bool { return p.Room == id }) {
			return errs.New(errs.Rule, "room.has-places", nil)
		}
	}
	rooms, err := roomRows(siteID, c.Rooms)
	if err != nil {
		return err
	}
	if err := saveRooms.Exec(ctx, tx, rooms); err != nil {
		return err
	}
	places := slices.Clone(c.Places) // the transaction may run again
	if err := numberNew(ctx, tx, siteID, places); err != nil {
		return err
	}
	if err := s.writeResources(ctx, tx, places); err != nil {
		return err
	}
	drop := make([]any, len(c.Drop))
	for i, id := range c.Drop {
		drop[i] = id
	}
	return dropRooms.Exec(ctx, tx, drop)
}

// numberNew gives new places their ordinals.
func numberNew(ctx context.Context, tx *db.Tx, siteID string, places []Resource) error {
	fresh := 0
	for i := range places {
		places[i].Site = siteID
		if places[i].Ordinal == 0 {
			fresh++
		}
	}
	if fresh == 0 {
		return nil
	}
	next, err := NextOrdinals(ctx, tx, fresh)
	for i := range places {
		if places[i].Ordinal == 0 {
			places[i].Ordinal = next
			next++
		}
	}
	return err
}
