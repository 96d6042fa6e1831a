package figures

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/coworking"
	"polis/internal/identity"
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

// Row is a booking behind the figures, without its person and without what
// became of the visit.
type Row struct {
	Reference  string
	Site       *site.Site
	Kind       site.ResourceKind
	Starts     time.Time // on the clocks of the house, as Ends and Made
	Ends, Made time.Time
	Cancelled  bool
}

// Rows calls each for every booking behind the figures of a query, day by day
// in the order of their starts. Errors: as Figures.
func (s *Service) Rows(ctx context.Context, actor identity.Actor, q Query, each func(Row)) error {
	if _, err := s.check(actor, q); err != nil {
		return err
	}
	return s.db.Snapshot(ctx, func(tx *db.Tx) error {
		first, some, err := reserve.FirstOccupied(ctx, tx)
		if err != nil || !some {
			return err
		}
		o, err := s.offers(ctx, tx)
		if err != nil {
			return err
		}
		for n, to := max(numberOf(q.From), number(first)-1), numberOf(q.To); n <= to; n++ {
			d := &day{number: n, offers: o, only: q.Site}
			if err := d.starting(ctx, tx, func(b *reserve.Booking, zone *time.Location) {
				kind := site.ResourceKind(b.Parts[0].Kind)
				if st, err := o.net.Site(b.Parts[0].Site); err == nil && (q.Kind == "" || q.Kind == kind) {
					each(Row{reserve.Reference(b.ID), st, kind, b.Starts.In(zone), b.Ends.In(zone), b.Created.In(zone), b.Status == reserve.Cancelled})
				}
			}); err != nil {
				return err
			}
		}
		return nil
	})
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
		return h.rowsList(w, r, a)
	}
	figures, err := h.Figures(r.Context(), actor(r), a.Query)
	if err != nil {
		return err
	}
	tables := map[string]func(figureView) table{
		listHeat: figureView.heatList, listWeeks: figureView.weekList, listMissed: figureView.missedList,
		listRatings: figureView.ratingList, listHouses: figureView.houseTable,
		listLead:   func(v figureView) table { return v.groupList("figures.lead.", figures.Lead[:]) },
		listLength: func(v figureView) table { return v.groupList("figures.length.", figures.Length[:]) },
	}
	rowsOf, ok := tables[name]
	if !ok {
		return errs.New(errs.NotFound, "error.not_found", nil)
	}
	return h.ui.CSV(w, r, a.file(name), func(file io.Writer, style sheet.Style) error {
		t := rowsOf(figureView{Printer: h.ui.Printer(r), Figures: figures, style: style})
		out := sheet.NewWriter(file, style, t.columns...)
		for _, row := range t.rows {
			out.Row(row...)
		}
		return out.Close()
	})
}

// file is the name under which a list is kept: what it is of, and of which days.
func (a figureAsk) file(list string) string {
	house := "rete"
	if a.site != nil {
		house = a.site.Code
	}
	parts := []string{strings.TrimSuffix(list, ".csv"), house, string(a.Kind), a.From.String(), a.To.String()}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "-") + ".csv"
}

func (h *pages) rowsList(w http.ResponseWriter, r *http.Request, a figureAsk) error {
	p := h.ui.Printer(r)
	columns := []string{
		p.T("coworking.reference"), p.T("figures.code"), p.T("figures.house"), p.T("figures.kind"),
		p.T("figures.starts"), p.T("figures.ends"), p.T("figures.made-at"), p.T("figures.was-cancelled"),
	}
	const layout = "2006-01-02 15:04"
	return h.ui.CSV(w, r, a.file(listRows), func(file io.Writer, style sheet.Style) error {
		out := sheet.NewWriter(file, style, columns...)
		if err := h.Rows(r.Context(), actor(r), a.Query, func(b Row) {
			cancelled := ""
			if b.Cancelled {
				cancelled = p.T("figures.yes")
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
		v.T("figures.weekday"), v.T("figures.hour"), v.T("figures.taken-hours"), v.T("figures.open-hours"), v.T("figures.load-percent"),
	}
	for day := range 7 {
		for hour := range 24 {
			if load := v.Heat[day][hour]; load.Open > 0 {
				t.rows = append(t.rows, []string{
					v.Weekday(weekdayOf(day)), agenda.Clock(hour * 60).String(), v.hours(load.Taken), v.hours(load.Open), strconv.Itoa(load.Percent()),
				})
			}
		}
	}
	return t
}

func (v figureView) weekList() (t table) {
	t.columns = []string{v.T("figures.week"), v.T("figures.kept"), v.T("figures.cancelled")}
	for _, w := range v.Weeks {
		t.rows = append(t.rows, []string{w.Monday.String(), strconv.Itoa(w.Kept + w.NoShows), strconv.Itoa(w.Cancelled)})
	}
	return t
}

func (v figureView) groupList(name string, counts []int) (t table) {
	t.columns = []string{v.T("figures.group"), v.T("figures.bookings-made")}
	for i, n := range counts {
		t.rows = append(t.rows, []string{v.T(name + strconv.Itoa(i)), strconv.Itoa(n)})
	}
	return t
}

// fewer is a small count as it may be told.
func fewer(n int) string {
	if n > 0 && n < coworking.Fewest {
		return "<" + strconv.Itoa(coworking.Fewest)
	}
	return strconv.Itoa(n)
}

func (v figureView) missedList() (t table) {
	t.columns = []string{v.T("figures.code"), v.T("figures.house"), v.T("figures.visits"), v.T("figures.no-shows")}
	for _, h := range v.ByHouse {
		if h.Visits > 0 {
			t.rows = append(t.rows, []string{h.Site.Code, h.Site.Name, strconv.Itoa(h.Visits), fewer(h.NoShows)})
		}
	}
	t.rows = append(t.rows, []string{"", v.T("figures.total"), strconv.Itoa(v.Visits), fewer(v.NoShows)})
	return t
}

func (v figureView) ratingList() (t table) {
	t.columns = []string{v.T("figures.code"), v.T("figures.house"), v.T("figures.average"), v.T("figures.ratings")}
	add := func(code, name string, r Rating) {
		if r.Count > 0 {
			t.rows = append(t.rows, []string{code, name, v.style.Number(strconv.FormatFloat(r.Average, 'f', 1, 64)), v.countRange(r.Count)})
		}
	}
	for _, h := range v.ByHouse {
		add(h.Site.Code, h.Site.Name, h.Rating)
	}
	add("", v.T("figures.total"), v.Rating)
	return t
}
