package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"polis/internal/platform/errs"
)

//go:embed all:dist
var distFiles embed.FS

//go:embed plain.css
var plainCSS []byte

// AssetsPath is where the files of the front end are served.
const AssetsPath = "/assets/"

// assets are the built files by name; empty on a clone that was not built.
type assets struct {
	hrefs map[string]string // "polis.css" → "/assets/polis.5f3c.css"
	files fs.FS
}

func openAssets(dist fs.FS, log *slog.Logger) (*assets, error) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err
	}
	a := &assets{hrefs: map[string]string{}, files: files}
	data, err := fs.ReadFile(files, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		log.Warn("web: the front end is not built; pages are plain until `make build`")
		return a, nil
	}
	if err != nil {
		return nil, err
	}
	var manifest map[string]string
	if err := json.Unmarshal(data, &manifest); err != nil {
		return nil, fmt.Errorf("web: manifest.json: %w", err)
	}
	for name, file := range manifest {
		a.hrefs[name] = AssetsPath + file
	}
	return a, nil
}

// Asset is the address of a built file by its plain name: "polis.css"; "" when
// there is none.
func (rd *Renderer) Asset(name string) string { return rd.assets.hrefs[name] }

// Built tells whether the front end was built into this program.
func (rd *Renderer) Built() bool { return len(rd.assets.hrefs) > 0 }

// Assets serves the built files. Their names carry a hash of what is in them,
// so a browser keeps them for a year.
func (rd *Renderer) Assets() http.Handler {
	return rd.Handle(func(w http.ResponseWriter, r *http.Request) error {
		name := strings.TrimPrefix(r.URL.Path, AssetsPath)
		h := w.Header()
		if name == "plain.css" {
			h.Set("Content-Type", "text/css; charset=utf-8")
			http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(plainCSS))
			return nil
		}
		if strings.HasPrefix(name, "theme-") {
			return serveTheme(w, r, name)
		}
		data, err := fs.ReadFile(rd.assets.files, name)
		if err != nil || name == "manifest.json" || path.Ext(name) == ".gz" || strings.HasPrefix(name, ".") {
			return errs.New(errs.NotFound, "error.not_found", nil)
		}
		if AcceptsGzip(r) {
			if packed, err := fs.ReadFile(rd.assets.files, name+".gz"); err == nil {
				data = packed
				h.Set("Content-Encoding", "gzip")
			}
		}
		h.Set("Vary", "Accept-Encoding")
		h.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
		return nil
	})
}

// The machine's own table of types is not the same everywhere.
func init() {
	for ext, kind := range map[string]string{
		".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
		".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8", ".png": "image/png", ".webp": "image/webp",
	} {
		if err := mime.AddExtensionType(ext, kind); err != nil {
			panic(err)
		}
	}
}
