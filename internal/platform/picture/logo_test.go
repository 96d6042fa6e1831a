package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"polis/internal/platform/errs"
)

// ring is a ring of a colour on nothing.
func ring(w, h int, c color.NRGBA) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	r := min(w, h) / 2
	for y := range h {
		for x := range w {
			if d := (x-w/2)*(x-w/2) + (y-h/2)*(y-h/2); d < r*r && d > r*r/3 {
				img.SetNRGBA(x, y, c)
			}
		}
	}
	return img
}

func TestLogo(t *testing.T) {
	t.Parallel()
	solid := image.NewRGBA(image.Rect(0, 0, 100, 50))
	for i := range solid.Pix {
		solid.Pix[i] = 255
	}
	for _, c := range []struct {
		name  string
		data  []byte
		w, h  int
		clear bool // the corner is see-through
		light bool
	}{
		{"dark on nothing", asPNG(t, ring(300, 150, color.NRGBA{20, 40, 60, 255})), 300, 150, true, false},
		{"light on nothing", asPNG(t, ring(300, 150, color.NRGBA{255, 255, 255, 255})), 300, 150, true, true},
		{"faint but light", asPNG(t, ring(300, 150, color.NRGBA{250, 250, 250, 90})), 300, 150, true, true},
		{"wide", asPNG(t, ring(4000, 400, color.NRGBA{200, 0, 0, 255})), 960, 96, true, false},
		{"high", asPNG(t, ring(300, 600, color.NRGBA{200, 0, 0, 255})), 96, 192, true, false},
		{"white ground", asPNG(t, solid), 100, 50, false, false},
		{"photo", asJPEG(t, upright(400, 200)), 384, 192, false, false},
		{"nothing at all", asPNG(t, image.NewNRGBA(image.Rect(0, 0, 10, 10))), 10, 10, true, false},
	} {
		got, err := PrepareLogo(c.data)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		img, err := png.Decode(bytes.NewReader(got.Data))
		if err != nil || img.Bounds().Dx() != c.w || img.Bounds().Dy() != c.h || got.Width != c.w || got.Height != c.h {
			t.Errorf("%s: %v, %d × %d, %v", c.name, img.Bounds(), got.Width, got.Height, err)
			continue
		}
		if _, _, _, a := img.At(0, 0).RGBA(); (a == 0) != c.clear || got.Light != c.light {
			t.Errorf("%s: corner %d, light %v", c.name, a, got.Light)
		}
	}
	for name, data := range map[string][]byte{"nothing": nil, "text": []byte("<svg/>"), "cut": asPNG(t, solid)[:60], "bomb": bomb(t, 60_000, 60_000)} {
		if _, err := PrepareLogo(data); !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.TooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
