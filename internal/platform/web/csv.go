package web

import (
	"io"
	"mime"
	"net/http"

	"polis/internal/platform/i18n"
	"polis/internal/platform/observe"
	"polis/internal/sheet"
)

// CSV answers with a list to keep, as a file of that name, in the style that
// spreadsheets open at once where people read this language. It begins with the
// mark by which spreadsheets see that it is UTF-8, and no cache keeps it: what is
// in it depends on who asks. An error before the first byte becomes a page as any
// other; later ones cut the answer, so that half a list is not taken for a whole.
func (rd *Renderer) CSV(w http.ResponseWriter, r *http.Request, name string, write func(io.Writer, sheet.Style) error) error {
	file := &csvFile{w: w, name: name}
	style := sheet.Plain
	if rd.Printer(r).Lang == i18n.IT {
		style = sheet.Italian
	}
	err := write(file, style)
	switch {
	case !file.begun && err != nil:
		return err
	case err == nil, file.gone, r.Context().Err() != nil:
		return nil //nolint:nilerr // a client that has gone need not be told
	}
	rd.cfg.Log.ErrorContext(r.Context(), "list cut short", "id", observe.RequestID(r.Context()), "route", r.Pattern, "err", err)
	panic(http.ErrAbortHandler)
}

// byteOrderMark is what tells a spreadsheet that a list is UTF-8.
const byteOrderMark = "\uFEFF"

// csvFile says what comes with the first byte.
type csvFile struct {
	w     http.ResponseWriter
	name  string
	begun bool
	gone  bool // nobody takes it any more
}

func (f *csvFile) Write(b []byte) (n int, err error) {
	if !f.begun {
		f.begun = true
		h := f.w.Header()
		h.Set("Content-Type", "text/csv; charset=utf-8")
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name}))
		h.Set("Cache-Control", "no-store")
		_, err = io.WriteString(f.w, byteOrderMark)
	}
	if err == nil {
		n, err = f.w.Write(b)
	}
	f.gone = f.gone || err != nil
	return n, err
}
