package works

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/territory"
)

// picture is a map of houses as a file of its own: the dots of one stage are one
// path, so that all houses of the country are a few elements. It says nothing in
// words, which stand beside it, and needs no style sheet.
type picture struct {
	box           territory.Box
	width, height int     // in pixels
	radius        float64 // of a mark, in pixels
	houses        []*House
}

// fine is how many steps of the marks' places a pixel has.
const fine = 2

// The colours are those of polis.css, where pictures cannot look.
const (
	sea     = "#f2f6fa"
	ground  = "#fff"
	shore   = "#8796a5"
	border  = "#c3ccd6"
	inkDark = "#17324d"
	danger  = "#b3002d"
)

// look is how the houses of a stage are drawn: each by another shape.
type look struct {
	stage Stage
	shape func(r int) string // what follows the middle of a mark; ends where it began
	style func(r int) string
}

func disc(int) string { return "h0" }

func round(color string) func(int) string {
	return func(r int) string {
		return fmt.Sprintf(`fill="none" stroke-linecap="round" stroke="%s" stroke-width="%d"`, color, 2*r)
	}
}

func filled(color, edge string) func(int) string {
	return func(int) string {
		return fmt.Sprintf(`fill="%s" stroke="%s" stroke-linejoin="round"`, color, edge)
	}
}

// looks are in the order in which they are drawn: what most houses are lies
// below.
var looks = []look{
	{Open, disc, round("#00703c")},
	{Unfiled, func(r int) string {
		return fmt.Sprintf("m%d %dl%d %dm0-%dl-%d %dm%d-%d", -r, -r, 2*r, 2*r, 2*r, 2*r, 2*r, r, r)
	}, func(int) string {
		return `fill="none" stroke="` + inkDark + `" stroke-width="2"`
	}},
	{Planned, disc, round("#0066cc")},
	{Design, func(r int) string {
		return fmt.Sprintf("m0-%dl%d %d-%d %d-%d-%dzm0 %d", r+1, r+1, r+1, r+1, r+1, r+1, r+1, r+1)
	}, filled("#5c6f82", "#fff")},
	{Building, func(r int) string { return fmt.Sprintf("m0-%dl%d %dh-%dzm0 %d", r+1, r+1, 2*r+1, 2*r+2, r+1) }, filled("#f5b73d", "#7a4d00")},
	{Testing, func(r int) string { return fmt.Sprintf("m-%d-%dh%dv%dh-%dzm%d %d", r, r, 2*r, 2*r, 2*r, r, r) }, filled("#0066cc", "#fff")},
}

// draw makes the picture.
func (d picture) draw(p *i18n.Printer) []byte {
	land := web.NewMap(p, web.MapOptions{Box: d.box, Width: d.width, Height: d.height})
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">`, d.width, d.height, d.width*fine, d.height*fine)
	fmt.Fprintf(&b, `<path fill="%s" d="M0 0h%dv%dH0z"/><g transform="scale(%d)" stroke-linejoin="round"><path fill="%s" stroke="%s" fill-rule="evenodd" d="%s"/><path fill="none" stroke="%s" d="%s"/></g>`,
		sea, d.width*fine, d.height*fine, fine, ground, shore, land.Land, border, land.Borders)
	r := max(1, int(math.Round(d.radius*fine)))
	at := territory.Project(d.box, float64(d.width*fine), float64(d.height*fine))
	for i, l := range looks {
		if i == 1 { // above what is open, below all else
			d.path(&b, at, disc(0), fmt.Sprintf(`fill="none" stroke-linecap="round" stroke="%s" stroke-width="%d"`, danger, 2*r+4), func(h *House) bool { return h.Late })
		}
		mine := func(h *House) bool { return h.Stage == l.stage }
		d.path(&b, at, l.shape(r), l.style(r), mine)
		if l.stage == Planned { // a ring
			d.path(&b, at, l.shape(r), round(ground)(max(1, r-1)), mine)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// path draws the marks of some houses as one element.
func (d picture) path(b *bytes.Buffer, at territory.Projection, shape, style string, mine func(*House) bool) {
	type point struct{ x, y int }
	var points []point
	for _, h := range d.houses {
		if mine(h) {
			x, y := at.XY(h.Lat, h.Lon)
			points = append(points, point{int(math.Round(x)), int(math.Round(y))})
		}
	}
	if len(points) == 0 {
		return
	}
	// Neighbours stand together, so that the steps are short.
	const band = 16
	slices.SortFunc(points, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.y/band, b.y/band), cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y))
	})
	points = slices.Compact(points)
	fmt.Fprintf(b, `<path %s d="M%d %d%s`, style, points[0].x, points[0].y, shape)
	var step []byte
	for i, q := range points[1:] {
		step = strconv.AppendInt(append(step[:0], 'm'), int64(q.x-points[i].x), 10)
		if q.y >= points[i].y {
			step = append(step, ' ')
		}
		b.Write(strconv.AppendInt(step, int64(q.y-points[i].y), 10))
		b.WriteString(shape)
	}
	b.WriteString(`"/>`)
}

// nearest is the house of the picture nearest to a pixel; nil where none is
// within reach of it.
func (d picture) nearest(x, y float64) *House {
	const reach = 40
	at := territory.Project(d.box, float64(d.width), float64(d.height))
	var found *House
	best := float64(reach * reach)
	for _, h := range d.houses {
		hx, hy := at.XY(h.Lat, h.Lon)
		if apart := (hx-x)*(hx-x) + (hy-y)*(hy-y); apart < best {
			found, best = h, apart
		}
	}
	return found
}
