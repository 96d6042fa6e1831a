package figures

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/db"
	"polis/internal/reserve"
	"polis/internal/site"
)

// What was open on a day is what the house offered then, not what it offers
// today: a change of its hours, places or state makes a new offer, from that day
// on. Offers are noted while the program runs; they are the one thing here that
// cannot be counted anew.

var (
	readOffers = db.Q("figures.offers", `SELECT site, day, offer FROM figure_offer ORDER BY site, day`)
	noteOffers = db.Rows("figures.note-offers", `
		INSERT INTO figure_offer (site, day, offer) SELECT column1, column2, column3 FROM {rows} WHERE column1 IS NOT NULL
		ON CONFLICT (site, day) DO UPDATE SET offer = excluded.offer`, "TEXT", "BIGINT", "TEXT")
)

// offer is what a house has for people: nothing unless it is open.
type offer struct {
	Hours      string                   `json:"hours,omitempty"`
	Patron     string                   `json:"patron,omitempty"`
	Exceptions map[string][]agenda.Span `json:"exceptions,omitempty"` // by date
	Places     map[string][]int64       `json:"places,omitempty"`     // atoms by kind; those of a composite count for its kind too
}

// offerOf is the offer of a house as it is; false where it has no places that
// people book.
func offerOf(net *site.Network, st *site.Site) (text string, has bool) {
	places := placesOf(net, st.ID)
	switch {
	case len(places) == 0:
		return "", false
	case st.State != site.Open:
		return "{}", true
	}
	o := offer{Hours: st.Hours.String(), Patron: st.Patron.String(), Places: places}
	for date, spans := range st.Exceptions {
		if o.Exceptions == nil {
			o.Exceptions = map[string][]agenda.Span{}
		}
		o.Exceptions[date.String()] = spans
	}
	return asJSON(o), true
}

// placesOf are the atoms of a house by the kinds that people book, ascending; of
// all kinds under "".
func placesOf(net *site.Network, siteID string) map[string][]int64 {
	places := map[string][]int64{}
	for _, r := range net.Resources(siteID) {
		if !r.Active || !slices.Contains(site.Bookable, r.Kind) {
			continue
		}
		atoms := r.Atoms
		if !r.Composite() {
			atoms = []int64{r.Ordinal}
		}
		for _, kind := range []string{string(r.Kind), ""} {
			places[kind] = append(places[kind], atoms...)
		}
	}
	for kind, atoms := range places {
		slices.Sort(atoms)
		places[kind] = slices.Compact(atoms)
	}
	return places
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic("figures: " + err.Error()) // plain fields cannot fail
	}
	return string(text)
}

// house is a house as it was on a day.
type house struct {
	id      string
	zone    *time.Location
	opening *agenda.Opening
	places  map[string][]int64
}

// version is an offer with the day from which it holds.
type version struct {
	from number
	text string
}

// offers are what all houses offered, over time.
type offers struct {
	net    *site.Network
	zones  []*time.Location     // on whose clocks there are houses
	of     map[string][]version // by house, ascending
	fresh  []any                // those that are not noted yet, as rows
	parsed map[string]*house    // by house and text

	changed number // the first day of a fresh one
}

// offers reads what is noted, and adds what is not: how the houses are
// today, where that is new.
func (s *Service) offers(ctx context.Context, r db.Reader) (*offers, error) {
	o := &offers{net: s.live.Network(), zones: []*time.Location{agenda.Rome}, of: map[string][]version{}, parsed: map[string]*house{}, changed: math.MaxInt64}
	if err := db.Each(ctx, r, readOffers, func(rows *sql.Rows) error {
		var id string
		var v version
		err := rows.Scan(&id, &v.from, &v.text)
		o.of[id] = append(o.of[id], v)
		return err
	}); err != nil {
		return nil, err
	}
	var uses map[int64]agenda.Day // read where nothing is noted yet
	seed := len(o.of) == 0
	for _, hit := range o.net.Sites(site.Filter{}) {
		st := hit.Site
		text, has := offerOf(o.net, st)
		if !has {
			text = "{}"
		} else if z := o.net.Zone(st); !slices.Contains(o.zones, z) {
			o.zones = append(o.zones, z)
		}
		today := numberOf(agenda.DateOf(s.clock.Now().In(o.net.Zone(st))))
		known := o.of[st.ID]
		switch {
		case len(known) > 0 && known[len(known)-1].text != text:
			from := today
			if known[len(known)-1].text == "{}" || text == "{}" { // somebody said since when
				from = min(today, since(st, today))
			}
			o.add(st.ID, version{from, text})
		case len(known) > 0 || !has:
		case !seed:
			o.add(st.ID, version{since(st, today), text})
		case st.State == site.Open:
			o.add(st.ID, version{since(st, 0), text})
		default:
			if uses == nil {
				var err error
				if uses, err = reserve.FirstUses(ctx, r); err != nil {
					return nil, err
				}
			}
			o.addClosed(st, uses, today)
		}
	}
	return o, nil
}

// since is from when on a house is as it is, where that is known.
func since(st *site.Site, unknown number) number {
	if d, err := agenda.ParseDate(st.StateSince); err == nil {
		return numberOf(d)
	}
	return unknown
}

// addClosed is for a house that is closed when offers are noted for the first
// time: it was open, as it would be now, from its first booking on.
func (o *offers) addClosed(st *site.Site, uses map[int64]agenda.Day, today number) {
	was := *st
	was.State = site.Open
	text, _ := offerOf(o.net, &was)
	first, used := agenda.Day(0), false
	for _, a := range placesOf(o.net, st.ID)[""] {
		if day, ok := uses[a]; ok && (!used || day < first) {
			first, used = day, true
		}
	}
	if closed := since(st, today); used {
		if from := numberOf(agenda.DateOf(first.Start().In(o.net.Zone(st)))); from < closed {
			o.add(st.ID, version{from, text})
		}
		o.add(st.ID, version{closed, "{}"})
		return
	}
	o.add(st.ID, version{0, "{}"})
}

// add adds a version that is not noted; a second one of a day takes the place of
// the first.
func (o *offers) add(id string, v version) {
	known := o.of[id]
	if n := len(known); n > 0 && known[n-1].from >= v.from {
		v.from, known = known[n-1].from, known[:n-1]
	}
	o.of[id] = append(known, v)
	o.fresh = append(o.fresh, id, int64(v.from), v.text)
	o.changed = min(o.changed, v.from)
}

// note writes down what is new; days that are kept already may be other than
// they were.
func (o *offers) note(ctx context.Context, tx *db.Tx) error {
	if err := noteOffers.Exec(ctx, tx, o.fresh); err != nil || len(o.fresh) == 0 {
		return err
	}
	_, err := tx.Exec(ctx, dayChanged, int64(o.changed), int64(math.MaxInt64))
	return err
}

// zone is on whose clocks a house goes; Rome's where it is gone.
func (o *offers) zone(id string) *time.Location {
	if st, err := o.net.Site(id); err == nil {
		return o.net.Zone(st)
	}
	return agenda.Rome
}

// on are the houses that offered something on a day, or one of them.
func (o *offers) on(day number, siteID string) (list []*house, err error) {
	for id, versions := range o.of {
		if siteID != "" && id != siteID {
			continue
		}
		after, _ := slices.BinarySearchFunc(versions, day+1, func(v version, n number) int { return int(v.from - n) })
		if after == 0 || versions[after-1].text == "{}" {
			continue
		}
		h, err := o.parse(id, versions[after-1].text)
		if err != nil {
			return nil, err
		}
		if h != nil {
			list = append(list, h)
		}
	}
	return list, nil
}

// parse reads an offer; nil where the house is gone.
func (o *offers) parse(id, text string) (h *house, err error) {
	if h = o.parsed[id+text]; h != nil {
		return h, nil
	}
	st, err := o.net.Site(id)
	if err != nil {
		return nil, nil //nolint:nilnil,nilerr // nobody can be shown a house that is gone
	}
	var was offer
	if err := json.Unmarshal([]byte(text), &was); err != nil {
		return nil, err
	}
	h = &house{id: id, zone: o.net.Zone(st), opening: &agenda.Opening{Zone: o.net.Zone(st), Exceptions: map[agenda.Date][]agenda.Span{}}, places: was.Places}
	if was.Hours != "" {
		if h.opening.Hours, err = agenda.ParseHours(was.Hours); err != nil {
			return nil, err
		}
	}
	if was.Patron != "" {
		if h.opening.Patron, err = agenda.ParseMonthDay(was.Patron); err != nil {
			return nil, err
		}
	}
	for text, spans := range was.Exceptions {
		date, err := agenda.ParseDate(text)
		if err != nil {
			return nil, err
		}
		h.opening.Exceptions[date] = spans
	}
	o.parsed[id+text] = h
	return h, nil
}
