package web

import (
	"net/url"
	"strconv"

	"polis/internal/platform/i18n"
)

// The fields of an address that say which part of a long list is on show.
const (
	PageField  = "pagina" // a number, where all rows are at hand: RangeOf
	AfterField = "dopo"   // a cursor, where the rows are read one page at a time: Cut
)

// Pages leads through a long list; each href is empty where it leads nowhere.
type Pages struct {
	Text              string // "21–40 di 160"
	First, Prev, Next string
}

// Range is the part of a list that is on show: its rows From to To.
type Range struct {
	From, To, Total int
	Prev, Next      int // the pages beside it; 0 where there is none
}

// RangeOf is the page that is asked for of total rows: the last where it asks
// for a later one, the first where it is no number.
func RangeOf(asked string, total, size int) Range {
	number, err := strconv.Atoi(asked)
	if err != nil {
		number = 1
	}
	last := max(1, (total+size-1)/size)
	number = min(max(number, 1), last)
	r := Range{From: (number - 1) * size, To: min(number*size, total), Total: total, Prev: number - 1}
	if number < last {
		r.Next = number + 1
	}
	return r
}

// Text says which rows are on show; "" where all of them are.
func (r Range) Text(p *i18n.Printer) string {
	if r.Prev == 0 && r.Next == 0 {
		return ""
	}
	return p.T("web.pages.rows", "from", r.From+1, "to", r.To, "total", r.Total)
}

// Links leads from this page of the list at an address to those beside it;
// everything else in the address, such as filters, stays.
func (r Range) Links(p *i18n.Printer, at *url.URL) Pages {
	out := Pages{Text: r.Text(p)}
	if r.Prev > 0 {
		out.Prev = paged(at, PageField, strconv.Itoa(r.Prev))
	}
	if r.Next > 0 {
		out.Next = paged(at, PageField, strconv.Itoa(r.Next))
	}
	return out
}

// Cut takes a page off rows of which one more than its size was asked for; next
// is the cursor of the page after it, made of its last row, "" where it is the
// last page.
func Cut[T any](rows []T, size int, cursor func(T) string) (page []T, next string) {
	if len(rows) <= size {
		return rows, ""
	}
	return rows[:size], cursor(rows[size-1])
}

// PagesAfter leads from the page at an address back to the first one, and on to the
// one after the cursor next; everything else in the address stays.
func PagesAfter(at *url.URL, next string) (out Pages) {
	if at.Query().Get(AfterField) != "" {
		out.First = paged(at, AfterField, "")
	}
	if next != "" {
		out.Next = paged(at, AfterField, next)
	}
	return out
}

// paged is an address that shows another part of its list.
func paged(at *url.URL, field, value string) string {
	q := at.Query()
	q.Del(field)
	if value != "" {
		q.Set(field, value)
	}
	to := url.URL{Path: at.Path, RawPath: at.RawPath, RawQuery: q.Encode()}
	return to.String()
}
