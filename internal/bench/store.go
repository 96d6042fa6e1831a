package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/reserve"
	"polis/internal/site"
)

// place is where a store is: the flags that name it to the program, and the
// same for the packages.
type place struct {
	flags         []string
	location, kek string
}

func sqlitePlace(dir string) place {
	return place{[]string{"--data", dir}, filepath.Join(dir, "polis.db"), filepath.Join(dir, "kek.json")}
}

func postgresPlace(url, kek string) place {
	return place{[]string{"--database", url, "--kek-file", kek}, url, kek}
}

// persons is how many people the callers book for.
const persons = 256

// open opens a store that a server may be serving meanwhile.
func (p place) open(ctx context.Context, fn func(*db.DB) error) error {
	d, err := db.Open(ctx, p.location)
	if err != nil {
		return err
	}
	defer d.Close()
	return fn(d)
}

// tokens makes a token without limits for each of some people of the crowd.
func (p place) tokens(ctx context.Context) (texts []string, err error) {
	return texts, p.open(ctx, func(d *db.DB) error {
		keys, err := identity.OpenKeys(ctx, d, identity.KeyFile{Path: p.kek})
		if err != nil {
			return err
		}
		people := identity.NewPeople(d, keys, clock.System{}, clock.NewID)
		tokens := identity.NewTokens(people, identity.NewGrants(d, clock.System{}), true)
		for _, person := range identity.Crowd(persons) {
			text, err := tokens.Create(ctx, identity.TokenSpec{Person: person.ID, Name: "bench", Unlimited: true})
			if err != nil {
				return err
			}
			texts = append(texts, text)
		}
		return nil
	})
}

func (p place) network(ctx context.Context) (net *site.Network, err error) {
	return net, p.open(ctx, func(d *db.DB) error {
		net, err = site.NewStore(d, clock.System{}, clock.NewID).LoadNetwork(ctx)
		return err
	})
}

// slot is an hour at a desk that nobody has.
type slot struct {
	resource string
	from     time.Time
}

// The days from today on which slots lie: behind the visits of the
// demonstration, within the horizon of desks.
const (
	firstSlotDay = 15
	lastSlotDay  = 85
)

// slots are the free hours of all desks in use in the coming weeks, in random
// order but always the same.
func slots(net *site.Network, now time.Time) []slot {
	var all []slot
	for _, hit := range net.Sites(site.Filter{Kind: site.Space, State: site.Open}) {
		zone, opening := net.Zone(hit.Site), net.Opening(hit.Site.ID)
		today := agenda.DateOf(now.In(zone))
		var hours []time.Time
		for day := firstSlotDay; day <= lastSlotDay; day++ {
			for _, open := range opening.On(today.AddDays(day)) {
				from := open.From.Add(time.Hour - 1).Truncate(time.Hour)
				for ; !from.Add(time.Hour).After(open.To); from = from.Add(time.Hour) {
					hours = append(hours, from)
				}
			}
		}
		for _, r := range net.OfKind(hit.Site.ID, site.Desk) {
			if r.Active && !r.Composite() && len(r.Groups)+len(hit.Site.Groups) == 0 {
				for _, from := range hours {
					all = append(all, slot{r.ID, from})
				}
			}
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// workTimes are two-hour times on the coming working days for which the
// demonstration has visits.
func workTimes(now time.Time) (times []agenda.Interval) {
	today := agenda.DateOf(now.In(agenda.Rome))
	for day := 1; day <= 13; day++ {
		d := today.AddDays(day)
		if w := d.Weekday(); w == time.Saturday || w == time.Sunday || agenda.IsHoliday(d, agenda.MonthDay{}) {
			continue
		}
		for _, at := range []agenda.Clock{9 * 60, 10 * 60, 11 * 60, 14 * 60, 15 * 60, 16 * 60} {
			if from, _, err := agenda.Instant(d, at, agenda.Rome); err == nil {
				times = append(times, agenda.Interval{From: from, To: from.Add(2 * time.Hour)})
			}
		}
	}
	return times
}

// addPast writes so many bookings of past days into a store, two a day for
// each desk.
func (b *bench) addPast(ctx context.Context, p place, wanted int) error {
	net, err := p.network(ctx)
	if err != nil {
		return err
	}
	var desks []*site.Resource
	for _, hit := range net.Sites(site.Filter{Kind: site.Space}) {
		desks = append(desks, net.OfKind(hit.Site.ID, site.Desk)...)
	}
	people := identity.Crowd(5000)
	return p.open(ctx, func(d *db.DB) error {
		fill := reserve.NewFiller(d, net)
		day := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -10) // before those of the demonstration
		begin := time.Now()
		for made := 0; made < wanted; day = day.AddDate(0, 0, -1) {
			for i, r := range desks {
				for _, hour := range []int{8, 13} {
					from := day.Add(time.Duration(hour) * time.Hour)
					booking := reserve.Booking{
						ID: clock.NewID(), Person: people[(made+i)%len(people)].ID, Status: reserve.Completed, Created: from, Changed: from, Rev: 1,
						Parts: []reserve.Part{{Site: r.Site, Kind: string(r.Kind), Units: []int64{r.Ordinal}, From: from, To: from.Add(4 * time.Hour)}},
					}
					if err := fill.Add(booking, 0); err != nil {
						return err
					}
				}
			}
			made += fill.Len()
			if err := fill.Flush(ctx); err != nil {
				return err
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		facts, err := d.Inspect(ctx)
		b.say("%s past bookings written in %s; the store has %s", thousands(int64(wanted)), seconds(time.Since(begin)), megabytes(facts.Size))
		return err
	})
}

func bearer(token string) string { return fmt.Sprintf("Authorization: Bearer %s\r\n", token) }
