package counter

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"time"

	"polis/internal/counter/catalog"
	"polis/internal/platform/db"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// usualWeeks is how many weeks back the usual wait looks; usualLeast how many people
// an hour must have had to say something of it.
const (
	usualWeeks = 8
	usualLeast = 5
)

var readWaits = db.Q("counter.waits", `
	SELECT taken, first_call FROM ticket WHERE office = $1 AND day >= $2 AND first_call > 0 AND due = 0 AND origin <> 'kiosk-alone'`)

// usual is how long people waited in an office at each hour of a day of the week.
type usual struct {
	Title   string
	Label   string
	Bars    []usualBar
	Width   int
	Table   *web.Table
	Minutes int // of the longest bar
}

type usualBar struct {
	X, Y, Height, Middle int
	Hour, Text           string
}

// hourWaits are the waits of an hour of the day.
type hourWaits [24][]time.Duration

// waitsOn are the waits of people without an appointment on a day of the week, by
// the hour in which they came.
func (s *Service) waitsOn(ctx context.Context, st *site.Site, now time.Time) (waits hourWaits, err error) {
	zone := s.Live.Network().Zone(st)
	today := s.today(st, now)
	return waits, db.Each(ctx, s.DB, readWaits, func(rows *sql.Rows) error {
		var taken, called int64
		if err := rows.Scan(&taken, &called); err != nil {
			return err
		}
		at := instant(taken).In(zone)
		if at.Weekday() == today.Weekday() {
			waits[at.Hour()] = append(waits[at.Hour()], time.Duration(called-taken)*time.Microsecond)
		}
		return nil
	}, st.ID, today.AddDays(-7*usualWeeks).String())
}

// The measures of the chart: it is as wide as its column, so that its words are as
// large as others.
const (
	usualWide = 576
	usualHigh = 90
	usualStep = 56
	usualBase = 110
)

// usually draws the waits of a day of the week on the page of an office, where
// enough is known.
func (h *pages) usually(ctx context.Context, page *officePage, p *i18n.Printer, st *site.Site, now time.Time) error {
	waits, err := h.waitsOn(ctx, st, now)
	if err != nil {
		return err
	}
	u := &usual{Title: p.T("counter.usual.title", "day", p.Weekday(h.today(st, now).Weekday())), Table: &web.Table{Columns: []web.Column{
		{Text: p.T("counter.usual.hour")},
		{Text: p.T("counter.usual.half"), Number: true},
		{Text: p.T("counter.usual.nine"), Number: true},
		{Text: p.T("counter.usual.people"), Number: true},
	}}}
	most := time.Minute
	for _, list := range waits {
		if slices.Sort(list); len(list) >= usualLeast {
			most = max(most, list[len(list)*9/10])
		}
	}
	for hour, list := range waits {
		if len(list) < usualLeast {
			continue
		}
		half, nine := list[len(list)/2], list[len(list)*9/10]
		height := max(int(nine*usualHigh/most), 1)
		x := len(u.Bars) * usualStep
		u.Bars = append(u.Bars, usualBar{
			X: x + 8, Y: usualBase - height, Height: height, Middle: x + usualStep/2, Hour: strconv.Itoa(hour), Text: strconv.Itoa(roundUp(nine)),
		})
		u.Table.Rows = append(u.Table.Rows, []web.Cell{
			{Text: strconv.Itoa(hour) + "–" + strconv.Itoa(hour+1)}, {Text: p.Number(roundUp(half))}, {Text: p.Number(roundUp(nine))}, {Text: p.Number(len(list))},
		})
	}
	if len(u.Bars) == 0 {
		return nil
	}
	u.Width = max(usualWide, len(u.Bars)*usualStep)
	u.Table.Caption = p.T("counter.usual.caption", "weeks", usualWeeks)
	u.Label = u.Title
	page.Usual = u
	return nil
}

// roundUp is a wait in whole minutes, never shorter than it was.
func roundUp(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }

// mustBring is what one brings for a service.
func mustBring(service, lang string) []string {
	sv, ok := catalog.Find(service)
	if !ok {
		return nil
	}
	return sv.In(lang).Bring
}
