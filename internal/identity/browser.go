package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"strings"
	"time"
)

// A browser in which somebody was signed in by a code carries a mark that says
// so, for that address. It opens nothing; but what it may ask is counted apart,
// so that nobody who knows the address uses it up. The mark is a name and its
// proof: it is kept nowhere, and tells the address to nobody.

// MarkLife is how long a browser carries its mark.
const MarkLife = 180 * 24 * time.Hour

// MarkCookie is the name of the cookie that holds the mark.
func MarkCookie(secure bool) string {
	if secure {
		return "__Host-polis_browser"
	}
	return "polis_browser"
}

// MarkBrowser makes the mark of a browser in which an address was proved.
func (a *Access) MarkBrowser(ctx context.Context, address string) (mark string, err error) {
	name := newSecret()
	proof, err := a.proofOfMark(ctx, name, address)
	return name + "." + proof, err
}

// knownBrowser is the name of the browser of a mark, if it was given for the
// address; "" for any other.
func (a *Access) knownBrowser(ctx context.Context, mark, address string) (name string, err error) {
	name, given, ok := strings.Cut(mark, ".")
	if !ok {
		return "", nil
	}
	proof, err := a.proofOfMark(ctx, name, address)
	if err != nil || !hmac.Equal([]byte(given), []byte(proof)) {
		return "", err
	}
	return name, nil
}

func (a *Access) proofOfMark(ctx context.Context, name, address string) (string, error) {
	key, err := a.keys.Secret(ctx, "browser", random32)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(name + "."))
	mac.Write(a.keys.index("contact", indexedContact(address)))
	return tokenText.EncodeToString(mac.Sum(nil)[:20]), nil
}

// KeepMark gives a browser its mark.
func (s *Sessions) KeepMark(w http.ResponseWriter, mark string) {
	secure := s.manager.Cookie.Secure
	http.SetCookie(w, &http.Cookie{
		Name: MarkCookie(secure), Value: mark, Path: "/", MaxAge: int(MarkLife.Seconds()), HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	})
}

// MarkOf is the mark that a request's browser carries; "" where it has none.
func (s *Sessions) MarkOf(r *http.Request) string {
	c, err := r.Cookie(MarkCookie(s.manager.Cookie.Secure))
	if err != nil {
		return ""
	}
	return c.Value
}
