package api

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"polis/internal/platform/errs"
)

// Huma speaks English sentences with the caller's value in them. Its sentences
// are variables; here they become keys of our messages, so that a fault can be
// told in the caller's language and without the value.

const (
	keyInvalid = "api.invalid"
	argMark    = "\x1f" // between the key and its one variable
	placeMark  = ":"    // in a Field, between body, query, path or header and the name
)

// keyError is an error whose text is the key of a message.
type keyError string

func (e keyError) Error() string { return string(e) }

// sentence is one of Huma's; verbs are as many as it fills in, and arg names
// the first where the words use it.
type sentence struct {
	text            *string
	key, verbs, arg string
}

var sentences = []sentence{
	{&validation.MsgUnexpectedProperty, "api.unknown_field", "", ""},
	{&validation.MsgExpectedRequiredProperty, "api.required", "%s", "field"},
	{&validation.MsgExpectedDependentRequiredProperty, "api.required", "%s%.0s", "field"},
	{&validation.MsgExpectedBoolean, "api.boolean", "", ""},
	{&validation.MsgExpectedNumber, "api.number", "", ""},
	{&validation.MsgExpectedInteger, "api.integer", "", ""},
	{&validation.MsgExpectedString, "api.string", "", ""},
	{&validation.MsgExpectedArray, "api.array", "", ""},
	{&validation.MsgExpectedObject, "api.object", "", ""},
	{&validation.MsgExpectedArrayItemsUnique, "api.unique", "", ""},
	{&validation.MsgExpectedOneOf, "api.one_of", "%s", "values"},
	{&validation.MsgExpectedMinimumNumber, "api.minimum", "%v", "limit"},
	{&validation.MsgExpectedExclusiveMinimumNumber, "api.more_than", "%v", "limit"},
	{&validation.MsgExpectedMaximumNumber, "api.maximum", "%v", "limit"},
	{&validation.MsgExpectedExclusiveMaximumNumber, "api.less_than", "%v", "limit"},
	{&validation.MsgExpectedNumberBeMultipleOf, "api.multiple", "%v", "limit"},
	{&validation.MsgExpectedMinLength, "api.min_length", "%d", "limit"},
	{&validation.MsgExpectedMaxLength, "api.max_length", "%d", "limit"},
	{&validation.MsgExpectedMinItems, "api.min_items", "%d", "limit"},
	{&validation.MsgExpectedMaxItems, "api.max_items", "%d", "limit"},
	{&validation.MsgExpectedMinProperties, "api.min_items", "%d", "limit"},
	{&validation.MsgExpectedMaxProperties, "api.max_items", "%d", "limit"},
	{&validation.MsgExpectedRFC3339DateTime, "api.time", "", ""},
	{&validation.MsgExpectedRFC3339Date, "api.date", "", ""},
	{&validation.MsgExpectedBePattern, "", "%s", ""}, // the PatternDescription; see patternKeys
	{&validation.MsgExpectedMatchPattern, "api.value", "%.0s", ""},
	{&validation.MsgExpectedMatchAtLeastOneSchema, "api.shape", "", ""},
	{&validation.MsgExpectedMatchExactlyOneSchema, "api.shape", "", ""},
	{&validation.MsgExpectedNotMatchSchema, "api.shape", "", ""},
	{&validation.MsgExpectedPropertyNameInObject, "api.shape", "", ""},
}

// argNames are the variables of the messages, by key.
var argNames = map[string]string{}

// Huma keeps its sentences, its errors and these habits in variables of its
// package, so they are set once for the program.
func init() {
	for _, s := range sentences {
		*s.text = s.key
		if s.key == "" {
			*s.text = s.verbs
		} else if s.verbs != "" {
			*s.text += argMark + s.verbs
		}
		if s.arg != "" {
			argNames[s.key] = s.arg
		}
	}
	huma.ValidateStrictCasing = true // or {"from":…,"From":…} would pass one and use the other
	huma.DefaultArrayNullable = false
	huma.NewError = newProblem
}

// newProblem is what Huma calls with an error of its own.
func newProblem(status int, message string, list ...error) huma.StatusError {
	e := errs.New(errs.Invalid, keyInvalid, nil)
	var tooMany *http.MaxBytesError
	switch {
	case errors.As(errors.Join(list...), &tooMany):
		e = errs.New(errs.TooLarge, "api.too_large", errs.Args{"limit": tooMany.Limit})
	case status == http.StatusUnsupportedMediaType:
		e = errs.New(unsupportedMedia, "api.content_type", nil)
	case status == http.StatusRequestTimeout:
		e = errs.New(requestTimeout, "api.timeout", nil)
	case message == "request body is required":
		e.Key = "api.body_missing"
	case message == "cannot read request body":
		e.Key = "api.body_broken"
	case status >= http.StatusInternalServerError:
		e = errs.New(errs.Internal, "api.internal", nil).Because(errors.Join(list...))
	default:
		for _, err := range list[:min(len(list), maxFaults)] {
			if f := faultOf(err); !slices.ContainsFunc(e.Fields, func(g errs.Error) bool { return g.Field == f.Field && g.Key == f.Key }) {
				e.Fields = append(e.Fields, f)
			}
		}
	}
	return &Problem{Status: statusOf(e.Kind), cause: e}
}

// faultOf is what Huma or a resolver found wrong with one input.
func faultOf(err error) errs.Error {
	var own *errs.Error
	if errors.As(err, &own) {
		return *own
	}
	var d *huma.ErrorDetail
	if !errors.As(err, &d) {
		return errs.Error{Kind: errs.Invalid, Key: "api.value"}
	}
	in, name, _ := strings.Cut(d.Location, ".")
	key, arg := keyOf(d.Message)
	args := errs.Args{}
	if n := argNames[key]; n != "" {
		args[n] = arg
	}
	switch key {
	case "api.required":
		if arg != "" {
			name = join(name, arg)
		}
		args = nil
	case "api.type":
		name = arg
	case "api.unknown_field", "api.unknown_parameter":
		name = shorten(name)
	}
	return errs.Error{Kind: errs.Invalid, Key: key, Args: args, Field: in + placeMark + name}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// keyOf reads the key, and its variable, from one of Huma's messages.
func keyOf(message string) (key, arg string) {
	message = strings.TrimPrefix(message, "invalid value: ")
	key, arg, _ = strings.Cut(message, argMark)
	switch {
	case strings.HasPrefix(key, "api."):
		return key, arg
	case patternKeys[message] != "":
		return patternKeys[message], ""
	case message == "invalid integer":
		return "api.integer", ""
	case message == "invalid float":
		return "api.number", ""
	case message == "invalid boolean":
		return "api.boolean", ""
	case strings.HasSuffix(message, "parameter is missing"):
		return "api.required", ""
	}
	return "api.value", ""
}

// invalid is an error about one input: in is path, query or header.
func invalid(in, name, key string) error {
	e := errs.New(errs.Invalid, keyInvalid, nil)
	e.Fields = []errs.Error{{Kind: errs.Invalid, Key: key, Field: in + placeMark + shorten(name)}}
	return e
}

// shorten keeps a name that the caller made up from growing.
func shorten(name string) string {
	if len(name) <= 64 {
		return name
	}
	return strings.ToValidUTF8(name[:64], "") + "…"
}
