package desks

import (
	"net/http"
	"time"

	"polis/internal/counter"
	"polis/internal/counter/catalog"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// todayPage is the counter of an office as it is now.
type todayPage struct {
	web.Head
	House    string
	Numbers  []number
	Desks    []deskCard
	Line     web.Table
	Closures []closureRow
	Runs     bool
	Path     string
}

func (todayPage) Template() string { return "desks/today" }

// number is a figure with what it counts.
type number struct{ Value, Text string }

// deskCard is a desk: who is there, with whom, and what it has.
type deskCard struct {
	Name, Who, With      string
	State                web.State
	Has                  []string
	Week                 []string
	Console, Shift, Shut string
}

// closureRow is a closing that lasts or comes.
type closureRow struct{ Desk, When, Reason, Reopen string }

func (h *pages) today(w http.ResponseWriter, r *http.Request) error {
	x, err := h.enter(r, identity.QueueWork)
	if err != nil {
		return err
	}
	work, err := h.Counter.Work(r.Context(), actor(r), x.st.ID)
	if err != nil {
		return err
	}
	roster, err := h.Counter.Roster(r.Context(), actor(r), x.st.ID)
	if err != nil {
		return err
	}
	sums, err := h.Counter.Report(r.Context(), actor(r), x.st.ID, x.today(), x.today())
	if err != nil {
		return err
	}
	p := x.p
	page := todayPage{
		Head: x.head(p.T("desks.today.title"), ""), House: counter.HouseName(h.Counter.Live.Network(), x.st), Runs: x.runs, Path: Path(x.st.Code),
		Numbers: []number{
			{p.Number(len(work.Line)), p.T("desks.today.waiting")},
			{p.Number(sums.All.Served), p.T("desks.today.served")},
			{length(p, sums.All.Wait.Middle, sums.All.Wait.Count), p.T("desks.today.wait")},
			{p.Number(sums.All.Left), p.T("desks.today.left")},
		},
	}
	for _, d := range work.Desks {
		card, err := h.card(r, &x, &work, &roster, d)
		if err != nil {
			return err
		}
		page.Desks = append(page.Desks, card)
	}
	page.Line = h.line(p, &work)
	for _, c := range roster.Closures {
		row := closureRow{Desk: p.T("desks.desk", "n", numberOf(work.Desks, c.Desk)), When: p.Span(c.From, c.To), Reason: c.Reason}
		if x.runs {
			row.Reopen = page.Path + "/riapri/" + c.ID
		}
		page.Closures = append(page.Closures, row)
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func numberOf(desks []counter.Desk, id string) int {
	for _, d := range desks {
		if d.ID == id {
			return d.Number
		}
	}
	return 0
}

func (h *pages) card(r *http.Request, x *room, work *counter.Work, roster *counter.Roster, d counter.Desk) (deskCard, error) {
	p := x.p
	c := deskCard{Name: p.T("desks.desk", "n", d.Number), State: web.State{Kind: "closed", Text: p.T("desks.state.closed")}}
	for _, e := range d.Equipment {
		c.Has = append(c.Has, feature(p, e))
	}
	if d.Open() {
		c.State = web.State{Kind: "free", Text: p.T("desks.state.open")}
		who, err := h.People.Get(r.Context(), d.Operator)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return c, err
		}
		c.Who = who.DisplayName()
	}
	if t := work.At[d.ID]; t != nil {
		c.State = web.State{Kind: "mine", Text: p.T("desks.state.busy")}
		c.With = p.T("desks.with", "number", t.Name(), "time", length(p, work.Now.Sub(t.Since), 1))
	}
	for _, k := range roster.Closures {
		if k.Desk == d.ID && !work.Now.Before(k.From) && work.Now.Before(k.To) {
			c.State = web.State{Kind: "works", Text: p.T("desks.state.shut", "time", p.DateTime(k.To))}
		}
	}
	for _, s := range roster.Shifts {
		if s.Desk == d.ID && s.Weekday == x.now.In(x.zone).Weekday() {
			c.Week = append(c.Week, s.From.String()+"–"+s.To.String())
		}
	}
	path := Path(x.st.Code)
	if h.Console != nil {
		c.Console = h.Console(x.st.Code, d.Number)
	}
	if x.runs {
		c.Shift, c.Shut = path+"/turni/"+p.Number(d.Number), path+"/chiudi/"+p.Number(d.Number)
	}
	return c, nil
}

// feature is what a desk has, in words; a word of the network's own stays as it is.
func feature(p *i18n.Printer, word string) string {
	if key := site.FeatureLabel(word); p.Has(key) {
		return p.T(key)
	}
	return word
}

// length is how long something took; a dash where nothing did.
func length(p *i18n.Printer, d time.Duration, count int) string {
	if count == 0 {
		return "–"
	}
	return p.Duration(max(d.Round(time.Minute), time.Minute))
}

// line is who waits, without saying who they are.
func (h *pages) line(p *i18n.Printer, work *counter.Work) web.Table {
	t := web.Table{Caption: p.T("desks.today.line"), Columns: []web.Column{
		{Text: p.T("desks.col.number")}, {Text: p.T("desks.col.service")}, {Text: p.T("desks.col.waits"), Number: true},
	}}
	for _, x := range work.Line {
		t.Rows = append(t.Rows, []web.Cell{{Text: x.Name()}, {Text: serviceNames(p, x.Open())}, {Text: length(p, work.Now.Sub(x.Taken), 1)}})
	}
	return t
}

func serviceName(p *i18n.Printer, id string) string {
	if sv, ok := catalog.Find(id); ok {
		return sv.In(string(p.Lang)).Name
	}
	return id
}

func serviceNames(p *i18n.Printer, ids []string) (text string) {
	for i, id := range ids {
		if i > 0 {
			text += ", "
		}
		text += serviceName(p, id)
	}
	return text
}
