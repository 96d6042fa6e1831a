package office

import (
	"strconv"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/programme/account"
)

// euro writes an amount.
func euro(p *i18n.Printer, c account.Cents) string { return p.Euro(int64(c)) }

// percent writes an index.
func percent(p *i18n.Printer, i account.Index) string {
	if p.Lang == i18n.IT {
		return strconv.Itoa(i.Percent()) + " %"
	}
	return strconv.Itoa(i.Percent()) + "%"
}

// effects shows what a change of rows of a kind does to the indexes and the sums.
func effects(p *i18n.Printer, before, after *account.Account, kind *account.Kind, s *Service) *web.Table {
	t := &web.Table{Caption: p.T("office.effects.caption"), Columns: []web.Column{
		{Text: p.T("office.effects.what")}, {Text: p.T("office.effects.today"), Number: true}, {Text: p.T("office.effects.then"), Number: true},
	}}
	add := func(key, was, is string) {
		if was == is {
			is = p.T("office.effects.same")
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: p.T("office.effects." + key)}, {Text: was}, {Text: is}})
	}
	figures := func(a *account.Account) (list []string) {
		done, due := a.MilestonesOn(s.today(), nil)
		got, wanted := a.TargetsOn(s.today(), nil)
		return []string{
			percent(p, done), percent(p, due), percent(p, got), percent(p, wanted),
			euro(p, account.Sum(account.All[account.Tender](a), func(x account.Tender) account.Cents { return x.Base })),
			euro(p, account.Sum(account.All[account.Tender](a), func(x account.Tender) account.Cents { return x.Award })),
			euro(p, account.Sum(account.All[account.Payment](a), func(x account.Payment) account.Cents { return x.Amount })),
			euro(p, account.Sum(account.All[account.Funding](a), func(x account.Funding) account.Cents { return x.Amount })),
			p.Number(len(a.Rows(kind))),
		}
	}
	was, is := figures(before), figures(after)
	for i, key := range []string{"milestones", "milestones-due", "quantities", "quantities-due", "base", "award", "paid", "funding", "rows"} {
		add(key, was[i], is[i])
	}
	return t
}
