package pass

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/evanw/esbuild/pkg/api"

	"polis/internal/platform/web/webtest/browser"
)

// openReader opens a page with the pages' own reader of passes, web/src/pass.js.
func openReader(t *testing.T) *browser.Tab {
	t.Helper()
	const web = "../../web/"
	if _, err := os.Stat(web + "node_modules/cborg"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the npm packages are not installed")
		}
		t.Skip("SKIPPED: the npm packages are not installed")
	}
	built := api.Build(api.BuildOptions{
		EntryPoints: []string{web + "src/pass.js"}, Bundle: true, Format: api.FormatIIFE, GlobalName: "pass", Outdir: ".",
	})
	if len(built.Errors) > 0 {
		t.Fatal(built.Errors[0].Text)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<!doctype html><html lang="en"><title>passes</title><link rel="icon" href="data:,">`)
	}))
	t.Cleanup(srv.Close)
	tab := browser.Open(t)
	tab.Go(srv.URL)
	browser.Eval[bool](tab, string(built.OutputFiles[0].Contents)+";globalThis.pass = pass; true")
	return tab
}

// inBrowser is what the page says of some texts at an instant.
func inBrowser(t *testing.T, tab *browser.Tab, keys []ed25519.PublicKey, now time.Time, texts []string) []string {
	t.Helper()
	named := []string{}
	for _, key := range keys {
		named = append(named, base64.StdEncoding.EncodeToString(key))
	}
	list, err := json.Marshal([]any{named, texts, now.UnixMilli()})
	if err != nil {
		t.Fatal(err)
	}
	return browser.Eval[[]string](tab, fmt.Sprintf(`(async ([names, texts, now]) => {
		const keys = names.map((n) => Uint8Array.from(atob(n), (c) => c.charCodeAt(0)));
		const said = [];
		for (const text of texts) {
			const { state, id, holder, doors, places } = await pass.verify(keys, text, now);
			said.push([state, id, holder, doors?.join(), places?.join()].filter((v) => v !== undefined).join(" "));
		}
		return said;
	})(%s)`, list))
}

// said is the same in the words of Verify.
func said(keys []ed25519.PublicKey, now time.Time, text string) string {
	p, err := Verify(keys, text, now)
	state := "valid"
	switch {
	case errors.Is(err, ErrForm):
		return "form"
	case errors.Is(err, ErrUnknownKey):
		return "key"
	case errors.Is(err, ErrSignature):
		return "signature"
	case errors.Is(err, ErrNotYet):
		state = "early"
	case errors.Is(err, ErrExpired):
		state = "expired"
	}
	return strings.Join([]string{state, p.ID, p.Holder, strings.Join(p.Doors, ","), strings.Join(p.Places, ",")}, " ")
}

// The reader of the pages says of every text what Verify says.
func TestBrowserAgrees(t *testing.T) {
	t.Parallel()
	_, ours := testKey(0)
	other, otherPub := testKey(1)
	foreign, err := Sign(other, sample)
	if err != nil {
		t.Fatal(err)
	}
	accents := sample
	accents.Holder, accents.Places = "Zoë Ž.", []string{"Caffè ☕ 1"}
	names, texts := []string{"golden", "spaces around", "another key", "accents"}, []string{goldenText, " \r\n" + goldenText + "\n", foreign, sign(t, accents)}
	add := func(name, text string) { names, texts = append(names, name), append(texts, text) }
	for _, c := range envelopes() {
		add("envelope: "+c.name, c.f.text())
	}
	for name, payload := range badClaims() {
		add("claims: "+name, forge{payload: payload}.text())
	}
	for name, text := range badTexts() {
		add("text: "+name, text)
	}
	add("our key's id, another's signature", forge{key: other}.text())
	signed, err := decode45(strings.TrimPrefix(goldenText, Prefix))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(signed)*8; i += 7 {
		signed[i/8] ^= 1 << (i % 8)
		add(fmt.Sprintf("bit %d changed", i), Prefix+encode45(signed))
		signed[i/8] ^= 1 << (i % 8)
	}
	tab := openReader(t)
	for _, at := range []struct {
		keys []ed25519.PublicKey
		now  time.Time
	}{
		{[]ed25519.PublicKey{ours}, sample.NotBefore},
		{[]ed25519.PublicKey{otherPub, ours}, sample.NotBefore.Add(-time.Millisecond)},
		{[]ed25519.PublicKey{ours, otherPub}, sample.Expires},
		{nil, sample.NotBefore},
	} {
		for i, got := range inBrowser(t, tab, at.keys, at.now, texts) {
			if want := said(at.keys, at.now, texts[i]); got != want {
				t.Errorf("%s at %v: the page says %q, the program %q", names[i], at.now, got, want)
			}
		}
	}
}
