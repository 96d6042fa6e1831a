package pass

import (
	"errors"
	"strings"
)

// alphabet45 is that of RFC 9285 §4.1, which is also that of a QR code's
// alphanumeric mode: 5.5 bits a character instead of 8.
const alphabet45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

var errBase45 = errors.New("not base45")

// encode45 writes bytes in base45 (RFC 9285 §4): two bytes as three digits,
// least significant first; a last odd byte as two.
func encode45(data []byte) string {
	var b strings.Builder
	b.Grow((len(data)*3 + 1) / 2)
	for ; len(data) >= 2; data = data[2:] {
		n := int(data[0])<<8 | int(data[1])
		b.WriteByte(alphabet45[n%45])
		b.WriteByte(alphabet45[n/45%45])
		b.WriteByte(alphabet45[n/(45*45)])
	}
	if len(data) == 1 {
		b.WriteByte(alphabet45[data[0]%45])
		b.WriteByte(alphabet45[data[0]/45])
	}
	return b.String()
}

// decode45 reads base45. It refuses foreign characters, lower case, a lone
// last character and groups over 65535 (255 for the last two), so that no two
// texts give the same bytes.
func decode45(text string) ([]byte, error) {
	data := make([]byte, 0, len(text)*2/3+1)
	for len(text) > 0 {
		group := text[:min(3, len(text))]
		text = text[len(group):]
		n, weight := 0, 1
		for i := range len(group) {
			digit := strings.IndexByte(alphabet45, group[i])
			if digit < 0 {
				return nil, errBase45
			}
			n += digit * weight
			weight *= 45
		}
		switch {
		case len(group) == 3 && n <= 0xffff:
			data = append(data, byte(n>>8), byte(n))
		case len(group) == 2 && n <= 0xff:
			data = append(data, byte(n))
		default:
			return nil, errBase45
		}
	}
	return data, nil
}
