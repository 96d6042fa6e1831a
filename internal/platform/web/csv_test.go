package web_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/sheet"
)

func TestCSV(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	ui, _ := newUI(t, func(c *web.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	list := func(write func(io.Writer, sheet.Style) error) http.Handler {
		return ui.Handle(func(w http.ResponseWriter, r *http.Request) error {
			return ui.CSV(w, r, "sedi più lontane.csv", write)
		})
	}
	t.Run("whole", func(t *testing.T) {
		w := httptest.NewRecorder()
		list(func(out io.Writer, _ sheet.Style) error { _, err := io.WriteString(out, "a,b\n"); return err }).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		h := w.Header()
		if w.Code != 200 || w.Body.String() != "\uFEFFa,b\n" || h.Get("Content-Type") != "text/csv; charset=utf-8" || h.Get("Cache-Control") != "no-store" ||
			h.Get("Content-Disposition") != "attachment; filename*=utf-8''sedi%20pi%C3%B9%20lontane.csv" {
			t.Errorf("%d %q %v", w.Code, w.Body, h)
		}
	})
	t.Run("style", func(t *testing.T) {
		for lang, want := range map[string]sheet.Style{"it": sheet.Italian, "en": sheet.Plain} {
			list(func(_ io.Writer, style sheet.Style) error {
				if style != want {
					t.Errorf("%s: %v", lang, style)
				}
				return nil
			}).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/?lang="+lang, nil))
		}
	})
	t.Run("refused", func(t *testing.T) {
		w := httptest.NewRecorder()
		list(func(io.Writer, sheet.Style) error { return errs.New(errs.Forbidden, "error.cross_origin", nil) }).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != 403 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || w.Header().Get("Content-Disposition") != "" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	})
	t.Run("cut", func(t *testing.T) {
		srv := httptest.NewServer(list(func(out io.Writer, _ sheet.Style) error {
			_, _ = io.WriteString(out, strings.Repeat("a,b\n", 10_000))
			return errors.New("the disk is gone")
		}))
		defer srv.Close()
		res, err := http.Get(srv.URL)
		if err == nil {
			_, err = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		}
		if err == nil || !strings.Contains(log.String(), "the disk is gone") {
			t.Errorf("half a list seems whole: %v, %s", err, &log)
		}
	})
	t.Run("gone", func(t *testing.T) {
		log.Reset()
		list(func(out io.Writer, _ sheet.Style) error { _, err := io.WriteString(out, "a"); return err }).ServeHTTP(deaf{httptest.NewRecorder()}, httptest.NewRequest("GET", "/", nil))
		if log.Len() > 0 {
			t.Errorf("a client that went is an error: %s", &log)
		}
	})
}

// deaf is a client that has hung up.
type deaf struct{ http.ResponseWriter }

func (deaf) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }
