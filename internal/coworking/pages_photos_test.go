package coworking_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/picture"
	"polis/internal/platform/web/webtest/browser"
	"polis/internal/site"
)

// aPhoto is a JPEG of one colour.
func aPhoto(t testing.TB, c color.Color, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// upload sends a file with its descriptions and reads the page that follows.
func (b *surfer) upload(path string, file []byte, it, en string) *surfer {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	part, err := m.CreateFormFile("foto", "DCIM_0001.jpg")
	if err != nil {
		b.t.Fatal(err)
	}
	_, err = part.Write(file)
	if err = errors.Join(err, m.WriteField("descrizione", it), m.WriteField("description", en), m.Close()); err != nil {
		b.t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, b.srv.URL+path, &body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	return b.read(b.ask(r))
}

// alts are the descriptions of the photos of a house, in their order.
func (w *paged) alts(code string) string {
	w.t.Helper()
	st, err := w.Live.Network().ByCode(code)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, p := range st.Photos {
		out = append(out, p.Alt.IT)
	}
	return strings.Join(out, " ")
}

const photosOfAurora = "/spazi/aurora/foto"

func TestPhotosOfAHouse(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := w.as("luca", "it")
	b.get("/spazi/aurora").want(200, "Aggiungi o cambia le foto")
	b.get(photosOfAurora).want(200, "Foto di Spazio Aurora", "Non ci sono ancora foto")
	b.upload(photosOfAurora, aPhoto(t, color.White, 1800, 900), "Uno", "One").want(200, "La foto è stata aggiunta.", "Uno")
	b.upload(photosOfAurora, aPhoto(t, color.Black, 300, 200), " Due ", "").want(200, "Manca il testo inglese.")
	if b.upload(photosOfAurora, aPhoto(t, color.Gray{99}, 300, 200), "Tre", ""); w.alts("aurora") != "Uno Due Tre" {
		t.Fatalf("photos: %s", w.alts("aurora"))
	}
	img := b.page.One(t, ".polis-album").All("img")
	if len(img) != 3 || img[0].Attr["width"] != "480" || img[0].Attr["height"] != "240" || img[0].Attr["alt"] != "Uno" {
		t.Errorf("the list has %d pictures: %v", len(img), img[0].Attr)
	}
	res := b.do(http.MethodGet, img[0].Attr["src"], nil)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the picture: %s %v", res.Status, res.Header)
	}
	last := func() string { return photosOfAurora + "/" + w.photo(2).ID }
	b.send(last()+"/su").want(200, "L’ordine è cambiato.")
	if w.alts("aurora") != "Uno Tre Due" {
		t.Errorf("after up: %s", w.alts("aurora"))
	}
	b.get(last()).want(200, "Che cosa si vede")
	b.send(last(), "descrizione", "").want(400, "campo da compilare")
	b.send(last(), "descrizione", "Scrivanie", "description", "Desks").want(200, "Il testo è stato salvato.", "Scrivanie", "Desks")
	b.get(last()+"/togli").want(200, "Togliere questa foto?")
	b.send("/togli").want(200, "La foto è stata tolta.")
	if w.alts("aurora") != "Uno Tre" {
		t.Errorf("after removal: %s", w.alts("aurora"))
	}
	w.as("luca", "en").get(photosOfAurora).want(200, "Photos of Spazio Aurora", "One", "There is no English text.")
	b.get(photosOfAurora + "/" + w.photo(0).ID + "x").want(404)
	b.upload(photosOfAurora, aPhoto(t, color.Gray{99}, 300, 200), "Tre", "").want(400, "La sede ha già questa foto") // a second tap
	for i := range site.MaxPhotos - 2 {
		b.upload(photosOfAurora, aPhoto(t, color.White, 9+i, 9), "Ancora", "").want(200)
	}
	if b.get(photosOfAurora).want(200, "Ci sono già 12 foto"); len(b.page.All("input[type=file]")) != 0 {
		t.Error("a full house still asks for a file")
	}
	b.upload(photosOfAurora, aPhoto(t, color.White, 9, 9), "Troppe", "").want(400, "Ci sono già 12 foto")
}

func (w *paged) photo(i int) site.Photo {
	w.t.Helper()
	st, err := w.Live.Network().ByCode("aurora")
	if err != nil || i >= len(st.Photos) {
		w.t.Fatalf("no photo %d: %v", i, err)
	}
	return st.Photos[i]
}

func TestPhotosThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := w.as("luca", "it")
	good := aPhoto(t, color.White, 300, 200)
	for _, c := range []struct {
		name   string
		file   []byte
		it     string
		status int
		says   string
	}{
		{"a drawing", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "x", 400, "Serve un’immagine JPEG, PNG o WebP."},
		{"half a photo", good[:len(good)/2], "x", 400, "L’immagine non si può leggere"},
		{"without a description", good, "", 400, "campo da compilare"},
		{"with a long one", good, strings.Repeat("x", 301), 400, "al massimo 300 caratteri"},
		{"nothing", nil, "x", 400, "campo da compilare"},
		{"too much", make([]byte, picture.MaxBytes+1), "x", 400, "il file supera 12 MB"},
	} {
		b.upload(photosOfAurora, c.file, c.it, "").want(c.status, c.says)
		if w.alts("aurora") != "" {
			t.Fatalf("%s was taken", c.name)
		}
	}
	b.open(http.MethodPost, photosOfAurora, nil).want(400) // not sent with files at all
}

// Only those who may change a house see this; for others the page says why.
func TestWhoMayChangePhotos(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	good := aPhoto(t, color.White, 30, 20)
	w.as("luca", "it").upload(photosOfAurora, good, "Uno", "").want(200)
	one := photosOfAurora + "/" + w.photo(0).ID
	for _, who := range []string{"maria", "anna"} { // a citizen, somebody at reception
		b := w.as(who, "it")
		if b.get("/spazi/aurora"); strings.Contains(b.page.Text(), "Aggiungi o cambia le foto") {
			t.Errorf("%s is led to the care of photos", who)
		}
		for _, path := range []string{photosOfAurora, one, one + "/togli"} {
			b.get(path).want(403)
		}
		for _, path := range []string{one, one + "/togli", one + "/su", one + "/giu"} {
			b.open(http.MethodPost, path, map[string][]string{"descrizione": {"x"}}).want(403)
		}
		b.upload(photosOfAurora, good, "x", "").want(403)
	}
	w.as("luca", "it").get("/spazi/nessuno/foto").want(404)
	stranger := w.as("", "it")
	stranger.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, path := range []string{photosOfAurora, one, one + "/togli"} {
		if res := stranger.do(http.MethodGet, path, nil); res.StatusCode != 303 || !strings.HasPrefix(res.Header.Get("Location"), "/accedi?next=") {
			t.Errorf("%s without signing in: %s, %s", path, res.Status, res.Header.Get("Location"))
		}
	}
	if w.alts("aurora") != "Uno" {
		t.Errorf("photos: %s", w.alts("aurora"))
	}
	if st, err := w.Live.Network().Site(coworkingtest.SiteID("aurora")); err != nil || st.Photos[0].Alt.EN != "" {
		t.Errorf("%v, %v", st.Photos, err)
	}
}

// The whole care of photos in a real browser, with scripts and without.
func TestPhotosInABrowser(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	w.always = "luca"
	if !w.built {
		t.Skip("SKIPPED: the front end is not built")
	}
	var files []string
	for i := range uint8(2) {
		files = append(files, filepath.Join(t.TempDir(), "foto.jpg"))
		if err := os.WriteFile(files[i], aPhoto(t, color.RGBA{90, 140, 170 * i, 255}, 1600, 1000), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tab := browser.Open(t)
	for i, way := range []struct {
		width   int64
		scripts bool
	}{{1280, true}, {390, true}, {1280, false}} {
		check := func() {
			t.Helper()
			if way.scripts {
				tab.Check()
			}
		}
		tab.Scripts(way.scripts)
		tab.Width(way.width)
		tab.Go(w.srv.URL + photosOfAurora)
		check()
		tab.Do(chromedp.Click(".polis-actions button"))
		tab.WaitFor(`document.querySelectorAll(".polis-field-error").length === 2`)
		tab.Faults() // the console complains of every answer 400
		for _, file := range files {
			tab.Do(chromedp.SetUploadFiles("#f-foto", []string{file}), chromedp.SendKeys("#f-descrizione", "La sala comune con dodici scrivanie"),
				chromedp.Click(".polis-actions button"))
			tab.WaitFor(`document.querySelector(".polis-album li:last-child img")?.naturalWidth === 480 && document.querySelector("#f-descrizione").value === ""`)
		}
		check()
		tab.Do(chromedp.Click(".polis-album li:last-child button"))
		tab.WaitFor(`/order|ordine/.test(document.querySelector(".polis-alert-success")?.textContent)`)
		check()
		for range 2 {
			tab.Do(chromedp.Click(".polis-album li a[href$=togli]"))
			tab.WaitFor(`document.querySelector(".btn-danger") !== null`)
			check()
			tab.Do(chromedp.Click(".btn-danger"))
			tab.WaitFor(`document.querySelector(".btn-danger") === null && document.querySelector("#f-foto") !== null`)
		}
		if faults := tab.Faults(); len(faults) > 0 {
			t.Errorf("way %d: %v", i, faults)
		}
	}
}
