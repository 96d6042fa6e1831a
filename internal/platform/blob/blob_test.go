package blob_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"polis/internal/platform/backup"
	"polis/internal/platform/blob"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/schema"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	drawing = blob.File{Type: "image/svg+xml", Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg">` + strings.Repeat("<g/>", 500) + `</svg>`)}
	photo   = blob.File{Type: "image/jpeg", Data: []byte("\xff\xd8\x00\xff any bytes")}
	nothing = blob.File{Type: "image/png", Data: []byte{}}
)

func put(t *testing.T, d *db.DB, files ...blob.File) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error { return blob.Put(t.Context(), tx, time.Unix(5, 0), files...) })
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, d *db.DB, files ...blob.File) {
	t.Helper()
	for _, want := range files {
		got, err := blob.Get(t.Context(), d, want.ID())
		if err != nil || got.Type != want.Type || !bytes.Equal(got.Data, want.Data) {
			t.Errorf("%s comes back as %s %q, %v", want.Type, got.Type, got.Data, err)
		}
	}
}

func TestKeepAndForget(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		put(t, d, drawing, photo, nothing, photo)
		put(t, d, photo) // again
		same(t, d, drawing, photo, nothing)
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return blob.Drop(t.Context(), tx, photo.ID()) }); err != nil {
			t.Fatal(err)
		}
		if _, err := blob.Get(t.Context(), d, photo.ID()); !errs.Is(err, errs.NotFound) {
			t.Errorf("a dropped file: %v", err)
		}
		same(t, d, drawing)
	})
}

func TestServe(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	paper := blob.File{Type: "application/pdf", Data: []byte("%PDF-1.7 %%EOF")}
	put(t, d, drawing, photo, paper)
	ui, err := web.New(i18n.NewBundle(), web.Config{})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(blob.Pattern, ui.Handle(blob.Serve(d)))
	srv := httptest.NewServer(web.Wrap(ui.Mux(mux), ui.Chain()...))
	defer srv.Close()
	get := func(id string, header ...string) (*http.Response, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+blob.Path+id, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(text)
	}
	for _, f := range []blob.File{drawing, photo} {
		res, text := get(f.ID())
		if res.StatusCode != 200 || text != string(f.Data) || res.Header.Get("Content-Type") != f.Type {
			t.Errorf("%s: %s, %d bytes of %q", f.Type, res.Status, len(text), res.Header.Get("Content-Type"))
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox", "X-Content-Type-Options": "nosniff",
			"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding", "Content-Language": "",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", f.Type, name, got)
			}
		}
		if res, text := get(f.ID(), "If-None-Match", res.Header.Get("ETag")); res.StatusCode != 304 || text != "" {
			t.Errorf("asked again: %s", res.Status)
		}
	}
	for f, want := range map[string]string{paper.ID(): `attachment; filename="` + paper.ID()[:12] + `.pdf"`, photo.ID(): ""} {
		if res, _ := get(f); res.Header.Get("Content-Disposition") != want {
			t.Errorf("%s is kept as %q", f, res.Header.Get("Content-Disposition"))
		}
	}
	for _, id := range []string{nothing.ID(), "x", strings.ToUpper(photo.ID()), photo.ID() + "0", "%00"} {
		if res, _ := get(id); res.StatusCode != 404 && id != "%00" || res.StatusCode >= 500 {
			t.Errorf("%s: %s", id, res.Status)
		}
	}
}

// A backup carries every byte, through the other engine and back.
func TestBackup(t *testing.T) {
	t.Parallel()
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	big := blob.File{Type: "image/jpeg", Data: bytes.Repeat(all, 4000)}
	first, middle, last := dbtest.SQLite(t), dbtest.Postgres(t), dbtest.SQLite(t)
	put(t, first, drawing, photo, nothing, big)
	carry(t, first, middle)
	same(t, middle, drawing, photo, nothing, big)
	carry(t, middle, last)
	same(t, last, drawing, photo, nothing, big)
}

func carry(t *testing.T, from, to *db.DB) {
	t.Helper()
	var stream bytes.Buffer
	quiet := func(string, int64) {}
	if _, err := (backup.Source{DB: from, Schema: schema.Files}).Write(context.WithoutCancel(t.Context()), time.Unix(0, 0), &stream, backup.Pace{}, quiet); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Read(t.Context(), backup.Target{DB: to, Schema: schema.Files}, &stream, quiet); err != nil {
		t.Fatal(err)
	}
}
