package blob

import (
	"bytes"
	"net/http"
	"regexp"
	"time"

	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Path is where the files are served: Path + id.
const Path = "/media/"

// Pattern is the pattern of Serve in a mux.
const Pattern = "GET " + Path + "{id}"

// policy lets a drawing have its own looks and do nothing at all.
const policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

var shape = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Serve answers with a file, to be kept for a year by whoever asked.
func Serve(d *db.DB) func(w http.ResponseWriter, r *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		id := r.PathValue("id")
		if !shape.MatchString(id) {
			return errs.New(errs.NotFound, "error.not_found", nil)
		}
		f, err := Get(r.Context(), d, id)
		if err != nil {
			return err
		}
		h := w.Header()
		h.Del("Content-Language")
		h.Set("Vary", "Accept-Encoding")
		h.Set("Content-Type", f.Type)
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		if f.Type == "application/pdf" { // no reader of a browser works in a sandbox
			h.Set("Content-Disposition", `attachment; filename="`+id[:12]+`.pdf"`)
		}
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("ETag", `W/"`+id+`"`) // weak: it may go compressed
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.Data))
		return nil
	}
}
