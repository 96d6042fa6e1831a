package pass

import (
	"bytes"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// decode45Naively is the text of RFC 9285 §4.2, with numbers of any size.
func decode45Naively(t testing.TB, text string) (out []byte) {
	t.Helper()
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
	for i := 0; i < len(text); i += 3 {
		n, size := new(big.Int), 0
		for j := min(i+3, len(text)) - 1; j >= i; j-- {
			n.Mul(n, big.NewInt(45)).Add(n, big.NewInt(int64(strings.IndexByte(digits, text[j]))))
			size++
		}
		if size == 1 || n.BitLen() > 8*(size-1) {
			t.Fatalf("group %q", text[i:min(i+3, len(text))])
		}
		out = append(out, n.FillBytes(make([]byte, size-1))...)
	}
	return out
}

func TestBase45(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ plain, text string }{ // RFC 9285 §4.3 and §4.4
		{"", ""},
		{"AB", "BB8"},
		{"Hello!!", "%69 VD92EX0"},
		{"base-45", "UJCLQE7W581"},
		{"ietf!", "QED8WEX0"},
		{"\xff\xff", "FGW"},
		{"\xff", "U5"},
		{"\x00", "00"},
		{"\x00\x00", "000"},
	} {
		if got := encode45([]byte(c.plain)); got != c.text {
			t.Errorf("encode(%q) = %q, want %q", c.plain, got, c.text)
		}
		if got, err := decode45(c.text); err != nil || string(got) != c.plain {
			t.Errorf("decode(%q) = %q, %v, want %q", c.text, got, err, c.plain)
		}
	}
	for _, bad := range []string{
		"GGW", ":::", // over 65535
		"V5", "::", // over 255
		"A", "BB8A", // alone
		"bb8", "BB8é", "BB\x00", "BB\n", "B_8", "ÿÿ",
	} {
		if got, err := decode45(bad); err == nil {
			t.Errorf("decode(%q) = %q", bad, got)
		}
	}
}

func TestBase45RoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		text := encode45(data)
		got, err := decode45(text)
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%x -> %q -> %x, %v", data, text, got, err)
		}
		if strings.TrimRight(text, " ") != text {
			t.Fatalf("%q ends in a space", text)
		}
	})
}

// FuzzBase45: what is read is written again as it was.
func FuzzBase45(f *testing.F) {
	for _, seed := range []string{"", "BB8", "%69 VD92EX0", "GGW", "FGW", "U5", "bb8", ":::"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		data, err := decode45(text)
		if err != nil {
			return
		}
		if again := encode45(data); again != text {
			t.Fatalf("%q and %q are both %x", text, again, data)
		}
		if naive := decode45Naively(t, text); !bytes.Equal(naive, data) {
			t.Fatalf("%q is %x, want %x", text, data, naive)
		}
	})
}
