package lists

import (
	"fmt"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/sheet"
)

// FaultText says what is wrong and what to do.
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
	if f.Reason == "room_name_twice" && args["first"] == "0" {
		key = "room_name_taken"
	}
	return p.T("lists.fault."+key, args)
}

// FaultPlace says where.
func FaultPlace(p *i18n.Printer, f sheet.Fault) string {
	line := fmt.Sprint(f.Line)
	if f.Column == "" {
		return p.T("lists.fault.line", "line", line)
	}
	return p.T("lists.fault.line_column", "line", line, "column", f.Column)
}
