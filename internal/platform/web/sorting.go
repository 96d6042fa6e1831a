package web

import (
	"net/url"
	"slices"
	"strings"
)

// SortField is the field of an address that says how a list is sorted: the name
// of a column, with a minus before it for downwards.
const SortField = "ordine"

// Sort is how a list is sorted.
type Sort struct {
	By   string // name of the column
	Down bool
}

// SortOf is how a list is to be sorted after an address: by one of some columns,
// else by the first; "-name" as the first is downwards.
func SortOf(at *url.URL, columns ...string) Sort {
	asked := at.Query().Get(SortField)
	if !slices.Contains(columns, asked) && !slices.Contains(columns, strings.TrimPrefix(asked, "-")) && !slices.Contains(columns, "-"+asked) {
		asked = columns[0]
	}
	name, down := strings.CutPrefix(asked, "-")
	return Sort{name, down}
}

// Way turns a comparison round where the list is sorted downwards.
func (s Sort) Way(compared int) int {
	if s.Down {
		return -compared
	}
	return compared
}

// Column is the head of a column by which the list at an address can be sorted.
// Its link sorts by it, upwards first, or downwards first where it holds numbers;
// a list that is sorted by it already is turned round. The rest of the address
// stays, but for the page.
func (s Sort) Column(at *url.URL, name, text string, number bool) Column {
	c := Column{Text: text, Number: number}
	down := number
	if s.By == name {
		down = !s.Down
		c.Sorted = map[bool]string{false: "ascending", true: "descending"}[s.Down]
	}
	q := at.Query()
	q.Del(PageField)
	q.Del(AfterField)
	q.Set(SortField, map[bool]string{false: "", true: "-"}[down]+name)
	c.Href = (&url.URL{Path: at.Path, RawPath: at.RawPath, RawQuery: q.Encode()}).String()
	return c
}
