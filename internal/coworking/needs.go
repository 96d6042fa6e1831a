package coworking

import (
	"slices"

	"polis/internal/site"
)

// Needs are what a house must have, beside free places. What nobody has said of
// a house counts as missing.
type Needs struct {
	StepFree  bool
	Toilet    bool // that a wheelchair fits into
	Parking   bool // of the house, or public and near
	Amenities []site.Amenity
	Size      site.Size // "" for any
}

// met tells whether a house has it all.
func (n *Needs) met(st *site.Site) bool {
	p := &st.Profile
	switch {
	case n.Size != "" && st.Size != n.Size,
		n.StepFree && p.StepFree != site.Yes,
		n.Toilet && p.AccessibleToilet != site.Yes,
		n.Parking && p.Parking != site.ParkingOwn && p.Parking != site.ParkingStreet:
		return false
	}
	for _, a := range n.Amenities {
		if !slices.Contains(p.Amenities, a) {
			return false
		}
	}
	return true
}
