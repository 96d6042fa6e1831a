// Package picture makes photos that people upload fit for pages: turned
// upright, no larger than a page needs, and without anything that the camera
// wrote beside the picture, such as where it was taken.
package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png" // read by image.Decode
	"slices"
	"sync"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // read by image.Decode

	"polis/internal/platform/errs"
)

// What an upload may be.
const (
	MaxBytes  = 12 << 20
	maxPixels = 50_000_000
	maxMemory = 200_000_000 // bytes that it may take when it is unpacked
)

// formats are those that are read, by the names of package image.
var formats = []string{"jpeg", "png", "webp"}

// Accept lists the media types that are read, as a file input wants it.
const Accept = "image/jpeg,image/png,image/webp"

// Image is a picture as it is kept: a JPEG.
type Image struct {
	Data          []byte
	Width, Height int
}

// ThumbWidth is how wide the small picture is at most, in pixels.
const ThumbWidth = 480

// Type is the media type of every Image.
const Type = "image/jpeg"

// The boxes into which a picture is made to fit; the height bounds what is
// much higher than wide.
var (
	large = image.Pt(1600, 2400)
	small = image.Pt(ThumbWidth, 720)
)

const quality = 82

// one lets a single picture be unpacked at a time: it may take two hundred
// megabytes for a moment, and half as much again to be made smaller.
var one sync.Mutex

// Prepare reads a JPEG, PNG or WebP file and makes two pictures of it, up to
// 1600 and up to 480 pixels wide. The errors are Invalid and TooLarge.
func Prepare(data []byte) (picture, thumb Image, err error) {
	turned, err := examine(data)
	if err != nil {
		return picture, thumb, err
	}
	picture, kept, err := unpack(data, turned)
	if err != nil {
		return Image{}, Image{}, err
	}
	thumb, _, err = pack(shrink(kept, small))
	return picture, thumb, err
}

// examine looks at a file before it is unpacked, and tells its orientation.
func examine(data []byte) (turned int, err error) {
	if len(data) > MaxBytes {
		return 0, errs.New(errs.TooLarge, "picture.too-large", errs.Args{"limit": MaxBytes >> 20})
	}
	about, format, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case errors.Is(err, image.ErrFormat) || err == nil && !slices.Contains(formats, format):
		return 0, errs.New(errs.Invalid, "picture.type", nil)
	case err != nil || about.Width < 1 || about.Height < 1:
		return 0, unreadable(err)
	}
	if most := min(maxPixels, maxMemory/depth(data, format, about.ColorModel)); about.Width > most/about.Height {
		return 0, errs.New(errs.TooLarge, "picture.too-many-pixels", errs.Args{"limit": most / 1_000_000})
	}
	return orientation(data, format), nil
}

// unpack makes the large picture; it is kept unpacked for the small one.
func unpack(data []byte, turned int) (Image, *image.RGBA, error) {
	one.Lock()
	defer one.Unlock()
	src, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return Image{}, nil, unreadable(err)
	}
	box := large
	if turned >= 5 { // it lies on its side
		box = image.Pt(large.Y, large.X)
	}
	return pack(turn(shrink(src, box), turned))
}

// depth is how many bytes a pixel takes at most while a file is unpacked. A
// progressive JPEG is kept as its coefficients until its end has come.
func depth(data []byte, format string, model color.Model) int {
	switch {
	case format == "jpeg" && progressive(data):
		return 15
	case model == color.CMYKModel, model == color.RGBA64Model, model == color.NRGBA64Model:
		return 8
	}
	return 4
}

func unreadable(err error) error {
	return errs.New(errs.Invalid, "picture.unreadable", nil).Because(err)
}

// shrink draws a picture on white so that it fits into a box; it never grows.
func shrink(src image.Image, box image.Point) *image.RGBA { return shrinkOn(src, box, image.White) }

// shrinkOn is shrink on another ground.
func shrinkOn(src image.Image, box image.Point, ground *image.Uniform) *image.RGBA {
	from := src.Bounds()
	w, h := from.Dx(), from.Dy()
	if w > box.X {
		w, h = box.X, max(1, (h*box.X+w/2)/w)
	}
	if h > box.Y {
		w, h = max(1, (w*box.Y+h/2)/h), box.Y
	}
	if from.Dx() > 2*w && from.Dy() > 2*h { // in halves: the fine way takes much memory for a large picture
		return shrinkOn(scaled(src, from.Dx()/2, from.Dy()/2, draw.ApproxBiLinear, ground), box, ground)
	}
	if w == from.Dx() && h == from.Dy() {
		return scaled(src, w, h, draw.NearestNeighbor, ground)
	}
	return scaled(src, w, h, draw.CatmullRom, ground)
}

// scaled draws a picture on a ground, in another size.
func scaled(src image.Image, w, h int, how draw.Scaler, ground *image.Uniform) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Bounds(), ground, image.Point{}, draw.Src)
	how.Scale(out, out.Bounds(), src, src.Bounds(), draw.Over, nil)
	return out
}

func pack(img *image.RGBA) (Image, *image.RGBA, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return Image{}, nil, fmt.Errorf("picture.pack: %w", err)
	}
	return Image{b.Bytes(), img.Rect.Dx(), img.Rect.Dy()}, img, nil
}

// turn sets a picture upright, as its orientation of EXIF (1 to 8) asks.
func turn(img *image.RGBA, orientation int) *image.RGBA {
	if orientation < 2 || orientation > 8 {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			u, v := x, y // where the pixel belongs
			switch orientation {
			case 2:
				u = w - 1 - x
			case 3:
				u, v = w-1-x, h-1-y
			case 4:
				v = h - 1 - y
			case 5:
				u, v = y, x
			case 6:
				u, v = h-1-y, x
			case 7:
				u, v = h-1-y, w-1-x
			case 8:
				u, v = y, w-1-x
			}
			copy(out.Pix[out.PixOffset(u, v):][:4], img.Pix[img.PixOffset(x, y):][:4])
		}
	}
	return out
}
