package sealed

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Checkpoint is the state of a log: what its tree of Size leaves comes to. It is
// published as a signed note in the form tlog-checkpoint (c2sp.org), which other
// programs know.
type Checkpoint struct {
	Origin string // names the log, and the key that signs it
	Size   uint64
	Root   []byte // 32 bytes
}

// MaxNote is the longest note that is looked at, in bytes.
const MaxNote = 16 << 10

// ErrCheckpoint says that a text is not a checkpoint.
var ErrCheckpoint = errors.New("this is not the checkpoint of a log")

// Text is what is signed.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatUint(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root) + "\n"
}

// Sign is the checkpoint as a signed note.
func (c Checkpoint) Sign(key ed25519.PrivateKey) (string, error) {
	public, err := PublicKey(c.Origin, key.Public().(ed25519.PublicKey))
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(public, "+")
	hash, _, _ := strings.Cut(rest, "+")
	const ed25519Key = 1
	seed := append([]byte{ed25519Key}, key.Seed()...)
	signer, err := note.NewSigner("PRIVATE+KEY+" + c.Origin + "+" + hash + "+" + base64.StdEncoding.EncodeToString(seed))
	if err != nil {
		return "", err
	}
	text, err := note.Sign(&note.Note{Text: c.Text()}, signer)
	return string(text), err
}

// PublicKey is a public key of a log as text: name, hash and key.
func PublicKey(origin string, key ed25519.PublicKey) (string, error) {
	return note.NewEd25519VerifierKey(origin, key)
}

// Open reads a checkpoint whose signature holds by one of some public keys (as
// PublicKey gives them). The key must be that of the log which it names.
func Open(text string, keys ...string) (Checkpoint, error) {
	if len(text) > MaxNote {
		return Checkpoint{}, ErrCheckpoint
	}
	verifiers := make([]note.Verifier, 0, len(keys))
	for _, k := range keys {
		v, err := note.NewVerifier(strings.TrimSpace(k))
		if err != nil {
			return Checkpoint{}, fmt.Errorf("public key: %w", err)
		}
		verifiers = append(verifiers, v)
	}
	n, err := note.Open([]byte(text), note.VerifierList(verifiers...))
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := parse(n.Text)
	if err == nil && n.Sigs[0].Name != c.Origin {
		return Checkpoint{}, fmt.Errorf("%w: signed by %q", ErrCheckpoint, n.Sigs[0].Name)
	}
	return c, err
}

// Peek reads a checkpoint whose signature nobody has looked at: only to know
// which key to ask for.
func Peek(text string) (Checkpoint, error) {
	body, _, ok := strings.Cut(text, "\n\n")
	if !ok || len(text) > MaxNote {
		return Checkpoint{}, ErrCheckpoint
	}
	return parse(body + "\n")
}

// parse reads the text of a checkpoint; lines behind the third are extensions,
// which say nothing to us.
func parse(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] == "" {
		return c, ErrCheckpoint
	}
	c.Origin = lines[0]
	if c.Size, err = strconv.ParseUint(lines[1], 10, 63); err != nil || strconv.FormatUint(c.Size, 10) != lines[1] {
		return Checkpoint{}, ErrCheckpoint
	}
	if c.Root, err = base64.StdEncoding.Strict().DecodeString(lines[2]); err != nil || len(c.Root) != sha256.Size {
		return Checkpoint{}, ErrCheckpoint
	}
	return c, nil
}

// Fingerprint is a short form of a public key for people to compare: the first
// eight bytes of its hash in four groups.
func Fingerprint(public string) string {
	sum := sha256.Sum256([]byte(strings.TrimSpace(public)))
	var b strings.Builder
	for i := range 4 {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%04x", binary.BigEndian.Uint16(sum[2*i:]))
	}
	return b.String()
}
