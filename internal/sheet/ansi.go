package sheet

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// UTF8 is a file as UTF-8. One that an Italian spreadsheet saved as plain "CSV"
// is in Windows-1252: it has bytes that no text in UTF-8 has, and nothing of
// UTF-8. A mixture is left as it is, for Read to complain of.
func UTF8(file []byte) (text []byte, recoded bool) {
	if utf8.Valid(file) || bytes.HasPrefix(file, mark) || foreign(file[:min(len(file), 64)]) != "" || slices.Contains(file, 0) || mixed(file) {
		return file, false
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(file)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) || bytes.ContainsFunc(text, func(r rune) bool { return r >= 0x80 && r < 0xa0 }) {
		return file, false
	}
	return text, true
}

// mixed tells whether a file has a letter that is written in UTF-8.
func mixed(file []byte) bool {
	for len(file) > 0 {
		r, size := utf8.DecodeRune(file)
		if size > 1 && r != utf8.RuneError {
			return true
		}
		file = file[size:]
	}
	return false
}
