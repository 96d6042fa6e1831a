package web

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Color is a colour of sRGB.
type Color struct{ R, G, B uint8 }

// Accent is the colour of pages that are given none.
var Accent = Color{0x00, 0x66, 0xcc}

// Readable is the least contrast of text with its ground that everybody reads
// (WCAG 2.1, 1.4.3).
const Readable = 4.5

// ParseColor reads "#0066cc", "0066CC" or "#06c".
func ParseColor(s string) (Color, bool) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "#")
	if len(s) == 3 {
		s = string([]byte{s[0], s[0], s[1], s[1], s[2], s[2]})
	}
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil || len(s) != 6 {
		return Color{}, false
	}
	return Color{uint8(n >> 16), uint8(n >> 8), uint8(n)}, true
}

func (c Color) String() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// luminance is the relative luminance of WCAG, from 0 to 1.
func (c Color) luminance() float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// Contrast is the ratio of WCAG between two colours, from 1 to 21; it does not
// matter which of them is the text.
func (c Color) Contrast(other Color) float64 {
	a, b := c.luminance(), other.luminance()
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}

// White is the ground of pages.
var White = Color{255, 255, 255}

// OnWhite is the contrast with white.
func (c Color) OnWhite() float64 { return c.Contrast(White) }

// darker is the colour with its light cut to a part, hue and saturation kept.
func (c Color) darker(part float64) Color {
	cut := func(v uint8) uint8 { return uint8(math.Round(float64(v) * part)) }
	return Color{cut(c.R), cut(c.G), cut(c.B)}
}

// tint is the colour thinned with white to a part.
func (c Color) tint(part float64) Color {
	mix := func(v uint8) uint8 { return uint8(math.Round(float64(v)*part + 255*(1-part))) }
	return Color{mix(c.R), mix(c.G), mix(c.B)}
}

// Darkened is the lightest colour of the same hue that has at least the contrast
// ratio with a ground: the colour itself where it has.
func (c Color) Darkened(ground Color, ratio float64) Color {
	for step := range 256 {
		if d := c.darker(1 - float64(step)/255); d.Contrast(ground) >= ratio {
			return d
		}
	}
	return Color{}
}
