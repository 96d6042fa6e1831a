package follow

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// perFeed is how many entries a page of a feed has; the others follow by rel="next"
// (RFC 5005, section 3).
const perFeed = 50

// The elements of RFC 4287.
type (
	atomFeed struct {
		XMLName   xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Lang      string      `xml:"xml:lang,attr"`
		ID        string      `xml:"id"`
		Title     string      `xml:"title"`
		Subtitle  string      `xml:"subtitle"`
		Updated   string      `xml:"updated"`
		Author    atomAuthor  `xml:"author"`
		Links     []atomLink  `xml:"link"`
		Rights    string      `xml:"rights"`
		Generator string      `xml:"generator"`
		Entries   []atomEntry `xml:"entry"`
	}
	atomAuthor struct {
		Name string `xml:"name"`
		URI  string `xml:"uri"`
	}
	atomLink struct {
		Rel      string `xml:"rel,attr"`
		Type     string `xml:"type,attr"`
		HrefLang string `xml:"hreflang,attr,omitempty"`
		Href     string `xml:"href,attr"`
	}
	atomEntry struct {
		ID        string   `xml:"id"`
		Title     string   `xml:"title"`
		Published string   `xml:"published"`
		Updated   string   `xml:"updated"`
		Link      atomLink `xml:"link"`
		Summary   string   `xml:"summary"`
	}
)

const (
	atomType = "application/atom+xml"
	htmlType = "text/html"
)

// tagOf is the id of something for good (RFC 4151), whatever the address of its
// page: the name of the installation's host, and what it is.
func tagOf(public, what string) string {
	host := "polis.invalid"
	if u, err := url.Parse(public); err == nil && u.Hostname() != "" {
		host = strings.ToLower(u.Hostname())
	}
	parts := strings.Split(what, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return "tag:" + host + ",2026:programma/" + strings.Join(parts, "/")
}

// query names a topic in an address.
func (t Topic) query() url.Values {
	switch t.Kind {
	case Houses:
		return url.Values{"case": {allHouses}}
	case Region:
		return url.Values{"regione": {t.Place}}
	case Province:
		return url.Values{"provincia": {t.Place}}
	case House:
		return url.Values{"casa": {t.Place}}
	}
	return url.Values{}
}

// at is the address of a page about a topic.
func (t Topic) at(path string) string {
	if q := t.query().Encode(); q != "" {
		return path + "?" + q
	}
	return path
}

// FeedLink is the feed of a topic, for the head of a page.
func FeedLink(p *i18n.Printer, t Topic, name string) web.Link {
	q := t.query()
	q.Set("lang", string(p.Lang))
	return web.Link{Href: feedPath + "?" + q.Encode(), Text: p.T("follow.feed.title", "topic", name)}
}

// atom is a page of the feed of a topic, from 1; list are all its news, the newest
// first.
func (s *Service) atom(p *i18n.Printer, t Topic, list []Event, page int) ([]byte, error) {
	name := t.Say(p, s.Live.Network())
	self := func(page int) string {
		q := t.query()
		q.Set("lang", string(p.Lang))
		if page > 1 {
			q.Set(web.PageField, strconv.Itoa(page))
		}
		return s.URL + feedPath + "?" + q.Encode()
	}
	what := "feed/" + string(t.Kind)
	if t.Place != "" {
		what += "/" + t.Place
	}
	pages := max(1, (len(list)+perFeed-1)/perFeed)
	f := atomFeed{
		Lang: string(p.Lang), ID: tagOf(s.URL, what+"/"+string(p.Lang)), Title: p.T("follow.feed.title", "topic", name), Subtitle: p.T("follow.feed.about"),
		Author: atomAuthor{Name: s.Access.Look.Called(), URI: s.URL + "/"},
		Links: []atomLink{
			{Rel: "self", Type: atomType, HrefLang: string(p.Lang), Href: self(page)},
			{Rel: "alternate", Type: htmlType, HrefLang: string(p.Lang), Href: s.URL + t.at(newsPath)},
			{Rel: "first", Type: atomType, Href: self(1)},
			{Rel: "last", Type: atomType, Href: self(pages)},
		},
		Rights: p.T("follow.feed.rights"), Generator: "Polis",
	}
	if page > 1 {
		f.Links = append(f.Links, atomLink{Rel: "previous", Type: atomType, Href: self(page - 1)})
	}
	if page < pages {
		f.Links = append(f.Links, atomLink{Rel: "next", Type: atomType, Href: self(page + 1)})
	}
	updated := time.Date(2021, time.August, 1, 0, 0, 0, 0, time.UTC) // of a feed without entries: the measure began
	if len(list) > 0 {
		updated = list[0].Known
	}
	f.Updated = rfc3339(updated)
	for _, e := range list[min(len(list), (page-1)*perFeed):min(len(list), page*perFeed)] {
		f.Entries = append(f.Entries, s.entry(p, e))
	}
	var out bytes.Buffer
	out.WriteString(xml.Header)
	enc := xml.NewEncoder(&out)
	enc.Indent("", " ")
	err := enc.Encode(f)
	return out.Bytes(), err
}

func (s *Service) entry(p *i18n.Printer, e Event) atomEntry {
	said := e.Say(p)
	out := atomEntry{
		ID: tagOf(s.URL, e.ID), Title: said, Published: rfc3339(e.Known), Updated: rfc3339(e.Known),
		Link: atomLink{Rel: "alternate", Type: htmlType, HrefLang: string(p.Lang), Href: s.URL + e.Href}, Summary: p.T("follow.feed.day", "day", e.SayDay(p)),
	}
	if e.House != "" {
		out.Summary = p.T("follow.feed.of", "name", houseName(s.Live.Network(), e.House), "day", e.SayDay(p))
	}
	return out
}

// rfc3339 is an instant as Rome has it: a day begins there.
func rfc3339(t time.Time) string { return t.In(agenda.Rome).Format(time.RFC3339) }

// feed answers with the feed of a topic; whoever has it already is told so.
func (h *pages) feed(w http.ResponseWriter, r *http.Request) error {
	q, p := r.URL.Query(), h.ui.Printer(r)
	t, err := TopicOf(h.Live.Network(), q)
	if err != nil {
		return err
	}
	news, err := h.News(r.Context(), t)
	if err != nil {
		return err
	}
	page, err := strconv.Atoi(q.Get(web.PageField))
	if err != nil || page < 1 || page > 1e6 {
		page = 1
	}
	body, err := h.atom(p, t, news, page)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	head := w.Header()
	head.Set("Content-Type", atomType+"; charset=utf-8")
	head.Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	head.Set("Cache-Control", "public, max-age=300")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	return nil
}
