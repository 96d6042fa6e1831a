package site

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

var (
	loadSites = db.Q("site.load", `
	SELECT id, code, kind, name, municipality, address, lat, lon, zone, size, state, state_since, opens_on,
		hours, patron, groups, generated, rev, profile FROM site`)
	loadExceptions = db.Q("site.loadExceptions", `SELECT site, date, hours FROM site_exception`)
	loadRooms      = db.Q("site.loadRooms", `SELECT id, site, code, name, floor, purpose, x, y, w, h FROM room`)
	loadResources  = db.Q("site.loadResources", `
	SELECT ordinal, id, site, room, kind, code, name, seats, features, groups, active, x, y, w, h FROM resource ORDER BY ordinal`)
	loadParts  = db.Q("site.loadParts", `SELECT composite, atom FROM composite_part ORDER BY composite, atom`)
	loadRules  = db.Q("site.loadRules", `SELECT kind, site, rules FROM rule`)
	loadPhotos = db.Q("site.loadPhotos", `
	SELECT id, site, alt_it, alt_en, picture, thumb, width, height FROM site_photo ORDER BY site, position`)
	loadHouseRules = db.Q("site.loadHouseRules", `
	SELECT site, version, text_it, text_en, since FROM house_rules r
	WHERE version = (SELECT MAX(version) FROM house_rules l WHERE l.site = r.site)`)
)

// LoadNetwork reads the whole network in one snapshot.
func (s *Store) LoadNetwork(ctx context.Context) (n *Network, err error) {
	defer errs.Wrap(&err, "site.Store.LoadNetwork")
	err = s.db.Snapshot(ctx, func(tx *db.Tx) error {
		n, err = loadNetwork(ctx, tx)
		return err
	})
	return n, err
}

// loadNetwork reads it as a transaction sees it.
func loadNetwork(ctx context.Context, tx *db.Tx) (n *Network, err error) {
	var d Data
	l := loader{ctx: ctx, tx: tx, words: map[string]string{}, lists: map[string][]string{"": nil}}
	if d.Revision, err = db.Revision(ctx, tx, channel); err != nil {
		return nil, err
	}
	if d.Territory, err = readTerritory(ctx, tx); err != nil {
		return nil, err
	}
	d.Sites = l.sites()
	d.Rooms = l.rooms()
	d.Resources = l.resources()
	d.Rules = l.rules()
	d.HouseRules = l.houseRules()
	if l.err != nil {
		return nil, l.err
	}
	return NewNetwork(d)
}

// loader reads table after table until the first error. Words that many rows
// share are kept once.
type loader struct {
	ctx   context.Context
	tx    *db.Tx
	words map[string]string
	lists map[string][]string
	err   error
}

func (l *loader) each(q db.Query, scan func(*sql.Rows) error) {
	if l.err == nil {
		l.err = db.Each(l.ctx, l.tx, q, scan)
	}
}

// word is the one copy of a text, made from bytes that the driver may use again.
func (l *loader) word(b sql.RawBytes) string {
	if s, ok := l.words[string(b)]; ok {
		return s
	}
	s := string(b)
	l.words[s] = s
	return s
}

// list reads what list wrote.
func (l *loader) list(b sql.RawBytes) []string {
	if words, ok := l.lists[string(b)]; ok {
		return words
	}
	words := strings.Split(string(b), ",")
	l.lists[string(b)] = words
	return words
}

func (l *loader) sites() []Site {
	hours := map[string]agenda.Hours{}
	var out []Site
	var hoursText, patron, groups, profile sql.RawBytes
	l.each(loadSites, func(rows *sql.Rows) error {
		out = append(out, Site{})
		s := &out[len(out)-1]
		var err error
		if err = rows.Scan(&s.ID, &s.Code, &s.Kind, &s.Name, &s.Municipality, &s.Address, &s.Lat, &s.Lon, &s.Zone, &s.Size,
			&s.State, &s.StateSince, &s.OpensOn, &hoursText, &patron, &groups, &s.Generated, &s.Rev, &profile); err != nil {
			return err
		}
		h, ok := hours[string(hoursText)]
		if !ok {
			if h, err = agenda.ParseHours(string(hoursText)); err != nil {
				return fmt.Errorf("site %s: %w", s.ID, err)
			}
			hours[string(hoursText)] = h
		}
		s.Hours, s.Groups = h, l.list(groups)
		if s.Patron, err = agenda.ParseMonthDay(string(patron)); err != nil {
			return fmt.Errorf("site %s: %w", s.ID, err)
		}
		if s.Profile, err = parseProfile(profile); err != nil {
			return fmt.Errorf("profile of site %s: %w", s.ID, err)
		}
		return nil
	})
	at := make(map[string]*Site, len(out))
	for i := range out {
		at[out[i].ID] = &out[i]
	}
	l.exceptions(at)
	l.photos(at)
	return out
}

// photos gives the sites their photos, in their order.
func (l *loader) photos(at map[string]*Site) {
	l.each(loadPhotos, func(rows *sql.Rows) error {
		var p Photo
		if err := rows.Scan(&p.ID, &p.Site, &p.Alt.IT, &p.Alt.EN, &p.Picture, &p.Thumb, &p.Width, &p.Height); err != nil {
			return err
		}
		s := at[p.Site]
		p.Site = s.ID // its one copy
		s.Photos = append(s.Photos, p)
		return nil
	})
}

func (l *loader) exceptions(at map[string]*Site) {
	l.each(loadExceptions, func(rows *sql.Rows) error {
		var id, date, hours string
		if err := rows.Scan(&id, &date, &hours); err != nil {
			return err
		}
		d, err := agenda.ParseDate(date)
		if err != nil {
			return fmt.Errorf("exception of site %s: %w", id, err)
		}
		spans, err := parseSpans(hours)
		if err != nil {
			return fmt.Errorf("exception of site %s: %w", id, err)
		}
		s := at[id]
		if s.Exceptions == nil {
			s.Exceptions = map[agenda.Date][]agenda.Span{}
		}
		s.Exceptions[d] = spans
		return nil
	})
}

func (l *loader) rooms() (out []Room) {
	var site, code, name, purpose sql.RawBytes
	l.each(loadRooms, func(rows *sql.Rows) error {
		var r Room
		err := rows.Scan(&r.ID, &site, &code, &name, &r.Floor, &purpose, &r.Area.X, &r.Area.Y, &r.Area.W, &r.Area.H)
		r.Site, r.Code, r.Name, r.Purpose = l.word(site), l.word(code), l.word(name), Purpose(l.word(purpose))
		out = append(out, r)
		return err
	})
	return out
}

func (l *loader) resources() (out []Resource) {
	var site, room, kind, code, name, features, groups sql.RawBytes
	l.each(loadResources, func(rows *sql.Rows) error {
		var r Resource
		err := rows.Scan(&r.Ordinal, &r.ID, &site, &room, &kind, &code, &name, &r.Seats, &features, &groups, &r.Active,
			&r.Area.X, &r.Area.Y, &r.Area.W, &r.Area.H)
		r.Site, r.Room, r.Kind = l.word(site), l.word(room), ResourceKind(l.word(kind))
		r.Code, r.Name = l.word(code), l.word(name)
		r.Features, r.Groups = l.list(features), l.list(groups)
		out = append(out, r)
		return err
	})
	l.parts(out)
	return out
}

// parts gives composites their atoms; both lists come in the order of the
// composites' ordinals.
func (l *loader) parts(resources []Resource) {
	at := 0
	l.each(loadParts, func(rows *sql.Rows) error {
		var composite, atom int64
		if err := rows.Scan(&composite, &atom); err != nil {
			return err
		}
		for resources[at].Ordinal != composite {
			at++
		}
		resources[at].Atoms = append(resources[at].Atoms, atom)
		return nil
	})
}

func (l *loader) rules() map[RuleKey]Rules {
	out := map[RuleKey]Rules{}
	l.each(loadRules, func(rows *sql.Rows) error {
		var key RuleKey
		var text string
		if err := rows.Scan(&key.Kind, &key.Site, &text); err != nil {
			return err
		}
		r := DefaultRules(key.Kind) // what an older version did not write
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return fmt.Errorf("rules of %s in site %q: %w", key.Kind, key.Site, err)
		}
		out[key] = r
		return nil
	})
	return out
}

// houseRules are the ones that hold, by site.
func (l *loader) houseRules() map[string]HouseRules {
	out := map[string]HouseRules{}
	l.each(loadHouseRules, func(rows *sql.Rows) error {
		var r HouseRules
		var since int64
		if err := rows.Scan(&r.Site, &r.Version, &r.Text.IT, &r.Text.EN, &since); err != nil {
			return err
		}
		r.Since = time.UnixMicro(since).UTC()
		out[r.Site] = r
		return nil
	})
	return out
}
