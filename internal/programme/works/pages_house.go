package works

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/blob"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/programme"
	"polis/internal/programme/account"
)

// housePage is the works file of a house.
type housePage struct {
	web.Head
	Place     string
	Kind      string
	State     web.State
	Late      string // by how much, if it is
	Reason    string // of the delay
	Demo      bool
	Links     []web.Link
	Facts     []web.Fact
	Phases    []phaseRow
	From, To  string // the ends of the strips of the phases
	Costs     []costRow
	Sums      []costRow
	Documents []documentRow
	Photos    []photo
	Check     check
	History   []historyRow
	Path      string
}

func (housePage) Template() string { return "works/house" }

// phaseRow is a phase with its dates, and as strips on one axis of a hundred.
type phaseRow struct {
	Name, Planned, Actual, Offset string
	State                         web.State
	Late                          bool
	Bars                          []bar
	Mark                          float64 // where its end was planned
	Marked                        bool
	Today                         float64
}

// bar is a part of a strip.
type bar struct {
	Class string // kept: in time; gone: too late
	X, W  float64
}

type costRow struct{ Item, Fund, Eligible, Amount string }

type documentRow struct {
	Type, Title, Href, Date, Phase string
	Accepted                       bool
}

// photo is a dated photo of the works.
type photo struct{ Href, Title, Date string }

// check is what is declared of a house beside what is verified.
type check struct {
	State    web.State
	Declared []web.Fact
	Verified []web.Fact
	Why      string
}

func (h *pages) house(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	roll, err := h.roll(r.Context())
	if err != nil {
		return err
	}
	x, err := roll.house(r.PathValue("code"))
	if err != nil {
		return err
	}
	page := housePage{
		Head:  programme.PageHead(p, programme.MapPath, p.T("works.house.title", "house", x.Name), web.Link{Href: MapPath, Text: p.T("works.map.title")}),
		Place: x.Place(), Kind: kindOf(p, x), State: badge(p, x), Demo: x.Generated, Path: HousePath(x.Code),
		Reason: x.Works.Reason, Facts: facts(p, x), Documents: documents(p, roll.acc, x.Code), Photos: photos(p, roll.acc, x.Code),
		Check: checked(p, x),
	}
	if x.Town.Province != "" {
		page.Crumbs = append(page.Crumbs, web.Link{Href: MapPath + "?provincia=" + x.Town.Province, Text: x.Town.ProvinceName})
	}
	if x.Late {
		page.Late = lateness(p, x.State)
	}
	if h.links.House != nil {
		page.Links = append(page.Links, web.Link{Href: h.links.House(x.Code), Text: p.T("works.house.public")})
	}
	if href := h.links.follow(p, &page.Head, OfHouse, x.Code, x.Name); href != "" {
		page.Links = append(page.Links, web.Link{Href: href, Text: p.T("works.house.follow")})
	}
	page.Phases, page.From, page.To = phases(p, x.Works, roll.day)
	page.Costs, page.Sums = costs(p, roll.acc, x.Code)
	if page.History, err = h.history(r, p, x.Code); err != nil {
		return err
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// historyRow is what was published of the works of a house at a time.
type historyRow struct{ At, Said, Title, Source string }

// history is what was published of the works of a house, the newest first. Who
// did it is for those who publish.
func (h *pages) history(r *http.Request, p *i18n.Printer, code string) (rows []historyRow, err error) {
	kind, _ := account.KindOf("works")
	list, err := h.Programme.History(r.Context(), identity.Anonymous, kind, code)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	for _, v := range slices.Backward(list) {
		row := historyRow{At: p.DateTime(v.At), Title: v.Title, Source: v.Source, Said: p.T("works.history.gone")}
		if w, ok := v.Row.(account.Works); ok {
			s := StateAt(w, agenda.DateOf(v.At.In(agenda.Rome)))
			row.Said = p.T(s.Stage.label())
			if s.Late {
				row.Said += ", " + lateness(p, s)
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// facts are where the house stands and who builds.
func facts(p *i18n.Printer, x *House) []web.Fact {
	list := []web.Fact{
		{Name: p.T("works.fact.where"), Value: x.Address + ", " + x.Place()},
		{Name: p.T("works.fact.region"), Value: x.Town.Region, Href: MapPath + "?regione=" + x.Town.Region},
	}
	if x.Area.Class != "" {
		value := areaName(p, x.Area.Class)
		if x.Area.Estimate == account.Yes {
			value += " (" + p.T("works.fact.estimate") + ")"
		}
		list = append(list, web.Fact{Name: p.T("works.fact.area"), Value: value})
	}
	for _, f := range []web.Fact{
		{Name: p.T("works.fact.contractor"), Value: x.Works.Contractor},
		{Name: "CUP", Value: x.Works.CUP},
		{Name: p.T("works.fact.source"), Value: x.Works.Source},
	} {
		if f.Value != "" {
			list = append(list, f)
		}
	}
	return list
}

// phases are the phases on one axis from the first date to the last or today.
func phases(p *i18n.Printer, w account.Works, today agenda.Date) (rows []phaseRow, from, to string) {
	if len(w.Dates) == 0 {
		return nil, "", ""
	}
	first, last := today, today
	for _, d := range w.Dates {
		for _, at := range []account.Date{d.Planned, d.Actual} {
			if !at.IsZero() && at.Before(first) {
				first = at.Date
			}
			if !at.IsZero() && last.Before(at.Date) {
				last = at.Date
			}
		}
	}
	first = first.AddDays(-30) // the first phase begins somewhere
	on := func(d agenda.Date) float64 { return float64(days(first, d)*1000/max(days(first, last), 1)) / 10 }
	begins := on(first)
	state, current := StateAt(w, today), true
	for i, d := range w.Dates {
		phase := account.Phases[i]
		row := phaseRow{Name: phase.Name, Planned: short(p, d.Planned.Date), Actual: short(p, d.Actual.Date), Today: on(today)}
		if p.Lang == i18n.EN && phase.NameEN != "" {
			row.Name = phase.NameEN
		}
		if row.Marked = !d.Planned.IsZero(); row.Marked {
			row.Mark = on(d.Planned.Date)
		}
		switch done := ended(d, today); {
		case done && row.Marked:
			row.Offset = offset(p, days(d.Planned.Date, d.Actual.Date))
			row.strip(begins, on(d.Actual.Date))
			begins = on(d.Actual.Date)
		case done:
			row.Mark = on(d.Actual.Date)
			row.strip(begins, row.Mark)
			begins = row.Mark
		case row.Marked && current && !laterEnded(w, i, today):
			current = false
			if row.Late = state.Late; row.Late {
				row.Offset = p.T("works.late-days", "count", state.Delay)
			}
			row.strip(begins, row.Today)
		}
		rows = append(rows, row)
	}
	return rows, p.DateShort(noon(p, first)), p.DateShort(noon(p, last))
}

// laterEnded tells whether a phase after one has ended, which says that it has too.
func laterEnded(w account.Works, i int, today agenda.Date) bool {
	return slices.ContainsFunc(w.Dates[i+1:], func(d account.Dates) bool { return ended(d, today) })
}

// strip draws the time from one point to another; what lies behind the planned
// end is too late.
func (row *phaseRow) strip(from, to float64) {
	if to <= from {
		return
	}
	split := to
	if row.Marked {
		split = min(max(row.Mark, from), to)
	}
	if split > from {
		row.Bars = append(row.Bars, bar{"kept", from, split - from})
	}
	if to > split {
		row.Bars = append(row.Bars, bar{"gone", split, to - split})
	}
}

// costs are the lines of the costs of a house, and their sums: by fund, and of
// what the State may pay.
func costs(p *i18n.Printer, acc *account.Account, code string) (rows, sums []costRow) {
	var total, eligible account.Cents
	funds := map[string]account.Cents{}
	for _, c := range account.All[account.Cost](acc) {
		if c.Site != code {
			continue
		}
		row := costRow{Item: c.Item, Fund: programme.FundName(p, c.Fund), Amount: p.Euro(int64(c.Amount))}
		if c.Eligible != "" {
			row.Eligible = p.T("works.answer." + string(c.Eligible))
		}
		rows = append(rows, row)
		total += c.Amount
		funds[c.Fund] += c.Amount
		if c.Eligible == account.Yes {
			eligible += c.Amount
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	for _, fund := range sortedKeys(funds) {
		sums = append(sums, costRow{Item: p.T("works.cost.of-fund"), Fund: programme.FundName(p, fund), Amount: p.Euro(int64(funds[fund]))})
	}
	return rows, append(sums,
		costRow{Item: p.T("works.cost.eligible"), Amount: p.Euro(int64(eligible))},
		costRow{Item: p.T("works.cost.total"), Amount: p.Euro(int64(total))})
}

// documents are those of a house but for photos, the newest first.
func documents(p *i18n.Printer, acc *account.Account, code string) (rows []documentRow) {
	for _, d := range documentsOf(acc, code) {
		if d.Type == photoType {
			continue
		}
		row := documentRow{Type: d.Type, Title: d.Title, Href: safe(d.Href), Date: short(p, d.Date.Date), Accepted: d.Type == account.Acceptance}
		if key := "works.document." + d.Type; p.Has(key) {
			row.Type = p.T(key)
		}
		for _, phase := range account.Phases {
			if phase.ID == d.Phase {
				if row.Phase = phase.Name; p.Lang == i18n.EN && phase.NameEN != "" {
					row.Phase = phase.NameEN
				}
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// photoType is the Type of a document that is a photo of the works.
const photoType = "photo"

// photos are the photos of the works that lie here, the newest first.
func photos(p *i18n.Printer, acc *account.Account, code string) (list []photo) {
	for _, d := range documentsOf(acc, code) {
		if d.Type == photoType && strings.HasPrefix(d.Href, blob.Path) {
			list = append(list, photo{d.Href, d.Title, short(p, d.Date.Date)})
		}
	}
	return list
}

func documentsOf(acc *account.Account, code string) (list []account.Document) {
	for _, d := range account.All[account.Document](acc) {
		if d.Site == code {
			list = append(list, d)
		}
	}
	slices.SortStableFunc(list, func(a, b account.Document) int { return b.Date.Compare(a.Date.Date) })
	return list
}

// safe is an address to which a page may lead: elsewhere by https, or here.
func safe(href string) string {
	if strings.HasPrefix(href, "https://") || strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "//") {
		return href
	}
	return ""
}

// checked puts what is declared of a house beside what shows it.
func checked(p *i18n.Printer, x *House) check {
	c := check{State: web.State{Kind: "pending", Text: p.T("works.check.no")}, Why: p.T("works.check.why-no")}
	if x.Verified() {
		c.State, c.Why = web.State{Kind: "free", Text: p.T("works.check.yes")}, p.T("works.check.why-yes")
	}
	said := p.T("works.check.nothing")
	if x.Works.Site != "" {
		said = p.T(x.Stage.label())
		if day, ok := x.Opening(); ok && x.Stage == Open {
			said = p.T("works.check.open-since", "state", said, "day", short(p, day))
		}
	}
	c.Declared = []web.Fact{{Name: p.T("works.check.works"), Value: said}}
	if x.Works.Source != "" {
		c.Declared = append(c.Declared, web.Fact{Name: p.T("works.fact.source"), Value: x.Works.Source})
	}
	state := p.T(x.Site.State.Label())
	if since, err := agenda.ParseDate(x.StateSince); err == nil {
		state = p.T("works.check.open-since", "state", state, "day", short(p, since))
	}
	paper, use := p.T("works.check.no-paper"), p.T("works.check.no-use")
	fact := web.Fact{Name: p.T("works.check.paper"), Value: paper}
	if n := len(x.Accepted); n > 0 {
		d := x.Accepted[n-1]
		fact.Value, fact.Href = p.T("works.check.open-since", "state", d.Title, "day", short(p, d.Date.Date)), safe(d.Href)
	}
	if x.Ran.Visits > 0 {
		use = p.T("works.check.use-of", "count", x.Ran.Visits, "first", short(p, x.Ran.First), "last", short(p, x.Ran.Last))
	}
	c.Verified = []web.Fact{{Name: p.T("works.check.site"), Value: state}, fact, {Name: p.T("works.check.use"), Value: use}}
	return c
}

// fileKinds are the kinds of rows of a house that can be taken along as they are
// brought in.
var fileKinds = []string{"works", "costs", "documents"}

// houseFile is the file of a house: its rows as they are imported, or all of it
// for programs.
func (h *pages) houseFile(w http.ResponseWriter, r *http.Request) error {
	roll, err := h.roll(r.Context())
	if err != nil {
		return err
	}
	x, err := roll.house(r.PathValue("code"))
	if err != nil {
		return err
	}
	name := r.PathValue("file")
	if name == "scheda.json" {
		body, err := json.Marshal(sheetOf(roll.acc, x))
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		_, err = w.Write(body)
		return err
	}
	kind, isCSV := strings.CutSuffix(name, ".csv")
	if !isCSV || !slices.Contains(fileKinds, kind) {
		return notFound()
	}
	k, _ := account.KindOf(kind)
	return h.send(w, r, x.Code+"-"+name, k.Names(), func(row func(...string)) {
		for _, cells := range rowsOf(roll.acc, k, x.Code) {
			row(cells...)
		}
	})
}

// rowsOf are the cells of the rows of a kind that are about a house.
func rowsOf(acc *account.Account, k *account.Kind, code string) (out [][]string) {
	for _, row := range acc.Rows(k) {
		if cells := k.Cells(row); cells[0] == code { // the site comes first in all of them
			out = append(out, cells)
		}
	}
	return out
}

// houseJSON is the works file of a house for programs.
type houseJSON struct {
	Site         string              `json:"site"`
	Name         string              `json:"name"`
	Kind         string              `json:"kind"`
	Municipality string              `json:"municipality"`
	Province     string              `json:"province"`
	Region       string              `json:"region"`
	Area         string              `json:"area,omitempty"`
	Stage        Stage               `json:"stage"`
	Late         bool                `json:"late"`
	Delay        *int                `json:"delay_days"`
	Works        map[string]string   `json:"works"`
	Costs        []map[string]string `json:"costs"`
	Documents    []map[string]string `json:"documents"`
	Verified     verifiedJSON        `json:"verified"`
}

type verifiedJSON struct {
	Verified    bool   `json:"verified"`
	SiteState   string `json:"site_state"`
	Acceptances int    `json:"acceptance_documents"`
	Visits      int    `json:"visits"`
	FirstVisit  string `json:"first_visit,omitempty"`
	LastVisit   string `json:"last_visit,omitempty"`
}

func sheetOf(acc *account.Account, x *House) houseJSON {
	named := func(kind string) (list []map[string]string) {
		k, _ := account.KindOf(kind)
		list = []map[string]string{}
		for _, cells := range rowsOf(acc, k, x.Code) {
			row := map[string]string{}
			for i, name := range k.Names() {
				if cells[i] != "" {
					row[name] = cells[i]
				}
			}
			list = append(list, row)
		}
		return list
	}
	out := houseJSON{
		Site: x.Code, Name: x.Name, Kind: string(x.Kind), Municipality: x.Town.Name, Province: x.Town.Province, Region: x.Town.Region,
		Area: x.Area.Class, Stage: x.Stage, Late: x.Late, Costs: named("costs"), Documents: named("documents"),
		Verified: verifiedJSON{Verified: x.Verified(), SiteState: string(x.Site.State), Acceptances: len(x.Accepted), Visits: x.Ran.Visits},
	}
	if x.Known {
		out.Delay = &x.Delay
	}
	if x.Ran.Visits > 0 {
		out.Verified.FirstVisit, out.Verified.LastVisit = x.Ran.First.String(), x.Ran.Last.String()
	}
	if rows := named("works"); len(rows) > 0 {
		out.Works = rows[0]
	}
	return out
}
