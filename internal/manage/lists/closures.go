package lists

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/db"
	"polis/internal/reserve"
	"polis/internal/site"
)

// everything is all the places of a site.
const everything = "all"

// mostCells is how many days of places the closures of one file may shut.
const mostCells = 500_000

// maxReason is the length of a closure's reason, in characters.
const maxReason = 200

// importClosures makes closures. The bookings in their way stay until somebody
// moves them.
func (s *Service) importClosures(ctx context.Context, by string, p *planning, done func(*db.Tx, Outcome) error) error {
	made, _, err := s.Engine.CloseMany(ctx, by, func(tx *db.Tx) ([]reserve.Closure, error) {
		if err := p.plan(ctx, s.Live.Network(), tx); err != nil {
			return nil, err
		}
		return slices.Clone(p.closures), finish(tx, p, done)
	})
	if err == nil {
		p.step("write", len(made), len(made))
	}
	return err
}

// closureOf tells closures apart: where, when, and what.
type closureOf struct {
	site     string
	from, to int64
	atoms    string
}

func keyOf(c *reserve.Closure) closureOf {
	return closureOf{c.Site, c.Starts.Unix(), c.Ends.Unix(), fmt.Sprint(c.Units)}
}

func (p *planning) planClosures(ctx context.Context) error {
	list, err := p.Engine.ClosuresToCome(ctx, p.reader)
	if err != nil {
		return err
	}
	there, seen, cells := map[closureOf]*reserve.Closure{}, map[closureOf]int{}, 0
	for i := range list {
		there[keyOf(&list[i])] = &list[i]
	}
	for _, l := range p.lines {
		if p.outcome.More {
			break
		}
		c, ok := p.closure(l)
		if !ok {
			continue
		}
		k := keyOf(&c)
		if first, twice := seen[k]; twice {
			p.wrong(l, "site", "duplicate", "text", p.closureKey(&c), "first", first)
			continue
		}
		seen[k] = l.at.Line
		if old := there[k]; old != nil {
			p.closureAgain(l, old, c.Reason)
			continue
		}
		if !c.Ends.After(p.now) {
			switch was, err := p.Engine.WasClosed(ctx, p.reader, c.Site, c.Starts, c.Ends); {
			case err != nil:
				return err
			case was: // a line of last year's file
				p.outcome.Same++
			default:
				p.wrong(l, "to", "closure_over")
			}
			continue
		}
		if cells += len(c.Units) * (int(c.Ends.Sub(c.Starts)/(24*time.Hour)) + 1); cells > mostCells {
			p.wrong(l, "", "too_much_closed", "max", mostCells)
			return nil
		}
		p.found(l, p.closureKey(&c), true, nil)
		p.closures = append(p.closures, c)
		p.breaks.ofPlaces(c.Units, &breakage{
			line: l, key: p.closureKey(&c), meets: func(part *reserve.Part) bool { return part.From.Before(c.Ends) && part.To.After(c.Starts) },
		})
	}
	return nil
}

// closureAgain is a line of a closure that is there; its reason may be new.
func (p *planning) closureAgain(l *line, old *reserve.Closure, reason string) {
	var fields []FieldChange
	if old.Reason != reason {
		fields = []FieldChange{{"reason", old.Reason, reason}}
	}
	if p.found(l, p.closureKey(old), false, fields) {
		now := *old
		now.Reason = reason
		p.closures = append(p.closures, now)
	}
}

func (p *planning) closureKey(c *reserve.Closure) string {
	s, err := p.net.Site(c.Site)
	if err != nil {
		return c.ID
	}
	zone := p.net.Zone(s)
	return s.Code + " " + moment(c.Starts, zone) + " – " + moment(c.Ends, zone)
}

// closure reads one line.
func (p *planning) closure(l *line) (c reserve.Closure, ok bool) {
	before := len(p.outcome.Faults)
	s, ok := p.siteOf(l)
	if !ok {
		return c, false
	}
	c.Site = s.ID
	c.Units, c.Whole = p.closed(p.cell(l, "resources"), s)
	from, to, reason := p.cell(l, "from"), p.cell(l, "to"), p.cell(l, "reason")
	c.Starts, c.Ends = from.moment(p.net.Zone(s), false), to.moment(p.net.Zone(s), true)
	if reason.short(&c.Reason, maxReason); reason.text == "" {
		reason.wrong("empty")
	}
	if len(p.outcome.Faults) > before {
		return c, false
	}
	switch _, err := agenda.Cells(c.Starts, c.Ends); {
	case errors.Is(err, agenda.ErrReversed):
		to.wrong("ends_before_it_begins")
	case c.Ends.Sub(c.Starts) > 800*24*time.Hour:
		to.wrong("closure_too_long")
	case err != nil:
		from.wrong("not_quarters")
	default:
		return c, true
	}
	return c, false
}

// closed reads which places are closed: their atoms, ascending, and whether that
// is the whole house.
func (p *planning) closed(c cell, s *site.Site) (atoms []int64, whole bool) {
	all := p.net.Resources(s.ID)
	if _, whole = find(c.text, []word{{everything, []string{"", "tutto", "tutti", "tutta la sede", "*"}}}); whole {
		for _, r := range all {
			atoms = append(atoms, p.net.Atoms(r.Ordinal)...)
		}
		if len(atoms) == 0 {
			c.wrong("site_without_places", "text", s.Code)
		}
	} else {
		for _, code := range c.tokens() {
			i := slices.IndexFunc(all, func(r *site.Resource) bool { return r.Code == code })
			if i < 0 {
				c.wrong("unknown_place", "text", code, "site", s.Code)
				continue
			}
			atoms = append(atoms, p.net.Atoms(all[i].Ordinal)...)
		}
	}
	slices.Sort(atoms)
	return slices.Compact(atoms), whole
}

var momentShape = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}|\d{1,2}[/.]\d{1,2}[/.]\d{4})(?:[T ]+(\d{1,2})[:.](\d{2})(?:[:.]00)?([+-]\d{2}:\d{2}|Z)?)?$`)

// moment reads a date with a time, in the zone of the site; a date alone is its
// beginning, or its end.
func (c cell) moment(zone *time.Location, end bool) time.Time {
	m := momentShape.FindStringSubmatch(c.text)
	if c.text == "" {
		c.wrong("empty")
		return time.Time{}
	}
	var day agenda.Date
	ok := m != nil
	if ok {
		day, ok = parseDay(m[1])
	}
	if !ok {
		c.wrong("bad_moment", "text", c.text)
		return time.Time{}
	}
	if m[2] == "" || pad(m[2])+m[3] == "2400" {
		if end || m[2] != "" {
			day = day.AddDays(1)
		}
		m[2], m[3], m[4] = "00", "00", ""
	}
	at, err := agenda.ParseLocal(day.String()+"T"+pad(m[2])+":"+m[3]+m[4], zone)
	switch {
	case errors.Is(err, agenda.ErrNoSuchTime):
		c.wrong("no_such_time", "text", c.text)
	case errors.Is(err, agenda.ErrAmbiguous):
		c.wrong("time_comes_twice", "text", c.text, "better", strings.Replace(day.String()+"T"+pad(m[2])+":"+m[3]+"+01:00", " ", "T", 1))
	case err != nil:
		c.wrong("bad_moment", "text", c.text)
	}
	return at.UTC()
}

// moment writes an instant so that it is read back as the same.
func moment(at time.Time, zone *time.Location) string {
	at = at.In(zone)
	plain := at.Format("2006-01-02T15:04")
	if back, err := agenda.ParseLocal(plain, zone); err == nil && back.Equal(at) {
		return plain
	}
	return at.Format("2006-01-02T15:04Z07:00")
}
