package home

import (
	"strings"

	"polis/internal/platform/i18n"
)

// Law are the owner's own texts, by language, in the place of those of the
// program; what is empty is the program's.
type Law struct{ Privacy, Cookies, Legal, Accessibility OwnText }

// OwnText is a text as the owner writes it: paragraphs with an empty line
// between them, headings that begin with "#", lines of a list that begin with
// "-". Nothing else means anything.
type OwnText map[i18n.Lang]string

// sections are the text of a language as a page shows it; nil where there is
// none.
func (t OwnText) sections(lang i18n.Lang) (list []section) {
	var now section
	end := func() {
		if now.Title != "" || now.Text != nil || now.List != nil {
			list = append(list, now)
		}
		now = section{}
	}
	var paragraph []string
	flush := func() {
		if paragraph == nil {
			return
		}
		if now.List != nil { // what comes after a list stands after it
			end()
		}
		now.Text = append(now.Text, strings.Join(paragraph, " "))
		paragraph = nil
	}
	for line := range strings.Lines(t[lang]) {
		line = strings.TrimSpace(line)
		switch rest := strings.TrimSpace(strings.TrimLeft(line, "#")); {
		case line == "":
			flush()
		case line[0] == '#' && rest != "":
			flush()
			end()
			now.Title = rest
		case strings.HasPrefix(line, "- "):
			flush()
			now.List = append(now.List, strings.TrimSpace(line[2:]))
		default:
			paragraph = append(paragraph, line)
		}
	}
	flush()
	end()
	return list
}
