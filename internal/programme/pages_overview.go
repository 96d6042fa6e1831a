package programme

import (
	"net/http"

	"polis/internal/agenda"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/programme/account"
)

// overviewPage is how the measure stands: its two numbers, what changed last, and
// what it is.
type overviewPage struct {
	web.Head
	Name, About  string
	State        web.State
	Why          string // of the state
	SourceState  string
	Milestones   twoNumbers
	Quantities   twoNumbers
	Verified     []verifiedRow
	News         []NewsItem
	Counts       []stateCount
	Funds, Spent string
	Facts        []web.Fact
	Acts         []web.Fact
	Followers    string
	Updated      string
	Region       []web.Option
}

func (overviewPage) Template() string { return "programme/overview" }

// twoNumbers are an index and what is expected of it.
type twoNumbers struct {
	Actual, Expected string
	Lead             string
	Chart            *indexChart // nil where it stands elsewhere
}

// stateCount is how many milestones are in a state.
type stateCount struct {
	State web.State
	Count int
	Href  string
}

// verifiedRow is what is declared of a target beside what is seen.
type verifiedRow struct{ Name, Declared, Of, Word, Source, Verified, Href string }

// NewsItem is something that changed, in words.
type NewsItem struct{ Day, Text, Href string }

// today is the civil date in Rome.
func (h *pages) today() agenda.Date { return agenda.DateOf(h.clock.Now().In(agenda.Rome)) }

func (h *pages) overview(w http.ResponseWriter, r *http.Request) error {
	p, a, today := h.ui.Printer(r), h.Account(), h.today()
	page := overviewPage{
		Head: PageHead(p, Root, p.T("programme.title")), State: StateOf(p, Overall(a, today)),
		Facts: measureFacts(p, a), Acts: actFacts(p, a), Updated: h.updated(p),
	}
	page.Description = p.T("programme.description")
	page.Name, page.About = h.said(p, a, "name"), h.said(p, a, "description")
	page.SourceState = p.T("programme.source-state", "state", h.said(p, a, "status"), "source", h.sourceOf(a, "status"))
	index := func(on agenda.Date) (actual, expected account.Index) { return a.MilestonesOn(on, nil) }
	page.Milestones = numbers(p, "programme.lead.milestones", index, today)
	page.Milestones.Chart = newIndexChart(p, p.T("programme.chart.milestones"), points(a, today, index), true)
	index = func(on agenda.Date) (actual, expected account.Index) { return a.TargetsOn(on, nil) }
	page.Quantities = numbers(p, "programme.lead.quantities", index, today)
	page.Quantities.Chart = newIndexChart(p, p.T("programme.chart.quantities"), points(a, today, index), false)
	page.Counts, page.Why = countStates(p, a, today)
	funds := account.Sum(account.All[account.Funding](a), func(f account.Funding) account.Cents { return f.Amount })
	page.Funds = p.Millions(int64(funds))
	if payments := account.All[account.Payment](a); len(payments) > 0 {
		page.Spent = p.Millions(int64(account.Sum(payments, func(x account.Payment) account.Cents { return x.Amount })))
	}
	if err := h.fillFront(r, p, a, &page); err != nil {
		return err
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// fillFront adds what other rooms bring.
func (h *pages) fillFront(r *http.Request, p *i18n.Printer, a *account.Account, page *overviewPage) error {
	if h.front.News != nil {
		news, err := h.front.News(r, p, mostNews)
		if err != nil {
			return err
		}
		page.News = news
	}
	if h.front.Regions != nil {
		page.Region = h.front.Regions(p)
	}
	if h.front.Followers != nil {
		n, err := h.front.Followers(r)
		if err != nil {
			return err
		}
		page.Followers = p.T("programme.followers", "count", n)
	}
	if h.front.Verified == nil {
		return nil
	}
	seen, err := h.front.Verified(r)
	if err != nil {
		return err
	}
	for _, v := range seen {
		t, ok := account.Find[account.Target](a, v.Target)
		if !ok {
			continue
		}
		row := verifiedRow{Name: TargetName(p, t), Of: p.Number(t.Value), Verified: p.Number(v.Houses), Href: v.Href, Declared: "–"}
		if d, ok := a.Reached(t.ID, h.today()); ok {
			row.Declared, row.Word, row.Source = numberText(p, d.Value), d.Word, p.T("programme.source-date", "source", d.Source, "date", When(p, d.AsOf))
		}
		page.Verified = append(page.Verified, row)
	}
	return nil
}

// mostNews is how much of the news the first page has.
const mostNews = 6

// numbers are an index today, in words.
func numbers(p *i18n.Printer, key string, index func(agenda.Date) (actual, expected account.Index), today agenda.Date) twoNumbers {
	actual, expected := index(today)
	return twoNumbers{
		Actual: percent(p, actual), Expected: percent(p, expected),
		Lead: p.T(key, "actual", percent(p, actual), "expected", percent(p, expected)),
	}
}

// countStates counts the milestones by state, and says why the measure stands as
// it does.
func countStates(p *i18n.Printer, a *account.Account, today agenda.Date) (list []stateCount, why string) {
	count := map[account.State]int{}
	for _, m := range a.Milestones() {
		count[a.StandingOf(m, today).State]++
	}
	for _, s := range account.States {
		if count[s] > 0 {
			list = append(list, stateCount{StateOf(p, s), count[s], MilestonesPath + "?stato=" + string(s)})
		}
	}
	if n := count[account.Late]; n > 0 {
		why = p.T("programme.why.late", "count", n)
	}
	return list, why
}

// said is what a source says of the measure, in the reader's language.
func (h *pages) said(p *i18n.Printer, a *account.Account, key string) string {
	m, _ := account.Find[account.Measure](a, key)
	return InWords(p, m.Text, m.TextEN)
}

func (h *pages) sourceOf(a *account.Account, key string) string {
	m, _ := account.Find[account.Measure](a, key)
	return m.Source
}

// updated says when something was published last.
func (h *pages) updated(p *i18n.Printer) string {
	if at := h.Updated(); !at.IsZero() {
		return p.T("programme.updated", "time", p.DateTime(at))
	}
	return p.T("programme.updated-never")
}

// shownFacts are what is said of the measure, in their order.
var shownFacts = []string{"code", "ministry", "implementer", "theme", "subtheme", "fund", "aim", "rule", "followers"}

func measureFacts(p *i18n.Printer, a *account.Account) (list []web.Fact) {
	for _, key := range shownFacts {
		if m, ok := account.Find[account.Measure](a, key); ok {
			list = append(list, web.Fact{Name: p.T("programme.fact." + key), Value: p.T("programme.said", "text", InWords(p, m.Text, m.TextEN), "source", m.Source)})
		}
	}
	return list
}

func actFacts(p *i18n.Printer, a *account.Account) (list []web.Fact) {
	for _, act := range account.All[account.Act](a) {
		list = append(list, web.Fact{Name: p.Day(act.Date.Date), Value: InWords(p, act.Title, act.TitleEN), Href: act.Href})
	}
	return list
}
