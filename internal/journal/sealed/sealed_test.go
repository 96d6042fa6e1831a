package sealed

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"pgregory.net/rapid"
)

var (
	testKey  = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32))
	otherKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{4}, 32))
)

func public(t testing.TB, origin string, key ed25519.PrivateKey) string {
	t.Helper()
	text, err := PublicKey(origin, key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var act = Act{
	ID: "01a20367-04b2-7c5a-abe0-75fa10399ff7", At: 1795353412786652, Kind: "booking.confirmed", Subject: "b", Person: "p",
	Role: "citizen", Desk: "d", Channel: "web", Level: 2, For: "f", Data: `{"rev":1}`,
}

func salts() Salts {
	return Salts{Subject: []byte("0123456789abcdef"), Who: []byte("fedcba9876543210")}
}

// The bytes of docs/journal.md, put together by hand.
func TestLeafIsAsDocumented(t *testing.T) {
	hash := func(parts ...string) []byte {
		sum := sha256.Sum256([]byte(strings.Join(parts, "")))
		return sum[:]
	}
	text := func(s string) string { return "\x00\x00\x00" + string(rune(len(s))) + s }
	subject := hash("s", "0123456789abcdef", text("b"))
	who := hash("w", "fedcba9876543210", text("p"), text("citizen"), text("d"), text("web"), "\x00\x00\x00\x00\x00\x00\x00\x02", text("f"), text(`{"rev":1}`))
	at := []byte{0, byte(act.At >> 48), byte(act.At >> 40), byte(act.At >> 32), byte(act.At >> 24), byte(act.At >> 16), byte(act.At >> 8), byte(act.At)}
	want := hash("\x00\x01", text(act.ID), string(at), text(act.Kind), string(subject), string(who))
	got, err := act.Leaf(salts())
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%x, want %x, %v", got, want, err)
	}
	// Forgotten: the same leaf from the commitments.
	gone := Act{ID: act.ID, At: act.At, Kind: act.Kind, Data: Nothing}
	if got, err := gone.Leaf(Salts{Subject: subject, Who: who}); err != nil || !bytes.Equal(got, want) {
		t.Errorf("forgotten: %x, %v", got, err)
	}
	if _, err := act.Leaf(Salts{Subject: subject, Who: who}); !errors.Is(err, ErrRemains) {
		t.Errorf("forgotten with something left: %v", err)
	}
	if _, err := act.Leaf(Salts{Subject: subject[:15], Who: who}); !errors.Is(err, ErrSalt) {
		t.Errorf("a short salt: %v", err)
	}
}

// Two acts that differ anywhere have different leaves, also where text moves
// from one field to the next.
func TestLeavesDiffer(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		short := rapid.StringMatching(`[ab]{0,2}`)
		draw := func(name string) Act {
			return Act{
				ID: short.Draw(r, name+"id"), Kind: short.Draw(r, name+"kind"), Subject: short.Draw(r, name+"subject"), Person: short.Draw(r, name+"person"),
				Role: short.Draw(r, name+"role"), Desk: short.Draw(r, name+"desk"), Channel: short.Draw(r, name+"channel"), For: short.Draw(r, name+"for"),
				Data: short.Draw(r, name+"data"), Level: int64(rapid.IntRange(0, 1).Draw(r, name+"level")), At: int64(rapid.IntRange(0, 1).Draw(r, name+"at")),
			}
		}
		a, b := draw("a"), draw("b")
		one, err1 := a.Leaf(salts())
		two, err2 := b.Leaf(salts())
		if err1 != nil || err2 != nil || bytes.Equal(one, two) != (a == b) {
			r.Fatalf("%+v and %+v: %x and %x, %v, %v", a, b, one, two, err1, err2)
		}
	})
}

// receipt is the receipt of the act in a log of two.
func receipt(t testing.TB, key ed25519.PrivateKey) Receipt {
	t.Helper()
	leaf, err := act.Leaf(salts())
	if err != nil {
		t.Fatal(err)
	}
	other := bytes.Repeat([]byte{9}, 32)
	note, err := Checkpoint{Origin: "polis/test", Size: 2, Root: rfc6962.DefaultHasher.HashChildren(leaf, other)}.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	return Receipt{Format: ReceiptFormat, Act: act, Salts: salts(), Proof: [][]byte{other}, Checkpoint: note, Key: public(t, "polis/test", key)}
}

func TestReceipt(t *testing.T) {
	good := receipt(t, testKey)
	data, err := json.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParseReceipt(data)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := read.Verify(public(t, "polis/test", otherKey), public(t, "polis/test", testKey)); err != nil || c.Size != 2 {
		t.Errorf("%+v, %v", c, err)
	}
	for name, change := range map[string]func(*Receipt){
		"person":     func(r *Receipt) { r.Act.Person = "x" },
		"time":       func(r *Receipt) { r.Act.At++ },
		"salt":       func(r *Receipt) { r.Salts.Who = bytes.Repeat([]byte{1}, 16) },
		"index":      func(r *Receipt) { r.Index = 1 },
		"far":        func(r *Receipt) { r.Index = 1 << 62 },
		"proof":      func(r *Receipt) { r.Proof = nil },
		"long proof": func(r *Receipt) { r.Proof = append(r.Proof, r.Proof[0]) },
		"no salt":    func(r *Receipt) { r.Salts = Salts{} },
		"forgotten": func(r *Receipt) {
			r.Salts.Who, _ = r.Act.WhoCommitment(r.Salts.Who)
			r.Act = Act{ID: act.ID, At: act.At, Kind: act.Kind, Subject: act.Subject, Data: Nothing}
		},
		"size":          func(r *Receipt) { r.Checkpoint = strings.Replace(r.Checkpoint, "\n2\n", "\n3\n", 1) },
		"its own key":   func(r *Receipt) { *r = receipt(t, otherKey) },
		"no checkpoint": func(r *Receipt) { r.Checkpoint = "" },
	} {
		bad := receipt(t, testKey)
		change(&bad)
		if _, err := bad.Verify(public(t, "polis/test", testKey)); err == nil {
			t.Errorf("%s changed, and it holds", name)
		}
	}
	if _, err := good.Verify(); err == nil {
		t.Error("it holds by no key at all")
	}
	for _, bad := range []string{"", "null", "[]", `{"format":"polis-receipt-2"}`, string(data) + "x", strings.Replace(string(data), `"proof":["`, `"proof":["AA==","`, 1), strings.Replace(string(data), `"index"`, `"indexes"`, 1), strings.Repeat(" ", MaxReceipt) + string(data)} {
		if _, err := ParseReceipt([]byte(bad)); !errors.Is(err, ErrReceipt) {
			t.Errorf("%.40q: %v", bad, err)
		}
	}
}

func TestCheckpoint(t *testing.T) {
	c := Checkpoint{Origin: "polis/test", Size: 7, Root: bytes.Repeat([]byte{1}, 32)}
	note, err := c.Sign(testKey)
	if err != nil {
		t.Fatal(err)
	}
	key := public(t, "polis/test", testKey)
	if got, err := Open(note, key); err != nil || got.Text() != c.Text() {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := Peek(note); err != nil || got.Text() != c.Text() {
		t.Errorf("%+v, %v", got, err)
	}
	elsewhere := c
	elsewhere.Origin = "polis/other"
	stolen, err := elsewhere.Sign(testKey)
	if err != nil {
		t.Fatal(err)
	}
	// A note of another log that is signed in the name of ours.
	for _, bad := range []string{
		"", "\n\n", stolen, strings.Replace(note, "polis/test\n", "polis/other\n", 1), strings.Replace(note, "\n7\n", "\n07\n", 1),
		strings.Replace(note, "\n7\n", "\n-7\n", 1), note + note, note[:len(note)-1], strings.Repeat("x", MaxNote+1),
	} {
		if _, err := Open(bad, key); err == nil {
			t.Errorf("%.60q holds", bad)
		}
	}
	if Fingerprint(key) != Fingerprint(key+"\n") || len(Fingerprint(key)) != 19 {
		t.Error(Fingerprint(key))
	}
}

// naive is the root of RFC 6962, as it stands there (§2.1).
func naive(leaves [][]byte) []byte {
	switch n := len(leaves); n {
	case 0:
		return rfc6962.DefaultHasher.EmptyRoot()
	case 1:
		return leaves[0]
	default:
		k := 1
		for 2*k < n {
			k *= 2
		}
		return rfc6962.DefaultHasher.HashChildren(naive(leaves[:k]), naive(leaves[k:]))
	}
}

// The library's trees are those of the RFC.
func TestRootsAreThoseOfTheRFC(t *testing.T) {
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	tree := factory.NewEmptyRange(0)
	var leaves [][]byte
	for i := range 300 {
		sum := sha256.Sum256([]byte{byte(i), byte(i >> 8)})
		leaves = append(leaves, sum[:])
		if err := tree.Append(sum[:], nil); err != nil {
			t.Fatal(err)
		}
		if root, err := tree.GetRootHash(nil); err != nil || !bytes.Equal(root, naive(leaves)) {
			t.Fatalf("%d leaves: %x, %v", i+1, root, err)
		}
	}
}

func FuzzReceipt(f *testing.F) {
	data, err := json.Marshal(receipt(f, testKey))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"format":"polis-receipt-1","index":18446744073709551615,"proof":[null]}`))
	key := public(f, "polis/test", testKey)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ParseReceipt(data)
		if err != nil {
			return
		}
		if _, err := r.Verify(key); err == nil && r.Act != act {
			t.Errorf("another act is proved: %+v", r.Act)
		}
	})
}

func FuzzCheckpoint(f *testing.F) {
	good, err := Checkpoint{Origin: "polis/test", Size: 7, Root: bytes.Repeat([]byte{1}, 32)}.Sign(testKey)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("a\n1\n\n\n")
	key := public(f, "polis/test", testKey)
	f.Fuzz(func(t *testing.T, text string) {
		peeked, err := Peek(text)
		opened, oerr := Open(text, key)
		if oerr == nil && (err != nil || opened.Text() != peeked.Text() || opened.Size != 7) {
			t.Errorf("opened %+v, %v; peeked %+v, %v", opened, oerr, peeked, err)
		}
	})
}
