package site

import "embed"

// Words are the texts of sites, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// Label is the message key of the kind's name.
func (k Kind) Label() string { return "site.kind." + string(k) }

// Label is the message key of the state's name.
func (s State) Label() string { return "site.state." + string(s) }

// Label is the message key of the size's name; an office has none.
func (s Size) Label() string { return "site.size." + string(s) }

// Label is the message key of the kind's name; its count chooses the plural.
func (k ResourceKind) Label() string { return "resource.kind." + string(k) }

// FeatureLabel is the message key of the name of a piece of equipment, one of
// Features.
func FeatureLabel(feature string) string { return "resource.feature." + feature }

// Label is the message key of what a room without places is for.
func (p Purpose) Label() string { return "room.purpose." + string(p) }

// Label is the message key of the name of an amenity.
func (a Amenity) Label() string { return "site.amenity." + string(a) }

// Label is the message key that says where one leaves a car; nothing is known
// of "".
func (p Parking) Label() string { return "site.parking." + string(p) }

// Label is the message key of the kind of building.
func (b Building) Label() string { return "site.building." + string(b) }

// Label is the message key of the kind of territory.
func (t Territory) Label() string { return "site.territory." + string(t) }

// Features are the pieces of equipment that have a name.
var Features = []string{
	"screen", "monitor", "whiteboard", "video", "microphone", "stage", "computers", "standing-desk", "quiet", "window",
	"lockable", "step-free", "power", "canopy", "light", "biometric-kit", "cash",
}
