package coworking_test

import (
	"testing"

	"polis/internal/coworking/coworkingtest"
	"polis/internal/identity"
	"polis/internal/identity/device"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
)

// A door checks in who shows a pass at its own house, and does nothing else.
func TestADoorChecksInPassesOfItsHouse(t *testing.T) {
	t.Parallel()
	w, ctx := coworkingtest.New(t, dbtest.SQLite(t)), t.Context()
	door := func(code string) identity.Actor {
		return device.Device{ID: "door-" + code, Kind: device.Door, Site: coworkingtest.SiteID(code)}.Actor(identity.ChannelAPI)
	}
	b := book(t, w, w.Maria, places(w, "aurora", 1, 3, "D-01"))
	other := book(t, w, w.Giuseppe, places(w, "molo", 1, 3, "D-01"))
	text, err := w.Service.Pass(ctx, w.Maria.Actor, b.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.Clock.Set(at(1))
	kiosk := device.Device{ID: "kiosk", Kind: device.Kiosk, Site: coworkingtest.SiteID("aurora")}.Actor(identity.ChannelAPI)
	for name, c := range map[string]struct {
		actor identity.Actor
		code  string
		key   string
	}{
		"the door of another house":           {door("molo"), "molo", "check-in.elsewhere"},
		"the door of another house, for ours": {door("molo"), "aurora", ""},
		"a kiosk":                             {kiosk, "aurora", ""},
	} {
		_, err := w.Service.CheckInPass(ctx, c.actor, c.code, text)
		if err == nil || c.key != "" && !errs.HasKey(err, c.key) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ours := door("aurora")
	for _, already := range []bool{false, true} {
		got, err := w.Service.CheckInPass(identity.WithActor(ctx, ours), ours, coworkingtest.SiteID("aurora"), text)
		if err != nil || got.Booking != b.ID || got.Already != already {
			t.Fatalf("checked in: %+v, %v", got, err)
		}
	}
	if now, err := w.Service.Get(ctx, w.Maria.Actor, b.ID); err != nil || now.Status != reserve.CheckedIn {
		t.Errorf("Maria's booking is %s, %v", now.Status, err)
	}
	// Nothing else: not to see, not elsewhere, not to change.
	if _, err := w.Service.CheckIn(ctx, ours, other.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("a booking of another house: %v", err)
	}
	if _, err := w.Service.Get(ctx, ours, b.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("the door reads a booking: %v", err)
	}
	if _, err := w.Service.Reception(ctx, ours, "aurora"); err == nil {
		t.Error("the door sees who is expected")
	}
	if _, err := w.Service.Cancel(ctx, ours, b.ID, 0); err == nil {
		t.Error("the door cancels")
	}
	if _, err := w.Service.Pass(ctx, ours, b.ID); err == nil {
		t.Error("the door makes passes")
	}
	if _, err := w.Service.List(ctx, ours, reserve.Position{}, 10); err == nil {
		t.Error("the door lists bookings")
	}
	if got, err := w.Service.CheckIn(ctx, ours, b.ID); err == nil && codesOf(got.Places) != "" {
		t.Errorf("the door is told of the places %s", codesOf(got.Places))
	}
}
