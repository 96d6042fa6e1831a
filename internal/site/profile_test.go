package site

import (
	"strings"
	"testing"

	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

func TestProfilesThatNobodyCouldShow(t *testing.T) {
	t.Parallel()
	if p := aProfile(); p.Validate() != nil || (&Profile{}).Validate() != nil {
		t.Error("a good profile is refused")
	}
	for field, change := range map[string]func(*Profile){
		"profile.phone":             func(p *Profile) { p.Phone = "02 call me" },
		"profile.email":             func(p *Profile) { p.Email = "Uno <uno@example.org>" },
		"profile.directions":        func(p *Profile) { p.Directions.EN = strings.Repeat("è", MaxText+1) },
		"profile.amenities":         func(p *Profile) { p.Amenities = []Amenity{"wifi", "wifi"} },
		"profile.step_free":         func(p *Profile) { p.StepFree = "perhaps" },
		"profile.accessible_toilet": func(p *Profile) { p.AccessibleToilet = "true" },
		"profile.parking":           func(p *Profile) { p.Parking = "roof" },
		"profile.accessible_bays":   func(p *Profile) { p.AccessibleBays = -1 },
		"profile.building":          func(p *Profile) { p.Building = "castle" },
		"profile.territory":         func(p *Profile) { p.Territory = []Territory{"moon"} },
		"profile.area":              func(p *Profile) { p.Area = -1 },
	} {
		h := aHouse("a", "uno")
		change(&h.Profile)
		if err := h.Validate(); !errs.Is(err, errs.Invalid) || errs.As(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	p := aProfile()
	p.Directions.IT = strings.Repeat("è", MaxText)
	if err := p.Validate(); err != nil {
		t.Errorf("a text of %d characters: %v", MaxText, err)
	}
	for text, good := range map[string]bool{
		"a@b.it": true, "uno.due@example.org": true, "a@b": false, "a": false, "a@b.it\nBcc: c@d.it": false, " a@b.it": false,
	} {
		if isEmail(text) != good {
			t.Errorf("isEmail(%q) is %t", text, !good)
		}
	}
}

func TestAreas(t *testing.T) {
	t.Parallel()
	for r, good := range map[Rect]bool{
		{}: true, {0, 0, 1, 1}: true, {0, 0, longest, longest}: true,
		{1, 0, 0, 0}: false, {-1, 0, 5, 5}: false, {0, 0, -5, 5}: false, {1, 0, longest, 5}: false,
	} {
		if r.valid() != good {
			t.Errorf("%v: %t", r, !good)
		}
	}
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newStore(d)
		rooms, places := somePlaces("a", 1)
		save(t, s, []Site{aHouse("a", "uno")}, rooms, places)
		refused := func(what string, err error) {
			t.Helper()
			if !errs.Is(err, errs.Invalid) || errs.As(err).Field != "area" {
				t.Errorf("%s: %v", what, err)
			}
		}
		places[2].Area = Rect{100, 200, 600, 400}
		refused("a composite with an area", s.SaveResources(t.Context(), places))
		places[2].Area = Rect{}
		places[1].Area.W++
		refused("a place through the wall", s.SaveResources(t.Context(), places))
		rooms[0].Area.H--
		refused("a room smaller than its places", s.SaveRooms(t.Context(), rooms))
		got, err := load(t, s).ByOrdinal(2)
		if err != nil || got.Area != (Rect{400, 200, 300, 400}) {
			t.Errorf("a refused change stayed: %v, %v", got.Area, err)
		}
	})
}
