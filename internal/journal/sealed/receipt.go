package sealed

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// Receipt proves an act: that it stands at Index of the log whose checkpoint it
// holds, and has not been changed since. Who has the log's public key needs
// nothing else.
type Receipt struct {
	Format     string   `json:"format"` // ReceiptFormat
	Act        Act      `json:"act"`
	Salts      Salts    `json:"salts"`
	Index      uint64   `json:"index"` // place in the log, from 0
	Proof      [][]byte `json:"proof"` // from the leaf up (RFC 6962)
	Checkpoint string   `json:"checkpoint"`
	Key        string   `json:"key"` // whose signature it says to have; prove it by the published one
}

// ReceiptFormat is the version of receipts.
const ReceiptFormat = "polis-receipt-1"

// MaxReceipt is the largest file that is looked at, in bytes.
const MaxReceipt = 1 << 20

// mostHashes is the longest proof of any tree.
const mostHashes = 64

// What a receipt can be refused for.
var (
	ErrReceipt   = errors.New("this file is not a receipt")
	ErrForgotten = errors.New("the receipt does not say who did it, or to what")
	ErrNotProved = errors.New("the receipt does not prove the act: something in it was changed")
)

// ParseReceipt reads a receipt; nothing is proved yet.
func ParseReceipt(data []byte) (r Receipt, err error) {
	if len(data) > MaxReceipt {
		return r, ErrReceipt
	}
	in := json.NewDecoder(bytes.NewReader(data))
	in.DisallowUnknownFields()
	if err := in.Decode(&r); err != nil || r.Format != ReceiptFormat {
		return Receipt{}, ErrReceipt
	}
	if _, err := in.Token(); err != io.EOF || len(r.Proof) > mostHashes {
		return Receipt{}, ErrReceipt
	}
	for _, h := range r.Proof {
		if len(h) != sha256.Size {
			return Receipt{}, ErrReceipt
		}
	}
	return r, nil
}

// Verify proves the receipt by one of some public keys, and returns the
// checkpoint that it rests on.
func (r *Receipt) Verify(keys ...string) (Checkpoint, error) {
	c, err := Open(r.Checkpoint, keys...)
	if err != nil {
		return c, err
	}
	if subject, who := r.Salts.Forgotten(); subject || who {
		return c, ErrForgotten
	}
	leaf, err := r.Act.Leaf(r.Salts)
	if err != nil {
		return c, fmt.Errorf("%w (%w)", ErrNotProved, err)
	}
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, r.Index, c.Size, leaf, r.Proof, c.Root); err != nil {
		return c, ErrNotProved
	}
	return c, nil
}
