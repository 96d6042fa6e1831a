package figures

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"polis/internal/coworking"
	"polis/internal/platform/web"
)

// missedView is how many visits were missed, in all and by house.
type missedView struct {
	Lead string
	Rows []houseRow // of the network
	More string     // how many more there are in the list
	List files
}

// ratedView is how visits were rated.
type ratedView struct {
	Lead string
	Rows []houseRow
	List files
}

// rankingView is the fullest and the emptiest houses.
type rankingView struct {
	Top, Bottom []houseRow
	Idle        string // how many had no booking at all
	List        files
}

// houseRow is a house in a table of figures.
type houseRow struct {
	web.Link
	Place         string
	Value, Detail string
	Width         int // of its strip, of 100
}

// housesRanked is how many houses each table shows.
const housesRanked = 8

func (v figureView) houseRow(h House) houseRow {
	return houseRow{Link: web.Link{Href: Root + v.kept("sede", h.Site.Code), Text: h.Site.Name}}
}

func (v figureView) missed() *missedView {
	if v.Visits == 0 {
		return nil
	}
	m := &missedView{List: v.files(listMissed), Lead: v.T("figures.missed.few", "n", coworking.Fewest, "count", v.Visits)}
	if v.NoShows == 0 || v.NoShows >= coworking.Fewest {
		m.Lead = v.T("figures.missed.lead", "n", v.NoShows, "count", v.Visits, "share", v.share(v.NoShows, v.Visits))
	}
	var list []House
	for _, h := range v.ByHouse {
		if h.NoShows >= coworking.Fewest {
			list = append(list, h)
		}
	}
	slices.SortStableFunc(list, func(a, b House) int { return cmp.Compare(b.NoShows*a.Visits, a.NoShows*b.Visits) })
	for i, h := range list {
		if i == housesRanked {
			m.More = v.T("figures.missed.more", "count", len(list)-i)
			break
		}
		row := v.houseRow(h)
		row.Value, row.Detail = v.share(h.NoShows, h.Visits), v.T("figures.missed.of", "n", h.NoShows, "count", h.Visits)
		row.Width = h.NoShows * 100 / h.Visits
		m.Rows = append(m.Rows, row)
	}
	return m
}

// average is a mean of scores with one decimal: "4,3".
func (v figureView) average(r Rating) string { return v.Number(math.Round(r.Average*10) / 10) }

// countRange is how many ratings there are, as a range: an exact number, seen
// again after one more, would tell what that one was.
func (v figureView) countRange(n int) string {
	bounds := []int{coworking.Fewest, 10, 20, 50, 100, 200, 500, 1000}
	for i := len(bounds) - 1; i >= 0; i-- {
		if n >= bounds[i] {
			if i == len(bounds)-1 {
				return v.T("figures.range-more", "from", bounds[i])
			}
			return v.T("figures.range", "from", bounds[i], "to", bounds[i+1]-1)
		}
	}
	return v.T("figures.few", "n", coworking.Fewest)
}

func (v figureView) rated() *ratedView {
	r := &ratedView{List: v.files(listRatings), Lead: v.T("figures.rating.few", "n", coworking.Fewest)}
	if v.Rating.Count == 0 {
		r.List = files{}
		return r
	}
	r.Lead = v.T("figures.rating.lead", "average", v.average(v.Rating), "range", v.countRange(v.Rating.Count))
	var list []House
	for _, h := range v.ByHouse {
		if h.Rating.Count > 0 {
			list = append(list, h)
		}
	}
	slices.SortStableFunc(list, func(a, b House) int { return cmp.Compare(b.Rating.Average, a.Rating.Average) })
	for _, h := range list[:min(len(list), housesRanked)] {
		row := v.houseRow(h)
		row.Value, row.Detail = v.average(h.Rating), v.countRange(h.Rating.Count)
		row.Width = int(h.Rating.Average * 100 / coworking.Highest)
		r.Rows = append(r.Rows, row)
	}
	return r
}

func (v figureView) ranking() *rankingView {
	var open []House
	idle := 0
	for _, h := range v.ByHouse {
		switch {
		case h.Load.Open > 0 && h.Bookings == 0:
			idle++
		case h.Load.Open > 0:
			open = append(open, h)
		}
	}
	if len(open) < 2 {
		return nil
	}
	r := &rankingView{List: v.files(listHouses)}
	if idle > 0 {
		r.Idle = v.T("figures.idle", "count", idle)
	}
	row := func(h House) houseRow {
		out := v.houseRow(h)
		out.Value, out.Width = v.percent(h.Load.Percent()), min(h.Load.Percent(), 100)
		out.Detail = v.T("figures.bookings", "count", h.Bookings)
		return out
	}
	n := min(housesRanked, (len(open)+1)/2)
	for _, h := range open[:n] {
		r.Top = append(r.Top, row(h))
	}
	for _, h := range slices.Backward(open[n:]) {
		if len(r.Bottom) < housesRanked {
			r.Bottom = append(r.Bottom, row(h))
		}
	}
	return r
}

// houseTable are all houses of the network with their figures, as a list.
func (v figureView) houseTable() table {
	t := table{columns: []string{
		v.T("figures.code"), v.T("figures.house"), v.T("figures.taken-hours"), v.T("figures.open-hours"),
		v.T("figures.load-percent"), v.T("figures.bookings-made"), v.T("figures.cancelled"),
	}}
	for _, h := range v.ByHouse {
		load := ""
		if n := h.Load.Percent(); n >= 0 {
			load = strconv.Itoa(n)
		}
		t.rows = append(t.rows, []string{
			h.Site.Code, h.Site.Name, v.hours(h.Load.Taken), v.hours(h.Load.Open), load, strconv.Itoa(h.Bookings), strconv.Itoa(h.Cancelled),
		})
	}
	return t
}

// hours is a number of quarter-hours as hours of a list: "12.25".
func (v figureView) hours(quarters int) string {
	return v.style.Number(strconv.FormatFloat(float64(quarters)/4, 'f', -1, 64))
}
