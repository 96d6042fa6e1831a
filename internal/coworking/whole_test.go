package coworking_test

import (
	"testing"

	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// A closure of a whole house shuts what is added to it later, or taken into use
// again: nobody finds it, nobody books it. One of some places does not.
func TestAClosureOfAHouseShutsWhatIsAdded(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		house := coworkingtest.SiteID("aurora")
		c, _, err := w.Service.Close(ctx, w.Luca.Actor, coworking.ClosureRequest{Site: house, Reason: "Lavori", From: at(24), To: at(72)})
		if err != nil || !c.Whole {
			t.Fatalf("%+v, %v", c, err)
		}
		if _, _, err := w.Service.Close(ctx, w.Luca.Actor, coworking.ClosureRequest{
			Site: house, Resources: []string{w.ID("aurora", "D-01")}, Reason: "Guasto", From: at(96), To: at(100),
		}); err != nil {
			t.Fatal(err)
		}
		add := func(code string) {
			t.Helper()
			if err := w.Store.Refit(ctx, house, "", func(_ *db.Tx, now site.Layout) (site.Refit, error) {
				desk := now.Places[0]
				desk.Ordinal, desk.ID, desk.Code, desk.Name, desk.Area = 0, clock.NewID(), code, code, site.Rect{}
				old, err := w.Live.Network().Resource(w.ID("aurora", "D-08"))
				if err != nil {
					return site.Refit{}, err
				}
				again := *old // until now out of use
				again.Active = true
				return site.Refit{Places: []site.Resource{desk, again}}, nil
			}); err != nil {
				t.Fatal(err)
			}
			w.Reload(t)
		}
		add("D-90")
		bookable := func(code string, from, to float64) error {
			_, err := w.Service.Book(ctx, w.Maria.Actor, coworking.Request{Parts: []coworking.PartRequest{places(w, "aurora", from, to, code)}})
			return err
		}
		free := func(code string, hour float64) bool {
			day, err := w.Service.DaySheet(ctx, w.Luca.Actor, "aurora", today.AddDays(int(hour)/24))
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range day.Rows {
				if row.Place.Code == code {
					return row.Free
				}
			}
			t.Fatal("no row for", code)
			return false
		}
		for _, code := range []string{"D-90", "D-08"} {
			if err := bookable(code, 25, 26); !errs.HasKey(err, "booking.shut") && !errs.HasKey(err, "booking.taken") {
				t.Errorf("%s in a closed house: %v", code, err)
			}
			if free(code, 25) {
				t.Errorf("%s is offered in a closed house", code)
			}
			if !free(code, 97) {
				t.Errorf("%s is shut by the closure of another place", code)
			}
		}
		if err := bookable("D-90", 1, 2); err != nil {
			t.Errorf("before the closure: %v", err)
		}
		_, blocks, err := w.Service.Blocks(ctx, w.Luca.Actor, "aurora")
		if err != nil || len(blocks) != 2 || !blocks[0].Whole || blocks[1].Whole {
			t.Errorf("%+v, %v", blocks, err)
		}
		if err := w.Service.Reopen(ctx, w.Luca.Actor, house, c.ID); err != nil {
			t.Fatal(err)
		}
		if err := bookable("D-90", 25, 26); err != nil {
			t.Errorf("after opening again: %v", err)
		}
		w.Check(t)
	})
}

// A place that comes while a house is being closed, of which the program does
// not know yet, is shut as well.
func TestClosingSeesWhatIsJustAdded(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		house := coworkingtest.SiteID("aurora")
		if err := w.Store.Refit(ctx, house, "", func(_ *db.Tx, now site.Layout) (site.Refit, error) {
			desk := now.Places[0]
			desk.Ordinal, desk.ID, desk.Code, desk.Name, desk.Area = 0, clock.NewID(), "D-91", "D-91", site.Rect{}
			return site.Refit{Places: []site.Resource{desk}}, nil
		}); err != nil {
			t.Fatal(err)
		}
		manager := identity.Actor{Person: w.Luca.Person, Role: identity.SiteManager, Scope: identity.Site(house)}
		if _, err := w.Service.CloseAndTell(ctx, manager, coworking.ClosureRequest{Site: house, Reason: "Lavori", From: at(24), To: at(72)}, nil, "k"); err != nil {
			t.Fatal(err)
		}
		w.Reload(t) // only now
		_, err := w.Engine.Do(ctx, reserve.Plan{Person: "p", To: reserve.Confirmed, Due: at(26), Demands: []reserve.Demand{{
			Site: house, Kind: "desk", From: at(25), To: at(26), Units: []int64{ordinal(t, w, "aurora", "D-91")},
		}}})
		if !reserve.IsRefusal(err) {
			t.Errorf("booked in a closed house: %v", err)
		}
	})
}

func ordinal(t *testing.T, w *coworkingtest.World, code, place string) int64 {
	t.Helper()
	r, err := w.Live.Network().Resource(w.ID(code, place))
	if err != nil {
		t.Fatal(err)
	}
	return r.Ordinal
}
