package office

import (
	"embed"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"polis/internal/platform/i18n"
	"polis/internal/programme"
	"polis/internal/programme/account"
)

var update = flag.Bool("update", false, "write docs/import.md")

const (
	importFile  = "../../../docs/import.md"
	importBegin = "## The account of the programme\n"
)

// docs/import.md tells of the columns of every kind, at its end.
func TestColumnsAreWrittenDown(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(importFile)
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(text), importBegin)
	now := before + importBegin + columnsText(t)
	if *update {
		if err := os.WriteFile(importFile, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if now != string(text) {
		t.Error("docs/import.md is not what the kinds are: go test ./internal/programme/office -run TestColumnsAreWrittenDown -update")
	}
}

const importText = `
` + "`polis programme import KIND FILE`" + ` publishes at once, ` + "`--propose`" + ` leaves the rows for somebody to publish, ` + "`--check`" + ` only says what would change; the page is
` + "`/gestione/programma/importa`" + `. The form of a file is that of the lists above. The columns are those of the open data: what is exported is what is imported. Those that are not known are passed over and named.

- **All or nothing, by key.** Bad rows are named by line and column and nothing changes then. A row whose key is known changes that row, any other adds one; what is not in the file stays; a column that is missing leaves what is published.
- **Numbers** are written with a point or a comma, with or without thousands: ` + "`1.250,50`, `1,250.50`, `1250.5`, `€ 1250`" + `. In a file with semicolons ` + "`1.500`" + ` can be read in two ways and is refused. **Dates** are ` + "`2026-12-24`" + ` or
  ` + "`24/12/2026`" + `, with or without a time; where a source is less exact also ` + "`2026-12`, `2026-T4`, `2026`" + `.
- **Refused**: one key twice with different cells, amounts below zero, figures and payments of the future, codes that are none (CIG, CUP), milestones, targets, houses and phases that there are not, links that are not https.
- **Unusual and taken, with a warning**: an award before the publication or above the base, a row twice.
- At most 200,000 rows; 20 MB by page, 128 MB by command.

The files of Italia Domani are known by their columns and taken as they are (semicolons, comma, ` + "`dd/mm/yyyy`" + `; ` + "`00/01/1900`, `N/A` and `####`" + ` are nothing). Rows of other projects are passed over and counted:

| file | kind | what becomes of it |
| --- | --- | --- |
| PNRR_Gare, OpenData_PNC_Gare | tenders | a tender a row; those without a CIG are passed over with a warning |
| PNRR_Progetti, OpenData_PNC_Progetti | projects | the two projects |
| OpenData_PNC_Obiettivi | milestones | those of the programme |
| PNRR_Pagamenti_di_Progetto | payments | for each project and fund what was paid by the day of extraction; a later file says the same payments anew |
| PNRR_Indicatori_Target | declarations | what was planned (obiettivo) and what was reached (realizzati) of each indicator |
| key, value, unit, as_of, source | declarations | dated figures; the key says target and word, and an unknown key is a target by itself; values that are no numbers stay texts |
`

func columnsText(t *testing.T) string {
	words := i18n.NewBundle()
	for _, files := range []embed.FS{programme.Words, Words} {
		if err := words.Add(files); err != nil {
			t.Fatal(err)
		}
	}
	p := words.Printer(i18n.EN, nil)
	var b strings.Builder
	b.WriteString(importText)
	for _, kind := range account.Kinds {
		var key []string
		for _, at := range kind.Key {
			key = append(key, "`"+kind.Columns[at].Name+"`")
		}
		fmt.Fprintf(&b, "\n### `%s`: %s\n\nThe key is %s.\n\n| column | also | what |\n| --- | --- | --- |\n", kind.Name, strings.ToLower(title(p, kind)), strings.Join(key, ", "))
		for _, c := range ColumnsOf(p, kind) {
			needed := ""
			if c.Needed {
				needed = " (needed)"
			}
			fmt.Fprintf(&b, "| `%s`%s | %s | %s |\n", c.Name, needed, c.Also, c.Text)
		}
	}
	return b.String()
}
