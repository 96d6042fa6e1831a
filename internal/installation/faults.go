package installation

import (
	"context"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web/form"
)

// Fault is a part that is saved and does not hold: the program goes on without
// it. What is saved passed its check once; it may be of another version of the
// program, or lack what a flag said when it was saved.
type Fault struct {
	Part Part
	Err  error // of the kinds of Validate
}

// vital are the parts without which, wrong as they may be, there are no pages;
// of the others what is wrong harms nobody else.
var vital = []Part{PartLanguages, PartAddress, PartMail}

// hold are the settings that hold, the flags over what was read, and the parts
// that do not.
func (f Flags) hold(read *saved) (now Settings, bad []Fault) {
	kept := read.Settings
	for part := range parts {
		if err := read.unread[part]; err != nil {
			bad = append(bad, Fault{part, errs.New(errs.Invalid, "installation.unread", nil)})
		}
	}
	slices.SortFunc(bad, func(a, b Fault) int { return strings.Compare(string(a.Part), string(b.Part)) })
	for _, part := range vital {
		var all faults
		f.over(kept).check(part, &all)
		if len(all) == 0 || read.unread[part] != nil || read.revs[part] == 0 && part != PartMail { // of mail flags may say a part
			continue
		}
		bad = append(bad, Fault{part, all.err()})
		clearPart(&kept, part)
	}
	return f.over(kept), bad
}

// Explain says in words which part does not hold, and why.
func (x Fault) Explain(p *i18n.Printer) (title, why string) {
	f := form.Of(url.Values{})
	for _, sec := range sections {
		if sec.part == x.Part {
			title = p.T(sec.title)
			sec.read(f, &Settings{})
		}
	}
	e := errs.As(x.Err)
	list := e.Fields
	if len(list) == 0 {
		list = []errs.Error{*e}
	}
	var all []string
	for _, one := range list {
		text := p.T(one.Key, one.Args)
		if label := f.Label(one.Field); label != "" {
			text = p.T(label) + ": " + text
		}
		all = append(all, text)
	}
	return title, strings.Join(all, "; ")
}

// Log tells of what does not hold.
func (l *Live) Log(ctx context.Context, log *slog.Logger) {
	for _, x := range l.Faults() {
		log.WarnContext(ctx, "a saved setting does not hold; going on without it", "part", string(x.Part), "why", x.Err)
	}
}
