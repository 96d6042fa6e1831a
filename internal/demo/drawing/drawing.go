// Package drawing draws the houses of the demonstration: the front with its
// street, the open space inside, a meeting room, a terrace. Each house has its
// own colours, roofs, windows and trees, by its dice; what is said of a drawing
// for those who do not see it is what was drawn.
package drawing

import (
	"math/rand/v2"
	"strings"
)

// House is what is known of a house before it is drawn.
type House struct {
	Building  string    // kind, as the houses say it
	Landscape Landscape // around it
	Storeys   int       // 1 to 3 by its size
	Dice      func() *rand.Rand
}

// Picture is a drawing with what it shows, in Italian and English.
type Picture struct {
	SVG    []byte
	IT, EN string
}

// look are the colours of a house, the same in all its drawings.
type look struct {
	wall, trim, roof, shutter, door string
	wallIT, wallEN                  string
	sky, low                        string // above and at the horizon
	floor, chair, accent            string // inside
}

var walls = []struct{ colour, it, en string }{
	{"#e3b564", "color ocra", "an ochre"},
	{"#dca58f", "color rosa antico", "an old-rose"},
	{"#eedcb2", "color crema", "a cream-coloured"},
	{"#cf8964", "color terracotta", "a terracotta-coloured"},
	{"#b7c5a4", "color salvia", "a sage-green"},
	{"#ece7dc", "color avorio", "an ivory-white"},
	{"#c9d0d6", "color perla", "a pearl-grey"},
	{"#abc3d2", "color polvere", "a powder-blue"},
}

var skies = [][2]string{
	{"#a9d3ec", "#eaf5f7"}, {"#8fc4e6", "#dff0f6"}, {"#bcd8ea", "#f8ecd9"}, {"#c3d3ea", "#fbe3d3"}, {"#9fd0d8", "#f1f3e2"},
}

func newLook(c *canvas) look {
	wall, sky := pick(c, walls...), pick(c, skies...)
	return look{
		wall: wall.colour, wallIT: wall.it, wallEN: wall.en, trim: lighter(wall.colour, 0.55),
		roof:    pick(c, "#b5583c", "#a9553f", "#c06a45", "#96503f"),
		shutter: pick(c, "#4f7a63", "#6b7f8e", "#7d5a45", "#3f6f83", "#5f8a55"),
		door:    pick(c, "#7a4b32", "#3d5a6c", "#4d6b4f", "#8a3f3a"),
		sky:     sky[0], low: sky[1],
		floor: pick(c, "#d9b48a", "#cfa77c", "#e0c39d", "#c8b8a2"),
		chair: pick(c, "#3f6f83", "#c06a45", "#5b7f61", "#d0a23f", "#6b6f8f"), accent: pick(c, "#e0a93b", "#d2694a", "#3d8b8b", "#5d7fb8"),
	}
}

// begin starts a drawing of a house: the same dice give the same colours.
func (h House) begin() (*canvas, look) {
	c := newCanvas(h.Dice())
	return c, newLook(c)
}

// told joins what was drawn to a sentence.
func told(it, en []string, svg []byte) Picture {
	return Picture{SVG: svg, IT: sentence("Disegno:", it, " e "), EN: sentence("Drawing:", en, " and ")}
}

func sentence(head string, parts []string, and string) string {
	last := len(parts) - 1
	if last == 0 {
		return head + " " + parts[0] + "."
	}
	return head + " " + strings.Join(parts[:last], ", ") + and + parts[last] + "."
}
