package programme_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
	"polis/internal/programme"
	"polis/internal/programme/account"
)

// newPages are the pages of an account, as anybody sees them.
func newPages(t *testing.T, front programme.Front) (*programme.Service, http.Handler) {
	t.Helper()
	s := newService(t, dbtest.SQLite(t))
	words := i18n.NewBundle()
	if err := words.Add(programme.Words); err != nil {
		t.Fatal(err)
	}
	ui, err := web.New(words, web.Config{Name: "Polis"})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	if err := programme.RegisterPages(mux, ui, s, front); err != nil {
		t.Fatal(err)
	}
	return s, web.Wrap(ui.Mux(mux), ui.Chain()...)
}

// On an empty machine each page is there, in both languages, with what the
// program knows by itself.
func TestPages(t *testing.T) {
	t.Parallel()
	_, h := newPages(t, programme.Front{
		Verified: func(*http.Request) ([]programme.Verified, error) {
			return []programme.Verified{{Target: "offices", Houses: 12, Href: "/programma/case"}}, nil
		},
		News: func(*http.Request, *i18n.Printer, int) ([]programme.NewsItem, error) {
			return []programme.NewsItem{{Day: "2024", Text: "Novità", Href: "/programma/scadenze"}}, nil
		},
		Followers: func(*http.Request) (int, error) { return 20, nil },
	})
	for _, c := range []struct{ path, it, en string }{
		{"/programma", "In ritardo", "Late"},
		{"/programma", "60 %", "60%"},
		{"/programma", "Ministero delle imprese e del made in Italy", "Ministry of Enterprises and Made in Italy"},
		{"/programma", "20 persone", "20 people"},
		{"/programma/scadenze", "Aggiudicazione gare appalto", "Award of the tenders"},
		{"/programma/scadenze?stato=late", "Collaudo interventi", "All 250 spaces"},
		{"/programma/scadenze?stato=to-start", "Nessuna scadenza", "No milestone"},
		{"/programma/quantita", "6.933", "6,933"},
		{"/programma/quantita/offices", "4.700", "4,700"},
		{"/programma/quantita/education", "Nessuna fonte dichiara", "No source declares"},
		{"/programma/fondi", "162.620.000", "162,620,000"},
		{"/programma/fondi", "J59J21014180008", "J59J21014180008"},
		{"/programma/fondi", "30.472.031", "30,472,031"},
		{"/programma/fondi", "42.347.133,10", "42,347,133.10"},
		{"/programma/fondi/gare", "Nessuna gara", "No tenders"},
		{"/programma/fondi/pagamenti?q=xyz", "Nessun pagamento", "No payments"},
	} {
		for lang, want := range map[string]string{"it": c.it, "en": c.en} {
			res, page := webtest.Get(t, h, c.path, "Accept-Language", lang)
			if text := page.One(t, "main").Text(); res.StatusCode != http.StatusOK || !strings.Contains(text, want) {
				t.Errorf("%s in %s: %d, no %q in %.600s", c.path, lang, res.StatusCode, want, text)
			}
		}
	}
	if res, _ := webtest.Get(t, h, "/programma/quantita/razzi"); res.StatusCode != http.StatusNotFound {
		t.Errorf("a target that there is not: %d", res.StatusCode)
	}
}

// The sums on the page are those of the rows; the list is sorted, narrowed and
// paged on the server.
func TestTenders(t *testing.T) {
	t.Parallel()
	s, h := newPages(t, programme.Front{})
	var rows []any
	var base, award, ours account.Cents
	for i := range 120 {
		x := account.Tender{
			CIG: fmt.Sprintf("CIG%04d", i), Line: []string{"sportello_unico", "spazi_per_litalia"}[i%2],
			Base: account.Cents(1_000_03 * (i*37%120 + 1)), Award: account.Cents(900_01 * i), Subject: fmt.Sprintf("Fornitura =%d <b>", i),
		}
		base, award = base+x.Base, award+x.Award
		if i%2 == 1 {
			ours += x.Base
		}
		rows = append(rows, x)
	}
	if _, err := s.Load(t.Context(), programme.Entry{Kind: kind(t, "tenders"), Rows: rows}); err != nil {
		t.Fatal(err)
	}
	p := i18n.NewBundle().Printer(i18n.IT, i18n.Rome)
	_, page := webtest.Get(t, h, "/programma/fondi", "Accept-Language", "it")
	for _, sum := range []account.Cents{base, award} {
		if text := page.One(t, "main").Text(); !strings.Contains(text, p.Euro(int64(sum))) {
			t.Errorf("no %s on the page of money", p.Euro(int64(sum)))
		}
	}
	column := func(path string, n int) (cells []string) {
		t.Helper()
		res, page := webtest.Get(t, h, path, "Accept-Language", "it")
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", path, res.StatusCode)
		}
		for _, row := range page.One(t, "tbody").All("tr") {
			cells = append(cells, row.All("td")[n].Text())
		}
		return cells
	}
	largest := account.Cents(1_000_03 * 120)
	if got := column("/programma/fondi/gare", 4); len(got) != 50 || got[0] != p.Euro(int64(largest)) {
		t.Errorf("the first page: %d rows, the first %q", len(got), got[0])
	}
	if got := column("/programma/fondi/gare?ordine=cig&pagina=3", 1); len(got) != 20 || got[0] != "CIG0100" || !slices.IsSorted(got) {
		t.Errorf("the last page by CIG: %v", got)
	}
	_, page = webtest.Get(t, h, "/programma/fondi/gare?linea=spazi_per_litalia", "Accept-Language", "it")
	if text := page.One(t, "h2").Text(); !strings.Contains(text, "60 gare") || !strings.Contains(text, p.Euro(int64(ours))) {
		t.Errorf("of one line: %q", text)
	}
	if got := column("/programma/fondi/gare?q=cig0007", 1); !slices.Equal(got, []string{"CIG0007"}) {
		t.Errorf("found: %v", got)
	}
	for _, query := range []string{"ordine=;DROP", "pagina=-1", "pagina=99999999999999999999", "q=%00", "q=" + strings.Repeat("x", 5000), "linea=zzz", "ordine=-cig&pagina=abc"} {
		if res, _ := webtest.Get(t, h, "/programma/fondi/gare?"+query); res.StatusCode >= 500 {
			t.Errorf("%s: %d", query, res.StatusCode)
		}
	}
}

// Readers may weigh the milestones themselves; what is no weight counts as the
// published one.
func TestOwnWeights(t *testing.T) {
	t.Parallel()
	_, h := newPages(t, programme.Front{})
	for _, c := range []struct {
		query url.Values
		want  string
	}{
		{nil, ""},
		{url.Values{"p239": {"1"}, "p240": {"0"}, "p241": {"0"}, "p242": {"0"}, "p243": {"0"}, "p244": {"0"}, "p245": {"0"}, "p246": {"0"}, "p247": {"0"}, "p248": {"0"}}, "100 %"},
		{url.Values{"p242": {"1000"}}, "1 %"},
		{url.Values{"p242": {"-5"}, "p243": {"x"}, "p244": {"9999999"}}, ""},
	} {
		res, page := webtest.Get(t, h, "/programma/scadenze?"+c.query.Encode(), "Accept-Language", "it")
		got := ""
		for _, big := range page.All(".polis-big") {
			got = big.All("strong")[0].Text()
		}
		if res.StatusCode != http.StatusOK || got != c.want {
			t.Errorf("%v: %d, %q, want %q", c.query, res.StatusCode, got, c.want)
		}
	}
}
