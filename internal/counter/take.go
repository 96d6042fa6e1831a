package counter

import (
	"context"
	"fmt"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter/catalog"
	"polis/internal/counter/forecast"
	"polis/internal/counter/queue"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/site"
)

// TakeRequest asks for a number.
type TakeRequest struct {
	Office   string   // id or code
	Services []string // ids, at least one, in the order in which they shall be done
	Priority queue.Priority
	Origin   Origin
	Language string // in which they are called and told; "" Italian
	Person   string // id of whom the operator or ATM has in front of them; "" the actor, if a citizen
	Key      string // a request that comes twice with one key of one actor is one number

	Appointment string    // id, of who comes with one
	Due         time.Time // its time

	// Of a kiosk whose link was down: the number it gave of those it had, and when.
	Number int
	At     time.Time
}

// The most things somebody can come for with one number.
const mostItems = 5

// lastNumber is the greatest number of a day.
const lastNumber = 999

// takesOfClient is how many numbers one client takes who is no device: a whole house
// may share an address.
var takesOfClient = identity.Limit{Name: "counter.takes.client", Burst: 40, Each: time.Minute}

var (
	nextNumber = db.Q("counter.number", `
		INSERT INTO queue_day (office, day, last, block) VALUES ($1, $2, 1, 1000)
		ON CONFLICT (office, day) DO UPDATE SET last = queue_day.last + 1 RETURNING last, block`)
	takeBlock = db.Q("counter.block", `
		INSERT INTO queue_day (office, day, last, block) VALUES ($1, $2, 0, 1000 - CAST($3 AS BIGINT))
		ON CONFLICT (office, day) DO UPDATE SET block = queue_day.block - $3 RETURNING last, block`)
	insertBlock = db.Q("counter.block-insert", `
		INSERT INTO number_block (id, office, day, device, low, high, made) VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	blockOf = db.Q("counter.block-of", `
		SELECT COUNT(*) FROM number_block WHERE office = $1 AND day = $2 AND device = $3 AND low <= $4 AND high >= $4`)
)

// Take gives a number. A request that comes again with its Key gets the number it
// got. Errors: Invalid on "services", "priority" or "number"; NotFound for no such
// office; Rule "counter.closed", "counter.not-offered", "counter.full"; TooMany.
func (s *Service) Take(ctx context.Context, actor identity.Actor, req TakeRequest) (t *Ticket, err error) {
	defer errs.Wrap(&err, "counter.Take(%q)", req.Origin)
	if err := actor.Check(identity.QueueTake, identity.Network); err != nil {
		return nil, err
	}
	st, err := s.wanted(actor, &req)
	if err != nil {
		return nil, err
	}
	request := requestOf(actor, st, req)
	err = s.change(ctx, st, func(c *change) (string, EventFacts, error) {
		if request != "" {
			if t, err = s.one(ctx, c.tx, readRequest, request); err == nil {
				return "", EventFacts{}, errNothing
			} else if !errs.Is(err, errs.NotFound) {
				return "", EventFacts{}, err
			}
		}
		t, err = c.take(actor, req, request)
		if err != nil {
			return "", EventFacts{}, err
		}
		return "taken", EventFacts{Number: t.Name()}, nil
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// requestOf is under what a request is known; "" where it cannot come twice.
func requestOf(actor identity.Actor, st *site.Site, req TakeRequest) string {
	switch {
	case req.Appointment != "":
		return "appointment:" + req.Appointment // one number, however often somebody shows the code
	case req.Number > 0:
		return fmt.Sprintf("alone:%s:%s:%d:%s", st.ID, actor.Device, req.Number, req.Key)
	case req.Key != "":
		return "key:" + st.ID + ":" + actor.Person + ":" + actor.Device + ":" + req.Key
	}
	return ""
}

// wanted checks what a request says by itself.
func (s *Service) wanted(actor identity.Actor, req *TakeRequest) (*site.Site, error) {
	st, err := s.Office(req.Office)
	if err != nil {
		return nil, err
	}
	if len(req.Services) == 0 || len(req.Services) > mostItems {
		return nil, errs.New(errs.Invalid, "counter.services.some", errs.Args{"max": mostItems}).On("services")
	}
	for _, id := range req.Services {
		if _, ok := catalog.Find(id); !ok {
			return nil, errs.New(errs.Invalid, "counter.service.unknown", nil).On("services")
		}
	}
	if !req.Priority.Valid() || req.Priority == queue.Returning {
		return nil, errs.New(errs.Invalid, "counter.priority.unknown", nil).On("priority")
	}
	if len(req.Key) > 200 {
		return nil, errs.New(errs.Invalid, "counter.key.long", nil).On("key")
	}
	if req.Language == "" || len(req.Language) > 8 {
		req.Language = string(i18n.IT)
	}
	if req.Person != "" && req.Person != actor.Person {
		if err := actor.Check(identity.QueueWork, identity.Site(st.ID)); err != nil {
			return nil, err
		}
	}
	if req.Person == "" && actor.SignedIn() && !actor.May(identity.QueueWork, identity.Site(st.ID)) {
		req.Person = actor.Person
	}
	return st, nil
}

// take writes a new ticket.
func (c *change) take(actor identity.Actor, req TakeRequest, request string) (*Ticket, error) {
	alone := req.Number > 0
	if !alone {
		if err := c.takeable(req.Services); err != nil {
			return nil, err
		}
	}
	first, _ := catalog.Find(req.Services[0])
	t := &Ticket{
		ID: c.IDs(), Office: c.office.ID, Day: c.day, Letter: first.Letter, State: Waiting, Priority: req.Priority, Origin: req.Origin,
		Language: req.Language, Person: req.Person, Appointment: req.Appointment, Due: req.Due, Taken: c.now, Since: c.now, Rev: 1,
	}
	for _, id := range req.Services {
		t.Items = append(t.Items, Item{Service: id, State: ItemOpen})
	}
	err := c.number(actor, t, req)
	if err != nil {
		return nil, err
	}
	made, err := c.insert(c.ctx, c.tx, t, request)
	if err != nil {
		return nil, err
	}
	if !made {
		return nil, errs.New(errs.Conflict, "counter.number.used", nil).On("number")
	}
	c.alive = append(c.alive, t)
	if err := c.tellRange(t); err != nil {
		return nil, err
	}
	return t, c.note("ticket.taken", t, actor.Agent(), fmt.Sprintf(`{"office":%q,"origin":%q,"service":%q}`, t.Office, t.Origin, first.ID))
}

// takeable refuses numbers where nobody could be called today.
func (c *change) takeable(services []string) error {
	if !c.open(c.office, c.now) {
		return errs.New(errs.Rule, "counter.closed", nil)
	}
	offers, err := c.offers(c.ctx, c.tx, c.office, c.now)
	if err != nil {
		return err
	}
	for _, id := range services {
		if i := slices.IndexFunc(offers, func(o Offer) bool { return o.Service.ID == id }); i < 0 || !offers[i].Active {
			return errs.New(errs.Rule, "counter.not-offered", nil).On("services")
		}
	}
	return nil
}

// number gives a ticket its number: the next one, or that which a kiosk gave while
// it was alone.
func (c *change) number(actor identity.Actor, t *Ticket, req TakeRequest) error {
	if req.Number > 0 {
		return c.numberAlone(actor, t, req)
	}
	var block int
	if err := db.One(c.ctx, c.tx, nextNumber, []any{t.Office, t.Day.String()}, &t.Number, &block); err != nil {
		return err
	}
	if t.Number >= block {
		return errs.New(errs.Rule, "counter.full", nil)
	}
	return nil
}

// numberAlone takes over what a kiosk did: the number must be one of those it was
// given for the day, and the moment lie in that day.
func (c *change) numberAlone(actor identity.Actor, t *Ticket, req TakeRequest) error {
	bad := func() error { return errs.New(errs.Invalid, "counter.number.not-given", nil).On("number") }
	if actor.Device == "" || req.At.IsZero() || req.Number > lastNumber {
		return bad()
	}
	if req.At.After(c.now) { // the kiosk's clock is ahead
		req.At = c.now
	}
	t.Day, t.Taken, t.Since = c.today(c.office, req.At), req.At, req.At
	t.Number = req.Number
	var n int
	if err := db.One(c.ctx, c.tx, blockOf, []any{t.Office, t.Day.String(), actor.Device, req.Number}, &n); err != nil {
		return err
	}
	if n == 0 {
		return bad()
	}
	t.Origin = ByKioskAlone
	return nil
}

// tellRange works out how long a new ticket will wait, and keeps what is told, so
// that it can be held against what came.
func (c *change) tellRange(t *Ticket) error {
	if t.Origin == ByKioskAlone { // nothing was told
		return nil
	}
	desks, err := c.desks(c.ctx, c.tx, c.office, c.now)
	if err != nil {
		return err
	}
	sit, err := c.situation(c.ctx, c.tx, c.office, c.now, desks, c.alive)
	if err != nil {
		return err
	}
	told := forecast.Foresee(sit, t.ID)
	if told.Today == 0 { // nobody will call them, as it looks now: no wait is told
		return nil
	}
	t.Told = &told
	if err := c.tx.Later(c.ctx, setTold, t.ID, int64(told.Low/time.Second), int64(told.High/time.Second)); err != nil {
		return err
	}
	return c.Forecast.Said(c.ctx, c.tx, t.Office, t.ID, told, c.now)
}

// Block is numbers that a kiosk may give while its link is down.
type Block struct {
	Day       agenda.Date
	Low, High int
}

// mostBlock is how many numbers a kiosk is given at once, and mostBlocks how many
// it may hold of a day.
const (
	mostBlock  = 60
	mostBlocks = 240
)

var blocksOf = db.Q("counter.blocks-of", `
	SELECT COALESCE(SUM(high - low + 1), 0) FROM number_block WHERE office = $1 AND day = $2 AND device = $3`)

// GiveBlock gives a device numbers of its office for a day: today, or the next on
// which the office opens. Errors: Forbidden for who is no device; Invalid "counter.block.count"; Rule
// "counter.full".
func (s *Service) GiveBlock(ctx context.Context, actor identity.Actor, office string, day agenda.Date, count int) (b Block, err error) {
	defer errs.Wrap(&err, "counter.GiveBlock(%s, %d)", day, count)
	st, err := s.Office(office)
	if err != nil {
		return b, err
	}
	if err := s.device(actor, st); err != nil {
		return b, err
	}
	if count < 1 || count > mostBlock {
		return b, errs.New(errs.Invalid, "counter.block.count", errs.Args{"max": mostBlock}).On("count")
	}
	err = s.change(ctx, st, func(c *change) (string, EventFacts, error) {
		if day.Before(c.day) || c.day.AddDays(7).Before(day) {
			return "", EventFacts{}, errs.New(errs.Invalid, "counter.block.day", nil).On("day")
		}
		b, err = c.block(actor.Device, day, count)
		return "office", EventFacts{}, err
	})
	return b, err
}

// device refuses who is no device of an office.
func (s *Service) device(actor identity.Actor, st *site.Site) error {
	if actor.Device == "" || !actor.May(identity.QueueDevice, identity.Site(st.ID)) {
		return errs.New(errs.Forbidden, "counter.device.only", nil)
	}
	return nil
}

func (c *change) block(device string, day agenda.Date, count int) (b Block, err error) {
	var has, last, low int
	if err := db.One(c.ctx, c.tx, blocksOf, []any{c.office.ID, day.String(), device}, &has); err != nil {
		return b, err
	}
	if has+count > mostBlocks {
		return b, errs.New(errs.Rule, "counter.full", nil)
	}
	if err := db.One(c.ctx, c.tx, takeBlock, []any{c.office.ID, day.String(), count}, &last, &low); err != nil {
		return b, err
	}
	if low <= last+mostBlock { // numbers for the counter remain
		return b, errs.New(errs.Rule, "counter.full", nil)
	}
	b = Block{Day: day, Low: low, High: low + count - 1}
	_, err = c.tx.Exec(c.ctx, insertBlock, c.IDs(), c.office.ID, day.String(), device, b.Low, b.High, micros(c.now))
	return b, err
}

// Withdraw gives back the number of a request whose answer never reached who asked:
// a kiosk gave one of its own instead. Where there is none, nothing happens.
func (s *Service) Withdraw(ctx context.Context, actor identity.Actor, office, key string) (err error) {
	defer errs.Wrap(&err, "counter.Withdraw")
	st, err := s.Office(office)
	if err != nil {
		return err
	}
	if err := s.device(actor, st); err != nil {
		return err
	}
	t, err := s.one(ctx, s.DB, readRequest, requestOf(actor, st, TakeRequest{Key: key}))
	if err == nil && t.State.Alive() && !t.State.AtDesk() {
		_, err = s.Leave(ctx, actor, t.ID)
	}
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Conflict) {
		return nil
	}
	return err
}

// TakeLimited is Take for who comes from outside without a device: each client takes
// so many numbers and no more.
func (s *Service) TakeLimited(ctx context.Context, actor identity.Actor, client string, req TakeRequest) (*Ticket, error) {
	if actor.Device == "" && !actor.Unlimited && !actor.MaySomewhere(identity.QueueWork) && s.Limits != nil {
		if err := s.Limits.Take(ctx, takesOfClient, client); err != nil {
			return nil, err
		}
	}
	return s.Take(ctx, actor, req)
}

// open tells whether an office is open at an instant.
func (s *Service) open(st *site.Site, now time.Time) bool {
	_, ok := s.hours(st, now)
	return ok
}

// hours are those of the opening in which an instant lies.
func (s *Service) hours(st *site.Site, now time.Time) (agenda.Interval, bool) {
	if st.State != site.Open {
		return agenda.Interval{}, false
	}
	for _, i := range s.Live.Network().Opening(st.ID).On(s.today(st, now)) {
		if !now.Before(i.From) && now.Before(i.To) {
			return i, true
		}
	}
	return agenda.Interval{}, false
}

// closes is when the office closes for the day; zero where it does not open any more.
func (s *Service) closes(st *site.Site, now time.Time) (at time.Time) {
	for _, i := range s.Live.Network().Opening(st.ID).On(s.today(st, now)) {
		if i.To.After(now) {
			at = i.To
		}
	}
	return at
}
