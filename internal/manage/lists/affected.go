package lists

import (
	"context"

	"polis/internal/manage/guard"
	"polis/internal/reserve"
	"polis/internal/site"
)

// breakage is a change that may affect bookings.
type breakage struct {
	line   *line
	column string
	reason string                        // of the fault; "" where the bookings are only listed
	key    string                        // of what changes, in that list
	meets  func(part *reserve.Part) bool // of a booking of its places
	shuts  func(groups []string) bool    // whom of those it lets down; nil is everyone
	count  int
	fresh  bool     // one came or changed since somebody looked
	asked  []string // people whose groups decide, once for each booking
}

// breakages are the changes of a file that may affect bookings, by
// what a booking has: so that each looks at few.
type breakages struct {
	all    []*breakage
	sites  map[string][]func(part *reserve.Part) *breakage // by id; nil where it is not affected
	places map[int64][]*breakage                           // by ordinal
}

func (x *breakages) ofSite(id string, meets func(part *reserve.Part) *breakage, all ...*breakage) {
	if x.sites == nil {
		x.sites = map[string][]func(*reserve.Part) *breakage{}
	}
	x.sites[id], x.all = append(x.sites[id], meets), append(x.all, all...)
}

func (x *breakages) ofPlaces(ordinals []int64, b *breakage) {
	if x.places == nil {
		x.places = map[int64][]*breakage{}
	}
	for _, o := range ordinals {
		x.places[o] = append(x.places[o], b)
	}
	x.all = append(x.all, b)
}

// each calls fn for the changes that affect a part of a booking,
// perhaps more than once.
func (x *breakages) each(part *reserve.Part, atoms func(unit int64) []int64, fn func(*breakage)) {
	for _, of := range x.sites[part.Site] {
		if b := of(part); b != nil {
			fn(b)
		}
	}
	if x.places == nil {
		return
	}
	of := func(o int64) {
		for _, b := range x.places[o] {
			if b.meets(part) {
				fn(b)
			}
		}
	}
	for _, units := range [][]int64{part.Units, part.Hidden} {
		for _, u := range units {
			of(u)
			for _, a := range atoms(u) {
				of(a)
			}
		}
	}
}

// guardSite looks at what a line takes from a site that is there: bookings
// that its closing affects are a fault, those outside its hours or of people whom
// it no longer admits are listed.
func (p *planning) guardSite(l *line, old, now *site.Site) {
	before, err := guard.TermsOf(old)
	if err != nil {
		return // its zone is wrong already
	}
	after, err := guard.TermsOf(now)
	if err != nil || !guard.Worse(before, after) {
		return
	}
	if before.Open && !after.Open {
		closed := &breakage{line: l, column: "state", reason: "site_has_bookings"}
		p.breaks.ofSite(old.ID, func(*reserve.Part) *breakage { return closed }, closed)
		return
	}
	outside, others := &breakage{line: l, key: old.Code}, &breakage{line: l, key: old.Code}
	others.shuts = func(groups []string) bool { return guard.ShutOut(before.Groups, after.Groups, groups) }
	narrower := guard.Narrower(before.Groups, after.Groups)
	p.breaks.ofSite(old.ID, func(part *reserve.Part) *breakage {
		switch {
		case guard.Lost(before, after, part, p.now) != "":
			return outside
		case narrower:
			return others
		}
		return nil
	}, outside, others)
}

// strainColumns are the columns of what a change takes from a place.
var strainColumns = map[string]string{
	site.OnUse: "active", site.OnKind: "kind", site.OnSeats: "seats", site.OnParts: "parts", site.OnGroups: "groups",
}

// strains makes a fault of what a line takes from a place that is booked.
func (p *planning) strains(l *line, s guard.Strain) {
	p.breaks.ofPlaces([]int64{s.Before.Ordinal}, &breakage{
		line: l, column: strainColumns[s.On], reason: "place_has_bookings", shuts: s.ShutsOut(),
		meets: func(part *reserve.Part) bool { return s.Meets(part, p.net.Atoms) },
	})
}

// checkBreaks makes faults of the changes that affect coming bookings, or
// lists them.
func (p *planning) checkBreaks(ctx context.Context) error {
	if len(p.breaks.all) == 0 {
		return nil
	}
	err := reserve.EachAlive(ctx, p.reader, p.now, func(b *reserve.Booking) {
		met := map[*breakage]bool{}
		for i := range b.Parts {
			part := &b.Parts[i]
			if !part.To.After(p.now) {
				continue
			}
			p.breaks.each(part, p.net.Atoms, func(x *breakage) {
				if x.fresh = x.fresh || b.Changed.After(p.seen); met[x] {
					return
				}
				switch {
				case x.shuts == nil:
					x.count++
				default:
					x.asked = append(x.asked, b.Person)
				}
				met[x] = true
			})
		}
	})
	if err != nil {
		return err
	}
	known := map[string][]string{}
	for _, x := range p.breaks.all {
		for _, person := range x.asked { // not while rows are read
			has, ok := known[person]
			if !ok {
				if has, err = p.Groups(ctx, person); err != nil {
					return err
				}
				known[person] = has
			}
			if x.shuts(has) {
				x.count++
			}
		}
	}
	p.tellBreaks()
	return nil
}

// tellBreaks makes one entry of the bookings that a line affects, whatever the reason.
func (p *planning) tellBreaks() {
	listed := map[*line]int{}
	for _, x := range p.breaks.all {
		switch {
		case x.count == 0:
		case x.reason != "":
			p.wrong(x.line, x.column, x.reason, "count", x.count)
		default:
			at, ok := listed[x.line]
			if !ok {
				at = len(p.outcome.Affected)
				listed[x.line] = at
				p.outcome.Affected = append(p.outcome.Affected, AffectedLine{Line: x.line.at.Line, Key: x.key})
			}
			p.outcome.Affected[at].Bookings += x.count
			p.outcome.Fresh = p.outcome.Fresh || x.fresh && !p.seen.IsZero()
		}
	}
}
