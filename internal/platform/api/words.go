package api

import "embed"

// Words are the texts of the problems, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS
