package document

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"rsc.io/qr"
)

const (
	quietZone  = 4 // light modules around the code that ISO/IEC 18004 §5.3.8 asks for
	moduleSize = 4 // width of a module in CSS pixels where the page does not say otherwise
)

// QRSVG draws text as a QR code: an SVG image that stays sharp at any size,
// can be put into a page or served alone, and needs no style sheet. title is
// its name for those who do not see it, in their language; it must not be
// empty.
//
// Errors up to 15 % are corrected (level M). Text in the alphanumeric alphabet
// (digits, capitals, " $%*+-./:") takes two thirds of the room of other text;
// at most 3,391 such characters, or 2,331 others, fit. Only ASCII is drawn:
// without a declaration, which few readers heed, each guesses its own meaning
// of other bytes.
func QRSVG(text, title string) ([]byte, error) {
	if title == "" {
		return nil, errors.New("document.QRSVG: no title")
	}
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return nil, errors.New("document.QRSVG: the text is not ASCII")
		}
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, fmt.Errorf("document.QRSVG: %d bytes: %w", len(text), err)
	}
	side := code.Size + 2*quietZone
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[1]d" viewBox="0 0 %[2]d %[2]d" role="img" shape-rendering="crispEdges"><title>`,
		side*moduleSize, side)
	if err := xml.EscapeText(&b, []byte(title)); err != nil {
		return nil, fmt.Errorf("document.QRSVG: %w", err)
	}
	// The light ground is drawn, so that the code can be read on a dark page.
	fmt.Fprintf(&b, `</title><rect width="%[1]d" height="%[1]d" fill="#fff"/><path fill="#000" d="`, side)
	b.Write(modulePath(code))
	b.WriteString(`"/></svg>`)
	return b.Bytes(), nil
}

// modulePath draws each run of dark modules of a row as one rectangle: it
// starts in its upper left corner and goes right, down and left.
func modulePath(code *qr.Code) []byte {
	var path []byte
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			start := x
			for code.Black(x, y) {
				x++
			}
			if run := int64(x - start); run > 0 {
				path = append(path, 'M')
				path = strconv.AppendInt(path, int64(start+quietZone), 10)
				path = append(path, ' ')
				path = strconv.AppendInt(path, int64(y+quietZone), 10)
				path = append(path, 'h')
				path = strconv.AppendInt(path, run, 10)
				path = append(path, "v1h-"...)
				path = strconv.AppendInt(path, run, 10)
				path = append(path, 'z')
			}
		}
	}
	return path
}
