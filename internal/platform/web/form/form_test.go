package form

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
)

func get(t *testing.T, query string) *Form {
	t.Helper()
	f, err := New(httptest.NewRecorder(), &http.Request{Method: "GET", URL: &url.URL{Path: "/", RawQuery: query}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func post(body string) (*Form, error) {
	r := httptest.NewRequest("POST", "/?q=from+the+address", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return New(httptest.NewRecorder(), r)
}

// fault is the key of the error of a field after a declaration, or "".
func fault(f *Form, name string) string {
	if e := f.Fault(name); e != nil {
		return e.Key
	}
	return ""
}

func TestFields(t *testing.T) {
	t.Parallel()
	text := func(f *Form) any { return f.String("x", "l").Max(5).Value }
	must := func(f *Form) any { return f.String("x", "l").Required().Value }
	number := func(f *Form) any { return f.Int("x", "l").Between(1, 10).Value }
	decimal := func(f *Form) any { return f.Decimal("x", "l").Between(0, 90).Value }
	date := func(f *Form) any { return f.Date("x", "l").Value }
	clock := func(f *Form) any { return f.Time("x", "l").Step(15).Value }
	choice := func(f *Form) any { return f.Choice("x", "l", "a", "b").Value }
	for _, c := range []struct {
		name    string
		declare func(*Form) any
		value   string
		want    any
		fault   string
		shown   string
	}{
		{"text", text, "  Forlì ", "Forlì", "", "  Forlì "},
		{"text at its limit", text, "àèìòù", "àèìòù", "", "àèìòù"},
		{"text too long", text, "abcdef", "abcdef", "form.too_long", "abcdef"},
		{"required", must, "  ", "", "form.required", "  "},
		{"number", number, "7", 7, "", "7"},
		{"number empty", number, "", 0, "", ""},
		{"number out of range", number, "11", 11, "form.out_of_range", "11"},
		{"number huge", number, "99999999999999999999", 0, "form.not_a_number", "99999999999999999999"},
		{"number with words", number, "due", 0, "form.not_a_number", "due"},
		{"decimal with comma", decimal, "45,8", 45.8, "", "45,8"},
		{"decimal not finite", decimal, "NaN", 0.0, "form.not_a_number", "NaN"},
		{"date", date, "2026-11-21", agenda.Date{Year: 2026, Month: 11, Day: 21}, "", "2026-11-21"},
		{"date as written", date, "1/3/2026", agenda.Date{Year: 2026, Month: 3, Day: 1}, "", "2026-03-01"},
		{"date that is none", date, "2026-02-30", agenda.Date{}, "form.not_a_date", "2026-02-30"},
		{"date far away", date, "9999-01-01", agenda.Date{}, "form.not_a_date", "9999-01-01"},
		{"time", clock, "09:30", agenda.Clock(570), "", "09:30"},
		{"time as written", clock, "9.30", agenda.Clock(570), "", "09:30"},
		{"hour alone", clock, "9", agenda.Clock(540), "", "09:00"},
		{"end of the day", clock, "24:00", agenda.Midnight24, "", "24:00"},
		{"time off the step", clock, "09:31", agenda.Clock(571), "form.not_a_step", "09:31"},
		{"time that is none", clock, "25:00", agenda.Clock(0), "form.not_a_time", "25:00"},
		{"choice", choice, "b", "b", "", "b"},
		{"no such choice", choice, "c", "", "form.not_a_choice", "c"},
	} {
		f := get(t, "x="+url.QueryEscape(c.value))
		if got := c.declare(f); got != c.want || fault(f, "x") != c.fault || f.Raw("x") != c.shown {
			t.Errorf("%s: %v, fault %q, shows %q; want %v, %q, %q", c.name, got, fault(f, "x"), f.Raw("x"), c.want, c.fault, c.shown)
		}
	}
}

func TestBlankFormHasNoFaults(t *testing.T) {
	t.Parallel()
	f := get(t, "other=1")
	f.String("q", "l").Required()
	seats := f.Int("seats", "l").Default(4)
	day := f.Date("day", "l").Default(agenda.Date{Year: 2026, Month: 11, Day: 21})
	from := f.Time("from", "l").Default(570)
	kind := f.Choice("kind", "l", "desk").Default("desk")
	if !f.Blank() || f.Err() != nil || f.Status() != 200 {
		t.Errorf("blank %t, err %v, status %d", f.Blank(), f.Err(), f.Status())
	}
	got := []string{f.Raw("seats"), f.Raw("day"), f.Raw("from"), f.Raw("kind")}
	if d := cmp.Diff([]string{"4", "2026-11-21", "09:30", "desk"}, got); d != "" {
		t.Error(d)
	}
	if seats.Value != 4 || day.Given() || from.Value.String() != "09:30" || kind.Value != "desk" {
		t.Error("defaults are not the values")
	}
	sent, err := post("")
	if err != nil {
		t.Fatal(err)
	}
	sent.String("q", "l").Required()
	if sent.Blank() || !errs.Is(sent.Err(), errs.Invalid) || sent.Status() != 400 {
		t.Error("an empty POST is not blank")
	}
}

func TestErrorsOfTheService(t *testing.T) {
	t.Parallel()
	f, err := post("q=x")
	if err != nil {
		t.Fatal(err)
	}
	if got := f.String("q", "l").Value; got != "x" {
		t.Errorf("q = %q: a POST reads its body alone", got)
	}
	if f.Add(errors.New("disk")) || f.Add(errs.New(errs.NotFound, "k", nil)) {
		t.Error("took an error that the person cannot mend")
	}
	ok := f.Add(&errs.Error{Kind: errs.Rule, Key: "whole", Fields: []errs.Error{{Field: "q", Key: "a"}, {Field: "unknown", Key: "b"}}})
	if !ok || f.Status() != 422 {
		t.Errorf("added %t, status %d", ok, f.Status())
	}
	var keys []string
	for _, e := range f.Faults() {
		keys = append(keys, e.Field+":"+e.Key)
	}
	if d := cmp.Diff([]string{"unknown:b", "q:a"}, keys); d != "" {
		t.Error(d)
	}
}

// The errors of a service stand beside the inputs of the page, and are not
// changed for others that hold them.
func TestErrorsUnderOtherNames(t *testing.T) {
	t.Parallel()
	inputs := Inputs{"from": "dalle", "to": "alle", "": "file"}
	for name, c := range map[string]struct {
		err  *errs.Error
		want []string
	}{
		"one":    {errs.New(errs.Invalid, "a", nil).On("to"), []string{"alle:a"}},
		"none":   {errs.New(errs.Rule, "a", nil), []string{"file:a"}},
		"same":   {errs.New(errs.Invalid, "a", nil).On("q"), []string{"q:a"}},
		"fields": {&errs.Error{Kind: errs.Rule, Key: "whole", Fields: []errs.Error{{Field: "to", Key: "a"}, {Field: "other", Key: "b"}}}, []string{"other:b", "alle:a"}},
	} {
		f, err := post("q=x")
		if err != nil {
			t.Fatal(err)
		}
		for _, input := range []string{"dalle", "alle", "file", "q"} {
			f.String(input, "l")
		}
		was := *c.err
		was.Fields = slices.Clone(c.err.Fields)
		if !f.AddAs(c.err, inputs) || f.AddAs(errors.New("disk"), inputs) {
			t.Errorf("%s: took what nobody can mend, or refused it", name)
		}
		var got []string
		for _, e := range f.Faults() {
			got = append(got, e.Field+":"+e.Key)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if !reflect.DeepEqual(was, *c.err) {
			t.Errorf("%s: the error itself was changed: %+v", name, *c.err)
		}
	}
}

func TestSays(t *testing.T) {
	t.Parallel()
	f := get(t, "a=x&b=")
	f.Int("a", "l").Says("own.a")
	f.String("b", "l").Says("own.b").Required()
	if fault(f, "a") != "own.a" || fault(f, "b") != "own.b" {
		t.Errorf("%q, %q", fault(f, "a"), fault(f, "b"))
	}
}

func TestBorder(t *testing.T) {
	t.Parallel()
	for body, kind := range map[string]errs.Kind{
		"q=%00":                             errs.Invalid,
		"q=%ff":                             errs.Invalid,
		"%ff=1":                             errs.Invalid,
		"q=%zz":                             errs.Invalid,
		"q=" + strings.Repeat("a", MaxBody): errs.TooLarge,
	} {
		if _, err := post(body); !errs.Is(err, kind) {
			t.Errorf("%.20q: %v, want %s", body, err, kind)
		}
	}
}

func TestMultipart(t *testing.T) {
	t.Parallel()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	if err := errors.Join(m.WriteField("q", "Gavirate"), m.Close()); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/", &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	f, err := New(httptest.NewRecorder(), r)
	if err != nil || f.Raw("q") != "Gavirate" {
		t.Errorf("%v, %v", f, err)
	}
}

// Whatever is sent, reading it neither panics nor lets anything through that
// the database could not keep.
func FuzzForm(f *testing.F) {
	f.Add("q=Gavirate&day=2026-11-21&from=09:30&seats=4&kind=desk")
	f.Add("q=%00&day=&from=24:00&seats=-1")
	f.Add("day=0/0/0000&from=.&seats=0x1&q=%f0%9f%8f%a0;&kind")
	f.Fuzz(func(t *testing.T, body string) {
		form, err := post(body)
		if err != nil {
			if k := errs.As(err).Kind; k != errs.Invalid && k != errs.TooLarge {
				t.Fatalf("kind %s", k)
			}
			return
		}
		q := form.String("q", "l").Required().Max(80)
		day := form.Date("day", "l")
		from := form.Time("from", "l")
		seats := form.Int("seats", "l").Between(1, 500)
		form.Decimal("lat", "l").Between(-90, 90)
		form.Choice("kind", "l", "desk", "room")
		if !utf8.ValidString(q.Value) || strings.ContainsRune(q.Value, 0) {
			t.Error("text that cannot be kept")
		}
		if form.Err() == nil {
			if day.Given() && !day.Value.Valid() || from.Value < 0 || from.Value > agenda.Midnight24 ||
				seats.Given() && (seats.Value < 1 || seats.Value > 500) || utf8.RuneCountInString(q.Value) > 80 {
				t.Errorf("accepted %v %v %v", day.Value, from.Value, seats.Value)
			}
		}
	})
}
