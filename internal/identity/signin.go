package identity

import (
	"net/http"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// Way is a way to prove who one is, beside the codes and links of Access: one
// more button on the page to sign in. A room below identity offers it, makes of
// the answer a person, and lets them in with PageOptions.LetIn.
type Way struct {
	Action string // address to which the button leads with "next" and "livello"; that of passkeys is a form
	Label  string // in the reader's language, or a name
	Look   string // official button: "spid", "cie"; "passkey"; "" = one of ours
	Logo   string // picture (data:…) of one of ours; may be empty
	Demo   bool   // it only stands in for the real one
	Best   Level  // the surest level that it can prove
	// Several are the identity providers behind one official button; then Action
	// is empty.
	Several []Way
}

// Ways are what a room offers on the page to sign in, in the order shown.
type Ways func(p *i18n.Printer) []Way

// LetIn signs somebody in, however they proved who they are, and sends them on:
// by way of their names where these are not known, to next, a path that Back has
// seen. done is the key of what is said there; it may be "".
func (o PageOptions) LetIn(w http.ResponseWriter, r *http.Request, ui *web.Renderer, proof Proof, next, done string) error {
	return (&pages{PageOptions: o, ui: ui}).enter(w, r, proof, next, done)
}

// Back is a way back that leads to a page of ours, and not to signing in again:
// the first page for any other.
func Back(next string) string { return back(next) }

// wanted is the level that a page asks for, of those that there are.
func wanted(text string) Level {
	switch text {
	case "2":
		return LevelSubstantial
	case "3":
		return LevelHigh
	}
	return LevelNone
}

// reaching are the ways by which somebody can be known as surely as level.
func reaching(ways []Way, level Level) (fit []Way) {
	for _, w := range ways {
		if w.Several != nil {
			w.Several = reaching(w.Several, level)
			if len(w.Several) > 0 {
				fit = append(fit, w)
			}
		} else if w.Best >= level {
			fit = append(fit, w)
		}
	}
	return fit
}
