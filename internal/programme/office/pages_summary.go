package office

import (
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"polis/internal/agenda"
	"polis/internal/platform/document"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/programme"
	"polis/internal/programme/account"
)

// summaryPage is the account on one sheet of A4.
type summaryPage struct {
	web.Head
	Name       string
	Status     string
	Day        string
	Facts      []web.Fact
	Indexes    []indexBar
	Money      []web.Fact
	Quantities []quantityRow
	Milestones []milestoneRow
	Late       []lateRow
	Houses     string
	Made       string
	Address    string
	QR         template.HTML
}

func (summaryPage) Template() string { return "office/summary" }

// indexBar is an index beside what is expected, in percent.
type indexBar struct {
	Name, Text       string
	Actual, Expected int
}

// quantityRow is a target with what is declared and what is verified of it.
type quantityRow struct{ Name, Target, Declared, As, Verified string }

// milestoneRow is a milestone with how it stands.
type milestoneRow struct{ Number, Text, Due, State string }

// lateRow is what is late, and why.
type lateRow struct{ What, Why string }

func (h *pages) summary(w http.ResponseWriter, r *http.Request) error {
	p, a, today := h.ui.Printer(r), h.Programme.Account(), h.today()
	address := h.Public + SummaryPath
	code, err := document.QRSVG(address, p.T("office.summary.qr"))
	if err != nil {
		return err
	}
	verified, err := h.Verified(r.Context())
	if err != nil {
		return err
	}
	said := func(key string) string {
		m, _ := account.Find[account.Measure](a, key)
		return programme.InWords(p, m.Text, m.TextEN)
	}
	page := summaryPage{
		Head: programme.PageHead(p, "", p.T("office.summary.title")),
		Name: said("name"), Status: said("status"), Day: dayText(p, today), Address: address, QR: template.HTML(code), //nolint:gosec // drawn by us, of an address
		Facts: []web.Fact{
			{Name: p.T("office.summary.ministry"), Value: said("ministry")},
			{Name: p.T("office.summary.implementer"), Value: said("implementer")},
			{Name: p.T("office.summary.code"), Value: said("code")},
		},
		Money: money(p, a), Quantities: quantities(p, a, today, verified), Made: p.T("office.summary.facts"),
	}
	done, due := a.MilestonesOn(today, nil)
	got, wanted := a.TargetsOn(today, nil)
	for _, x := range []struct {
		key        string
		is, should account.Index
	}{{"milestones", done, due}, {"quantities", got, wanted}} {
		page.Indexes = append(page.Indexes, indexBar{
			p.T("office.effects." + x.key), p.T("office.summary.index", "actual", percent(p, x.is), "expected", percent(p, x.should)), x.is.Percent(), x.should.Percent(),
		})
	}
	if at := h.Programme.Updated(); !at.IsZero() {
		page.Made = p.T("office.summary.updated", "date", p.DateShort(at))
	}
	page.standings(p, a, today)
	page.Houses = lateHouses(p, a, today)
	return h.ui.Render(w, r, http.StatusOK, page)
}

// money are the sums of the funds, the tenders and the payments.
func money(p *i18n.Printer, a *account.Account) (list []web.Fact) {
	funds := map[string]account.Cents{}
	var order []string
	for _, f := range account.All[account.Funding](a) {
		if _, ok := funds[f.Fund]; !ok {
			order = append(order, f.Fund)
		}
		funds[f.Fund] += f.Amount
	}
	for _, fund := range order {
		name := fund
		if p.Has("office.fund." + fund) {
			name = p.T("office.fund." + fund)
		}
		list = append(list, web.Fact{Name: name, Value: euro(p, funds[fund])})
	}
	tenders, payments := account.All[account.Tender](a), account.All[account.Payment](a)
	if len(tenders) > 0 {
		list = append(list,
			web.Fact{Name: p.T("office.effects.base"), Value: euro(p, account.Sum(tenders, func(x account.Tender) account.Cents { return x.Base }))},
			web.Fact{Name: p.T("office.effects.award"), Value: euro(p, account.Sum(tenders, func(x account.Tender) account.Cents { return x.Award }))})
	}
	if len(payments) > 0 {
		list = append(list, web.Fact{Name: p.T("office.effects.paid"), Value: euro(p, account.Sum(payments, func(x account.Payment) account.Cents { return x.Amount }))})
	}
	return list
}

// quantities are the targets with what is declared and verified.
func quantities(p *i18n.Printer, a *account.Account, today agenda.Date, verified map[string]int) (list []quantityRow) {
	for _, t := range account.All[account.Target](a) {
		row := quantityRow{Name: programme.TargetName(p, t), Target: p.Number(t.Value), Declared: "—", As: "", Verified: "—"}
		if d, ok := a.Reached(t.ID, today); ok {
			n, _ := d.Number()
			row.Declared, row.As = p.Number(n), d.Word+", "+programme.When(p, d.AsOf)
		}
		if n, ok := verified[t.ID]; ok {
			row.Verified = p.Number(n)
		}
		list = append(list, row)
	}
	return list
}

// mostText is how much of a milestone's text the sheet shows, in characters.
const mostText = 88

// standings are the milestones, and why some are late.
func (page *summaryPage) standings(p *i18n.Printer, a *account.Account, today agenda.Date) {
	for _, m := range a.Milestones() {
		now, text := a.StandingOf(m, today), programme.InWords(p, m.Text, m.TextEN)
		due := quarterText(p, m.Due())
		if short := clip(text, mostText); short != text {
			text = strings.TrimRight(short, " ,;") + "…"
		}
		page.Milestones = append(page.Milestones, milestoneRow{m.Number(), text, due, programme.StateText(p, now.State)})
		if now.State == account.Late {
			why := clip(programme.InWords(p, now.Last.Note, now.Last.NoteEN), 180)
			if why == "" {
				why = p.T("office.summary.unsaid")
			}
			page.Late = append(page.Late, lateRow{m.Number() + " · " + due, why})
		}
	}
	if len(page.Late) > mostLate {
		page.Late = page.Late[len(page.Late)-mostLate:]
	}
}

// mostLate is how many late milestones the sheet explains, the newest.
const mostLate = 5

// lateHouses says how many houses are late, and the reason that is given most.
func lateHouses(p *i18n.Printer, a *account.Account, today agenda.Date) string {
	late, reasons := 0, map[string]int{}
	for _, w := range account.All[account.Works](a) {
		if slices.ContainsFunc(w.Dates, func(d account.Dates) bool { return d.Actual.IsZero() && !d.Planned.IsZero() && d.Planned.Before(today) }) {
			late++
			if w.Reason != "" {
				reasons[w.Reason]++
			}
		}
	}
	if late == 0 {
		return ""
	}
	most, n := "", 0
	for reason, count := range reasons {
		if count > n || count == n && reason < most {
			most, n = reason, count
		}
	}
	if n == 0 {
		return p.T("office.summary.houses", "count", late)
	}
	return p.T("office.summary.houses", "count", late) + " " + p.T("office.summary.reason", "reason", clip(most, 120))
}

// quarterText writes a quarter in little room: "T4 2026", "Q4 2026".
func quarterText(p *i18n.Printer, q account.Quarter) string {
	letter := "Q"
	if p.Lang == i18n.IT {
		letter = "T"
	}
	return fmt.Sprintf("%s%d %d", letter, q.Number, q.Year)
}
