package coworking

import (
	"cmp"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// Taken is the machine-readable part of a refusal because something is not
// free: what, and what is free nearby.
type Taken struct {
	Resources    []string      `json:"taken,omitempty"` // ids of those asked for by name
	Site         string        `json:"site,omitempty"`  // of a kind with too few places free
	Kind         string        `json:"kind,omitempty"`
	Closed       bool          `json:"closed,omitempty"` // out of use rather than taken by somebody
	Alternatives []Alternative `json:"alternatives"`
}

// Alternative is something like what was asked for that is free.
type Alternative struct {
	Site         string    `json:"site"` // id
	SiteName     string    `json:"site_name"`
	Municipality string    `json:"municipality"`
	DistanceKm   float64   `json:"distance_km"` // from the site asked for
	Resources    []string  `json:"resources"`   // ids
	Names        []string  `json:"names"`
	From         time.Time `json:"from"`
	To           time.Time `json:"to"`
}

func (s *Service) takenError(actor identity.Actor, ws []wish, t *reserve.Taken) error {
	d := Taken{Resources: s.ids(t.Units), Closed: t.Shut, Kind: t.Kind, Site: t.Site, Alternatives: []Alternative{}}
	if len(t.Units) > 0 {
		d.Kind, d.Site = "", ""
	}
	key := "booking.taken"
	if t.Shut {
		key = "booking.shut"
	}
	for i := range ws {
		if ws[i].concerns(t) {
			d.Alternatives = s.alternatives(actor, &ws[i])
			break
		}
	}
	return errs.New(errs.Conflict, key, nil).With(d)
}

// concerns tells whether a refusal is about a wish.
func (w *wish) concerns(t *reserve.Taken) bool {
	if len(t.Units) == 0 {
		return w.site.ID == t.Site
	}
	return slices.ContainsFunc(w.units, func(u *site.Resource) bool { return slices.Contains(t.Units, u.Ordinal) })
}

// How many alternatives of each sort are offered.
const (
	otherPlaces = 2
	otherTimes  = 2
	otherSites  = 2
)

// alternatives are other places of the site at the same time, the nearest
// times at the same site, and the nearest other sites at the same time, as the
// index knows them.
func (s *Service) alternatives(actor identity.Actor, w *wish) []Alternative {
	count := w.places()
	l := &look{
		catalog: s.catalog(), engine: s.engine, actor: actor, now: s.clock.Now(),
		from: w.from, to: w.to, count: count,
		allowed: map[ruleZone]error{}, padded: map[int][]agenda.Cell{},
	}
	var err error
	if l.cells, err = checkTimes(w.from, w.to); err != nil {
		return nil
	}
	out := []Alternative{}
	offer := func(h Hit, from, to time.Time) {
		out = append(out, l.alternative(h, from, to))
	}
	s.engine.Index.Read(func() {
		if hit, ok := l.on(w.shelf); ok {
			for i := range min(otherPlaces, hit.Free-count+1, len(hit.Units)-count+1) {
				h := hit
				h.Units = hit.Units[i : i+count]
				offer(h, w.from, w.to)
			}
		}
		for _, start := range l.nearestStarts(w.shelf, otherTimes, usualDays) {
			moved, err := l.at(start)
			if err != nil {
				continue
			}
			if hit, ok := moved.on(w.shelf); ok {
				hit.Units = hit.Units[:count]
				offer(hit, moved.from, moved.to)
			}
		}
		near := &site.Point{Lat: w.site.Lat, Lon: w.site.Lon}
		found := 0
		for _, h := range l.net.Sites(site.Filter{Near: near, State: site.Open}) {
			sh := l.shelves[w.kind][h.Site.ID]
			if sh == nil || sh == w.shelf || l.allows(sh) != nil || !l.isOpen(sh, l.cells) {
				continue
			}
			if hit, ok := l.on(sh); ok {
				hit.DistanceKm = h.DistanceKm
				hit.Units = hit.Units[:count]
				offer(hit, w.from, w.to)
				if found++; found == otherSites {
					break
				}
			}
		}
	})
	return out
}

func (l *look) alternative(h Hit, from, to time.Time) Alternative {
	zone := l.net.Zone(h.Site)
	a := Alternative{
		Site: h.Site.ID, SiteName: h.Site.Name, Municipality: l.net.Place(h.Site), DistanceKm: round1(h.DistanceKm),
		From: from.In(zone), To: to.In(zone),
	}
	for _, u := range h.Units {
		a.Resources = append(a.Resources, u.ID)
		a.Names = append(a.Names, u.Name)
	}
	return a
}

func round1(km float64) float64 { return float64(int(km*10+0.5)) / 10 }

// usualDays are the days in which another time is looked for: the day before,
// the day itself and two more.
const usualDays = 4

// nearestStarts are the starts closest to the time asked for, from the day
// before on for so many days, at which the shelf allows as long a booking and has
// places free; other than the time itself.
func (l *look) nearestStarts(sh *shelf, n, count int) []time.Time {
	length := int(l.to.Sub(l.from) / agenda.Quarter)
	first := agenda.DayOf(l.from) - 1
	days := make([]agenda.Mask, count)
	var starts []time.Time
	seen := map[int]bool{}
	for _, u := range sh.units {
		if !admits(sh.site, u, l.actor.Groups) {
			continue
		}
		atoms := l.net.Atoms(u.Ordinal)
		for i := range days {
			day := first + agenda.Day(i)
			days[i] = l.openOn(sh, day).AndNot(l.engine.Index.TakenLocked(atoms, day))
		}
		for at := range agenda.Runs(days, length) {
			if !seen[at] {
				seen[at] = true
				starts = append(starts, first.Start().Add(time.Duration(at)*agenda.Quarter))
			}
		}
	}
	slices.SortFunc(starts, func(a, b time.Time) int {
		return cmp.Or(cmp.Compare(a.Sub(l.from).Abs(), b.Sub(l.from).Abs()), a.Compare(b))
	})
	var out []time.Time
	for _, t := range starts {
		if len(out) == n {
			break
		}
		if t.Equal(l.from) || sh.rules.Check(l.now, t, t.Add(l.to.Sub(l.from)), sh.zone) != nil {
			continue
		}
		if l.roomAt(sh, t) && !slices.ContainsFunc(out, func(o time.Time) bool { return o.Sub(t).Abs() < 30*time.Minute }) {
			out = append(out, t)
		}
	}
	return out
}

// roomAt tells whether a shelf has as many places as asked for at another time.
func (l *look) roomAt(sh *shelf, from time.Time) bool {
	moved, err := l.at(from)
	if err != nil || !moved.isOpen(sh, moved.cells) {
		return false
	}
	_, ok := moved.on(sh)
	return ok
}
