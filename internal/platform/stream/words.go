package stream

import "embed"

// Words are the texts of the refusals, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS
