package coworking

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/identity"
	"polis/internal/platform/api"
	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

func (h *operations) registerBookings(a *api.API) {
	add := func(id, method, path, summary, description string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1/" + path, Tags: []string{"Bookings"},
			Summary: summary, Description: description, DefaultStatus: status, Security: api.SignedIn,
		}
	}
	const wanted = " Give `resources`, or `site`, `kind` and `count`, with `from` and `to`; or several of these as `parts`: all of it is booked or nothing. " +
		"What is not free is 409 with `taken` and free `alternatives`; a rule of the house is 422 with `rule` and `limit`; an id that does not exist is 404. " +
		"With an `Idempotency-Key` the request may be sent again; the same key with another body is 422."
	api.Register(a, add("create-booking", http.MethodPost, "bookings", "Book", "Books places."+wanted, http.StatusCreated), h.book(h.Service.Book, "booking"))
	api.Register(a, add("create-hold", http.MethodPost, "holds", "Keep places for a moment",
		"Keeps places for ten minutes, until `hold_expires`; confirm the booking by then."+wanted, http.StatusCreated), h.book(h.Service.Hold, "hold"))
	api.Register(a, add("list-bookings", http.MethodGet, "bookings", "One's own bookings", "Newest start first. With a token in a role of an organisation: all that its members booked for it.", 0), h.list)
	api.Register(a, add("get-booking", http.MethodGet, "bookings/{id}", "Get a booking", "", 0), h.get)
	api.Register(a, add("confirm-booking", http.MethodPost, "bookings/{id}/confirm", "Book what is on hold",
		"A second time changes nothing. 409 once the hold has expired.", http.StatusOK), h.confirm)
	api.Register(a, add("extend-hold", http.MethodPost, "holds/{id}/parts", "Add to what is on hold",
		"All of it is held afterwards, or the hold stays as it was. Its ten minutes begin anew, up to half an hour in all. 412 where `If-Match` is no longer true."+wanted,
		http.StatusOK), h.extend)
	api.Register(a, add("rate-booking", http.MethodPut, "bookings/{id}/rating", "Say how the visit was",
		"From a quarter of an hour after check-in until two weeks after the end; later words take the place of earlier ones.", http.StatusNoContent), h.rate)
	api.Register(a, add("move-booking", http.MethodPatch, "bookings/{id}", "Move a booking to another time",
		"The places stay. 412 where `If-Match` is no longer true.", 0), h.move)
	api.Register(a, add("cancel-booking", http.MethodDelete, "bookings/{id}", "Cancel a booking",
		"A second time changes nothing. 412 where `If-Match` is no longer true.", http.StatusOK), h.cancel)
	api.Register(a, add("check-in", http.MethodPost, "bookings/{id}/check-in", "Say that the person came",
		"The person, or somebody at reception of the site. A second time changes nothing; 422 with `from` where it is too early; 409 where the place was released.",
		http.StatusOK), h.checkIn)
}

// WantedPlaces asks for places at one time.
type WantedPlaces struct {
	Resources []string     `json:"resources,omitempty" doc:"Ids of the places"`
	Site      string       `json:"site,omitempty" doc:"Id or code of a site, which chooses the places"`
	Kind      bookableKind `json:"kind,omitempty"`
	Count     int          `json:"count,omitempty" minimum:"1" doc:"How many places of the kind; 1 if left out"`
	From      api.Time     `json:"from,omitempty"`
	To        api.Time     `json:"to,omitempty"`
}

// WantedBooking asks for a booking: places at one time, or several parts.
type WantedBooking struct {
	WantedPlaces
	Parts       []WantedPlaces `json:"parts,omitempty"`
	AcceptRules bool           `json:"accept_rules,omitempty" doc:"Accept the house rules that hold at its sites"`
}

// request is the Service's form of what was asked for. The error is Invalid.
func (w *WantedBooking) request(net *site.Network) (Request, error) {
	parts := w.Parts
	if parts == nil {
		parts = []WantedPlaces{w.WantedPlaces}
	} else if p := w.WantedPlaces; p.Resources != nil || p.Site != "" || p.Kind != "" || p.Count != 0 || !p.From.IsZero() || !p.To.IsZero() {
		return Request{}, errs.New(errs.Invalid, "booking.either", nil).On("parts")
	}
	req := Request{Parts: make([]PartRequest, len(parts))}
	for i, p := range parts {
		for _, end := range []struct {
			field string
			at    api.Time
		}{{"from", p.From}, {"to", p.To}} {
			if end.at.IsZero() {
				return Request{}, w.placed(errs.New(errs.Invalid, "booking.time-missing", nil).On(end.field), i)
			}
		}
		if s, err := net.ByCode(p.Site); err == nil {
			p.Site = s.ID
		}
		req.Parts[i] = PartRequest{
			Resources: p.Resources, Site: p.Site, Kind: site.ResourceKind(p.Kind), Count: p.Count,
			From: p.From.UTC(), To: p.To.UTC(),
		}
	}
	return req, nil
}

// placed puts the number of its part before the field of an error. The
// Service does it where there are several parts.
func (w *WantedBooking) placed(err error, part int) error {
	if w.Parts == nil {
		return err
	}
	return inPart(err, part, 2)
}

// hashOf is what a repeated request is known by: the operation and what was
// asked for, however it was written.
func hashOf(operation string, req Request) string {
	text, err := json.Marshal(req.Parts)
	if err != nil {
		panic(err) // texts, numbers and instants between 2000 and 2200
	}
	sum := sha256.Sum256(append([]byte(operation+"\n"), text...))
	return hex.EncodeToString(sum[:])
}

type createBooking struct {
	Key  api.IdempotencyKey `header:"Idempotency-Key"`
	Body WantedBooking
}

// createdBooking is a new booking with its address.
type createdBooking struct {
	Location     string `header:"Location"`
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Body         BookingFacts
}

// changedBooking is a booking as it is now.
type changedBooking struct {
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Body         BookingFacts
}

func (h *operations) book(do func(context.Context, identity.Actor, Request) (Booking, error), operation string,
) func(context.Context, *createBooking) (*createdBooking, error) {
	return func(ctx context.Context, in *createBooking) (*createdBooking, error) {
		req, err := in.Body.request(h.live.Network())
		if err != nil {
			return nil, err
		}
		if in.Key != "" {
			req.Key, req.Hash = string(in.Key), hashOf(operation, req)
		}
		b, err := do(ctx, identity.ActorFrom(ctx), req)
		if err != nil && len(in.Body.Parts) == 1 {
			err = in.Body.placed(err, 0)
		}
		if err != nil {
			return nil, err
		}
		facts := h.facts(b)
		if b.Status == reserve.Held || in.Body.AcceptRules { // what is booked at once waits for nothing
			if facts, err = h.ruled(ctx, b, in.Body.AcceptRules); err != nil {
				return nil, err
			}
		}
		return &createdBooking{"/api/v1/bookings/" + b.ID, api.Revision(b.Rev), noStore, facts}, nil
	}
}

// answered is the common end of operations on one booking.
func (h *operations) answered(ctx context.Context, b Booking, err error) (*changedBooking, error) {
	if err != nil {
		return nil, err
	}
	facts, err := h.ruled(ctx, b, false)
	if err != nil {
		return nil, err
	}
	return &changedBooking{api.Revision(b.Rev), noStore, facts}, nil
}

// OneBooking is the parameter that names a booking.
type OneBooking struct {
	ID string `path:"id" doc:"Id of the booking"`
}

func (h *operations) get(ctx context.Context, in *OneBooking) (*changedBooking, error) {
	b, err := h.Get(ctx, identity.ActorFrom(ctx), in.ID)
	return h.answered(ctx, b, err)
}

func (h *operations) confirm(ctx context.Context, in *struct {
	OneBooking
	Body *Confirmation
},
) (*changedBooking, error) {
	b, err := h.Confirm(ctx, identity.ActorFrom(ctx), in.ID)
	if err == nil && in.Body != nil && in.Body.AcceptRules {
		b, err = h.AcceptRules(ctx, identity.ActorFrom(ctx), in.ID)
	}
	return h.answered(ctx, b, err)
}

func (h *operations) checkIn(ctx context.Context, in *OneBooking) (*changedBooking, error) {
	b, err := h.CheckIn(ctx, identity.ActorFrom(ctx), in.ID)
	return h.answered(ctx, b, err)
}

func (h *operations) cancel(ctx context.Context, in *struct {
	OneBooking
	IfMatch string `header:"If-Match" doc:"ETag of the booking as the caller knows it"`
},
) (*changedBooking, error) {
	who := identity.ActorFrom(ctx)
	rev, err := h.revision(ctx, who, in.ID, in.IfMatch)
	if err != nil {
		return nil, err
	}
	b, err := h.Cancel(ctx, who, in.ID, rev)
	return h.answered(ctx, b, err)
}

// NewTime is the time to which a booking is moved.
type NewTime struct {
	From api.Time `json:"from"`
	To   api.Time `json:"to"`
}

func (h *operations) move(ctx context.Context, in *struct {
	OneBooking
	IfMatch string `header:"If-Match" doc:"ETag of the booking as the caller knows it"`
	Body    NewTime
},
) (*changedBooking, error) {
	who := identity.ActorFrom(ctx)
	rev, err := h.revision(ctx, who, in.ID, in.IfMatch)
	if err != nil {
		return nil, err
	}
	b, err := h.Move(ctx, who, in.ID, in.Body.From.UTC(), in.Body.To.UTC(), rev)
	return h.answered(ctx, b, err)
}

// revision is that of a booking where the caller asks for it to be unchanged,
// 0 where they do not. The change itself checks it again.
func (h *operations) revision(ctx context.Context, who identity.Actor, id, ifMatch string) (int64, error) {
	if ifMatch == "" {
		return 0, nil
	}
	b, err := h.Get(ctx, who, id)
	if err != nil {
		return 0, err
	}
	return b.Rev, api.IfMatch(ifMatch, api.Revision(b.Rev))
}

// place is where a page of bookings goes on.
type place struct {
	Starts int64  `json:"s"` // µs
	ID     string `json:"i"`
}

func (h *operations) list(ctx context.Context, in *struct {
	Cursor string `query:"cursor" doc:"Where the page begins: next of the page before"`
	site.Limited
},
) (*personal[api.Page[BookingFacts]], error) {
	after := reserve.Last
	if in.Cursor != "" {
		var at place
		if err := api.DecodeCursor(in.Cursor, &at); err != nil {
			return nil, err
		}
		after = reserve.Position{Starts: clock.FromMicros(at.Starts), ID: at.ID}
	}
	found, err := h.List(ctx, identity.ActorFrom(ctx), after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(found) > in.Limit {
		found = found[:in.Limit]
		last := found[in.Limit-1]
		next = api.EncodeCursor(place{clock.Micros(last.Starts), last.ID})
	}
	whose, err := h.Belongings(ctx, found)
	if err != nil {
		return nil, err
	}
	items := make([]BookingFacts, len(found))
	for i, b := range found {
		items[i] = h.facts(b)
		items[i].belong(whose, b)
	}
	return private(api.NewPage(items, next))
}

// BookingFacts is a booking as the API shows it. Instants have the offset of
// the site.
type BookingFacts struct {
	ID           string         `json:"id"`
	Status       reserve.Status `json:"status" enum:"held,confirmed,checked-in,completed,cancelled,expired,no-show"`
	Resources    []string       `json:"resources" doc:"Ids of all places"`
	From         time.Time      `json:"from" doc:"First start of the parts"`
	To           time.Time      `json:"to" doc:"Last end of the parts"`
	Site         string         `json:"site" doc:"Id of the first site"`
	Parts        []BookedPart   `json:"parts"`
	Missed       []BookedPart   `json:"missed,omitempty" doc:"Parts that were released because nobody came, while the others stay"`
	Created      time.Time      `json:"created"`
	Organisation string         `json:"organisation,omitempty" doc:"Id of the organisation for which it was made"`
	BookedBy     string         `json:"booked_by,omitempty" doc:"Who of the organisation made it, in short"`
	CheckInFrom  *time.Time     `json:"check_in_from,omitempty" doc:"When check-in opens"`
	CheckInUntil *time.Time     `json:"check_in_until,omitempty" doc:"When the places of who did not come are released, or the end where nobody needs to check in"`
	HoldExpires  *time.Time     `json:"hold_expires,omitempty" doc:"Until when a hold can be confirmed"`
	HouseRules   []RulesFacts   `json:"house_rules,omitempty" doc:"House rules that hold for it; not in lists, nor where it is booked at once without accepting them"`
	Rev          int64          `json:"rev" doc:"Grows with every change; also the ETag"`
}

// BookedPart is places of one site at one time.
type BookedPart struct {
	Site      string            `json:"site" doc:"Id of the site"`
	SiteName  string            `json:"site_name"`
	Kind      site.ResourceKind `json:"kind"`
	Resources []string          `json:"resources" doc:"Ids of the places"`
	From      time.Time         `json:"from"`
	To        time.Time         `json:"to"`
}

func bookedPart(p PlacePart) BookedPart {
	part := BookedPart{
		Site: p.Site.ID, SiteName: p.Site.Name, Kind: p.Kind, Resources: make([]string, 0, len(p.Units)),
		From: p.From.In(p.Zone), To: p.To.In(p.Zone),
	}
	for _, u := range p.Units {
		part.Resources = append(part.Resources, u.ID)
	}
	return part
}

// belong says who made a booking of an organisation.
func (f *BookingFacts) belong(x Belonging, b Booking) {
	if b.For != "" {
		f.BookedBy = x.By(b)
	}
}

func (h *operations) facts(b Booking) BookingFacts {
	zone := h.zoneOf(b.Booking)
	f := BookingFacts{
		ID: b.ID, Status: b.Status, Resources: []string{}, From: b.Starts.In(zone), To: b.Ends.In(zone),
		Parts: make([]BookedPart, 0, len(b.Places)), Created: b.Created.In(zone), Organisation: b.For, Rev: b.Rev,
	}
	for _, p := range b.Missed {
		f.Missed = append(f.Missed, bookedPart(p))
	}
	for _, p := range b.Places {
		part := bookedPart(p)
		f.Resources = append(f.Resources, part.Resources...)
		f.Parts = append(f.Parts, part)
	}
	if len(b.Places) > 0 {
		f.Site = b.Places[0].Site.ID
	}
	if len(b.Places) > 0 && (b.Status == reserve.Held || b.Status == reserve.Confirmed) {
		rules, until := h.rulesOf(b.Booking), b.Due.In(zone)
		if b.Status == reserve.Held {
			expires := until
			f.HoldExpires = &expires
			until = dueOf(h.stays(b.Booking), h.clock.Now()).In(zone)
		}
		from := b.Starts.Add(-time.Duration(rules.CheckInEarly) * time.Minute).In(zone)
		f.CheckInFrom, f.CheckInUntil = &from, &until
	}
	return f
}
