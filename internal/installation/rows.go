package installation

import (
	"strings"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// rows are the sections with what they say now, by subject; the addresses of
// the sections begin with path, those of the texts of the law with law.
func (v *view) rows(p *i18n.Printer, path, law string) []rowGroup {
	now := v.s.Live.Now()
	groups := []rowGroup{
		{Title: p.T("installation.group.face")}, {Title: p.T("installation.group.reach")}, {Title: p.T("installation.group.law")},
	}
	for _, sec := range sections {
		at, href := 0, path+sec.slug
		switch sec.part {
		case PartAddress, PartOwner, PartMail:
			at = 1
		case PartPrivacy, PartCookies, PartLegal, PartAccessibility:
			at, href = 2, law+sec.slug
		}
		one := row{Title: p.T(sec.title), Href: href, What: p.T(sec.title)}
		one.Lines, one.Logo, one.Color = says(p, sec, now)
		groups[at].Rows = append(groups[at].Rows, one)
	}
	return groups
}

// says is what a section says now, in lines.
func says(p *i18n.Printer, sec section, now Settings) (lines []string, logo web.Logo, color string) {
	add := func(list ...string) {
		for _, s := range list {
			if s != "" {
				lines = append(lines, s)
			}
		}
	}
	switch sec.part {
	case PartName:
		add(now.Called(), now.Name.Tagline[p.Lang])
	case PartLanguages:
		var names []string
		for _, lang := range now.Languages.Offered() {
			names = append(names, p.T("installation.languages."+string(lang)))
		}
		add(strings.Join(names, ", "))
	case PartLook:
		logo, color = now.Look.Logo.Shown(), now.Look.Tint().String()
		add(color)
	case PartAddress:
		add(now.Address.URL)
	case PartOwner:
		add(now.Owner.Name, now.Owner.URL, now.Owner.Email, now.Owner.Phone, now.Owner.Statement, now.Owner.Code)
	case PartMail:
		if now.Mail.Host == "" {
			add(p.T("installation.mail.off"))
		} else {
			add(now.Mail.Host, now.Mail.From)
		}
	case PartPrivacy:
		add(ownText(p, now.Privacy))
	case PartCookies:
		add(ownText(p, now.Cookies))
	case PartLegal:
		add(ownText(p, now.Legal))
	case PartAccessibility:
		add(ownText(p, now.Accessibility))
	}
	if len(lines) == 0 {
		add(p.T("installation.none"))
	}
	return lines, logo, color
}

// ownText says in which languages there is a text of the owner's own.
func ownText(p *i18n.Printer, t Text) string {
	var names []string
	for _, lang := range i18n.Langs {
		if t[lang] != "" {
			names = append(names, p.T("installation.languages."+string(lang)))
		}
	}
	if len(names) == 0 {
		return p.T("installation.law.built-in")
	}
	return p.T("installation.law.own", "languages", strings.Join(names, ", "))
}
