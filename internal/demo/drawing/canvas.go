package drawing

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// The size of a drawing, 16 to 10, in its own units, and that at which it is
// shown.
const (
	width, height = 800, 500
	Width, Height = 1600, 1000
)

// canvas is a drawing while it is made.
type canvas struct {
	strings.Builder
	rng *rand.Rand
}

func newCanvas(rng *rand.Rand) *canvas {
	c := &canvas{rng: rng}
	c.put(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d">`, width, height)
	return c
}

func (c *canvas) done() []byte {
	c.WriteString("</svg>")
	return []byte(c.String())
}

func (c *canvas) put(format string, args ...any) { fmt.Fprintf(c, format, args...) }

// num writes a number short: tenths are fine enough.
func num(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }

// rect draws a rectangle; more are further attributes.
func (c *canvas) rect(x, y, w, h float64, fill string, more ...string) {
	c.put(`<rect x="%s" y="%s" width="%s" height="%s" fill="%s"%s/>`, num(x), num(y), num(w), num(h), fill, attributes(more))
}

func (c *canvas) path(d, fill string, more ...string) {
	c.put(`<path d="%s" fill="%s"%s/>`, d, fill, attributes(more))
}

func (c *canvas) circle(x, y, r float64, fill string, more ...string) {
	c.put(`<circle cx="%s" cy="%s" r="%s" fill="%s"%s/>`, num(x), num(y), num(r), fill, attributes(more))
}

func (c *canvas) ellipse(x, y, rx, ry float64, fill string, more ...string) {
	c.put(`<ellipse cx="%s" cy="%s" rx="%s" ry="%s" fill="%s"%s/>`, num(x), num(y), num(rx), num(ry), fill, attributes(more))
}

// line draws a path without a filling.
func (c *canvas) line(d, stroke string, thick float64, more ...string) {
	c.put(`<path d="%s" fill="none" stroke="%s" stroke-width="%s"%s/>`, d, stroke, num(thick), attributes(more))
}

// shape names something that is drawn several times.
func (c *canvas) shape(name string, draw func()) {
	c.put(`<defs><g id="%s">`, name)
	draw()
	c.put(`</g></defs>`)
}

func (c *canvas) use(name string, x, y float64) {
	c.put(`<use href="#%s" x="%s" y="%s"/>`, name, num(x), num(y))
}

// fade names a gradient from above to below.
func (c *canvas) fade(name, from, to string) {
	c.put(`<linearGradient id="%s" x2="0" y2="1"><stop stop-color="%s"/><stop offset="1" stop-color="%s"/></linearGradient>`, name, from, to)
}

func attributes(more []string) string {
	var b strings.Builder
	for i := 0; i+1 < len(more); i += 2 {
		fmt.Fprintf(&b, ` %s="%s"`, more[i], more[i+1])
	}
	return b.String()
}

// between draws a number from least to most.
func (c *canvas) between(least, most float64) float64 {
	return float64(int((least+c.rng.Float64()*(most-least))*2+0.5)) / 2
}

func (c *canvas) chance(percent int) bool { return c.rng.IntN(100) < percent }

func pick[T any](c *canvas, list ...T) T { return list[c.rng.IntN(len(list))] }

// mix is a colour between two, "#rrggbb" each.
func mix(a, b string, share float64) string {
	x, _ := strconv.ParseUint(a[1:], 16, 32)
	y, _ := strconv.ParseUint(b[1:], 16, 32)
	var out uint64
	for shift := 0; shift <= 16; shift += 8 {
		p, q := float64(x>>shift&255), float64(y>>shift&255)
		out |= uint64(p+(q-p)*share+0.5) << shift
	}
	return fmt.Sprintf("#%06x", out)
}

func darker(colour string, share float64) string  { return mix(colour, "#1d2b3a", share) }
func lighter(colour string, share float64) string { return mix(colour, "#ffffff", share) }
