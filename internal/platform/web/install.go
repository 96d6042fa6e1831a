package web

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"polis/internal/platform/errs"
)

// What makes the pages a program that can be installed on a device and opened
// without a network: a manifest, a service worker, a page that says that there
// is no network. It is offered where Config.Start is set and the front end is
// built.
const (
	manifestPath = "/manifest.webmanifest"
	workerPath   = "/sw.js"
	offlinePath  = "/offline"
)

// Installable tells whether the pages can be installed on a device.
func (rd *Renderer) Installable() bool { return rd.cfg.Start != "" && rd.Asset("sw.js") != "" }

// Files adds to a mux what the layout names: the built files, and what makes
// the pages installable.
func (rd *Renderer) Files(mux *http.ServeMux) {
	mux.Handle("GET "+AssetsPath, rd.Assets())
	for path, h := range map[string]Handler{manifestPath: rd.manifest, workerPath: rd.worker, offlinePath: rd.offline} {
		mux.Handle("GET "+path, rd.Handle(func(w http.ResponseWriter, r *http.Request) error {
			if !rd.Installable() {
				return errs.New(errs.NotFound, "error.not_found", nil)
			}
			return h(w, r)
		}))
	}
}

type manifest struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	ShortName   string         `json:"short_name"`
	Lang        string         `json:"lang"`
	Start       string         `json:"start_url"`
	Scope       string         `json:"scope"`
	Display     string         `json:"display"`
	Theme       string         `json:"theme_color"`
	Background  string         `json:"background_color"`
	Icons       []manifestIcon `json:"icons"`
	Description string         `json:"description,omitempty"`
}

type manifestIcon struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose,omitempty"`
}

// manifest is the Web App Manifest, in the language of the page that names it.
func (rd *Renderer) manifest(w http.ResponseWriter, r *http.Request) error {
	p := rd.Printer(r)
	m := manifest{
		ID: "/", Name: rd.cfg.Name, ShortName: rd.cfg.Name, Lang: string(p.Lang), Start: rd.cfg.Start, Scope: "/",
		Display: "standalone", Theme: rd.cfg.Color.String(), Background: "#ffffff",
		Icons: []manifestIcon{
			{rd.Asset("icon-192.png"), "192x192", "image/png", ""},
			{rd.Asset("icon-512.png"), "512x512", "image/png", ""},
			{rd.Asset("icon-maskable.png"), "512x512", "image/png", "maskable"},
			{rd.Asset("favicon.svg"), "any", "image/svg+xml", ""},
		},
	}
	if m.Description = rd.cfg.Tagline[p.Lang]; m.Description != "" {
		m.Name += ": " + m.Description
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=3600")
	send(w, r, http.StatusOK, "application/manifest+json", body)
	return nil
}

// worker serves the service worker. It stands at the root, so that it serves
// all pages, and is never kept: its text names the version of the files.
func (rd *Renderer) worker(w http.ResponseWriter, r *http.Request) error {
	text, err := fs.ReadFile(rd.assets.files, strings.TrimPrefix(rd.Asset("sw.js"), AssetsPath))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeContent(w, r, workerPath, time.Time{}, bytes.NewReader(text))
	return nil
}

// offlinePage is shown by the service worker where there is no network.
type offlinePage struct{ Head }

func (offlinePage) Template() string { return "web/offline" }

func (rd *Renderer) offline(w http.ResponseWriter, r *http.Request) error {
	return rd.Render(w, r, http.StatusOK, offlinePage{Head{Title: rd.Printer(r).T("web.offline.title"), Private: true, Kept: true}})
}
