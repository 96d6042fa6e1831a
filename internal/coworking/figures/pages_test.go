package figures_test

import (
	"embed"
	"encoding/csv"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/coworking/figures"
	"polis/internal/identity"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
	"polis/internal/platform/web/webtest/browser"
	"polis/internal/reserve"
	"polis/internal/site"
)

// paged is a past with its pages, served; surfers look at them.
type paged struct {
	*past
	t      testing.TB
	srv    *httptest.Server
	always string // who asks where no header says it
	built  bool   // whether the front end is
}

// whoHeader says who asks; sessions are tested where they are.
const whoHeader = "Test-Person"

func newPaged(t testing.TB, network site.Data) *paged {
	t.Helper()
	w := &paged{past: newPast(t, dbtest.SQLite(t), network), t: t}
	words := i18n.NewBundle()
	for _, files := range []embed.FS{identity.Words, site.Words, coworking.Words, figures.Words} {
		if err := words.Add(files); err != nil {
			t.Fatal(err)
		}
	}
	ui, err := web.New(words, web.Config{SignIn: identity.SignInPath})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	w.built = ui.Built()
	ui.Files(mux)
	if err := figures.RegisterPages(mux, ui, w.figures); err != nil {
		t.Fatal(err)
	}
	people := map[string]coworkingtest.Who{"maria": w.Maria, "anna": w.Anna, "luca": w.Luca}
	known := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		name := r.Header.Get(whoHeader)
		if name == "" {
			name = w.always
		}
		if who, ok := people[name]; ok {
			r = r.WithContext(identity.WithActor(r.Context(), who.Actor))
		}
		ui.Mux(mux).ServeHTTP(rw, r)
	})
	w.srv = httptest.NewServer(web.Wrap(known, ui.Chain()...))
	t.Cleanup(w.srv.Close)
	return w
}

// surfer is somebody's browser without scripts.
type surfer struct {
	*paged
	who, lang string
	at        string // path of the page
	status    int
	page      *webtest.Node
}

func (w *paged) as(who, lang string) *surfer { return &surfer{paged: w, who: who, lang: lang} }

// ask sends a request and returns its answer with its text.
func (b *surfer) ask(path string) (*http.Response, string) {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.srv.URL+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", b.lang)
	r.Header.Set(whoHeader, b.who)
	res, err := http.DefaultClient.Do(r)
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

// get reads a page and checks it as every page is checked.
func (b *surfer) get(path string) *surfer {
	b.t.Helper()
	res, text := b.ask(path)
	b.at, b.status, b.page = path, res.StatusCode, webtest.Page(b.t, text)
	if raw := b.page.Text(); strings.Contains(raw, "figures.") || strings.Contains(raw, "coworking.") {
		b.t.Errorf("%s: a message has no words: %s", b.at, raw)
	}
	return b
}

// want fails the test unless the page has a status and all of some texts.
func (b *surfer) want(status int, texts ...string) *surfer {
	b.t.Helper()
	text := b.page.One(b.t, "main").Text()
	if b.status != status {
		b.t.Fatalf("%s: %d, want %d: %s", b.at, b.status, status, text)
	}
	for _, want := range texts {
		if !strings.Contains(text, want) {
			b.t.Fatalf("%s does not say %q: %s", b.at, want, text)
		}
	}
	return b
}

// newFigures is pages with a past: at aurora six visits of which five were
// missed, and six ratings; at molo one of each.
func newFigures(t *testing.T, network site.Data) *paged {
	t.Helper()
	w := newPaged(t, network)
	p := w.past
	day := func(n int) time.Time { return time.Date(2026, time.November, 16+n, 9, 0, 0, 0, agenda.Rome) }
	for i := range 6 {
		status := reserve.NoShow
		if i == 0 {
			status = reserve.Completed
		}
		b := p.visit("aurora", "D-01", status, day(i), day(i).Add(2*time.Hour), day(i).Add(-time.Duration(i)*24*time.Hour))
		p.ratings = append(p.ratings, scored{b, 4, day(i).Add(time.Hour)})
	}
	b := p.visit("molo", "D-01", reserve.NoShow, day(1), day(1).Add(4*time.Hour), day(0))
	p.ratings = append(p.ratings, scored{b, 1, day(1)})
	p.visit("molo", "M-1", reserve.Completed, day(1), day(1).Add(time.Hour), day(0))
	p.visit("molo", "M-1", reserve.Cancelled, day(2), day(2).Add(time.Hour), day(0))
	p.write(t)
	return w
}

func TestFigurePages(t *testing.T) {
	t.Parallel()
	w := newFigures(t, network())
	for lang, words := range map[string][]string{
		"it": {"Tutta la rete", "9 prenotazioni, di cui 1 annullata", "Prima di", "In media 3,6 su 5 (da 5 a 9 voti)", "83 %"},
		"en": {"The whole network", "9 bookings, of which 1 was cancelled", "There are no bookings before", "On average 3.6 of 5 (5 to 9 ratings)", "83%"},
	} {
		b := w.as("luca", lang)
		b.get("/gestione/cifre").want(200, words...)
		if n := len(b.page.All(".polis-heat")); n != 1 {
			t.Errorf("%d heat maps", n)
		}
		text := b.page.One(t, "main").Text()
		for _, small := range []string{"Spazio Molo1 ", "1 su 2 visite", "1 of 2 visits"} {
			if strings.Contains(text, small) {
				t.Errorf("a small count is told: %q", small)
			}
		}
	}
	luca := w.as("luca", "it")
	luca.get("/gestione/cifre?sede=molo").want(200, "Spazio Molo, Palermo (PA)", "Meno di 5 assenze su 2", "Meno di 5 voti")
	luca.get("/gestione/cifre?sede=molo&tipo=meeting").want(200, "2 prenotazioni, di cui 1 annullata")
	luca.get("/gestione/cifre?sede=molo&tipo=training").want(200, "Nessuna prenotazione in questo periodo")
	luca.get("/gestione/cifre?periodo=date&dal=2026-11-18&al=2026-11-18").want(200, "2 prenotazioni, di cui 1 annullata")
	luca.get("/gestione/cifre?periodo=date&dal=2026-11-18&al=2026-11-17").want(400, "La fine deve venire dopo")
	luca.get("/gestione/cifre?periodo=date&dal=2024-11-18&al=2026-11-17").want(400, "366 giorni")
	luca.get("/gestione/cifre?periodo=date&dal=2020-01-01&al=2020-02-01").want(200, "Nessuna prenotazione in questo periodo", "Da mercoledì 1º gennaio 2020 a sabato 1º febbraio 2020", "4 sedi aperte")
	luca.get("/gestione/cifre?periodo=nonesuch").want(400)
	luca.get("/gestione/cifre?sede=Spazio").want(400, "più sedi hanno questo nome")
	luca.get("/gestione/cifre?sede=nulla").want(400, "nessuna sede con questo nome")
	luca.get("/gestione/cifre?periodo=anno").want(200, "9 prenotazioni")

	anna := w.as("anna", "it") // works at one house
	anna.get("/gestione/cifre").want(200, "Spazio Aurora, Gavirate (VA)", "6 prenotazioni")
	anna.get("/gestione/cifre?sede=molo").want(403)
	w.as("maria", "it").get("/gestione/cifre").want(403)
}

func lines(t *testing.T, b *surfer, path string, status int) [][]string {
	t.Helper()
	res, text := b.ask(path)
	if res.StatusCode != status {
		t.Fatalf("%s: %s", path, res.Status)
	}
	if status != http.StatusOK {
		return nil
	}
	list, marked := strings.CutPrefix(text, "\uFEFF")
	if !marked {
		t.Errorf("%s: no mark of UTF-8: %.20q", path, text)
	}
	file := csv.NewReader(strings.NewReader(list))
	file.Comma = ';' // on Italian pages
	rows, err := file.ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return rows
}

func TestFigureLists(t *testing.T) {
	t.Parallel()
	network := network()
	for i := range network.Sites {
		if network.Sites[i].Code == "molo" {
			network.Sites[i].Name = `=HYPERLINK("http://example.org")`
		}
	}
	w := newFigures(t, network)
	luca, anna := w.as("luca", "it"), w.as("anna", "it")
	for name, rows := range map[string]int{"settimane.csv": 2, "anticipo.csv": 7, "durata.csv": 7, "assenze.csv": 4, "voti.csv": 3, "sedi.csv": 5, "righe.csv": 10} {
		list := lines(t, luca, "/gestione/cifre/"+name, 200)
		if len(list) != rows {
			t.Errorf("%s: %d lines, want %d: %v", name, len(list), rows, list)
		}
		for _, row := range list {
			for _, cell := range row {
				if strings.ContainsAny(cell[:min(1, len(cell))], "=+@\t\r") {
					t.Errorf("%s has a formula: %q", name, cell)
				}
			}
		}
		lines(t, w.as("maria", "it"), "/gestione/cifre/"+name, 403)
		lines(t, anna, "/gestione/cifre/"+name+"?sede=molo", 403)
		lines(t, anna, "/gestione/cifre/"+name, 200)
	}
	if list := lines(t, luca, "/gestione/cifre/assenze.csv", 200); list[1][3] != "5" && list[2][3] != "5" || !strings.Contains(strings.Join(append(list[1], list[2]...), " "), "<5") {
		t.Errorf("missed visits: %v", list)
	}
	if list := lines(t, luca, "/gestione/cifre/voti.csv", 200); len(list[1][2]) != 3 || list[1][2][1] != ',' {
		t.Errorf("an average as spreadsheets in Italy read it: %q", list[1])
	}
	for _, row := range lines(t, luca, "/gestione/cifre/righe.csv", 200) {
		if strings.Contains(strings.Join(row, " "), w.Maria.Person) || strings.Contains(strings.Join(row, " "), "no-show") {
			t.Errorf("a row tells of a person: %v", row)
		}
	}
	heat := lines(t, luca, "/gestione/cifre/occupazione.csv?sede=molo&tipo=desk", 200)
	if len(heat) < 100 {
		t.Errorf("%d hours of a house that is always open", len(heat))
	}
	res, _ := luca.ask("/gestione/cifre/sedi.csv?sede=molo&tipo=desk&periodo=date&dal=2026-11-18&al=2026-11-19")
	if name := res.Header.Get("Content-Disposition"); name != "attachment; filename=sedi-molo-desk-2026-11-18-2026-11-19.csv" {
		t.Errorf("the file is called %q", name)
	}
	lines(t, luca, "/gestione/cifre/nonesuch.csv", 404)
	lines(t, luca, "/gestione/cifre/sedi.csv?periodo=nonesuch", 400)
}

func TestHousesAreSuggested(t *testing.T) {
	t.Parallel()
	w := newPaged(t, network())
	for who, want := range map[string]int{"luca": 2, "anna": 0, "maria": -1} {
		res, text := w.as(who, "it").ask("/gestione/cifre/sedi?sede=pal")
		if (res.StatusCode == 200) != (want >= 0) || strings.Count(text, "<option") != max(want, 0) {
			t.Errorf("%s: %s %s", who, res.Status, text)
		}
	}
}

func TestFiguresInTheBrowser(t *testing.T) {
	t.Parallel()
	w := newFigures(t, network())
	if !w.built {
		t.Skip("SKIPPED: the front end is not built")
	}
	w.always = "luca"
	tab := browser.Open(t)
	for _, width := range []int64{1280, 390} {
		tab.Width(width)
		for _, path := range []string{"/gestione/cifre?lang=it", "/gestione/cifre?lang=en&sede=molo", "/gestione/cifre?lang=it&tipo=hall", "/gestione/cifre?periodo=date&dal=2020-01-01&al=2020-02-01"} {
			tab.Go(w.srv.URL + path)
			if path == "/gestione/cifre?lang=it" {
				tab.WaitFor(`document.querySelectorAll("details:not([open])").forEach(d => d.open = true), true`)
			}
			tab.Check()
		}
	}
}
