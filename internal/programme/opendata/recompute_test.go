package opendata_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"polis/internal/programme/account"
	"polis/internal/programme/opendata"
)

// files are all files as they are served.
func (w *world) files(t testing.TB) fstest.MapFS {
	t.Helper()
	dir := fstest.MapFS{}
	for _, name := range names() {
		for _, ending := range []string{".csv", ".json"} {
			dir[name+ending] = &fstest.MapFile{Data: w.body(t, "/opendata/"+name+ending)}
		}
	}
	return dir
}

func TestRecomputeFromWhatIsServed(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 6)
	r, err := opendata.Recompute(w.files(t))
	if err != nil || len(r.Differences) > 0 || r.Day.String() != "2026-11-23" {
		t.Fatalf("%v, %+v", err, r)
	}
	for _, want := range []string{"verified space  2026-11-23 1  sites", "sum funding.pnc  2026-11-23 800000000.00  EUR", "rows sites  2026-11-23 6  ", "milestone-index  2026-T4 2026-11-23"} {
		if !slices.ContainsFunc(r.Table.Rows, func(row []string) bool { return strings.HasPrefix(strings.Join(row, " "), want) }) {
			t.Errorf("no row %q of %v", want, r.Table.Rows)
		}
	}
}

// cell is any text that a cell may have: formulas, signs, other letters.
func cell(r *rand.Rand) string {
	parts := []string{"=1+1", "+39", "-x", "@SUM(A1)", "'", "''=", `"`, ",", ";", "è", "ß", "日本", "🏛", "a b", "＝1", "-5", "=", "x=y", "|", "\u200b=", "\u00a0", "null", "\\", "<b>"}
	var b strings.Builder
	for range r.IntN(4) {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	return strings.TrimSpace(b.String())
}

// value is a value of a column.
func value(r *rand.Rand, kind *account.Kind, c account.Column) string {
	if !c.Needed && r.IntN(4) == 0 && (kind.Name != "steps" || c.Name != "date") {
		return ""
	}
	day := fmt.Sprintf("20%02d-%02d-%02d", 20+r.IntN(10), 1+r.IntN(12), 1+r.IntN(28))
	switch kind.TypeOf(c) {
	case account.TypeDate:
		return day
	case account.TypeMoney:
		return fmt.Sprintf("%d.%02d", r.IntN(1e9)-1e8, r.IntN(100))
	case account.TypeAnswer:
		return []string{"yes", "no"}[r.IntN(2)]
	case account.TypeNumber:
		if c.Name == "year" {
			return fmt.Sprint(2020 + r.IntN(8))
		}
		return fmt.Sprint(1 + r.IntN(9000))
	}
	switch kind.Name + " " + c.Name {
	case "milestones quarter":
		return fmt.Sprintf("T%d", 1+r.IntN(4))
	case "progress milestone":
		return fmt.Sprintf("PNC-F.1-%d", 239+r.IntN(11))
	case "progress date", "declarations as_of":
		return []string{day, day[:7], day[:4], day[:4] + "-T3"}[r.IntN(4)]
	case "progress stage":
		return string(account.Stages[r.IntN(4)])
	case "declarations target", "steps target":
		return []string{"offices", "spaces", "x"}[r.IntN(3)]
	case "declarations word":
		return []string{"conclusi", "collaudati", "avviati", "obiettivo"}[r.IntN(4)]
	case "declarations value":
		return fmt.Sprint(r.IntN(8000))
	}
	if text := cell(r); text != "" || !c.Needed {
		return text
	}
	return "x"
}

// Whatever is published, the files alone come to the same.
func TestAnyAccountIsRecomputed(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 3)
	for seed := range uint64(20) { // each makes every file
		r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test
		draft := account.FactsDraft()
		if r.IntN(2) == 0 {
			draft = account.NewDraft(nil)
		}
		for _, kind := range account.Kinds {
			for range r.IntN(12) {
				cells := map[string]string{}
				for _, c := range kind.Columns {
					cells[c.Name] = value(r, kind, c)
				}
				row, faults := kind.Parse(func(column string) string { return cells[column] })
				if len(faults) > 0 {
					t.Fatalf("%s %v: %v", kind.Name, cells, faults)
				}
				draft.Put(kind, row)
			}
		}
		w.published.mu.Lock()
		w.published.account = draft.Account()
		w.published.mu.Unlock()
		dir := w.files(t)
		got, err := opendata.Recompute(dir)
		if err != nil || len(got.Differences) > 0 {
			t.Fatalf("seed %d: %v\n%s", seed, err, strings.Join(got.Differences, "\n"))
		}
		same(t, dir, w.published.Account())
	}
}

// same reads every file back and finds the account in it.
func same(t *testing.T, dir fstest.MapFS, a *account.Account) {
	t.Helper()
	for _, kind := range account.Kinds {
		var got [][]string
		_, err := account.Read(kind, bytes.NewReader(dir[kind.Name+".csv"].Data), func(row any) { got = append(got, kind.Cells(row)) })
		if err != nil || len(got) != len(a.Rows(kind)) {
			t.Fatalf("%s: %d rows of %d, %v", kind.Name, len(got), len(a.Rows(kind)), err)
		}
		for i, row := range a.Rows(kind) {
			if want := kind.Cells(row); !slices.Equal(want, got[i]) {
				t.Fatalf("%s: %q was read back as %q", kind.Name, want, got[i])
			}
		}
	}
}

// What is missing, cut, changed or no such file is named, and nothing falls.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 6)
	good := w.files(t)
	change := func(name string, with func(text string) string) fstest.MapFS {
		dir := fstest.MapFS{}
		for n, f := range good {
			dir[n] = f
		}
		dir[name] = &fstest.MapFile{Data: []byte(with(string(good[name].Data)))}
		return dir
	}
	replace := func(name, old, with string) fstest.MapFS {
		if !strings.Contains(string(good[name].Data), old) {
			t.Fatalf("%s has no %q", name, old)
		}
		return change(name, func(text string) string { return strings.Replace(text, old, with, 1) })
	}
	missing := change("lots.csv", func(text string) string { return text })
	delete(missing, "lots.csv")
	for name, c := range map[string]struct {
		dir  fs.FS
		want string // in the error or in a difference
		bad  bool   // is an error
	}{
		"a missing file":     {missing, "lots.csv is missing", true},
		"an empty folder":    {fstest.MapFS{}, "measure.csv is missing", true},
		"a folder as a file": {fstest.MapFS{"measure.csv": {Mode: fs.ModeDir}}, "measure.csv is no file", true},
		"a pipe":             {fstest.MapFS{"measure.csv": {Mode: fs.ModeNamedPipe}}, "measure.csv is no file", true},
		"another header":     {replace("funding.csv", "fund,", "found,"), "funding.csv: line 1", true},
		"no header":          {change("funding.csv", func(string) string { return "" }), "funding.csv: line 1: empty file", true},
		"a cell changed":     {replace("funding.csv", "145000000.00", "145000001.00"), "sum funding: actual is", false},
		"a weight changed":   {replace("milestones.csv", ",1,", ",9,"), "milestone-index 20", false},
		"no number":          {replace("funding.csv", "145000000.00", "x"), "funding.csv: line 3, amount: not money", true},
		"cut in a line":      {change("funding.csv", func(s string) string { return s[:len(s)-60] }), "funding.csv: line", true},
		"cut after a line":   {change("linked.csv", func(s string) string { return s[:strings.LastIndex(s[:len(s)-2], "\n")+1] }), "rows linked: actual is 4, published is 5", false},
		"a row twice":        {change("phases.csv", func(s string) string { return s + "survey,x,x\r\n" }), "phases.csv: two rows of the key", true},
		"no text":            {change("acts.csv", func(string) string { return "\x00\x01\x02\x03" }), "acts.csv: line 1", true},
		"another encoding":   {change("acts.csv", func(s string) string { return strings.Replace(s, "Decreto", "\xe8\xff", 1) }), "acts.csv: line 2, title: not utf 8", true},
		"a year far away":    {replace("milestones.csv", ",2021,", ",2147483647,"), "milestones.csv: line 2, year: not when", true},
		"a step far away":    {replace("steps.csv", "2022-12-31", "9999-12-31"), "steps.csv: line 2, date: not when", true},
		"no indexes":         {change("indexes.json", func(string) string { return "" }), "indexes.json: EOF", true},
		"indexes cut":        {change("indexes.json", func(s string) string { return s[:len(s)/2] }), "indexes.json: unexpected EOF", true},
		"indexes of text":    {change("indexes.json", func(string) string { return `[{"indicator":"x"}]` }), `indexes.json: a row has no "key"`, true},
		"indexes of nothing": {change("indexes.json", func(string) string { return `[]` }), "indexes.json: names no date of the sums", true},
		"deep indexes":       {change("indexes.json", func(string) string { return strings.Repeat("[", 1<<20) }), "indexes.json: ", true},
		"more after indexes": {change("indexes.json", func(s string) string { return s + "]" }), "indexes.json: goes on after its end", true},
		"numbers rewritten":  {replace("indexes.json", "0.900000", "0.9"), "", false},
		"a very long cell":   {change("acts.csv", func(s string) string { return s + "x," + strings.Repeat("a", 1<<20) + ",,,,\r\n" }), "acts.csv: line", true},
		"other dates":        {replace("indexes.json", `"key":"acts","quarter":null,"date":"2026-11-23"`, `"key":"acts","quarter":null,"date":"2026-11-24"`), "indexes.json: the sums have the date", true},
		"a published sum":    {replace("indexes.json", "800000000.00", "800000001.00"), "published is 8000000", false},
		"a published row":    {replace("indexes.json", `"key":"acts"`, `"key":"acta"`), "rows acta: published, and does not follow from the files", false},
		"a house verified":   {replace("sites.csv", ",no,,no,,no", ",no,,yes,operation,no"), "verified office: actual is 1, published is 0", false},
		"a house less":       {change("sites.csv", func(s string) string { return s[:strings.LastIndex(s[:len(s)-2], "\n")+1] }), "rows sites: actual is 5, published is 6", false},
	} {
		r, err := opendata.Recompute(c.dir)
		said := fmt.Sprint(err)
		if err == nil {
			said = strings.Join(r.Differences, "\n")
		}
		if !strings.Contains(said, c.want) || (err != nil) != c.bad || c.want == "" && said != "" {
			t.Errorf("%s: %.600s", name, said)
		}
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 6)
	dir := filepath.Join(t.TempDir(), "dati")
	for range 2 { // into nothing, and over what it wrote
		if _, err := w.Export(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		r, err := opendata.Recompute(os.DirFS(dir))
		if err != nil || len(r.Differences) > 0 {
			t.Fatalf("%v %+v", err, r)
		}
	}
	list, _ := os.ReadDir(dir)
	if want := 2*len(names()) + 1 + 2 + 1; len(list) != want {
		t.Errorf("%d files, want %d", len(list), want)
	}
	if beside, _ := os.ReadDir(filepath.Dir(dir)); len(beside) != 1 {
		t.Errorf("left beside the folder: %v", beside)
	}
	text, _ := os.ReadFile(filepath.Join(dir, "acts.csv"))
	if err := os.WriteFile(filepath.Join(dir, "acts.csv"), bytes.Replace(text, []byte("Decreto"), []byte("Decrete"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := opendata.Recompute(os.DirFS(dir)); err != nil || len(r.Differences) != 1 || r.Differences[0] != "acts.csv: is not as it was exported" {
		t.Errorf("%v %+v", err, r)
	}
	mine := filepath.Join(dir, "mine.txt")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Export(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "mine.txt") {
		t.Error("a folder of others was overwritten", err)
	}
	if _, err := w.Export(t.Context(), mine); err == nil {
		t.Error("a file was taken for a folder")
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}

// As many houses as there are, in files that hold and are quick to read.
func TestManyHouses(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 7160)
	var sites []json.RawMessage
	if err := json.Unmarshal(w.body(t, "/opendata/sites.json"), &sites); err != nil || len(sites) != 7160 {
		t.Fatalf("%d houses, %v", len(sites), err)
	}
	r, err := opendata.Recompute(w.files(t))
	if err != nil || len(r.Differences) > 0 {
		t.Fatalf("%v %+v", err, r)
	}
}
