package home

import (
	"strings"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// Owner is who runs the installation and answers for it; what is empty is not
// known.
type Owner struct {
	Name      string
	URL       string // of their own pages
	Email     string
	Phone     string // as it is dialled
	Statement string // address of their declaration of accessibility
	Code      string // in the index of public bodies (IPA), or their partita IVA
}

// Link is the owner as the slim header shows them.
func (o Owner) Link() web.Link {
	if o.URL == "" {
		return web.Link{Href: "/contatti", Text: o.Name}
	}
	return web.Link{Href: o.URL, Text: o.Name}
}

// Footer are the links of every page. Only the owner's own declaration of
// accessibility is marked as such: a public body makes it at form.agid.gov.it.
func (o Owner) Footer() []web.Entry {
	list := []web.Entry{
		{Href: "/aiuto", Key: "home.help.title"},
		{Href: "/contatti", Key: "home.contacts.title"},
		{Href: "/accessibilita", Key: "home.accessibility.title"},
	}
	if o.Statement != "" {
		list = append(list, web.Entry{Href: o.Statement, Key: "home.accessibility.statement", Mark: "accessibility-link"})
	}
	return append(list,
		web.Entry{Href: "/privacy", Key: "home.privacy.title", Mark: "privacy-policy-link"},
		web.Entry{Href: "/cookie", Key: "home.cookie.title"},
		web.Entry{Href: "/note-legali", Key: "home.legal.title", Mark: "legal-notes"},
		web.Entry{Href: "/licenze", Key: "home.licences.title"})
}

// facts are how the owner is reached; none where nothing is known.
func (o Owner) facts(p *i18n.Printer) (list []web.Fact) {
	add := func(key, value, href string) {
		if value != "" {
			list = append(list, web.Fact{Name: p.T(key), Value: value, Href: href})
		}
	}
	add("home.owner.name", o.Name, "")
	add("home.owner.url", o.URL, o.URL)
	add("home.owner.email", o.Email, "mailto:"+o.Email)
	if o.Phone != "" {
		list = append(list, phone(p, o.Phone))
	}
	return list
}

// phone is a telephone number that can be called at once.
func phone(p *i18n.Printer, number string) web.Fact {
	return web.Fact{Name: p.T("home.owner.phone"), Value: number, Dial: strings.ReplaceAll(number, " ", "")}
}
