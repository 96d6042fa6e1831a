package app

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"polis/internal/platform/web/webtest"
)

// A form that Carla opened for herself is not sent for the company to which she
// turned in another window, nor the other way round.
func TestAFormIsNotSentForSomebodyElse(t *testing.T) {
	m := newMatrix(t)
	carla := m.as("carla")
	report := func() url.Values {
		form := webtest.Page(t, m.text(carla, "/segnala")).One(t, "main").One(t, "form[method=post]")
		fields := url.Values{"tema": {"altro"}, "testo": {"Qualcosa non va per niente."}}
		for _, input := range form.All("input[type=hidden]") {
			fields.Set(input.Attr["name"], input.Attr["value"])
		}
		return fields
	}
	turn := func(path string, form url.Values) {
		t.Helper()
		res := m.send(carla, "POST", path, form)
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %d", path, res.StatusCode)
		}
		for _, c := range res.Cookies() {
			if strings.Contains(c.Name, "session") {
				carla = c.Name + "=" + c.Value
			}
		}
	}
	who, err := m.p.grants.Acting(t.Context(), m.person("carla"))
	if err != nil {
		t.Fatal(err)
	}
	mine, err := m.p.parties.Mine(t.Context(), who)
	if err != nil || len(mine) != 1 {
		t.Fatal(mine, err)
	}
	own := report()
	turn("/deleghe/organizzazione", url.Values{"organizzazione": {mine[0].ID}})
	if res := m.send(carla, "POST", "/segnala", own); res.StatusCode != http.StatusConflict {
		t.Errorf("a form of her own is sent for the company: %d", res.StatusCode)
	}
	company := report()
	if res := m.send(carla, "POST", "/segnala", company); res.StatusCode != http.StatusSeeOther {
		t.Errorf("a form for the company: %d", res.StatusCode)
	}
	turn("/deleghe/torna", nil)
	if res := m.send(carla, "POST", "/segnala", company); res.StatusCode != http.StatusConflict {
		t.Errorf("a form for the company is sent for herself: %d", res.StatusCode)
	}
	if res := m.send(carla, "POST", "/segnala", own); res.StatusCode != http.StatusSeeOther {
		t.Errorf("once she acts for herself again: %d", res.StatusCode)
	}
}

// text is a page as somebody gets it.
func (m *matrix) text(cookie, path string) string {
	m.t.Helper()
	body, err := io.ReadAll(m.send(cookie, "GET", path, nil).Body)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(body)
}
