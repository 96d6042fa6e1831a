package coworking

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// weekPage is a place over a week: a table where there is room for one, else a
// list for each day.
type weekPage struct {
	web.Head
	Place      string // "D-014"
	House      web.Link
	Facts      []web.Fact
	Caption    string
	Prev, Next string // hrefs; empty at the ends of what can be booked
	Made       bool
	Adding     *adding
	State      *web.State // unless the house is open
	Days       []weekDay
	Rows       []weekRow
	Legend     []web.State
	Report     string // href
}

func (weekPage) Template() string { return "coworking/week" }

// weekDay is a day of the week, with its times for the list.
type weekDay struct {
	Name  string // "lunedì 23"
	Today bool
	Times []weekTime
}

// weekTime is a time over which the place stands the same.
type weekTime struct {
	State string // as in web.State; "" where the house is not open
	Word  string
	Time  string // "09:00–13:00"
	Href  string // to book it
}

// weekRow is a quarter-hour of the table: only the times that begin in it have
// a cell here.
type weekRow struct {
	Hour  string // "09:00", where a row of hours begins
	Span  int    // rows of that hour
	Cells []weekCell
}

type weekCell struct {
	weekTime
	Today bool
	Span  int // rows
}

// PlacePath is the page of a place.
func PlacePath(house, place string) string {
	return "/spazi/" + url.PathEscape(house) + "/posti/" + url.PathEscape(place)
}

// weekPath is the page of a place in the week of a time.
func weekPath(st *site.Site, r *site.Resource, at time.Time, to *adding) string {
	q := url.Values{"settimana": {agenda.DateOf(at).String()}}
	to.carry(q)
	return PlacePath(st.Code, r.Code) + "?" + q.Encode()
}

// placeByCode finds a place of a house that people book themselves.
func placeByCode(net *site.Network, st *site.Site, code string) (*site.Resource, error) {
	for _, r := range net.Resources(st.ID) {
		if r.Code == code && r.Active && slices.Contains(site.Bookable, r.Kind) {
			return r, nil
		}
	}
	return nil, errs.New(errs.NotFound, "resource.unknown", nil)
}

func (h *pages) weekPage(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	net := h.live.Network()
	st, err := net.ByCode(r.PathValue("code"))
	if err != nil {
		return err
	}
	res, err := placeByCode(net, st, r.PathValue("place"))
	if err != nil {
		return err
	}
	zone, rules := net.Zone(st), net.Rules(st.ID, res.Kind)
	p, today := h.ui.Printer(r).In(zone), agenda.DateOf(h.clock.Now().In(zone))
	monday, last := mondayOf(today), mondayOf(today.AddDays(rules.HorizonDays))
	adding, err := h.adding(r, f.Raw(fieldAdding))
	if err != nil {
		return err
	}
	week := week{pages: h, p: p, net: net, site: st, place: res, rules: rules, zone: zone, today: today, adding: adding}
	first, err := week.first(r, f.Raw("settimana"), monday, last)
	if err != nil {
		return err
	}
	page := weekPage{
		Adding: adding,
		Head: web.Head{
			Title: p.T("coworking.week.title", "place", res.Name, "site", st.Name), Section: "/spazi", Private: actor(r).SignedIn(),
			Crumbs: []web.Link{{Href: "/spazi", Text: p.T("coworking.nav.spaces")}, {Href: spacePath(st, nil), Text: st.Name}},
		},
		Place: res.Name, House: web.Link{Href: spacePath(st, nil), Text: st.Name}, Facts: h.placeFacts(p, net, st, res),
		Caption: p.T("coworking.week.caption", "from", p.Day(first), "to", p.Day(first.AddDays(6))), Made: st.Generated,
		Report: "/segnala?" + url.Values{"sede": {st.Code}, "posto": {res.Code}}.Encode(),
	}
	if monday.Before(first) {
		page.Prev = weekPath(st, res, startOf(first.AddDays(-7), zone), adding)
	}
	if first.Before(last) {
		page.Next = weekPath(st, res, startOf(first.AddDays(7), zone), adding)
	}
	if st.State != site.Open {
		state := siteState(p, st)
		page.State = &state
		return h.ui.Render(w, r, http.StatusOK, page)
	}
	days, err := h.TimetableOf(r.Context(), actor(r), res.ID, first, first.AddDays(6))
	if err != nil {
		return err
	}
	page.Days, page.Legend = week.days(days)
	page.Rows = week.rows(days, page.Days)
	return h.ui.Render(w, r, http.StatusOK, page)
}

// mondayOf is the Monday of the week of a date.
func mondayOf(d agenda.Date) agenda.Date { return d.AddDays(-(int(d.Weekday()) + 6) % 7) }

func (h *pages) placeFacts(p *i18n.Printer, net *site.Network, st *site.Site, r *site.Resource) (facts []web.Fact) {
	add := func(key, value string) {
		if value != "" {
			facts = append(facts, web.Fact{Name: p.T(key), Value: value})
		}
	}
	add("coworking.fact.kind", p.T("coworking.kind."+string(r.Kind)))
	if rm, err := net.Room(r.Room); err == nil {
		add("coworking.fact.room", p.T("coworking.room.on", "room", rm.Name, "floor", floorName(p, rm.Floor)))
	}
	if r.Kind != site.Desk {
		add("coworking.fact.seats", p.Number(r.Seats))
	}
	add("coworking.fact.equipment", strings.Join(features(p, r), ", "))
	add("coworking.fact.where", st.Address+", "+net.Place(st))
	return facts
}

// week makes the times of a place into what the page shows.
type week struct {
	*pages
	p      *i18n.Printer
	net    *site.Network
	site   *site.Site
	place  *site.Resource
	rules  site.Rules
	zone   *time.Location
	today  agenda.Date
	adding *adding
}

// first is the Monday of the week to show: the asked one, else the first with
// something left to book.
func (wk week) first(r *http.Request, asked string, monday, last agenda.Date) (agenda.Date, error) {
	if day, err := agenda.ParseDate(asked); err == nil {
		switch day = mondayOf(day); {
		case day.Before(monday):
			return monday, nil
		case last.Before(day):
			return last, nil
		}
		return day, nil
	}
	if wk.site.State != site.Open {
		return monday, nil
	}
	for at := monday; !last.Before(at); at = at.AddDays(7) {
		days, err := wk.TimetableOf(r.Context(), actor(r), wk.place.ID, at, at.AddDays(6))
		if err != nil {
			return monday, err
		}
		for _, d := range days {
			for _, x := range d.Stretches {
				if x.State == PlaceFree && wk.book(x.Interval) != "" {
					return at, nil
				}
			}
		}
	}
	return monday, nil
}

func (wk week) days(days []Day) (out []weekDay, key []web.State) {
	var seen []seat
	for _, d := range days {
		day := weekDay{Name: wk.p.T("coworking.week.day", "weekday", wk.p.Weekday(d.Date.Weekday()), "day", d.Date.Day), Today: d.Date == wk.today}
		for _, x := range d.Stretches {
			state := placeState(wk.p, Place{wk.place, x.State})
			t := weekTime{State: state.Kind, Word: state.Text, Time: wk.p.Time(x.From) + "–" + endTime(wk.p, x.To)}
			if x.State == PlaceFree {
				t.Href = wk.book(x.Interval)
			}
			seen = append(seen, seat{Place: Place{wk.place, x.State}})
			day.Times = append(day.Times, t)
		}
		out = append(out, day)
	}
	return out, legend(wk.p, seen)
}

// book is the page of the house with the first hours of a free time and the
// place chosen; "" where no booking in it is possible.
func (wk week) book(free Interval) string {
	from, grain := free.From, time.Duration(max(wk.rules.Grain, 15))*time.Minute
	if over := from.Sub(startOf(agenda.DateOf(from), wk.zone)) % grain; over > 0 {
		from = from.Add(grain - over)
	}
	to := from.Add(min(workSpell, time.Duration(wk.rules.MaxLength)*time.Minute))
	if to.After(free.To) {
		to = free.To
	}
	turnover := time.Duration(wk.rules.Turnover) * time.Minute
	if !wk.isFree(from, to.Add(turnover)) {
		to = to.Add(-turnover)
	}
	if !wk.isFree(from, to.Add(turnover)) || wk.rules.Check(wk.clock.Now(), from, to, wk.zone) != nil {
		return ""
	}
	q := timeQuery(from, to, wk.zone)
	q.Set("tipo", string(wk.place.Kind))
	q.Set("posto", wk.place.ID)
	wk.adding.carry(q)
	return spacePath(wk.site, q)
}

func (wk week) isFree(from, to time.Time) bool {
	cells, err := agenda.Cells(from, to)
	return err == nil && wk.engine.Index.Free(wk.net.Atoms(wk.place.Ordinal), cells)
}

// slot is a quarter-hour of the clock, a row of the table. Where the clocks are
// put back, those that come a second time stand after the last that comes twice.
type slot struct{ clock, second int }

func (a slot) compare(b slot) int {
	return cmp.Or(cmp.Compare(a.clock, b.clock), cmp.Compare(a.second, b.second))
}

// slots are the quarter-hours of a civil day and when they begin.
func (wk week) slots(d agenda.Date) map[slot]time.Time {
	out := map[slot]time.Time{}
	var twice []time.Time
	for at := startOf(d, wk.zone); at.Before(startOf(d.AddDays(1), wk.zone)); at = at.Add(agenda.Quarter) {
		if s := (slot{clock: int(clockOf(at))}); out[s].IsZero() {
			out[s] = at
		} else {
			twice = append(twice, at)
		}
	}
	for _, at := range twice {
		out[slot{int(clockOf(twice[len(twice)-1])), 1 + int(clockOf(at))}] = at
	}
	return out
}

// rows are the table: from the first opening to the last closing of the week,
// the times of each day in one cell each.
func (wk week) rows(days []Day, shown []weekDay) []weekRow {
	at := make([]map[slot]time.Time, len(days))
	var all []slot
	for i, d := range days {
		at[i] = wk.slots(d.Date)
		for s := range at[i] {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, slot.compare)
	all = slices.Compact(all)
	which := func(day int, s slot) (stretch int, exists bool) {
		t, exists := at[day][s]
		return slices.IndexFunc(days[day].Stretches, func(x Stretch) bool { return !t.Before(x.From) && t.Before(x.To) }), exists
	}
	used := func(s slot) bool {
		for i := range days {
			if n, exists := which(i, s); exists && n >= 0 {
				return true
			}
		}
		return false
	}
	first := slices.IndexFunc(all, used)
	if first < 0 {
		return nil
	}
	for !used(all[len(all)-1]) {
		all = all[:len(all)-1]
	}
	all = all[first:]
	rows := make([]weekRow, len(all))
	wk.hours(rows, all, at)
	for day := range days {
		begin, was := 0, -2
		for i := 0; i <= len(all); i++ {
			now, exists := -2, true
			if i < len(all) {
				now, exists = which(day, all[i])
			}
			if now == was || !exists { // a quarter-hour that the day has not got goes with the one before
				continue
			}
			if i > 0 {
				rows[begin].Cells = append(rows[begin].Cells, wk.cell(shown[day], was, i-begin))
			}
			begin, was = i, now
		}
	}
	return rows
}

func (wk week) cell(day weekDay, stretch, span int) weekCell {
	if stretch < 0 {
		return weekCell{Today: day.Today, Span: span}
	}
	return weekCell{day.Times[stretch], day.Today, span}
}

// hours writes the hours beside the rows.
func (wk week) hours(rows []weekRow, all []slot, at []map[slot]time.Time) {
	head := 0
	for i, s := range all {
		clock := s.clock
		if s.second > 0 {
			clock = s.second - 1
		}
		if i > 0 && clock%60 != 0 {
			rows[head].Span++
			continue
		}
		head = i
		rows[i].Span, rows[i].Hour = 1, agenda.Clock(clock).String()
		if s.second > 0 {
			for _, day := range at {
				if t, ok := day[s]; ok {
					rows[i].Hour = wk.p.Time(t)
				}
			}
		}
	}
}
