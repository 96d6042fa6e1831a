package feedback_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"polis/internal/feedback"
	"polis/internal/identity"
	"polis/internal/platform/clock"
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

// surf opens browsers on the pages of a world.
func (w *world) surf() (as func(who, lang string) *surfer, address string, built bool) {
	h, built := w.pages()
	srv := httptest.NewServer(h)
	w.t.Cleanup(srv.Close)
	return func(who, lang string) *surfer {
		jar, err := cookiejar.New(nil)
		if err != nil {
			w.t.Fatal(err)
		}
		return &surfer{t: w.t, http: &http.Client{Jar: jar}, url: srv.URL, who: who, lang: lang}
	}, srv.URL, built
}

func (b *surfer) open(method, path string, body url.Values) *surfer {
	b.t.Helper()
	r, err := http.NewRequest(method, b.url+path, strings.NewReader(body.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
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
	b.at, b.status, b.page = res.Request.URL.RequestURI(), res.StatusCode, webtest.Page(b.t, string(text))
	if raw := b.page.Text(); strings.Contains(raw, "feedback.") {
		b.t.Errorf("%s: a message has no words: %s", b.at, raw)
	}
	return b
}

func (b *surfer) get(path string) *surfer { b.t.Helper(); return b.open(http.MethodGet, path, nil) }

// send sends the form of the page with some fields filled in.
func (b *surfer) send(fields ...string) *surfer {
	b.t.Helper()
	f := b.page.One(b.t, "form[method=post]")
	return b.open(http.MethodPost, f.Attr["action"], webtest.Fields(f, fields...))
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

// Somebody without an account reports, keeps the address and finds the answer
// there; a manager answers.
func TestAReportAndItsAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	as, _, _ := w.surf()
	ada := as("", "it").get("/segnala?sede=aurora&posto=D-1&tema=attrezzature")
	ada.want(200, "Segnala un problema", "Spazio aurora, Gavirate (VA)", "Scrivania 1, Piano terra", "112")
	if got := ada.page.One(t, "input[value=attrezzature]").Attr; got["checked"] != "checked" && got["checked"] != "" {
		t.Errorf("the subject is not chosen: %v", got)
	}
	ada.send("testo", "Lo schermo non si accende.\nDa ieri.", "email", "ada@example.org")
	ada.want(200, "Segnalazione 2026-000001", "Segnalazione inviata.", "entro lunedì 30 novembre 2026", "chi gestisce la sede",
		"Lo schermo non si accende.", "Conservare questo indirizzo", "da rispondere")
	kept := ada.at
	if !strings.HasPrefix(kept, "/segnalazioni/2026-000001?chiave=") {
		t.Fatalf("at %s", kept)
	}
	as("", "it").get(kept).want(200, "Lo schermo non si accende.")
	as("", "it").get("/segnalazioni/2026-000001?chiave=x").want(404)
	as("maria", "it").get("/segnalazioni/2026-000001").want(404)

	anna := as("anna", "it").get("/segnalazioni/gestione").want(200, "1 segnalazione da rispondere", "2026-000001", "Attrezzature")
	anna.get("/segnalazioni/2026-000001").want(200, "risponde chi gestisce")
	if n := len(anna.page.All("textarea")); n != 0 {
		t.Error("the reception can answer")
	}
	bruno := as("bruno", "en").get("/segnalazioni/2026-000001").want(200, "Send the answer")
	bruno.send("risposta", "no").want(400, "at least 10 characters")
	bruno.send("risposta", "È stato cambiato il cavo.").want(200, "The answer was sent.", "È stato cambiato il cavo.", "answered")
	as("bruno", "it").get("/segnalazioni/gestione").want(200, "Nessuna segnalazione con questi filtri", "Nessuna segnalazione con questi filtri")
	as("bruno", "it").get("/segnalazioni/gestione?stato=risposte").want(200, "2026-000001", "con risposta")
	as("", "it").get(kept).want(200, "con risposta", "È stato cambiato il cavo.")
}

// Without a house in the address one is searched; several of a name are offered.
func TestTheHouseIsSearched(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	as, address, _ := w.surf()
	text := []string{"tema", "altro", "testo", "Non va la luce del cortile"}
	as("maria", "it").get("/segnala").send(append(text, "dove", "Spazio borgo, Gavirate (VA)")...).want(200, "Spazio borgo, Gavirate (VA)")
	maria := as("maria", "it").get("/segnala").send(append(text, "dove", "gavirate")...).want(400, "Quale di queste sedi", "Spazio aurora, Gavirate (VA)", "Spazio borgo")
	maria.send("sede", "aurora").want(200, "Spazio aurora, Gavirate (VA)", "chi gestisce la sede")
	as("maria", "it").get("/segnala").send(append(text, "dove", "atlantide")...).want(400, "nessuna sede con questo nome")
	as("maria", "it").get("/segnala").send(text...).want(200, "Pagine e servizi della rete", "chi gestisce la rete")
	as("maria", "it").get("/segnalazioni").want(200, "2026-000001", "2026-000003")
	as("anna", "it").get("/segnalazioni").want(200, "Nessuna segnalazione")
	for path, want := range map[string]string{"/segnalazioni": "/accedi", "/segnalazioni/gestione": "/accedi", "/segnalazioni/2026-000001": "/accedi"} {
		still := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := still.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), want) {
			t.Errorf("%s: %d to %s", path, res.StatusCode, res.Header.Get("Location"))
		}
	}
	as("maria", "it").get("/segnalazioni/gestione").want(404)
}

func TestFormSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	as, _, _ := w.surf()
	ada := as("", "en").get("/segnala")
	if ada.want(200); len(ada.page.All(".polis-summary")) != 0 {
		t.Error("an empty form has faults")
	}
	ada.send("testo", "corto", "email", "x").want(400, "What it is about: fill in this field", "at least 10 characters")
	ada.send("tema", "pulizia", "testo", strings.Repeat("a", 2500)).want(400, "at most 2,000 characters: 500 too many")
	ada.send("tema", "pulizia", "testo", "Il cestino è pieno", "email", "x y").want(400, "E-mail for the answer")
	ada.send("tema", "pulizia", "testo", "Il cestino è pieno", "email", "", "sito_web", "http://spam.example").want(400, "was not sent")
	ada.send().want(200, "Report 2026-000001") // what was typed had stayed
}

// A house or place of no possible code comes from no form: there is no input at
// which to say so.
func TestImpossibleHouse(t *testing.T) {
	t.Parallel()
	as, _, _ := newWorld(t, dbtest.SQLite(t)).surf()
	for _, length := range []int{100, 300, 5000} {
		for _, name := range []string{"sede", "posto"} {
			values := url.Values{"tema": {"altro"}, "testo": {"Qualcosa non va per niente."}, name: {strings.Repeat("a", length)}}
			if name == "posto" {
				values.Set("sede", "gavirate")
			}
			if b := as("", "it").open("POST", "/segnala", values); b.status != http.StatusNotFound {
				t.Errorf("%s of %d: %d", name, length, b.status)
			}
		}
	}
}

// One form sent twice is one report; more than ten an hour from one address are
// refused in words, and what was typed stays.
func TestDoubleSubmitAndLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	as, _, _ := w.surf()
	form := []string{"tema", "rumore", "testo", "Musica alta in sala", "chiave", "uguale"}
	for range 2 {
		as("", "it").get("/segnala").send(form...).want(200, "Segnalazione 2026-000001")
	}
	for i := range 8 {
		as("", "it").get("/segnala").send("tema", "rumore", "testo", fmt.Sprint("Musica alta in sala ", i)).want(200)
	}
	ada := as("", "it").get("/segnala").send("tema", "rumore", "testo", "Musica alta ancora")
	ada.want(429, "Segnalazione non inviata", "Riprovare tra 6 minuti")
	if got := ada.page.One(t, "textarea").Text(); got != "Musica alta ancora" {
		t.Errorf("the text came back as %q", got)
	}
	as("maria", "it").get("/segnala").send("tema", "rumore", "testo", "Musica alta ancora").want(200)
	w.clock.Advance(6 * time.Minute)
	ada.send().want(200, "Musica alta ancora")
	ada.get("/segnala").send("tema", "rumore", "testo", "Musica alta di nuovo").want(429)
}

// likeReport writes reports like one that is there, each due later.
var likeReport = db.Rows("test.like-report", `
	INSERT INTO report (id, number, kind, site, resource, person, body, owner, state, due, request, created)
	SELECT column1, column1, r.kind, r.site, r.resource, r.person, r.body, r.owner, r.state, r.due + column2, column1, r.created
	FROM {rows} JOIN report r ON r.number = {1} WHERE column1 IS NOT NULL`, "TEXT", "BIGINT")

// Five thousand reports and one: a hundred pages and one more, each report once,
// none of them longer than the first; who reported them pages too.
func TestFiveThousandReports(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	as, _, _ := w.surf()
	first := w.make(w.maria, feedback.Request{Kind: feedback.Other, Site: "aurora"})
	var args []any
	for i := range 5000 {
		args = append(args, clock.NewID(), int64(i/7)*int64(time.Minute/time.Microsecond)) // many on the same instant
	}
	err := w.db.Write(t.Context(), func(tx *db.Tx) error {
		for chunk := range slices.Chunk(args, 2*db.MaxRows()) {
			q, padded := likeReport.For(slices.Clone(chunk), first.Number)
			if _, err := tx.Exec(t.Context(), q, padded...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	walk := func(b *surfer, row string) (seen map[string]bool, pages int) {
		seen = map[string]bool{}
		for {
			pages++
			for _, r := range b.page.One(t, "main").All(row) {
				for _, link := range r.All("a") {
					seen[link.Attr["href"]] = true
				}
			}
			next := b.page.All("a[rel=next]")
			if len(next) == 0 {
				return seen, pages
			}
			b.get(next[0].Attr["href"]).want(200, "Dall’inizio")
		}
	}
	luca := as("luca", "it").get("/segnalazioni/gestione").want(200, "5.001 segnalazioni da rispondere")
	if seen, pages := walk(luca, "tr"); len(seen) != 5001 || pages != 101 {
		t.Errorf("%d reports on %d pages, want 5001 on 101", len(seen), pages)
	}
	maria := as("maria", "it").get("/segnalazioni").want(200, "Risponde chi gestisce la sede, entro")
	if seen, pages := walk(maria, ".polis-card"); len(seen) != 5001 || pages != 101 {
		t.Errorf("%d of one's own reports on %d pages, want 5001 on 101", len(seen), pages)
	}
}

// Several pages of reports: the next ones go on, overdue ones are marked.
func TestManyReports(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	as, _, _ := w.surf()
	for i := range 120 {
		w.make(w.maria, feedback.Request{Kind: feedback.Safety, Site: "aurora", Once: fmt.Sprint(i), Text: strings.Repeat("parola ", 100)})
	}
	w.make(w.maria, feedback.Request{Kind: feedback.Other, Site: "borgo"})
	w.clock.Advance(3 * 24 * time.Hour)
	luca := as("luca", "it").get("/segnalazioni/gestione").want(200, "121 segnalazioni da rispondere", "120 in ritardo", "Sicurezza, urgente", "in ritardo")
	seen := map[string]bool{}
	for {
		for _, row := range luca.page.One(t, "tbody").All("tr") {
			seen[row.All("a")[0].Text()] = true
		}
		next := luca.page.All("a[rel=next]")
		if len(next) == 0 {
			break
		}
		luca.get(next[0].Attr["href"]).want(200, "Dall’inizio")
	}
	if len(seen) != 121 {
		t.Errorf("%d reports over all pages, want 121", len(seen))
	}
	as("luca", "it").get("/segnalazioni/gestione?dove=borgo").want(200, "1 segnalazione da rispondere")
	as("luca", "it").get("/segnalazioni/gestione?stato=risposte").want(200, "Nessuna segnalazione con questi filtri")
	as("luca", "it").get("/segnalazioni/gestione?dove=gavirate").want(400, "scriverlo per intero")
	as("luca", "it").get("/segnalazioni/gestione?dopo=zzz").want(400)
	as("maria", "it").get("/segnalazioni").want(200, "2026-000121", "Successivi")
}

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	_, address, built := w.surf()
	if !built {
		t.Skip("SKIPPED: the front end is not built")
	}
	long := w.make(identity.Anonymous, feedback.Request{Kind: feedback.Accessibility, Text: strings.Repeat("Donaudampfschifffahrtsgesellschaft", 20)})
	w.make(w.maria, feedback.Request{Kind: feedback.Safety, Site: "aurora"})
	w.clock.Advance(40 * 24 * time.Hour)
	tab := browser.Open(t)
	kept := "/segnalazioni/" + long.Number + "?chiave=" + w.LinkKey(long.Number)
	for _, width := range []int64{1280, 390} {
		tab.Width(width)
		for _, path := range []string{"/segnala", "/segnala?sede=aurora&posto=D-1", kept} {
			tab.Go(address + path)
			tab.Check()
		}
	}
	tab.Go(address + "/segnala")
	tab.Do(chromedp.SendKeys("#f-dove", "bor"))
	tab.WaitFor(`document.querySelector("#f-dove-list").options.length === 1`)
	tab.Do(chromedp.Click("button.btn-primary"))
	tab.WaitFor(`document.activeElement.id === "error-summary"`)
	tab.Faults() // the 400 of the page itself is an entry of the log
	tab.Check()
	tab.Do(chromedp.Click("#f-tema-3"), chromedp.SendKeys("#f-testo", "La maniglia si è rotta"), chromedp.Click("button.btn-primary"))
	tab.WaitFor(`location.pathname === "/segnalazioni/2027-000001"`)
	tab.Check()
}

// The pages of who looks after houses, in a browser that is Luca's.
func TestManagementInABrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	h, built := w.pages()
	if !built {
		t.Skip("SKIPPED: the front end is not built")
	}
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r.Header.Set(whoHeader, "luca")
		h.ServeHTTP(rw, r)
	}))
	t.Cleanup(srv.Close)
	for i, kind := range []feedback.Kind{feedback.Safety, feedback.Other, feedback.Accessibility} {
		w.make(w.maria, feedback.Request{Kind: kind, Site: "aurora", Once: fmt.Sprint(i)})
		w.make(w.luca, feedback.Request{Kind: kind, Once: fmt.Sprint(i)})
	}
	w.clock.Advance(3 * 24 * time.Hour)
	tab := browser.Open(t)
	for _, width := range []int64{1280, 390} {
		tab.Width(width)
		for _, path := range []string{"/segnalazioni/gestione", "/segnalazioni/gestione?dove=borgo", "/segnalazioni", "/segnalazioni/2026-000001"} {
			tab.Go(srv.URL + path)
			tab.Check()
		}
	}
	tab.Do(chromedp.SendKeys("#f-risposta", "Si interviene domani mattina."), chromedp.Click("button.btn-primary"))
	tab.WaitFor(`document.querySelector(".polis-alert-success") !== null`)
	tab.Check()
}

// Who sends a field that their page does not have is not told to mend it there.
func TestAReportWithFieldsOfAnotherPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	as, _, _ := w.surf()
	as("maria", "it").get("/segnala?sede=aurora").send("email", strings.Repeat("a", 300), "dove", strings.Repeat("a", 300), "tema", "altro", "testo", "Lo schermo non si accende.").want(200)
}

// House and place are codes of the page: what is sent in their stead does not
// exist, and no summary leads to fields that the page does not have.
func TestAReportOfWhatDoesNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	as, _, _ := w.surf()
	for _, wrong := range []string{"nessuna", strings.Repeat("(", 5000)} {
		as("maria", "it").get("/segnala?sede=aurora").send("sede", wrong, "tema", "altro", "testo", "Lo schermo non si accende.").want(404)
		as("maria", "it").get("/segnala?sede=aurora").send("posto", wrong).want(404)
		as("maria", "it").get("/segnala").send("posto", wrong).want(400)
	}
}
