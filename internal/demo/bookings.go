package demo

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"polis/internal/agenda"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// The days around today for which the demonstration has bookings.
const (
	pastDays   = 28
	comingDays = 14
)

// Score is how a visit was rated.
type Score struct {
	Booking, Site string
	Score         int // from 1 to 5
	At            time.Time
}

// Bookings fills the open spaces of a network with visits of some people, from
// four weeks ago to two weeks ahead, so that about two fifths of the places are
// taken in working hours. The same seed, day and network give the same visits.
// It returns how many it made, and how some of those of the last weeks were rated.
func Bookings(ctx context.Context, d *db.DB, net *site.Network, people []string, now time.Time,
	progress func(done, total int),
) (made int, scores []Score, err error) {
	defer errs.Wrap(&err, "demo.Bookings")
	fill := reserve.NewFiller(d, net)
	spaces := net.Sites(site.Filter{Kind: site.Space, State: site.Open})
	for i, hit := range spaces {
		v := newVisits(net, hit.Site, people, now)
		for _, r := range net.Resources(hit.Site.ID) {
			if r.Composite() || r.Kind == site.Admission {
				continue
			}
			for _, b := range v.of(r) {
				if err := fill.Add(b, v.turnover(r)); err != nil {
					return made, scores, err
				}
				if score, ok := v.rated(b); ok {
					scores = append(scores, score)
				}
			}
		}
		if fill.Len() >= 4000 || i == len(spaces)-1 {
			made += fill.Len()
			if err := fill.Flush(ctx); err != nil {
				return made, scores, err
			}
			progress(i+1, len(spaces))
		}
	}
	return made, scores, nil
}

// visits makes up the bookings of one site.
type visits struct {
	net    *site.Network
	site   *site.Site
	rng    *rand.Rand
	people []string
	now    time.Time
	today  agenda.Date
	made   int64

	unhappy uint32 // percent of its visitors that find something to better
}

func newVisits(net *site.Network, s *site.Site, people []string, now time.Time) *visits {
	today := agenda.DateOf(now.In(net.Zone(s)))
	h := fnv.New64a()
	h.Write([]byte(s.ID + today.String()))
	return &visits{
		net: net, site: s, rng: rand.New(rand.NewPCG(Seed, h.Sum64())), people: people, now: now, today: today,
		unhappy: 25 + uint32(h.Sum64()%40),
	}
}

func (v *visits) turnover(r *site.Resource) time.Duration {
	return time.Duration(v.net.Rules(v.site.ID, r.Kind).Turnover) * time.Minute
}

// habit is how places of a kind are used: the chance in percent that a part of
// a day is taken, and the local times of those parts.
type habit struct {
	percent int
	shapes  [][2]agenda.Clock
}

const h = 60

var habits = map[site.ResourceKind]habit{
	site.Desk: {36, [][2]agenda.Clock{
		{9 * h, 18 * h}, {8*h + 30, 17*h + 30}, {9 * h, 13 * h}, {14 * h, 18 * h}, {9 * h, 17 * h}, {10 * h, 16 * h}, {8 * h, 14 * h},
	}},
	site.Meeting: {55, [][2]agenda.Clock{
		{9 * h, 11 * h}, {10 * h, 12*h + 30}, {14 * h, 16 * h}, {15 * h, 18 * h}, {11 * h, 12 * h}, {9*h + 30, 13 * h},
	}},
	site.Training: {55, [][2]agenda.Clock{{9 * h, 13 * h}, {14 * h, 18 * h}, {9 * h, 17 * h}}},
	site.Hall:     {40, [][2]agenda.Clock{{9 * h, 13 * h}, {15 * h, 19 * h}, {10 * h, 18 * h}}},
	site.Outdoor:  {25, [][2]agenda.Clock{{10 * h, 12 * h}, {17 * h, 19 * h}}},
}

// of makes up the visits to one place, in order.
func (v *visits) of(r *site.Resource) (list []reserve.Booking) {
	use := habits[r.Kind]
	for i := -pastDays; i <= comingDays; i++ {
		busyUntil := time.Time{}
		for range 2 { // a place may be taken twice a day
			if v.rng.IntN(100) >= use.percent {
				continue
			}
			shape := use.shapes[v.rng.IntN(len(use.shapes))]
			from, to, ok := v.times(v.today.AddDays(i), shape)
			if !ok || from.Before(busyUntil) {
				continue
			}
			busyUntil = to.Add(v.turnover(r))
			list = append(list, v.booking(r, from, to))
		}
	}
	return list
}

// times are the instants of a shape on a date, if the site is open then.
func (v *visits) times(d agenda.Date, shape [2]agenda.Clock) (from, to time.Time, ok bool) {
	zone := v.net.Zone(v.site)
	from, _, err := agenda.Instant(d, shape[0], zone)
	if err != nil {
		return from, to, false
	}
	if to, _, err = agenda.Instant(d, shape[1], zone); err != nil {
		return from, to, false
	}
	cells, err := agenda.Cells(from, to)
	return from, to, err == nil && v.net.Opening(v.site.ID).Contains(cells)
}

func (v *visits) booking(r *site.Resource, from, to time.Time) reserve.Booking {
	created := from.Add(-time.Duration(1+v.rng.IntN(10*24)) * time.Hour)
	if created.After(v.now) {
		created = v.now
	}
	b := reserve.Booking{
		ID: v.id(created), Person: v.people[v.rng.IntN(len(v.people))], Created: created, Changed: created, Rev: 1,
		Parts: []reserve.Part{{Site: v.site.ID, Kind: string(r.Kind), Units: []int64{r.Ordinal}, From: from, To: to}},
	}
	switch chance := v.rng.IntN(100); {
	case to.After(v.now) && from.After(v.now):
		b.Status, b.Due = reserve.Confirmed, to // nobody comes in a demonstration: the places stay taken
	case to.After(v.now):
		b.Status, b.Due = reserve.CheckedIn, to
	case chance < 4:
		b.Status = reserve.Cancelled
	case chance < 8:
		b.Status = reserve.NoShow
	default:
		b.Status = reserve.Completed
	}
	return b
}

// rated makes up how one visit in six was, for as long as visits can be rated:
// mostly well, in some houses better than in others.
func (v *visits) rated(b reserve.Booking) (Score, bool) {
	if b.Status != reserve.Completed || b.Parts[0].To.Before(v.now.AddDate(0, 0, -14)) {
		return Score{}, false
	}
	h := fnv.New32a()
	h.Write([]byte(b.ID))
	chance := h.Sum32()
	if chance%6 > 0 {
		return Score{}, false
	}
	score := 5
	for left := chance / 6 % 100; score > 1 && left < v.unhappy; left *= 3 {
		score--
	}
	return Score{Booking: b.ID, Site: v.site.ID, Score: score, At: b.Parts[0].To}, true
}

// id makes a UUIDv7 of a time that depends on the seed alone.
func (v *visits) id(at time.Time) string {
	var u uuid.UUID
	v.made++
	binary.BigEndian.PutUint64(u[:8], uint64(at.UnixMilli())<<16|uint64(v.made&0xfff))
	binary.BigEndian.PutUint64(u[8:], v.rng.Uint64())
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	return u.String()
}
