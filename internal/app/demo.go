package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"polis/internal/coworking"
	"polis/internal/demo"
	"polis/internal/identity"
	"polis/internal/platform/backup"
	"polis/internal/platform/db"
	"polis/internal/programme"
	"polis/internal/schema"
	"polis/internal/site"
)

// The secrets whose presence says that a database is a demonstration: laying
// out writes one before all else and the other after it.
const (
	demoBegun = "demo-begun"
	demoMark  = "demo"
)

// isDemo tells whether a database is a demonstration.
func isDemo(ctx context.Context, s *store) (bool, error) { return s.keys.Has(ctx, demoMark) }

// showOffice is the code of the office whose counter is shown.
const showOffice = "ufficio-gavirate"

// crowd is how many made-up people fill the demonstration.
const crowd = 5000

// layOut makes the demonstration where the database is empty. Replicas that
// start together do it once. Each step says how many it made and how long it
// took.
func layOut(ctx context.Context, e *env, s *store, bar *progress) error {
	return s.db.Alone(ctx, "polis demonstration", func() error {
		done, err := isDemo(ctx, s)
		if err != nil || done {
			return err
		}
		now := e.clock.Now()
		mark := func() ([]byte, error) { return []byte(now.Format(time.RFC3339)), nil }
		if err := makeRoom(ctx, s, mark); err != nil {
			return err
		}
		net, err := s.sites.LoadNetwork(ctx)
		if err != nil {
			return err
		}
		sum, err := demo.LayOut(ctx, s.sites, net.Territory(), now, bar.step)
		if err != nil {
			return err
		}
		bar.step("people", 0, crowd)
		people, err := s.people.CreateMany(ctx, identity.Crowd(crowd))
		if err != nil {
			return err
		}
		bar.step("people", len(people), crowd)
		if net, err = s.sites.LoadNetwork(ctx); err != nil {
			return err
		}
		ids := make([]string, len(people))
		for i, p := range people {
			ids[i] = p.ID
		}
		made, scores, err := demo.Bookings(ctx, s.db, net, ids, now, func(done, total int) { bar.step("bookings", done, total) })
		if err != nil {
			return err
		}
		ratings := make([]coworking.Rating, len(scores))
		for i, x := range scores {
			ratings[i] = coworking.Rating(x)
		}
		if err := coworking.KeepRatings(ctx, s.db, ratings); err != nil {
			return err
		}
		if _, err := demo.Lots(ctx, s.db, net, e.clock, e.ids); err != nil {
			return err
		}
		bar.step("counters", 0, 1)
		numbers, err := demo.Counters(ctx, s.db, net, e.ids, now, demo.OfficeStaff())
		if err != nil {
			return err
		}
		bar.step("counters", numbers, numbers)
		account := programme.New(programme.Options{DB: s.db, Sites: site.Still(net), Clock: e.clock, IDs: e.ids})
		bar.step("works", 0, net.Len())
		if _, err := demo.Works(ctx, s.db, account, net, now); err != nil {
			return err
		}
		bar.step("works", net.Len(), net.Len())
		if _, err := s.keys.Secret(ctx, demoMark, mark); err != nil {
			return err
		}
		bar.done(fmt.Sprintf("%d spaces with %d work places, %d offices, %d people, %d bookings",
			sum.Spaces, sum.WorkPlaces, sum.Offices, len(people), made))
		return nil
	})
}

// makeRoom clears what an earlier laying out left that was cut short, and
// refuses a database with a real network.
func makeRoom(ctx context.Context, s *store, mark func() ([]byte, error)) error {
	begun, err := s.keys.Has(ctx, demoBegun)
	if err != nil {
		return err
	}
	if begun {
		return s.db.Write(ctx, func(tx *db.Tx) error {
			names, err := backup.Tables(schema.Files)
			if err != nil {
				return err
			}
			for _, name := range slices.Backward(names) {
				if name == "secret" { // the keys stay
					continue
				}
				if err := tx.Clear(ctx, name); err != nil {
					return err
				}
			}
			return nil
		})
	}
	net, err := s.sites.LoadNetwork(ctx)
	if err != nil {
		return err
	}
	if net.Len() > 0 {
		return fmt.Errorf("this database already holds a real network: the demonstration wants an empty one")
	}
	_, err = s.keys.Secret(ctx, demoBegun, mark)
	return err
}

// testPeople puts the people that anybody may sign in as into a demonstration.
func testPeople(ctx context.Context, s *store, net *site.Network) (*identity.Demo, error) {
	reception := ""
	if st, err := net.ByCode("gavirate"); err == nil {
		reception = st.ID
	} else if open := net.Sites(site.Filter{Kind: site.Space, State: site.Open}); len(open) > 0 {
		reception = open[0].Site.ID
	}
	var offices []string
	if st, err := net.ByCode(showOffice); err == nil {
		offices = append(offices, st.ID)
	}
	d := identity.NewDemo(s.people, s.grants, demo.TestPeople(reception, offices...))
	return d, d.Prepare(ctx)
}
