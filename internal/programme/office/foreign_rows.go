package office

import (
	"fmt"
	"slices"
	"strings"

	"polis/internal/programme/account"
)

// theirs is a row of a file in another form.
type theirs struct {
	*account.Account
	layout  *layout
	italian bool
	cell    func(column string) string
	wrong   func(column, reason string, args ...any)
	warn    func(column, reason string, args ...any) // of what is unusual
}

// ours are the cells of a row that are called as the columns of a kind are.
func (l *theirs) ours(columns ...string) map[string]string {
	row := map[string]string{}
	for _, c := range columns {
		row[c] = l.cell(c)
	}
	if row["source"] == "" {
		row["source"] = "Italia Domani, " + l.layout.source
		if d, ok := day(l.cell(extracted)); ok {
			row["source"] += ", " + d
		}
	}
	return row
}

// line is the line of the measure that a project carries; false where the
// project is not ours.
func (l *theirs) line(cup string) (string, bool) {
	p, ok := account.Find[account.Project](l.Account, strings.ToUpper(cup))
	return p.Line, ok
}

func tendersOf(l *theirs) ([]map[string]string, string) {
	row := l.ours("cig", "cup", "line", "published", "awarded", "base_eur", "award_eur", "contract_type", "procedure", "subject", "source")
	line, ok := l.line(row["cup"])
	switch {
	case !ok:
		return nil, otherProject
	case row["cig"] == "":
		return nil, withoutCIG
	case row["line"] == "":
		row["line"] = line
	}
	return []map[string]string{row}, ""
}

func projectsOf(l *theirs) ([]map[string]string, string) {
	row := l.ours("cup", "line", "implementer", "owner", "pnc_funding_eur", "title", "source")
	line, ok := l.line(row["cup"])
	if !ok {
		return nil, otherProject
	}
	if row["line"] == "" {
		row["line"] = line
	}
	return []map[string]string{row}, ""
}

// milestonesOf takes those of the programme that our milestones are of: the same
// text before the last hyphen.
func milestonesOf(l *theirs) ([]map[string]string, string) {
	row := l.ours("id", "year", "quarter", "milestone", "source")
	of := func(id string) string { return id[:max(strings.LastIndexByte(id, '-'), 0)] }
	if !slices.ContainsFunc(account.All[account.Milestone](l.Account), func(m account.Milestone) bool { return of(m.ID) == of(row["id"]) }) {
		return nil, otherProject
	}
	if m, ok := account.Find[account.Milestone](l.Account, row["id"]); ok {
		row["milestone_en"] = m.TextEN
	}
	return []map[string]string{row}, ""
}

// paymentsOf makes of what was paid to a project, by the day on which the file
// was made, one payment for each fund. A later file says the same payments anew,
// with what has come to them. Some columns are parts of others: those are taken
// that add up to the total.
func paymentsOf(l *theirs) (rows []map[string]string, skip string) {
	cup := strings.ToUpper(l.cell("cup"))
	if _, ok := l.line(cup); !ok {
		return nil, otherProject
	}
	total, funds := l.cents(totalPaid), map[string]account.Cents{}
	sum, state := account.Cents(0), account.Cents(0)
	for _, p := range paidBy {
		n := l.cents(p.column)
		funds[p.fund] = n
		if strings.HasPrefix(p.fund, "stato-") {
			state += n
		} else {
			sum += n
		}
	}
	switch total {
	case sum: // what the State paid, in one column
		delete(funds, "stato-bilancio")
		delete(funds, "stato-foi")
	case sum - funds["stato"] + state:
		delete(funds, "stato")
	case sum + state:
	default:
		l.warn(totalPaid, "funds_differ")
		funds = map[string]account.Cents{"": total}
	}
	date, _ := day(l.cell(extracted))
	for _, fund := range append([]string{""}, fundNames()...) {
		n := funds[fund]
		if n == 0 {
			continue
		}
		row := l.ours("source")
		text, _ := n.MarshalText()
		row["id"], row["cup"], row["date"], row["amount_eur"], row["fund"] = strings.TrimRight("REGIS-"+cup+"-"+fund, "-"), cup, date, string(text), fund
		rows = append(rows, row)
	}
	return rows, ""
}

func fundNames() (list []string) {
	for _, p := range paidBy {
		list = append(list, p.fund)
	}
	return list
}

// cents is an amount; 0 where there is none. What is no amount is noted, and the
// row with it.
func (l *theirs) cents(column string) (c account.Cents) {
	text := l.cell(column)
	if text == "" || nothing(text) {
		return 0
	}
	n, ok := amount(text, l.italian)
	if !ok || c.UnmarshalText([]byte(n)) != nil {
		l.wrong(column, "not_a_number", "text", text)
	}
	return c
}

// indicatorsOf makes of an indicator of a project what was planned and what was
// reached of it.
func indicatorsOf(l *theirs) (rows []map[string]string, skip string) {
	if _, ok := l.line(l.cell("cup")); !ok {
		return nil, otherProject
	}
	when := l.cell(yearOf)
	if m := slices.Index(months, strings.ToLower(l.cell(monthOf))); m >= 0 {
		when += fmt.Sprintf("-%02d", m+1)
	}
	unit := l.cell(indicatorUnit)
	if unit == "" {
		unit = l.cell("unit")
	}
	for _, v := range []struct{ column, word string }{{planned, account.WordTarget}, {reached, "realizzati"}} {
		if text := l.cell(v.column); text != "" && !nothing(text) {
			row := l.ours("source")
			row["target"], row["word"], row["as_of"], row["value"] = l.cell(indicator), v.word, when, text
			row["unit"], row["note"] = unit, strings.TrimSpace(l.cell(indicatorName)+" ("+l.cell("cup")+")")
			rows = append(rows, row)
		}
	}
	return rows, ""
}

// factOf makes a declaration of a dated figure under a key: key, value, unit,
// as_of, source. What the source says in brackets behind it is a note. A key that
// the table does not know is a target by itself.
func factOf(l *theirs) ([]map[string]string, string) {
	key := l.cell(factKey)
	of, ok := facts[key]
	if !ok {
		of = fact{target: key}
	}
	said, note := l.cell("source"), l.cell("note")
	source := said
	if at := strings.LastIndex(source, " ("); note == "" && at > 0 && strings.HasSuffix(source, ")") {
		source, note = source[:at], source[at+2:len(source)-1]
	}
	row := map[string]string{
		"target": of.target, "word": of.word, "as_of": l.cell("as_of"), "source": source, "value": l.cell("value"), "unit": l.cell("unit"), "note": note,
	}
	for _, d := range l.DeclarationsOf(of.target) { // the same figure, with its notes in both languages
		if d.Word == of.word && string(d.AsOf) == row["as_of"] && d.Value == row["value"] && strings.HasPrefix(said, d.Source) {
			row["source"], row["note"] = d.Source, d.Note
		}
	}
	return []map[string]string{row}, ""
}

// fact is what a key says is counted, and with which word.
type fact struct{ target, word string }

// facts are the keys of dated figures.
var facts = map[string]fact{
	"offices_target_decree":      {"offices", account.WordTarget},
	"offices_target_operational": {"offices", account.WordTarget},
	"coworking_target":           {"spaces", account.WordTarget},
	"coworking_under_15000":      {"spaces_under_15000", account.WordTarget},
	"coworking_split_capitals":   {"spaces_capitals", account.WordTarget},
	"coworking_split_medium":     {"spaces_medium", account.WordTarget},
	"coworking_split_small":      {"spaces_small", account.WordTarget},
	"workstations_target":        {"workstations", account.WordTarget},
	"cost_total":                 {"cost_total", account.WordTarget},
	"coworking_investment":       {"spaces_investment", account.WordTarget},
	"target_atm":                 {"atm", account.WordTarget},
	"target_totem":               {"kiosks", account.WordTarget},
	"target_digital_windows":     {"digital_windows", account.WordTarget},
	"target_lockers":             {"lockers", account.WordTarget},
	"target_ev_columns":          {"ev", account.WordTarget},
	"target_pv":                  {"pv", account.WordTarget},
	"target_env_monitoring":      {"env_monitoring", account.WordTarget},
	"target_outdoor_spaces":      {"outdoor", account.WordTarget},
	"offices_started":            {"offices", account.WordStarted},
	"offices_done":               {"offices", account.WordDone},
	"offices_done_2026":          {"offices", account.WordDone},
	"kiosks_installed":           {"kiosks", account.WordInstalled},
	"atm_installed":              {"atm", account.WordInstalled},
	"digital_windows_installed":  {"digital_windows", account.WordInstalled},
	"ev_sites_installed":         {"ev_sites", account.WordInstalled},
	"pv_installed":               {"pv", account.WordInstalled},
	"env_monitoring_installed":   {"env_monitoring", account.WordInstalled},
	"lockers_installed":          {"lockers", account.WordInstalled},
	"pa_services_total":          {"pa_services", "erogati"},
	"pa_services_total_2026":     {"pa_services", "erogati"},
	"passports_polis":            {"passports", "erogati"},
	"passport_requests_2026":     {"passport_requests", "ricevute"},
	"passport_offices_2026":      {"passport_offices", "attivi"},
	"coworking_started":          {"spaces", account.WordStarted},
	"coworking_started_2026":     {"spaces", account.WordStarted},
	"coworking_done":             {"spaces", account.WordDone},
	"coworking_done_2026":        {"spaces", account.WordDone},
	"residents_touched":          {"residents", "raggiunti"},
}
