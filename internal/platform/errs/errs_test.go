package errs

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestAs(t *testing.T) {
	taken := New(Conflict, "booking.taken", nil)
	for _, c := range []struct {
		err  error
		kind Kind
		http int
	}{
		{taken, Conflict, 409},
		{fmt.Errorf("reserve: %w", taken), Conflict, 409},
		{errors.New("disk full"), Internal, 500},
		{fmt.Errorf("query: %w", context.Canceled), Unavailable, 503},
		{&Error{Kind: "unheard-of"}, "unheard-of", 500},
	} {
		if got := As(c.err); got.Kind != c.kind || Status(got.Kind) != c.http {
			t.Errorf("As(%v) = %v, %d; want %v, %d", c.err, got.Kind, Status(got.Kind), c.kind, c.http)
		}
	}
}

func TestWrapKeepsMeaning(t *testing.T) {
	get := func() (err error) {
		defer Wrap(&err, "site.Get(%q)", "x")
		return New(NotFound, "site.unknown", nil)
	}
	err := get()
	if !Is(err, NotFound) || !HasKey(err, "site.unknown") {
		t.Fatalf("lost its meaning: %v", err)
	}
	if want := `site.Get("x"): not-found: site.unknown`; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}
