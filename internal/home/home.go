// Package home is the front door: the first page, the list of houses behind its
// numbers, and the pages that the law expects.
package home

import (
	"embed"
	"net/http"
	"runtime/debug"
	"slices"
	"sync/atomic"

	"polis/internal/platform/clock"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// Pages are the templates, Words the texts in Italian and English.
var (
	//go:embed pages/*.gohtml
	Pages embed.FS
	//go:embed words/*.json
	Words embed.FS
)

// Message keys of the layout.
const (
	Tagline = "home.tagline" // beside the program's name
	Demo    = "home.demo"    // of the strip of a demonstration
)

// Footer are the legal links of every page.
var Footer = []web.Entry{
	{Href: "/accessibilita", Key: "home.accessibility.title"},
	{Href: "/privacy", Key: "home.privacy.title"},
	{Href: "/licenze", Key: "home.licences.title"},
}

// Register adds the pages to a mux.
func Register(mux *http.ServeMux, ui *web.Renderer, live *site.Live, clk clock.Clock, front Front) error {
	if err := ui.Add("home", Pages); err != nil {
		return err
	}
	h := &pages{ui: ui, live: live, clock: clk, front: front}
	mux.Handle("GET /{$}", ui.Handle(h.first))
	mux.Handle("GET /sedi", ui.Handle(h.list))
	mux.Handle("GET /accessibilita", ui.Handle(h.accessibility))
	mux.Handle("GET /privacy", ui.Handle(h.privacy))
	mux.Handle("GET /licenze", ui.Handle(h.licences))
	mux.Handle("GET "+ProblemsPath+"{kind}", ui.Handle(h.problem))
	return nil
}

type pages struct {
	ui     *web.Renderer
	live   *site.Live
	clock  clock.Clock
	front  Front
	counts atomic.Pointer[counts]
}

// text is a page of words alone.
type text struct {
	web.Head
	name  string
	Demo  bool
	Parts []part
	File  string // href of the notices of what the pages are made with; empty if not built in
}

// part is a piece of software that the program is made of.
type part struct{ Name, Version string }

func (t text) Template() string { return "home/" + t.name }

func (h *pages) accessibility(w http.ResponseWriter, r *http.Request) error {
	return h.ui.Render(w, r, http.StatusOK, h.text(r, "accessibility", "home.accessibility.title"))
}

func (h *pages) privacy(w http.ResponseWriter, r *http.Request) error {
	return h.ui.Render(w, r, http.StatusOK, h.text(r, "privacy", "home.privacy.title"))
}

func (h *pages) licences(w http.ResponseWriter, r *http.Request) error {
	page := h.text(r, "licences", "home.licences.title")
	page.Parts = modules()
	if h.ui.Built() {
		page.File = web.AssetsPath + "third-party.txt"
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) text(r *http.Request, name, title string) text {
	return text{Head: web.Head{Title: h.ui.Printer(r).T(title)}, name: name, Demo: h.count().madeUp}
}

// modules are the Go modules in this program, as its build tells.
func modules() (out []part) {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	for _, m := range build.Deps {
		out = append(out, part{m.Path, m.Version})
	}
	slices.SortFunc(out, func(a, b part) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out
}
