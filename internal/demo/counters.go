package demo

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/counter/catalog"
	"polis/internal/counter/queue"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

var (
	insertOffers = db.Rows("demo.offers", `
		INSERT INTO office_service (office, service, state, since, reason, rev)
		SELECT column1, column2, column3, column4, column5, 1 FROM {rows} WHERE column1 IS NOT NULL`,
		"TEXT", "TEXT", "TEXT", "TEXT", "TEXT")
	insertStaff = db.Rows("demo.desk-staff", `
		INSERT INTO desk_staff (office, person, skills, permissions, rev)
		SELECT column1, column2, column3, column4, 1 FROM {rows} WHERE column1 IS NOT NULL`,
		"TEXT", "TEXT", "TEXT", "TEXT")
	insertTickets = db.Rows("demo.tickets", `
		INSERT INTO ticket (id, office, day, letter, number, state, priority, origin, language, person, appointment, due, taken, since,
			first_call, closed, desk, operator, only_desk, calls, low, high, request, rev)
		SELECT column1, column2, column3, column4, column5, column6, column7, column8, 'it', '', '', 0, column9, column10,
			column11, column12, column13, '', '', column14, -1, -1, NULL, 1 FROM {rows} WHERE column1 IS NOT NULL`,
		"TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "TEXT", "BIGINT")
	insertItems = db.Rows("demo.ticket-items", `
		INSERT INTO ticket_item (ticket, n, service, state, steps, started, ended)
		SELECT column1, 0, column2, column3, '[]', column4, column5 FROM {rows} WHERE column1 IS NOT NULL`,
		"TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT")
	insertPeriods = db.Rows("demo.ticket-periods", `
		INSERT INTO ticket_period (ticket, n, kind, desk, operator, service, starts, ends)
		SELECT column1, column2, column3, column4, '', column5, column6, column7 FROM {rows} WHERE column1 IS NOT NULL`,
		"TEXT", "BIGINT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT")
	insertNumbers = db.Rows("demo.queue-days", `
		INSERT INTO queue_day (office, day, last, block) SELECT column1, column2, column3, 1000 FROM {rows} WHERE column1 IS NOT NULL`,
		"TEXT", "TEXT", "BIGINT")
)

// busyTowns are those whose offices have a past and people in line.
var busyTowns = []string{ShowTown, "Bellano", "Asiago"}

// counterDays is how many days of the past they have.
const counterDays = 21

// counterMaker gathers the rows of the counters.
type counterMaker struct {
	net                                             *site.Network
	ids                                             clock.IDs
	now                                             time.Time
	today                                           agenda.Date
	made                                            int
	offers, staff, tickets, items, periods, numbers []any
}

// Counters says of every office what it offers at its desks since when, or why not
// yet, and gives a few of them people who work there, a past and a line. It returns
// how many numbers were given. staff are the ids of those who work at the one that is
// shown.
func Counters(ctx context.Context, d *db.DB, net *site.Network, ids clock.IDs, now time.Time, staff []string) (made int, err error) {
	defer errs.Wrap(&err, "demo.Counters")
	c := &counterMaker{net: net, ids: ids, now: now, today: agenda.DateOf(now.In(agenda.Rome))}
	for _, hit := range net.Sites(site.Filter{Kind: site.Office}) {
		c.offer(hit.Site)
		if slices.ContainsFunc(busyTowns, func(t string) bool { return hit.Site.Name == "Ufficio postale di "+t }) {
			c.past(hit.Site)
		}
		if hit.Site.Name == "Ufficio postale di "+ShowTown {
			c.people(hit.Site, staff)
		}
	}
	return c.made, d.Write(ctx, func(tx *db.Tx) error {
		for _, x := range []struct {
			rows db.MultiRow
			args []any
		}{
			{insertOffers, c.offers},
			{insertStaff, c.staff},
			{insertNumbers, c.numbers},
			{insertTickets, c.tickets},
			{insertItems, c.items},
			{insertPeriods, c.periods},
		} {
			if err := x.rows.Exec(ctx, tx, x.args); err != nil {
				return err
			}
		}
		return nil
	})
}

// officeDice are those of an office, the same on every machine.
func officeDice(s *site.Site, salt string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.Code + salt)) // a hash takes everything
	return rand.New(rand.NewPCG(Seed, h.Sum64()))
}

// offer says of the services that an authority must allow, and of one more, how
// far the office is.
func (c *counterMaker) offer(s *site.Site) {
	rng := officeDice(s, "offers")
	equipped := slices.ContainsFunc(c.net.OfKind(s.ID, site.Counter), func(r *site.Resource) bool { return slices.Contains(r.Features, "biometric-kit") })
	shown := s.Name == "Ufficio postale di "+ShowTown
	for _, sv := range catalog.All() {
		if sv.Permission == "" {
			continue
		}
		state, since, reason := counter.OfferNotYet, c.today.AddDays(20+rng.IntN(300)), counter.ReasonAuthorisation
		switch n := rng.IntN(100); {
		case shown || equipped && n < 58:
			state, since, reason = counter.OfferActive, c.today.AddDays(-10-rng.IntN(500)), counter.ReasonNone
		case !equipped:
			reason = counter.ReasonEquipment
		case n < 70:
			reason = counter.ReasonTraining
		case n < 76:
			reason = counter.ReasonWorks
		}
		c.offers = append(c.offers, s.ID, sv.ID, string(state), since.String(), string(reason))
	}
}

// people are who works at an office: each can do all of it. It has no roster, so that
// waits are told although nobody sits at its desks until somebody tries them.
func (c *counterMaker) people(s *site.Site, staff []string) {
	skills, permissions := list(catalog.Skills()), list(catalog.Permissions())
	for _, person := range staff {
		c.staff = append(c.staff, s.ID, person, skills, permissions)
	}
}

func list(words []string) string {
	text := "["
	for i, w := range words {
		if i > 0 {
			text += ","
		}
		text += `"` + w + `"`
	}
	return text + "]"
}

// past is what happened at an office in the last weeks, and who waits there now.
func (c *counterMaker) past(s *site.Site) {
	rng := officeDice(s, "past")
	desks := c.net.OfKind(s.ID, site.Counter)
	if len(desks) == 0 {
		return
	}
	for back := counterDays; back > 0; back-- {
		day := c.today.AddDays(-back)
		if day.Weekday() == time.Sunday {
			continue
		}
		opens := time.Date(day.Year, day.Month, day.Day, 8, 20, 0, 0, agenda.Rome)
		free := make([]time.Time, len(desks))
		for i := range free {
			free[i] = opens
		}
		n, at := 0, opens
		for at.Before(opens.Add(5 * time.Hour)) {
			n++
			c.served(s, desks, day, n, at, free, rng)
			at = at.Add(time.Duration(rng.ExpFloat64() * float64(9*time.Minute) / float64(len(desks))))
		}
		c.made += n
		c.numbers = append(c.numbers, s.ID, day.String(), n)
	}
	c.line(s, rng)
}

// wanted is what somebody comes for: the post more often than the State.
var wanted = []string{"spedizioni", "spedizioni", "bollettini", "bollettini", "ritiri", "ritiri", "pensioni", "cedolino", "certificati", "carta-identita", "spid", "tributi"}

// served is one number of the past, called at the first desk that was free.
func (c *counterMaker) served(s *site.Site, desks []*site.Resource, day agenda.Date, n int, taken time.Time, free []time.Time, rng *rand.Rand) {
	sv, ok := catalog.Find(wanted[rng.IntN(len(wanted))])
	if !ok {
		return
	}
	first := 0
	for i := range free {
		if free[i].Before(free[first]) {
			first = i
		}
	}
	called := taken
	if free[first].After(called) {
		called = free[first]
	}
	began := called.Add(time.Duration(15+rng.IntN(60)) * time.Second)
	took := time.Duration((0.5 + rng.ExpFloat64()/2) * float64(sv.Minutes) * float64(time.Minute))
	ended := began.Add(took)
	id, desk, state := c.ids(), desks[first].ID, counter.Finished
	micros := func(t time.Time) int64 { return clock.Micros(t.UTC()) }
	c.periods = append(c.periods, id, 0, string(counter.PeriodWaiting), "", "", micros(taken), micros(called), id, 1, string(counter.PeriodInvited), desk, "", micros(called), micros(began))
	if rng.IntN(100) < 4 { // nobody came
		state, ended = counter.Lapsed, began
	} else {
		c.periods = append(c.periods, id, 2, string(counter.PeriodServed), desk, sv.ID, micros(began), micros(ended))
	}
	free[first] = ended
	item := counter.ItemDone
	if state == counter.Lapsed {
		item = counter.ItemOpen
	}
	c.items = append(c.items, id, sv.ID, string(item), micros(began), micros(ended))
	c.tickets = append(c.tickets, id, s.ID, day.String(), sv.Letter, n, string(state), "", string(origin(rng)), micros(taken), micros(ended), micros(called), micros(ended), desk, 1)
}

func origin(rng *rand.Rand) counter.Origin {
	switch n := rng.IntN(10); {
	case n < 7:
		return counter.ByKiosk
	case n < 9:
		return counter.ByPhone
	}
	return counter.ByOperator
}

// LineServices are what those want who wait at an office, in the order in which they
// came.
func LineServices() []string {
	return []string{"carta-identita", "spedizioni", "certificati", "bollettini", "cedolino", "ritiri"}
}

// line is who waits at an office when the demonstration begins.
func (c *counterMaker) line(s *site.Site, rng *rand.Rand) {
	line := LineServices()
	for i, service := range line {
		sv, ok := catalog.Find(service)
		if !ok {
			continue
		}
		priority := ""
		if service == "certificati" {
			priority = string(queue.Frail)
		}
		id, taken := c.ids(), clock.Micros(c.now.Add(-time.Duration(3*(len(line)-i))*time.Minute-time.Duration(rng.IntN(90))*time.Second))
		c.tickets = append(c.tickets, id, s.ID, c.today.String(), sv.Letter, i+1, string(counter.Waiting), priority, string(origin(rng)), taken, taken, 0, 0, "", 0)
		c.items = append(c.items, id, service, string(counter.ItemOpen), 0, 0)
		c.periods = append(c.periods, id, 0, string(counter.PeriodWaiting), "", "", taken, 0)
	}
	c.made += len(line)
	c.numbers = append(c.numbers, s.ID, c.today.String(), len(line))
}
