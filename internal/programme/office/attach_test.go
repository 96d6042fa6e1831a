package office

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"polis/internal/platform/errs"
)

func TestAttachments(t *testing.T) {
	t.Parallel()
	drawn := func(encode func(*bytes.Buffer, image.Image) error) []byte {
		var b bytes.Buffer
		if err := encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	photo := drawn(func(b *bytes.Buffer, m image.Image) error { return jpeg.Encode(b, m, nil) })
	scan := drawn(func(b *bytes.Buffer, m image.Image) error { return png.Encode(b, m) })
	moving := drawn(func(b *bytes.Buffer, m image.Image) error { return gif.Encode(b, m, nil) })
	paper := []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n")
	for _, c := range []struct {
		name, kind string
		data       []byte
	}{
		{"a PDF", pdf, paper},
		{"a photo", "image/jpeg", photo},
		{"a scan", "image/jpeg", scan},
		{"a PDF cut short", "", paper[:20]},
		{"a photo cut short", "", photo[:20]},
		{"a page behind the name of a PDF", "", []byte("<html>%PDF-1.7 %%EOF")},
		{"a drawing with a script", "", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`)},
		{"a program", "", []byte("MZ\x90\x00")},
		{"an archive", "", []byte("PK\x03\x04")},
		{"a moving picture", "", moving},
		{"nothing", "", nil},
	} {
		f, err := attachment(c.data)
		switch {
		case c.kind == "" && !errs.Is(err, errs.Invalid):
			t.Errorf("%s: taken as %s, %v", c.name, f.Type, err)
		case c.kind != "" && (err != nil || f.Type != c.kind):
			t.Errorf("%s: %s, %v", c.name, f.Type, err)
		}
	}
	if f, err := attachment(photo); err != nil || bytes.Equal(f.Data, photo) {
		t.Error("a photo is kept with what the camera wrote beside it")
	}
}
