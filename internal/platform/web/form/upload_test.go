package form

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"polis/internal/platform/errs"
)

// sent is a form with a file in "foto" and other fields.
func sent(t *testing.T, file []byte, name string, fields ...string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		if err := m.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if file != nil {
		part, err := m.CreateFormFile("foto", name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(file); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(m.WriteField("last", "seen"), m.Close()); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/", &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return r
}

func TestUpload(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	for _, c := range []struct {
		name  string
		file  []byte
		as    string
		fault string
		bytes int
	}{
		{"a file", []byte("abc\x00\xff"), "a.jpg", "", 5},
		{"a file of the largest size", make([]byte, most), "a.jpg", "", most},
		{"one byte more", make([]byte, most+1), "a.jpg", "form.file_too_large", 0},
		{"an empty file", []byte{}, "a.jpg", "form.required", 0},
		{"no file chosen", []byte{}, "", "form.required", 0},
		{"no file at all", nil, "", "form.required", 0},
		{"a name that is none", []byte("abc"), "../../\xff\"\r\n", "", 3},
	} {
		f, err := NewUpload(httptest.NewRecorder(), sent(t, c.file, c.as, "alt", "Sala"), most)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		file := f.File("foto", "l").Required()
		if fault(f, "foto") != c.fault || len(file.Data) != c.bytes {
			t.Errorf("%s: fault %q, %d bytes", c.name, fault(f, "foto"), len(file.Data))
		}
		if f.String("alt", "l").Value != "Sala" || f.Raw("last") != "seen" {
			t.Errorf("%s: the fields around it are lost", c.name)
		}
	}
}

func TestUploadsThatAreNone(t *testing.T) {
	t.Parallel()
	whole := sent(t, []byte("abc"), "a.jpg", "alt", "x")
	text, err := io.ReadAll(whole.Body)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		r    *http.Request
		kind errs.Kind
	}{
		"another encoding": {func() *http.Request { r := sent(t, nil, ""); r.Header.Set("Content-Type", "text/plain"); return r }(), errs.Invalid},
		"no boundary": {func() *http.Request {
			r := sent(t, nil, "")
			r.Header.Set("Content-Type", "multipart/form-data")
			return r
		}(), errs.Invalid},
		"cut short": {func() *http.Request {
			whole.Body = io.NopCloser(bytes.NewReader(text[:bytes.Index(text, []byte("abc"))+2]))
			return whole
		}(), errs.Invalid},
		"NUL in a field":     {sent(t, nil, "", "alt", "a\x00b"), errs.Invalid},
		"broken UTF-8":       {sent(t, nil, "", "alt", "\xff"), errs.Invalid},
		"a field too long":   {sent(t, nil, "", "alt", strings.Repeat("x", MaxBody)), errs.TooLarge},
		"fields without end": {sent(t, nil, "", "a", strings.Repeat("x", MaxBody/2), "b", strings.Repeat("x", MaxBody/2)), errs.TooLarge},
	} {
		if _, err := NewUpload(httptest.NewRecorder(), c.r, 100); !errs.Is(err, c.kind) {
			t.Errorf("%s: %v, want %s", name, err, c.kind)
		}
	}
}
