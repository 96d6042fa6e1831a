package coworking

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/reserve"
)

// fieldAdding names, in forms and addresses, the hold that what is chosen is
// added to. The search and the pages of houses carry it along.
const fieldAdding = "con"

// adding is the hold that what is chosen on a page is added to, as the
// templates adding-strip and adding-field show it.
type adding struct {
	ID, Href string
	Houses   string
	Until    time.Time // in the zone of its first place
}

// adding is the hold that a page adds to; nil where there is none, where it is
// somebody else's, and where it is over.
func (h *pages) adding(r *http.Request, id string) (*adding, error) {
	var none *adding
	if id == "" || !actor(r).SignedIn() {
		return none, nil
	}
	b, err := h.Get(r.Context(), actor(r), id)
	if errs.Is(err, errs.NotFound) {
		return none, nil
	}
	if err != nil {
		return nil, err
	}
	if b.Person != actor(r).Person || standing(b.Booking, h.clock.Now()) != reserve.Held {
		return none, nil
	}
	return &adding{ID: b.ID, Href: bookingPath(b.ID), Houses: strings.Join(houses(b), ", "), Until: b.Due.In(zoneOf(b))}, nil
}

// carry puts the hold into an address, so that the next page adds to it too.
func (a *adding) carry(q url.Values) {
	if a != nil {
		q.Set(fieldAdding, a.ID)
	}
}

// carryAll makes what can be had at one tap add to the hold.
func (a *adding) carryAll(list []choice) {
	for i := range list {
		if a != nil {
			list[i].Fields = append(list[i].Fields, web.Option{Value: a.ID, Text: fieldAdding})
		}
	}
}

// houses are the names of the houses of a booking, each once.
func houses(b Booking) (names []string) {
	seen := map[string]bool{}
	for _, part := range b.Places {
		if !seen[part.Site.ID] {
			seen[part.Site.ID] = true
			names = append(names, part.Site.Name)
		}
	}
	return names
}

// holdOnce holds places once, however often one form is sent; with a hold to
// add to it adds them. The key of the form counts together with what it asks
// for, since the back button brings the same form with another choice.
func (h *pages) holdOnce(ctx context.Context, actor identity.Actor, parts []PartRequest, key, to string) (Booking, error) {
	sum := sha256.New()
	write := func(texts ...string) {
		for _, text := range texts {
			sum.Write([]byte(text))
			sum.Write([]byte{0})
		}
	}
	write(key, to)
	for _, p := range parts {
		write(p.Site, string(p.Kind), strconv.Itoa(p.Count), p.From.UTC().Format(time.RFC3339), p.To.UTC().Format(time.RFC3339))
		write(p.Resources...)
		write("")
	}
	hash := hex.EncodeToString(sum.Sum(nil))
	req := Request{Parts: parts, Hash: hash}
	if to != "" {
		return once(key, "page:"+hash, func(b Booking) bool { return !h.open(b) || hasAll(b, parts) }, func(key string) (Booking, error) {
			req.Key = key
			return h.Extend(ctx, actor, to, 0, req)
		})
	}
	return once(key, "page:"+hash, func(b Booking) bool { return standing(b.Booking, h.clock.Now()).Alive() }, func(key string) (Booking, error) {
		req.Key = key
		return h.Hold(ctx, actor, req)
	})
}

// open tells whether parts can be added to a booking.
func (h *pages) open(b Booking) bool { return standing(b.Booking, h.clock.Now()) == reserve.Held }

// once does what a form asks for under a key; form is empty where it has none.
// What the form did before counts while it stands; what was given up meanwhile
// does not stand in the way of doing it anew.
func once(form, key string, stands func(Booking) bool, do func(key string) (Booking, error)) (b Booking, err error) {
	if form == "" {
		return do("")
	}
	at := key
	for range maxParts {
		if b, err = do(at); err != nil || stands(b) {
			return b, err
		}
		at = key + ":" + b.ID + ":" + strconv.FormatInt(b.Rev, 10)
	}
	return b, errors.New("coworking: a form was sent and given up too often")
}

// hasAll tells whether a booking has what some parts asked for.
func hasAll(b Booking, parts []PartRequest) bool {
	for _, want := range parts {
		had, count := map[string]bool{}, 0
		for _, p := range b.Places {
			if !p.From.Equal(want.From) || !p.To.Equal(want.To) {
				continue
			}
			for _, u := range p.Units {
				had[u.ID] = true
			}
			if p.Site.ID == want.Site && p.Kind == want.Kind {
				count += len(p.Units)
			}
		}
		for _, id := range want.Resources {
			if !had[id] {
				return false
			}
		}
		if len(want.Resources) == 0 && count < max(want.Count, 1) {
			return false
		}
	}
	return true
}
