package demo

import "polis/internal/site"

// Desks stand face to face in benches of two rows, in groups of at most four
// columns with a way between them. All lengths are centimetres.
const (
	deskWidth, deskDepth = 140, 70
	aisle                = 100 // between groups, and to the walls beside them
	chairs               = 110 // behind a row, at least
	wide                 = 260 // a way so wide is room for one more
	together             = 4   // columns of a group
)

// benchRows is how many benches fit behind one another into a room so deep.
func benchRows(depth int) int { return max(1, (depth-chairs)/(2*deskDepth+chairs)) }

func benchColumns(n, depth int) int {
	perColumn := 2 * benchRows(depth)
	return (n + perColumn - 1) / perColumn
}

// benchWidth is the least width of a room so deep for n desks.
func benchWidth(n, depth int) int {
	columns := benchColumns(n, depth)
	groups := (columns + together - 1) / together
	return columns*deskWidth + (groups+1)*aisle
}

// benches places n desks in a room, column by column from the left.
func benches(r site.Rect, n int) []site.Rect {
	rows, columns := benchRows(r.H), benchColumns(n, r.H)
	groups := (columns + together - 1) / together
	gap := func() int { return (r.W - columns*deskWidth) / (groups + 1) }
	for gap() > wide && groups < columns {
		groups++
	}
	down := (r.H - rows*2*deskDepth) / (rows + 1)
	out := make([]site.Rect, 0, n)
	x, group := r.X+gap(), 0
	for c := range columns {
		if g := c * groups / columns; g > group {
			x, group = x+gap(), g
		}
		for row := range 2 * rows {
			if len(out) == n {
				return out
			}
			y := r.Y + (row/2+1)*down + row*deskDepth
			out = append(out, site.Rect{X: x, Y: y, W: deskWidth, H: deskDepth})
		}
		x += deskWidth
	}
	return out
}
