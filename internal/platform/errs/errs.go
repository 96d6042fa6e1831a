// Package errs is the one vocabulary of errors. An error says what kind of
// thing went wrong and which message tells the user; the channels (page, API,
// command line) turn it into their own form in one place each.
package errs

import (
	"context"
	"errors"
	"fmt"
)

// Kind is what went wrong, by meaning. Its text is also the last part of the
// problem type URI of the API.
type Kind string

// The kinds. Anything else is Internal: shown with an id, never with details.
const (
	Invalid         Kind = "invalid"         // the input cannot be understood
	Unauthenticated Kind = "unauthenticated" // sign in first
	Forbidden       Kind = "forbidden"       // known, but not allowed
	NotFound        Kind = "not-found"       // no such thing, or not for this person
	Conflict        Kind = "conflict"        // the state of things does not allow it now
	Rule            Kind = "rule"            // understood, but a rule of the house refuses it
	Stale           Kind = "stale"           // the If-Match of the caller is no longer true
	TooLarge        Kind = "too-large"       // more than one request may carry
	TooMany         Kind = "too-many"        // more requests than allowed
	Unavailable     Kind = "unavailable"     // try again later
	Internal        Kind = "internal"        // our fault
)

var status = map[Kind]int{
	Invalid: 400, Unauthenticated: 401, Forbidden: 403, NotFound: 404, Conflict: 409, Stale: 412,
	TooLarge: 413, Rule: 422, TooMany: 429, Internal: 500, Unavailable: 503,
}

// Status is the HTTP status of a kind; 500 for what is not in the table.
func Status(k Kind) int {
	if s, ok := status[k]; ok {
		return s
	}
	return status[Internal]
}

// Args are the variables of a message.
type Args map[string]any

// Error is an error with a meaning and a message for the user.
type Error struct {
	Kind    Kind
	Key     string  // message key, e.g. "booking.taken"; translated where it is shown
	Args    Args    // variables of the message; never personal data
	Field   string  // input it is about, if one: "from", "parts[1].count"
	Fields  []Error // several inputs at fault at once
	Details any     // machine-readable facts for the API (alternatives, limits); never personal data
	Err     error   // cause, for the log only
}

// New makes an error of a kind with its message key.
func New(kind Kind, key string, args Args) *Error {
	return &Error{Kind: kind, Key: key, Args: args}
}

// On names the input the error is about.
func (e *Error) On(field string) *Error {
	e.Field = field
	return e
}

// With adds machine-readable facts.
func (e *Error) With(details any) *Error {
	e.Details = details
	return e
}

// Because keeps the cause for the log.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

func (e *Error) Error() string {
	s := string(e.Kind) + ": " + e.Key
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	for i := range e.Fields {
		s += "; " + e.Fields[i].Error()
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// As finds the Error inside err; an error of another type is Internal, one of
// an ended context Unavailable.
func As(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &Error{Kind: Unavailable, Key: "error.unavailable", Err: err}
	}
	return &Error{Kind: Internal, Key: "error.internal", Err: err}
}

// Is tells whether err is of a kind.
func Is(err error, kind Kind) bool { return err != nil && As(err).Kind == kind }

// HasKey tells whether err carries a message key.
func HasKey(err error, key string) bool { return err != nil && As(err).Key == key }

// Wrap adds where an error passed, in a deferred call:
//
//	defer errs.Wrap(&err, "site.Store.Get(%q)", id)
//
// so that the text of an error reads as a call stack. Never personal data in
// the arguments.
func Wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf(format+": %w", append(args, *err)...)
	}
}
