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
// polis.css takes, all from the one colour.
func theme(brand Color) string {
	accent := brand.accent()
	return fmt.Sprintf(":root{--brand:%s;--accent:%s;--accent-dark:%s;--accent-deep:%s;--accent-pale:%s}\n",
		brand, accent, accent.darker(0.75), accent.darker(0.43), brand.tint(paleness))
}

// paleness is how much of a colour is in the grounds made of it.
const paleness = 0.08

// accent is the colour for what is read: darkened until it is read on its own
// pale ground and on the grey one too.
func (c Color) accent() Color {
	return c.Darkened(c.tint(paleness), Readable).Darkened(grey, Readable)
}

// Ink is the colour for links in messages.
func (c Color) Ink() Color { return c.accent().darker(0.75) }

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
