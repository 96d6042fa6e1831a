package picture

import (
	"bytes"
	"encoding/binary"
)

// Cameras save a picture as the sensor saw it and write beside it how it was
// held. That one number is read here, from wherever the three formats keep
// their EXIF; nothing else of it is looked at, and none of it is kept.

// orientation is that of a file, 1 to 8; 1 where it says nothing.
func orientation(data []byte, format string) int {
	var exif []byte
	switch format {
	case "jpeg":
		exif = jpegExif(data)
	case "png":
		exif = chunk(data, 8, "eXIf", pngChunk)
	case "webp":
		exif = chunk(data, 12, "EXIF", riffChunk)
	}
	return tiffOrientation(bytes.TrimPrefix(exif, []byte("Exif\x00\x00")))
}

// jpegExif finds the segment APP1 of EXIF before the picture begins.
func jpegExif(data []byte) []byte {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker := data[at+1]
		if marker == 0xff { // filling
			at++
			continue
		}
		if marker == 0xda || marker == 0xd9 {
			return nil
		}
		length := int(binary.BigEndian.Uint16(data[at+2:]))
		if length < 2 || at+2+length > len(data) {
			return nil
		}
		if body := data[at+4 : at+2+length]; marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
			return body
		}
		at += 2 + length
	}
	return nil
}

// chunk finds the body of a named chunk; next tells the name and body of the
// chunk at a place and where the following one begins.
func chunk(data []byte, at int, name string, next func([]byte) (string, []byte, int)) []byte {
	for at+8 <= len(data) {
		found, body, length := next(data[at:])
		if body == nil || found == name {
			return body
		}
		at += length
	}
	return nil
}

func pngChunk(b []byte) (name string, body []byte, length int) {
	n := int(binary.BigEndian.Uint32(b))
	if n < 0 || n > len(b)-8 {
		return "", nil, 0
	}
	return string(b[4:8]), b[8 : 8+n], n + 12
}

func riffChunk(b []byte) (name string, body []byte, length int) {
	n := int(binary.LittleEndian.Uint32(b[4:]))
	if n < 0 || n > len(b)-8 {
		return "", nil, 0
	}
	return string(b[:4]), b[8 : 8+n], 8 + n + n%2
}

// tiffOrientation reads the tag 274 of the first directory of a TIFF header.
func tiffOrientation(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if b[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 1
	}
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries) == 274 {
			if o := int(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			break
		}
		entries = entries[12:]
	}
	return 1
}

// progressive tells whether a JPEG file comes in several passes, or is written
// so oddly that it cannot be told.
func progressive(data []byte) bool {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		switch marker := data[at+1]; {
		case marker == 0xc0 || marker == 0xc1:
			return false
		case marker == 0xff: // filling
			at++
		case marker >= 0xe0 || marker == 0xc4 || marker == 0xdb || marker == 0xdd:
			at += 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		default:
			return true
		}
	}
	return true
}
