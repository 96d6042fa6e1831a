package opendata

import (
	"context"
	"strconv"
	"strings"

	"polis/internal/platform/api"
	"polis/internal/programme"
	"polis/internal/programme/account"
)

// Glance is the programme as the API shows it at a glance.
type Glance struct {
	Date       string          `json:"date" format:"date" doc:"As it stands at the end of this day"`
	Updated    string          `json:"updated" format:"date-time" doc:"When something was published last"`
	State      account.State   `json:"state" enum:"to-start,in-progress,well-under-way,late,completed,completed-late" doc:"Of the measure as a whole"`
	Measure    []Saying        `json:"measure" nullable:"false" doc:"What is said of the measure as a whole"`
	Milestones IndexFacts      `json:"milestone_index" doc:"By the weights of the milestones: those completed, and those due"`
	Quantities IndexFacts      `json:"quantity_index" doc:"The part reached of each target, averaged by their weights"`
	Targets    []TargetFacts   `json:"targets" nullable:"false"`
	States     map[string]int  `json:"milestone_states" doc:"How many milestones stand in each state"`
	Verified   map[string]int  `json:"verified" doc:"Houses that are there by more than a word: their works accepted by a document, or in use"`
	Sums       []SumFacts      `json:"sums" nullable:"false" doc:"Amounts in euro"`
	Links      map[string]Link `json:"links" doc:"Lists of the API, files and pages, by name"`
}

// Saying is one thing that is said of the measure.
type Saying struct {
	Key    string `json:"key"`
	Text   string `json:"text" doc:"In Italian"`
	TextEN string `json:"text_en,omitempty"`
	Source string `json:"source,omitempty"`
}

// IndexFacts is an index now and by quarter.
type IndexFacts struct {
	Actual   float64        `json:"actual" minimum:"0" maximum:"1"`
	Expected float64        `json:"expected" minimum:"0" maximum:"1"`
	Quarters []QuarterFacts `json:"quarters" nullable:"false"`
}

// QuarterFacts is an index at the end of a quarter, or on the day in that of today.
type QuarterFacts struct {
	Quarter  string   `json:"quarter" example:"2024-T4"`
	Date     string   `json:"date" format:"date"`
	Actual   *float64 `json:"actual" doc:"null of a quarter to come"`
	Expected float64  `json:"expected"`
}

// TargetFacts is a quantity to reach.
type TargetFacts struct {
	ID       string         `json:"id" example:"offices"`
	Name     string         `json:"name"`
	NameEN   string         `json:"name_en,omitempty"`
	Unit     string         `json:"unit,omitempty"`
	Value    int            `json:"value" doc:"To reach"`
	Expected float64        `json:"expected" doc:"By now, after its path"`
	Declared *DeclaredFacts `json:"declared" doc:"The last that somebody declared to be there; null where nobody did"`
	Verified *int           `json:"verified" doc:"Counted by house; null where houses do not tell"`
}

// DeclaredFacts is a figure as somebody declared it.
type DeclaredFacts struct {
	Value  float64 `json:"value"`
	Word   string  `json:"word" doc:"That the source used" example:"conclusi"`
	AsOf   string  `json:"as_of" doc:"As exactly as the source says" example:"2024-12"`
	Source string  `json:"source"`
}

// SumFacts is an amount.
type SumFacts struct {
	Key    string  `json:"key" example:"tenders.award"`
	Amount float64 `json:"amount_eur"`
}

// Link is an address on this server.
type Link struct {
	Href string `json:"href" format:"uri-reference"`
}

func (h *operations) overview(ctx context.Context, in *struct{ Kept }) (*answer[Glance], error) {
	b, err := h.book(ctx)
	if err != nil {
		return nil, err
	}
	tag := api.ETag(b.files["indexes.json"].tag + "-" + b.files["measure.json"].tag[:8] + "-" + b.files["declarations.json"].tag[:8] + "-" + b.files["targets.json"].tag[:8])
	return reply(tag, in.Known, b.glance), nil
}

// glance puts the overview together.
func (b *book) glance() Glance {
	p := published{b.made.account, b.tables["sites"], b.made.day}
	g := Glance{
		Date: b.made.day.String(), State: programme.Overall(p.account, p.day), Updated: b.modified.UTC().Format("2006-01-02T15:04:05Z"), Measure: []Saying{}, Targets: []TargetFacts{}, Sums: []SumFacts{},
		States: map[string]int{}, Verified: map[string]int{}, Links: links(),
	}
	for _, m := range account.All[account.Measure](p.account) {
		g.Measure = append(g.Measure, Saying(m))
	}
	actual, expected := p.account.MilestonesOn(p.day, nil)
	g.Milestones = b.index(indMilestones, actual, expected)
	actual, expected = p.account.TargetsOn(p.day, nil)
	g.Quantities = b.index(indTargets, actual, expected)
	for _, s := range account.States {
		g.States[string(s)] = 0
	}
	for _, m := range account.All[account.Milestone](p.account) {
		g.States[string(p.account.StandingOf(m, p.day).State)]++
	}
	for _, s := range p.sums() {
		switch s.indicator {
		case indVerified:
			g.Verified[s.key] = int(float(s.value))
		case indSum:
			g.Sums = append(g.Sums, SumFacts{s.key, float(s.value)})
		}
	}
	for _, t := range account.All[account.Target](p.account) {
		g.Targets = append(g.Targets, p.target(t, g.Verified))
	}
	return g
}

// target is a target with what is declared and what is verified of it.
func (p published) target(t account.Target, verified map[string]int) TargetFacts {
	f := TargetFacts{ID: t.ID, Name: t.Name, NameEN: t.NameEN, Unit: t.Unit, Value: t.Value, Expected: float(decimal(p.account.Expected(t.ID, p.day)))}
	if d, ok := p.account.Reached(t.ID, p.day); ok {
		n, _ := d.Number()
		f.Declared = &DeclaredFacts{n, d.Word, string(d.AsOf), d.Source}
	}
	if n, ok := verified[strings.TrimSuffix(t.ID, "s")]; ok { // offices and spaces are houses
		f.Verified = &n
	}
	return f
}

// index is an index now, and by quarter as in the table of the indexes.
func (b *book) index(indicator string, actual, expected account.Index) IndexFacts {
	f := IndexFacts{Actual: float(share(actual)), Expected: float(share(expected)), Quarters: []QuarterFacts{}}
	for _, row := range b.tables["indexes"].Rows {
		if row[0] == indicator {
			q := QuarterFacts{Quarter: row[2], Date: row[3], Expected: float(row[5])}
			if row[4] != "" {
				n := float(row[4])
				q.Actual = &n
			}
			f.Quarters = append(f.Quarters, q)
		}
	}
	return f
}

// links are where to go on.
func links() map[string]Link {
	list := map[string]Link{"self": {"/api/v1/programme"}, "page": {programme.Root}, "opendata": {PagePath}, "catalog": {Root + catalogTurtle}}
	for _, x := range sets {
		list[x.name] = Link{"/api/v1/programme/" + x.name}
		list[x.name+".csv"] = Link{Root + x.file(formatCSV)}
	}
	return list
}

// float is the number of a text that is one.
func float(text string) float64 {
	n, _ := strconv.ParseFloat(text, 64)
	return n
}
