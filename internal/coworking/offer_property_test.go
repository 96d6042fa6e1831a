package coworking_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"polis/internal/agenda"
	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/identity"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// At rest, search offers exactly what a booking accepts.
func TestSearchOffersWhatABookingAccepts(t *testing.T) {
	t.Parallel()
	w := coworkingtest.New(t, dbtest.SQLite(t))
	member := w.Giuseppe.Actor
	member.Unlimited = true
	actors := []identity.Actor{w.Load.Actor, member}
	rapid.Check(t, func(rt *rapid.T) {
		r := &rest{T: rt, w: w, ctx: t.Context()}
		for range rapid.IntRange(0, 25).Draw(rt, "bookings") {
			from, to := r.times()
			r.book(rapid.SampledFrom(actors).Draw(rt, "who"), coworking.PartRequest{
				Site: r.site(), Kind: r.kind(), Count: rapid.IntRange(1, 3).Draw(rt, "count"), From: from, To: to,
			})
		}
		for range rapid.IntRange(0, 2).Draw(rt, "closures") {
			r.shut()
		}
		for range 3 {
			r.compare(rapid.SampledFrom(actors).Draw(rt, "asks"))
		}
		r.instead(rapid.SampledFrom(actors).Draw(rt, "asks instead"))
		r.undo()
	})
	w.Check(t)
}

// rest is a random state of the network, undone afterwards.
type rest struct {
	*rapid.T
	w      *coworkingtest.World
	ctx    context.Context
	undone []func() error
}

func (r *rest) site() string {
	return coworkingtest.SiteID(rapid.SampledFrom([]string{"aurora", "aurora", "borgo", "cantiere", "faro", "molo", "molo", "ufficio"}).Draw(r.T, "site"))
}

func (r *rest) kind() site.ResourceKind {
	return rapid.SampledFrom([]site.ResourceKind{site.Desk, site.Desk, site.Meeting, site.Hall, site.Hall, site.Training}).Draw(r.T, "kind")
}

// times draws a time in two days in which opening, lateness and midnight
// matter.
func (r *rest) times() (from, to time.Time) {
	from = coworkingtest.Now.Truncate(time.Hour).Add(time.Duration(rapid.IntRange(-16, 140).Draw(r.T, "from")) * agenda.Quarter)
	quarters := rapid.SampledFrom([]int{1, 2, 3, 4, 4, 6, 8, 16, 50}).Draw(r.T, "quarters")
	return from, from.Add(time.Duration(quarters) * agenda.Quarter)
}

// book tries to book and tells whether it could; what it did is undone at the
// end. Only a refusal is an answer.
func (r *rest) book(who identity.Actor, p coworking.PartRequest) bool {
	b, err := r.w.Service.Book(r.ctx, who, coworking.Request{Parts: []coworking.PartRequest{p}})
	if err != nil {
		if k := errs.As(err).Kind; k != errs.Conflict && k != errs.Rule && k != errs.Forbidden {
			r.Fatalf("%+v: %v", p, err)
		}
		return false
	}
	r.undone = append(r.undone, func() error {
		_, err := r.w.Service.Cancel(r.ctx, who, b.ID, 0)
		return err
	})
	return true
}

// accepts tells whether a booking could be made, and gives it back.
func (r *rest) accepts(who identity.Actor, p coworking.PartRequest) bool {
	if !r.book(who, p) {
		return false
	}
	last := len(r.undone) - 1
	r.must(r.undone[last]())
	r.undone = r.undone[:last]
	return true
}

func (r *rest) shut() {
	from, to := r.times()
	at := r.site()
	places := r.w.Live.Network().Resources(at)
	req := coworking.ClosureRequest{Site: at, Reason: "prova", From: from, To: to}
	if rapid.Bool().Draw(r.T, "one") {
		req.Resources = []string{rapid.SampledFrom(places).Draw(r.T, "place").ID}
	}
	c, _, err := r.w.Service.Close(r.ctx, r.w.Luca.Actor, req)
	r.must(err)
	r.undone = append(r.undone, func() error { return r.w.Engine.Reopen(r.ctx, c.ID, "") })
}

func (r *rest) undo() {
	for _, f := range r.undone {
		r.must(f())
	}
}

func (r *rest) must(err error) {
	if err != nil {
		r.Fatal(err)
	}
}

// instead asks what there is instead of some search, and books it all.
func (r *rest) instead(who identity.Actor) {
	from, to := r.times()
	q := coworking.Query{Kind: r.kind(), From: from, To: to, Count: rapid.IntRange(1, 3).Draw(r.T, "places instead"), Limit: 100}
	if at, err := r.w.Live.Network().Site(r.site()); err == nil && rapid.Bool().Draw(r.T, "near") {
		q.Where = site.Filter{Near: &site.Point{Lat: at.Lat, Lon: at.Lon}, RadiusKm: 20}
	}
	got := r.w.Service.Instead(r.ctx, who, q)
	if len(got.Times) > 3 || len(got.Places) > 3 {
		r.Fatalf("%d times and %d places", len(got.Times), len(got.Places))
	}
	for _, a := range append(got.Times, got.Places...) {
		if a.To.Sub(a.From) != to.Sub(from) || len(a.Resources) != q.Count {
			r.Fatalf("%+v instead of %d for %v", a, q.Count, to.Sub(from))
		}
		if !r.accepts(who, coworking.PartRequest{Resources: a.Resources, From: a.From, To: a.To}) {
			r.Fatalf("%+v was offered and is refused", a)
		}
	}
}

// compare asks once what is free, and then tries to book at every site.
func (r *rest) compare(who identity.Actor) {
	from, to := r.times()
	q := coworking.Query{Kind: r.kind(), From: from, To: to, Count: rapid.IntRange(1, 4).Draw(r.T, "places"), Limit: 100}
	found, err := r.w.Service.Search(r.ctx, who, q)
	if err != nil && !errs.Is(err, errs.Rule) {
		r.Fatal(err)
	}
	net := r.w.Live.Network()
	for _, at := range net.Sites(site.Filter{}) {
		i := slices.IndexFunc(found.Hits, func(h coworking.Hit) bool { return h.Site.ID == at.Site.ID })
		p := coworking.PartRequest{Site: at.Site.ID, Kind: q.Kind, Count: q.Count, From: from, To: to}
		if offered, accepted := i >= 0, r.accepts(who, p); offered != accepted {
			r.Fatalf("%s: %d × %s from %s to %s: offered %t, accepted %t", at.Site.Code, q.Count, q.Kind, from, to, offered, accepted)
		}
		if i < 0 || q.Count > 1 {
			continue
		}
		hit, listed := found.Hits[i], 0
		for _, u := range net.OfKind(at.Site.ID, q.Kind) {
			offered := slices.Contains(hit.Units, u)
			if offered {
				listed++
			}
			if accepted := r.accepts(who, coworking.PartRequest{Resources: []string{u.ID}, From: from, To: to}); offered != accepted {
				r.Fatalf("%s %s from %s to %s: offered %t, accepted %t", at.Site.Code, u.Code, from, to, offered, accepted)
			}
		}
		if listed != hit.Free {
			r.Fatalf("%s: %d free, %d named", at.Site.Code, hit.Free, listed)
		}
	}
}
