package web_test

import (
	"errors"

	"polis/internal/platform/errs"
)

// failures are an error of every kind.
var failures = map[string]error{
	"invalid":         errs.New(errs.Invalid, "form.unreadable", nil).On("q"),
	"unauthenticated": errs.New(errs.Unauthenticated, "error.kind.unauthenticated.next", nil),
	"forbidden":       errs.New(errs.Forbidden, "error.cross_origin", nil),
	"not-found":       errs.New(errs.NotFound, "error.not_found", nil),
	"conflict":        errs.New(errs.Conflict, "gallery.taken", nil).With(map[string]any{"free": 3}),
	"rule":            errs.New(errs.Rule, "form.out_of_range", errs.Args{"min": 1, "max": 10000}).On("seats"),
	"stale":           errs.New(errs.Stale, "error.not_found", nil),
	"too-large":       errs.New(errs.TooLarge, "form.too_large", nil),
	"too-many":        errs.New(errs.TooMany, "error.unavailable", nil),
	"unavailable":     errs.New(errs.Unavailable, "error.unavailable", nil),
	"internal":        errors.New("secret detail"),
}
