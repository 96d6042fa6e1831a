package document

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math/bits"
	"regexp"
	"strings"
	"testing"

	"rsc.io/qr"
)

func TestQR(t *testing.T) {
	t.Parallel()
	// As long as a pass, in its alphabet.
	pass := "POLIS1:" + strings.Repeat("6BF5 4$%*+-./:", 20)
	for _, c := range []struct {
		text    string
		version int // the smallest that ISO/IEC 18004 table 7 has for it at level M
	}{
		{"", 1},
		{"7", 1},
		{strings.Repeat("7", 34), 1},
		{strings.Repeat("7", 35), 2},
		{strings.Repeat("A", 20), 1},
		{strings.Repeat("A", 21), 2},
		{strings.Repeat("a", 14), 1},
		{strings.Repeat("a", 15), 2},
		{pass, 10}, // 287 characters; as bytes it would be version 13
		{strings.Repeat("A", 311), 10},
		{strings.Repeat("A", 312), 11},
		{"https://polis.example/spazi/GAVIRATE1?da=2026-10-05", 4},
		{"the devil's own: <>&\"'\\ \x00\x7f\r\n", 3},
		{strings.Repeat("a", 1000), 26},
		{strings.Repeat("A", 3391), 40},
	} {
		svg, err := QRSVG(c.text, "Pass")
		if err != nil {
			t.Errorf("%.20q: %v", c.text, err)
			continue
		}
		m := rasterise(t, svg)
		if v := (len(m) - 17) / 4; v != c.version {
			t.Errorf("%.20q: version %d, want %d", c.text, v, c.version)
		}
		if got := m.read(t); got != c.text {
			t.Errorf("read %q, want %q", got, c.text)
		}
		code, err := qr.Encode(c.text, qr.M)
		if err != nil {
			t.Fatal(err)
		}
		for y := range m {
			for x := range m[y] {
				if m[y][x] != code.Black(x, y) {
					t.Fatalf("%.20q: module %d,%d is not the library's", c.text, x, y)
				}
			}
		}
	}
}

func TestQRRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, title string }{
		{strings.Repeat("A", 3392), "Pass"},
		{strings.Repeat("a", 2332), "Pass"},
		{strings.Repeat("A", 1<<20), "Pass"},
		{"POLIS1:è", "Pass"},
		{"\xff", "Pass"},
		{"POLIS1:", ""},
	} {
		if svg, err := QRSVG(c.text, c.title); err == nil {
			t.Errorf("%.20q: drawn in %d bytes", c.text, len(svg))
		}
	}
}

func TestQRTitle(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		`Pass`: `Pass`,
		`Il pass di "R & S" <script>x</script> '`: `Il pass di "R & S" <script>x</script> '`,
		"]]></title><svg onload=x>":               "]]></title><svg onload=x>",
		"a\x00b\xffc":                             "a\uFFFDb\uFFFDc",
	} {
		svg, err := QRSVG("A", title)
		if err != nil {
			t.Fatal(err)
		}
		if got := parseSVG(t, svg).Title; got != want {
			t.Errorf("title %q, want %q", got, want)
		}
	}
}

type svgImage struct {
	XMLName xml.Name   `xml:"http://www.w3.org/2000/svg svg"`
	Attrs   []xml.Attr `xml:",any,attr"`
	Role    string     `xml:"role,attr"`
	ViewBox string     `xml:"viewBox,attr"`
	Title   string     `xml:"title"`
	Rects   []struct {
		Width  int    `xml:"width,attr"`
		Height int    `xml:"height,attr"`
		Fill   string `xml:"fill,attr"`
	} `xml:"rect"`
	Paths []struct {
		Fill string `xml:"fill,attr"`
		D    string `xml:"d,attr"`
	} `xml:"path"`
	Others []struct{ XMLName xml.Name } `xml:",any"`
}

func parseSVG(t *testing.T, svg []byte) (image svgImage) {
	t.Helper()
	if err := xml.Unmarshal(svg, &image); err != nil {
		t.Fatal(err)
	}
	if len(image.Rects) != 1 || len(image.Paths) != 1 || len(image.Others) != 0 || image.Role != "img" || bytes.Contains(svg, []byte("style=")) {
		t.Fatalf("not the image that was agreed: %+v", image)
	}
	return image
}

// matrix holds the modules of a QR code without its quiet zone, m[y][x] true
// where dark.
type matrix [][]bool

// rasterise draws the path of the image, rectangle by rectangle.
func rasterise(t *testing.T, svg []byte) matrix {
	t.Helper()
	image := parseSVG(t, svg)
	var side int
	if _, err := fmt.Sscanf(image.ViewBox, "0 0 %d", &side); err != nil || image.ViewBox != fmt.Sprintf("0 0 %d %d", side, side) {
		t.Fatalf("viewBox %q", image.ViewBox)
	}
	if r := image.Rects[0]; r.Width != side || r.Height != side || r.Fill != "#fff" || image.Paths[0].Fill != "#000" {
		t.Fatalf("not black on white: %+v", image)
	}
	m := make(matrix, side-8)
	for y := range m {
		m[y] = make([]bool, side-8)
	}
	rectangle := regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)
	d := image.Paths[0].D
	if rest := rectangle.ReplaceAllString(d, ""); rest != "" {
		t.Fatalf("also in the path: %q", rest)
	}
	for _, r := range rectangle.FindAllString(d, -1) {
		var x, y, run, back int
		if _, err := fmt.Sscanf(r, "M%d %dh%dv1h-%dz", &x, &y, &run, &back); err != nil || run != back || run == 0 {
			t.Fatalf("rectangle %q", r)
		}
		for ; run > 0; run-- {
			if x < 4 || y < 4 || x >= side-4 || y >= side-4 {
				t.Fatalf("%q is in the quiet zone", r)
			}
			m[y-4][x-4] = true
			x++
		}
	}
	return m
}

// Error correction codewords per block and blocks at level M, by version
// (ISO/IEC 18004 table 9).
var (
	eccPerBlock = [41]int{0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28}
	blocksOf    = [41]int{0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49}
)

// read decodes a code of level M and mask 0 that has no errors, by the
// standard's reference algorithm (ISO/IEC 18004 §12) and with no code of the
// library that drew it.
func (m matrix) read(t *testing.T) string {
	t.Helper()
	size := len(m)
	version := (size - 17) / 4

	// Format information: level M, mask 0, written twice (§7.9).
	const format = 0x5412 // data 00 000, all-zero remainder, under the fixed mask
	var one, two int
	for i := range 15 {
		x, y := 8, i
		switch {
		case i == 6 || i == 7:
			y = i + 1
		case i == 8:
			x, y = 7, 8
		case i > 8:
			x, y = 14-i, 8
		}
		one |= m.bit(x, y) << i
		if i < 8 {
			two |= m.bit(size-1-i, 8) << i
		} else {
			two |= m.bit(8, size-15+i) << i
		}
	}
	if one != format || two != format || m.bit(8, size-8) != 1 {
		t.Fatalf("format information %015b and %015b, want %015b", one, two, format)
	}

	codewords := m.codewords(m.functions(t, version))
	data := deinterleave(t, codewords, blocksOf[version], eccPerBlock[version])
	return segment(t, data, version)
}

func (m matrix) bit(x, y int) int {
	if m[y][x] {
		return 1
	}
	return 0
}

// functions marks the modules that carry no data and checks finders, timing,
// alignment patterns and version information.
func (m matrix) functions(t *testing.T, version int) matrix {
	t.Helper()
	size := len(m)
	used := make(matrix, size)
	for y := range used {
		used[y] = make([]bool, size)
	}
	expect := func(x, y int, dark bool) {
		if x < 0 || y < 0 || x >= size || y >= size {
			return
		}
		used[y][x] = true
		if m[y][x] != dark {
			t.Fatalf("version %d: function module %d,%d", version, x, y)
		}
	}
	for i := 8; i < size-8; i++ { // timing
		expect(i, 6, i%2 == 0)
		expect(6, i, i%2 == 0)
	}
	for _, corner := range [][2]int{{3, 3}, {size - 4, 3}, {3, size - 4}} { // finders with their separators
		for dy := -4; dy <= 4; dy++ {
			for dx := -4; dx <= 4; dx++ {
				ring := max(dx, -dx, dy, -dy)
				expect(corner[0]+dx, corner[1]+dy, ring != 2 && ring != 4)
			}
		}
	}
	var at []int
	if version > 1 {
		n := version/7 + 2
		step := (version*8 + n*3 + 5) / (n*4 - 4) * 2
		for i := range n - 1 {
			at = append(at, size-7-i*step)
		}
		at = append(at, 6)
	}
	for _, y := range at {
		for _, x := range at {
			if x == 6 && (y == 6 || y == size-7) || x == size-7 && y == 6 {
				continue // a finder is there
			}
			for dy := -2; dy <= 2; dy++ {
				for dx := -2; dx <= 2; dx++ {
					expect(x+dx, y+dy, max(dx, -dx, dy, -dy) != 1)
				}
			}
		}
	}
	for i := range 9 { // format information, checked before
		used[8][i], used[i][8] = true, true
		if i < 8 {
			used[8][size-1-i], used[size-1-i][8] = true, true
		}
	}
	if version >= 7 {
		remainder := version << 12
		for b := bits.Len(uint(remainder)); b > 12; b = bits.Len(uint(remainder)) {
			remainder ^= 0x1f25 << (b - 13)
		}
		word := version<<12 | remainder
		for i := range 18 {
			expect(size-11+i%3, i/3, word>>i&1 == 1)
			expect(i/3, size-11+i%3, word>>i&1 == 1)
		}
	}
	return used
}

// codewords walks the columns in pairs, upwards and downwards by turns, and
// takes off mask 0 (§7.7.3, §7.8.2).
func (m matrix) codewords(used matrix) (out []byte) {
	size, n, b := len(m), 0, byte(0)
	up := true
	for right := size - 1; right > 0; right -= 2 {
		if right == 6 {
			right = 5 // the column of the timing pattern
		}
		for i := range size {
			y := i
			if up {
				y = size - 1 - i
			}
			for _, x := range []int{right, right - 1} {
				if used[y][x] {
					continue
				}
				b <<= 1
				if m[y][x] != ((x+y)%2 == 0) {
					b |= 1
				}
				if n++; n%8 == 0 {
					out = append(out, b)
				}
			}
		}
		up = !up
	}
	return out
}

// deinterleave puts the data of the blocks in order (§7.6) and checks each
// block's Reed-Solomon code: its polynomial is zero at the first powers of the
// generator of GF(256) modulo x⁸+x⁴+x³+x²+1.
func deinterleave(t *testing.T, codewords []byte, blocks, ecc int) (data []byte) {
	t.Helper()
	short := len(codewords)/blocks - ecc
	firstLong := blocks - len(codewords)%blocks
	parts := make([][]byte, blocks)
	next := 0
	for i := range short + 1 + ecc {
		for b := range parts {
			if i == short && b < firstLong {
				continue
			}
			parts[b] = append(parts[b], codewords[next])
			next++
		}
	}
	for b, part := range parts {
		for root, i := 1, 0; i < ecc; i++ {
			sum := 0
			for _, c := range part {
				sum = times(sum, root) ^ int(c)
			}
			if sum != 0 {
				t.Fatalf("block %d: syndrome %d is %d", b, i, sum)
			}
			root = times(root, 2)
		}
		data = append(data, part[:len(part)-ecc]...)
	}
	return data
}

func times(a, b int) (out int) {
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			out ^= a
		}
		if a <<= 1; a > 255 {
			a ^= 0x11d
		}
	}
	return out
}

// segment reads the one segment of text and its terminator (§7.4).
func segment(t *testing.T, data []byte, version int) string {
	t.Helper()
	pos := 0
	take := func(n int) (v int) {
		for ; n > 0; n-- {
			v = v<<1 | int(data[pos/8]>>(7-pos%8)&1)
			pos++
		}
		return v
	}
	class := 0
	if version > 9 {
		class = 1
	}
	if version > 26 {
		class = 2
	}
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
	var out strings.Builder
	switch mode := take(4); mode {
	case 1:
		n := take([]int{10, 12, 14}[class])
		for ; n >= 3; n -= 3 {
			fmt.Fprintf(&out, "%03d", take(10))
		}
		if n > 0 {
			fmt.Fprintf(&out, "%0*d", n, take(1+3*n))
		}
	case 2:
		n := take([]int{9, 11, 13}[class])
		for ; n >= 2; n -= 2 {
			v := take(11)
			out.WriteByte(alphabet[v/45])
			out.WriteByte(alphabet[v%45])
		}
		if n == 1 {
			out.WriteByte(alphabet[take(6)])
		}
	case 4:
		for n := take([]int{8, 16, 16}[class]); n > 0; n-- {
			out.WriteByte(byte(take(8)))
		}
	default:
		t.Fatalf("mode %d", mode)
	}
	if left := min(4, len(data)*8-pos); take(left) != 0 {
		t.Fatal("something after the text")
	}
	return out.String()
}
