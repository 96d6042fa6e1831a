package notify_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jhillyerd/enmime/v2"

	"polis/internal/notify"
	"polis/internal/platform/clock"
	"polis/internal/platform/i18n"
	"polis/internal/platform/i18n/i18ntest"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
	"polis/internal/platform/web/webtest/browser"
)

func TestWords(t *testing.T) {
	bundle := i18n.NewBundle()
	if err := bundle.Add(notify.Words); err != nil {
		t.Fatal(err)
	}
	i18ntest.Check(t, bundle, os.DirFS("."))
}

// mailbox are the pages over a folder with so many messages, the last with
// much in it.
func mailbox(t testing.TB, n int) (mail.Folder, http.Handler) {
	t.Helper()
	folder := mail.Folder{Dir: filepath.Join(t.TempDir(), "mail")}
	for i := range n {
		m := mail.Message{
			ID: clock.NewID(), Date: noon.Add(time.Duration(i) * time.Minute), From: mail.Sender{Name: "Polis", Address: "polis@polis.example"},
			To: "maria@example.org", ToName: "Maria Rossi", Lang: "it",
			Subject: fmt.Sprintf("Prenotazione confermata %d", i),
			Text:    "Buongiorno,\n\nla prenotazione è confermata: https://polis.example/prenotazioni/1.\n\n<b>Grazie</b>\n",
		}
		if i == n-1 {
			m.Text += strings.Repeat("parola lunga ", 100) + strings.Repeat("w", 300)
			m.Calendars = []mail.Calendar{{Name: "prenotazione.ics", Method: "CANCEL", Data: []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")}}
		}
		if err := folder.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	words := i18n.NewBundle()
	if err := words.Add(notify.Words); err != nil {
		t.Fatal(err)
	}
	ui, err := web.New(words, web.Config{Demo: "notify.mailbox.lead", DemoLinks: []web.Entry{notify.Mailbox}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", ui.Assets())
	if err := notify.RegisterMailbox(mux, ui, folder); err != nil {
		t.Fatal(err)
	}
	return folder, web.Wrap(ui.Mux(mux), ui.Chain()...)
}

func TestMailbox(t *testing.T) {
	t.Parallel()
	_, empty := mailbox(t, 0)
	if _, root := webtest.Get(t, empty, "/demo/posta"); len(root.All(".polis-empty")) != 1 {
		t.Error("says nothing of an empty mailbox")
	}
	folder, pages := mailbox(t, 45)
	names, err := folder.List()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder.Dir, "20271116T120000.000000Z-broken.eml"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	var seen []string
	next := "/demo/posta"
	for next != "" {
		_, root := webtest.Get(t, pages, next, "Accept-Language", "en")
		if got := root.One(t, ".polis-demo").All("a"); len(got) != 1 || got[0].Text() != "Demo mailbox" {
			t.Errorf("the strip links %v", got)
		}
		for _, a := range root.One(t, ".polis-letters").All("a") {
			seen = append(seen, strings.TrimPrefix(a.Attr["href"], "/demo/posta/"))
		}
		next = ""
		if more := root.All("a[rel=next]"); len(more) > 0 {
			next = more[0].Attr["href"]
		}
	}
	if strings.Join(seen, " ") != strings.Join(names, " ") {
		t.Errorf("%d messages shown of %d, or in another order", len(seen), len(names))
	}
	if _, root := webtest.Get(t, pages, "/demo/posta?dopo=0"); len(root.All(".polis-letters")) != 0 {
		t.Error("something before everything")
	}
}

func TestLetter(t *testing.T) {
	t.Parallel()
	folder, pages := mailbox(t, 2)
	names, err := folder.List()
	if err != nil {
		t.Fatal(err)
	}
	_, root := webtest.Get(t, pages, "/demo/posta/"+names[1], "Accept-Language", "en")
	body := root.All(".polis-letter")
	if len(body) != 1 || !strings.Contains(body[0].Text(), "<b>Grazie</b>") || body[0].Attr["lang"] != "it" {
		t.Errorf("%v", body)
	}
	if links := root.One(t, ".polis-letter").All("a"); len(links) != 1 || links[0].Attr["href"] != "https://polis.example/prenotazioni/1" {
		t.Errorf("links %v", links)
	}
	_, root = webtest.Get(t, pages, "/demo/posta/"+names[0])
	links := root.One(t, ".polis-links").All("a")
	if len(links) != 2 || !strings.HasPrefix(links[0].Text(), "Togliere dal calendario") {
		t.Fatalf("links %v", links)
	}
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w
	}
	if w := get(links[0].Attr["href"]); w.Body.String() != "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n" ||
		w.Header().Get("Content-Type") != "text/calendar; charset=utf-8" || w.Header().Get("Content-Disposition") != "attachment; filename=prenotazione.ics" {
		t.Errorf("%v %q", w.Header(), w.Body)
	}
	e, err := enmime.ReadEnvelope(bytes.NewReader(get(links[1].Attr["href"]).Body.Bytes()))
	if err != nil || e.GetHeader("Subject") != "Prenotazione confermata 1" {
		t.Errorf("%v", err)
	}
	for _, path := range []string{"/demo/posta/x", "/demo/posta/x/messaggio.eml", "/demo/posta/" + names[0] + "/calendario/2", "/demo/posta/" + names[0] + "/calendario/x", "/demo/posta/..%2Fmail"} {
		if w := get(path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestMailboxInABrowser(t *testing.T) {
	t.Parallel()
	tab := browser.Open(t)
	folder, pages := mailbox(t, 25)
	names, err := folder.List()
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(pages)
	defer srv.Close()
	for _, view := range browser.Views {
		tab.Width(view.Width)
		for _, path := range []string{"", "/" + names[0]} {
			tab.Go(srv.URL + "/demo/posta" + path + "?lang=" + view.Lang)
			tab.Check()
			if dir := os.Getenv("PICTURES"); dir != "" {
				tab.Picture(filepath.Join(dir, fmt.Sprintf("mail-%d-%s-%d.png", view.Width, view.Lang, len(path))))
			}
		}
	}
}
