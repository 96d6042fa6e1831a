package web

import (
	"fmt"
	"html/template"
	"strings"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web/form"
)

// Field is an input with its label, hint and error. Templates make it with
// the function field; the component (input, select, radios, checkbox, date,
// time, number, autocomplete) decides how it looks.
type Field struct {
	ID, Name, Label, Hint, Value string
	Values                       []string // for checkboxes: all that are ticked
	Error                        string
	Required                     bool
	Type                         string // of a text input: text, search, email, tel, password
	Autocomplete                 string // what the browser may fill in: "email", "name"
	Keyboard                     string // which one a telephone shows: "numeric"
	Min, Max, Step               string
	Options                      []Option
	Suggest                      string // href that answers ?<name>= with <option> elements
	Accept                       string // of a file: media types, separated by commas
	Wide                         bool
}

// DescribedBy are the ids of hint and error, for aria-describedby.
func (f Field) DescribedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// Chosen tells whether an option is the value of the field.
func (f Field) Chosen(value string) bool {
	for _, v := range f.Values {
		if v == value {
			return true
		}
	}
	return f.Value == value
}

// Option is one of the values of a select, of radios or of suggestions.
type Option struct{ Value, Text, Hint string }

// Tone is the meaning of an alert.
type Tone string

// The tones.
const (
	Info    Tone = "info"
	Success Tone = "success"
	Warning Tone = "warning"
	Danger  Tone = "danger"
)

// Alert is a message in the page.
type Alert struct {
	Tone        Tone
	Title, Text string
	Links       []Link
}

// Icon is the icon of the alert's tone.
func (a Alert) Icon() string {
	switch a.Tone {
	case Success:
		return "it-check-circle"
	case Warning:
		return "it-warning-circle"
	case Danger:
		return "it-close-circle"
	}
	return "it-info-circle"
}

// State is the badge of a state: by shape and word, not only by colour.
type State struct {
	Kind string // free, taken, mine, works, closed, pending, warning
	Text string
}

// Card is one thing in a list of things.
type Card struct {
	Title  string
	Href   string
	Kicker string // small line above the title
	Text   string
	States []State
	Facts  []Fact
}

// Fact is a name with its value, in a card or a description list.
type Fact struct {
	Name, Value string
	Href        string // makes the value a link
	Dial        string // a telephone number without spaces: makes the value a link that calls it; not in cards
	Icon        string // "it-pin"; only in cards
}

// Empty is the state of a list without rows: what that means, what to do.
type Empty struct {
	Title, Text string
	Links       []Link
}

// Steps shows how far one has come.
type Steps struct {
	Names   []string
	Current int // from 1
}

// Step is one of the steps, as its template shows it.
type Step struct {
	Name          string
	Done, Current bool
}

// Total is how many steps there are.
func (s Steps) Total() int { return len(s.Names) }

// All are the steps with where one stands.
func (s Steps) All() []Step {
	all := make([]Step, len(s.Names))
	for i, name := range s.Names {
		all[i] = Step{Name: name, Done: i+1 < s.Current, Current: i+1 == s.Current}
	}
	return all
}

// Table is a table with its caption. Wide content belongs in a template of its
// own; this is for plain rows.
type Table struct {
	Caption string
	Columns []Column
	Rows    [][]Cell
}

// IsNumber tells whether a column holds numbers.
func (t Table) IsNumber(i int) bool { return i < len(t.Columns) && t.Columns[i].Number }

// Column heads the cells below it.
type Column struct {
	Text   string
	Number bool   // aligned to the right
	Href   string // sorts the list by it (Sort.Column); may be empty
	Sorted string // "ascending" or "descending" where the list is sorted by it
}

// Cell is a text, a link or a state.
type Cell struct {
	Text  string
	Href  string
	State *State
}

// field is the template function that makes a Field from a form:
//
//	{{template "input" (field .Form "q" "hint" (t "coworking.search.hint"))}}
//
// Options come as pairs: label (else the one declared in the form), hint,
// type, autocomplete, keyboard, min, max, step, options, suggest, accept, wide, required.
func (rd *Renderer) field(p *i18n.Printer) func(f *form.Form, name string, options ...any) (Field, error) {
	return func(f *form.Form, name string, options ...any) (Field, error) {
		out := Field{ID: "f-" + name, Name: name, Value: f.Raw(name), Values: f.All(name), Required: f.IsRequired(name), Type: "text"}
		if label := f.Label(name); label != "" {
			out.Label = p.T(label)
		}
		if fault := f.Fault(name); fault != nil {
			out.Error = p.T(fault.Key, fault.Args)
		}
		if len(options)%2 != 0 {
			return out, fmt.Errorf("field %q: odd number of options", name)
		}
		for i := 0; i < len(options); i += 2 {
			if err := out.set(fmt.Sprint(options[i]), options[i+1]); err != nil {
				return out, fmt.Errorf("field %q: %w", name, err)
			}
		}
		if out.Label == "" {
			return out, fmt.Errorf("field %q has no label", name)
		}
		return out, nil
	}
}

func (f *Field) set(option string, v any) error {
	switch option {
	case "label":
		f.Label = fmt.Sprint(v)
	case "hint":
		f.Hint = fmt.Sprint(v)
	case "type":
		f.Type = fmt.Sprint(v)
	case "autocomplete":
		f.Autocomplete = fmt.Sprint(v)
	case "keyboard":
		f.Keyboard = fmt.Sprint(v)
	case "min":
		f.Min = fmt.Sprint(v)
	case "max":
		f.Max = fmt.Sprint(v)
	case "step":
		f.Step = fmt.Sprint(v)
	case "suggest":
		f.Suggest = fmt.Sprint(v)
	case "accept":
		f.Accept = fmt.Sprint(v)
	case "wide":
		f.Wide = v == true
	case "required":
		f.Required = v == true
	case "options":
		list, ok := v.([]Option)
		if !ok {
			return fmt.Errorf("options is %T, not []web.Option", v)
		}
		f.Options = list
	default:
		return fmt.Errorf("unknown option %q", option)
	}
	return nil
}

// summary are the errors of a form as the component error-summary shows them.
type summary struct{ Links []Link }

func (rd *Renderer) summary(p *i18n.Printer) func(f *form.Form) summary {
	return func(f *form.Form) summary {
		var s summary
		for _, fault := range f.Faults() {
			link := Link{Text: p.T(fault.Key, fault.Args)}
			if label := f.Label(fault.Field); label != "" {
				link = Link{Href: "#f-" + fault.Field, Text: p.T(label) + ": " + link.Text}
			}
			s.Links = append(s.Links, link)
		}
		return s
	}
}

// icon is the template function for an icon of Bootstrap Italia, as decoration
// beside words.
func (rd *Renderer) icon(name string, classes ...string) template.HTML {
	sprite := rd.Asset("sprite.svg")
	if sprite == "" {
		return ""
	}
	class := strings.Join(append([]string{"icon"}, classes...), " ")
	return template.HTML(fmt.Sprintf(`<svg class="%s" aria-hidden="true" focusable="false"><use href="%s#%s"></use></svg>`,
		template.HTMLEscapeString(class), template.HTMLEscapeString(sprite), template.HTMLEscapeString(name)))
}
