// Package sealed is what a sealed act is, byte by byte: its leaf in the Merkle
// tree, the signed checkpoint of a tree, and the receipt that proves an act to
// anybody who has the public key. It is pure: no database, no clock.
// docs/journal.md says the same for who writes a verifier of their own.
package sealed

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/transparency-dev/merkle/rfc6962"
)

// Act is an act as it is sealed.
type Act struct {
	ID      string `json:"id"`
	At      int64  `json:"at"` // microseconds since 1970, UTC
	Kind    string `json:"kind"`
	Subject string `json:"subject"`

	Person  string `json:"person"`
	Role    string `json:"role"`
	Desk    string `json:"desk"`
	Channel string `json:"channel"`
	Level   int64  `json:"level"`
	For     string `json:"for"`
	Data    string `json:"data"`
}

// The first byte of what is hashed says what it is. A leaf of another format
// begins with another version, and never comes to the same bytes.
const (
	version    = 1
	tagSubject = 's'
	tagWho     = 'w'
)

// SaltSize is the length of a salt. What a salt covers cannot be guessed from
// the leaf.
const SaltSize = 16

// Salts hide the subject of an act, and who did it with what it said, in its
// leaf. When either is forgotten the commitment takes the place of its salt: it
// keeps the leaf provable and tells nothing.
type Salts struct {
	Subject []byte `json:"subject"` // SaltSize bytes, or the commitment of 32
	Who     []byte `json:"who"`
}

// Forgotten tells of which parts only the commitment is left.
func (s Salts) Forgotten() (subject, who bool) {
	return len(s.Subject) == sha256.Size, len(s.Who) == sha256.Size
}

// Nothing is the data of an act that says nothing, or nothing any more.
const Nothing = "{}"

// Why an act has no leaf.
var (
	ErrSalt    = errors.New("a salt has neither 16 bytes nor is it a commitment of 32")
	ErrRemains = errors.New("it is marked as forgotten, and something is left")
)

// Leaf is the hash of the act's leaf, 32 bytes.
func (a *Act) Leaf(s Salts) ([]byte, error) {
	subject, err := a.SubjectCommitment(s.Subject)
	if err != nil {
		return nil, fmt.Errorf("subject: %w", err)
	}
	who, err := a.WhoCommitment(s.Who)
	if err != nil {
		return nil, fmt.Errorf("person: %w", err)
	}
	b := make([]byte, 0, 192)
	b = append(b, rfc6962.RFC6962LeafHashPrefix, version)
	b = text(b, a.ID)
	b = binary.BigEndian.AppendUint64(b, uint64(a.At))
	b = text(b, a.Kind)
	b = append(append(b, subject...), who...)
	sum := sha256.Sum256(b)
	return sum[:], nil
}

// Node is the hash of a node of the tree over those below it, which have 32 bytes
// each: that of RFC 6962 without what a hasher allocates.
func Node(left, right []byte) []byte {
	var room [1 + 2*sha256.Size]byte
	sum := sha256.Sum256(append(append(append(room[:0], rfc6962.RFC6962NodeHashPrefix), left...), right...))
	return sum[:]
}

// SubjectCommitment is what the leaf has of the subject.
func (a *Act) SubjectCommitment(salt []byte) ([]byte, error) {
	if len(salt) == sha256.Size {
		if a.Subject != "" {
			return nil, ErrRemains
		}
		return salt, nil
	}
	return commit(tagSubject, salt, func(b []byte) []byte { return text(b, a.Subject) })
}

// WhoCommitment is what the leaf has of who did it, in which context, and of
// what it said.
func (a *Act) WhoCommitment(salt []byte) ([]byte, error) {
	if len(salt) == sha256.Size {
		if a.Person != "" || a.Role != "" || a.Desk != "" || a.Channel != "" || a.Level != 0 || a.For != "" || a.Data != Nothing {
			return nil, ErrRemains
		}
		return salt, nil
	}
	return commit(tagWho, salt, func(b []byte) []byte {
		b = text(text(text(text(b, a.Person), a.Role), a.Desk), a.Channel)
		b = binary.BigEndian.AppendUint64(b, uint64(a.Level))
		return text(text(b, a.For), a.Data)
	})
}

func commit(tag byte, salt []byte, fill func([]byte) []byte) ([]byte, error) {
	if len(salt) != SaltSize {
		return nil, ErrSalt
	}
	var room [256]byte
	sum := sha256.Sum256(fill(append(append(room[:0], tag), salt...)))
	return sum[:], nil
}

// text appends the length of a text in bytes, as 32 bits, and the text.
func text(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// Is tells whether hash is the act's leaf.
func (a *Act) Is(hash []byte, s Salts) error {
	leaf, err := a.Leaf(s)
	if err == nil && !bytes.Equal(leaf, hash) {
		return errors.New("it is not what was sealed")
	}
	return err
}
