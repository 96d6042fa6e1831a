package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// Random plans of many callers on few places, on each field: nothing is sold
// twice, nothing is refused that was free, no answer is a fault, PostgreSQL
// breaks no deadlock, and when traffic stops every program offers the same and
// exactly what can be booked.
func TestRandomPlans(t *testing.T) {
	onEachField(t, func(t *testing.T, s *store, servers []*server) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		tr := newTraffic(t, s, servers)
		var wg sync.WaitGroup
		for i := range 32 {
			c := &planner{traffic: tr, rng: rand.New(rand.NewPCG(seed, uint64(i))), server: servers[i%len(servers)], token: s.tokens[i%len(s.tokens)]}
			wg.Go(func() {
				for range scaled(40, 500) {
					c.act()
				}
			})
		}
		wg.Wait()
		t.Logf("%d takes, %d refusals, %v", len(tr.takes), len(tr.refusals), tr.done)
		for _, fault := range append(tr.soldTwice(), tr.falselyRefused()...) {
			t.Error(fault)
		}
		tr.atRest(t, rand.New(rand.NewPCG(seed, 99)))
		for _, srv := range servers {
			srv.stop()
		}
		s.check(t)
		s.noDeadlocks(t)
	})
}

// traffic is the few places that all want, and what is known about them.
type traffic struct {
	ledger
	t        *testing.T
	store    *store
	servers  []*server
	homes    []house
	days     []time.Time
	atoms    map[string][]string    // of each place
	pools    map[[2]string][]string // places by site and kind
	turnover map[[2]string]time.Duration
	hot      []string // places asked for by name

	counts sync.Mutex
	done   map[string]int
}

func newTraffic(t *testing.T, s *store, servers []*server) *traffic {
	first := servers[0]
	tr := &traffic{
		t: t, store: s, servers: servers, homes: first.spaces("medium")[:2], atoms: map[string][]string{},
		pools: map[[2]string][]string{}, turnover: map[[2]string]time.Duration{}, done: map[string]int{},
	}
	for _, h := range tr.homes {
		facts := get[struct {
			Rules map[string]struct{ Turnover int }
		}](t, first.process, "/api/v1/sites/"+h.ID, "")
		for kind, r := range facts.Rules {
			tr.turnover[[2]string{h.ID, kind}] = time.Duration(r.Turnover) * time.Minute
		}
		desks := 0
		for _, p := range first.placesOf(h.ID, "") {
			tr.atoms[p.ID] = p.Parts
			if p.Parts == nil {
				tr.atoms[p.ID] = []string{p.ID}
			}
			tr.pools[[2]string{h.ID, p.Kind}] = append(tr.pools[[2]string{h.ID, p.Kind}], p.ID)
			if p.Kind == "desk" {
				desks++
			}
			if p.Kind != "desk" || desks <= 6 {
				tr.hot = append(tr.hot, p.ID)
			}
		}
	}
	tr.days = first.quietDays(tr.hot[0], 2)
	return tr
}

// planner is one caller.
type planner struct {
	*traffic
	rng    *rand.Rand
	server *server
	token  string
	mine   []string
}

func (c *planner) act() {
	switch n := c.rng.IntN(100); {
	case len(c.mine) > 4 || n < 15 && len(c.mine) > 0:
		c.cancel()
	case n < 35 && len(c.mine) > 0:
		c.move()
	case n < 45:
		c.hold()
	case n < 50:
		c.checkIn()
	case n < 55:
		c.twice()
	default:
		c.ask("/api/v1/bookings", c.plan())
	}
}

// plan is a booking of one to three places by name, some of a kind, or both as
// parts.
func (c *planner) plan() wanted {
	switch n := c.rng.IntN(10); {
	case n < 5:
		return c.named()
	case n < 8:
		return c.some()
	}
	parts := []wanted{c.named(), c.some()}
	parts[1].From, parts[1].To = c.span()
	return wanted{Parts: parts}
}

func (c *planner) named() wanted {
	w := wanted{}
	for range 1 + c.rng.IntN(3) {
		if id := c.hot[c.rng.IntN(len(c.hot))]; !c.shares(w.Resources, id) {
			w.Resources = append(w.Resources, id)
		}
	}
	w.From, w.To = c.span()
	return w
}

// shares tells whether a place has an atom in common with others.
func (c *planner) shares(ids []string, id string) bool {
	return slices.ContainsFunc(ids, func(other string) bool {
		return slices.ContainsFunc(c.atoms[other], func(a string) bool { return slices.Contains(c.atoms[id], a) })
	})
}

func (c *planner) some() wanted {
	h := c.homes[c.rng.IntN(len(c.homes))]
	w := wanted{Site: h.ID, Kind: "desk", Count: 1 + c.rng.IntN(10)}
	if c.rng.IntN(2) == 0 {
		w.Kind, w.Count = "meeting", 1+c.rng.IntN(len(c.pools[[2]string{h.ID, "meeting"}]))
	}
	w.From, w.To = c.span()
	return w
}

// span is one to three hours of a hot day.
func (c *planner) span() (from, to string) {
	day := c.days[c.rng.IntN(len(c.days))]
	start, length := 36+c.rng.IntN(25), 4+c.rng.IntN(9)
	return at(day, 0, start*15), at(day, 0, (start+length)*15)
}

func parse(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err) // we wrote it
	}
	return at
}

// send calls and counts; an answer that is not among the right ones is a fault.
func (c *planner) send(what, method, path string, body any, right ...int) (answer, time.Time, time.Time) {
	asked := time.Now()
	a, err := c.server.call(method, path, c.token, body)
	answered := time.Now()
	if err != nil || !slices.Contains(right, a.status) {
		c.t.Errorf("%s: %v %d, want %v: %.300s", what, err, a.status, right, a.body)
	}
	c.counts.Lock()
	c.done[fmt.Sprint(what, " ", a.status)]++
	c.counts.Unlock()
	return a, asked, answered
}

// partOf is a part of an answered booking.
type partOf struct {
	Site, Kind string
	Resources  []string
	From, To   time.Time
}

func (c *planner) takesOf(a answer, asked, given time.Time) (id string, list []*take) {
	var b struct {
		ID    string
		Parts []partOf
	}
	if err := json.Unmarshal(a.body, &b); err != nil {
		c.t.Errorf("%v in %.300s", err, a.body)
	}
	for _, p := range b.Parts {
		for _, unit := range p.Resources {
			for _, atom := range c.atoms[unit] {
				list = append(list, &take{
					booking: b.ID, atom: atom, from: p.From, to: p.To.Add(c.turnover[[2]string{p.Site, p.Kind}]), asked: asked, given: given,
				})
			}
		}
	}
	return b.ID, list
}

// ask sends a plan and notes what came of it.
func (c *planner) ask(path string, w wanted) (id string) {
	a, asked, answered := c.send("POST "+path, "POST", path, w, http.StatusCreated, http.StatusConflict)
	switch a.status {
	case http.StatusCreated:
		id, list := c.takesOf(a, asked, answered)
		c.give(list)
		c.mine = append(c.mine, id)
		return id
	case http.StatusConflict:
		c.note(a, w, "", asked, answered)
	}
	return ""
}

// note keeps a refusal for later judgement.
func (c *planner) note(a answer, w wanted, mover string, asked, answered time.Time) {
	var p struct {
		Code, Site, Kind string
		Taken            []string
	}
	if err := json.Unmarshal(a.body, &p); err != nil || p.Code != "booking.taken" {
		c.t.Errorf("%d %.300s", a.status, a.body)
		return
	}
	parts := w.Parts
	if parts == nil {
		parts = []wanted{w}
	}
	r := refusal{asked: asked, answered: answered, booking: mover, text: fmt.Sprintf("%.300s", a.body)}
	for _, part := range parts {
		r.from, r.to = parse(part.From), parse(part.To)
		switch {
		case len(p.Taken) > 0 && slices.Contains(part.Resources, p.Taken[0]):
			for _, id := range p.Taken {
				one := r
				one.to = one.to.Add(c.turnoverOf(id))
				one.units = [][]string{c.atoms[id]}
				c.refuse(one)
			}
			return
		case len(p.Taken) == 0 && part.Site == p.Site && part.Kind == p.Kind:
			r.count = part.Count
			r.to = r.to.Add(c.turnover[[2]string{p.Site, p.Kind}])
			for _, id := range c.pools[[2]string{p.Site, p.Kind}] {
				// Places that the same plan asks for by name are not free for its pool.
				if w.Parts == nil || !c.shares(named(w.Parts, part), id) {
					r.pool = append(r.pool, c.atoms[id])
				}
			}
			c.refuse(r)
			return
		}
	}
	c.t.Errorf("refused for what nobody asked: %.300s", a.body)
}

// named are the places that other parts of a plan ask for by name at a time
// that overlaps one part.
func named(parts []wanted, part wanted) (ids []string) {
	for _, p := range parts {
		if overlap(parse(p.From), parse(p.To).Add(time.Hour), parse(part.From), parse(part.To).Add(time.Hour)) {
			ids = append(ids, p.Resources...)
		}
	}
	return ids
}

func (tr *traffic) turnoverOf(id string) time.Duration {
	for key, ids := range tr.pools {
		if slices.Contains(ids, id) {
			return tr.turnover[key]
		}
	}
	return 0
}

func (c *planner) pick() string {
	i := c.rng.IntN(len(c.mine))
	id := c.mine[i]
	c.mine = slices.Delete(c.mine, i, i+1)
	return id
}

func (c *planner) cancel() {
	id := c.pick()
	a, asked, answered := c.send("DELETE", "DELETE", "/api/v1/bookings/"+id, nil, http.StatusOK, http.StatusConflict)
	if a.status == http.StatusOK {
		c.giveBack(id, asked, answered)
	}
}

func (c *planner) move() {
	id := c.pick()
	c.mine = append(c.mine, id)
	var w wanted
	w.From, w.To = c.span()
	a, asked, answered := c.send("PATCH", "PATCH", "/api/v1/bookings/"+id, w, http.StatusOK, http.StatusConflict, http.StatusUnprocessableEntity)
	switch a.status {
	case http.StatusOK:
		_, list := c.takesOf(a, asked, answered)
		c.giveBack(id, asked, answered)
		c.give(list)
	case http.StatusConflict:
		var p problem
		if json.Unmarshal(a.body, &p) == nil && p.Code == "booking.taken" {
			w.Resources = p.Taken
			c.note(a, w, id, asked, answered)
		}
	}
}

// hold keeps places, and then confirms, lets the hold run out, or both at once.
func (c *planner) hold() {
	id := c.ask("/api/v1/holds", c.plan())
	if id == "" {
		return
	}
	n := c.rng.IntN(4)
	var wg sync.WaitGroup
	if n < 2 { // nobody waits ten minutes here: the hold is made old
		c.giveBack(id, time.Now(), time.Time{})
		wg.Go(func() {
			c.store.exec(c.t, "UPDATE booking SET due = $1 WHERE id = $2 AND status = 'held'", time.Now().Add(-time.Second).UnixMicro(), id)
		})
	}
	if n > 0 {
		c.send("confirm", "POST", "/api/v1/bookings/"+id+"/confirm", nil, http.StatusOK, http.StatusConflict)
	}
	wg.Wait()
}

// checkIn books for the next quarter of an hour, where some house is open, and
// comes.
func (c *planner) checkIn() {
	from := time.Now().Truncate(15 * time.Minute).Add(15 * time.Minute)
	span := fmt.Sprintf("&from=%s&to=%s", from.UTC().Format(time.RFC3339), from.Add(time.Hour).UTC().Format(time.RFC3339))
	a, err := c.server.call("GET", "/api/v1/availability?kind=desk&limit=20"+span, c.token, nil)
	var found list[struct{ Resources []string }]
	if err != nil || json.Unmarshal(a.body, &found) != nil || len(found.Items) == 0 {
		return
	}
	ids := found.Items[c.rng.IntN(len(found.Items))].Resources
	w := wanted{Resources: []string{ids[c.rng.IntN(len(ids))]}, From: from.Format(time.RFC3339), To: from.Add(time.Hour).Format(time.RFC3339)}
	a, _, _ = c.send("book now", "POST", "/api/v1/bookings", w, http.StatusCreated, http.StatusConflict)
	if a.status != http.StatusCreated {
		return
	}
	id := decode[booking](c.t, a).ID
	a, _, _ = c.send("check-in", "POST", "/api/v1/bookings/"+id+"/check-in", nil, http.StatusOK)
	if got := decode[booking](c.t, a).Status; got != "checked-in" {
		c.t.Errorf("checked in, yet %s", got)
	}
}

// twice sends the same request twice at once with one key: edge case 42.
func (c *planner) twice() {
	w, key := c.plan(), fmt.Sprint("twice-", c.rng.Uint64())
	asked := time.Now()
	both := atOnce(2, func(i int) (answer, error) {
		return c.servers[i%len(c.servers)].call("POST", "/api/v1/bookings", c.token, w, "Idempotency-Key", key)
	})
	answered := time.Now()
	ids := map[string]bool{}
	for _, a := range both {
		switch {
		case a.err != nil:
			c.t.Errorf("twice: %v", a.err)
		case a.status == http.StatusCreated:
			id, list := c.takesOf(a.answer, asked, answered)
			if !ids[id] {
				c.give(list)
				c.mine = append(c.mine, id)
			}
			ids[id] = true
		case a.status == http.StatusConflict:
			c.note(a.answer, w, "", asked, answered)
		default:
			c.t.Errorf("twice: %d %.300s", a.status, a.body)
		}
	}
	if len(ids) > 1 {
		c.t.Errorf("one key made %d bookings", len(ids))
	}
}

// settledWithin is how long replicas may take to learn of the last change.
const settledWithin = 10 * time.Second

// atRest compares what the programs offer with each other and with what can be
// booked.
func (tr *traffic) atRest(t *testing.T, rng *rand.Rand) {
	t.Helper()
	from, to := tr.days[0], tr.days[len(tr.days)-1]
	offer := func(srv *server) string {
		var all []any
		for _, id := range tr.hot {
			all = append(all, id, srv.calendar(id, from, to))
		}
		for _, day := range tr.days {
			for hour := 9; hour < 18; hour++ {
				a := srv.want(t, http.StatusOK, "GET", fmt.Sprintf("/api/v1/availability?kind=desk&count=3&limit=250&from=%s&to=%s",
					query(at(day, hour, 0)), query(at(day, hour+1, 0))), "", nil)
				all = append(all, string(a.body))
			}
		}
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	last := tr.servers[len(tr.servers)-1]
	eventually(t, settledWithin, "holds that ran out are swept", func() bool {
		return tr.store.number(t, "SELECT count(*) FROM booking WHERE status = 'held' AND due <= $1", time.Now().UnixMicro()) == 0
	})
	eventually(t, settledWithin, "the programs offer the same", func() bool { return offer(tr.servers[0]) == offer(last) })
	offered, taken := 0, 0
	for range scaled(40, 200) {
		id, day := tr.hot[rng.IntN(len(tr.hot))], tr.days[rng.IntN(len(tr.days))]
		start := 36 + rng.IntN(32)
		w := wanted{Resources: []string{id}, From: at(day, 0, start*15), To: at(day, 0, (start+4)*15)}
		free := false
		for _, d := range last.calendar(id, day, day) {
			for _, f := range d.Free {
				need := parse(w.To).Add(tr.turnoverOf(id))
				free = free || !f.From.After(parse(w.From)) && !f.To.Before(need)
			}
		}
		a, err := last.call("POST", "/api/v1/bookings", tr.store.tokens[0], w)
		if err != nil {
			t.Fatal(err)
		}
		if free != (a.status == http.StatusCreated) {
			t.Errorf("%s from %s to %s: offered %v, answered %d %.300s", id, w.From, w.To, free, a.status, a.body)
		}
		if a.status == http.StatusCreated {
			offered++
			last.want(t, http.StatusOK, "DELETE", "/api/v1/bookings/"+decode[booking](t, a).ID, tr.store.tokens[0], nil)
		} else {
			taken++
		}
	}
	t.Logf("at rest %d of %d sampled times were free", offered, offered+taken)
}
