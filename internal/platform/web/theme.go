package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"polis/internal/platform/errs"
)

// grey is the ground of quiet parts (--pale of polis.css).
var grey = Color{0xf4, 0xf6, 0xf9}

// theme is the style sheet that gives pages another colour: the properties that
// polis.css takes, all from the one colour. What stands on a pale ground is
// darkened until it is read there too.
func theme(brand Color) string {
	pale := brand.tint(0.08)
	accent := brand.Darkened(pale, Readable).Darkened(grey, Readable)
	return fmt.Sprintf(":root{--brand:%s;--accent:%s;--accent-dark:%s;--accent-deep:%s;--accent-pale:%s}\n",
		brand, accent, accent.darker(0.75), accent.darker(0.43), pale)
}

// themeName is the name of a colour's style sheet: it tells the colour, so that
// every server has that of a page which another one showed while the colour
// changed, and a hash of the rules.
func themeName(c Color) string {
	sum := sha256.Sum256([]byte(theme(c)))
	return "theme-" + c.String()[1:] + "." + hex.EncodeToString(sum[:5]) + ".css"
}

// Theme is the address of the style sheet of a colour; "" for that of polis.css.
func Theme(c Color) string {
	if c == Accent || c == (Color{}) {
		return ""
	}
	return AssetsPath + themeName(c)
}

// serveTheme answers with the style sheet of a name.
func serveTheme(w http.ResponseWriter, r *http.Request, name string) error {
	code, _, _ := strings.Cut(strings.TrimPrefix(name, "theme-"), ".")
	c, ok := ParseColor(code)
	if !ok || name != themeName(c) {
		return errs.New(errs.NotFound, "error.not_found", nil)
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	send(w, r, http.StatusOK, "text/css; charset=utf-8", []byte(theme(c)))
	return nil
}
