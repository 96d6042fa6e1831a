// Package opendata publishes all that is public of the programme as data: every
// kind of row of the account, the houses, the indexes and sums, as CSV, JSON and
// GeoJSON at addresses that stay, with a catalogue in DCAT-AP_IT; the page that
// tells of them; the same in a folder; and the way back, from the files alone to
// the same indexes and sums.
package opendata

import (
	"embed"

	"polis/internal/programme"
)

// Pages are the templates, Words the texts in Italian and English.
var (
	//go:embed pages/*.gohtml
	Pages embed.FS
	//go:embed words/*.json
	Words embed.FS
)

// The addresses.
const (
	Root     = "/opendata/"
	PagePath = programme.DataPath
)
