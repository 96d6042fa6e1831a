package demo

import (
	"context"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/manage"
	"polis/internal/platform/clock"
	"polis/internal/platform/db/dbtest"
	"polis/internal/site"
)

// Every space of the country is in one lot.
func TestLotsCoverTheCountry(t *testing.T) {
	t.Parallel()
	d, now := dbtest.SQLite(t), clock.NewManual(time.Date(2026, 11, 23, 11, 7, 0, 0, time.UTC))
	net := laidOut(t, d, now.Now())
	made, err := Lots(t.Context(), d, net, now, clock.NewID)
	if err != nil || made != len(lots) {
		t.Fatal(made, err)
	}
	desk := manage.New(manage.Options{DB: d, Live: site.Still(net), Clock: now, IDs: clock.NewID, Problems: func(context.Context) (map[string]int, error) { return nil, nil }})
	list, none, err := desk.Lots(t.Context(), identity.Actor{Person: "x", Role: identity.NetworkManager, Scope: identity.Network})
	if err != nil {
		t.Fatal(err)
	}
	houses := 0
	for _, l := range list {
		houses += l.Houses
		if l.Houses < 10 {
			t.Errorf("lot %s has %d houses", l.Code, l.Houses)
		}
	}
	if spaces := len(net.Sites(site.Filter{Kind: site.Space})); houses != spaces || none.Houses != net.Len()-spaces {
		t.Errorf("%d houses in lots, %d spaces, %d in none", houses, spaces, none.Houses)
	}
}
