// Package form reads what a person filled in: typed fields, each with its
// label, its bounds and its error in words.
//
// A handler declares the fields once; the page shows them again with what was
// typed and what is wrong:
//
//	f, err := form.New(w, r)
//	if err != nil {
//		return err // too large, or not text
//	}
//	where := f.String("q", "coworking.search.where").Max(80)
//	day := f.Date("giorno", "coworking.search.day").Required()
//	seats := f.Int("posti", "coworking.search.seats").Default(1).Between(1, 500)
//	if f.Blank() || f.Err() != nil {
//		return ui.Render(w, r, f.Status(), searchPage{Form: f})
//	}
//	search(where.Value, day.Value, seats.Value)
//
// A GET without any of the declared fields is blank: nobody has filled
// anything in yet, so nothing is wrong. Rules of the service come back as
// errors with a field; f.Add puts them beside their input.
package form

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"polis/internal/platform/errs"
)

// MaxBody is the most a form may send, in bytes.
const MaxBody = 64 << 10

// Form is what was filled in.
type Form struct {
	values url.Values      // what is shown
	came   map[string]bool // names that were sent
	unsafe bool            // sent by a method that acts (POST)
	fields []*common
	whole  []errs.Error // errors of no single field
	files  map[string]upload
}

// New reads the fields of a request: the query of a GET, the body of a POST.
// It fails with errs.TooLarge or errs.Invalid.
func New(w http.ResponseWriter, r *http.Request) (*Form, error) { return NewLong(w, r, MaxBody) }

// NewLong is New for a form with long texts, of at most so many bytes in all.
func NewLong(w http.ResponseWriter, r *http.Request, most int64) (*Form, error) {
	f := &Form{came: map[string]bool{}}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return nil, errs.New(errs.Invalid, "form.unreadable", nil).Because(err)
		}
		f.values = values
	default:
		f.unsafe = true
		r.Body = http.MaxBytesReader(w, r.Body, most)
		if err := parseBody(r, most); err != nil {
			return nil, err
		}
		f.values = r.PostForm
	}
	return f, f.receive()
}

// Sent reads values as New reads the query of a GET: of an address that was
// kept.
func Sent(values url.Values) (*Form, error) {
	f := &Form{came: map[string]bool{}, values: maps.Clone(values)}
	return f, f.receive()
}

// receive notes what came, and refuses what is no text.
func (f *Form) receive() error {
	for name, list := range f.values {
		f.came[name] = true
		for _, v := range append(list, name) {
			if !clean(v) {
				return errs.New(errs.Invalid, "form.unreadable", nil)
			}
		}
	}
	return nil
}

func parseBody(r *http.Request, most int64) error {
	var err error
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = r.ParseMultipartForm(most)
	} else {
		err = r.ParseForm()
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return errs.New(errs.TooLarge, "form.too_large", nil).Because(err)
	case err != nil:
		return errs.New(errs.Invalid, "form.unreadable", nil).Because(err)
	}
	return nil
}

// Of makes a form of known values, to show a page already filled in. Nobody
// has sent it: it is blank and has no faults.
func Of(values url.Values) *Form { return &Form{values: maps.Clone(values)} }

// clean tells whether a text may enter: UTF-8, no NUL.
func clean(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// Blank is true for a GET in which none of the declared fields came.
func (f *Form) Blank() bool {
	return !f.unsafe && !slices.ContainsFunc(f.fields, func(c *common) bool { return f.came[c.name] })
}

// Err is nil when everything is right or blank, else one errs.Invalid (or the
// kind of the first error added) with all fields at fault.
func (f *Form) Err() error {
	faults := f.Faults()
	if len(faults) == 0 {
		return nil
	}
	return &errs.Error{Kind: faults[0].Kind, Key: "form.invalid", Fields: faults}
}

// Faults are the errors in the order of the fields, those of the whole form first.
func (f *Form) Faults() []errs.Error {
	if f.Blank() {
		return nil
	}
	faults := slices.Clone(f.whole)
	for _, c := range f.fields {
		if c.err != nil {
			faults = append(faults, *c.err)
		}
	}
	return faults
}

// Status is the HTTP status of the page that shows this form: 200, or that of
// its first error.
func (f *Form) Status() int {
	if faults := f.Faults(); len(faults) > 0 {
		return errs.Status(faults[0].Kind)
	}
	return http.StatusOK
}

// Add puts the errors of a service beside their inputs and returns true. An
// error that is not the person's to mend (errs.Internal, errs.NotFound, …)
// stays where it is: Add returns false, and the handler returns the error.
func (f *Form) Add(err error) bool {
	e := errs.As(err)
	switch e.Kind {
	case errs.Invalid, errs.Rule, errs.Conflict:
	default:
		return false
	}
	list := e.Fields
	if len(list) == 0 {
		list = []errs.Error{*e}
	}
	for _, one := range list {
		if one.Kind == "" {
			one.Kind = e.Kind
		}
		if c := f.field(one.Field); c != nil {
			if c.err == nil {
				c.err = &one
			}
			continue
		}
		f.whole = append(f.whole, one)
	}
	return true
}

// Inputs are the inputs of a page for the fields of a service's errors, where
// they have other names.
type Inputs map[string]string

// AddAs is Add for errors whose fields are called otherwise on the page.
func (f *Form) AddAs(err error, inputs Inputs) bool {
	e := *errs.As(err)
	e.Field = inputs.of(e.Field)
	e.Fields = slices.Clone(e.Fields)
	for i := range e.Fields {
		e.Fields[i].Field = inputs.of(e.Fields[i].Field)
	}
	return f.Add(&e)
}

func (in Inputs) of(field string) string {
	if name, ok := in[field]; ok {
		return name
	}
	return field
}

func (f *Form) field(name string) *common {
	for _, c := range f.fields {
		if c.name == name {
			return c
		}
	}
	return nil
}

// Raw is what was typed in a field, as it was typed.
func (f *Form) Raw(name string) string { return f.values.Get(name) }

// All are the values of a field that may come several times.
func (f *Form) All(name string) []string { return f.values[name] }

// Has tells whether a field came at all.
func (f *Form) Has(name string) bool { return f.came[name] }

// Set changes what is shown in a field.
func (f *Form) Set(name string, values ...string) {
	if f.values == nil {
		f.values = url.Values{}
	}
	f.values[name] = values
}

// Label is the message key of a declared field's label; "" if not declared.
func (f *Form) Label(name string) string {
	if c := f.field(name); c != nil {
		return c.label
	}
	return ""
}

// IsRequired tells whether a declared field must be filled in.
func (f *Form) IsRequired(name string) bool {
	c := f.field(name)
	return c != nil && c.required
}

// Fault is the error of a field, nil if none or if the form is blank.
func (f *Form) Fault(name string) *errs.Error {
	if c := f.field(name); c != nil && !f.Blank() {
		return c.err
	}
	return nil
}
