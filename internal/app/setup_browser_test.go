package app

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"polis/internal/platform/web/webtest/browser"
)

// logo is a light ring on nothing.
func logo(t *testing.T) string {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 240, 120))
	for y := range 120 {
		for x := range 240 {
			if d := (x-120)*(x-120) + (y-60)*(y-60); d < 58*58 && d > 34*34 {
				img.SetNRGBA(x, y, color.NRGBA{255, 255, 255, 255})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "logo.png")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// The whole set-up in a browser, wide and narrow, with scripts and without; then
// the settings.
func TestSetUpInABrowser(t *testing.T) {
	for _, way := range []struct {
		width   int64
		scripts bool
		lang    string
	}{{1280, true, "it"}, {390, true, "en"}, {390, false, "it"}} {
		t.Run(fmt.Sprintf("%d %s scripts %v", way.width, way.lang, way.scripts), func(t *testing.T) {
			t.Parallel()
			s := serve(t, t.TempDir())
			tab := browser.Open(t)
			tab.Width(way.width)
			tab.Scripts(way.scripts)
			n := 0
			at := func(path string) {
				t.Helper()
				tab.WaitFor(fmt.Sprintf("document.readyState === 'complete' && location.pathname === %q", path))
				if way.scripts {
					tab.Check()
				}
				if dir := os.Getenv("POLIS_SCREENSHOTS"); dir != "" {
					n++
					tab.Picture(filepath.Join(dir, fmt.Sprintf("setup-%d-%s-%v-%02d.png", way.width, way.lang, way.scripts, n)))
				}
			}
			fill := func(selector, value string) { t.Helper(); tab.Do(chromedp.SetValue(selector, value)) }
			click := func(selector string) {
				t.Helper()
				tab.Do(chromedp.ScrollIntoView(selector), chromedp.Click(selector))
			}
			refused := func(what string) { // the browser notes the answer's status
				t.Helper()
				tab.WaitFor(fmt.Sprintf("!!document.querySelector(%q)", what))
				tab.Faults()
			}
			goOn := func() { t.Helper(); click("main button.btn-primary") }

			tab.Go(s.url + "/spazi?lang=" + way.lang)
			tab.Go(s.url + "/?lang=" + way.lang)
			at("/avvio")
			fill("#f-segreto", "AAAA-BBBB-CCCC-DDDD-EEEE")
			goOn()
			refused("#error-summary")
			at("/avvio")
			fill("#f-segreto", s.secret())
			goOn()
			at("/avvio/lingue")
			goOn()
			at("/avvio/nome")
			fill("#f-nome", "Spazi del Verbano")
			fill("#f-motto_it", "Lavorare vicino a casa")
			fill("#f-motto_en", "Work near home")
			goOn()
			at("/avvio/aspetto")
			fill("#f-colore", "#e67e22")
			tab.Do(chromedp.SetUploadFiles("#f-logo", []string{logo(t)}))
			goOn()
			refused(".polis-better")
			at("/avvio/aspetto")
			tab.Do(chromedp.SetUploadFiles("#f-logo", []string{logo(t)}))
			click(".polis-better button")
			at("/avvio/indirizzo")
			goOn()
			at("/avvio/titolare")
			fill("#f-titolare", "Consorzio dei Comuni del Verbano e delle Valli")
			fill("#f-email", "spazi@example.it")
			goOn()
			at("/avvio/posta")
			fill("#f-server", "127.0.0.1")
			fill("#f-porta", "1")
			fill("#f-mittente", "noreply@example.it")
			goOn()
			at("/avvio/posta/prova")
			fill("#f-a", "ada@example.it")
			click("main button[type=submit]")
			tab.WaitFor("!!document.querySelector('.polis-alert-danger')")
			at("/avvio/posta/prova")
			click("main a.btn-outline-primary")
			at("/avvio/testi")
			click("main a[href='/avvio/testi/privacy']")
			at("/avvio/testi/privacy")
			fill("#f-testo_it", "# Perché\n\nPer prenotare.\n\n- nome\n- e-mail")
			fill("#f-testo_en", "# Why\n\nTo book.\n\n- name\n- e-mail")
			goOn()
			at("/avvio/testi")
			goOn()
			at("/avvio/amministratore")
			fill("#f-nome", "Ada")
			fill("#f-cognome", "Rossi")
			goOn()
			refused("#error-summary")
			at("/avvio/amministratore")
			fill("#f-email", "ada@example.it")
			goOn()
			at("/avvio/fine")
			goOn()
			at("/gestione")
			tab.Go(s.url + "/gestione/impostazioni")
			at("/gestione/impostazioni")
			for _, section := range []string{"aspetto", "posta", "privacy"} {
				tab.Go(s.url + "/gestione/impostazioni/" + section)
				at("/gestione/impostazioni/" + section)
			}
			tab.Go(s.url + "/privacy")
			at("/privacy")
		})
	}
}
