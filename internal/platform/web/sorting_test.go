package web_test

import (
	"net/url"
	"testing"

	"polis/internal/platform/web"
)

func TestSort(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		asked string
		want  web.Sort
	}{
		{"", web.Sort{By: "amount", Down: true}},
		{"name", web.Sort{By: "name"}},
		{"-name", web.Sort{By: "name", Down: true}},
		{"amount", web.Sort{By: "amount"}},
		{"--name", web.Sort{By: "amount", Down: true}},
		{"name; DROP TABLE", web.Sort{By: "amount", Down: true}},
	} {
		at := &url.URL{Path: "/l", RawQuery: url.Values{"ordine": {c.asked}, "q": {"x"}, "pagina": {"3"}}.Encode()}
		s := web.SortOf(at, "-amount", "name")
		if s != c.want {
			t.Errorf("%q: %v, want %v", c.asked, s, c.want)
		}
	}
	at := &url.URL{Path: "/l", RawQuery: "ordine=name&pagina=3&q=x"}
	s := web.SortOf(at, "name", "amount")
	if c := s.Column(at, "name", "Nome", false); c.Sorted != "ascending" || c.Href != "/l?ordine=-name&q=x" {
		t.Errorf("the one that it is sorted by: %+v", c)
	}
	if c := s.Column(at, "amount", "Importo", true); c.Sorted != "" || c.Href != "/l?ordine=-amount&q=x" {
		t.Errorf("another: %+v", c)
	}
	if s.Way(1) != 1 || (web.Sort{Down: true}).Way(1) != -1 {
		t.Error("the way")
	}
}
