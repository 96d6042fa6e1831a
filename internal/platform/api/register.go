package api

import (
	"context"
	"encoding"
	"fmt"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// SignedIn is the Security of an operation that is only for callers with a
// token; the others get 401 before their body is read.
var SignedIn = []map[string][]string{{"bearer": {}}}

// Register adds an operation. do returns an error of errs, or one that wraps
// it; any other is shown as 500 with an id and logged. MaxBodyBytes of the
// operation is the largest body that is accepted.
//
// Parameters are string, bool, int, int64, float64, slices of string and int,
// Time, Date, or a type with UnmarshalText. Narrower numbers are refused here:
// Huma would cut them off in silence.
func Register[I, O any](a *API, op huma.Operation, do func(ctx context.Context, in *I) (*O, error)) {
	checkInput(reflect.TypeFor[I](), op.OperationID)
	e := &entry{api: a, limit: op.MaxBodyBytes}
	if e.limit == 0 {
		e.limit = a.opts.MaxBody
	}
	op.MaxBodyBytes = e.limit + 1 // Huma refuses a body of exactly its limit
	op.BodyReadTimeout = -1       // the server's own; Huma's would cut the handler short
	op.Middlewares = append(huma.Middlewares{e.enter}, op.Middlewares...)
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses["default"] = &huma.Response{
		Description: "Problem", // RFC 9457
		Content: map[string]*huma.MediaType{problemType: {
			Schema: a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, ""),
		}},
	}
	huma.Register(a, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, problemOf(err)
		}
		return out, nil
	})
}

// checkInput panics where a parameter has a type that Huma reads wrongly, or
// only complains about when a request comes.
func checkInput(t reflect.Type, op string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			checkInput(f.Type, op)
			continue
		}
		tagged := false
		for _, tag := range []string{"path", "query", "header"} {
			tagged = tagged || f.Tag.Get(tag) != ""
		}
		if tagged && !readable(f.Type) {
			panic(fmt.Sprintf("api: %s: parameter %s has type %s", op, f.Name, f.Type))
		}
	}
}

func readable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
		return true
	case reflect.Slice:
		return t.Elem().Kind() == reflect.String || t.Elem().Kind() == reflect.Int
	case reflect.Struct:
		return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
	}
	return false
}
