package account

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"polis/internal/agenda"
	"polis/internal/sheet"
)

func on(year int, month time.Month, day int) agenda.Date {
	return agenda.Date{Year: year, Month: month, Day: day}
}

// What the program knows by itself can be read, and is what the sources say.
func TestFacts(t *testing.T) {
	t.Parallel()
	a := FactsDraft().Account()
	if n := len(a.Milestones()); n != 10 {
		t.Errorf("%d milestones, want 10", n)
	}
	var lines Cents
	for _, p := range All[Project](a) {
		lines += p.Funding
	}
	if lines != 800_000_000_00 {
		t.Errorf("the two lines come to %d", lines)
	}
	years := Cents(0)
	for _, f := range All[Funding](a) {
		if f.Fund == "pnc" {
			years += f.Amount
		}
	}
	if years != lines {
		t.Errorf("the years come to %d, the lines to %d", years, lines)
	}
	for _, kind := range Kinds {
		for _, row := range a.Rows(kind) {
			if source := kind.Cells(row)[len(kind.Columns)-1]; source == "" && kind.Name != "phases" && kind.Name != "declarations" {
				t.Errorf("%s %q names no source", kind.Name, kind.KeyOf(row))
			}
		}
	}
	for _, s := range All[Step](a) {
		if _, ok := Find[Target](a, s.Target); !ok {
			t.Errorf("a step for the target %q, which there is not", s.Target)
		}
	}
	for _, p := range All[Progress](a) {
		if _, ok := Find[Milestone](a, p.Milestone); !ok {
			t.Errorf("progress of the milestone %q, which there is not", p.Milestone)
		}
	}
}

// Rows of every kind come back as they were written, in any style.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(Kinds).Draw(t, "kind")
		row := randomRow(t, kind)
		style := rapid.SampledFrom([]sheet.Style{sheet.Plain}).Draw(t, "style")
		var file bytes.Buffer
		if err := Write(kind, &file, style, slices.Values([]any{row})); err != nil {
			t.Fatal(err)
		}
		var back []any
		faults, err := Read(kind, &file, func(row any) { back = append(back, row) })
		if err != nil || len(faults) > 0 || len(back) != 1 {
			t.Fatalf("%s: %v %v, %d rows", kind.Name, err, faults, len(back))
		}
		if got, want := kind.Cells(back[0]), kind.Cells(row); !slices.Equal(got, want) {
			t.Fatalf("%s: %q came back as %q", kind.Name, want, got)
		}
		if kind.KeyOf(back[0]) != kind.KeyOf(row) {
			t.Fatalf("%s: another key", kind.Name)
		}
	})
}

// randomRow makes up a row of a kind, with hostile texts in it.
func randomRow(t *rapid.T, kind *Kind) any {
	texts := rapid.OneOf(
		rapid.StringMatching(`[a-zA-Zàè0-9 .,;"'-]{1,20}`),
		rapid.SampledFrom([]string{"=1+1", "+39", "-2", "@x", "'=1", "\"quoted\"", "a;b", "a,b", "ł", "'", "'-", "=cmd|' /C calc'!A0"}))
	for {
		row, faults := kind.Parse(func(column string) string {
			var c Column
			for _, c = range kind.Columns {
				if c.Name == column {
					break
				}
			}
			switch typ := kind.typ.Field(c.field).Type.Name(); {
			case typ == "Cents":
				return rapid.SampledFrom([]string{"", "0.05", "12", "7831999.50", "-3.10"}).Draw(t, column)
			case typ == "int":
				return rapid.SampledFrom([]string{"3", "2024", "15000"}).Draw(t, column)
			case typ == "Date" || c.phase >= 0:
				return rapid.SampledFrom([]string{"", "2024-02-29", "2021-12-31"}).Draw(t, column)
			case typ == "When":
				return rapid.SampledFrom([]string{"2024", "2024-T4", "2024-02", "2024-02-29"}).Draw(t, column)
			case typ == "Term":
				return rapid.SampledFrom([]string{"T1", "T4"}).Draw(t, column)
			case typ == "Stage":
				return string(rapid.SampledFrom(Stages).Draw(t, column))
			case typ == "Answer":
				return rapid.SampledFrom([]string{"yes", "no", ""}).Draw(t, column)
			}
			return texts.Draw(t, column)
		})
		if len(faults) == 0 {
			return row
		}
	}
}

func TestParseFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, column, cell, reason string }{
		{"tenders", "base_eur", "12,50", "not_money"},
		{"tenders", "base_eur", "1.005", "not_money"},
		{"tenders", "base_eur", "99999999999999", "not_money"},
		{"tenders", "base_eur", "-", "not_money"},
		{"tenders", "awarded", "31/12/2023", "not_date"},
		{"tenders", "awarded", "2023-02-30", "not_date"},
		{"tenders", "cig", "", "needed"},
		{"progress", "stage", "finished", "not_stage"},
		{"progress", "date", "2024-T5", "not_when"},
		{"progress", "date", "2024-13", "not_when"},
		{"milestones", "quarter", "T0", "not_term"},
		{"milestones", "year", "twenty", "not_number"},
		{"milestones", "year", "-4", "not_number"},
		{"costs", "eligible", "perhaps", "not_answer"},
		{"costs", "item", "a" + keyEnd + "b", "control_character"},
	} {
		kind, _ := KindOf(c.kind)
		_, faults := kind.Parse(func(column string) string {
			if column == c.column {
				return c.cell
			}
			return map[string]string{"cig": "X", "milestone": "M", "date": "2024", "stage": "near", "source": "S", "year": "2024", "quarter": "T1", "id": "1", "site": "s", "item": "i", "fund": "f", "amount_eur": "1"}[column]
		})
		if len(faults) != 1 || faults[0] != (Fault{c.column, c.reason}) {
			t.Errorf("%s.%s %q: %v, want %s", c.kind, c.column, c.cell, faults, c.reason)
		}
	}
}

// The states of a milestone on the days around its deadline.
func TestStandings(t *testing.T) {
	t.Parallel()
	m := Milestone{ID: "M", Year: 2023, Quarter: 4, Text: "x"}
	at := func(date When, stage Stage) Progress {
		return Progress{Milestone: "M", Date: date, Stage: stage, Source: "s"}
	}
	for _, c := range []struct {
		name     string
		progress []Progress
		on       agenda.Date
		want     State
	}{
		{"nothing said", nil, on(2023, 6, 1), ToStart},
		{"said not to have begun", []Progress{at("2023-01-01", NotStarted)}, on(2023, 6, 1), ToStart},
		{"begun", []Progress{at("2023-01-01", Started)}, on(2023, 6, 1), InProgress},
		{"begun later than the day asked for", []Progress{at("2023-07-01", Started)}, on(2023, 6, 1), ToStart},
		{"near", []Progress{at("2023-01-01", Started), at("2023-02-01", Near)}, on(2023, 6, 1), WellUnderWay},
		{"on the last day", []Progress{at("2023-02", Near)}, on(2023, 12, 31), WellUnderWay},
		{"after the last day", []Progress{at("2023-02", Near)}, on(2024, 1, 1), Late},
		{"never said, after the last day", nil, on(2024, 1, 1), Late},
		{"completed in its quarter", []Progress{at("2023-T4", Completed)}, on(2024, 1, 1), Done},
		{"not yet completed", []Progress{at("2023-T4", Completed)}, on(2023, 12, 30), ToStart},
		{"completed after it", []Progress{at("2024-01-01", Completed)}, on(2024, 1, 1), CompletedLate},
		{"taken back", []Progress{at("2023-10-01", Completed), at("2023-11-01", Near)}, on(2023, 12, 1), WellUnderWay},
		{"said twice", []Progress{at("2023-10-01", Completed), at("2024-11-01", Completed)}, on(2025, 1, 1), Done},
	} {
		d := NewDraft(nil)
		milestones, _ := KindOf("milestones")
		progress, _ := KindOf("progress")
		d.Put(milestones, m)
		for _, i := range rand.Perm(len(c.progress)) {
			d.Put(progress, c.progress[i])
		}
		if got := d.Account().StandingOf(m, c.on).State; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// A programme of random milestones, counted the slow way; its index grows as
// deadlines are met and stays within 0 and 1.
func TestIndexes(t *testing.T) {
	t.Parallel()
	milestones, _ := KindOf("milestones")
	progress, _ := KindOf("progress")
	targets, _ := KindOf("targets")
	steps, _ := KindOf("steps")
	declarations, _ := KindOf("declarations")
	days := rapid.Custom(func(t *rapid.T) agenda.Date {
		return on(2021, 1, 1).AddDays(rapid.IntRange(0, 365*6).Draw(t, "day"))
	})
	rapid.Check(t, func(t *rapid.T) {
		d := NewDraft(nil)
		type naive struct {
			weight    int64
			due, done agenda.Date
		}
		var list []naive
		for i := range rapid.IntRange(0, 12).Draw(t, "milestones") {
			id := string(rune('a' + i))
			q := QuarterOf(days.Draw(t, "due"))
			w := rapid.IntRange(1, 9).Draw(t, "weight")
			d.Put(milestones, Milestone{ID: id, Year: q.Year, Quarter: Term(q.Number), Text: id, Weight: w})
			n := naive{weight: int64(w), due: q.End(), done: on(9999, 1, 1)}
			if rapid.Bool().Draw(t, "completed") {
				n.done = days.Draw(t, "done")
				d.Put(progress, Progress{Milestone: id, Date: When(n.done.String()), Stage: Completed, Source: "s"})
			}
			list = append(list, n)
		}
		var paths [][]Step
		for i := range rapid.IntRange(0, 4).Draw(t, "targets") {
			id := string(rune('A' + i))
			d.Put(targets, Target{ID: id, Name: id, Value: rapid.IntRange(1, 7000).Draw(t, "value")})
			var path []Step
			for range rapid.IntRange(0, 4).Draw(t, "steps") {
				s := Step{Target: id, Date: Date{days.Draw(t, "step")}, Value: rapid.IntRange(0, 9000).Draw(t, "to")}
				d.Put(steps, s)
				path = append(path, s)
			}
			paths = append(paths, path)
			d.Put(declarations, Declaration{Target: id, Word: WordDone, AsOf: When(days.Draw(t, "declared").String()), Value: rapid.SampledFrom([]string{"5", "9999", "-3", "many"}).Draw(t, "declared value")})
		}
		a := d.Account()
		before := int64(-1)
		asked := []agenda.Date{days.Draw(t, "ask"), days.Draw(t, "ask"), days.Draw(t, "ask")}
		slices.SortFunc(asked, agenda.Date.Compare)
		for _, day := range asked {
			actual, expected := a.MilestonesOn(day, nil)
			var met, due, all int64
			for _, n := range list {
				all += n.weight
				if !day.Before(n.done) {
					met += n.weight
				}
				if !day.Before(n.due) {
					due += n.weight
				}
			}
			if actual != (Index{met, all}) || expected != (Index{due, all}) {
				t.Fatalf("%s: %v %v, want %d %d of %d", day, actual, expected, met, due, all)
			}
			if v := actual.Value(); v < 0 || v > 1 || actual.Part < before {
				t.Fatalf("the index is %v after %d", actual, before)
			}
			before = actual.Part
			for i, target := range All[Target](a) {
				got, want := a.TargetOn(target, day)
				if got.Value() < 0 || got.Value() > 1 || want.Value() < 0 || want.Value() > 1 {
					t.Fatalf("%s: %v of %v", target.ID, got, want)
				}
				if n := naivePath(paths[i], day); n >= 0 && abs(a.Expected(target.ID, day)-n) > 1e-6 {
					t.Fatalf("%s on %s: %v expected, want %v", target.ID, day, a.Expected(target.ID, day), n)
				}
			}
		}
	})
}

// naivePath walks a path day by day; -1 where two steps have one date.
func naivePath(path []Step, day agenda.Date) float64 {
	at := map[agenda.Date]int{}
	for _, s := range path {
		if _, twice := at[s.Date.Date]; twice {
			return -1
		}
		at[s.Date.Date] = s.Value
	}
	before, after := -1, -1
	for n := 0; n < 3000; n++ {
		if _, ok := at[day.AddDays(-n)]; ok && before < 0 {
			before = n
		}
		if _, ok := at[day.AddDays(n)]; ok && after < 0 {
			after = n
		}
	}
	switch {
	case before < 0:
		return 0
	case after < 0 || before == 0:
		return float64(at[day.AddDays(-before)])
	}
	from, to := float64(at[day.AddDays(-before)]), float64(at[day.AddDays(after)])
	return from + (to-from)*float64(before)/float64(before+after)
}

func abs(x float64) float64 { return max(x, -x) }

// An account that is built on another leaves that one as it was.
func TestDraftLeavesTheOther(t *testing.T) {
	t.Parallel()
	first := FactsDraft().Account()
	kind, _ := KindOf("milestones")
	d := NewDraft(first)
	d.Drop(kind, "PNC-F.1-240")
	d.Put(kind, Milestone{ID: "new", Year: 2027, Quarter: 1, Text: "new"})
	second := d.Account()
	if len(first.Milestones()) != 10 || len(second.Milestones()) != 10 {
		t.Fatalf("%d and %d milestones", len(first.Milestones()), len(second.Milestones()))
	}
	if _, ok := Find[Milestone](second, "PNC-F.1-240"); ok {
		t.Error("what was taken away is still there")
	}
	if m, ok := Find[Milestone](second, "PNC-F.1-241"); !ok || m.ID != "PNC-F.1-241" {
		t.Errorf("after a gap another row is found: %v", m)
	}
	if _, ok := Find[Milestone](first, "new"); ok {
		t.Error("the first account changed")
	}
}

// The rows of the extraction come in without loss, where it is at hand.
func TestExtraction(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, kind string
		rows       int
	}{{"milestones", "milestones", 10}, {"projects", "projects", 2}, {"tenders", "tenders", 244}} {
		file, err := os.Open("../../../../shared/data/polis_pnc_" + c.file + ".csv")
		if err != nil {
			t.Skip("the extraction is not at hand")
		}
		defer file.Close()
		kind, _ := KindOf(c.kind)
		d := FactsDraft()
		rows, base, award := 0, Cents(0), Cents(0)
		faults, err := Read(kind, file, func(row any) {
			rows++
			d.Put(kind, row)
			if tender, ok := row.(Tender); ok {
				base, award = base+tender.Base, award+tender.Award
			}
		})
		if err != nil || len(faults) > 0 || rows != c.rows || len(d.Account().Rows(kind)) != c.rows {
			t.Errorf("%s: %d rows, %d kept, %v %v", c.file, rows, len(d.Account().Rows(kind)), err, faults)
		}
		if c.kind == "tenders" && (base/100/100_000 != 6696 || award/100/100_000 != 5830) {
			t.Errorf("tenders: base %d, awarded %d cents", base, award)
		}
	}
}

// What would make an index of endless quarters, or a row of two lines, is not
// let in.
func TestRowsAsAWhole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, column, value, want string }{
		{"milestones", "year", "2147483647", "not_when"},
		{"milestones", "year", "1999", "not_when"},
		{"milestones", "year", "2026", ""},
		{"steps", "date", "9999-12-31", "not_when"},
		{"steps", "date", "", "needed"},
		{"steps", "date", "2026-12-31", ""},
		{"measure", "text", "a\x00b", "control_character"},
		{"measure", "text", "a\xff", "control_character"},
		{"measure", "text", "a\r\nb\tc", ""},
	} {
		kind, _ := KindOf(c.kind)
		row, faults := kind.Parse(func(column string) string {
			if column == c.column {
				return c.value
			}
			return map[string]string{"id": "x", "key": "x", "target": "x", "year": "2026", "quarter": "T1", "milestone": "x", "value": "1", "date": "2026-01-01", "text": "x"}[column]
		})
		if len(faults) == 0 != (c.want == "") || len(faults) > 0 && (len(faults) != 1 || faults[0] != Fault{c.column, c.want}) {
			t.Errorf("%s %s %q: %v", c.kind, c.column, c.value, faults)
		}
		if m, ok := row.(Measure); ok && m.Text != "a b c" {
			t.Errorf("several lines became %q", m.Text)
		}
	}
}
