package picture

import "embed"

// Words are the texts of refused pictures, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS
