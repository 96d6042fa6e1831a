package programme

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/programme/account"
	"polis/internal/territory"
)

// moneyPage is where the money comes from, and what became of it.
type moneyPage struct {
	web.Head
	Total    string
	Lead     string
	Bars     *moneyChart
	Sources  *web.Table
	Lines    []lineRow
	Costs    []declarationRow
	Tenders  []web.Fact
	Said     []declarationRow // what sources say of the tenders
	Payments []web.Fact
	NoPaid   *web.Empty
	Calls    []callView
	Linked   []linkedRow
	Updated  string
}

func (moneyPage) Template() string { return "programme/money" }

// lineRow is one of the two projects.
type lineRow struct{ Name, CUP, Amount, Title, Source string }

// linkedRow is a measure that goes together with this one.
type linkedRow struct {
	Name, Spent, Total, Share, Source string
	Width                             float64
}

type callView struct {
	Title, Base, Total, Deadline, Conditions, Source string
	Months                                           string
	Lots                                             []web.Fact
}

// moneyChart is what is given and what is paid, year by year.
type moneyChart struct {
	Label         string
	Width, Height float64
	Base, Left    float64
	Lines, Years  []mark
	Bars          []moneyBar
	Table         *web.Table
	Paid          bool
}

type moneyBar struct {
	X, W, Y, H   float64
	PaidX, PaidW float64
	PaidY, PaidH float64
	TextX, TextY float64
	Text, Title  string
}

func (h *pages) moneyPage(w http.ResponseWriter, r *http.Request) error {
	p, a := h.ui.Printer(r), h.Account()
	funding := account.All[account.Funding](a)
	total := account.Sum(funding, func(f account.Funding) account.Cents { return f.Amount })
	page := moneyPage{
		Head: PageHead(p, MoneyPath, p.T("programme.money.title")), Total: p.Millions(int64(total)), Bars: newMoneyChart(p, a),
		Sources: fundingTable(p, funding), Linked: linkedRows(p, a), Calls: callViews(p, a), Updated: h.updated(p),
	}
	pnc := account.Sum(funding, func(f account.Funding) account.Cents {
		if f.Fund == "pnc" {
			return f.Amount
		}
		return 0
	})
	page.Lead = p.T("programme.money.lead", "state", p.Millions(int64(pnc)), "rest", p.Millions(int64(total-pnc)))
	for _, x := range account.All[account.Project](a) {
		page.Lines = append(page.Lines, lineRow{LineName(p, x.Line), x.CUP, p.Millions(int64(x.Funding)), x.Title, x.Source})
	}
	for _, d := range a.DeclarationsOf("cost_total") {
		page.Costs = append(page.Costs, newDeclarationRow(p, a, d))
	}
	page.Tenders = tenderFacts(p, account.All[account.Tender](a))
	for _, about := range []string{"tenders", "tenders_base", "tenders_award"} {
		for _, d := range a.DeclarationsOf(about) {
			page.Said = append(page.Said, newDeclarationRow(p, a, d))
		}
	}
	payments := account.All[account.Payment](a)
	if len(payments) == 0 {
		page.NoPaid = &web.Empty{Title: p.T("programme.payments.none"), Text: p.T("programme.payments.none-text")}
	} else {
		sum := account.Sum(payments, func(x account.Payment) account.Cents { return x.Amount })
		page.Payments = []web.Fact{
			{Name: p.T("programme.payments.count"), Value: p.Number(len(payments)), Href: PaymentsPath},
			{Name: p.T("programme.payments.sum"), Value: p.Euro(int64(sum))},
		}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// LineName is a line of the measure in words, by its key.
func LineName(p *i18n.Printer, line string) string {
	if key := "programme.line." + line; p.Has(key) {
		return p.T(key)
	}
	return line
}

// FundName is a fund in words, where it is one that everybody knows.
func FundName(p *i18n.Printer, fund string) string {
	if key := "programme.fund." + fund; p.Has(key) {
		return p.T(key)
	}
	return fund
}

func fundingTable(p *i18n.Printer, list []account.Funding) *web.Table {
	t := &web.Table{Caption: p.T("programme.funding.caption"), Columns: []web.Column{
		{Text: p.T("programme.fund")}, {Text: p.T("programme.year")}, {Text: p.T("programme.amount"), Number: true}, {Text: p.T("programme.source")},
	}}
	var sum account.Cents
	for _, f := range list {
		amount := p.Euro(int64(f.Amount))
		if f.About == account.Yes {
			amount = p.T("programme.about-amount", "amount", amount)
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: FundName(p, f.Fund)}, {Text: cmp.Or(f.Year, "–")}, {Text: amount}, {Text: f.Source}})
		sum += f.Amount
	}
	t.Rows = append(t.Rows, []web.Cell{{Text: p.T("programme.total")}, {}, {Text: p.Euro(int64(sum))}, {}})
	return t
}

func tenderFacts(p *i18n.Printer, list []account.Tender) []web.Fact {
	if len(list) == 0 {
		return nil
	}
	awarded := 0
	for _, x := range list {
		if !x.Awarded.IsZero() {
			awarded++
		}
	}
	return []web.Fact{
		{Name: p.T("programme.tenders.count"), Value: p.Number(len(list)), Href: TendersPath},
		{Name: p.T("programme.tenders.awarded"), Value: p.Number(awarded)},
		{Name: p.T("programme.tenders.base"), Value: p.Euro(int64(account.Sum(list, func(x account.Tender) account.Cents { return x.Base })))},
		{Name: p.T("programme.tenders.award"), Value: p.Euro(int64(account.Sum(list, func(x account.Tender) account.Cents { return x.Award })))},
	}
}

func linkedRows(p *i18n.Printer, a *account.Account) (list []linkedRow) {
	for _, x := range account.All[account.Linked](a) {
		share := account.Index{Part: int64(x.Spent), All: int64(x.Total)}
		list = append(list, linkedRow{
			Name: cmp.Or(x.Name, p.T("programme.linked.unnamed", "id", x.ID)), Spent: p.Euro(int64(x.Spent)), Total: p.Euro(int64(x.Total)),
			Share: percent(p, share), Source: x.Source, Width: tenth(share.Value() * 100),
		})
	}
	return list
}

func callViews(p *i18n.Printer, a *account.Account) (list []callView) {
	for _, c := range account.All[account.Call](a) {
		v := callView{
			Title: InWords(p, c.Title, c.TitleEN), Base: p.Euro(int64(c.Base)), Total: p.Euro(int64(c.Total)), Deadline: p.Day(c.Deadline.Date),
			Months: p.T("programme.months", "count", c.Months), Conditions: InWords(p, c.Conditions, c.CondEN), Source: c.Source,
		}
		for _, l := range account.All[account.Lot](a) {
			if l.Call == c.ID {
				text := strings.ReplaceAll(l.Regions, ";", ", ")
				if note := InWords(p, l.Note, l.NoteEN); note != "" {
					text += ". " + note
				}
				v.Lots = append(v.Lots, web.Fact{Name: p.T("programme.lot", "number", l.Lot), Value: text})
			}
		}
		list = append(list, v)
	}
	return list
}

// newMoneyChart draws what is given in each year, and paid beside it.
func newMoneyChart(p *i18n.Printer, a *account.Account) *moneyChart {
	given, paid := map[int]account.Cents{}, map[int]account.Cents{}
	var years []int
	add := func(to map[int]account.Cents, year int, amount account.Cents) {
		if given[year] == 0 && paid[year] == 0 {
			years = append(years, year)
		}
		to[year] += amount
	}
	for _, f := range account.All[account.Funding](a) {
		if year, err := strconv.Atoi(f.Year); err == nil {
			add(given, year, f.Amount)
		}
	}
	for _, x := range account.All[account.Payment](a) {
		add(paid, x.Date.Year, x.Amount)
	}
	if len(years) == 0 {
		return nil
	}
	slices.Sort(years)
	years = slices.Compact(years)
	top := account.Cents(1)
	for _, y := range years {
		top = max(top, given[y], paid[y])
	}
	const million = 100_000_000 // cents
	step := roundStep(int(top/million) + 1)
	scale := float64(step * 4 * million)
	c := &moneyChart{Label: p.T("programme.chart.money"), Width: chartWidth, Height: chartHeight, Base: chartHeight - chartFoot, Left: chartLeft, Paid: len(paid) > 0}
	height := func(n account.Cents) float64 { return tenth(max(float64(n), 0) * (c.Base - 32) / scale) }
	for n := 0; n <= 4; n++ {
		c.Lines = append(c.Lines, mark{chartLeft - 8, c.Base - height(account.Cents(n*step*million)), p.Number(n * step)})
	}
	slot := float64(chartWidth-chartLeft-chartRight) / float64(len(years))
	c.Table = &web.Table{Caption: c.Label, Columns: []web.Column{{Text: p.T("programme.year")}, {Text: p.T("programme.given"), Number: true}, {Text: p.T("programme.paid"), Number: true}}}
	for i, y := range years {
		b := moneyBar{X: tenth(chartLeft + (float64(i)+0.15)*slot), W: tenth(min(slot*0.7, 72)), H: height(given[y]), PaidH: height(paid[y])}
		if c.Paid {
			b.W = tenth(b.W / 2)
			b.PaidX, b.PaidW = b.X+b.W, b.W
		}
		b.Y, b.PaidY = tenth(c.Base-b.H), tenth(c.Base-b.PaidH)
		b.TextX, b.TextY, b.Text = tenth(b.X+b.W/2), b.Y-6, p.Number(float64(given[y]/1_000_000)/100)
		b.Title = p.T("programme.money.bar", "year", strconv.Itoa(y), "given", p.Millions(int64(given[y])), "paid", p.Millions(int64(paid[y])))
		c.Bars = append(c.Bars, b)
		c.Years = append(c.Years, mark{tenth(b.X + (b.W+b.PaidW)/2), chartHeight - 8, strconv.Itoa(y)})
		c.Table.Rows = append(c.Table.Rows, []web.Cell{{Text: strconv.Itoa(y)}, {Text: p.Euro(int64(given[y]))}, {Text: p.Euro(int64(paid[y]))}})
	}
	return c
}

// roundStep is the distance of four lines of a scale up to a number.
func roundStep(top int) int {
	for power := 1; ; power *= 10 {
		for _, n := range []int{1, 2, 5} {
			if n*power*4 >= top {
				return n * power
			}
		}
	}
}

// listPage is a long list of the account: filtered, sorted and paged.
type listPage struct {
	web.Head
	Lead  string
	Form  *form.Form
	Lines []web.Option
	Found string
	Table *web.Table
	Pages web.Pages
	Empty *web.Empty
	Path  string
	CSV   string
	JSON  string
}

func (listPage) Template() string { return "programme/list" }

// perPage is how many rows a page of a list has.
const perPage = 50

// matches tells whether each word of a search begins a word of some texts.
func matches(words []string, texts ...string) bool {
	text := " " + territory.Fold(strings.Join(texts, " "))
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, " "+word) })
}

func (h *pages) tendersPage(w http.ResponseWriter, r *http.Request) error {
	p, a := h.ui.Printer(r), h.Account()
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	page := h.newList(p, f, TendersPath, p.T("programme.tenders.title"), "tenders")
	words := strings.Fields(territory.Fold(f.String("q", "programme.search").Max(100).Value))
	line := f.Choice("linea", "programme.line", lineKeys(a)...).Value
	page.Lines = lineOptions(p, a)
	if f.Err() != nil {
		return h.ui.Render(w, r, f.Status(), page)
	}
	list := slices.DeleteFunc(slices.Clone(account.All[account.Tender](a)), func(x account.Tender) bool {
		return line != "" && x.Line != line || !matches(words, x.CIG, x.CUP, x.Subject, x.Procedure, x.ContractType)
	})
	by := web.SortOf(r.URL, "-base", "cig", "subject", "published", "awarded", "award")
	slices.SortStableFunc(list, func(x, y account.Tender) int {
		return by.Way(map[string]int{
			"base": cmp.Compare(x.Base, y.Base), "award": cmp.Compare(x.Award, y.Award), "cig": strings.Compare(x.CIG, y.CIG),
			"subject": strings.Compare(x.Subject, y.Subject), "published": x.Published.Compare(y.Published.Date), "awarded": x.Awarded.Compare(y.Awarded.Date),
		}[by.By])
	})
	base := account.Sum(list, func(x account.Tender) account.Cents { return x.Base })
	award := account.Sum(list, func(x account.Tender) account.Cents { return x.Award })
	page.Found = p.T("programme.tenders.found", "count", len(list), "base", p.Euro(int64(base)), "award", p.Euro(int64(award)))
	part := web.RangeOf(r.URL.Query().Get(web.PageField), len(list), perPage)
	page.Pages = part.Links(p, r.URL)
	page.Table = &web.Table{Caption: p.T("programme.tenders.title"), Columns: []web.Column{
		by.Column(r.URL, "subject", p.T("programme.subject"), false), by.Column(r.URL, "cig", "CIG", false),
		by.Column(r.URL, "published", p.T("programme.published"), false), by.Column(r.URL, "awarded", p.T("programme.awarded"), false),
		by.Column(r.URL, "base", p.T("programme.base"), true), by.Column(r.URL, "award", p.T("programme.award"), true),
	}}
	for _, x := range list[part.From:part.To] {
		page.Table.Rows = append(page.Table.Rows, []web.Cell{
			{Text: x.Subject}, {Text: x.CIG, Href: storyOf("tenders", x.CIG)}, {Text: dateText(p, x.Published)}, {Text: dateText(p, x.Awarded)}, {Text: p.Euro(int64(x.Base))}, {Text: amountText(p, x.Award)},
		})
	}
	if len(list) == 0 {
		page.Table, page.Empty = nil, &web.Empty{Title: p.T("programme.tenders.none"), Text: p.T("programme.tenders.none-text")}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) newList(p *i18n.Printer, f *form.Form, path, title, kind string) listPage {
	page := listPage{Head: PageHead(p, MoneyPath, title, web.Link{Href: MoneyPath, Text: p.T("programme.money.title")}), Form: f, Path: path, CSV: "/opendata/" + kind + ".csv", JSON: "/opendata/" + kind + ".json"}
	page.Lead = h.updated(p)
	return page
}

func dateText(p *i18n.Printer, d account.Date) string {
	if d.IsZero() {
		return "–"
	}
	return p.DateShort(d.UTC())
}

func amountText(p *i18n.Printer, c account.Cents) string {
	if c == 0 {
		return "–"
	}
	return p.Euro(int64(c))
}

func lineKeys(a *account.Account) (keys []string) {
	for _, x := range account.All[account.Project](a) {
		keys = append(keys, x.Line)
	}
	return keys
}

func lineOptions(p *i18n.Printer, a *account.Account) []web.Option {
	list := []web.Option{{Text: p.T("programme.both-lines")}}
	for _, key := range lineKeys(a) {
		list = append(list, web.Option{Value: key, Text: LineName(p, key)})
	}
	return list
}

func (h *pages) paymentsPage(w http.ResponseWriter, r *http.Request) error {
	p, a := h.ui.Printer(r), h.Account()
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	page := h.newList(p, f, PaymentsPath, p.T("programme.payments.title"), "payments")
	words := strings.Fields(territory.Fold(f.String("q", "programme.search").Max(100).Value))
	if f.Err() != nil {
		return h.ui.Render(w, r, f.Status(), page)
	}
	list := slices.DeleteFunc(slices.Clone(account.All[account.Payment](a)), func(x account.Payment) bool {
		return !matches(words, x.ID, x.CUP, x.Beneficiary, x.Note)
	})
	by := web.SortOf(r.URL, "-date", "amount", "beneficiary")
	slices.SortStableFunc(list, func(x, y account.Payment) int {
		return by.Way(map[string]int{
			"date": x.Date.Compare(y.Date.Date), "amount": cmp.Compare(x.Amount, y.Amount), "beneficiary": strings.Compare(x.Beneficiary, y.Beneficiary),
		}[by.By])
	})
	page.Found = p.T("programme.payments.found", "count", len(list), "amount", p.Euro(int64(account.Sum(list, func(x account.Payment) account.Cents { return x.Amount }))))
	part := web.RangeOf(r.URL.Query().Get(web.PageField), len(list), perPage)
	page.Pages = part.Links(p, r.URL)
	page.Table = &web.Table{Caption: p.T("programme.payments.title"), Columns: []web.Column{
		by.Column(r.URL, "date", p.T("programme.date"), false),
		{Text: "CUP"},
		by.Column(r.URL, "beneficiary", p.T("programme.beneficiary"), false),
		{Text: p.T("programme.fund")},
		by.Column(r.URL, "amount", p.T("programme.amount"), true),
	}}
	for _, x := range list[part.From:part.To] {
		page.Table.Rows = append(page.Table.Rows, []web.Cell{{Text: dateText(p, x.Date), Href: storyOf("payments", x.ID)}, {Text: x.CUP}, {Text: x.Beneficiary}, {Text: FundName(p, x.Fund)}, {Text: p.Euro(int64(x.Amount))}})
	}
	if len(list) == 0 {
		page.Table, page.Empty = nil, &web.Empty{Title: p.T("programme.payments.none"), Text: p.T("programme.payments.none-text")}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}
