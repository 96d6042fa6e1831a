package pass

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
)

// testKey makes a key from a fixed seed: public knowledge, good for tests only.
func testKey(n byte) (ed25519.PrivateKey, ed25519.PublicKey) {
	seed := make([]byte, ed25519.SeedSize)
	for i := range seed {
		seed[i] = byte(i) + n
	}
	key := ed25519.NewKeyFromSeed(seed)
	return key, key.Public().(ed25519.PublicKey)
}

var sample = Pass{
	ID:        "01890a5d-ac96-774b-bcce-b302099a8057",
	Holder:    "M. R.",
	Doors:     []string{"site:GAVIRATE1"},
	Places:    []string{"A12", "Sala Nettuno"},
	NotBefore: time.Date(2026, 10, 5, 6, 45, 0, 0, time.UTC),
	Expires:   time.Date(2026, 10, 5, 16, 0, 0, 0, time.UTC),
	Issuer:    "polis.example",
}

// goldenText is sample signed with testKey(0). It must never change: passes
// like it are on paper.
const goldenText = "POLIS1:" +
	"RRQT 9P60GO00CK1SGZ GFV08CKOFC580S9EXVDBPEB$CBECP9ESYCD CI$5NHAFN0GMDELP1T0GMDE19R-0X80/D1$ LT3" +
	"F4*NGSMS915AG/E7V50*20F/D-ED*ZCG09*+A.HAITA2A6100100YLG*A8%G6FOAPVDZ347$CNWEB/D27B$P6CZ6*S05SDA" +
	"DKHB6LLT-FEBLU1+LO*H/2811HKO766T0GPO3E3NJ0XRR05*LLPXJCPC9M5 MCM6LBM1SB3GBOO*GHOV34J"

func TestWords(t *testing.T) {
	t.Parallel()
	b := i18n.NewBundle()
	if err := b.Add(Words); err != nil {
		t.Fatal(err)
	}
	for _, e := range []*errs.Error{ErrForm, ErrUnknownKey, ErrSignature, ErrNotYet, ErrExpired} {
		for _, lang := range i18n.Langs {
			if b.Words(lang)[e.Key].Other == "" {
				t.Errorf("%s: no words for %s", lang, e.Key)
			}
		}
	}
}

func sign(t *testing.T, p Pass) string {
	t.Helper()
	key, _ := testKey(0)
	text, err := Sign(key, p)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func verify(text string) (Pass, error) {
	_, pub := testKey(0)
	return Verify([]ed25519.PublicKey{pub}, text, sample.NotBefore)
}

func TestGolden(t *testing.T) {
	t.Parallel()
	if got := sign(t, sample); got != goldenText {
		t.Errorf("the format has changed: got\n%q", got)
	}
	got, err := verify(goldenText)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample, got); diff != "" {
		t.Error(diff)
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	_, pub := testKey(0)
	p := sample
	p.NotBefore = p.NotBefore.Add(999 * time.Millisecond) // cut off
	text := sign(t, p)
	for _, c := range []struct {
		now  time.Time
		want error
	}{
		{sample.NotBefore.Add(-time.Nanosecond), ErrNotYet},
		{sample.NotBefore, nil},
		{sample.Expires.Add(-time.Nanosecond), nil},
		{sample.Expires, ErrExpired},
		{time.Time{}, ErrNotYet},
		{time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), ErrExpired},
	} {
		got, err := Verify([]ed25519.PublicKey{pub}, text, c.now)
		if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
			t.Errorf("at %v: %v, want %v", c.now, err, c.want)
		}
		if diff := cmp.Diff(sample, got); diff != "" {
			t.Errorf("at %v: %s", c.now, diff)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	_, ours := testKey(0)
	other, otherPub := testKey(1)
	now := sample.NotBefore
	foreign, err := Sign(other, sample)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		keys []ed25519.PublicKey
		text string
		want error
	}{
		{"no keys", nil, goldenText, ErrUnknownKey},
		{"another key", []ed25519.PublicKey{ours}, foreign, ErrUnknownKey},
		{"both, first", []ed25519.PublicKey{ours, otherPub}, goldenText, nil},
		{"both, second", []ed25519.PublicKey{ours, otherPub}, foreign, nil},
		{"a key of no length", []ed25519.PublicKey{nil, {}, ours[:31]}, goldenText, ErrUnknownKey},
		{"our key's id, another's signature", []ed25519.PublicKey{ours, otherPub}, forge{key: other}.text(), ErrSignature},
	} {
		p, err := Verify(c.keys, c.text, now)
		if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if err != nil && !cmp.Equal(p, Pass{}) {
			t.Errorf("%s: a refused pass is shown", c.name)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	key, _ := testKey(0)
	for name, spoil := range map[string]func(*Pass){
		"no id":                func(p *Pass) { p.ID = "" },
		"id in capitals":       func(p *Pass) { p.ID = strings.ToUpper(p.ID) },
		"id with braces":       func(p *Pass) { p.ID = "{" + p.ID + "}" },
		"no holder":            func(p *Pass) { p.Holder = "" },
		"terminal escape":      func(p *Pass) { p.Holder = "M\x1b[2J" },
		"new line":             func(p *Pass) { p.Holder = "M\nvalid" },
		"text turned round":    func(p *Pass) { p.Holder = "M\u202e R" },
		"broken UTF-8":         func(p *Pass) { p.Doors = []string{"site:\xff"} },
		"NUL":                  func(p *Pass) { p.Places = []string{"A\x00"} },
		"empty door":           func(p *Pass) { p.Doors = []string{""} },
		"long place":           func(p *Pass) { p.Places = []string{strings.Repeat("A", maxName+1)} },
		"many places":          func(p *Pass) { p.Places = make([]string, maxList+1) },
		"more than a QR holds": func(p *Pass) { p.Places = long(maxList) },
		"no issuer":            func(p *Pass) { p.Issuer = "" },
		"no times":             func(p *Pass) { p.NotBefore, p.Expires = time.Time{}, time.Time{} },
		"never good":           func(p *Pass) { p.Expires = p.NotBefore.Add(999 * time.Millisecond) },
		"year 10000":           func(p *Pass) { p.Expires = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		p := sample
		spoil(&p)
		if text, err := Sign(key, p); err == nil {
			t.Errorf("%s: signed %q", name, text)
		}
	}
	if _, err := Sign(key[:32], sample); err == nil {
		t.Error("signed with half a key")
	}
}

func long(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = strings.Repeat("A", maxName)
	}
	return out
}

// badTexts are no passes at all.
func badTexts() map[string]string {
	body := strings.TrimPrefix(goldenText, Prefix)
	return map[string]string{
		"empty":            "",
		"prefix":           Prefix,
		"no prefix":        body,
		"another's prefix": "HC1:" + body,
		"a later version":  "POLIS2:" + body,
		"small letters":    strings.ToLower(goldenText),
		"small prefix":     "polis1:" + body,
		"prefix twice":     Prefix + goldenText,
		"a space inside":   Prefix + " " + body,
		"a line inside":    goldenText[:60] + "\n" + goldenText[60:],
		"a form feed":      goldenText + "\f",
		"NUL":              goldenText + "\x00",
		"one more":         goldenText + "0",
		"two more":         goldenText + "00",
		"a web address":    "https://polis.example/" + goldenText,
		"4 KB":             Prefix + strings.Repeat("0", maxText),
		"far too long":     goldenText + strings.Repeat(" ", maxText),
	}
}

func TestRefusesTexts(t *testing.T) {
	t.Parallel()
	for name, text := range badTexts() {
		if _, err := verify(text); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{goldenText + "\n", "\r\n\t " + goldenText + " \r\n"} {
		if _, err := verify(text); err != nil {
			t.Errorf("white space around: %v", err)
		}
	}
}

// Whatever is changed in a pass, it is no longer one: every bit of what is
// signed, every character of the text, every shorter text.
func TestTamper(t *testing.T) {
	t.Parallel()
	signed, err := decode45(strings.TrimPrefix(goldenText, Prefix))
	if err != nil {
		t.Fatal(err)
	}
	refused := func(text, format string, args ...any) {
		t.Helper()
		p, err := verify(text)
		if err == nil || !cmp.Equal(p, Pass{}) {
			t.Errorf("verifies with "+format, args...)
		}
		if k := errs.As(err).Kind; k != errs.Invalid && k != errs.Forbidden {
			t.Errorf(format+": kind %s", append(args, k)...)
		}
	}
	for i := range len(signed) * 8 {
		signed[i/8] ^= 1 << (i % 8)
		refused(Prefix+encode45(signed), "bit %d changed", i)
		signed[i/8] ^= 1 << (i % 8)
	}
	for i := range goldenText {
		refused(goldenText[:i], "%d characters", i)
		for shift := 1; shift < len(alphabet45); shift += 11 {
			at := strings.IndexByte(alphabet45, goldenText[i])
			other := alphabet45[(at+shift)%len(alphabet45)]
			refused(goldenText[:i]+string(other)+goldenText[i+1:], "%q at %d", other, i)
		}
	}
}

func passes() *rapid.Generator[Pass] {
	text := rapid.StringMatching(`[A-Za-z0-9àèìòùÄÖÜß:._-][ A-Za-z0-9àèìòùÄÖÜß:._-]{0,20}`)
	return rapid.Custom(func(t *rapid.T) Pass {
		from := rapid.Int64Range(0, maxTime-1).Draw(t, "from")
		id := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")
		p := Pass{
			ID:        fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]),
			Holder:    text.Draw(t, "holder"),
			Doors:     rapid.SliceOfN(text, 0, 5).Draw(t, "doors"),
			Places:    rapid.SliceOfN(text, 0, 5).Draw(t, "places"),
			NotBefore: time.Unix(from, 0).UTC(),
			Expires:   time.Unix(rapid.Int64Range(from+1, maxTime).Draw(t, "to"), 0).UTC(),
			Issuer:    text.Draw(t, "issuer"),
		}
		if len(p.Doors) == 0 {
			p.Doors = nil
		}
		if len(p.Places) == 0 {
			p.Places = nil
		}
		return p
	})
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	key, pub := testKey(0)
	rapid.Check(t, func(t *rapid.T) {
		p := passes().Draw(t, "pass")
		text, err := Sign(key, p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Verify([]ed25519.PublicKey{pub}, text, p.NotBefore)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// FuzzVerify: nothing panics, every error is one of ours, and a text that
// verifies is the one text of its pass.
func FuzzVerify(f *testing.F) {
	f.Add(goldenText)
	f.Add(" " + goldenText + "\n")
	f.Add(Prefix)
	f.Add(forge{protected: []byte{0xa0}}.text())
	f.Add(forge{payload: []byte{0xa1, 0x01, 0x60}}.text())
	key, _ := testKey(0)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := verify(text)
		if err != nil {
			if errs.As(err).Kind == errs.Internal {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := Sign(key, p)
		if err != nil || again != strings.TrimSpace(text) {
			t.Fatalf("%q verifies, but is signed as %q, %v", text, again, err)
		}
	})
}

// Whatever somebody is called, or a place: a pass can carry what Text makes of it.
func TestText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Maria R.": "Maria R.", "\u202eMaria R.": "Maria R.", "A\x00\n1": "A1", "\xff\u200b": "—", "": "—", " ": "—",
		strings.Repeat("è", 120): strings.Repeat("è", 64), strings.Repeat("𝔐", 40): strings.Repeat("𝔐", 32),
	} {
		if got := Text(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		p := sample
		p.Holder, p.Places = Text(rapid.String().Draw(r, "holder")), []string{Text(rapid.String().Draw(r, "place"))}
		sign(t, p)
	})
}
