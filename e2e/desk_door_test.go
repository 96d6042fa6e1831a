package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"

	"polis/internal/platform/web/webtest/browser"
)

// newcomer is somebody at a browser where there is no demonstration.
func newcomer(t *testing.T, srv *server) *walker {
	t.Helper()
	w := &walker{Tab: browser.Open(t, chromedp.Flag("force-prefers-reduced-motion", true)), t: t, srv: srv, width: 1280, scripts: true, step: func(string) {}}
	w.Width(1280)
	return w
}

// The pages of the first run at every zoom.
func TestSetUpAtEveryZoom(t *testing.T) {
	t.Parallel()
	srv := serve(t, newEmpty(t, sqlite))
	w := newcomer(t, srv)
	w.glance("/avvio")
	w.Width(1280)
	w.Go(srv.url + "/avvio?lang=it")
	w.fill("#f-segreto", setUpSecret.FindString(srv.said))
	w.click("main button.btn-primary")
	w.WaitFor("document.readyState === 'complete' && location.pathname.startsWith('/avvio/')")
	w.glance("/avvio/lingue", "/avvio/nome", "/avvio/aspetto", "/avvio/indirizzo", "/avvio/titolare", "/avvio/posta", "/avvio/posta/prova",
		"/avvio/testi", "/avvio/testi/privacy", "/avvio/amministratore", "/avvio/fine")
}

// The pages of who signs in by a code of a mail at every zoom.
func TestSignInAtEveryZoom(t *testing.T) {
	t.Parallel()
	post := newMailServer(t)
	srv := serve(t, newDemo(t, sqlite), "--smtp", "smtp://"+post.address+"?starttls=never", "--mail-from", "Polis <noreply@polis.example.org>")
	w := newcomer(t, srv)
	w.glance("/accedi", "/accedi/codice", "/accedi/link", "/accedi/passkey", "/accedi/fine", "/invito")
	w.Width(1280)
	w.Go(srv.url + "/accedi?next=/profilo&lang=it")
	w.fill("#f-email", "nuova@example.org")
	w.click("main form:has(#f-email) button")
	w.WaitFor("document.readyState === 'complete' && " + at2("/accedi/codice"))
	w.glance("/accedi/codice")
	w.fill("#f-codice", sixDigits.FindString(post.next(t, 1).Text))
	w.click("main form button.btn-primary")
	w.WaitFor("document.readyState === 'complete' && " + at2("/profilo"))
	w.glance("/profilo", "/profilo/indirizzo", "/accedi/conferma")
}
