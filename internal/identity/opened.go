package identity

import (
	"encoding/hex"
	"strings"
	"unicode"
)

// The secret of a link stands behind "#", which browsers do not send: it is in
// no log of a server and in no referrer. The page sends it in a form, and what
// the browser's session then keeps of it is its hash, by which the table has it
// too: whoever reads the database makes no link of either.

// openedBy is what a session keeps of a secret.
func openedBy(secret string) string { return hex.EncodeToString(secretHash(plainSecret(secret))) }

// hashOf is the hash of a secret that a session keeps; nil for what is none.
func hashOf(opened string) []byte {
	hash, err := hex.DecodeString(opened)
	if err != nil {
		return nil
	}
	return hash
}

// plainSecret is a secret as it was made, of what people paste: a whole link, or
// the secret alone, in groups or in capitals.
func plainSecret(s string) string {
	if i := strings.LastIndexAny(s, "#/"); i >= 0 {
		s = s[i+1:]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// grouped is a secret as people type it.
func grouped(secret string) string {
	var b strings.Builder
	for i, r := range secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return b.String()
}
