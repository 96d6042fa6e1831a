package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"polis/internal/platform/i18n"
)

// FlashCookie carries the message after an act to the next page.
const FlashCookie = "flash"

// Redirect sends the browser on after an act (post, redirect, get): a path of
// our own.
func Redirect(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, LocalPath(path), http.StatusSeeOther)
	return nil
}

// Done says on the next page what was done, then goes there. The message is a
// key without variables, so it carries nothing personal; it travels in a
// signed cookie that the next page clears.
func (rd *Renderer) Done(w http.ResponseWriter, r *http.Request, path, key string) error {
	rd.setFlash(w, rd.sign(key), 60)
	return Redirect(w, r, path)
}

// LocalPath is path if it leads to a page of ours, else "/": for addresses
// that came with a request, as after signing in.
func LocalPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}

func (rd *Renderer) setFlash(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: FlashCookie, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: rd.secure(),
	})
}

func (rd *Renderer) sign(key string) string {
	mac := hmac.New(sha256.New, rd.cfg.FlashKey)
	mac.Write([]byte("flash:" + key))
	return key + "~" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// takeFlash is the message of the act before this page, if any; it is shown once.
func (rd *Renderer) takeFlash(w http.ResponseWriter, r *http.Request, p *i18n.Printer) *Alert {
	c, err := r.Cookie(FlashCookie)
	if err != nil {
		return nil
	}
	rd.setFlash(w, "", -1)
	key, _, _ := strings.Cut(c.Value, "~")
	if !hmac.Equal([]byte(c.Value), []byte(rd.sign(key))) || !p.Has(key) {
		return nil
	}
	return &Alert{Tone: Success, Text: p.T(key)}
}
