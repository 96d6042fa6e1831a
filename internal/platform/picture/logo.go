package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
)

// LogoType is the media type of every Logo.
const LogoType = "image/png"

// logoBox is into what a logo is made to fit: three times as high as pages show
// it, for screens that are fine.
var logoBox = image.Pt(960, 192)

// Logo is a picture made fit for the head of pages: a PNG, see-through where the
// file was.
type Logo struct {
	Image

	Light bool // light strokes on nothing: it is read on a dark ground
}

// PrepareLogo reads a JPEG, PNG or WebP file as Prepare does, and keeps what is
// transparent.
func PrepareLogo(data []byte) (Logo, error) {
	turned, err := examine(data)
	if err != nil {
		return Logo{}, err
	}
	one.Lock()
	defer one.Unlock()
	src, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return Logo{}, unreadable(err)
	}
	box := logoBox
	if turned >= 5 {
		box = image.Pt(logoBox.Y, logoBox.X)
	}
	img := turn(shrinkOn(src, box, image.Transparent), turned)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return Logo{}, fmt.Errorf("picture.PrepareLogo: %w", err)
	}
	return Logo{Image{b.Bytes(), img.Rect.Dx(), img.Rect.Dy()}, light(img)}, nil
}

// light tells whether what is seen of a picture is light, and much of it is
// see-through. Pixels are premultiplied: a sum of them weighs each by how much
// of it is seen.
func light(img *image.RGBA) bool {
	var seen, shine, all uint64
	for i := 0; i+3 < len(img.Pix); i += 4 {
		p := img.Pix[i : i+4]
		shine += (2126*uint64(p[0]) + 7152*uint64(p[1]) + 722*uint64(p[2])) / 10_000
		seen += uint64(p[3])
		all += 255
	}
	return seen < all*9/10 && shine*100 > seen*75
}
