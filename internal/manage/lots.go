package manage

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// Lot is the houses that one contract gives to a contractor.
type Lot struct {
	ID         string
	Code       string // unique, e.g. "L-07"
	Name       string
	Contractor string
	Contact    string // of the contractor's office
	From, To   string // civil dates, '' where not said
	Rev        int64
}

// LotCount is a lot with how far its houses are.
type LotCount struct {
	Lot
	Houses int
	States map[site.State]int
	Late   int // announced openings that have passed
}

var (
	allLots    = db.Q("manage.lots", `SELECT id, code, name, contractor, contact, starts, ends, rev FROM lot ORDER BY code`)
	lotByCode  = db.Q("manage.lot", `SELECT id, code, name, contractor, contact, starts, ends, rev FROM lot WHERE code = $1`)
	lotOfSites = db.Q("manage.lot-sites", `SELECT site, lot FROM lot_site`)
	sitesOfLot = db.Q("manage.sites-of-lot", `SELECT s.site FROM lot l JOIN lot_site s ON s.lot = l.id WHERE l.code = $1`)
	lotsOf     = db.Rows("manage.lots-of", `
		SELECT s.site, l.id, l.code, l.name, l.contractor, l.contact, l.starts, l.ends, l.rev
		FROM {rows} JOIN lot_site s ON s.site = column1 JOIN lot l ON l.id = s.lot`, "TEXT")

	addLot = db.Q("manage.add-lot", `
		INSERT INTO lot (id, code, name, contractor, contact, starts, ends) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (code) DO NOTHING`)
	changeLot = db.Q("manage.change-lot", `
		UPDATE lot SET name = $2, contractor = $3, contact = $4, starts = $5, ends = $6, rev = rev + 1 WHERE id = $1 AND rev = $7`)
	removeLot   = db.Q("manage.remove-lot", `DELETE FROM lot WHERE id = $1`)
	assignSites = db.Rows("manage.assign-sites", `
		INSERT INTO lot_site (site, lot) SELECT column1, column2 FROM {rows} WHERE column1 IS NOT NULL ORDER BY column1
		ON CONFLICT (site) DO UPDATE SET lot = excluded.lot`, "TEXT", "TEXT")
	releaseSites = db.Rows("manage.release-sites", `
		DELETE FROM lot_site WHERE site IN (SELECT column1 FROM {rows}) AND lot = {1}`, "TEXT")
)

func scanLot(rows *sql.Rows) (l Lot, err error) {
	return l, rows.Scan(&l.ID, &l.Code, &l.Name, &l.Contractor, &l.Contact, &l.From, &l.To, &l.Rev)
}

// Lots are all lots by code, with how far their houses are; houses in none
// count for a lot without id. Lots concern who runs the whole network.
func (s *Service) Lots(ctx context.Context, actor identity.Actor) (list []LotCount, none LotCount, err error) {
	if err := actor.Check(identity.SiteWrite, identity.Network); err != nil {
		return nil, none, err
	}
	var in map[string]string
	err = s.DB.Snapshot(ctx, func(tx *db.Tx) error {
		list, in = nil, map[string]string{}
		lots, err := db.All(ctx, tx, allLots, scanLot)
		if err != nil {
			return err
		}
		for _, l := range lots {
			list = append(list, LotCount{Lot: l, States: map[site.State]int{}})
		}
		return db.Each(ctx, tx, lotOfSites, func(rows *sql.Rows) error {
			var house, lot string
			err := rows.Scan(&house, &lot)
			in[house] = lot
			return err
		})
	})
	if err != nil {
		return nil, none, err
	}
	none.States = map[site.State]int{}
	at := map[string]*LotCount{"": &none}
	for i := range list {
		at[list[i].ID] = &list[i]
	}
	m, roll := meterAt(s.Clock.Now()), s.roll()
	for i := range roll.houses {
		e := &roll.houses[i]
		if c := at[in[e.site.ID]]; c != nil {
			c.Houses++
			c.States[e.site.State]++
			if m.late(e) {
				c.Late++
			}
		}
	}
	return list, none, nil
}

// Lot finds a lot by its code; NotFound "manage.lot.unknown" if there is none.
func (s *Service) Lot(ctx context.Context, actor identity.Actor, code string) (Lot, error) {
	if err := actor.Check(identity.SiteWrite, identity.Network); err != nil {
		return Lot{}, err
	}
	return findLot(ctx, s.DB, code)
}

func findLot(ctx context.Context, r db.Reader, code string) (Lot, error) {
	list, err := db.All(ctx, r, lotByCode, scanLot, code)
	if err == nil && len(list) == 0 {
		err = errs.New(errs.NotFound, "manage.lot.unknown", nil)
	}
	if err != nil {
		return Lot{}, err
	}
	return list[0], nil
}

// lotNames are the lots that a filter offers, by code: none where the actor does
// not run the whole network.
func (s *Service) lotNames(ctx context.Context, actor identity.Actor) ([]Lot, error) {
	if !actor.May(identity.SiteWrite, identity.Network) {
		return nil, nil
	}
	return db.All(ctx, s.DB, allLots, scanLot)
}

// LotsOf are the lots in which some houses are, by the id of the house.
func (s *Service) LotsOf(ctx context.Context, houses []string) (map[string]Lot, error) {
	args := make([]any, len(houses))
	for i, id := range houses {
		args[i] = id
	}
	out := map[string]Lot{}
	err := lotsOf.Each(ctx, s.DB, args, func(rows *sql.Rows) error {
		var house string
		var l Lot
		err := rows.Scan(&house, &l.ID, &l.Code, &l.Name, &l.Contractor, &l.Contact, &l.From, &l.To, &l.Rev)
		out[house] = l
		return err
	})
	return out, err
}

// lotFilter tells of a house whether it is in a lot; nil where any will do.
func (s *Service) lotFilter(ctx context.Context, lot string) (func(house string) bool, error) {
	if lot == "" {
		return nil, nil //nolint:nilnil // as it says
	}
	in := map[string]bool{}
	q, args := sitesOfLot, []any{lot}
	if lot == NoLot {
		q, args = lotOfSites, nil
	}
	err := db.Each(ctx, s.DB, q, func(rows *sql.Rows) error {
		var house, of string
		into := []any{&house}
		if lot == NoLot {
			into = append(into, &of)
		}
		err := rows.Scan(into...)
		in[house] = true
		return err
	}, args...)
	return func(house string) bool { return in[house] != (lot == NoLot) }, err
}

// The most characters of the texts of a lot.
const (
	maxLotCode = 20
	maxLotText = 120
)

// check refuses what cannot be; the error is Invalid and names the fields.
func (l *Lot) check() error {
	var bad []errs.Error
	wrong := func(field, key string, args errs.Args) {
		bad = append(bad, *errs.New(errs.Invalid, key, args).On(field))
	}
	if l.Code == "" || l.Code == NoLot || l.Code == newLot || utf8.RuneCountInString(l.Code) > maxLotCode || strings.ContainsFunc(l.Code, badInCode) {
		wrong("code", "manage.lot.bad-code", errs.Args{"max": maxLotCode})
	}
	if l.Name == "" {
		wrong("name", "form.required", nil)
	}
	for field, text := range map[string]string{"name": l.Name, "contractor": l.Contractor, "contact": l.Contact} {
		if utf8.RuneCountInString(text) > maxLotText {
			wrong(field, "form.too_long", errs.Args{"max": maxLotText})
		}
	}
	for field, text := range map[string]string{"from": l.From, "to": l.To} {
		if _, err := agenda.ParseDate(text); text != "" && err != nil {
			wrong(field, "form.not_a_date", nil)
		}
	}
	if l.From != "" && l.To != "" && l.To < l.From {
		wrong("to", "manage.lot.reversed", nil)
	}
	if len(bad) == 0 {
		return nil
	}
	err := errs.New(errs.Invalid, "form.invalid", nil)
	err.Fields = bad
	return err
}

// newLot is where the form for a new lot stands among the addresses of lots.
const newLot = "nuovo"

// badInCode: codes stand in addresses and are said aloud.
func badInCode(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '.' && r != '_'
}

// SaveLot adds a lot, or changes the one of l.ID in the revision l.Rev; its code
// stays. Errors: Invalid, Conflict "manage.lot.code-taken", Stale.
func (s *Service) SaveLot(ctx context.Context, actor identity.Actor, l Lot) error {
	if err := actor.Check(identity.SiteWrite, identity.Network); err != nil {
		return err
	}
	if err := l.check(); err != nil {
		return err
	}
	added, kind := l.ID == "", "lot.changed"
	if added {
		l.ID, kind = s.IDs(), "lot.added"
	}
	return s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		var n int64
		none := errs.New(errs.Stale, "manage.lot.stale", nil)
		if added {
			n, err = tx.Exec(ctx, addLot, l.ID, l.Code, l.Name, l.Contractor, l.Contact, l.From, l.To)
			none = errs.New(errs.Conflict, "manage.lot.code-taken", nil).On("code")
		} else {
			n, err = tx.Exec(ctx, changeLot, l.ID, l.Name, l.Contractor, l.Contact, l.From, l.To, l.Rev)
		}
		switch {
		case err != nil:
			return err
		case n == 0:
			return none
		}
		return s.note(ctx, tx, actor, kind, l.ID, "{}")
	})
}

// RemoveLot takes a lot away; its houses stay, in none. One that is gone is no
// error.
func (s *Service) RemoveLot(ctx context.Context, actor identity.Actor, code string) error {
	if err := actor.Check(identity.SiteWrite, identity.Network); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		l, err := findLot(ctx, tx, code)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, removeLot, l.ID); err != nil {
			return err
		}
		return s.note(ctx, tx, actor, "lot.removed", l.ID, "{}")
	})
}

// Assign puts houses into a lot, out of whichever they were in, or with out
// takes them out of it. It returns how many there are among them.
func (s *Service) Assign(ctx context.Context, actor identity.Actor, code string, houses []string, out bool) (n int, err error) {
	if err := actor.Check(identity.SiteWrite, identity.Network); err != nil {
		return 0, err
	}
	net, set := s.Live.Network(), map[string]bool{}
	for _, id := range houses {
		st, err := net.Site(id)
		if err != nil {
			return 0, err
		}
		set[st.ID] = true
	}
	ids := slices.Sorted(maps.Keys(set))
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		l, err := findLot(ctx, tx, code)
		if err != nil {
			return err
		}
		kind, args := "lot.assigned", []any(nil)
		for _, id := range ids {
			args = append(args, id)
			if !out {
				args = append(args, l.ID)
			}
		}
		if out {
			kind = "lot.released"
			err = release(ctx, tx, l.ID, args)
		} else {
			err = assignSites.Exec(ctx, tx, args)
		}
		if err != nil {
			return err
		}
		return s.note(ctx, tx, actor, kind, l.ID, fmt.Sprintf(`{"houses":%d}`, len(ids)))
	})
	return len(ids), err
}

func release(ctx context.Context, tx *db.Tx, lot string, houses []any) error {
	for piece := range slices.Chunk(houses, db.MaxRows()) {
		q, args := releaseSites.For(slices.Clip(piece), lot)
		if _, err := tx.Exec(ctx, q, args...); err != nil {
			return err
		}
	}
	return nil
}

// note writes an act of the desk into the journal.
func (s *Service) note(ctx context.Context, tx *db.Tx, actor identity.Actor, kind, subject, data string) error {
	return journal.Append(ctx, tx, journal.Act{
		ID: s.IDs(), At: s.Clock.Now(), Kind: kind, Subject: subject, Person: actor.Person, Data: data,
	})
}
