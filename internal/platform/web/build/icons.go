package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"

	"golang.org/x/image/vector"
)

// The sign of Polis: a house with three columns, on a field of 32 by 32. It is
// drawn here once, for the tab of a browser and for the screens of devices.
var sign = [][]point{
	{{16, 5}, {5, 13}, {5, 15}, {27, 15}, {27, 13}},
	bar(8, 17, 11, 25), bar(14.5, 17, 17.5, 25), bar(21, 17, 24, 25),
	bar(6, 26.5, 26, 28),
}

const (
	signSide   = 32
	signCorner = 6
)

// signBlue is the accent of the pages.
var signBlue = color.RGBA{0x00, 0x66, 0xcc, 0xff}

type point struct{ x, y float32 }

func bar(left, top, right, bottom float32) []point {
	return []point{{left, top}, {right, top}, {right, bottom}, {left, bottom}}
}

// icons are the signs that devices show of an installed program. A maskable one
// is cut to a circle or another shape by the device: what counts lies in the
// middle four fifths.
func (b *builder) icons([]string) error {
	b.add("favicon.svg", signSVG())
	for _, i := range []struct {
		name  string
		side  int
		round bool
		scale float32
	}{
		{"icon-192.png", 192, true, 1},
		{"icon-512.png", 512, true, 1},
		{"icon-maskable.png", 512, false, 0.8},
		{"icon-touch.png", 180, false, 0.9}, // Apple's devices round it themselves
	} {
		data, err := signPNG(i.side, i.round, i.scale)
		if err != nil {
			return err
		}
		b.add(i.name, data)
	}
	return nil
}

func signSVG() []byte {
	var path strings.Builder
	for _, shape := range sign {
		for i, p := range shape {
			fmt.Fprintf(&path, "%c%g %g", "ML"[min(i, 1)], p.x, p.y)
		}
		path.WriteByte('z')
	}
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d"><rect width="%[1]d" height="%[1]d" rx="%d" fill="#06c"/><path d="%s" fill="#fff"/></svg>`,
		signSide, signCorner, path.String())
}

func signPNG(side int, round bool, scale float32) ([]byte, error) {
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	unit := float32(side) / signSide
	if round {
		ground(img, side, signCorner*unit)
	} else {
		draw.Draw(img, img.Bounds(), image.NewUniform(signBlue), image.Point{}, draw.Src)
	}
	r := vector.NewRasterizer(side, side)
	for _, shape := range sign {
		for i, p := range shape {
			x, y := (signSide/2+(p.x-signSide/2)*scale)*unit, (signSide/2+(p.y-signSide/2)*scale)*unit
			if i == 0 {
				r.MoveTo(x, y)
			} else {
				r.LineTo(x, y)
			}
		}
		r.ClosePath()
	}
	r.Draw(img, img.Bounds(), image.White, image.Point{})
	var buf bytes.Buffer
	err := png.Encode(&buf, img)
	return buf.Bytes(), err
}

// ground is the blue field with round corners.
func ground(img draw.Image, side int, corner float32) {
	s := float32(side)
	r := vector.NewRasterizer(side, side)
	r.MoveTo(corner, 0)
	r.LineTo(s-corner, 0)
	r.QuadTo(s, 0, s, corner)
	r.LineTo(s, s-corner)
	r.QuadTo(s, s, s-corner, s)
	r.LineTo(corner, s)
	r.QuadTo(0, s, 0, s-corner)
	r.LineTo(0, corner)
	r.QuadTo(0, 0, corner, 0)
	r.ClosePath()
	r.Draw(img, img.Bounds(), image.NewUniform(signBlue), image.Point{})
}
