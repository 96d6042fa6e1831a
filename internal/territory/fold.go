package territory

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// undecomposed are the letters of European names that Unicode does not take apart into a base letter and a mark.
var undecomposed = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'þ': "th", 'ı': "i", 'ħ': "h",
}

// Fold is the one form in which names are compared: lower case, accents gone (ü is u, ß is ss), and everything
// that is neither letter nor digit, apostrophes and hyphens first of all, a single space between words. Folding
// what is folded changes nothing.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	write := func(r rune) {
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteRune(r)
	}
	if !isASCII(s) {
		s = norm.NFD.String(s)
	}
	for _, r := range s {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			write(r)
		case 'A' <= r && r <= 'Z':
			write(r + 'a' - 'A')
		case r < utf8.RuneSelf:
			gap = true
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r), unicode.IsDigit(r):
			r = unicode.ToLower(r)
			if plain, ok := undecomposed[r]; ok {
				for _, p := range plain {
					write(p)
				}
			} else {
				write(r)
			}
		default:
			gap = true
		}
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
