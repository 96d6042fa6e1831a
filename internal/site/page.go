package site

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"math"
	"sort"
	"strings"

	"polis/internal/platform/errs"
)

// Page cuts a page out of hits of n: the first limit after a cursor ("" is the
// start). next is the cursor of the following page, "" at the end. A cursor
// holds the distance, name and id of the last site of its page, so it stays
// right when sites come and go. One that was not made here is Invalid.
func (n *Network) Page(hits []Hit, cursor string, limit int) (page []Hit, next string, err error) {
	from := 0
	if cursor != "" {
		last, err := parseMark(cursor)
		if err != nil {
			return nil, "", err
		}
		from = sort.Search(len(hits), func(i int) bool { return n.mark(hits[i]).compare(last) > 0 })
	}
	page = hits[from:min(len(hits), from+max(limit, 0))]
	if len(page) > 0 && from+len(page) < len(hits) {
		next = n.mark(page[len(page)-1]).String()
	}
	return page, next, nil
}

// mark is the place of a hit in the order of Sites.
type mark struct {
	km       float64
	name, id string
}

func (n *Network) mark(h Hit) mark { return mark{h.DistanceKm, n.house(h.Site.ID).name, h.Site.ID} }

func (m mark) compare(o mark) int {
	return cmp.Or(cmp.Compare(m.km, o.km), cmp.Compare(m.name, o.name), cmp.Compare(m.id, o.id))
}

func (m mark) String() string {
	text := binary.BigEndian.AppendUint64(nil, math.Float64bits(m.km))
	return base64.RawURLEncoding.EncodeToString(append(text, m.name+"\n"+m.id...))
}

func parseMark(cursor string) (mark, error) {
	bad := errs.New(errs.Invalid, "cursor.invalid", nil).On("cursor")
	if len(cursor) > 1000 {
		return mark{}, bad
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(text) < 8 {
		return mark{}, bad
	}
	m := mark{km: math.Float64frombits(binary.BigEndian.Uint64(text))}
	var ok bool
	if m.name, m.id, ok = strings.Cut(string(text[8:]), "\n"); !ok || !(m.km >= 0) {
		return mark{}, bad
	}
	return m, nil
}
