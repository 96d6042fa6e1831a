package web

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"polis/internal/platform/errs"
)

// border refuses what no part of the program can handle: NUL or broken UTF-8
// in the path, the query or a header. Bodies are checked where they are read.
func (rd *Renderer) border(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !cleanRequest(r) {
			rd.Error(w, r, errs.New(errs.Invalid, "error.not_text", nil))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func cleanRequest(r *http.Request) bool {
	if !Clean(r.URL.Path) {
		return false
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return false
	}
	for name, values := range query {
		if !Clean(name) || !allClean(values) {
			return false
		}
	}
	for _, values := range r.Header {
		if !allClean(values) {
			return false
		}
	}
	return true
}

func allClean(list []string) bool {
	for _, s := range list {
		if !Clean(s) {
			return false
		}
	}
	return true
}

// Clean tells whether a text may enter the program: UTF-8 without NUL, which
// PostgreSQL cannot store.
func Clean(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }
