package form

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"

	"polis/internal/platform/errs"
)

// upload is a file that came with a form.
type upload struct {
	data  []byte
	most  int64
	large bool // larger than most; then there is no data
}

// slow is how long somebody with a slow line may take to send a form with
// files; the server gives others half a minute.
const slow = 5 * time.Minute

// NewUpload is New for a form that is sent with files (multipart/form-data), of
// at most so many bytes each. A larger one is an error of its field, so the
// whole body is read: the route bounds it with web.Renderer.AllowBody. Whether
// the person may send anything is checked before.
func NewUpload(w http.ResponseWriter, r *http.Request, most int64) (*Form, error) {
	if r.Method != http.MethodPost {
		return New(w, r)
	}
	until, server := time.Now().Add(slow), http.NewResponseController(w)
	if err := errors.Join(server.SetReadDeadline(until), server.SetWriteDeadline(until)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, err
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, errs.New(errs.Invalid, "form.unreadable", nil).Because(err)
	}
	f := &Form{values: url.Values{}, came: map[string]bool{}, unsafe: true, files: map[string]upload{}}
	left := int64(MaxBody) // for all that is no file
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err == nil {
			err = f.take(part, most, &left)
		}
		if err != nil {
			return nil, unreadable(err)
		}
	}
}

func unreadable(err error) error {
	var large *http.MaxBytesError
	var known *errs.Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.As(err, &large):
		return errs.New(errs.TooLarge, "form.too_large", nil).Because(err)
	}
	return errs.New(errs.Invalid, "form.unreadable", nil).Because(err)
}

// take reads one part: a file or the value of another field.
func (f *Form) take(part *multipart.Part, most int64, left *int64) error {
	name := part.FormName()
	if name == "" || !clean(name) {
		return errs.New(errs.Invalid, "form.unreadable", nil)
	}
	f.came[name] = true
	if part.FileName() == "" {
		value, err := io.ReadAll(io.LimitReader(part, *left+1))
		if err != nil {
			return err
		}
		if *left -= int64(len(value) + len(name)); *left < 0 {
			return errs.New(errs.TooLarge, "form.too_large", nil)
		}
		if !clean(string(value)) {
			return errs.New(errs.Invalid, "form.unreadable", nil)
		}
		f.values.Add(name, string(value))
		return nil
	}
	var data bytes.Buffer
	n, err := data.ReadFrom(io.LimitReader(part, most+1))
	if err != nil {
		return err
	}
	if _, twice := f.files[name]; twice {
		return errs.New(errs.Invalid, "form.unreadable", nil)
	}
	f.files[name] = upload{data: data.Bytes(), most: most}
	if n > most {
		f.files[name] = upload{most: most, large: true}
		_, err = io.Copy(io.Discard, part) // so that the browser hears the answer
	}
	return err
}

// File is a field with a file.
type File struct {
	common
	Data []byte
}

// File declares a field with one file, in a form of NewUpload. Its name and
// type are not looked at: anybody can write anything there.
func (f *Form) File(name, label string) *File {
	up := f.files[name]
	out := &File{common: f.declare(name, label), Data: up.data}
	out.raw = ""
	f.fields = append(f.fields, &out.common)
	switch {
	case up.large:
		out.raw = "too large"
		out.fail("form.file_too_large", errs.Args{"max": up.most >> 20})
	case len(up.data) > 0:
		out.raw = "given"
	}
	return out
}

// Required refuses a form without the file, or with an empty one.
func (t *File) Required() *File { t.require(); return t }
