package coworking

import "embed"

// Words are the texts of coworking, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS
