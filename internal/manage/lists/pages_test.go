package lists_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"polis/internal/manage/lists"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/web/webtest"
	"polis/internal/platform/web/webtest/browser"
)

// surfer is somebody's browser without scripts.
type surfer struct {
	t      testing.TB
	http   *http.Client
	url    string
	who    string
	lang   string
	at     string // address of the page
	status int
	page   *webtest.Node
}

func (w *world) surf() (as func(who, lang string) *surfer) {
	h, _ := w.pages()
	srv := httptest.NewServer(h)
	w.t.Cleanup(srv.Close)
	return func(who, lang string) *surfer {
		jar, err := cookiejar.New(nil)
		if err != nil {
			w.t.Fatal(err)
		}
		return &surfer{t: w.t, http: &http.Client{Jar: jar}, url: srv.URL, who: who, lang: lang}
	}
}

var sealedUploads = db.Q("test.lists-sealed", `SELECT data FROM list_upload`)

// ask sends a request and returns its answer.
func (b *surfer) ask(method, path, kind string, body io.Reader) (*http.Response, string) {
	b.t.Helper()
	r, err := http.NewRequest(method, b.url+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Accept-Language", b.lang)
	r.Header.Set(whoHeader, b.who)
	res, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res, string(text)
}

func (b *surfer) open(method, path, kind string, body io.Reader) *surfer {
	b.t.Helper()
	res, text := b.ask(method, path, kind, body)
	b.at, b.status, b.page = res.Request.URL.RequestURI(), res.StatusCode, webtest.Page(b.t, text)
	if raw := b.page.Text(); strings.Contains(raw, "lists.") {
		b.t.Errorf("%s: a message has no words: %s", b.at, raw)
	}
	return b
}

func (b *surfer) get(path string) *surfer {
	b.t.Helper()
	return b.open(http.MethodGet, path, "", nil)
}

func (b *surfer) post(path string) *surfer {
	b.t.Helper()
	return b.open(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(url.Values{}.Encode()))
}

// send uploads a file.
func (b *surfer) send(path, file string) *surfer {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "elenco.csv")
	if err == nil {
		_, err = part.Write([]byte(file))
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return b.open(http.MethodPost, path, form.FormDataContentType(), &body)
}

// want fails the test unless the page has a status and all of some texts.
func (b *surfer) want(status int, texts ...string) *surfer {
	b.t.Helper()
	main := b.page.One(b.t, "main").Text()
	if b.status != status {
		b.t.Fatalf("%s: %d, want %d: %s", b.at, b.status, status, main)
	}
	for _, text := range texts {
		if !strings.Contains(main, text) {
			b.t.Errorf("%s: no %q in: %s", b.at, text, main)
		}
	}
	return b
}

// A file is looked at, confirmed once, and done.
func TestAFileByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	as := w.surf()
	ada := as("ada", "it").get(lists.Root)
	ada.want(200, "Elenchi", "Sedi", "0 sedi", "Persone e ruoli", "Scarica l’elenco")
	ada.get(lists.Root+"/sedi").want(200, "frazionario", "necessaria", "Le colonne", "Controlla il file")
	ada.send(lists.Root+"/sedi", someSites).want(200, "Che cosa cambia", "nuove3cambiate0invariate0", "Importa 3 voci", "45-123", "nuova")
	kept := ada.at
	if w.live.Network().Len() != 0 {
		t.Fatal("something changed before it was confirmed")
	}
	as("luca", "it").get(kept).want(404)
	as("bruno", "it").get(kept).want(403)
	ada.post(kept).want(200, "Importazione in corso", "Comincia tra un momento")
	ada.post(kept).want(200, "Importazione in corso") // a second tap
	w.done()
	ada.get(kept).want(200, "Importazione conclusa", "3 voci importate", "nuove3")
	ada.post(kept).want(200, "Importazione conclusa")
	if w.done(); w.acts("list.imported") != 1 || w.live.Network().Len() != 3 {
		t.Errorf("%d acts, %d sites", w.acts("list.imported"), w.live.Network().Len())
	}
	ada.send(lists.Root+"/sedi", someSites).want(200, "Il file non cambia nulla", "3 voci invariate")
	eve := as("ada", "en").send(lists.Root+"/sedi", "code,name,note\naurora,Aurora,x\nborgo,Borgo,\n").want(200,
		"What changes", "Spazio Aurora", "“note” is not known", "Import 2 items")
	eve.post(eve.at+"/no").want(200, "File dropped: nothing has changed.")
	eve.send(lists.Root+"/posti", "site,room,code,kind\naurora,R0,D-1,desck\nauroro,R0,D-2,desk\n").want(200,
		"The file needs mending", "2 faults in the file: nothing changes", "Was “desk” meant?", "Was “aurora” meant?", "aurora,R0,D-1,desck")
	eve.send(lists.Root+"/posti", "").want(400, "There is a problem")
	eve.get(lists.Root + "/altro").want(404)
}

// A closure's result names the bookings to move; people are for administrators.
func TestClosuresAndPeopleByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.someNetwork()
	w.book("aurora", "D-1")
	as := w.surf()
	luca := as("luca", "it").send(lists.Root+"/chiusure", "site,resources,from,to,reason\naurora,all,2026-11-25,2026-11-25,Lavori\n")
	luca.want(200, "Importa 1 voce", "Prenotazioni da spostare", "aurora 2026-11-25T00:00")
	luca.post(luca.at)
	w.done()
	luca.get(luca.at).want(200, "Importazione conclusa", "Prenotazioni da spostare", "aurora 2026-11-25T00:00")
	luca.get(lists.Root + "/persone").want(403)
	if raw := luca.get(lists.Root).page.One(t, "main").Text(); strings.Contains(raw, "Persone") {
		t.Error("people are shown to a manager")
	}
	ada := as("ada", "it").send(lists.Root+"/persone", "nome,cognome,email,ruolo\nAnna,Rossi,anna@example.org,gestore\n").want(200, "Anna R.", "Importa 1 voce")
	var sealed []byte
	rows, err := w.db.Query(t.Context(), sealedUploads)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		if err := rows.Scan(&sealed); err != nil || bytes.Contains(sealed, []byte("Rossi")) {
			t.Errorf("a file waits in clear, %v", err)
		}
	}
	rows.Close()
	w.clock.Advance(25 * 3600e9)
	w.done()
	ada.get(ada.at).want(404)
}

// Files of one house, of all, and empty ones.
func TestDownloads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.someNetwork()
	as := w.surf()
	for who, houses := range map[string]int{"luca": 3, "bruno": 1} {
		res, text := as(who, "it").ask(http.MethodGet, lists.Root+"/sedi/elenco.csv", "", nil)
		if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/csv; charset=utf-8" || strings.Count(text, "\n") != houses+1 || !strings.HasPrefix(text, "\uFEFFcode;kind;") {
			t.Errorf("%s: %s %s", who, res.Status, text)
		}
	}
	for _, l := range []string{"sedi", "posti", "orari", "chiusure"} {
		if res, text := as("luca", "it").ask(http.MethodGet, lists.Root+"/"+l+"/modello.csv", "", nil); res.StatusCode != 200 || strings.Count(text, "\n") != 1 {
			t.Errorf("%s: %s %q", l, res.Status, text)
		}
	}
	as("bruno", "it").get(lists.Root).want(200, "1 sede", "5 posti")
	as("maria", "it").get(lists.Root).want(403)
	if res, _ := as("", "it").ask(http.MethodGet, lists.Root+"/persone/elenco.csv", "", nil); !strings.HasPrefix(res.Request.URL.Path, "/accedi") {
		t.Errorf("a visitor gets %s at %s", res.Status, res.Request.URL)
	}
}

// Long lists come in pages, and with too much in them.
func TestManyChangesByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	as := w.surf()
	var file strings.Builder
	file.WriteString("code,name,municipality\n")
	for i := range 5000 {
		fmt.Fprintf(&file, "s%d,%s,Gavirate\n", i, strings.Repeat("Lungo ", 20))
	}
	ada := as("ada", "it").send(lists.Root+"/sedi", file.String()).want(200, "nuove5.000", "1–50 di 5.000", "Importa 5.000 voci")
	ada.get(ada.at+"?pagina=100").want(200, "4.951–5.000 di 5.000", "s4999")
	ada.get(strings.TrimSuffix(ada.at, "100")+"101").want(200, "4.951–5.000 di 5.000")
	ada.send(lists.Root+"/sedi", strings.ReplaceAll(file.String(), "Gavirate", "Gaviratte")).want(200, "200 errori", "Ci sono altri errori", "1–50 di 200")
}

// The way of a file in a real browser, at both widths.
func TestListsInABrowser(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.someNetwork()
	h, built := w.pages()
	if !built {
		t.Skip("SKIPPED: no front end")
	}
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r.Header.Set(whoHeader, "ada")
		h.ServeHTTP(rw, r)
	}))
	t.Cleanup(srv.Close)
	address := srv.URL
	dir := t.TempDir()
	good, bad, shut := filepath.Join(dir, "good.csv"), filepath.Join(dir, "bad.csv"), filepath.Join(dir, "shut.csv")
	for name, text := range map[string]string{
		good: strings.ReplaceAll(someSites, "Spazio", "Casa") + "nuova,space,Casa nuova,Varese,,,,\n", bad: "code,name,lat,lon\naurora,X,\"45 N\",8.71\nborgo,Y,13.4,42.3\n",
		shut: "code;hours;name\naurora;off;Citt\xe0 nuova\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tab := browser.Open(t)
	for _, width := range []int64{1280, 390} {
		tab.Width(width)
		look := func(name string) {
			t.Helper()
			tab.Check()
			if to := os.Getenv("POLIS_PICTURES"); to != "" {
				tab.Picture(filepath.Join(to, fmt.Sprintf("lists-%s-%d.png", name, width)))
			}
		}
		tab.Go(address + lists.Root + "?lang=it")
		look("all")
		tab.Go(address + lists.Root + "/sedi")
		look("one")
		submit := func(file string) {
			tab.Go(address + lists.Root + "/sedi")
			tab.Do(chromedp.SetUploadFiles("#f-file", []string{file}))
			tab.Do(chromedp.Click(".polis-list-file button"))
		}
		submit(bad)
		tab.WaitFor(`document.querySelector(".polis-list-faults") !== null`)
		look("faults")
		submit(shut) // bookings come while it waits
		w.book("aurora", map[int64]string{1280: "D-1", 390: "D-2"}[width])
		tab.WaitFor(`document.querySelector(".polis-list-confirm") !== null`)
		w.clock.Advance(time.Minute)
		w.book("aurora", map[int64]string{1280: "H-A", 390: "H-B"}[width])
		tab.Do(chromedp.Click(".polis-list-confirm button"))
		tab.WaitFor(`document.querySelector("progress") !== null`)
		w.done()
		tab.WaitFor(`document.querySelector(".polis-alert-warning") !== null`)
		look("fresh")
		submit(good)
		tab.WaitFor(`document.querySelector("#lists-file h1") !== null && document.querySelector(".polis-list-file") === null`)
		look("look")
		if width != 1280 {
			continue
		}
		tab.Do(chromedp.Click(".polis-list-confirm button"))
		tab.WaitFor(`document.querySelector("progress") !== null`)
		look("working")
		w.done()
		tab.WaitFor(`document.querySelector(".polis-alert-success") !== null`) // by itself
		look("done")
	}
}
