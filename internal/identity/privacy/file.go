package privacy

import (
	"archive/zip"
	_ "embed"
	"encoding/json"
	"html/template"
	"io"
	"strconv"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/sheet"
)

// page is what a person reads of their export, in any browser and without us.
//
//go:embed export.gohtml
var page string

var pageTemplate = template.Must(template.New("export").Parse(page))

type exportPage struct {
	Lang, Title, Lead, None string
	Sheets                  []exportSheet
}

type exportSheet struct {
	Title   string
	Columns []string
	Rows    [][]string
}

// write writes the files of an export, in the language of the person: the page,
// then the same for spreadsheets, and for programs.
func (s *Service) write(file *zip.Writer, who identity.Person, all []Sheet) error {
	lang := i18n.IT
	if who.Language == string(i18n.EN) {
		lang = i18n.EN
	}
	p := s.Words.Printer(lang, i18n.Rome)
	view := exportPage{Lang: string(lang), Title: p.T("privacy.export.title", "name", who.FullName()), Lead: p.T("privacy.export.lead", "day", p.Date(s.Clock.Now().In(i18n.Rome))), None: p.T("privacy.export.none")}
	data := map[string][]map[string]any{}
	for _, x := range all {
		view.Sheets = append(view.Sheets, readable(p, x))
		data[x.Name] = records(x)
	}
	if err := into(file, "dati.html", func(w io.Writer) error { return pageTemplate.Execute(w, view) }); err != nil {
		return err
	}
	if err := into(file, "dati.json", func(w io.Writer) error {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return out.Encode(data)
	}); err != nil {
		return err
	}
	for i, x := range all {
		if len(x.Rows) == 0 {
			continue
		}
		if err := into(file, x.Name+".csv", func(w io.Writer) error { return writeCSV(w, lang, view.Sheets[i]) }); err != nil {
			return err
		}
	}
	return nil
}

func into(file *zip.Writer, name string, write func(io.Writer) error) error {
	w, err := file.Create(name)
	if err != nil {
		return err
	}
	return write(w)
}

func writeCSV(w io.Writer, lang i18n.Lang, x exportSheet) error {
	style := sheet.Plain
	if lang == i18n.IT {
		style = sheet.Italian
	}
	if _, err := io.WriteString(w, "\uFEFF"); err != nil { // by which spreadsheets see that it is UTF-8
		return err
	}
	out := sheet.NewWriter(w, style, x.Columns...)
	for _, row := range x.Rows {
		out.Row(row...)
	}
	return out.Close()
}

// records are the rows of a sheet by their columns, as they are kept.
func records(x Sheet) []map[string]any {
	out := make([]map[string]any, len(x.Rows))
	for i, row := range x.Rows {
		out[i] = map[string]any{}
		for j, value := range row {
			out[i][x.Columns[j]] = value
		}
	}
	return out
}

// readable is a sheet as a person reads it.
func readable(p *i18n.Printer, x Sheet) exportSheet {
	out := exportSheet{Title: p.T("privacy.sheet." + x.Name)}
	for _, c := range x.Columns {
		out.Columns = append(out.Columns, p.T("privacy.column."+c))
	}
	for _, row := range x.Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = textOf(p, v)
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

func textOf(p *i18n.Printer, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		if v {
			return p.T("privacy.yes")
		}
		return p.T("privacy.no")
	case time.Time:
		return p.DateTime(v.In(i18n.Rome))
	}
	return ""
}
