package web_test

import (
	"net/url"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"polis/internal/platform/web"
)

// Whatever is asked for, a page has rows of the list, no more than its size, and
// the pages one after the other have each row once.
func TestRangeOf(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string]web.Range{
		"": {From: 0, To: 10, Total: 25, Next: 2}, "1": {From: 0, To: 10, Total: 25, Next: 2}, "2": {From: 10, To: 20, Total: 25, Prev: 1, Next: 3},
		"3": {From: 20, To: 25, Total: 25, Prev: 2}, "99": {From: 20, To: 25, Total: 25, Prev: 2}, "0": {From: 0, To: 10, Total: 25, Next: 2},
		"-3": {From: 0, To: 10, Total: 25, Next: 2}, "x": {From: 0, To: 10, Total: 25, Next: 2}, "99999999999999999999": {From: 0, To: 10, Total: 25, Next: 2},
	} {
		if got := web.RangeOf(asked, 25, 10); got != want {
			t.Errorf("page %q: %+v, want %+v", asked, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		total, size := rapid.IntRange(0, 500).Draw(t, "total"), rapid.IntRange(1, 60).Draw(t, "size")
		row := 0
		for number := 1; number > 0; {
			r := web.RangeOf(strconv.Itoa(number), total, size)
			if r.From != row || r.To > total || r.To-r.From > size || total > 0 && r.To == r.From || r.Prev != number-1 {
				t.Fatalf("page %d of %d by %d: %+v after row %d", number, total, size, r, row)
			}
			row, number = r.To, r.Next
		}
		if row != total {
			t.Fatalf("%d rows of %d", row, total)
		}
	})
}

func TestPagesKeepTheAddress(t *testing.T) {
	t.Parallel()
	at, _ := url.Parse("http://x/sedi/a%2Fb?q=Gavirate+(VA)&pagina=2&stato=open&stato=works")
	p := mapPrinter(t)
	want := web.Pages{
		Text: "11–20 di 25",
		Prev: "/sedi/a%2Fb?pagina=1&q=Gavirate+%28VA%29&stato=open&stato=works", Next: "/sedi/a%2Fb?pagina=3&q=Gavirate+%28VA%29&stato=open&stato=works",
	}
	if got := web.RangeOf("2", 25, 10).Links(p, at); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := web.RangeOf("", 10, 10).Links(p, at); got != (web.Pages{}) {
		t.Errorf("a list of one page: %+v", got)
	}
	at, _ = url.Parse("/persone?ruolo=gestore&dopo=a")
	if got, want := web.PagesAfter(at, "b&c"), (web.Pages{First: "/persone?ruolo=gestore", Next: "/persone?dopo=b%26c&ruolo=gestore"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	at, _ = url.Parse("/persone?dopo=a")
	if got, want := web.PagesAfter(at, ""), (web.Pages{First: "/persone"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rows, shown, next string }{{"", "", ""}, {"ab", "ab", ""}, {"abc", "abc", ""}, {"abcd", "abc", "c"}} {
		shown, next := web.Cut([]rune(c.rows), 3, func(r rune) string { return string(r) })
		if string(shown) != c.shown || next != c.next {
			t.Errorf("%q: %q, then %q; want %q, then %q", c.rows, string(shown), next, c.shown, c.next)
		}
	}
}
