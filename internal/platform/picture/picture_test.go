package picture

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"slices"
	"testing"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/i18n/i18ntest"
)

func TestWords(t *testing.T) {
	t.Parallel()
	b := i18n.NewBundle()
	if err := b.Add(Words); err != nil {
		t.Fatal(err)
	}
	i18ntest.Check(t, b, os.DirFS("."))
}

// corners paint the four quarters of an upright picture: upper left and right,
// lower left and right.
var corners = [4]color.RGBA{{220, 20, 20, 255}, {20, 200, 20, 255}, {20, 20, 220, 255}, {230, 230, 20, 255}}

func upright(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, corners[2*(2*y/h)+2*x/w])
		}
	}
	return img
}

// held is how a picture is saved by a camera held so: the other way round.
func held(img *image.RGBA, orientation int) *image.RGBA {
	if orientation == 6 || orientation == 8 {
		orientation = 14 - orientation
	}
	return turn(img, orientation)
}

func asJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// place stands for where a picture was taken.
const place = "GPS 45.8262 N 8.7236 E"

// exif says how the camera was held and where.
func exif(order binary.AppendByteOrder, orientation int) []byte {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	for _, tag := range [][2]int{{256, 7}, {274, orientation}} {
		b = order.AppendUint16(b, uint16(tag[0]))
		b = order.AppendUint16(b, 3)
		b = order.AppendUint32(b, 1)
		b = order.AppendUint16(b, uint16(tag[1]))
		b = order.AppendUint16(b, 0)
	}
	return append(order.AppendUint32(b, 0), place...)
}

// withExif puts EXIF into a JPEG, after another segment as cameras do.
func withExif(data, exif []byte) []byte {
	out := []byte{0xff, 0xd8, 0xff, 0xe0, 0, 4, 'x', 'y', 0xff, 0xff, 0xe1}
	body := append([]byte("Exif\x00\x00"), exif...)
	out = binary.BigEndian.AppendUint16(out, uint16(len(body)+2))
	return append(append(out, body...), data[2:]...)
}

// pngWithExif puts EXIF into a PNG before the picture, and a text after it.
func pngWithExif(data, exif []byte) []byte {
	chunk := func(name string, body []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
		b = append(append(b, name...), body...)
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
	}
	const header = 8 + 25
	out := append(bytes.Clone(data[:header]), chunk("eXIf", exif)...)
	return append(append(out, chunk("tEXt", []byte("Location\x00"+place))...), data[header:]...)
}

func look(t *testing.T, what string, got Image, w, h int) {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(got.Data))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if size := img.Bounds().Size(); got.Width != w || got.Height != h || size != image.Pt(w, h) {
		t.Errorf("%s is %v, says %d × %d, want %d × %d", what, size, got.Width, got.Height, w, h)
		return
	}
	for i, want := range corners {
		x, y := w/4+i%2*w/2, h/4+i/2*h/2
		r, g, b, _ := img.At(x, y).RGBA()
		for k, pair := range [3][2]int{{int(r >> 8), int(want.R)}, {int(g >> 8), int(want.G)}, {int(b >> 8), int(want.B)}} {
			if pair[0] < pair[1]-25 || pair[0] > pair[1]+25 {
				t.Errorf("%s: quarter %d has %d for %d in channel %d", what, i, pair[0], pair[1], k)
			}
		}
	}
}

func TestOrientationsAndWhatTheCameraWrote(t *testing.T) {
	t.Parallel()
	for o := 1; o <= 8; o++ {
		img := held(upright(64, 48), o)
		for name, data := range map[string][]byte{
			"JPEG, little end":  withExif(asJPEG(t, img), exif(binary.LittleEndian, o)),
			"JPEG, big end":     withExif(asJPEG(t, img), exif(binary.BigEndian, o)),
			"PNG with a chunk":  pngWithExif(asPNG(t, img), exif(binary.BigEndian, o)),
			"JPEG without EXIF": asJPEG(t, upright(64, 48)),
		} {
			what := fmt.Sprintf("%s, orientation %d", name, o)
			if name != "JPEG without EXIF" && !bytes.Contains(data, []byte(place)) {
				t.Fatalf("%s: the trial itself says nothing of the place", what)
			}
			picture, thumb, err := Prepare(data)
			if err != nil {
				t.Errorf("%s: %v", what, err)
				continue
			}
			look(t, what, picture, 64, 48)
			for _, kept := range []Image{picture, thumb} {
				if bytes.Contains(kept.Data, []byte("Exif")) || bytes.Contains(kept.Data, []byte("GPS")) {
					t.Errorf("%s: what the camera wrote is kept", what)
				}
			}
		}
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ w, h, pw, ph, tw, th int }{
		{2000, 1000, 1600, 800, 480, 240},
		{1000, 2000, 1000, 2000, 360, 720},
		{300, 200, 300, 200, 300, 200},
		{40, 8000, 12, 2400, 4, 720},
		{8000, 2, 1600, 1, 480, 1},
	} {
		picture, thumb, err := Prepare(asPNG(t, upright(c.w, c.h)))
		if err != nil {
			t.Errorf("%d × %d: %v", c.w, c.h, err)
			continue
		}
		for _, x := range []struct {
			got  Image
			w, h int
		}{{picture, c.pw, c.ph}, {thumb, c.tw, c.th}} {
			if x.got.Width != x.w || x.got.Height != x.h {
				t.Errorf("%d × %d becomes %d × %d, want %d × %d", c.w, c.h, x.got.Width, x.got.Height, x.w, x.h)
			}
		}
	}
	// A picture on its side is measured as it will stand.
	lying := withExif(asJPEG(t, held(upright(1800, 900), 6)), exif(binary.BigEndian, 6))
	picture, thumb, err := Prepare(lying)
	if err != nil {
		t.Fatal(err)
	}
	look(t, "on its side", picture, 1600, 800)
	look(t, "on its side, small", thumb, 480, 240)
}

func TestOtherFormats(t *testing.T) {
	t.Parallel()
	webp, err := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	if err != nil {
		t.Fatal(err)
	}
	if picture, _, err := Prepare(webp); err != nil || picture.Width != 1 {
		t.Errorf("WebP: %+v, %v", picture, err)
	}
	glass := image.NewNRGBA(image.Rect(0, 0, 20, 20)) // seen through, all of it
	picture, _, err := Prepare(asPNG(t, glass))
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(picture.Data))
	if err != nil {
		t.Fatal(err)
	}
	if r, g, b, _ := img.At(10, 10).RGBA(); r < 0xf000 || g < 0xf000 || b < 0xf000 {
		t.Error("glass is not on white")
	}
}

// bomb is a PNG whose header promises more than its data.
func bomb(t *testing.T, w, h uint32) []byte {
	data := asPNG(t, upright(8, 8))
	binary.BigEndian.PutUint32(data[16:], w)
	binary.BigEndian.PutUint32(data[20:], h)
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data
}

func TestHostileFiles(t *testing.T) {
	t.Parallel()
	whole := asJPEG(t, upright(400, 300))
	var animated bytes.Buffer
	if err := gif.Encode(&animated, upright(8, 8), nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data []byte
		key  string
	}{
		{"nothing", nil, "picture.type"},
		{"text", []byte("hello, world"), "picture.type"},
		{"SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "picture.type"},
		{"HTML that begins as a GIF", []byte("GIF89a<script>alert(1)</script>"), "picture.type"},
		{"JPEG header alone", whole[:20], "picture.unreadable"},
		{"half a JPEG", whole[:len(whole)/2], "picture.unreadable"},
		{"half a PNG", asPNG(t, upright(400, 300))[:200], "picture.unreadable"},
		{"PNG of 4 gigapixels", bomb(t, 65_000, 65_000), "picture.too-many-pixels"},
		{"PNG of 51 megapixels", bomb(t, 51_000, 1_000), "picture.too-many-pixels"},
		{"PNG as wide as can be", bomb(t, 1<<31-1, 1<<31-1), "picture."},
		{"PNG that promises more than it has", bomb(t, 7_000, 7_000), "picture.unreadable"},
		{"WebP cut short", []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f"), "picture.unreadable"},
		{"too many bytes", make([]byte, MaxBytes+1), "picture.too-large"},
	} {
		_, _, err := Prepare(c.data)
		if e := errs.As(err); err == nil || len(e.Key) < len(c.key) || e.Key[:len(c.key)] != c.key {
			t.Errorf("%s: %v, want %s", c.name, err, c.key)
		}
	}
	if _, _, err := Prepare(animated.Bytes()); err == nil {
		t.Error("a GIF is taken")
	}
	if _, _, err := Prepare(append(bytes.Clone(whole), []byte("<script>alert(1)</script>")...)); err != nil {
		t.Errorf("a JPEG with something after it: %v", err)
	}
}

// Whatever is beside a picture, reading its orientation neither panics nor
// runs on.
func FuzzOrientation(f *testing.F) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		f.Add(withExif(asJPEG(f, upright(8, 8)), exif(order, 6)), 0)
		f.Add(pngWithExif(asPNG(f, upright(8, 8)), exif(order, 3)), 1)
	}
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPEXIF\xff\xff\xff\xff"), 2)
	f.Fuzz(func(t *testing.T, data []byte, format int) {
		if o := orientation(data, formats[format&1+format>>1&1]); o < 1 || o > 8 {
			t.Errorf("orientation %d", o)
		}
	})
}

// What would take too much memory is refused before it is unpacked: a file that
// comes in several passes sooner than others, and so does one that hides it.
func TestMemory(t *testing.T) {
	t.Parallel()
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(plain.Bytes(), []byte{0xff, 0xc0})
	file := func(marker byte, pixels int, before ...byte) []byte {
		data := slices.Insert(bytes.Clone(plain.Bytes()), at, before...)
		frame := data[at+len(before):]
		frame[1] = marker
		binary.BigEndian.PutUint16(frame[5:], 1000)
		binary.BigEndian.PutUint16(frame[7:], uint16(pixels/1000))
		return data
	}
	for _, c := range []struct {
		name  string
		data  []byte
		large bool
	}{
		{"one pass", file(0xc0, 49_000_000), false},
		{"one pass, too large", file(0xc0, 51_000_000), true},
		{"several passes", file(0xc2, 13_000_000), false},
		{"several passes, too large", file(0xc2, 14_000_000), true},
		{"hidden by filling", file(0xc2, 14_000_000, 0xff), true},
		{"hidden by rubbish", file(0xc2, 14_000_000, 0x11), true},
		{"hidden by a mark without a length", file(0xc2, 14_000_000, 0xff, 0xd0), true},
	} {
		if _, _, err := Prepare(c.data); errs.Is(err, errs.TooLarge) != c.large {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
