package office

import (
	"embed"
	"fmt"
	"strings"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/programme/account"
	"polis/internal/sheet"
)

// Words are the texts, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// FaultText says what is wrong with a file and what to do.
func FaultText(p *i18n.Printer, f sheet.Fault) string {
	args := errs.Args{}
	for name, v := range f.Args {
		args[name] = v
	}
	if line, ok := args["first"].(int); ok { // a line has no thousands
		args["first"] = fmt.Sprint(line)
	}
	key := f.Reason
	if f.Reason == sheet.ReasonColumn && args["near"] != nil {
		key = "column_missing_near"
	}
	if args["max"] == nil {
		args["max"] = account.MostText
	}
	args["words"] = allowed(f.Reason)
	return p.T("office.fault."+key, args)
}

// allowed are the words that a column takes.
func allowed(reason string) string {
	var words []string
	switch reason {
	case "not_stage":
		for _, s := range account.Stages {
			words = append(words, string(s))
		}
	case "unknown_phase":
		for _, p := range account.Phases {
			words = append(words, p.ID)
		}
	case "unknown_type":
		words = documentTypes
	}
	return strings.Join(words, ", ")
}

// FaultPlace says where.
func FaultPlace(p *i18n.Printer, f sheet.Fault) string {
	line := fmt.Sprint(f.Line)
	if f.Column == "" {
		return p.T("office.fault.line", "line", line)
	}
	return p.T("office.fault.line_column", "line", line, "column", f.Column)
}
