package opendata

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"polis/internal/platform/errs"
	"polis/internal/platform/web"
)

// Register adds the files to a mux. They are the same for everybody: they stand
// before sessions, and pages of other sites may read them.
func Register(mux *http.ServeMux, ui *web.Renderer, s *Service) {
	h := &files{s}
	mux.Handle("GET "+Root+"{file}", ui.Handle(h.get))
	mux.Handle("OPTIONS "+Root+"{file}", ui.Handle(h.options))
	mux.Handle("GET "+Root+"{$}", ui.Handle(toPage))
	mux.Handle("GET "+strings.TrimSuffix(Root, "/"), ui.Handle(toPage))
}

func toPage(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, PagePath, http.StatusSeeOther)
	return nil
}

type files struct{ *Service }

// open lets pages of other sites read an answer.
func open(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "ETag, Last-Modified, Content-Disposition, Content-Length")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// options answers a browser that asks whether a page of another site may send
// such a request.
func (h *files) options(w http.ResponseWriter, _ *http.Request) error {
	open(w.Header())
	w.Header().Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
	w.Header().Set("Access-Control-Allow-Headers", "Accept, Range, If-None-Match, If-Modified-Since")
	w.Header().Set("Access-Control-Max-Age", "86400")
	w.Header().Set("Allow", "GET, HEAD, OPTIONS")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// get answers with a file. A data set without an ending leads to its row on the
// page, the catalogue to the form that is asked for.
func (h *files) get(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("file")
	open(w.Header())
	if name == "catalog" {
		w.Header().Add("Vary", "Accept")
		http.Redirect(w, r, catalogFor(r.Header.Get("Accept")), http.StatusSeeOther)
		return nil
	}
	if _, ok := setOf(name); ok {
		http.Redirect(w, r, PagePath+"#"+name, http.StatusSeeOther)
		return nil
	}
	b, err := h.book(r.Context())
	if err != nil {
		return err
	}
	f, ok := b.files[name]
	if !ok {
		return errs.New(errs.NotFound, "opendata.unknown", nil)
	}
	return send(w, r, f)
}

// catalogFor is where the catalogue is in the form that a reader takes.
func catalogFor(accept string) string {
	switch {
	case strings.Contains(accept, "ld+json"):
		return Root + catalogJSONLD
	case strings.Contains(accept, "turtle"):
		return Root + catalogTurtle
	}
	return PagePath
}

// send answers with a file, compressed to who takes that; each form has its own
// strong tag. A part is always one of the plain file.
func send(w http.ResponseWriter, r *http.Request, f *file) error {
	h := w.Header()
	h.Del("Content-Language")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Content-Type", f.format.contentType)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition(f), map[string]string{"filename": "polis-" + f.name}))
	h.Set("Cache-Control", "public, max-age=60")
	h.Add("Link", fmt.Sprintf(`<%s>; rel="license"`, License))
	if r.Header.Get("Range") == "" && web.AcceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		h.Set("ETag", `"`+f.tag+`-gzip"`)
		h.Set("Content-Length", strconv.Itoa(len(f.packed)))
		http.ServeContent(w, r, "", f.modified, bytes.NewReader(f.packed))
		return nil
	}
	content, err := f.content()
	if err != nil {
		return err
	}
	h.Set("ETag", `"`+f.tag+`"`)
	http.ServeContent(w, r, "", f.modified, bytes.NewReader(content))
	return nil
}

// disposition: lists are kept, the rest is shown by browsers that can.
func disposition(f *file) string {
	if f.format == formatCSV {
		return "attachment"
	}
	return "inline"
}
