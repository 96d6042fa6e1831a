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

// Features are the pieces of equipment that have a name.
var Features = []string{
	"screen", "monitor", "whiteboard", "video", "microphone", "stage", "computers", "standing-desk", "quiet", "window",
	"lockable", "step-free", "power", "canopy", "light",
}
