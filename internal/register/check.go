package register

import (
	"context"
	"errors"

	"polis/internal/journal"
	"polis/internal/journal/sealed"
)

// Checked is a receipt that was looked at.
type Checked struct {
	sealed.Receipt
	In  sealed.Checkpoint // that it rests on
	Key string            // of this installation, by which it was believed
	// Here tells whether the journal as it is now begins as the receipt says. It
	// does not where this is a copy of before the receipt.
	Here bool
}

// Check proves a receipt by the keys of this installation. The errors are those
// of sealed, for a file that proves nothing.
func (s *Service) Check(ctx context.Context, file []byte) (c Checked, err error) {
	if c.Receipt, err = sealed.ParseReceipt(file); err != nil {
		return c, err
	}
	keys, err := journal.PublicKeys(ctx, s.DB)
	if err != nil {
		return c, err
	}
	if c.In, err = c.Verify(keys...); err != nil {
		return c, refusal{err}
	}
	for _, k := range keys {
		if _, err := sealed.Open(c.Checkpoint, k); err == nil {
			c.Key = k
		}
	}
	c.Here, err = journal.Extends(ctx, s.DB, c.In)
	return c, err
}

// refusal is what is wrong with a receipt, not with us.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// why is the word for what is wrong with a receipt; "" where that is our fault.
func why(err error) string {
	var bad refusal
	switch {
	case errors.Is(err, sealed.ErrReceipt):
		return "file"
	case errors.Is(err, sealed.ErrNotProved), errors.Is(err, sealed.ErrForgotten):
		return "changed"
	case errors.As(err, &bad):
		return "key"
	}
	return ""
}
