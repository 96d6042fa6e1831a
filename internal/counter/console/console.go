// Package console is the desk of who serves: the line in front of them, the ticket
// they have, who the citizen is, and what was done for them. It is made for hands
// that stay on the keyboard.
package console

import "embed"

// Words are the texts in Italian and English.
//
//go:embed words/*.json
var Words embed.FS
