// Package home is the front door: the first page, the list of houses behind its
// numbers, and the pages that the law expects.
package home

import (
	"context"
	"embed"
	"net/http"
	"runtime/debug"
	"slices"
	"sync/atomic"

	"polis/internal/platform/clock"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/reserve"
	"polis/internal/site"
)

// Pages are the templates, Words the texts in Italian and English.
var (
	//go:embed pages/*.gohtml
	Pages embed.FS
	//go:embed words/*.json
	Words embed.FS
)

// Demo is the message key of the strip of a demonstration.
const Demo = "home.demo"

// Tagline is the line beside the name of an installation that has none of its
// own.
func Tagline(words *i18n.Bundle) map[i18n.Lang]string {
	line := map[i18n.Lang]string{}
	for _, lang := range i18n.Langs {
		line[lang] = words.Printer(lang, nil).T("home.tagline")
	}
	return line
}

// Options are what the pages stand on.
type Options struct {
	Live  *site.Live
	Clock clock.Clock
	Front Front
	Owner Owner
	// Closures lists the closures of a house that are not over.
	Closures func(ctx context.Context, siteID string) ([]reserve.Closure, error)
	// Kept says how long each kind of record is kept, and why.
	Kept   func(p *i18n.Printer) *web.Table
	Law    Law  // the owner's own texts
	Mails  bool // messages are sent to people
	Secure bool // the public address is https
}

// Register adds the pages to a mux.
func Register(mux *http.ServeMux, ui *web.Renderer, o Options) error {
	if err := ui.Add("home", Pages); err != nil {
		return err
	}
	h := &pages{Options: o, ui: ui, live: o.Live, clock: o.Clock, front: o.Front}
	for pattern, handler := range map[string]web.Handler{
		"GET /{$}":                       h.first,
		"GET /sedi":                      h.list,
		"GET /sedi/{code}":               h.house,
		"GET /aiuto":                     h.help,
		"GET /contatti":                  h.contacts,
		"GET /accessibilita":             h.accessibility,
		"GET /privacy":                   h.privacy,
		"GET /cookie":                    h.cookies,
		"GET /note-legali":               h.legal,
		"GET /licenze":                   h.licences,
		"GET " + ProblemsPath + "{kind}": h.problem,
	} {
		mux.Handle(pattern, ui.Handle(handler))
	}
	return nil
}

type pages struct {
	Options
	ui     *web.Renderer
	live   *site.Live
	clock  clock.Clock
	front  Front
	counts atomic.Pointer[counts]
}

// licences are what the program is made of.
type licences struct {
	web.Head
	Parts []part
	File  string // href of the notices of what the pages are made with; empty if not built in
}

func (licences) Template() string { return "home/licences" }

// part is a piece of software that the program is made of.
type part struct{ Name, Version string }

func (h *pages) licences(w http.ResponseWriter, r *http.Request) error {
	page := licences{Head: web.Head{Title: h.ui.Printer(r).T("home.licences.title")}, Parts: modules()}
	if h.ui.Built() {
		page.File = web.AssetsPath + "third-party.txt"
	}
	return h.ui.Render(w, r, http.StatusOK, page)
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
