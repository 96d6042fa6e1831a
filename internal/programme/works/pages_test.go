package works

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
	"polis/internal/programme"
	"polis/internal/programme/account"
	"polis/internal/site"
	"polis/internal/territory"
)

// town is the pages over three houses of two provinces; what is published of them
// is for the test to say.
type town struct {
	t *testing.T
	http.Handler
	programme *programme.Service
	db        *db.DB
}

func newTown(t *testing.T) *town {
	t.Helper()
	net, err := site.NewNetwork(site.Data{Territory: territory.Embedded(), Sites: []site.Site{
		{ID: "s-1", Code: "gavirate", Kind: site.Space, Size: site.Small, Name: "Spazio Aurora", Municipality: "012072", Lat: 45.84, Lon: 8.71, State: site.Open, StateSince: "2026-02-01"},
		{ID: "s-2", Code: "ufficio-orvieto", Kind: site.Office, Name: "Ufficio =Orvieto", Municipality: "055023", Lat: 42.72, Lon: 12.11, State: site.Open},
		{ID: "s-3", Code: "orvieto", Kind: site.Space, Size: site.Large, Name: "Spazio Duomo", Municipality: "055023", Lat: 42.71, Lon: 12.1, State: site.Works},
	}})
	if err != nil {
		t.Fatal(err)
	}
	clk, d := clock.NewManual(time.Date(2026, time.November, 23, 7, 7, 0, 0, time.UTC)), dbtest.SQLite(t)
	live := site.Still(net)
	in := &town{t: t, db: d, programme: programme.New(programme.Options{DB: d, Sites: live, Clock: clk, IDs: clock.NewID})}
	words := i18n.NewBundle()
	for _, err := range []error{words.Add(Words), words.Add(site.Words), words.Add(programme.Words)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	ui, err := web.New(words, web.Config{})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", ui.Assets())
	s := New(Options{DB: d, Live: live, Programme: in.programme, Clock: clk})
	if err := RegisterPages(mux, ui, s, Links{House: func(code string) string { return "/sedi/" + code }}); err != nil {
		t.Fatal(err)
	}
	in.Handler = web.Wrap(ui.Mux(mux), ui.Chain()...)
	return in
}

func (in *town) publish(kind string, rows ...any) {
	in.t.Helper()
	k, _ := account.KindOf(kind)
	if _, err := in.programme.Load(in.t.Context(), programme.Entry{Kind: k, Title: "Prova", Source: "prova", Rows: rows}); err != nil {
		in.t.Fatal(err)
	}
}

// file them all: gavirate is open and accepted, the office late in works.
func (in *town) file() {
	in.publish("works",
		account.Works{Site: "gavirate", Contractor: "Edile (inventata)", Dates: dates(-300, -290, -250, -240, -200, -190, -150, -120, -110, -100, -90, -80), Source: "prova"},
		account.Works{Site: "ufficio-orvieto", Dates: dates(-300, -290, -250, -240, -200, -190, -30, none, 9, none), Reason: "Allaccio =1+1", Source: "prova"})
	in.publish("documents",
		account.Document{Site: "gavirate", ID: "1", Type: account.Acceptance, Phase: "test", Date: account.Date{Date: today.AddDays(-100)}, Title: "Verbale", Href: "https://example.org/v"},
		account.Document{Site: "ufficio-orvieto", ID: "2", Type: "photo", Date: account.Date{Date: today.AddDays(-9)}, Title: "Il cantiere", Href: "/media/abc"})
	in.publish("costs",
		account.Cost{Site: "gavirate", Item: "Lavori", Fund: "pnc", Eligible: account.Yes, Amount: 100_000_50},
		account.Cost{Site: "gavirate", Item: "Arredi", Fund: "poste", Eligible: account.No, Amount: 20_000_00})
	in.publish("areas", account.Area{ISTAT: "055023", Class: "D"})
}

func (in *town) get(path string, header ...string) *httptest.ResponseRecorder {
	in.t.Helper()
	r := httptest.NewRequestWithContext(context.WithoutCancel(in.t.Context()), http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	in.ServeHTTP(w, r)
	return w
}

func TestEveryPageInBothLanguages(t *testing.T) {
	t.Parallel()
	in := newTown(t)
	for _, filed := range []bool{false, true} {
		if filed {
			in.file()
		}
		for _, path := range []string{
			MapPath, MapPath + "?regione=Umbria", MapPath + "?provincia=TR", MapPath + "?stato=works", MapPath + "?ritardo=1&tipo=office", MapPath + "?regione=Molise",
			MapPath + "?ordine=quota&verso=giu", Root, Root + "?q=Orvieto", Root + "?q=zzz", Root + "?verificate=1", Root + "?ordine=ritardo&verso=giu&pagina=9",
			HousePath("gavirate"), HousePath("ufficio-orvieto"), HousePath("orvieto"),
		} {
			for _, lang := range []string{"it", "en"} {
				if res, root := webtest.Get(t, in, path, "Accept-Language", lang); res.StatusCode != http.StatusOK || root.One(t, "html").Attr["lang"] != lang {
					t.Errorf("%s in %s: %d", path, lang, res.StatusCode)
				}
			}
		}
	}
}

// The file of a house tells what is declared and what shows it.
func TestHouseFile(t *testing.T) {
	t.Parallel()
	in := newTown(t)
	in.file()
	_, root := webtest.Get(t, in, HousePath("gavirate"), "Accept-Language", "it")
	text := root.One(t, "main").Text()
	for _, want := range []string{"Lavori conclusi", "Verificata", "10 giorni dopo", "Edile (inventata)", "100.000,50 €", "120.000,50 €", "Fondo complementare", "Verbale", "prova"} {
		if !strings.Contains(text, want) {
			t.Errorf("gavirate does not say %q: %s", want, text)
		}
	}
	_, root = webtest.Get(t, in, HousePath("ufficio-orvieto"), "Accept-Language", "it")
	text = root.One(t, "main").Text()
	for _, want := range []string{"In lavori", "in ritardo di 30 giorni", "Allaccio", "Non ancora verificata", "Il cantiere"} {
		if !strings.Contains(text, want) {
			t.Errorf("the office does not say %q: %s", want, text)
		}
	}
	if img := root.One(t, ".polis-works-photos").One(t, "img"); img.Attr["src"] != "/media/abc" || img.Attr["alt"] != "Il cantiere" {
		t.Errorf("photo %v", img.Attr)
	}
	if w := in.get(HousePath("nessuna")); w.Code != http.StatusNotFound {
		t.Errorf("a house that is not there: %d", w.Code)
	}
	var got struct {
		Stage    string
		Late     bool
		Delay    int `json:"delay_days"`
		Works    map[string]string
		Costs    []map[string]string
		Verified struct{ Verified bool }
	}
	if err := json.Unmarshal(in.get(HousePath("ufficio-orvieto")+"/scheda.json").Body.Bytes(), &got); err != nil || got.Stage != "works" || !got.Late || got.Delay != 30 || got.Works["delay_reason"] == "" {
		t.Errorf("%+v, %v", got, err)
	}
}

// What was published before stays to be read, with its time.
func TestHistory(t *testing.T) {
	t.Parallel()
	in := newTown(t)
	in.publish("works", account.Works{Site: "orvieto", Dates: dates(-5, none), Source: "prova"})
	in.publish("works", account.Works{Site: "orvieto", Dates: dates(-5, -2), Source: "prova"})
	_, root := webtest.Get(t, in, HousePath("orvieto"), "Accept-Language", "en")
	var said []string
	for _, table := range root.All("table") {
		if rows := table.One(t, "tbody").All("tr"); table.One(t, "caption").Text() == "What was published" {
			for _, row := range rows {
				said = append(said, row.All("td")[0].Text())
			}
		}
	}
	if got := strings.Join(said, " | "); got != "Being designed | Planned, 5 days late" {
		t.Errorf("history says %q", got)
	}
}

// Who names a house wants it, not a map.
func TestNamingLeadsToTheList(t *testing.T) {
	t.Parallel()
	w := newTown(t).get(MapPath + "?q=Orvieto&regione=Umbria")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != Root+"?q=Orvieto&regione=Umbria" {
		t.Errorf("%d to %s", w.Code, w.Header().Get("Location"))
	}
}

// What is taken along can be brought in again, and is no formula.
func TestFilesAreThoseThatAreRead(t *testing.T) {
	t.Parallel()
	in := newTown(t)
	in.file()
	for _, kind := range fileKinds {
		k, _ := account.KindOf(kind)
		body := in.get(HousePath("gavirate")+"/"+kind+".csv", "Accept-Language", "en").Body.String()
		lines := strings.Split(strings.TrimSpace(strings.TrimPrefix(body, "\uFEFF")), "\n")
		if lines[0] != strings.Join(k.Names(), ",") || len(lines) < 2 || !strings.HasPrefix(lines[1], "gavirate,") {
			t.Errorf("%s: %q", kind, body)
		}
	}
	for _, path := range []string{Root + ".csv", MapPath + "/regioni.csv", MapPath + "/province.csv?regione=Umbria", MapPath + "/aree.csv", MapPath + "/dimensioni.csv"} {
		w := in.get(path, "Accept-Language", "en")
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), ",=") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for _, path := range []string{HousePath("gavirate") + "/altro.csv", HousePath("gavirate") + "/works", HousePath("nessuna") + "/works.csv", MapPath + "/altro.csv", MapPath + "/province.csv"} {
		if w := in.get(path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// A picture is XML with a few elements, is kept for ever by its version only, and
// draws what is asked for.
func TestPicture(t *testing.T) {
	t.Parallel()
	in := newTown(t)
	in.file()
	_, root := webtest.Get(t, in, MapPath)
	for _, img := range append(root.All("[type=image]"), root.One(t, ".polis-works-minis").All("img")...) {
		w := in.get(img.Attr["src"])
		if w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || w.Header().Get("Content-Type") != "image/svg+xml" {
			t.Errorf("%s: %v", img.Attr["src"], w.Header())
		}
		if n := elements(t, w.Body); n < 4 || n > 20 {
			t.Errorf("%s has %d elements", img.Attr["src"], n)
		}
	}
	if got := in.get(MapPath + ".svg?v=old").Header().Get("Cache-Control"); got != "no-cache" {
		t.Errorf("an old version is kept: %s", got)
	}
	if all, some := in.get(MapPath+".svg").Body.Len(), in.get(MapPath+".svg?stato=planned").Body.Len(); some >= all {
		t.Errorf("no houses are %d bytes, all of them %d", some, all)
	}
}

func elements(t *testing.T, r io.Reader) (n int) {
	t.Helper()
	for d := xml.NewDecoder(r); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := token.(xml.StartElement); ok {
			n++
		}
	}
}

// Who points at a house on the map comes to its region, then to its province,
// at any size of the picture; who presses Enter comes to the tables.
func TestPointing(t *testing.T) {
	t.Parallel()
	in := newTown(t)
	for _, width := range widths {
		at := territory.Project(territory.Italy, float64(width), float64(country.frame(width).Height))
		x, y := at.XY(42.71, 12.1)
		query := "?larghezza=" + itoa(width) + "&m.x=" + itoa(int(x)) + "&m.y=" + itoa(int(y))
		if to := in.get(MapPath + "/punto" + query).Header().Get("Location"); to != MapPath+"?regione=Umbria" {
			t.Errorf("%s leads to %s", query, to)
		}
	}
	for query, want := range map[string]string{
		"?regione=Umbria&larghezza=570&m.x=285&m.y=250": MapPath + "?mancato=1&regione=Umbria",
		"?larghezza=570&m.x=0&m.y=0":                    MapPath + "#tabelle",
		"?larghezza=570&m.x=560&m.y=9":                  MapPath + "?mancato=1",
		"?larghezza=7&m.x=5&m.y=9":                      MapPath + "#tabelle",
		"":                                              MapPath + "#tabelle",
	} {
		if w := in.get(MapPath + "/punto" + query); w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
			t.Errorf("%s: %d to %s, want %s", query, w.Code, w.Header().Get("Location"), want)
		}
	}
}

func TestInnerAreasSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	in := newTown(t)
	_, root := webtest.Get(t, in, MapPath, "Accept-Language", "it")
	if text := root.One(t, "main").Text(); !strings.Contains(text, "Manca l’elenco delle aree interne") || !strings.Contains(text, "istat") {
		t.Errorf("it does not say what is missing: %s", text)
	}
	in.publish("areas", account.Area{ISTAT: "055023", Class: "D"})
	_, root = webtest.Get(t, in, MapPath, "Accept-Language", "it")
	if text := root.One(t, "main").Text(); !strings.Contains(text, "D – Intermedio") || strings.Contains(text, "Manca l’elenco") {
		t.Errorf("no inner areas: %s", text)
	}
}

func TestHostileQueries(t *testing.T) {
	t.Parallel()
	in := newTown(t)
	long := strings.Repeat("a", 5000)
	for _, query := range []string{
		"regione=x", "provincia=%3Cscript%3E", "stato=x", "tipo=x", "area=Z", "dimensione=7", "ordine=x", "q=" + long, "q=%00", "q=%ff", "q=%zz", "regione=" + long, "area=%27--",
		"larghezza=x", "m.x=-1", "m.x=99999999999999999999", "m.y=NaN", "m.x=%00",
	} {
		for _, path := range []string{MapPath, MapPath + ".svg", MapPath + "/punto", MapPath + "/regioni.csv", Root, Root + ".csv"} {
			w := in.get(path + "?" + query)
			point := strings.HasPrefix(query, "larghezza") || strings.HasPrefix(query, "m.")
			if w.Code >= 500 || w.Code < 400 && !point {
				t.Errorf("%s?%.40s: %d", path, query, w.Code)
			}
			if bytes.Contains(w.Body.Bytes(), []byte("<script>")) {
				t.Errorf("%s?%.40s: what was asked stands in the page", path, query)
			}
		}
	}
}
