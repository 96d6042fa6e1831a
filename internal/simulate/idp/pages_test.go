package idp_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"polis/internal/platform/web/webtest"
	"polis/internal/simulate/idp"
)

// page asks for a page and reads it.
func (w *world) page(path, lang string) (*http.Response, *webtest.Node) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.issuer+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Accept-Language", lang)
	req.Header.Set("Accept", "text/html")
	res, err := w.browser.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res, webtest.Page(w.t, string(data))
}

// Every page is marked, lists everybody and every fault, and the form leads back.
func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, lang := range []string{"it", "en"} {
		for path, status := range map[string]int{"/": 200, "/authorize?" + plain().Encode(): 200, "/authorize?client_id=x": 400, "/logout": 200} {
			if res, root := w.page(path, lang); res.StatusCode != status || len(root.All(".polis-idp-mark")) != 1 {
				t.Errorf("%s in %s: %d, %d marks", path, lang, res.StatusCode, len(root.All(".polis-idp-mark")))
			}
		}
		q := plain()
		q.Set("acr_values", idp.ACR(2))
		res, root := w.page("/authorize?"+q.Encode(), lang)
		if got := len(root.All("button[name=persona]")); got != len(idp.People()) {
			t.Errorf("%d people", got)
		}
		if got := len(root.All("option")); got != len(idp.Faults)+1 {
			t.Errorf("%d faults", got)
		}
		if got := len(root.All("input[name=livello]")); got != 2 {
			t.Errorf("%d levels from the second", got)
		}
		if !strings.Contains(res.Header.Get("Content-Security-Policy"), "form-action 'self' https://rp.example.it;") {
			t.Errorf("the form may not lead back: %s", res.Header.Get("Content-Security-Policy"))
		}
	}
}

// The form leads back once, with a code; cancelled, with nr25.
func TestChoose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	send := func(change ...string) (*http.Response, url.Values) {
		_, root := w.page("/authorize?"+plain().Encode(), "it")
		form := webtest.Fields(root.One(t, "form[action=/demo/idp/authorize]"), change...)
		res, err := w.browser.PostForm(w.issuer+"/authorize", form)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res, form
	}
	res, form := send("persona", "vito", "livello", "3")
	to, err := res.Location()
	if err != nil || to.Query().Get("code") == "" || to.Query().Get("state") != "s" || to.Query().Get("iss") != w.issuer {
		t.Fatalf("%d, led to %v", res.StatusCode, to)
	}
	if again, err := w.browser.PostForm(w.issuer+"/authorize", form); err != nil || again.StatusCode != http.StatusNotFound {
		t.Errorf("the form again: %d, %v", again.StatusCode, err)
	}
	a := w.post("/token", url.Values{"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "code_verifier": {codeText}, "redirect_uri": {callback}}, generic, secret)
	if claims, _ := w.claims(a.json["id_token"].(string)); claims["acr"] != idp.ACR(3) {
		t.Errorf("level 3 was chosen: %v", claims["acr"])
	}
	res, _ = send("annulla", "1")
	if to, err = res.Location(); err != nil || to.Query().Get("error_description") != "ErrorCode nr25" {
		t.Errorf("cancelled, led to %v", to)
	}
}
