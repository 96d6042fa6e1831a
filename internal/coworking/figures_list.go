package coworking

import (
	"context"
	"database/sql"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/web/form"
	"polis/internal/reserve"
	"polis/internal/sheet"
	"polis/internal/site"
)

// The tables of the figures as lists for a spreadsheet.
const (
	listHeat    = "occupazione.csv"
	listWeeks   = "settimane.csv"
	listLead    = "anticipo.csv"
	listLength  = "durata.csv"
	listMissed  = "assenze.csv"
	listRatings = "voti.csv"
	listHouses  = "sedi.csv"
	listRows    = "righe.csv" // the bookings themselves
)

// table is one of them.
type table struct {
	columns []string
	rows    [][]string
}

// FigureRow is a booking behind the figures, without its person and without what
// became of the visit.
type FigureRow struct {
	Reference  string
	Site       *site.Site
	Kind       site.ResourceKind
	Starts     time.Time // on the clocks of the house, as Ends and Made
	Ends, Made time.Time
	Cancelled  bool
}

var figureRows = db.Q("coworking.figures-rows", `
	SELECT id, `+figureSite+`, SUBSTR(parts, 57, 20), starts, ends, created, status `+figureWhere+` ORDER BY starts, id`)

// FigureRows calls each for every booking behind the figures of a query, in the
// order of their starts. Errors: as Figures.
func (s *Service) FigureRows(ctx context.Context, actor identity.Actor, q FigureQuery, each func(FigureRow)) error {
	zone, err := s.figureZone(actor, q)
	if err != nil {
		return err
	}
	net := s.live.Network()
	from, until := startOf(q.From, zone), startOf(q.To.AddDays(1), zone)
	return db.Each(ctx, s.db, figureRows, func(rows *sql.Rows) error {
		var id, house, kind string
		var status reserve.Status
		var starts, ends, made int64
		if err := rows.Scan(&id, &house, &kind, &starts, &ends, &made, &status); err != nil {
			return err
		}
		st, err := net.Site(house)
		if err != nil {
			return nil // the house is gone
		}
		kind, _, _ = strings.Cut(kind, `"`)
		at := func(us int64) time.Time { return clock.FromMicros(us).In(net.Zone(st)) }
		each(FigureRow{
			Reference: reserve.Reference(id), Site: st, Kind: site.ResourceKind(kind),
			Starts: at(starts), Ends: at(ends), Made: at(made), Cancelled: status == reserve.Cancelled,
		})
		return nil
	}, clock.Micros(from), clock.Micros(until), string(q.Kind), q.Site)
}

// figureList answers with one of the tables of the page of the same query.
func (h *pages) figureList(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	a, _, err := h.askFigures(r, f)
	if err != nil {
		return err
	}
	if err := f.Err(); err != nil {
		return err
	}
	name := r.PathValue("table")
	if name == listRows {
		return h.rowsList(w, r, a.FigureQuery)
	}
	figures, err := h.Figures(r.Context(), actor(r), a.FigureQuery)
	if err != nil {
		return err
	}
	v := figureView{Printer: h.ui.Printer(r), Figures: figures}
	tables := map[string]func() table{
		listHeat: v.heatList, listWeeks: v.weekList, listMissed: v.missedList, listRatings: v.ratingList, listHouses: v.houseTable,
		listLead:   func() table { return v.groupList("coworking.figures.lead.", figures.Lead[:]) },
		listLength: func() table { return v.groupList("coworking.figures.length.", figures.Length[:]) },
	}
	make, ok := tables[name]
	if !ok {
		return errs.New(errs.NotFound, "error.not_found", nil)
	}
	t := make()
	return h.ui.CSV(w, r, name, func(file io.Writer) error {
		out := sheet.NewWriter(file, t.columns...)
		for _, row := range t.rows {
			out.Row(row...)
		}
		return out.Close()
	})
}

func (h *pages) rowsList(w http.ResponseWriter, r *http.Request, q FigureQuery) error {
	p := h.ui.Printer(r)
	columns := []string{
		p.T("coworking.reference"), p.T("coworking.figures.code"), p.T("coworking.figures.house"), p.T("coworking.figures.kind"),
		p.T("coworking.figures.starts"), p.T("coworking.figures.ends"), p.T("coworking.figures.made-at"), p.T("coworking.figures.was-cancelled"),
	}
	const layout = "2006-01-02 15:04"
	return h.ui.CSV(w, r, listRows, func(file io.Writer) error {
		out := sheet.NewWriter(file, columns...)
		if err := h.FigureRows(r.Context(), actor(r), q, func(b FigureRow) {
			cancelled := ""
			if b.Cancelled {
				cancelled = p.T("coworking.figures.yes")
			}
			out.Row(b.Reference, b.Site.Code, b.Site.Name, p.T("coworking.kind."+string(b.Kind)), b.Starts.Format(layout), b.Ends.Format(layout), b.Made.Format(layout), cancelled)
		}); err != nil {
			return err
		}
		return out.Close()
	})
}

func (v figureView) heatList() (t table) {
	t.columns = []string{
		v.T("coworking.figures.weekday"), v.T("coworking.figures.hour"), v.T("coworking.figures.taken-hours"), v.T("coworking.figures.open-hours"), v.T("coworking.figures.load-percent"),
	}
	for day := range 7 {
		for hour := range 24 {
			if load := v.Heat[day][hour]; load.Open > 0 {
				t.rows = append(t.rows, []string{
					v.Weekday(weekdayOf(day)), agenda.Clock(hour * 60).String(), quarters(load.Taken), quarters(load.Open), strconv.Itoa(load.Percent()),
				})
			}
		}
	}
	return t
}

func (v figureView) weekList() (t table) {
	t.columns = []string{v.T("coworking.figures.week"), v.T("coworking.figures.kept"), v.T("coworking.figures.cancelled")}
	for _, w := range v.Weeks {
		t.rows = append(t.rows, []string{w.Monday.String(), strconv.Itoa(w.Kept + w.NoShows), strconv.Itoa(w.Cancelled)})
	}
	return t
}

func (v figureView) groupList(name string, counts []int) (t table) {
	t.columns = []string{v.T("coworking.figures.group"), v.T("coworking.figures.bookings-made")}
	for i, n := range counts {
		t.rows = append(t.rows, []string{v.T(name + strconv.Itoa(i)), strconv.Itoa(n)})
	}
	return t
}

// fewer is a small count as it may be told.
func fewer(n int) string {
	if n > 0 && n < fewest {
		return "<" + strconv.Itoa(fewest)
	}
	return strconv.Itoa(n)
}

func (v figureView) missedList() (t table) {
	t.columns = []string{v.T("coworking.figures.code"), v.T("coworking.figures.house"), v.T("coworking.figures.visits"), v.T("coworking.figures.no-shows")}
	for _, h := range v.ByHouse {
		if h.Visits > 0 {
			t.rows = append(t.rows, []string{h.Site.Code, h.Site.Name, strconv.Itoa(h.Visits), fewer(h.NoShows)})
		}
	}
	t.rows = append(t.rows, []string{"", v.T("coworking.figures.total"), strconv.Itoa(v.Visits), fewer(v.NoShows)})
	return t
}

func (v figureView) ratingList() (t table) {
	t.columns = []string{v.T("coworking.figures.code"), v.T("coworking.figures.house"), v.T("coworking.figures.average"), v.T("coworking.figures.ratings")}
	add := func(code, name string, r RatingFigures) {
		if r.Count > 0 {
			t.rows = append(t.rows, []string{code, name, strconv.FormatFloat(r.Average, 'f', 1, 64), v.countRange(r.Count)})
		}
	}
	for _, h := range v.ByHouse {
		add(h.Site.Code, h.Site.Name, h.Rating)
	}
	add("", v.T("coworking.figures.total"), v.Rating)
	return t
}
