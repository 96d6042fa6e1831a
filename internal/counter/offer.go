package counter

import (
	"context"
	"database/sql"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter/catalog"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// Reason is why a service is not active in an office.
type Reason string

// The reasons.
const (
	ReasonNone          Reason = ""
	ReasonHouse         Reason = "house"         // the office itself is not open
	ReasonAuthorisation Reason = "authorisation" // its authority has not allowed it here yet
	ReasonEquipment     Reason = "equipment"     // no desk has what it needs
	ReasonTraining      Reason = "training"      // nobody here is trained for it yet
	ReasonWorks         Reason = "works"         // works in the office
	ReasonDemand        Reason = "elsewhere"     // it is done in another office
)

// Reasons are those that can be written down, in their order.
var Reasons = []Reason{ReasonAuthorisation, ReasonEquipment, ReasonTraining, ReasonWorks, ReasonDemand}

// OfferState is what is written down about a service in an office.
type OfferState string

// The states of an offer.
const (
	OfferActive OfferState = "active"  // from Since on
	OfferNotYet OfferState = "not-yet" // for a Reason; expected from Since, if that is known
	OfferEnded  OfferState = "ended"
)

// Offer is a service as an office has it.
type Offer struct {
	Service *catalog.Service
	Active  bool        // today
	Since   agenda.Date // active since, or expected from; zero where unknown
	Reason  Reason      // why it is not active
	State   OfferState  // as written down; "" where nothing is
	Rev     int64
}

var (
	readOffers = db.Q("counter.offers", `SELECT service, state, since, reason, rev FROM office_service WHERE office = $1`)
	setOffer   = db.Q("counter.offer-set", `
		INSERT INTO office_service (office, service, state, since, reason, rev) VALUES ($1, $2, $3, $4, $5, 1)
		ON CONFLICT (office, service) DO UPDATE SET state = excluded.state, since = excluded.since, reason = excluded.reason,
			rev = office_service.rev + 1`)
)

// Offers says of every service whether an office has it: active and since when, or
// not, why, and from when. NotFound for no such office.
func (s *Service) Offers(ctx context.Context, actor identity.Actor, office string) ([]Offer, error) {
	if err := actor.Check(identity.QueueTake, identity.Network); err != nil {
		return nil, err
	}
	st, err := s.Office(office)
	if err != nil {
		return nil, err
	}
	return s.offers(ctx, s.DB, st, s.Clock.Now())
}

func (s *Service) offers(ctx context.Context, r db.Reader, st *site.Site, now time.Time) ([]Offer, error) {
	services := catalog.All()
	list := make([]Offer, len(services))
	at := map[string]*Offer{}
	for i, sv := range services {
		list[i].Service = sv
		at[sv.ID] = &list[i]
	}
	err := db.Each(ctx, r, readOffers, func(rows *sql.Rows) error {
		var id, since string
		var state OfferState
		var reason Reason
		var rev int64
		if err := rows.Scan(&id, &state, &since, &reason, &rev); err != nil {
			return err
		}
		o := at[id]
		if o == nil {
			return nil // of another version of the catalogue
		}
		o.State, o.Reason, o.Rev = state, reason, rev
		o.Since, _ = agenda.ParseDate(since)
		return nil
	}, st.ID)
	if err != nil {
		return nil, err
	}
	desks := s.plainDesks(st.ID)
	for i := range list {
		list[i].judge(st, desks, s.today(st, now))
	}
	return list, nil
}

// judge works out whether a service is active today. Where nothing is written down
// of it, it is as soon as a desk has what it needs, unless an authority must allow it.
func (o *Offer) judge(st *site.Site, desks []Desk, today agenda.Date) {
	equipped := false
	for i := range desks {
		equipped = equipped || desks[i].Equipped(o.Service)
	}
	started := !o.Since.Valid() || !today.Before(o.Since)
	switch {
	case st.State != site.Open:
		o.Reason = ReasonHouse
	case o.State == OfferEnded || o.State == OfferNotYet:
		if o.Reason == ReasonNone {
			o.Reason = ReasonAuthorisation
		}
	case o.State == "" && o.Service.Permission != "":
		o.Reason = ReasonAuthorisation
	case !equipped:
		o.Reason = ReasonEquipment
	case !started:
		o.Reason = ReasonAuthorisation
	default:
		o.Active, o.Reason = true, ReasonNone
	}
}

// SetOffer writes down whether an office has a service: a state, from a day on, and
// why not. Errors: Forbidden; NotFound; Invalid on "state", "since", "reason".
func (s *Service) SetOffer(ctx context.Context, actor identity.Actor, office, service string, state OfferState, since agenda.Date, reason Reason) (err error) {
	defer errs.Wrap(&err, "counter.SetOffer(%q)", service)
	st, err := s.Office(office)
	if err != nil {
		return err
	}
	if err := actor.Check(identity.DeskWrite, identity.Site(st.ID)); err != nil {
		return err
	}
	if _, ok := catalog.Find(service); !ok {
		return errs.New(errs.NotFound, "counter.service.unknown", nil)
	}
	if state != OfferActive && state != OfferNotYet && state != OfferEnded {
		return errs.New(errs.Invalid, "counter.offer.state", nil).On("state")
	}
	known := reason == ReasonNone
	for _, x := range Reasons {
		known = known || x == reason
	}
	if !known || state != OfferActive && reason == ReasonNone {
		return errs.New(errs.Invalid, "counter.offer.reason", nil).On("reason")
	}
	from := ""
	if since.Valid() {
		from = since.String()
	}
	return s.change(ctx, st, func(c *change) (string, EventFacts, error) {
		if _, err := c.tx.Exec(ctx, setOffer, st.ID, service, string(state), from, string(reason)); err != nil {
			return "", EventFacts{}, err
		}
		return "office", EventFacts{}, c.noteOffice("counter.offer", actor.Agent(), service, string(state))
	})
}
