package web

import (
	"bytes"
	"crypto/rand"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"polis/internal/platform/i18n"
)

//go:embed templates/*.gohtml
var layoutFiles embed.FS

// Words are the texts of layout and forms, in Italian and English; New adds them.
//
//go:embed words/*.json
var Words embed.FS

// Config is what the pages of the program have in common. The zero value
// works: no public address, no navigation, nobody signed in.
type Config struct {
	Name      string                      // of the installation, in the header; default "Polis"
	Tagline   map[i18n.Lang]string        // line beside the name; may be empty
	Logo      Logo                        // before the name; none without Href
	Color     Color                       // of header, buttons and links; default Accent
	Owner     Link                        // who runs this installation, in the slim header
	Demo      string                      // message key of the strip "Demonstration: …"; empty when it is none
	DemoLinks []Entry                     // links in that strip
	Nav       []Entry                     // main navigation
	Footer    []Entry                     // legal links; only pages that exist
	Start     string                      // path that opens where the pages are installed on a device; empty: that is not offered
	SignIn    string                      // href of the page to sign in; empty hides the link
	SignOut   string                      // action of the POST that ends the session
	Person    func(*http.Request) *Person // who is signed in; nil nobody
	Party     func(*http.Request) string  // who acts and for whom, as an opaque text: see SameParty; nil or "" nobody
	Ending    func(*http.Request) *Ending // when their session ends by itself; nil where that is not soon
	Shared    func(*http.Request) bool    // people share the device: nothing is left behind; nil none is
	// Desk are the entries of the navigation of who runs the installation, on
	// pages with Head.Desk: those that the person of the request may open.
	Desk      func(*http.Request) []Entry
	DeskFind  string         // where the box of the desk's navigation is sent; empty without one
	PublicURL *url.URL       // address the world sees, if known
	Hosts     []string       // other names, host or host:port, by which the world reaches the same pages
	Trusted   []netip.Prefix // proxies whose X-Forwarded-For and -Proto are believed
	FlashKey  []byte         // signs the message after an act; the same on all replicas; random if empty
	MaxBody   int64          // bytes of a request body outside /api/, which bounds its own; default 1 MiB
	// Problem answers programs (see WantsProblem) with an error, as (*api.API).Error
	// does; nil answers them with pages.
	Problem func(http.ResponseWriter, *http.Request, error)
	// Instead answers with something better than the page of an error, as one that
	// mends it; false where there is none.
	Instead func(http.ResponseWriter, *http.Request, error) bool
	Log     *slog.Logger  // default slog.Default()
	NewID   func() string // ids of requests and of errors; default random
}

// Renderer shows pages and errors. Add the capabilities' templates first; then
// it is safe for use by many goroutines.
type Renderer struct {
	cfg    Config
	words  *i18n.Bundle
	print  map[i18n.Lang]*i18n.Printer
	assets *assets
	theme  string         // href of the style sheet of the colour
	bodies *http.ServeMux // limits of bodies that are not the usual one

	anywhere *http.ServeMux // what is asked for from other origins too
	base     map[i18n.Lang]*template.Template
	pages    map[string]pageTemplate
	buf      sync.Pool
}

// New makes a Renderer and adds the words of the layout to the bundle.
func New(words *i18n.Bundle, cfg Config) (*Renderer, error) {
	if cfg.Name == "" {
		cfg.Name = "Polis"
	}
	if cfg.Color == (Color{}) {
		cfg.Color = Accent
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.MaxBody == 0 {
		cfg.MaxBody = 1 << 20
	}
	if cfg.NewID == nil {
		cfg.NewID = rand.Text
	}
	if len(cfg.FlashKey) == 0 {
		cfg.FlashKey = []byte(rand.Text())
	}
	if cfg.Ending == nil {
		cfg.Ending = func(*http.Request) *Ending { return nil }
	}
	if cfg.Shared == nil {
		cfg.Shared = func(*http.Request) bool { return false }
	}
	if cfg.Party == nil {
		cfg.Party = func(*http.Request) string { return "" }
	}
	if cfg.Person == nil {
		cfg.Person = func(*http.Request) *Person { return nil }
	}
	if err := words.Add(Words); err != nil {
		return nil, err
	}
	rd := &Renderer{
		cfg: cfg, theme: Theme(cfg.Color), words: words, bodies: http.NewServeMux(), anywhere: http.NewServeMux(),
		print: map[i18n.Lang]*i18n.Printer{},
		base:  map[i18n.Lang]*template.Template{},
		pages: map[string]pageTemplate{},
	}
	rd.buf.New = func() any { return new(bytes.Buffer) }
	var err error
	if rd.assets, err = openAssets(distFiles, cfg.Log); err != nil {
		return nil, err
	}
	for _, lang := range i18n.Langs {
		p := words.Printer(lang, nil)
		rd.print[lang] = p
		rd.base[lang], err = template.New("base").Funcs(rd.funcs(p)).ParseFS(layoutFiles, "templates/*.gohtml")
		if err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
	}
	for _, name := range []string{"error", "offline", "party"} {
		page := `{{define "main"}}{{template "` + name + `-page" .}}{{end}}`
		if err := rd.addPage("web/"+name, nil, page); err != nil {
			return nil, err
		}
	}
	return rd, nil
}

// funcs are the functions of the templates, in one language.
func (rd *Renderer) funcs(p *i18n.Printer) template.FuncMap {
	return template.FuncMap{
		"t":         p.T,
		"lang":      func() string { return string(p.Lang) },
		"date":      p.Date,
		"day":       p.Day,
		"weekday":   p.Weekday,
		"dateShort": p.DateShort,
		"time":      p.Time,
		"dateTime":  p.DateTime,
		"span":      p.Span,
		"hours":     p.Hours,
		"month":     p.Month,
		"duration":  p.Duration,
		"number":    p.Number,
		"distance":  p.Distance,
		"iso":       p.ISO,
		"asset":     rd.Asset,
		"icon":      rd.icon,
		"field":     rd.field(p),
		"summary":   rd.summary(p),
		"state":     func(kind, text string) State { return State{kind, text} },
		"alert":     func(tone, title, text string) Alert { return Alert{Tone: Tone(tone), Title: title, Text: text} },
		"empty":     func(title, text string) Empty { return Empty{Title: title, Text: text} },
		"link":      func(href, text string) Link { return Link{href, text} },
		"option":    func(value, text string) Option { return Option{Value: value, Text: text} },
		"options":   func(list ...Option) []Option { return list },
	}
}

// Langs are the languages that the pages are offered in.
func (rd *Renderer) Langs() []i18n.Lang { return rd.words.Offered() }

// Render shows a page. Nothing is sent before the whole page is written, so an
// error never leaves half of it.
func (rd *Renderer) Render(w http.ResponseWriter, r *http.Request, status int, page Page) error {
	p := rd.Printer(r)
	t, err := rd.template(page.Template(), p.Lang)
	if err != nil {
		return err
	}
	data := rd.layout(w, r, p, page)
	buf := rd.buf.Get().(*bytes.Buffer)
	defer rd.buf.Put(buf)
	buf.Reset()
	if err := t.ExecuteTemplate(buf, "layout", data); err != nil {
		return fmt.Errorf("web: %w", err)
	}
	body := buf.Bytes()
	if !data.Kept {
		body = withParty(body, rd.cfg.Party(r))
	}
	h := w.Header()
	rd.framing(h, data.Head)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private, no-cache")
		if data.Private || data.Person != nil {
			h.Set("Cache-Control", "no-store")
		}
	}
	send(w, r, status, "text/html; charset=utf-8", body)
	return nil
}

// framing loosens the policy of a page that is shown inside one of ours, or shows
// such: in a demonstration, where several screens stand side by side.
func (rd *Renderer) framing(h http.Header, page *Head) {
	policy := h.Get("Content-Security-Policy")
	if page.Framed && rd.cfg.Demo != "" {
		policy = strings.Replace(policy, "frame-ancestors 'none'", "frame-ancestors 'self'", 1)
	}
	if page.Frames {
		policy += "; frame-src 'self'"
	}
	h.Set("Content-Security-Policy", policy)
}

// Suggestions answers a field with suggest: the options the person may mean.
func (rd *Renderer) Suggestions(w http.ResponseWriter, r *http.Request, options []Option) error {
	var buf bytes.Buffer
	for _, o := range options {
		fmt.Fprintf(&buf, "<option value=\"%s\">%s</option>\n", template.HTMLEscapeString(o.Value), template.HTMLEscapeString(o.Text))
	}
	w.Header().Set("Cache-Control", "private, max-age=60")
	send(w, r, http.StatusOK, "text/html; charset=utf-8", buf.Bytes())
	return nil
}

func send(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client may have gone; there is nobody to tell
	}
}

func (rd *Renderer) layout(w http.ResponseWriter, r *http.Request, p *i18n.Printer, page Page) *layout {
	l := &layout{
		Head: page.head(), Lang: p.Lang, Name: rd.cfg.Name, Tagline: rd.cfg.Tagline[p.Lang], Owner: rd.cfg.Owner,
		Color: rd.cfg.Color.String(), Logo: rd.cfg.Logo,
		SignIn: rd.signIn(r), SignOut: rd.cfg.SignOut, Person: rd.cfg.Person(r), Page: page,
		Sheets: rd.sheets(page.head()), Script: rd.Asset("polis.js"), Favicon: rd.Asset("favicon.svg"),
	}
	if l.Speaks != "" {
		l.Lang = i18n.Lang(l.Speaks)
	}
	l.Shared = rd.cfg.Shared(r)
	if l.Person != nil && !l.Kept {
		if l.Ending = rd.cfg.Ending(r); l.Ending != nil && r.Method == http.MethodGet {
			l.Here = r.URL.RequestURI()
		}
	}
	if !l.Kept {
		l.Flash = rd.takeFlash(w, r, p)
	}
	if rd.Installable() {
		l.Manifest, l.TouchIcon = manifestPath+"?lang="+string(p.Lang), rd.Asset("icon-touch.png")
	}
	if rd.cfg.Demo != "" {
		l.Demo = p.T(rd.cfg.Demo)
		for _, e := range rd.cfg.DemoLinks {
			l.DemoLinks = append(l.DemoLinks, Link{e.Href, p.T(e.Key)})
		}
	}
	for _, e := range rd.cfg.Nav {
		l.Nav = append(l.Nav, navEntry{Link{e.Href, p.T(e.Key)}, e.Href == l.Section})
	}
	if l.Desk && rd.cfg.Desk != nil {
		for _, e := range rd.cfg.Desk(r) {
			l.DeskNav = append(l.DeskNav, navEntry{Link{e.Href, p.T(e.Key)}, e.Href == l.Section})
			if e.Href == rd.cfg.DeskFind && e.Href != l.Section { // whose page has a box of its own
				l.DeskFind = e.Href
			}
		}
	}
	for _, e := range rd.cfg.Footer {
		l.Footer = append(l.Footer, footerLink{Link{e.Href, p.T(e.Key)}, e.Mark})
	}
	for _, lang := range rd.words.Offered() {
		l.Langs = append(l.Langs, langLink{lang, strings.ToUpper(string(lang)), withQuery(r.URL, "lang", string(lang)), langNames[lang], lang == p.Lang})
	}
	return l
}

// sheets are the hrefs of a page's style sheets: that of all pages, that of the
// colour, that of the page.
func (rd *Renderer) sheets(h *Head) []string {
	list := []string{"/assets/plain.css"}
	if href := rd.Asset("polis.css"); href != "" {
		list[0] = href
	}
	if rd.theme != "" {
		list = append(list, rd.theme)
	}
	if href := rd.Asset(h.Styles); href != "" {
		list = append(list, href)
	}
	return list
}

// signIn is the href of the page to sign in, with the way back; "" when there
// is none.
func (rd *Renderer) signIn(r *http.Request) string {
	if rd.cfg.SignIn == "" || r.Method != http.MethodGet || r.URL.Path == rd.cfg.SignIn {
		return rd.cfg.SignIn
	}
	return rd.cfg.SignIn + "?next=" + url.QueryEscape(r.URL.RequestURI())
}

var langNames = map[i18n.Lang]string{i18n.IT: "Italiano", i18n.EN: "English"}

// URL is the whole address of a path of ours, for what leaves the browser: a
// calendar file, a QR code, a message.
func (rd *Renderer) URL(r *http.Request, path string) string {
	switch {
	case rd.cfg.PublicURL != nil:
		return strings.TrimSuffix(rd.cfg.PublicURL.String(), "/") + path
	case Secure(r.Context()):
		return "https://" + r.Host + path
	}
	return "http://" + r.Host + path
}

// withQuery is the path and query of u with one parameter set.
func withQuery(u *url.URL, name, value string) string {
	q := u.Query()
	q.Set(name, value)
	return (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: q.Encode()}).String()
}
