package office

import (
	"bytes"

	"polis/internal/platform/blob"
	"polis/internal/platform/errs"
	"polis/internal/platform/picture"
)

// maxDocument is the largest document that is taken, in bytes.
const maxDocument = 12 << 20

const pdf = "application/pdf"

// attachment makes of what somebody uploads a file to keep: a PDF as it is, a
// photo or a scan drawn anew, without what the camera wrote beside it. What the
// browser says of it is not looked at. Invalid for anything else.
func attachment(data []byte) (blob.File, error) {
	switch {
	case bytes.HasPrefix(data, []byte("%PDF-")) && bytes.Contains(data[max(0, len(data)-2048):], []byte("%%EOF")):
		return blob.File{Type: pdf, Data: data}, nil
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")), bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		large, _, err := picture.Prepare(data)
		return blob.File{Type: picture.Type, Data: large.Data}, err
	}
	return blob.File{}, errs.New(errs.Invalid, "office.document.type", nil)
}
