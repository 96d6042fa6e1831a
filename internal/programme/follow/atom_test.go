package follow_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"polis/internal/platform/db/dbtest"
	"polis/internal/programme/account"
)

// feedOf reads a feed as a news reader does.
func (w *world) feedOf(path string) *gofeed.Feed {
	w.t.Helper()
	status, body := w.ask("GET", path, nil)
	if status != 200 {
		w.t.Fatalf("%s: %d %s", path, status, body)
	}
	f, err := gofeed.NewParser().ParseString(body)
	w.must(err)
	if f.FeedType != "atom" || f.FeedVersion != "1.0" || f.Title == "" || f.UpdatedParsed == nil || f.FeedLink == "" || len(f.Authors) == 0 || f.Authors[0].Name == "" {
		w.t.Errorf("%s: %+v", path, f)
	}
	w.wellFormed(path, body)
	return f
}

// wellFormed sees that a feed has what RFC 4287 demands, each once.
func (w *world) wellFormed(path, body string) {
	w.t.Helper()
	type entry struct {
		IDs, Titles, Updated []string
	}
	var f struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		IDs     []string `xml:"id"`
		Titles  []string `xml:"title"`
		Updated []string `xml:"updated"`
		Entries []struct {
			IDs     []string `xml:"id"`
			Titles  []string `xml:"title"`
			Updated []string `xml:"updated"`
			Links   []struct {
				Rel  string `xml:"rel,attr"`
				Href string `xml:"href,attr"`
			} `xml:"link"`
		} `xml:"entry"`
		Links []struct {
			Rel  string `xml:"rel,attr"`
			Href string `xml:"href,attr"`
		} `xml:"link"`
	}
	w.must(xml.Unmarshal([]byte(body), &f))
	check := func(x entry, seen map[string]bool) {
		if len(x.IDs) != 1 || len(x.Titles) != 1 || len(x.Updated) != 1 || seen[x.IDs[0]] {
			w.t.Errorf("%s: %+v", path, x)
			return
		}
		seen[x.IDs[0]] = true
		if id, err := url.Parse(x.IDs[0]); err != nil || id.Scheme != "tag" {
			w.t.Errorf("%s: %q is no IRI", path, x.IDs[0])
		}
		if _, err := time.Parse(time.RFC3339, x.Updated[0]); err != nil {
			w.t.Error(err)
		}
	}
	seen := map[string]bool{}
	check(entry{f.IDs, f.Titles, f.Updated}, seen)
	for _, e := range f.Entries {
		check(entry{e.IDs, e.Titles, e.Updated}, seen)
		if len(e.Links) != 1 || e.Links[0].Rel != "alternate" || !strings.HasPrefix(e.Links[0].Href, publicURL+"/programma") {
			w.t.Errorf("%s: %+v", path, e.Links)
		}
	}
	selves := 0
	for _, l := range f.Links {
		if l.Rel == "self" && strings.HasPrefix(l.Href, publicURL+"/programma/feed.atom") {
			selves++
		}
	}
	if selves != 1 {
		w.t.Errorf("%s: %d links to itself", path, selves)
	}
}

// The feeds of the measure, a territory and a house, as news readers read them.
func TestFeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	measure := w.feedOf("/programma/feed.atom")
	if len(measure.Items) != 50 || measure.Language != "it" {
		t.Errorf("%d items in %q", len(measure.Items), measure.Language)
	}
	platform := false
	for _, item := range measure.Items {
		platform = platform || strings.Contains(item.Title, "trimestre previsto")
	}
	if !platform {
		t.Error("no milestone among the newest")
	}
	if empty := w.feedOf("/programma/feed.atom?casa=gavirate"); len(empty.Items) != 0 {
		t.Errorf("%d of a house of which there is nothing", len(empty.Items))
	}
	for day := range 9 {
		d := declared("5100")
		d.AsOf = account.When(fmt.Sprintf("2026-10-0%d", day+1))
		w.publish("declarations", d)
	}
	works := worksOf(t, "gavirate", "2026-10-01", "2026-11-02", "<b>& \"'")
	w.publish("works", works, worksOf(t, "orvieto", "2026-11-01", "", ""))
	w.publish("documents", account.Document{Site: "gavirate", ID: "v/1 è?", Type: account.Acceptance, Date: date(t, "2026-11-20"), Title: "Verbale ]]>"})
	house := w.feedOf("/programma/feed.atom?casa=gavirate&lang=en")
	if len(house.Items) != 3 || house.Language != "en" || !strings.Contains(house.Title, "Spazio Aurora, Gavirate (VA)") {
		t.Errorf("%d items in %q: %s", len(house.Items), house.Language, house.Title)
	}
	all, ids := 0, map[string]bool{}
	for page := 1; ; page++ {
		f := w.feedOf(fmt.Sprint("/programma/feed.atom?pagina=", page))
		if len(f.Items) == 0 {
			break
		}
		for _, item := range f.Items {
			all++
			ids[item.GUID] = true
		}
	}
	if all != len(ids) || all < 59 {
		t.Errorf("%d entries, %d ids", all, len(ids))
	}
	if n := len(w.feedOf("/programma/feed.atom?provincia=va").Items); n != 3 {
		t.Errorf("%d of Varese", n)
	}
	if n := len(w.feedOf("/programma/feed.atom?case=tutte").Items); n != 4 {
		t.Errorf("%d of all houses", n)
	}
	if umbria := w.feedOf("/programma/feed.atom?regione=umbria"); len(umbria.Items) != 1 || !strings.Contains(umbria.Items[0].Title, "in ritardo; era prevista per il") {
		t.Errorf("%+v", umbria.Items)
	}
}

// Who has a feed already is told so; what is added makes another.
func TestFeedIsNotSentTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	get := func(etag string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, publicURL+"/programma/feed.atom?lang=it", http.NoBody)
		r.Header.Set("If-None-Match", etag)
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		return rec
	}
	first := get("")
	etag := first.Header().Get("ETag")
	if kind := first.Header().Get("Content-Type"); !strings.HasPrefix(kind, "application/atom+xml") || etag == "" {
		t.Fatalf("%q %q", kind, etag)
	}
	if again := get(etag); again.Code != 304 || again.Body.Len() != 0 {
		t.Errorf("again: %d, %d bytes", again.Code, again.Body.Len())
	}
	w.publish("declarations", declared("5100"))
	if later := get(etag); later.Code != 200 || later.Header().Get("ETag") == etag {
		t.Errorf("later: %d", later.Code)
	}
	if status, page := w.ask("GET", "/programma/novita", nil); status != 200 || !strings.Contains(page, `<link rel="alternate" type="application/atom+xml" href="/programma/feed.atom?lang=it"`) {
		t.Errorf("the page does not lead to its feed: %d", status)
	}
}
