package coworking

import (
	"cmp"
	"context"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/site"
)

// Instead is what can be booked where a search finds nothing.
type Instead struct {
	Times  []Alternative // at the houses searched, at the nearest other times
	Places []Alternative // at the time searched, at the nearest other houses
}

// How many are offered, and how much is looked at for it.
const (
	insteadTimes  = 3
	insteadPlaces = 3
	insteadHouses = 8
	insteadDays   = 10 // where the usual days around have nothing
)

// Instead finds what is nearest to a search that found nothing, or that a rule
// forbids. What it offers can be booked by the same actor.
func (s *Service) Instead(_ context.Context, actor identity.Actor, q Query) (out Instead) {
	l, err := s.look(actor, &q)
	if err != nil {
		return out
	}
	s.engine.Index.Read(func() {
		out.Times = l.timesNear(&q)
		out.Places = l.placesBeyond(&q)
	})
	return out
}

// timesNear are the nearest times at the houses searched.
func (l *look) timesNear(q *Query) (out []Alternative) {
	type chance struct {
		hit  site.Hit
		sh   *shelf
		from time.Time
	}
	around := *l
	if now := l.now.Truncate(agenda.Quarter); l.from.Before(now) { // what is over: what comes next
		moved, err := l.at(now)
		if err != nil {
			return nil
		}
		around = moved
	}
	for _, days := range []int{usualDays, insteadDays} {
		var chances []chance
		houses := 0
		for _, hit := range l.net.Sites(l.where(q)) {
			sh := l.found[q.Kind][hit.Site]
			if sh == nil || len(sh.units) < l.count || !q.Needs.met(hit.Site) {
				continue
			}
			if houses++; houses > insteadHouses {
				break
			}
			for _, from := range around.nearestStarts(sh, insteadTimes, days) {
				chances = append(chances, chance{hit, sh, from})
			}
		}
		slices.SortStableFunc(chances, func(a, b chance) int {
			return cmp.Compare(a.from.Sub(l.from).Abs(), b.from.Sub(l.from).Abs())
		})
		for _, c := range chances {
			moved, err := l.at(c.from)
			if err != nil {
				continue
			}
			if hit, ok := moved.on(c.sh); ok && len(out) < insteadTimes {
				hit.DistanceKm = c.hit.DistanceKm
				hit.Units = moved.together(c.sh, hit)
				out = append(out, l.alternative(hit, moved.from, moved.to))
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return out
}

// placesBeyond are the nearest houses at the time searched, however far.
func (l *look) placesBeyond(q *Query) (out []Alternative) {
	where := site.Filter{State: site.Open, Near: q.Where.Near}
	if where.Near == nil {
		lat, lon, ok := l.net.Territory().Middle(q.Where.Province, q.Where.Region)
		if !ok {
			return nil // the whole country was searched
		}
		where.Near = &site.Point{Lat: lat, Lon: lon}
	}
	for _, h := range l.net.Sites(where) {
		sh := l.found[q.Kind][h.Site]
		if sh == nil || !q.Needs.met(h.Site) || l.allows(sh) != nil || !l.opens(sh) {
			continue
		}
		if hit, ok := l.on(sh); ok {
			hit.DistanceKm = h.DistanceKm
			hit.Units = l.together(sh, hit)
			if out = append(out, l.alternative(hit, l.from, l.to)); len(out) == insteadPlaces {
				break
			}
		}
	}
	return out
}

// together are as many of the free places of a hit as are wanted, none a part
// of another.
func (l *look) together(sh *shelf, hit Hit) []*site.Resource {
	if l.count == 1 || sh.atoms != nil {
		return hit.Units[:l.count]
	}
	var out []*site.Resource
	for _, o := range l.disjoint(sh) {
		out = append(out, sh.units[slices.IndexFunc(sh.units, func(u *site.Resource) bool { return u.Ordinal == o })])
	}
	return out
}
