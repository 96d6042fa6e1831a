package office

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"polis/internal/agenda"
	"polis/internal/programme/account"
	"polis/internal/sheet"
)

// facts as they are on an empty machine, in a network of one house.
func newWorld() World {
	return World{
		Account: account.FactsDraft().Account(), Today: agenda.Date{Year: 2026, Month: 11, Day: 22},
		Site: func(code string) bool { return code == "gavirate" },
	}
}

func kindOf(t testing.TB, name string) *account.Kind {
	t.Helper()
	k, ok := account.KindOf(name)
	if !ok {
		t.Fatalf("no kind %q", name)
	}
	return k
}

func readData(t testing.TB, kind, name string) File {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return Read(newWorld(), kindOf(t, kind), text)
}

// told is what of a file is wrong or odd, in short.
func told(f File) (list []string) {
	for _, x := range f.Faults {
		list = append(list, fmt.Sprintf("%d %s %s", x.Line, x.Column, x.Reason))
	}
	for _, x := range f.Warnings {
		list = append(list, fmt.Sprintf("%d? %s %s", x.Line, x.Column, x.Reason))
	}
	return list
}

// cellsOf are the rows of a file as they would be written.
func cellsOf(kind *account.Kind, f File) (list []string) {
	for _, l := range f.Rows {
		list = append(list, strings.Join(kind.Cells(l.Row), "|"))
	}
	return list
}

// The forms of Italia Domani, and dated figures under a key.
func TestOtherForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, file string
		others     int
		told, rows []string
	}{
		{"tenders", "PNRR_Gare.csv", 1, []string{"4? CIG no_cig"}, []string{
			"9999900001|J59J21014170008|sportello_unico|2023-03-01|2023-06-15|1250000.50|998765.40|FORNITURE|PROCEDURA APERTA|Armadietti; lotto 1|Italia Domani, PNRR_Gare, 2026-06-13",
			"9999900002|J59J21014180008|spazi_per_litalia|||300000.00||LAVORI|PROCEDURA APERTA|Sala comune|Italia Domani, PNRR_Gare, 2026-06-13",
		}},
		{"tenders", "OpenData_PNC_Gare.csv", 1, nil, []string{
			"9355636310|J59J21014170008|sportello_unico|2016-02-03|2023-03-17|7831999.50|3477988.50|||LOTTO 1 - SERVIZI A SUPPORTO|Italia Domani, OpenData_PNC_Gare",
		}},
		{"payments", "PNRR_Pagamenti_di_Progetto.csv", 1, []string{"3? Pagamento Totale funds_differ"}, []string{
			"REGIS-J59J21014170008-pnc|J59J21014170008|2026-06-13|400000000.00|pnc|||Italia Domani, PNRR_Pagamenti_di_Progetto, 2026-06-13",
			"REGIS-J59J21014170008-stato|J59J21014170008|2026-06-13|100.00|stato|||Italia Domani, PNRR_Pagamenti_di_Progetto, 2026-06-13",
			"REGIS-J59J21014170008-privato|J59J21014170008|2026-06-13|50000000.25|privato|||Italia Domani, PNRR_Pagamenti_di_Progetto, 2026-06-13",
			"REGIS-J59J21014180008|J59J21014180008|2026-06-13|12000000.00||||Italia Domani, PNRR_Pagamenti_di_Progetto, 2026-06-13",
		}},
		{"declarations", "PNRR_Indicatori_Target.csv", 1, nil, []string{
			"T0081|obiettivo|2024-12|Italia Domani, PNRR_Indicatori_Target, 2026-06-13|6910|Numero|Uffici adeguati (J59J21014170008)|",
			"T0081|realizzati|2024-12|Italia Domani, PNRR_Indicatori_Target, 2026-06-13|2548|Numero|Uffici adeguati (J59J21014170008)|",
			"T0082|obiettivo|2024-12|Italia Domani, PNRR_Indicatori_Target, 2026-06-13|250|Numero|Spazi collaudati (J59J21014180008)|",
		}},
		{"milestones", "OpenData_PNC_Obiettivi.csv", 1, nil, []string{
			"PNC-F.1-240|2021|T4|Autorizzazione UE|EU authorisation|1|Italia Domani, OpenData_PNC_Obiettivi",
		}},
		{"declarations", "facts.csv", 0, nil, []string{
			"offices|conclusi|2024-11-30|tgposte 2024-12-10|2548|offices||",
			"spaces_small|obiettivo|2024|tgposte p=77159; pmi.it|70|sites|in contrasto con gli 80 del bando|in conflict with the 80 of the call",
			"tender_lot3_regions||2023-01|informaora.com 2023-01-23|Lazio;Abruzzo;Molise;Sardegna|regions||",
			"office_hours_single_shift||2020-03|iltorinese 2020-03-25|08:20-13:35|hours||",
		}},
	} {
		f := readData(t, c.kind, c.file)
		if got := told(f); !slices.Equal(got, c.told) {
			t.Errorf("%s: told %q, want %q", c.file, got, c.told)
		}
		if f.Others != c.others {
			t.Errorf("%s: %d rows of other projects, want %d", c.file, f.Others, c.others)
		}
		if got := cellsOf(kindOf(t, c.kind), f); !slices.Equal(got, c.rows) {
			t.Errorf("%s:\n%s\nwant\n%s", c.file, strings.Join(got, "\n"), strings.Join(c.rows, "\n"))
		}
	}
}

// What stands in the account already is no change.
func TestSameIsSame(t *testing.T) {
	t.Parallel()
	f := readData(t, "declarations", "facts.csv")
	if f.Same != 2 || f.New != 2 || f.Changed != 0 {
		t.Errorf("%d new, %d changed, %d same", f.New, f.Changed, f.Same)
	}
	w := newWorld()
	for _, kind := range account.Kinds {
		var file bytes.Buffer
		if err := account.Write(kind, &file, sheet.Italian, slices.Values(w.Account.Rows(kind))); err != nil {
			t.Fatal(err)
		}
		if len(w.Account.Rows(kind)) == 0 {
			continue
		}
		if f := Read(w, kind, file.Bytes()); len(f.Faults) > 0 || f.New+f.Changed > 0 || f.Same != len(w.Account.Rows(kind)) {
			t.Errorf("%s as it is written: %d new, %d changed, %d same, %v", kind.Name, f.New, f.Changed, f.Same, told(f))
		}
	}
}

// A column that is missing leaves what is published.
func TestMissingColumnsLeave(t *testing.T) {
	t.Parallel()
	kind := kindOf(t, "milestones")
	f := Read(newWorld(), kind, []byte("codice;anno;trimestre;obiettivo\nPNC-F.1-240;2022;T1;Autorizzazione\n"))
	if got := cellsOf(kind, f); len(got) != 1 || !strings.HasPrefix(got[0], "PNC-F.1-240|2022|T1|Autorizzazione|EU authorisation|1|Italia Domani") {
		t.Errorf("%q, %q", got, told(f))
	}
}

func TestFaultyFiles(t *testing.T) {
	t.Parallel()
	const tenders = "cig,cup,published,awarded,base_eur,award_eur,subject\n"
	wide, _ := charmap.Windows1252.NewEncoder().String("cig;subject\n9999900001;Più attività – già\n")
	for _, c := range []struct {
		name, kind, text string
		want             []string
		rows             int
	}{
		{"an award before its publication", "tenders", tenders + "9999900001,,2023-02-01,2022-02-01,2,1,x\n", []string{"2? awarded award_before_publication"}, 1},
		{"an amount below zero", "tenders", tenders + "9999900001,,,,-5,,x\n", []string{"2 base_eur negative"}, 0},
		{"one CIG twice", "tenders", tenders + "9999900001,,,,5,,x\n9999900002,,,,5,,x\n9999900001,,,,6,,x\n", []string{"4 cig duplicate"}, 0},
		{"one line twice", "tenders", tenders + "9999900001,,,,5,,x\n9999900001,,,,5.00,,x\n", []string{"3?  line_again"}, 1},
		{"no CIG", "tenders", tenders + "12,,,,,,x\n", []string{"2 cig bad_cig"}, 0},
		{"no CUP", "tenders", tenders + "9999900001,J5,,,,,x\n", []string{"2 cup bad_cup"}, 0},
		{"no dates", "tenders", tenders + "9999900001,,32/01/2023,ieri,,,x\n", []string{"2 published not_date", "2 awarded not_date"}, 0},
		{"a number in letters", "tenders", tenders + "9999900001,,,,=1+1,1e5,x\n", []string{"2 base_eur not_a_number", "2 award_eur not_a_number"}, 0},
		{"a number in two ways", "tenders", "cig;base_eur\n9999900001;1.500\n", []string{"2 base_eur doubtful_number"}, 0},
		{"NUL", "tenders", tenders + "9999900001,,,,,,x\x00y\n", []string{"2 subject control_character"}, 0},
		{"broken UTF-8", "tenders", tenders + "9999900001,,,,,,è\xff\n", []string{"2 subject not_utf_8"}, 0},
		{"Windows-1252", "tenders", wide, nil, 1},
		{"a misspelt column", "tenders", "cig,subjct\n9999900001,x\n", []string{"1 subjct column_near"}, 0},
		{"no column of ours", "tenders", "a,b\n1,2\n", []string{"1  no_header"}, 0},
		{"nothing", "tenders", "", []string{"1  empty_file"}, 0},
		{"a workbook", "tenders", "PK\x03\x04", []string{"1  spreadsheet"}, 0},
		{"an unknown milestone", "progress", "milestone,date,stage,source\nPNC-F.1-9,2024,completed,x\n", []string{"2 milestone unknown_milestone"}, 0},
		{"no source", "progress", "milestone,date,stage,source\nPNC-F.1-240,2024,completed,\n", []string{"2 source needed"}, 0},
		{"a stage that is none", "progress", "milestone,date,stage,source\nPNC-F.1-240,2024,finito,x\n", []string{"2 stage not_stage"}, 0},
		{"progress of tomorrow", "progress", "milestone,date,stage,source\nPNC-F.1-240,2026-11-23,completed,x\n", []string{"2 date still_to_come"}, 0},
		{"progress of this quarter", "progress", "milestone,date,stage,source\nPNC-F.1-240,2026-T4,completed,x\n", nil, 1},
		{"a figure of next year", "declarations", "target,word,as_of,source,value\noffices,conclusi,2027,x,7000\n", []string{"2 as_of still_to_come"}, 0},
		{"an aim of next year", "declarations", "target,word,as_of,source,value\noffices,obiettivo,2027,x,7000\n", nil, 1},
		{"a house that is none", "works", "site,works_planned\nnessuna,2026-01-01\n", []string{"2 site unknown_site"}, 0},
		{"works done tomorrow", "works", "site,works_actual\ngavirate,2026-11-23\n", []string{"2 works_actual still_to_come"}, 0},
		{"works with Italian dates", "works", "sede;works_planned;open_actual\ngavirate;1/2/2026;\n", nil, 1},
		{"a link with a script", "documents", "site,id,type,title,href\ngavirate,1,permit,Nulla osta,javascript:alert(1)\n", []string{"2 href bad_href"}, 0},
	} {
		f := Read(newWorld(), kindOf(t, c.kind), []byte(c.text))
		if got := told(f); !slices.Equal(got, c.want) || len(f.Rows) != c.rows {
			t.Errorf("%s: %q and %d rows, want %q and %d", c.name, got, len(f.Rows), c.want, c.rows)
		}
		if c.name == "Windows-1252" && (!f.Recoded || f.Rows[0].Row.(account.Tender).Subject != "Più attività – già") {
			t.Errorf("%s: %q", c.name, f.Rows[0].Row)
		}
	}
}

// The files of the public data, where they are at hand, come in without loss.
func TestPublicData(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "..", "..", "shared", "data")
	read := func(kind, name string) (File, bool) {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return File{}, false
		}
		return Read(newWorld(), kindOf(t, kind), text), true
	}
	tenders, ok := read("tenders", "polis_pnc_tenders.csv")
	if !ok {
		t.Skip("the public data are not at hand")
	}
	var base, award account.Cents
	for _, l := range tenders.Rows {
		base += l.Row.(account.Tender).Base
		award += l.Row.(account.Tender).Award
	}
	if len(tenders.Rows) != 244 || base != 669_605_917_00 || award != 583_005_256_97 {
		t.Errorf("%d tenders, base %d, awarded %d: %v", len(tenders.Rows), base, award, told(tenders))
	}
	if f, _ := read("milestones", "polis_pnc_milestones.csv"); f.Same != 10 || len(f.Faults) > 0 {
		t.Errorf("milestones: %d same of %d: %v", f.Same, len(f.Rows), told(f))
	}
	if f, _ := read("projects", "polis_pnc_projects.csv"); f.Same != 2 || len(f.Faults) > 0 {
		t.Errorf("projects: %d same of %d: %v", f.Same, len(f.Rows), told(f))
	}
	if f, _ := read("declarations", "polis_facts.csv"); len(f.Rows) != 60 || f.Changed > 0 || f.Same != 38 || len(f.Faults) > 0 {
		t.Errorf("facts: %d new, %d changed, %d same of %d: %v", f.New, f.Changed, f.Same, len(f.Rows), told(f))
	}
}

// Every other name of a column is of a column that there is, and of one only.
func TestAliases(t *testing.T) {
	t.Parallel()
	for _, kind := range account.Kinds {
		seen := map[string]string{}
		for column, names := range aliases(kind.Name) {
			if !slices.Contains(kind.Names(), column) {
				t.Errorf("%s has no column %q", kind.Name, column)
			}
			for _, n := range append(names, column) {
				if other, twice := seen[bare(n)]; twice {
					t.Errorf("%s: %q is %s and %s", kind.Name, n, other, column)
				}
				seen[bare(n)] = column
			}
		}
	}
}

func TestManyRows(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	b.WriteString("id,date,amount_eur\n")
	for i := range 100_000 {
		fmt.Fprintf(&b, "p%d,2025-01-02,%d.25\n", i, i)
	}
	if f := Read(newWorld(), kindOf(t, "payments"), b.Bytes()); len(f.Rows) != 100_000 || len(f.Faults) > 0 {
		t.Errorf("%d rows, %v", len(f.Rows), told(f))
	}
}
