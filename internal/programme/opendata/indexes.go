package opendata

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"polis/internal/agenda"
	"polis/internal/programme/account"
)

// The indicators of the indexes and sums.
const (
	indMilestones = "milestone-index" // by quarter: a share from 0 to 1
	indTargets    = "quantity-index"  // of all targets together, by quarter: a share from 0 to 1
	indTarget     = "target"          // of one target, by quarter: as much of its unit
	indVerified   = "verified"        // houses of a kind that are there by more than a word
	indSum        = "sum"             // euro
	indRows       = "rows"            // how many rows a data set has
)

// indexColumns are those of the indexes and sums. Of a quarter that is not over
// there is what was reached by the date of the account, and nothing of later
// ones.
var indexColumns = []Column{
	{"indicator", account.TypeText},
	{"key", account.TypeText},
	{"quarter", account.TypeText},
	{"date", account.TypeDate},
	{"actual", typeDecimal},
	{"expected", typeDecimal},
	{"unit", account.TypeText},
}

// published is all that the indexes and sums are made of.
type published struct {
	account *account.Account
	sites   *Table
	day     agenda.Date // of the account: as it stands at the end of it
}

// indexTable are both indexes by quarter, and the sums.
func (p published) indexTable() *Table {
	t := &Table{Columns: indexColumns}
	quarters := p.account.Quarters()
	for _, q := range quarters {
		actual, expected := p.account.MilestonesOn(q.End(), nil)
		now, _ := p.account.MilestonesOn(p.day, nil)
		t.add(p, indMilestones, "", q, pick(p.day, q, share(actual), share(now)), share(expected), "")
	}
	for _, q := range quarters {
		actual, expected := p.account.TargetsOn(q.End(), nil)
		now, _ := p.account.TargetsOn(p.day, nil)
		t.add(p, indTargets, "", q, pick(p.day, q, share(actual), share(now)), share(expected), "")
	}
	for _, target := range account.All[account.Target](p.account) {
		for _, q := range quarters {
			expected := decimal(p.account.Expected(target.ID, q.End()))
			t.add(p, indTarget, target.ID, q, pick(p.day, q, p.reached(target.ID, q.End()), p.reached(target.ID, p.day)), expected, target.Unit)
		}
	}
	day := p.day.String()
	for _, s := range p.sums() {
		t.Rows = append(t.Rows, []string{s.indicator, s.key, "", day, s.value, "", s.unit})
	}
	return t
}

func (t *Table) add(p published, indicator, key string, q account.Quarter, actual, expected, unit string) {
	date := q.End()
	if account.QuarterOf(p.day) == q {
		date = p.day
	}
	t.Rows = append(t.Rows, []string{indicator, key, q.String(), date.String(), actual, expected, unit})
}

// pick is what was reached by the end of a quarter that is over, by the day in
// the quarter of the day, and nothing of later ones.
func pick(day agenda.Date, q account.Quarter, atEnd, now string) string {
	today := account.QuarterOf(day)
	switch {
	case q.Before(today):
		return atEnd
	case q == today:
		return now
	}
	return ""
}

func (p published) reached(target string, on agenda.Date) string {
	d, ok := p.account.Reached(target, on)
	if !ok {
		return ""
	}
	n, _ := d.Number()
	return decimal(n)
}

// share is an index with six decimals.
func share(i account.Index) string { return strconv.FormatFloat(i.Value(), 'f', 6, 64) }

// decimal is a quantity with as many of three decimals as it has.
func decimal(n float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'f', 3, 64), 64)
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// sum is one number without a quarter.
type sum struct{ indicator, key, value, unit string }

// always are the sums that are told of even where they are of nothing.
var always = []string{"funding", "projects", "tenders.base", "tenders.award", "payments", "linked.spent", "linked.total", "costs", "costs.eligible"}

// sums are the amounts, by what is said of them, and how many rows there are of
// each kind.
func (p published) sums() (list []sum) {
	euro := map[string]account.Cents{}
	for _, key := range always {
		euro[key] = 0
	}
	for _, f := range account.All[account.Funding](p.account) {
		euro["funding"] += f.Amount
		euro["funding."+f.Fund] += f.Amount
		if f.Year != "" {
			euro["funding."+f.Fund+"."+f.Year] += f.Amount
		}
	}
	for _, x := range account.All[account.Project](p.account) {
		euro["projects"] += x.Funding
	}
	for _, x := range account.All[account.Tender](p.account) {
		euro["tenders.base"] += x.Base
		euro["tenders.award"] += x.Award
	}
	for _, x := range account.All[account.Payment](p.account) {
		euro["payments"] += x.Amount
	}
	for _, x := range account.All[account.Linked](p.account) {
		euro["linked.spent"] += x.Spent
		euro["linked.total"] += x.Total
	}
	for _, x := range account.All[account.Cost](p.account) {
		euro["costs"] += x.Amount
		if x.Eligible == account.Yes {
			euro["costs.eligible"] += x.Amount
		}
	}
	list = append(list, p.verified()...)
	for _, key := range slices.SortedFunc(maps.Keys(euro), cmp.Compare) {
		text, _ := euro[key].MarshalText() // never fails
		list = append(list, sum{indSum, key, cmp.Or(string(text), "0.00"), "EUR"})
	}
	for _, kind := range account.Kinds {
		list = append(list, sum{indRows, kind.Name, strconv.Itoa(len(p.account.Rows(kind))), ""})
	}
	return append(list, sum{indRows, "sites", strconv.Itoa(len(p.sites.Rows)), ""})
}

// verified counts the houses that are there by more than a word, by their kind.
func (p published) verified() (list []sum) {
	kind := slices.IndexFunc(siteColumns, func(c Column) bool { return c.Name == "kind" })
	verified := slices.IndexFunc(siteColumns, func(c Column) bool { return c.Name == "verified" })
	count := map[string]int{"office": 0, "space": 0}
	for _, row := range p.sites.Rows {
		if row[verified] == string(account.Yes) {
			count[row[kind]]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(count)) {
		list = append(list, sum{indVerified, name, strconv.Itoa(count[name]), "sites"})
	}
	return list
}
